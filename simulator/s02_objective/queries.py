"""Small questions about a checkpoint, answered on the CPU beside a running lab."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simulator.errors import CheckpointError, UserError
from simulator.model.generation import SamplingConfig
from simulator.model.transformer import Transformer
from simulator.runs.events import RunStarted
from simulator.runs.store import RunFolder, RunStore
from simulator.s02_objective.checkpoints import RIGHT, find_checkpoint
from simulator.s02_objective.choosing import next_token
from simulator.s02_objective.insides import POINTS, attention_maps, flatten_embedding
from simulator.s02_objective.material import TOKENIZER_FILE
from simulator.s02_objective.predicting import TOP, Words, read_text
from simulator.s02_objective.writing import Writer, stream_pieces, write
from simulator.text.tokenizer import Tokenizer, load_tokenizer
from simulator.training.checkpoints import load_model

CANDIDATES = 20
MOST_TOKENS = 256
_KEPT = 16
_models: OrderedDict[tuple[Path, int], Transformer] = OrderedDict()
_tokenizers: OrderedDict[tuple[Path, int], Tokenizer] = OrderedDict()


@dataclass(frozen=True)
class Opened:
    """A checkpoint ready to be asked.

    Attributes:
        model: The model, on the CPU.
        tokenizer: Its tokenizer.
        step: Training step of the weights.
        objective: What it learned.
        folder: Its run.
    """

    model: Transformer
    tokenizer: Tokenizer
    step: int
    objective: str
    folder: RunFolder


def predict(
    store_root: Path,
    *,
    run: str,
    text: str,
    step: int = -1,
    top: int = TOP,
    objective: str = "",
    chosen: Sequence[int] = (),
    seed: int = -1,
    model: str = "",
) -> dict[str, Any]:
    """What a run's checkpoint sees of a text under an objective, and expects at each position.

    Args:
        store_root: Folder of the runs.
        run: Run id, or the absolute path of a run folder (a recording).
        text: Any text; cut after LONGEST_PROBE tokens.
        step: Training step of the checkpoint, -1 for the last one.
        top: How many candidates a position.
        objective: How the text is presented; "" for what the run was trained on. Another one is answered with a
            ``warning`` where the model knows the tokens that it needs.
        chosen: Positions in ``tokens`` to hide; empty for a draw by the objective's own rule.
        seed: Of masked: from 0 on, a draw of its own in which, as in training, 80 % of the hidden tokens become [MASK],
            10 % another token, and 10 % stay; -1 shows [MASK] at all of them.
        model: "right" for the second model of a comparison.

    Returns:
        step; objective; warning; chosen; tokens, the text's, the end token first; inputs, what the model sees;
        targets, "" where none is scored; counted; visible (T, T); top_tokens and top_probabilities by position;
        true_probabilities by position, None where none is scored (for causal the last position has no entry).

    Raises:
        CheckpointError: if the run has no such checkpoint, or it is damaged.
        ConfigError: if the model does not know the tokens, or a position is not there.
    """
    found = open_model(store_root, run, step, model)
    return read_text(
        found.model, found.tokenizer, text, found.step, objective=objective or found.objective,
        trained=found.objective, top=top, chosen=chosen, seed=seed,
    )  # fmt: skip


def inside(store_root: Path, *, run: str, text: str, step: int = -1, model: str = "") -> dict[str, Any]:
    """Attention weights of a text, and the embeddings of the commonest tokens on their two principal axes.

    Returns:
        step; objective; tokens (T, the end token first); attention (layers, heads, T, T) float16; embedding (n, 2)
        float32; labels, n; explained, the share of the variance that the two axes show.

    Raises:
        CheckpointError: if the run has no such checkpoint, or it is damaged.
    """
    found = open_model(store_root, run, step, model)
    words = Words.of(found.model, found.tokenizer)
    ids = words.probe(text)
    common = _common_tokens(found)
    flat = flatten_embedding(found.model, common)
    return {
        "step": found.step, "objective": found.objective, "tokens": words.texts(ids),
        "attention": attention_maps(found.model, words, ids, found.objective),
        "embedding": flat.points, "labels": words.texts(common), "explained": flat.explained,
    }  # fmt: skip


def next_tokens(
    store_root: Path,
    *,
    run: str,
    prompt: str,
    step: int = -1,
    model: str = "",
    limit: int = CANDIDATES,
    **sampling: Any,
) -> dict[str, Any]:
    """The distribution of the token after a prompt, stage by stage; ``sampling`` are fields of SamplingConfig.

    Returns:
        step; objective; prompt; tokens, those that the model is given; candidates, the ``limit`` likeliest and any
        other that may be drawn: token, probability, penalised, tempered, kept, cut, final; entropy and final_entropy
        in nats; kept, how many tokens may be drawn, of ``vocabulary``.

    Raises:
        CheckpointError: if the run has no such checkpoint, or it is damaged.
        ConfigError: if a setting is out of range.
    """
    config = SamplingConfig.from_dict(sampling)
    found = open_model(store_root, run, step, model)
    writer = Writer(found.model, found.tokenizer)
    return {"step": found.step, **next_token(writer, prompt, config, found.objective, limit)}


def write_text(
    store_root: Path,
    *,
    run: str,
    prompt: str,
    step: int = -1,
    model: str = "",
    objective: str = "",
    method: str = "",
    suffix: str = "",
    **sampling: Any,
) -> dict[str, Any]:
    """A text that a run's checkpoint writes, token by token, with the distribution behind each.

    Args:
        store_root: Folder of the runs.
        run: Run id, or the absolute path of a run folder.
        prompt: What the text begins with.
        step: Training step, -1 for the last.
        model: "right" for the second model of a comparison.
        objective: How it writes; "" for what it learned.
        method: One of ``writing.METHODS[objective]``, "" for the usual one.
        suffix: What follows the gap (infill and span corruption).
        **sampling: Fields of SamplingConfig; at most MOST_TOKENS tokens.

    Returns:
        step; objective; method; prompt; text; ended; steps: token, probability, candidates, text (for filling in
        rounds also position, filled, tokens, probabilities).

    Raises:
        CheckpointError: if the run has no such checkpoint, or it is damaged.
        ConfigError: if a setting is out of range, or the model does not know the tokens it needs.
    """
    config = SamplingConfig.from_dict(sampling)
    config = replace(config, tokens=min(config.tokens, MOST_TOKENS))
    found = open_model(store_root, run, step, model)
    writer = Writer(found.model, found.tokenizer)
    result = write(writer, objective or found.objective, prompt, config, method=method, suffix=suffix)
    return {"step": found.step, **result}


def generate(
    store_root: Path, *, run: str, prompt: str, step: int = -1, model: str = "", **sampling: Any
) -> dict[str, Any]:
    """Text that a run's checkpoint writes after ``prompt``; ``sampling`` are the fields of SamplingConfig."""
    pieces = list(stream_text(store_root, run, prompt, step, SamplingConfig.from_dict(sampling), model))
    return {"run": run, "prompt": prompt, "text": "".join(pieces)}


