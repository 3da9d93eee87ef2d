"""Peak memory of ``data process`` on gigabytes of text, all its processes together, beside that on less text.

By hand::

    python -m tests.benchmarks.data_memory --sizes 0.25 2 --workers 2

Writes that many GB of JSON lines (sentences of the toy world in random order, with duplicates, foreign text and
scraps among them) into a temporary folder, cleans them, and samples the memory of the whole tree of processes: the sum
of their proportional set sizes (on Linux: a shared page counts once in all), else of their unique set sizes. The files
are deleted afterwards. Fails if the peak reaches the limit.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psutil

from simulator.world import build_world, generate_documents

LIMIT_MB = 600
ROOT = Path(__file__).parents[2]
_GERMAN = "Der Müller ging am Abend über die Brücke, weil das Licht in der Stadt schon brannte und niemand mehr kam. "


def texts(characters: int, seed: int = 0) -> Iterator[str]:
    """Documents of about ``characters`` characters, endless: most are new, some repeat or resemble one before."""
    random = Random(seed)
    world = build_world()
    sentences = [item.text for item in generate_documents(world, 20_000, seed, ("story", "encyclopedia"))]
    syllables = ("ba", "ke", "lo", "mi", "nu", "pa", "re", "so", "ta", "vi", "wo", "za")
    names = ["".join(random.choices(syllables, k=4)).title() for _ in range(20_000)]
    recent: list[str] = []
    while True:
        kind = random.random()
        if recent and kind < 0.1:
            yield random.choice(recent)
            continue
        if recent and kind < 0.2:
            words = random.choice(recent).split(" ")
            words[random.randrange(len(words))] = random.choice(names)
            yield " ".join(words)
            continue
        if kind < 0.25:
            yield _GERMAN * (characters // len(_GERMAN))
            continue
        if kind < 0.3:
            yield "buy now cheap " * (characters // 14)
            continue
        parts, size = [], 0
        while size < characters * random.uniform(0.5, 1.5):
            people = " ".join(random.choices(names, k=4))
            parts.append(f"{random.choice(sentences)} And {people}.")
            size += len(parts[-1]) + 2
        text = "\n\n".join(parts)
        recent.append(text)
        if len(recent) > 200:
            recent[random.randrange(200)] = recent.pop()
        yield text


def write(path: Path, size: int, characters: int) -> int:
    """Write JSON lines of ``size`` bytes; returns the number of documents."""
    count = written = 0
    with path.open("w", encoding="utf-8") as file:
        for text in texts(characters):
            written += file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
            count += 1
            if written >= size:
                return count
    return count


def memory_of(process: psutil.Process) -> int:
    """Bytes that a process and everything it started take."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            full = one.memory_full_info()
            total += getattr(full, "pss", 0) or full.uss
    return total


class Watch:
    """Samples the memory of a tree of processes until it is stopped."""

    def __init__(self, pid: int, seconds: float = 0.5) -> None:
        self.peak = 0
        self._start = self._told = time.perf_counter()
        self._process = psutil.Process(pid)
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """The highest sum seen, in bytes."""
        self._ended.set()
        self._thread.join()
        return self.peak

    def _watch(self) -> None:
        while not self._ended.wait(self._seconds):
            with contextlib.suppress(psutil.Error):
                now = memory_of(self._process)
                self.peak = max(self.peak, now)
                self._tell(now)

    def _tell(self, now: int) -> None:
        """Once a minute, so that a slope would show before the end."""
        if time.perf_counter() - self._told >= 60:
            self._told = time.perf_counter()
            seconds = self._told - self._start
            print(f"  after {seconds:.0f} s: {now / 1e6:.0f} MB, peak {self.peak / 1e6:.0f} MB", flush=True)


def measure(folder: Path, gigabytes: float, characters: int, workers: int) -> float:
    """Clean so much text; prints what came of it and returns the peak in MB."""
    source, output = folder / "in.jsonl", folder / "out"
    start = time.perf_counter()
    count = write(source, int(gigabytes * 1e9), characters)
    print(f"{gigabytes:g} GB: {count:,} documents written in {time.perf_counter() - start:.0f} s", flush=True)
    command = [sys.executable, "main.py", "data", "process", "--input", str(source), "--output", str(output),
               "--workers", str(workers), "--json"]  # fmt: skip
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    watch = Watch(process.pid)
    report = json.loads(process.communicate()[0])
    seconds, peak = time.perf_counter() - start, watch.stop() / 1e6
    print(
        f"{gigabytes:g} GB: peak {peak:.0f} MB over all processes, {seconds:.0f} s, "
        f"{gigabytes * 1e3 / seconds:.2f} MB/s, kept {report['kept']:,} of {report['documents']:,}, "
        f"reasons {report['reasons']}",
        flush=True,
    )
    source.unlink()
    shutil.rmtree(output)
    return peak


def main() -> int:
    """Measure every size asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", nargs="+", type=float, default=[0.25, 2.0], metavar="GB")
    parser.add_argument("--characters", type=int, default=4000, help="of a document, about")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peaks = [measure(Path(folder), size, options.characters, options.workers) for size in options.sizes]
    print(f"limit {LIMIT_MB} MB: {'held' if max(peaks) < LIMIT_MB else 'BROKEN'}")
    return 0 if max(peaks) < LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
