"""What the tests of the data pipeline share; also loaded by worker processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from simulator.s01_data.chunks import Source
from simulator.s01_data.config import DataConfig
from simulator.s01_data.dedup import Duplicates, Survivors
from simulator.s01_data.filter_phase import Limits
from simulator.s01_data.filtering import FilterTask, FilterWorker
from simulator.s01_data.finishing import FinishWorker, Group
from simulator.s01_data.funnel import Funnel
from simulator.s01_data.pipeline import Pipeline, Result
from simulator.s01_data.pool import Pool

SENTENCES = (
    "The {} of the village opened the {} before the {} had come over the {} with a {}.",
    "A {} was seen on the {}, and the {} ran down to the {} to look at the {} there.",
    "They said that the {} would be closed for the {} because of the {} in the {}.",
    "My {} has kept a {} for years, and the {} that it makes is darker than any {}.",
    "The {} was found in a {} of the old {}, with a {} from another {} inside it.",
    "When the {} had stopped, the {} walked with his {} to the {} behind the {}.",
    "Nobody could say who had painted the {} of the {} in the colour of a {} and a {}.",
    "He read the {} twice and still took the wrong {} at the {} by the {} near the {}.",
)
NOUNS = tuple(
    word
    for line in (
        "baker boat bridge sister letter rain school map river hill winter honey drawer farmer door mill",
        "lake shop bank ice bee desk stamp dog field barn colour turn children country sun tailor wagon",
        "tower uncle ticket storm station book valley market summer butter basket doctor orchard roof",
        "gate harbour garden window table candle blanket horse meadow kitchen clock lantern pocket",
        "forest engine island pillow soldier teacher winter potato kettle ladder mirror needle ocean",
        "palace rabbit saddle temple violin wallet anchor button cattle dinner feather",
    )
    for word in line.split()
)


def prose(seed: int, count: int = 9) -> str:
    """An English text that passes the rules and shares hardly a shingle with those of other seeds."""
    random = Random(seed)
    lines = []
    for number in range(count):
        sentence = SENTENCES[(seed + number) % len(SENTENCES)]
        lines.append(sentence.format(*random.sample(NOUNS, sentence.count("{}"))))
    return "\n\n".join(lines)


def write_lines(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


class Recording:
    """A listener that remembers; ``stop_at`` raises at that beat."""

    def __init__(self, stop_at: int = -1) -> None:
        self.beats = 0
        self.stop_at = stop_at
        self.phases: list[str] = []
        self.said: list[str] = []
        self.funnels: list[dict[str, Any]] = []

    def beat(self) -> None:
        self.beats += 1
        if self.beats == self.stop_at:
            raise Stopped

    def progress(self, phase: str, done: int, total: int) -> None:
        assert 0 <= done <= total or total == 0
        if phase not in self.phases:
            self.phases.append(phase)

    def counted(self, documents: int, funnel: Funnel) -> None:
        self.funnels.append(funnel.record())

    def say(self, text: str) -> None:
        self.said.append(text)

    def compared(self, survivors: Survivors, found: Duplicates) -> Mapping[str, Any]:
        return {"count": survivors.count}


class Stopped(Exception):  # noqa: N818 - a request
    pass


def run(
    paths: tuple[str, ...],
    output: Path,
    *,
    listener: Recording | None = None,
    workers: int = 0,
    chunk: int = 3,
    pages: int = 0,
    limits: Limits | None = None,
    **settings: Any,
) -> Result:
    """Run the pipeline to its end, in this process unless told otherwise."""
    config = DataConfig(**{"vocabulary": 300, **settings})
    source = Source(paths=paths, pages=pages, seed=config.seed, chunk_documents=chunk)
    pipeline = Pipeline(
        config, source, output, listener or Recording(), workers=workers, limits=limits or Limits()
    )
    result = pipeline.run()
    pipeline.commit({"done": True})
    return result


def files_of(folder: Path) -> dict[str, bytes]:
    """All files of a finished run by name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def fates(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "fates.jsonl").read_text(encoding="utf-8").splitlines()]


def kept(folder: Path) -> list[str]:
    return [
        json.loads(line)["text"]
        for path in sorted((folder / "kept").iterdir())
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


class InlinePool(Pool):
    """Works in this process whatever it is told."""

    def __init__(self, count: int, *arguments: Any) -> None:
        super().__init__(0, *arguments)


class PoisonedWorker(FilterWorker):
    """Dies of documents that hold a word."""

    def __call__(self, task: FilterTask) -> dict[str, Any]:
        for item in task.chunk.items:
            if b"poison" in item.page.body and item.index not in task.chunk.failed:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(task)


class PoisonedFinisher(FinishWorker):
    """Dies of the kept document with index 2, unless that is left out."""

    def __call__(self, group: Group) -> dict[str, Any]:
        if 2 not in group.failed and group.only in (-1, 2):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(group)


def doubler(folder: str) -> Callable[[Any], Any]:
    """A worker: doubles numbers; ``die`` kills it, ``once`` kills the first, ``fault`` raises, ``hang`` hangs."""

    def handle(task: Any) -> Any:
        if task == "once":
            mark = Path(folder) / "died"
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return "lived"
        if task == "die":
            os._exit(7)
        if task == "hang":
            time.sleep(60)
        if task == "fault":
            raise ZeroDivisionError("a fault of ours")
        return (2 * task, os.getpid(), os.environ.get("OMP_NUM_THREADS"))

    return handle


def broken() -> Any:
    """A worker that dies before it can start."""
    os._exit(3)


def work_as_a_daemon(connection: Connection, folder: str) -> None:
    """What the engine is: a daemon process that has workers of its own."""
    with Pool(1, "pipeline_helpers:doubler", {"folder": folder}) as pool:
        found = [outcome.value for outcome in pool.map(iter([5])) if outcome is not None]
    connection.send((multiprocessing.current_process().daemon, found[0][0]))
