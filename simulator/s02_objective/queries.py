"""Small questions about a checkpoint, answered on the CPU beside a running lab."""

from __future__ import annotations

import codecs
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.errors import CheckpointError
from simulator.model.generation import SamplingConfig, generate_tokens
from simulator.model.transformer import Transformer
from simulator.runs.store import RunFolder, RunStore
from simulator.s02_objective.material import TOKENIZER_FILE
from simulator.s02_objective.probes import next_token_predictions
from simulator.text.tokenizer import Tokenizer, load_tokenizer
from simulator.training.checkpoints import load_model

_KEPT = 16
_models: OrderedDict[tuple[Path, int], Transformer] = OrderedDict()
_tokenizers: OrderedDict[tuple[Path, int], Tokenizer] = OrderedDict()


def predict(store_root: Path, *, run: str, text: str, step: int = -1, top: int = 8) -> dict[str, Any]:
    """Next-token predictions at each position of ``text`` (fields of the Predictions event) by a run's checkpoint.

    Args:
        store_root: Folder of the runs.
        run: Run id, or the absolute path of a run folder (a recording).
        text: Any text; cut after some dozens of tokens.
        step: Training step of the checkpoint, -1 for the last one.
        top: How many candidates a position.

    Raises:
        CheckpointError: if the run has no such checkpoint, or it is damaged.
    """
    model, tokenizer, found = open_checkpoint(store_root, run, step)
    event = next_token_predictions(model, tokenizer, text, found, top)
    return {
        "step": found, "tokens": event.tokens, "top_tokens": event.top_tokens,
        "top_probabilities": event.top_probabilities,
        "true_probabilities": event.true_probabilities,
    }  # fmt: skip


def generate(store_root: Path, *, run: str, prompt: str, step: int = -1, **sampling: Any) -> dict[str, Any]:
    """Text that a run's checkpoint writes after ``prompt``; ``sampling`` are the fields of SamplingConfig."""
    pieces = list(stream_text(store_root, run, prompt, step, SamplingConfig.from_dict(sampling)))
    return {"run": run, "prompt": prompt, "text": "".join(pieces)}


def stream_text(store_root: Path, run: str, prompt: str, step: int, config: SamplingConfig) -> Iterator[str]:
    """Yield the text piece by piece, as it is written; a piece is one or more whole characters."""
    model, tokenizer, _ = open_checkpoint(store_root, run, step)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")  # holds back a character that is still incomplete
    for index in generate_tokens(
        model, [tokenizer.end_id, *tokenizer.encode(prompt)], config, tokenizer.end_id
    ):
        piece = decoder.decode(tokenizer.token_bytes(index))
        if piece:
            yield piece
    rest = decoder.decode(b"", final=True)
    if rest:
        yield rest


def open_checkpoint(store_root: Path, run: str, step: int = -1) -> tuple[Transformer, Tokenizer, int]:
    """Model, tokenizer and step of a run's checkpoint; the last few are kept in memory.

    Raises:
        CheckpointError: if the run has no such checkpoint, or it is damaged.
    """
    folder = find_run(store_root, run)
    saved = folder.checkpoints()
    if not saved:
        raise CheckpointError(
            f"The run {run} has no checkpoint yet.", hint="Let it train a little, or choose another run."
        )
    wanted = saved[-1] if step < 0 else next((item for item in saved if item.step == step), None)
    if wanted is None:
        steps = ", ".join(str(item.step) for item in saved)
        raise CheckpointError(f"The run {run} has no checkpoint at step {step}.", hint=f"It has: {steps}.")
    tokenizer = _cached(_tokenizers, folder.path / TOKENIZER_FILE, load_tokenizer)
    model = _cached(_models, wanted.path, lambda path: load_model(path)[0])
    return model, tokenizer, wanted.step


def find_run(store_root: Path, run: str) -> RunFolder:
    """A run of the store by its id, or a run folder anywhere by its absolute path.

    Raises:
        CheckpointError: if there is no such run.
    """
    path = Path(run)
    if path.is_absolute() and (path / "spec.json").is_file():
        return RunFolder(path)
    return RunStore(store_root).open(run)


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