def stream_text(
    store_root: Path, run: str, prompt: str, step: int, config: SamplingConfig, model: str = ""
) -> Iterator[str]:
    """Yield the text piece by piece, as it is written; a piece is one or more whole characters.

    A model that cannot go on from left to right writes in its own way, and the text comes in one piece.
    """
    found = open_model(store_root, run, step, model)
    writer = Writer(found.model, found.tokenizer)
    if found.objective in ("masked", "spans"):
        whole = write(writer, found.objective, prompt, config)["text"]
        yield whole[len(prompt) :] if whole.startswith(prompt) else whole
        return
    yield from stream_pieces(writer, found.objective, prompt, config)


def open_checkpoint(
    store_root: Path, run: str, step: int = -1, model: str = ""
) -> tuple[Transformer, Tokenizer, int]:
    """Model, tokenizer and step of a run's checkpoint; the last few are kept in memory.

    Raises:
        CheckpointError: if the run has no such checkpoint, or it is damaged.
    """
    found = open_model(store_root, run, step, model)
    return found.model, found.tokenizer, found.step


def open_model(store_root: Path, run: str, step: int = -1, model: str = "") -> Opened:
    """A run's checkpoint and what is known of it.

    Raises:
        CheckpointError: if the run has no such checkpoint, or it is damaged.
    """
    folder = find_run(store_root, run)
    wanted = find_checkpoint(folder, step, model)
    tokenizer = _cached(_tokenizers, folder.path / TOKENIZER_FILE, load_tokenizer)
    weights = _cached(_models, wanted.path, lambda path: load_model(path)[0])
    return Opened(weights, tokenizer, wanted.step, objective_of(folder, model), folder)


def objective_of(folder: RunFolder, model: str = "") -> str:
    """What a run's model learned, by its spec; causal for runs that do not say."""
    try:
        config = folder.spec().config
    except UserError:
        return "causal"
    if folder.spec().lab == "objectives":
        return str(config.get("right" if model == RIGHT else "left", "causal"))
    return str(config.get("objective", "causal"))


def find_run(store_root: Path, run: str) -> RunFolder:
    """A run of the store by its id, or a run folder anywhere by its absolute path.

    Raises:
        CheckpointError: if there is no such run.
    """
    path = Path(run)
    if path.is_absolute() and (path / "spec.json").is_file():
        return RunFolder(path)
    return RunStore(store_root).open(run)


def _common_tokens(found: Opened) -> list[int]:
    """The commonest tokens of the training text, as the run said when it began; else the first of the vocabulary."""
    for event in found.folder.events():
        if isinstance(event, RunStarted):
            known = event.facts.get("common_tokens")
            if isinstance(known, list) and known:
                vocab = found.model.shape.vocab
                return [int(index) for index in known if isinstance(index, int) and 0 <= index < vocab]
            break
    return list(range(min(POINTS, found.tokenizer.vocab_size)))


def _cached(kept: OrderedDict[tuple[Path, int], Any], path: Path, load: Any) -> Any:
    """Load a file once; a file that changed is loaded again."""
    try:
        key = (path, path.stat().st_mtime_ns)
    except OSError:
        raise CheckpointError(f"{path.name} of this run is missing.", hint="Choose another run.") from None
    if key not in kept:
        kept[key] = load(path)
    kept.move_to_end(key)
    while len(kept) > _KEPT:
        kept.popitem(last=False)
    return kept[key]
