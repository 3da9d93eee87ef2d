"""The engine process: verbs, events, death and resurrection."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fake_labs
import psutil
import pytest
from fake_labs import FakeConfig

from simulator.engine import session as session_module
from simulator.engine.session import EngineSession
from simulator.errors import CheckpointError, StorageError, UserError
from simulator.runs.events import (
    Answer,
    EngineLost,
    EngineReady,
    Event,
    Metrics,
    RunContinued,
    RunFailed,
    RunFinished,
    RunPaused,
)
from simulator.runs.history import RunHistory
from simulator.runs.store import RunStore


class Engine:
    """A session with all it has sent."""

    def __init__(self, root: Path) -> None:
        self.session = EngineSession(root, device="cpu", threads=1, labs_module=fake_labs.__name__)
        self.events: list[Event] = []

    def wait(self, wanted: Callable[[Event], bool], seconds: float = 60.0) -> Event:
        """Drain until an event fits, and return it."""
        end = time.monotonic() + seconds
        seen = 0
        while time.monotonic() < end:
            self.events += self.session.drain()
            for event in self.events[seen:]:
                seen += 1
                if wanted(event):
                    return event
            time.sleep(0.005)
        raise AssertionError(f"nothing of the kind within {seconds} s; the last were {self.events[-3:]}")

    def next(self, kind: type[Event], seconds: float = 60.0) -> Event:
        """Wait for the next event of a type, and forget all before it."""
        found = self.wait(lambda event: isinstance(event, kind), seconds)
        self.events = self.events[self.events.index(found) + 1 :]
        return found


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "runs")
    engine.session.start()
    yield engine
    engine.session.shutdown()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(tmp_path_factory.mktemp("lasting") / "runs")
    engine.session.start()
    yield engine
    engine.session.shutdown()


@pytest.fixture
def shared(lasting: Engine) -> Engine:
    """An engine that other tests have used, and left alive and idle."""
    lasting.session.drain()
    lasting.events = []
    assert lasting.session.run_id == ""
    return lasting


def recorded(engine: Engine, run: str) -> list[Event]:
    folder = RunStore(engine.session.root).open(run)
    events = list(folder.events())
    assert folder.problems == []
    return events


def test_a_run_arrives_as_it_is_recorded(engine: Engine) -> None:
    assert engine.session.state == "starting"
    run = engine.session.begin("fake", FakeConfig(steps=50))  # before it is ready: it waits its turn
    ready = engine.wait(lambda event: isinstance(event, EngineReady))
    assert isinstance(ready, EngineReady)
    assert ready.device["name"] == "cpu"
    engine.wait(lambda event: isinstance(event, RunFinished))
    assert engine.session.state == "ready"
    assert engine.session.run_id == ""
    stream = [event for event in engine.events if event.run]
    assert stream == recorded(engine, run)
    assert [event.seq for event in stream] == list(range(len(stream)))
    history = RunHistory.of(stream)
    assert list(history.series("loss")[0]) == list(range(1, 51))
    assert history.summary["loss"] == pytest.approx(0.02)


def test_pause_query_continue_stop(shared: Engine) -> None:
    run = shared.session.begin("fake", FakeConfig(steps=100_000, delay=0.002))
    shared.next(Metrics)
    start = time.monotonic()
    number = shared.session.query("echo", text="hello")
    answer = shared.next(Answer)
    assert time.monotonic() - start < 1.0
    assert isinstance(answer, Answer)
    assert (answer.query, answer.result["text"]) == (number, "hello")
    shared.session.query("echo", text="bad")
    assert getattr(shared.next(Answer), "error", "") == "There is nothing to say. Say something."
    shared.session.query("nonsense")
    assert "no query called 'nonsense'" in getattr(shared.next(Answer), "error", "")
    shared.session.query("echo", text="odd")
    assert "not JSON serializable" in getattr(shared.next(Answer), "error", "")
    shared.session.query("echo", wrong=1)
    assert "TypeError" in getattr(shared.next(Answer), "error", "")
    shared.session.pause()
    shared.next(RunPaused)
    assert shared.session.state == "paused"
    shared.session.drain()
    time.sleep(0.1)
    assert shared.session.drain() == []
    shared.session.unpause()
    shared.next(RunContinued)
    assert shared.session.state == "running"
    shared.session.stop()
    assert shared.session.state == "stopping"
    finished = shared.next(RunFinished, 5.0)
    assert isinstance(finished, RunFinished)
    assert finished.status == "stopped"
    assert RunStore(shared.session.root).open(run).info().status == "stopped"


def test_a_killed_engine_is_noticed_and_the_run_resumes(engine: Engine) -> None:
    run = engine.session.begin("fake", FakeConfig(steps=200, delay=0.003, every=10))
    engine.wait(lambda event: isinstance(event, Metrics) and event.steps[-1] > 30)
    os.kill(engine.session.pid, signal.SIGKILL)
    start = time.monotonic()
    lost = engine.next(EngineLost)
    assert time.monotonic() - start < 1.0
    assert isinstance(lost, EngineLost)
    assert lost.lost_run == run
    assert "SIGKILL" in lost.message
    assert engine.session.state == "dead"
    with pytest.raises(UserError, match="not running"):
        engine.session.begin("fake", FakeConfig())
    before = recorded(engine, run)
    engine.session.restart()
    engine.session.resume_run(run)
    engine.next(RunFinished)
    events = recorded(engine, run)
    assert events[: len(before)] == before  # nothing lost
    assert [event.seq for event in events] == list(range(len(events)))  # nothing doubled
    assert list(RunHistory.of(events).series("loss")[0]) == list(range(1, 201))
    with pytest.raises(CheckpointError, match="is finished"):
        engine.session.resume_run(run)


def test_failures_and_wrong_use_leave_the_engine_alive(shared: Engine) -> None:
    shared.session.begin("fake", FakeConfig(mode="user"))
    with pytest.raises(UserError, match="still going on"):
        shared.session.begin("fake", FakeConfig())
    failed = shared.next(RunFailed)
    assert isinstance(failed, RunFailed)
    assert (failed.kind, failed.message) == ("input", "The file is empty.")
    with pytest.raises(CheckpointError, match="no run 'fake-0077'"):
        shared.session.resume_run("fake-0077")
    shared.session._outbox.put("garbage that is no verb")  # type: ignore[union-attr]
    shared.session._outbox.put('{"verb":7}')  # type: ignore[union-attr]
    run = shared.session.begin("fake", FakeConfig())
    assert shared.next(RunFinished).run == run
    (shared.session.root / "plain").write_text("")
    with pytest.raises(StorageError, match="a file stands where a folder is needed"):
        RunStore(shared.session.root / "plain").create(RunStore(shared.session.root).open(run).spec())


def test_a_deaf_lab_is_ended_with_the_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "STOP_SECONDS", 0.5)
    engine.session.begin("fake", FakeConfig(mode="deaf"))
    engine.wait(lambda event: event.run != "")
    engine.session.stop()
    lost = engine.next(EngineLost, 5.0)
    assert "did not stop when asked" in getattr(lost, "message", "")


def test_a_deaf_lab_does_not_hold_up_the_end(engine: Engine) -> None:
    engine.session.begin("fake", FakeConfig(mode="deaf"))
    engine.wait(lambda event: event.run != "")
    pid = engine.session.pid
    start = time.monotonic()
    engine.session.shutdown()
    assert time.monotonic() - start < 3.5
    assert not psutil.pid_exists(pid)


def test_the_engine_leaves_when_its_pipe_closes(engine: Engine) -> None:
    run = engine.session.begin("fake", FakeConfig(steps=100_000, delay=0.01))
    engine.next(Metrics)
    pid = engine.session.pid
    receiver = engine.session._receiver
    assert receiver is not None
    engine.session._connection.close()  # type: ignore[union-attr]
    receiver.join(3.0)
    assert not psutil.pid_exists(pid)
    assert RunStore(engine.session.root).open(run).info().status == "stopped"  # it stopped with a checkpoint


def test_a_module_that_cannot_be_imported_is_told_in_words(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.session = EngineSession(tmp_path, labs_module="no_such_module")
    engine.session.start()
    lost = engine.next(EngineLost)
    assert isinstance(lost, EngineLost)
    assert "No module named 'no_such_module'" in lost.message
    assert lost.exit_code == 1
    engine.session.shutdown()


def test_a_flood_keeps_the_window_free(shared: Engine) -> None:
    run = shared.session.begin("fake", FakeConfig(steps=100_000, every=1_000_000))
    shared.wait(lambda event: isinstance(event, RunFinished))
    blocks = [event for event in shared.events if isinstance(event, Metrics)]
    assert sum(len(block.steps) for block in blocks) == 100_000
    seconds = blocks[-1].time - blocks[0].time
    assert len(blocks) <= 31 * seconds + 2
    assert recorded(shared, run) == [event for event in shared.events if event.run]


INTERRUPTED = """
import sys, time
from pathlib import Path
from simulator.engine.session import EngineSession

