"""The frame that every tab fills: title, scene with its transport, lab strip, controls, numbers and notes."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from simulator.notes import load_notes, plain_text
from simulator.stages import Stage
from widgets.controls import Card, SegmentedControl, button, label
from widgets.elided import ElidedLabel
from widgets.theme import theme

SIDE_WIDTH = 308
NARROW_SIDE_WIDTH = 296
WIDE_SIDE_WIDTH = 356
_WIDE = 1600
_NARROW = 1180
_LOW = 690
_CRAMPED = 545
_SMALLEST_WITH_SIDE = 820
_LOW_STRIP = 190
_HIGHEST_STRIP = 320
_ANY = 16_777_215
_LETTERS_LOW = 190
_LETTERS = 420


class NumbersRow(Card):
    """Big numbers that can stand in a square on a card or, where there is little height, in a row without one."""

    @property
    def in_row(self) -> bool:
        """Whether they stand in a row."""
        raise NotImplementedError

    def set_row(self, in_row: bool) -> None:
        """Stand in a row without a surface, or in a square on a card."""
        raise NotImplementedError

    def set_short(self, short: bool) -> None:
        """Leave out what matters least, or bring it back."""
        raise NotImplementedError


class StageHeader(QWidget):
    """The title, one plain sentence, and on the right what switches the tab's modes."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(stage.title, "title", "", self)
        self.sentence = ElidedLabel(stage.sentence, "body", "muted", self)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.sentence)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addLayout(words, 1)

    def add(self, widget: QWidget) -> None:
        """Put something at the right."""
        self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignBottom)

    def remove(self, widget: QWidget) -> None:
        """Take it out again."""
        self._row.removeWidget(widget)


class PlainWordsCard(Card):
    """What happens here in plain words: the run's own diagnosis when there is one, else the notes' first sentences."""

    code_wanted = Signal()
    notes_wanted = Signal()

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        notes = load_notes(stage.key)
        self._text = plain_text(notes.plain)
        self._reading = ("", "", "")
        self._letters = _LETTERS_LOW
        self._said = ("", "")
        self._words = label(wrap=True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self._words)
        self._insight = QWidget(self)
        insight = QVBoxLayout(self._insight)
        insight.setContentsMargins(0, 0, 0, 0)
        insight.addWidget(label("The key insight", "small", "muted"))
        insight.addWidget(label(plain_text(notes.insight), wrap=True))
        self.body.addWidget(self._insight)
        self.body.addStretch(1)
        links = QHBoxLayout()
        self.code_button = self._link("Show the code", self.code_wanted)
        self.notes_button = self._link("Notes, sources", self.notes_wanted)
        links.addWidget(self.code_button)
        links.addWidget(self.notes_button)
        links.addStretch(1)
        self.body.addLayout(links)
        self.say("", "")

    def say(self, title: str, text: str, tone: str = "") -> None:
        """Show a reading of the run; with no text, the notes again."""
        self._reading = (title, text, tone)
        self._said = (title or "In plain words", text or first_sentences(self._text, self._letters))
        self.set_title(self._said[0], tone or "muted")
        self._words.setText(self._said[1])

    def set_low(self, low: bool) -> None:
        """Say less of the notes where there is little height."""
        self._insight.setVisible(not low)
        letters = _LETTERS_LOW if low else _LETTERS
        if letters != self._letters:
            self._letters = letters
            self.say(*self._reading)

    def words(self) -> tuple[str, str]:
        """What it says: heading and text."""
        return self._said

    def _link(self, text: str, signal: SignalInstance) -> QPushButton:
        made = button(text, "link")
        made.clicked.connect(signal)
        return made


def first_sentences(text: str, letters: int) -> str:
    """As many whole sentences from the start as ``letters`` allow, at least one."""
    kept, *rest = re.split(r"(?<=[.?!]) +", " ".join(text.split()))
    for sentence in rest:
        if len(kept) + 1 + len(sentence) > letters:
            break
        kept = f"{kept} {sentence}"
    return kept


