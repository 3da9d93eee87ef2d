"""What stands around the scene of every tab: the title line, the numbers and the plain words."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from simulator.notes import load_notes, plain_text
from simulator.stages import Stage
from widgets.controls import Card, button, label
from widgets.elided import ElidedLabel
from widgets.theme import theme

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
    """The title, one plain sentence, and at the right end what switches the tab's modes, the same place in all of them.

    Where the width does not hold all of it, the switch takes the sentence's place under the title.
    """

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(stage.title, "title", "", self)
        self.sentence = ElidedLabel(stage.sentence, "body", "muted", self)
        self._switch: QWidget | None = None
        self._below = False
        self._words = QVBoxLayout()
        self._words.setSpacing(0)
        self._words.addWidget(self.title)
        self._words.addWidget(self.sentence)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addLayout(self._words, 1)

    def add(self, widget: QWidget) -> None:
        """Put something at the right, left of the switch."""
        last = self._row.count()
        place = last if self._switch is None or self._below else last - 1
        self._row.insertWidget(place, widget, 0, Qt.AlignmentFlag.AlignBottom)

    def remove(self, widget: QWidget) -> None:
        """Take it out again."""
        self._row.removeWidget(widget)

    def set_switch(self, switch: QWidget) -> None:
        """Put in what switches the modes."""
        self._row.addWidget(switch, 0, Qt.AlignmentFlag.AlignBottom)
        self._switch = switch

    def fit(self, width: int, beside: int) -> None:
        """Arrange for a width: the switch beside the title, or under it where other things need the room.

        Args:
            width: The whole width, in pixels.
            beside: What those other things need of it.
        """
        switch = self._switch
        if switch is None:
            return
        look = theme()
        self._row.setSpacing(look.px(16))
        title = look.metrics("title").horizontalAdvance(self.title.text())
        needed = title + switch.sizeHint().width() + beside + look.px(32)
        below = not switch.isHidden() and needed > width
        self._words.setSpacing(look.px(4) if below else 0)
        self.sentence.setVisible(not below)
        if below == self._below:
            return
        self._below = below
        if below:
            self._row.removeWidget(switch)
            self._words.addWidget(switch, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            self._words.removeWidget(switch)
            self._row.addWidget(switch, 0, Qt.AlignmentFlag.AlignBottom)


class PlainWordsCard(Card):
    """What happens here in plain words: the run's own diagnosis when there is one, else the notes' first sentences."""

    code_wanted = Signal()
    notes_wanted = Signal()

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        notes = load_notes(stage.key)
        self._text = plain_text(notes.plain)
        self._reading = ("", "", "", False)
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

    def say(self, title: str, text: str, tone: str = "", *, shorten: bool = False) -> None:
        """Show a reading of the run; with no text, the notes again.

        Args:
            title: Heading.
            text: Words.
            tone: Tone of the heading.
            shorten: Whether only as many sentences stand there as there is height for.
        """
        self._reading = (title, text, tone, shorten)
        shown = first_sentences(text or self._text, self._letters) if shorten or not text else text
        self._said = (title or "In plain words", shown)
        self.set_title(self._said[0], tone or "muted")
        self._words.setText(self._said[1])

    def set_low(self, low: bool) -> None:
        """Say less of the notes where there is little height."""
        self._insight.setVisible(not low)
        letters = _LETTERS_LOW if low else _LETTERS
        if letters != self._letters:
            self._letters = letters
            *reading, shorten = self._reading
            self.say(*reading, shorten=shorten)

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
