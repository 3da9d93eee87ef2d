"""Models write, each in the way its objective allows, with the distribution behind every token.

What learned to guess the next token goes on from left to right. What learned to fill gaps is made to write as
people try to make it: by adding one [MASK] at the end and filling it, again and again; or by adding many and filling
them all at once, then hiding the least certain and filling them again (mask-predict, Ghazvininejad et al. 2019).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from simulator.errors import ConfigError
from simulator.model.generation import (
    Choice,
    SamplingConfig,
    Stages,
    generate_choices,
    sampling_stages,
)
from simulator.model.transformer import Transformer
from simulator.s02_objective.choosing import candidates
from simulator.s02_objective.objectives import find_objective
from simulator.s02_objective.predicting import Words
from simulator.text.tokenizer import Tokenizer

CANDIDATES = 8
ROUNDS = 10
"""Rounds of parallel filling, as in the paper's main results."""


def split_prompt(text: str) -> tuple[str, str]:
    """A prompt without its trailing spaces, and these.

    In a byte-level BPE a word's token begins with its space; a prompt that ends in a space would end in a token that
    almost never stands before a word. So the spaces are taken back, and the first new token must bring one along.
    """
    bare = text.rstrip(" ")
    return bare, text[len(bare) :]


@dataclass(frozen=True)
class Prompt:
    """What a text begins with.

    Attributes:
        text: As it was typed.
        ids: The end token and the tokens that the model is given.
        first: Bool (vocab), tokens that may not come next; None where trailing spaces were not taken back.
    """

    text: str
    ids: list[int]
    first: Tensor | None

    def followed_by(self, written: str) -> str:
        """The whole text; spaces that were taken back come with what was written."""
        return (self.text if self.first is None or not written else split_prompt(self.text)[0]) + written