class StageTab(QWidget):
    """One stage's tab. A stage's panel fills it; the frame keeps it whole at every size.

    ``notes_wanted`` and ``code_wanted`` ask the window to open the notes of the stage.
    """

    notes_wanted = Signal(str)
    code_wanted = Signal(str)

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._presenting = False
        self.header = StageHeader(stage, self)
        self.plain_words = PlainWordsCard(stage, self)
        self.plain_words.notes_wanted.connect(self._want_notes)
        self.plain_words.code_wanted.connect(self._want_code)
        self._left, self._right = QVBoxLayout(), QVBoxLayout()
        self._side = QWidget(self)
        self._side.setLayout(self._right)
        self._right.setContentsMargins(0, 0, 0, 0)
        self._columns = QHBoxLayout()
        self._columns.addLayout(self._left, 1)
        self._columns.addWidget(self._side)
        self._strip_box = QWidget(self)
        self._strip = QHBoxLayout(self._strip_box)
        self._strip.setContentsMargins(0, 0, 0, 0)
        self._numbers: NumbersRow | None = None
        self._scene: QWidget | None = None
        self.parts = SegmentedControl([("scene", "Scene"), ("lab", "Lab")], self)
        self.parts.setAccessibleName("What to show")
        self.parts.chosen.connect(self._show_part)
        self.parts.hide()
        self.header.add(self.parts)
        self._box = QVBoxLayout(self)
        self._box.addWidget(self.header)
        self._box.addLayout(self._columns, 1)
        theme().changed.connect(self._arrange)

    def set_scene(self, scene: QWidget) -> None:
        """Put in the hero: the scene with its transport."""
        self._scene = scene
        self._left.insertWidget(0, scene, 1)
        self._left.addWidget(self._strip_box)

    def set_lab(self, *cards: QWidget) -> None:
        """Put in the cards of the lab under the scene, with growing shares of the width from right to left."""
        for card in cards:
            self._strip.addWidget(card, card.property("share") or 1)

    def set_controls(self, controls: QWidget, numbers: NumbersRow) -> None:
        """Put in the right column: controls, numbers, and the plain words under them.

        Where there is little height, the numbers move up beside the title.
        """
        self._numbers = numbers
        self._right.addWidget(controls, 1)
        self._right.addWidget(numbers)
        self._right.addWidget(self.plain_words)
        self._arrange()

    def set_presenting(self, on: bool) -> None:
        """Leave only what an audience needs, or bring all back."""
        self._presenting = on
        self._arrange()

    def toggle_play(self) -> bool:
        """Play or pause the scene. Returns whether there was one."""
        return False

    def step(self, direction: int) -> bool:
        """One step of the scene back (-1) or forward (1), or to its ends (-2, 2). Returns whether there was one."""
        return False

    def rest(self) -> None:
        """Go to where the scene says the most, for pictures."""

    def set_active(self, on: bool) -> None:
        """The tab came into sight or went out of it."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        self._arrange()

    def is_narrow(self) -> bool:
        """Whether the window is as narrow as an old projector, in the theme's scale."""
        return self.width() < theme().px(_NARROW)

    def is_low(self) -> bool:
        """Whether there is little height, in the theme's scale."""
        return self.height() < theme().px(_LOW)

    def _arrange(self) -> None:
        look = theme()
        gap = look.space("column_gap") if not self.is_low() else look.px(12)
        self._box.setContentsMargins(look.px(24), look.px(12 if self.is_low() else 20), look.px(24), gap)
        self._box.setSpacing(gap)
        for layout in (self._columns, self._left, self._right, self._strip):
            layout.setSpacing(gap)
        self.plain_words.set_low(self.is_low())
        self._place_numbers()
        self._show_part()
        wide = self.width() >= look.px(_WIDE)
        width = WIDE_SIDE_WIDTH if wide else NARROW_SIDE_WIDTH if self.is_narrow() else SIDE_WIDTH
        self._side.setFixedWidth(look.px(width))
        self._side.setVisible(not (self._presenting and self.width() < look.px(_SMALLEST_WITH_SIDE)))

    def _show_part(self) -> None:
        """Scene and lab under each other; one of them where there is no height for both."""
        look, cramped = theme(), self.height() < theme().px(_CRAMPED)
        self.parts.setVisible(cramped)
        lab = self.parts.current() == "lab"
        if self._scene is not None:
            self._scene.setVisible(not cramped or not lab)
        self._strip_box.setVisible(not cramped or lab)
        if self._numbers is not None:
            self._numbers.setVisible(not cramped or lab)
        height = (
            look.px(_LOW_STRIP) if self.is_low() else max(look.px(_LOW_STRIP), round(self.height() * 0.3))
        )
        self._strip_box.setMinimumHeight(0 if cramped else min(height, look.px(_HIGHEST_STRIP)))
        self._strip_box.setMaximumHeight(_ANY if cramped else min(height, look.px(_HIGHEST_STRIP)))

    def _place_numbers(self) -> None:
        numbers = self._numbers
        if numbers is None:
            return
        numbers.set_short(self.is_low() and self.is_narrow())
        if numbers.in_row == self.is_low():
            return
        numbers.set_row(self.is_low())
        if self.is_low():
            self._right.removeWidget(numbers)
            self.header.add(numbers)
        else:
            self.header.remove(numbers)
            self._right.insertWidget(1, numbers)

    def _want_notes(self) -> None:
        self.notes_wanted.emit(self.stage.key)

    def _want_code(self) -> None:
        self.code_wanted.emit(self.stage.key)