if __name__ == "__main__":
    session = EngineSession(Path(sys.argv[1]), device="cpu", threads=1)
    session.start()
    try:
        print(session.pid, flush=True)
        time.sleep(30)
    except KeyboardInterrupt:
        session.shutdown()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are a POSIX thing")
@pytest.mark.parametrize("delay", [0.0, 0.15, 1.5])
def test_ctrl_c_reaches_the_whole_group_and_the_engine_says_nothing(tmp_path: Path, delay: float) -> None:
    script = tmp_path / "window.py"
    script.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "runs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    engine_id = int(process.stdout.readline())
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (0, b"")
    assert not psutil.pid_exists(engine_id)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are a POSIX thing")
def test_the_engine_does_not_outlive_a_killed_window(tmp_path: Path) -> None:
    script = tmp_path / "window.py"
    script.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "runs")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    engine_id = int(process.stdout.readline())
    process.kill()
    process.communicate()
    end = time.monotonic() + 5.0
    while psutil.pid_exists(engine_id) and time.monotonic() < end:
        time.sleep(0.02)
    assert not psutil.pid_exists(engine_id)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files through /proc")
def test_ten_starts_and_ends_leave_nothing_behind(tmp_path: Path) -> None:
    me = psutil.Process()

    def cycle() -> None:
        session = EngineSession(tmp_path, device="cpu", threads=1, labs_module=fake_labs.__name__)
        session.start()
        session.shutdown()
        session.drain()

    cycle()  # the first one starts multiprocessing's own helper
    files, threads, children = me.num_fds(), threading.active_count(), len(me.children())
    for _ in range(10):
        cycle()
    assert (me.num_fds(), threading.active_count(), len(me.children())) == (files, threads, children)
