"""A text with marks of this stage: one colour for each kind of mark."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QWidget

from widgets.controls import TextPane, TextSpan
from widgets.s01_data.geometry.document_spans import Mark

_COLOURS = {"taken": "data", "pii": "warning", "cut": "text_muted", "differs": "bad"}


class MarkedText(TextPane):
    """Shows a text with its marks.

    Args:
        name: What screen readers call it.
        mono: Whether it is code.
        parent: Qt parent.
    """

    def __init__(self, name: str, mono: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(mono, parent)
        self.setAccessibleName(name)
        self.marks: tuple[Mark, ...] = ()

    def show_marked(self, text: str, marks: Iterable[Mark]) -> None:
        """Show a text and its marks."""
        self.marks = tuple(marks)
        self.set_text(
            text,
            [
                TextSpan(mark.start, mark.end, _COLOURS[mark.kind], mark.hint, mark.kind == "cut")
                for mark in self.marks
            ],
        )
