"""Stopped or killed anywhere, a run goes on from its last whole part and ends with the same bytes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from pipeline_helpers import Recording, Stopped, fates, files_of, prose, run, write_lines

from simulator.errors import CheckpointError, InputError, StorageError
from simulator.s01_data.parts import DataFolder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [prose(seed) for seed in range(24)]
    texts[9], texts[20] = texts[3], texts[5].replace("village", "town", 1)
    return write_lines(tmp_path_factory.mktemp("input") / "in.jsonl", [*texts, "Too short.", "{}"])


@pytest.fixture(scope="module")
def unbroken(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("unbroken") / "out"
    run((str(source),), folder)
    return files_of(folder)


def test_stopped_at_every_beat_it_still_ends_the_same(
    source: Path, unbroken: dict[str, bytes], tmp_path: Path
) -> None:
    """Each try gets a little further than the last; the stops fall into every phase."""
    phases = set()
    for beat in range(3, 500):
        listener = Recording(stop_at=beat)
        try:
            run((str(source),), tmp_path / "out", listener=listener)
        except Stopped:
            phases.add(listener.phases[-1])
            assert not DataFolder(tmp_path / "out").finished
        else:
            break
    assert (
        phases == {"Reading and filtering", "Looking for duplicates", "Learning the vocabulary"}
        or len(phases) == 4
    )
    assert files_of(tmp_path / "out") == unbroken


def test_what_was_torn_is_done_again(source: Path, unbroken: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with contextlib.suppress(Stopped):
        run((str(source),), out, listener=Recording(stop_at=16))
    work = out / "work"
    marks = sorted(work.glob("part-*.json"))
    assert len(marks) >= 3
    marks[0].write_text("{", encoding="utf-8")  # as after a power cut
    torn = work / "part-000001.jsonl"
    torn.write_bytes(torn.read_bytes()[:-9])
    (work / "part-000002.keys").unlink()
    (work / ".part-000003.jsonl.draft-123").write_text("half", encoding="utf-8")
    (out / "kept" / ".part-00000.jsonl.draft-123").write_text("half", encoding="utf-8")
    run((str(source),), out)
    assert files_of(out) == unbroken


def test_another_input_or_other_settings_are_refused(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "in.jsonl"
    copy.write_bytes(source.read_bytes())
    with pytest.raises(Stopped):
        run((str(copy),), tmp_path / "out", listener=Recording(stop_at=9))
    with pytest.raises(CheckpointError, match="other settings"):
        run((str(copy),), tmp_path / "out", near_threshold=0.9)
    copy.write_text(json.dumps({"text": prose(1)}), encoding="utf-8")
    with pytest.raises(InputError, match="changed"):
        run((str(copy),), tmp_path / "out")
    assert DataFolder(tmp_path / "out").started


def test_two_processes_cannot_write_one_folder(source: Path, tmp_path: Path) -> None:
    first = DataFolder(tmp_path / "out")
    first.open()
    with pytest.raises(StorageError, match="Another process"):
        run((str(source),), tmp_path / "out")
    first.close()
    run((str(source),), tmp_path / "out")


def process(output: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "main.py",
        "data",
        "process",
        "--output",
        str(output),
        "--workers",
        "2",
        *arguments,
    ]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def workers(running: subprocess.Popen[str]) -> list[psutil.Process]:
    """Its worker processes, without those that Python starts for its own housekeeping."""
    children = psutil.Process(running.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def when(found: Callable[[], bool], running: subprocess.Popen[str]) -> None:
    """Wait until something is there on disk, or the process has ended by itself."""
    for _ in range(6000):
        if found() or running.poll() is not None:
            return
        time.sleep(0.005)
    raise AssertionError("nothing happened")


@pytest.mark.slow
def test_killed_in_every_phase_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    pages = ("--input", "toy", "--pages", "150", "--vocabulary", "400", "--classifier", "off")
    whole = process(tmp_path / "whole", *pages)
    assert whole.communicate()[1]
    assert whole.returncode == 0
    expected = files_of(tmp_path / "whole")
    out = tmp_path / "out"
    work = out / "work"
    moments: list[Callable[[], bool]] = [
        lambda: len(list(work.glob("part-*.json"))) >= 1,
        lambda: (work / "duplicates.npy").exists(),
        lambda: (work / "compared.json").exists(),
        lambda: (work / "done-000000.json").exists() or (work / "fates-000000.jsonl").exists(),
    ]
    arguments: tuple[str, ...] = pages
    killed = 0
    for moment in moments:
        running = process(out, *arguments)
        when(moment, running)
        children = psutil.Process(running.pid).children() if running.poll() is None else []
        running.kill()
        running.communicate()
        if running.returncode == 0:
            break
        killed += 1
        psutil.wait_procs(children, timeout=20)
        assert not any(child.is_running() for child in children), "a worker outlived its parent"
        arguments = ("--resume",)
    assert killed >= 3
    last = process(out, "--resume", "--json")
    report = json.loads(last.communicate()[0])
    assert last.returncode == 0
    assert report["documents"] == 150
    assert report["throughput"]["documents_per_second"] is None
    assert files_of(out) == expected
    indices = [fate["index"] for fate in fates(out)]
    assert indices == list(range(150))


@pytest.mark.slow
def test_a_killed_worker_is_told_and_ctrl_c_can_be_resumed(tmp_path: Path) -> None:
    pages = ("--input", "toy", "--pages", "400", "--vocabulary", "400", "--classifier", "off")
    out = tmp_path / "out"
    running = process(out, *pages)
    when(lambda: len(list((out / "work").glob("part-*.json"))) >= 1, running)
    workers(running)[0].kill()
    when(lambda: len(list((out / "work").glob("part-*.json"))) >= 2, running)
    running.send_signal(signal.SIGINT)
    stderr = running.communicate()[1]
    assert running.returncode == 130
    assert "A worker process was ended by the signal SIGKILL; its part is tried once more." in stderr
    assert f"data process --resume --output {out}" in stderr
    assert "Traceback" not in stderr
    again = process(out, "--resume", "--json")
    report = json.loads(again.communicate()[0])
    assert again.returncode == 0
    assert report["documents"] == 400
    assert [fate["index"] for fate in fates(out)] == list(range(400))
