"""All runs that the window shows: one live run of the engine, and for every lab its own run on show."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from PySide6.QtCore import QObject, Signal

import resources
from simulator.errors import InputError, UserError
from simulator.labs import LABS
from simulator.runs.events import RunStarted
from simulator.runs.history import RunHistory
from simulator.runs.store import RunFolder, RunInfo, RunStore
from widgets.engine_bridge import EngineBridge
from widgets.run_view import RunView

RECORDINGS = Path(resources.__file__).parent / "recordings"
_EVENTS_BEFORE_START = 20


class RunDesk(QObject):
    """Keeps a view for every lab and knows which of them is live.

    A view reads nothing from disk before somebody looks at it (:meth:`RunView.wake`) and :meth:`open` was called.
    ``switched`` and ``changed`` carry the lab whose run on show is another one or has more in it; ``live_changed``
    says that the live run has news, ``troubled`` carries a UserError.

    Args:
        store: The runs on disk.
        bridge: The engine.
        parent: Qt parent.
    """

    switched = Signal(str)
    changed = Signal(str)
    live_changed = Signal()
    troubled = Signal(object)

    def __init__(self, store: RunStore, bridge: EngineBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store, self.bridge = store, bridge
        self._views: dict[str, RunView] = {}
        self._live_lab = ""
        self._known: list[RunInfo] | None = None
        self._waiting: list[str] = []

    # ---- the views

    def view(self, lab: str) -> RunView:
        """The view of a lab, made when first asked for.

        Raises:
            KeyError: if there is no such lab.
        """
        if lab not in self._views:
            view = self._views[lab] = RunView(self.store, self.bridge, LABS[lab].name, self)
            view.switched.connect(self.switched)
            view.changed.connect(self.changed)
            view.live_changed.connect(self.live_changed)
            view.begun.connect(self._begun)
            view.wanted.connect(self._fill)
            view.troubled.connect(self.troubled)
        return self._views[lab]

    def views(self) -> list[RunView]:
        """The views made so far."""
        return list(self._views.values())

    def open(self) -> list[RunInfo]:
        """Look at the run store, and show their newest runs in the views that somebody waits for.

        Returns:
            The runs of known labs that can be read, newest first.
        """
        self._known = [info for info in self.runs() if info.lab in LABS and not info.problem]
        waiting, self._waiting = self._waiting, []
        for lab in waiting:
            self._fill(lab)
        return self._known

    def finish_reading(self) -> None:
        """Read the rest of every run on show now (for pictures, which cannot wait)."""
        for view in self.views():
            view.finish_reading()

    def _fill(self, lab: str) -> None:
        """Show a lab's newest run, or the recording that comes with the program where there is none."""
        view = self.view(lab)
        if view.history is not None:
            return
        if self._known is None:
            self._waiting.append(lab)
            return
        for info in self._known:
            if info.lab == lab and (info.steps >= 0 or info.summary):
                view.show_run(info.id)
                return
        recording = shipped_recording(lab)
        if recording is not None:
            view.show_recording(recording, play=False)

    # ---- the live run

    @property
    def live_lab(self) -> str:
        """Lab of the run that the engine works on or last worked on in this session, or ""."""
        return self._live_lab

    @property
    def live(self) -> RunHistory | None:
        """That run."""
        return self._views[self._live_lab].live if self._live_lab else None

    @property
    def busy(self) -> bool:
        """Whether the engine works on a run."""
        return bool(self._live_lab) and self._views[self._live_lab].working

    def resume(self, run_id: str) -> str:
        """Continue a run from its last checkpoint, in the view of its lab, whose name is returned.

        Raises:
            UserError: if it cannot continue.
        """
        lab = self.lab_of(self.store.open(run_id))
        self.view(lab).resume(run_id)
        return lab

    def _begun(self, lab: str) -> None:
        self._live_lab = lab

    # ---- runs on disk

    def runs(self) -> list[RunInfo]:
        """Runs in the store, newest first; none when it cannot be read (that is told)."""
        try:
            return self.store.list()
        except UserError as error:
            self.troubled.emit(error)
            return []

    def show_run(self, run_id: str) -> str:
        """Show a run of the store in the view of its lab.

        Returns:
            The lab, or "" when it cannot be shown (that is told).
        """
        try:
            lab = self.lab_of(self.store.open(run_id))
        except UserError as error:
            self.troubled.emit(error)
            return ""
        self.view(lab).show_run(run_id)
        return lab

    def show_recording(self, folder: Path, *, play: bool) -> str:
        """Show a recorded run that lies outside the store, in the view of its lab, whose name is returned.

        Args:
            folder: The run's folder.
            play: Whether to play it from the start; otherwise it is shown as it ended.

        Raises:
            InputError: if its lab is not known here.
        """
        lab = self.lab_of(RunFolder(folder))
        self.view(lab).show_recording(folder, play=play)
        return lab

    def lab_of(self, folder: RunFolder) -> str:
        """Which lab made a run: its spec says so, else its first events.

        Raises:
            InputError: if neither names a lab that this version has.
        """
        try:
            lab = folder.spec().lab
        except UserError:
            opening = islice(folder.events(), _EVENTS_BEFORE_START)
            lab = next((event.lab for event in opening if isinstance(event, RunStarted)), "")
        if lab not in LABS:
            what = f"was made by the lab '{lab}', which this version does not have" if lab else "names no lab"
            raise InputError(f"The run {folder.path.name} {what}.", hint="Choose another run.")
        return lab


def shipped_recording(lab: str) -> Path | None:
    """The folder of the recording of a lab that comes with the program, or None."""
    folder = RECORDINGS / lab
    return folder if (folder / "events.jsonl").is_file() else None