class Writer:
    """A model that writes after a prompt.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        candidates: How many candidates are told a token.
    """

    def __init__(self, model: Transformer, tokenizer: Tokenizer, candidates: int = CANDIDATES) -> None:
        self.model, self.tokenizer, self.candidates = model, tokenizer, candidates
        self.words = Words.of(model, tokenizer)
        self.end_id = tokenizer.end_id

    def no_specials(self, *also: int) -> Tensor:
        """Bool (vocab): special tokens, which stand for no text, and ``also``."""
        ban = torch.zeros(self.model.shape.vocab, dtype=torch.bool)
        ban[self.tokenizer.vocab_size :] = True
        ban[list(also)] = True
        return ban

    def no_first(self, spaces: str) -> Tensor | None:
        """Tokens that may not come first after a prompt whose trailing ``spaces`` were taken back."""
        if not spaces:
            return None
        own = range(self.tokenizer.vocab_size)
        allowed = torch.tensor([self.tokenizer.token_bytes(index).startswith(b" ") for index in own])
        ban = torch.ones(self.model.shape.vocab, dtype=torch.bool)
        ban[: len(allowed)] = ~allowed
        return None if bool(ban.all()) else ban

    def prompt(self, text: str) -> Prompt:
        """The end token and the prompt's tokens, and what may not come first after them."""
        bare, spaces = split_prompt(text)
        ban = self.no_first(spaces)
        return Prompt(text, [self.end_id, *self.tokenizer.encode(text if ban is None else bare)], ban)

    def left_to_right(self, prompt: str, objective: str, config: SamplingConfig) -> dict[str, Any]:
        """Go on token by token until the end token or ``config.tokens`` tokens."""
        begun = self.prompt(prompt)
        ids, first = begun.ids, begun.first
        prefix = len(ids) if objective == "prefix" else 0
        choices = generate_choices(
            self.model, ids, config, prefix=prefix, banned=self.no_specials(), first_banned=first
        )
        return self._written(begun, choices, objective, "left to right", {self.end_id})

    def fill_span(self, prompt: str, config: SamplingConfig, suffix: str = "") -> dict[str, Any]:
        """Span corruption: put the first marker into the gap, and write the span until the next marker."""
        specials = self.words.need_specials("spans")
        begun = self.prompt(prompt)
        ids, first = begun.ids, begun.first
        asked = [*ids, specials.first_sentinel, *self.tokenizer.encode(suffix), specials.first_sentinel]
        ban = self.no_specials(self.end_id)
        ban[specials.first_sentinel + 1] = False  # the next marker ends the span
        choices = generate_choices(
            self.model, asked, config, prefix=len(asked) - 1, banned=ban, first_banned=first
        )
        stops = {specials.first_sentinel + 1}
        return self._written(begun, choices, "spans", "fill a gap", stops, suffix)

    def fill_middle(self, prompt: str, config: SamplingConfig, suffix: str) -> dict[str, Any]:
        """Fill-in-the-middle: prefix and suffix in PSM form, then the middle until the end token."""
        specials = self.words.need_specials("infill")
        begun = self.prompt(prompt)
        ids, first = begun.ids, begun.first
        asked = [ids[0], specials.fim_prefix, *ids[1:], specials.fim_suffix]
        asked += [*self.tokenizer.encode(suffix), specials.fim_middle]
        choices = generate_choices(self.model, asked, config, banned=self.no_specials(), first_banned=first)
        return self._written(begun, choices, "infill", "fill the middle", {self.end_id}, suffix)

    def _written(
        self,
        begun: Prompt,
        choices: Iterator[Choice],
        objective: str,
        method: str,
        stops: set[int],
        suffix: str = "",
    ) -> dict[str, Any]:
        steps: list[dict[str, Any]] = []
        chosen: list[int] = []
        ended = False
        for choice in choices:
            ended = choice.token in stops
            if not ended:
                chosen.append(choice.token)
            steps.append(self._step(choice, self.whole(begun, chosen) + suffix))
            if ended:
                break
        return {
            "objective": objective, "method": method, "prompt": begun.text, "ended": ended,
            "text": self.whole(begun, chosen) + suffix, "steps": steps,
        }  # fmt: skip

    def _step(self, choice: Choice, text: str) -> dict[str, Any]:
        return {
            "token": self.words.text(choice.token),
            "probability": float(choice.stages.raw[choice.token]),
            "candidates": candidates(choice.stages, self.words, self.candidates, choice.token),
            "text": text,
        }

    def whole(self, prompt: Prompt, chosen: Sequence[int]) -> str:
        """The prompt and what was written after it."""
        return prompt.followed_by(self.tokenizer.decode(chosen))

    @torch.inference_mode()
    def one_mask_at_a_time(self, prompt: str, config: SamplingConfig) -> dict[str, Any]:
        """Masked: add a [MASK] at the end, fill it, add the next. It has no way to say that a text is over."""
        mask = self.words.need_specials("masked").mask
        begun = self.prompt(prompt)
        ids, first = begun.ids, begun.first
        generator = torch.Generator().manual_seed(config.seed)
        chosen: list[int] = []
        steps = []
        for _ in range(config.tokens):
            logits = self.both_ways([*ids, *chosen, mask])[-1].masked_fill(
                self.banned(first, chosen), -torch.inf
            )
            stages = sampling_stages(logits, config, [*ids, *chosen])
            chosen.append(int(torch.multinomial(stages.final, 1, generator=generator)))
            text = self.whole(begun, chosen)
            steps.append(self._step(Choice(chosen[-1], logits, stages), text))
        return {
            "objective": "masked", "method": "one mask at a time", "prompt": prompt, "ended": False,
            "text": self.whole(begun, chosen), "steps": steps,
        }  # fmt: skip

    @torch.inference_mode()
    def all_masks_at_once(
        self, prompt: str, config: SamplingConfig, rounds: int = ROUNDS, closed: bool = False
    ) -> dict[str, Any]:
        """Masked: ``config.tokens`` masks, filled together in rounds; after each the least certain are hidden again.

        With ``n`` masks, round t of T hides ``n (T - t) / T`` again (Ghazvininejad et al. 2019, section 3).

        Args:
            prompt: What stands before the masks.
            config: The settings; each round takes the likeliest token at temperature 0, else draws.
            rounds: How many rounds.
            closed: Whether an end token after the masks tells the model where the text ends.
        """
        mask = self.words.need_specials("masked").mask
        begun = self.prompt(prompt)
        ids, first = begun.ids, begun.first
        count, start = config.tokens, len(ids)
        generator = torch.Generator().manual_seed(config.seed)
        row = torch.tensor([*ids, *[mask] * count, *[self.end_id] * closed])
        sure = torch.zeros(count)
        hidden = torch.ones(count, dtype=torch.bool)
        steps = []
        rounds = min(rounds, count)
        for number in range(rounds):
            logits = self.both_ways(row.tolist())[start : start + count]
            logits[0] = logits[0].masked_fill(self.banned(first, []), -torch.inf)
            logits = logits.masked_fill(self.no_specials(self.end_id), -torch.inf)
            stages = sampling_stages(logits, config, ids)
            picked = torch.multinomial(stages.final, 1, generator=generator)[:, 0]
            raw = stages.raw.gather(1, picked[:, None])[:, 0]
            row[start : start + count] = torch.where(hidden, picked, row[start : start + count])
            sure = torch.where(hidden, raw, sure)
            least = int(sure.masked_fill(~hidden, 2.0).argmin())
            filled = [index for index in range(count) if hidden[index]]
            again = count * (rounds - number - 1) // rounds
            hidden = torch.zeros(count, dtype=torch.bool)
            hidden[sure.argsort()[:again]] = True
            shown = row[start : start + count].masked_fill(hidden, mask)
            row[start : start + count] = shown
            one = Stages(*(part[least] for part in vars(stages).values()))
            steps.append({
                "token": self.words.text(int(picked[least])), "probability": float(raw[least]), "position": least,
                "candidates": candidates(one, self.words, self.candidates), "filled": filled,
                "tokens": self.words.texts(shown.tolist()), "probabilities": sure.tolist(),
                "text": prompt + "".join(self._masked_text(shown.tolist(), mask)),
            })  # fmt: skip
        final = [index for index in row[start : start + count].tolist() if index != mask]
        return {
            "objective": "masked", "method": "all masks at once", "prompt": prompt, "ended": closed,
            "text": self.whole(begun, final), "steps": steps,
        }  # fmt: skip

    def _masked_text(self, ids: Sequence[int], mask: int) -> list[str]:
        return [" [MASK]" if index == mask else self.tokenizer.decode([index]) for index in ids]

    def both_ways(self, ids: Sequence[int]) -> Tensor:
        """Logits (T, vocab) of a text that is seen both ways."""
        tokens = torch.tensor([list(ids)], device=self.model.embedding.weight.device)
        visible = torch.ones(len(ids), len(ids), dtype=torch.bool, device=tokens.device)
        return self.model(tokens, None, visible)[0].float().cpu()  # type: ignore[no-any-return]

    def banned(self, first: Tensor | None, chosen: Sequence[int] = ()) -> Tensor:
        """Bool (vocab): what a mask may not become, after ``chosen`` tokens."""
        ban = self.no_specials(self.end_id)
        return ban if first is None or chosen else ban | first


