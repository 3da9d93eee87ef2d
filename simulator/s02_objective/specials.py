"""Tokens that objectives need beside the tokenizer's own: a mask, the three of fill-in-the-middle, and sentinels.

They take the ids after the tokenizer's last one, in one order for all objectives, so that two models that learn by
different objectives have vocabularies, and sizes, that are equal. Pure: no torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.s02_objective.masking import NOISE_SHARE, span_plan

MASK_TEXT = "[MASK]"
_NAMED = (MASK_TEXT, "<PRE>", "<SUF>", "<MID>")
_ROUND_TO = 8
"""Vocabularies are filled up to a multiple of this with spare sentinels: matrix products run faster."""


@dataclass(frozen=True)
class Specials:
    """Ids of the special tokens of a model.

    Attributes:
        base_vocab: Size of the tokenizer's own vocabulary; the special tokens' ids begin here.
        end_id: The tokenizer's end-of-document token.
        sentinels: How many sentinels there are.
    """

    base_vocab: int
    end_id: int
    sentinels: int

    @property
    def mask(self) -> int:
        """The token in the place of a hidden one (BERT)."""
        return self.base_vocab

    @property
    def fim_prefix(self) -> int:
        """Opens the prefix (fill-in-the-middle)."""
        return self.base_vocab + 1

    @property
    def fim_suffix(self) -> int:
        """Opens the suffix (fill-in-the-middle)."""
        return self.base_vocab + 2

    @property
    def fim_middle(self) -> int:
        """Opens the middle (fill-in-the-middle)."""
        return self.base_vocab + 3

    @property
    def first_sentinel(self) -> int:
        """The sentinel of the first gap (T5's ``<extra_id_0>``); the others follow it."""
        return self.base_vocab + len(_NAMED)

    @property
    def vocab(self) -> int:
        """Size of the whole vocabulary."""
        return self.first_sentinel + self.sentinels

    def text(self, index: int) -> str:
        """A special token as shown to people.

        Raises:
            IndexError: if ``index`` is not a special token.
        """
        place = index - self.base_vocab
        if not 0 <= place < len(_NAMED) + self.sentinels:
            raise IndexError(f"{index} is not a special token")
        return _NAMED[place] if place < len(_NAMED) else f"<extra_{place - len(_NAMED)}>"

    @classmethod
    def of_model(cls, base_vocab: int, end_id: int, model_vocab: int) -> Specials | None:
        """The special tokens of a model with ``model_vocab`` tokens; None where it has the tokenizer's alone."""
        sentinels = model_vocab - base_vocab - len(_NAMED)
        return cls(base_vocab, end_id, sentinels) if sentinels > 0 else None


def make_specials(base_vocab: int, end_id: int, sequence: int, share: float = NOISE_SHARE) -> Specials:
    """Special tokens for texts of ``sequence`` tokens: enough sentinels for every gap and the end of the last one.

    Args:
        base_vocab: Size of the tokenizer's vocabulary.
        end_id: The tokenizer's end-of-document token.
        sequence: Context length in tokens.
        share: Share of the tokens that span corruption cuts out.
    """
    needed = span_plan(sequence + 1, share).spans + 1
    total = base_vocab + len(_NAMED) + needed
    return Specials(base_vocab, end_id, needed + -total % _ROUND_TO)
