"""Text to read, with coloured spans in it: raw HTML, extracted text, what was found there."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QToolTip, QWidget

from widgets.theme import theme

_WASH = 0.28


@dataclass(frozen=True)
class TextSpan:
    """A part of a text to colour.

    Attributes:
        start: Index of its first character.
        end: Index after its last character.
        colour: Token; the ground behind the text becomes a wash of it.
        hint: Words shown when the pointer rests on it.
        strike: Whether the text is struck through, as what was taken out.
    """

    start: int
    end: int
    colour: str
    hint: str = ""
    strike: bool = False


class TextPane(QPlainTextEdit):
    """Read-only text that wraps; it can be selected and copied.

    Args:
        mono: Whether it is code: in the mono font.
        parent: Owner.
    """

    def __init__(self, mono: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mono = mono
        self._spans: tuple[TextSpan, ...] = ()
        self._wide: list[int] = []
        self._folded: list[int] = []
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("kind", "pane")
        self.setUndoRedoEnabled(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        theme().changed.connect(self._restyle)
        self._restyle()

    def set_text(self, text: str, spans: Sequence[TextSpan] = ()) -> None:
        """Show a text with its coloured parts.

        Args:
            text: Plain text; markup is shown as it is.
            spans: Parts to colour, by character index; what lies outside the text is cut off.
        """
        # Qt counts UTF-16 units (a character outside the basic plane is two), and \\r\\n as one line end.
        self._wide = [index for index, letter in enumerate(text) if ord(letter) > 0xFFFF]
        self._folded = [match.start() for match in re.finditer("\r\n", text)]
        self._spans = tuple(
            TextSpan(max(0, s.start), min(len(text), s.end), s.colour, s.hint, s.strike)
            for s in spans
            if s.start < len(text) and s.end > 0 and s.start < s.end
        )
        self.setPlainText(text.replace("\0", "\ufffd"))
        self._colour()

    def spans(self) -> tuple[TextSpan, ...]:
        """The coloured parts."""
        return self._spans

    def show_span(self, index: int) -> None:
        """Bring a coloured part into sight.

        Raises:
            IndexError: if there is none of that number.
        """
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._unit(self._spans[index].start))
        self.setTextCursor(cursor)
        self.centerCursor()

    def span_at(self, place: QPoint) -> TextSpan | None:
        """The coloured part under a pixel of the pane; the smallest where several lie over each other."""
        cursor = self.cursorForPosition(place)
        area = self.cursorRect(cursor)
        if abs(area.center().y() - place.y()) > area.height():
            return None
        unit = cursor.position()
        found = [span for span in self._spans if self._unit(span.start) <= unit < self._unit(span.end)]
        return min(found, key=_length, default=None)

    def event(self, event: QEvent) -> bool:
        """Show the words of the coloured part under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.viewport().mapFromGlobal(event.globalPos())
            span = self.span_at(place)
            if span is not None and span.hint:
                QToolTip.showText(event.globalPos(), span.hint, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _unit(self, index: int) -> int:
        """A character index as Qt counts."""
        return index + bisect_left(self._wide, index) - bisect_left(self._folded, index)

    def _colour(self) -> None:
        selections = []
        for span in self._spans:
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(self._unit(span.start))
            cursor.setPosition(self._unit(span.end), QTextCursor.MoveMode.KeepAnchor)
            form = QTextCharFormat()
            form.setBackground(theme().colour(span.colour, _WASH))
            form.setFontStrikeOut(span.strike)
            selection.cursor, selection.format = cursor, form
            selections.append(selection)
        self.setExtraSelections(selections)

    def _restyle(self) -> None:
        self.setFont(theme().font("mono_small" if self._mono else "body"))
        self.document().setDefaultFont(self.font())
        self._colour()


def _length(span: TextSpan) -> int:
    return span.end - span.start
