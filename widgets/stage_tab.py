"""The tab of a stage: its modes, each with scene, lab, controls and numbers, and the run on show."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.runs.history import RunHistory
from simulator.stages import Stage
from widgets.run_view import RunView
from widgets.scene.transport import Transport
from widgets.stage_frame import StageFrame
from widgets.stage_mode import Mode, call
from widgets.stage_parts import NumbersRow

_TONES = {"good": "good", "warning": "warning", "bad": "bad"}


class StageTab(StageFrame):
    """One stage's tab. A stage's panel adds its modes; the frame keeps it whole at every size.

    ``notes_wanted`` and ``code_wanted`` ask the window to open the notes of the stage; ``mode_changed`` carries the
    key of the mode that is now in sight.
    """

    notes_wanted = Signal(str)
    code_wanted = Signal(str)
    mode_changed = Signal(str)

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self._active = False
        self._words: dict[str, str] = {}
        self._later: dict[str, tuple[Callable[[], None], Sequence[str]]] = {}
        self.plain_words.notes_wanted.connect(self._want_notes)
        self.plain_words.code_wanted.connect(self._want_code)
        self.switch.chosen.connect(self.set_mode)

    # ---- modes

    def add_mode(
        self,
        key: str,
        words: str,
        scene: QWidget,
        *,
        lab: Sequence[QWidget] = (),
        controls: QWidget | None = None,
        numbers: NumbersRow | None = None,
        view: RunView | None = None,
        note: tuple[str, str] = ("", ""),
        diagnosed: bool = True,
    ) -> None:
        """Add something that the tab can show; the first one added is in sight, and one alone needs no switch.

        Args:
            key: Its name, remembered in the settings.
            words: One or two words for the switch.
            scene: The hero; see :class:`Mode` for what it may have.
            lab: Cards under the scene, as wide as their property "share" says. Those that have
                ``show_history(RunHistory)`` are called when the run on show has news and the mode is in sight, those
                that have ``forget()`` when another run is on show.
            controls: The right column; one that has ``set_roomy(bool)`` is told whether there is height.
            numbers: The big numbers; where there is little height they move up beside the title. ``show_history``
                as with the cards. Modes may share controls and numbers.
            view: The run on show for this mode.
            note: Heading and text for the plain words while no run has a diagnosis; ("", "") for the stage's notes.
            diagnosed: Whether a diagnosis of the run takes the note's place: False for a mode about something else.
        """
        strip = self._make_strip(lab) if lab else None
        cards = tuple(lab) if numbers is None else (*lab, numbers)
        mode = Mode(
            key=key, words=words, scene=scene, strip=strip, cards=cards, controls=controls, numbers=numbers,
            view=view, note=note, diagnosed=diagnosed,
        )  # fmt: skip
        self._left.addWidget(scene, 1)
        if strip is not None:
            self._left.addWidget(strip)
        if controls is not None and self._right.indexOf(controls) < 0:
            self._right.insertWidget(0, controls, 1)
        if numbers is not None and not any(other.numbers is numbers for other in self._modes.values()):
            self._right.insertWidget(self._right.count() - 1, numbers)
        if view is not None and not any(other.view is view for other in self._modes.values()):
            view.changed.connect(self._view_changed)
            view.switched.connect(self._view_switched)
        self._modes[key] = mode
        self._name(key, words)
        in_sight = self._modes[self._mode or key].parts()
        for part in mode.parts():
            part.setVisible(part in in_sight)
        if not self._mode:
            self._mode = key
            self._say()
        self._arrange()

    def add_mode_later(
        self, key: str, words: str, build: Callable[[], None], *, labs: Sequence[str] = ()
    ) -> None:
        """Add a mode that is built when it first comes into sight, so that the tab opens sooner.

        Args:
            key: Its name.
            words: One or two words for the switch.
            build: Calls :meth:`add_mode` with this key; not the first mode of a tab.
            labs: Names of the labs whose runs it shows.
        """
        self._later[key] = build, labs
        self._name(key, words)
        self._arrange()

    def _make_strip(self, cards: Sequence[QWidget]) -> QWidget:
        strip = QWidget(self)
        row = QHBoxLayout(strip)
        row.setContentsMargins(0, 0, 0, 0)
        for card in cards:
            row.addWidget(card, card.property("share") or 1)
        return strip

    def _name(self, key: str, words: str) -> None:
        """Take a mode into the switch, if it is not there yet."""
        if key in self._words:
            return
        self._words[key] = words
        self.switch.set_choices(list(self._words.items()))
        self.switch.setVisible(len(self._words) > 1)
        self.switch.set_current(self._mode or key)

    def _build(self, key: str) -> None:
        """Build a mode that waits for it."""
        build, _ = self._later.pop(key, (None, ()))
        if build is not None:
            build()

    @property
    def mode(self) -> str:
        """Key of the mode in sight, "" without any."""
        return self._mode

    def modes(self) -> list[str]:
        """Keys of all modes, in order."""
        return list(self._words)

    @property
    def view(self) -> RunView | None:
        """The run on show in the mode in sight."""
        return self._modes[self._mode].view if self._mode else None

    def set_mode(self, key: str) -> None:
        """Bring a mode into sight.

        Raises:
            KeyError: if there is no such mode.
        """
        self._build(key)
        before, mode = self._modes[self._mode], self._modes[key]
        if mode is before:
            return
        self._pause()
        self._mode = key
        self.switch.set_current(key)
        for part in before.parts():
            part.hide()
        for part in mode.parts():
            part.show()
        self._say()
        self._arrange()
        self._look()
        self.mode_changed.emit(key)

    def turn_mode(self, direction: int) -> bool:
        """Go to the next (1) or previous (-1) mode; False at the ends."""
        keys = self.modes()
        index = keys.index(self._mode) + direction if keys else -1
        if not 0 <= index < len(keys):
            return False
        self.set_mode(keys[index])
        return True

    def show_lab(self, lab: str) -> bool:
        """Bring the first mode that shows a lab's runs into sight, unless one is; False if there is none."""
        shows = [mode.key for mode in self._modes.values() if mode.view is not None and mode.view.lab == lab]
        shows += [key for key, (_, labs) in self._later.items() if lab in labs]
        if shows and self._mode not in shows:
            self.set_mode(shows[0])
        return bool(shows)

    # ---- the run on show

    def set_active(self, on: bool) -> None:
        """Catch up when it comes into sight; hold still when it goes."""
        self._active = on
        if on:
            self._look()
        else:
            self._pause()

    def refresh(self) -> None:
        """Show what the run on show has now in the mode in sight."""
        mode = self._modes[self._mode]
        mode.stale = False
        if mode.view is None:
            return
        history = mode.view.history or RunHistory()
        for card in mode.cards:
            call(card, "show_history", history)
        call(mode.scene, "show_view", mode.view)
        self._say()

    def _look(self) -> None:
        """The mode came into sight."""
        mode = self._modes.get(self._mode)
        if mode is None or not self._active:
            return
        if mode.view is not None:
            mode.view.wake()
        if mode.stale:
            self.refresh()

    def _view_changed(self, lab: str) -> None:
        for mode in self._modes.values():
            if mode.view is not None and mode.view.lab == lab:
                mode.stale = True
        if self._active and self._modes[self._mode].stale:
            self.refresh()

    def _view_switched(self, lab: str) -> None:
        for mode in self._modes.values():
            if mode.view is not None and mode.view.lab == lab:
                for part in (mode.scene, *mode.cards):
                    call(part, "forget")

    def _say(self) -> None:
        """The newest diagnosis of the run on show, else the mode's note, else the stage's notes."""
        mode = self._modes[self._mode]
        history = mode.view.history if mode.view is not None else None
        if mode.diagnosed and history is not None and history.diagnoses:
            newest = history.diagnoses[-1]
            self.plain_words.say(newest.title, newest.text, _TONES.get(newest.level, ""))
        else:
            self.plain_words.say(*mode.note, shorten=True)

    # ---- the scene

    def toggle_play(self) -> bool:
        """Play or pause the scene. Returns whether there was one."""
        transport = self._transport()
        if transport is not None:
            transport.toggle()
        return transport is not None

    def step(self, direction: int) -> bool:
        """One step of the scene back (-1) or forward (1), or to its ends (-2, 2). Returns whether it moved."""
        transport = self._transport()
        if transport is None:
            return False
        before = transport.time
        if (direction < 0 and before <= 0) or (direction > 0 and before >= transport.duration):
            return False
        actions = {
            -2: transport.to_start,
            -1: transport.step_back,
            1: transport.step_forward,
            2: transport.to_end,
        }
        actions[direction]()
        return True

    def rest(self) -> None:
        """Go to where the scene says the most, for pictures."""
        self._pause()
        if self._mode:
            call(self._modes[self._mode].scene, "rest")

    def _transport(self) -> Transport | None:
        return self._modes[self._mode].transport if self._mode else None

    def _pause(self) -> None:
        transport = self._transport()
        if transport is not None:
            transport.pause()

    def _want_notes(self) -> None:
        self.notes_wanted.emit(self.stage.key)

    def _want_code(self) -> None:
        self.code_wanted.emit(self.stage.key)
