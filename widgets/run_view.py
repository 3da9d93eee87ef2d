"""The run on show for one lab: working now, read from disk, or played again. All three are one stream of events."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from simulator.config import Config
from simulator.errors import UserError
from simulator.runs.events import EngineLost, Event
from simulator.runs.history import RunHistory
from simulator.runs.replay import Replay
from simulator.runs.store import RunFolder, RunStore
from widgets.engine_bridge import EngineBridge

SPEEDS = (1.0, 4.0, 16.0)
_TICK = 33
_UNFINISHED = ("running", "paused")
_AT_WORK = ("running", "paused", "stopping")
_READ_SECONDS = 0.012


class RunView(QObject):
    """Holds the run of one lab that is on show and, beside it, the one of this lab that the engine works on.

    ``changed`` says that the history on show has more in it (at most about 30 times a second), ``switched`` that
    another run is on show, ``begun`` that the engine took up a run of this lab, ``wanted`` that somebody looks at the
    view and it has nothing to show yet: these carry the lab's name. ``live_changed`` says that the lab's live run
    has news, ``troubled`` carries a UserError.

    Args:
        store: The runs on disk.
        bridge: The engine.
        lab: Name of the lab.
        parent: Qt parent.

    Attributes:
        lab: Name of the lab.
        history: The run on show, or None.
        live: The lab's run that the engine works on or last worked on in this session, or None.
        recording: Whether the run on show comes from elsewhere and was not made in this run store.
    """

    changed = Signal(str)
    switched = Signal(str)
    live_changed = Signal()
    begun = Signal(str)
    wanted = Signal(str)
    troubled = Signal(object)

    def __init__(
        self, store: RunStore, bridge: EngineBridge, lab: str = "pretrain", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.store, self.bridge, self.lab = store, bridge, lab
        self.history: RunHistory | None = None
        self.live: RunHistory | None = None
        self.recording = False
        self._folder: Path | None = None
        self._events: list[Event] = []
        self._reading: Iterator[Event] | None = None
        self._play_when_read = False
        self._replay: Replay | None = None
        self._playing = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        bridge.events.connect(self._take)
        bridge.engine_lost.connect(self._cut_off)

    def wake(self) -> None:
        """Somebody looks: ask for a run to show, if there is none yet."""
        if self.history is None:
            self.wanted.emit(self.lab)

    # ---- the live run

    @property
    def is_live(self) -> bool:
        """Whether the run on show is the lab's live one."""
        return self.history is not None and self.history is self.live

    @property
    def address(self) -> str:
        """Where the engine finds the run on show: its id, or the folder of a recording; "" without a run."""
        if self.recording and self._folder is not None:
            return str(self._folder.absolute())
        return self.history.run if self.history is not None else ""

    @property
    def busy(self) -> bool:
        """Whether the engine works on a run, of whatever lab."""
        return self.working or self.bridge.state in _AT_WORK

    @property
    def working(self) -> bool:
        """Whether the engine works on a run of this lab."""
        return self.live is not None and self.live.state in ("waiting", *_UNFINISHED)

    def start(self, config: Config, parent: str = "") -> str:
        """Start the lab and show the run.

        Raises:
            UserError: if it cannot start.
        """
        run_id = self.bridge.begin(self.lab, config, parent)
        self._go_live(run_id, RunHistory())
        return run_id

    def resume(self, run_id: str) -> None:
        """Continue a run from its last checkpoint and show it.

        Raises:
            UserError: if it cannot continue.
        """
        self.bridge.resume_run(run_id)
        self._go_live(run_id, self._past_of(run_id))

    def _past_of(self, run_id: str) -> RunHistory:
        """What is known of a run, from memory where it is whole."""
        if self.live is not None and self.live.run == run_id:
            return self.live
        if (
            self.history is not None
            and self.history.run == run_id
            and self._reading is None
            and self.place >= 1.0
        ):
            return self.history
        return RunHistory.of(self.store.open(run_id).events())

    def show_live(self) -> None:
        """Show the lab's live run."""
        if self.live is not None and not self.is_live:
            self._show(self.live, recording=False)

    def _go_live(self, run_id: str, history: RunHistory) -> None:
        history.run = run_id
        history.state = "waiting"
        self.live = history
        self.begun.emit(self.lab)
        self._show(history, recording=False)
        self.live_changed.emit()

    def _take(self, events: list[Event]) -> None:
        live = self.live
        news = [event for event in events if live is not None and event.run == live.run]
        if live is None or not news:
            return
        for event in news:
            live.apply(event)
        self.live_changed.emit()
        if self.is_live:
            self.changed.emit(self.lab)

    def _cut_off(self, event: EngineLost) -> None:
        """The engine died under the run: it stands still until it is resumed."""
        live = self.live
        if live is not None and live.run == event.lost_run:
            live.state = "stopped"
            self.live_changed.emit()
            if self.is_live:
                self.changed.emit(self.lab)

    @property
    def resumable(self) -> str:
        """Id of the run on show if it can be continued from a checkpoint, else ""."""
        history = self.history
        if history is None or self.recording or self.busy or self._playing or self._reading is not None:
            return ""
        cut = history.state == "stopped" or (history.state == "failed" and history.checkpoints)
        return history.run if cut and self.place >= 1.0 else ""

    # ---- runs on disk

    def show_run(self, run_id: str) -> None:
        """Show a run of the store; the live one is shown live."""
        if self.live is not None and self.live.run == run_id:
            self.show_live()
            return
        try:
            self._read(self.store.open(run_id), recording=False, play=False)
        except UserError as error:
            self.troubled.emit(error)

    def show_recording(self, folder: Path, *, play: bool) -> None:
        """Show a recorded run that lies outside the store.

        Args:
            folder: The run's folder.
            play: Whether to play it from the start; otherwise it is shown as it ended.
        """
        self._read(RunFolder(folder), recording=True, play=play)

    def finish_reading(self) -> None:
        """Read the rest of the run on show now (for pictures, which cannot wait)."""
        while self._reading is not None:
            self._read_some()

    def _read(self, folder: RunFolder, *, recording: bool, play: bool) -> None:
        self._folder = folder.path
        self._show(RunHistory(), recording=recording)
        self._reading = folder.events()
        self._play_when_read = play
        self._timer.start(0)

    def _read_some(self) -> None:
        if self._reading is None or self.history is None:
            return
        until = time.monotonic() + _READ_SECONDS
        try:
            for event in self._reading:
                self._events.append(event)
                if not self._play_when_read:
                    self.history.apply(event)
                if time.monotonic() > until:
                    self.changed.emit(self.lab)
                    return
        except UserError as error:
            self.troubled.emit(error)
        self._reading = None
        self._timer.stop()
        if self.history.state in _UNFINISHED:
            self.history.state = "stopped"  # its window or engine was ended under it: nobody works on it now
        if self._play_when_read:
            self.play()
        self.changed.emit(self.lab)

    def _show(self, history: RunHistory, *, recording: bool) -> None:
        self._timer.stop()
        self._reading, self._replay, self._playing, self._events = None, None, False, []
        self.history, self.recording = history, recording
        self.switched.emit(self.lab)
        self.changed.emit(self.lab)

    # ---- playing it again

    @property
    def can_replay(self) -> bool:
        """Whether the run on show is on disk and read to its end."""
        return not self.is_live and self._reading is None and len(self._events) > 1

    @property
    def playing(self) -> bool:
        """Whether it is being played."""
        return self._playing

    @property
    def place(self) -> float:
        """How far the recording was played, 0 to 1."""
        replay = self._replay
        return replay.position / replay.duration if replay is not None and replay.duration > 0 else 1.0

    def play(self, speed: float = 0.0) -> None:
        """Play from where it stands; from the start when it stands at the end."""
        replay = self._ready_replay()
        if replay is None:
            return
        if self.place >= 1.0:
            self.seek(0.0)
        self._sync(replay)
        replay.speed = speed or replay.speed
        self._playing = True
        self._timer.start(_TICK)
        self.changed.emit(self.lab)

    def hold(self) -> None:
        """Stop playing where it is."""
        self._playing = False
        if self._reading is None:
            self._timer.stop()
        self.changed.emit(self.lab)

    def set_speed(self, speed: float) -> None:
        """Recorded seconds per second."""
        replay = self._ready_replay()
        if replay is not None:
            self._sync(replay)
            replay.speed = speed

    def seek(self, fraction: float) -> None:
        """Go to a fraction (0 to 1) of the recording."""
        replay = self._ready_replay()
        if replay is None:
            return
        self._sync(replay)
        if replay.seek(fraction):
            self.history = RunHistory()
        self._apply(replay.due(time.monotonic()))
        self.changed.emit(self.lab)

    def _ready_replay(self) -> Replay | None:
        if self._replay is None and self.can_replay:
            self._replay = Replay(self._events, SPEEDS[1])
            if not self._play_when_read:  # the history has all of it already
                self._replay.seek(1.0)
                self._replay.due(time.monotonic())
        return self._replay

    def _sync(self, replay: Replay) -> None:
        """Take in what is due, and do not count the time while it was held."""
        speed = replay.speed
        replay.speed = speed if self._playing else 0.0
        self._apply(replay.due(time.monotonic()))
        replay.speed = speed

    def _tick(self) -> None:
        if self._reading is not None:
            self._read_some()
        elif self._replay is not None and self._playing:
            self._apply(self._replay.due(time.monotonic()))
            if self._replay.done:
                self._playing = False
                self._timer.stop()
            self.changed.emit(self.lab)

    def _apply(self, events: Iterable[Event]) -> None:
        for event in events:
            if self.history is not None:
                self.history.apply(event)
