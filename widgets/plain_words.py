"""The card of plain words: what the run on show says of itself, else what the stage's notes say."""

from __future__ import annotations

import re

from PySide6.QtCore import QRect, Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from simulator.notes import load_notes, plain_text
from simulator.stages import Stage
from widgets.controls import Card, button, label
from widgets.theme import theme

_LETTERS = {"short": 150, "full": 420, "insight": 420}
_ANY = 16_777_215
LEVELS = ("insight", "full", "short")
"""How much the card says, most first: all its words and the key insight; all its words; the first sentences."""


class PlainWordsCard(Card):
    """What happens here in plain words: the run's own diagnosis when there is one, else the notes' first sentences.

    It says as much as there is height for (:meth:`take_room`); what it leaves out opens under "More".

    Attributes:
        opened: The user asked for all the words, or for few again.
    """

    code_wanted = Signal()
    notes_wanted = Signal()
    opened = Signal()

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        notes = load_notes(stage.key)
        self._text = plain_text(notes.plain)
        self._reading = ("", "", "", False)
        self._said = ("", "")
        self._level = "short"
        self._room = 0
        self._showing = False
        self._open = False
        self._words = self._paragraph()
        self.more_button = button("More", "link")
        self.more_button.clicked.connect(self._turn)
        self.body.addWidget(self._words)
        self.body.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._insight = QWidget(self)
        insight = QVBoxLayout(self._insight)
        insight.setContentsMargins(0, 0, 0, 0)
        insight.addWidget(label("The key insight", "small", "muted"))
        self._insight_words = self._paragraph(plain_text(notes.insight))
        insight.addWidget(self._insight_words)
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
            shorten: Whether at most a few sentences are meant to stand there.
        """
        reading = (title, text, tone, shorten)
        if reading != self._reading:
            self._open = False
        self._reading = reading
        self._show()

    def take_room(self, width: int, height: int) -> None:
        """Say as much as fits into a room, in pixels; at the least the first sentence."""
        if self._showing:  # Qt asks for the layout while parts are being shown: they would be hidden half-way
            return
        self._room = width
        fitting = [level for level in LEVELS if self._height(level) <= height]
        level = fitting[0] if fitting else LEVELS[-1]
        if level != self._level:
            self._level = level
            self._show()
        self._claim()

    def words(self) -> tuple[str, str]:
        """What it says: heading and text."""
        return self._said

    @property
    def level(self) -> str:
        """How much it says, one of LEVELS."""
        return self._level

    @property
    def is_open(self) -> bool:
        """Whether the user opened all its words where only some have room."""
        return self._open and self._level == "short"

    def _show(self) -> None:
        self._showing = True
        self._put()
        self._showing = False
        self._claim()

    def _put(self) -> None:
        title, _, tone, _ = self._reading
        shown, whole = self._said_at("full" if self.is_open else self._level), self._said_at("full")
        self._said = (title or "In plain words", shown)
        self.set_title(self._said[0], tone or "muted")
        if self._words.text() != shown:
            self._words.setText(shown)
        self._insight.setVisible(self._level == "insight")
        self.more_button.setVisible(self._level == "short" and self._said_at("short") != whole)
        self.more_button.setText("Less" if self.is_open else "More")

    def _said_at(self, level: str) -> str:
        _, text, _, shorten = self._reading
        if level != "short" and text and not shorten:
            return text
        return first_sentences(text or self._text, _LETTERS[level])

    def _level_is_cut(self, level: str) -> bool:
        """Whether words are left out at a level, or were opened there: then a line opens or closes them."""
        return (level == "short" or self.is_open) and self._said_at("short") != self._said_at("full")

    def _turn(self) -> None:
        self._open = not self._open
        self._show()
        self.opened.emit()

    def _claim(self) -> None:
        """Ask for the height of what stands there: wrapped words inside layouts do not do so themselves."""
        needed = self._height("full" if self.is_open else self._level)
        if needed != self.minimumHeight():
            self.setMinimumHeight(needed)

    def _height(self, level: str) -> int:
        """The height in pixels that the card needs to say this much."""
        look = theme()
        padding, gap = look.space("card_padding"), look.px(12)
        width = max(1, (self._room or self.width()) - 2 * padding)
        parts = [_height_of(self._words, self._said_at(level), width)]
        if level == "insight":
            heading = round(look.metrics("small").height()) + look.px(4)
            parts += [heading + _height_of(self._insight_words, self._insight_words.text(), width)]
        if self._level_is_cut(level):
            parts.append(self.more_button.sizeHint().height())
        parts += [self._head.sizeHint().height(), self.code_button.sizeHint().height()]
        return sum(parts) + gap * len(parts) + 2 * padding

    def _restyle(self) -> None:
        super()._restyle()
        layout = self._insight.layout() if hasattr(self, "_insight") else None
        if layout is not None:
            layout.setSpacing(theme().px(4))

    def _paragraph(self, words: str = "") -> QLabel:
        made = label(words, wrap=True)
        made.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        return made

    def _link(self, text: str, signal: SignalInstance) -> QPushButton:
        made = button(text, "link")
        made.clicked.connect(signal)
        return made


def _height_of(paragraph: QLabel, words: str, width: int) -> int:
    """Height of words in a label of this width."""
    paragraph.ensurePolished()
    area = QRect(0, 0, width, _ANY)
    flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft)
    return paragraph.fontMetrics().boundingRect(area, flags, words).height() + 1


def first_sentences(text: str, letters: int) -> str:
    """As many whole sentences from the start as ``letters`` allow, at least one."""
    kept, *rest = re.split(r"(?<=[.?!]) +", " ".join(text.split()))
    for sentence in rest:
        if len(kept) + 1 + len(sentence) > letters:
            break
        kept = f"{kept} {sentence}"
    return kept
