"""A data run as a corpus: training reads what the pipeline kept, with the tokenizer that it trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulator.errors import InputError, UserError
from simulator.runs.store import RunFolder
from simulator.text.tokenizer import BpeTokenizer, Tokenizer, load_tokenizer

KEPT = "kept"
FATES = "fates.jsonl"
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True)
class DataRun:
    """A finished run of the data pipeline.

    Attributes:
        id: Its run id, or the name of its folder.
        folder: Where it lies.
        toy: It cleaned the toy crawl, so that its text is about the toy world.
    """

    id: str
    folder: Path
    toy: bool

    @property
    def kept(self) -> Path:
        """The folder of the text that it kept."""
        return self.folder / KEPT

    def tokenizer(self, kind: str, vocabulary: int) -> Tokenizer | None:
        """Its tokenizer, where that is of the kind and size asked for; else None.

        Raises:
            CheckpointError: if the file is damaged.
        """
        path = self.folder / TOKENIZER
        if kind != "bpe" or not path.is_file():
            return None
        found = load_tokenizer(path)
        return found if isinstance(found, BpeTokenizer) and found.vocab_size == vocabulary else None


def find_data_run(runs: Path, corpus: str) -> DataRun | None:
    """The data run that a corpus names by its id or its folder; None where it names something else.

    Raises:
        InputError: if it names one that is not finished, or has kept nothing.
    """
    name = corpus.strip()
    try:
        place = runs / name if name and Path(name).name == name else Path(name).expanduser()
        if not (place / KEPT).is_dir() or not (place / FATES).is_file():
            _refuse_unfinished(place, name)
            return None
    except (OSError, RuntimeError, ValueError):
        return None
    if not any((place / KEPT).glob("part-*.jsonl")):
        raise InputError(f"The data run {place.name} has kept no text.", hint="Choose another run.")
    return DataRun(place.name, place, _is_toy(place))


def _refuse_unfinished(place: Path, name: str) -> None:
    """Nothing, unless the folder is that of a data run on its way."""
    if not name or not (place / "spec.json").is_file():
        return
    try:
        lab = RunFolder(place).spec().lab
    except UserError:
        return
    if lab == "data":
        raise InputError(
            f"The data run {place.name} has not finished.", hint="Resume it, or choose another run."
        )


def _is_toy(place: Path) -> bool:
    try:
        return str(RunFolder(place).spec().config.get("source", "")) == "toy"
    except UserError:
        return False