METHODS: dict[str, tuple[str, ...]] = {
    "causal": ("left to right",),
    "prefix": ("left to right",),
    "infill": ("left to right", "fill the middle"),
    "spans": ("fill a gap",),
    "masked": ("one mask at a time", "all masks at once"),
}
"""The ways in which a model of each objective can be made to write, the usual one first."""


def write(
    writer: Writer, objective: str, prompt: str, config: SamplingConfig, *, method: str = "", suffix: str = ""
) -> dict[str, Any]:
    """Let a model write after a prompt: the result of the ``write`` query.

    Args:
        writer: The model.
        objective: What it learned.
        prompt: What the text begins with.
        config: The settings.
        method: One of METHODS; "" for the usual one, or for filling the gap where there is a suffix.
        suffix: What comes after the gap (infill and span corruption).

    Raises:
        ConfigError: if the objective has no such method, or the model lacks its tokens.
    """
    find_objective(objective)
    ways = METHODS[objective]
    chosen = method or ("fill the middle" if objective == "infill" and suffix else ways[0])
    if chosen not in ways:
        raise ConfigError(
            "method", f"A model of the objective '{objective}' cannot write by '{method}'.",
            hint=f"Choose one of: {', '.join(ways)}.",
        )  # fmt: skip
    if chosen == "fill a gap":
        return writer.fill_span(prompt, config, suffix)
    if chosen == "fill the middle":
        return writer.fill_middle(prompt, config, suffix)
    if chosen == "one mask at a time":
        return writer.one_mask_at_a_time(prompt, config)
    if chosen == "all masks at once":
        return writer.all_masks_at_once(prompt, config)
    return writer.left_to_right(prompt, objective, config)


def stream_pieces(writer: Writer, objective: str, prompt: str, config: SamplingConfig) -> Iterator[str]:
    """Yield what a model writes from left to right piece by piece; a piece is one or more whole characters."""
    begun = writer.prompt(prompt)
    ids, first = begun.ids, begun.first
    prefix = len(ids) if objective == "prefix" else 0
    decoder = codecs.getincrementaldecoder("utf-8")(
        "replace"
    )  # holds back a character that is still incomplete
    spaces = len(split_prompt(prompt)[1]) if first is not None else 0
    for choice in generate_choices(
        writer.model, ids, config, prefix=prefix, banned=writer.no_specials(), first_banned=first
    ):
        if choice.token == writer.end_id:
            break
        piece = decoder.decode(writer.tokenizer.token_bytes(choice.token))
        dropped = min(spaces, len(piece) - len(piece.lstrip(" ")))
        piece, spaces = piece[dropped:], 0
        if piece:
            yield piece
    rest = decoder.decode(b"", final=True)
    if rest:
        yield rest
