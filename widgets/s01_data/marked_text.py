"""A page of text with marked pieces: what was extracted, personal data, struck lines, what differs."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from widgets.reader import Reader
from widgets.theme import theme


class MarkedText(Reader):
    """Shows the rich text of :mod:`widgets.s01_data.document_html` in the colours of the theme.

    Args:
        parent: Qt parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        self._body = ""
        super().__init__(parent)

    def set_html(self, html: str) -> None:
        """Show rich text, from its top."""
        same = html == self._body
        self._body = html
        self._restyle()
        if not same:
            self.verticalScrollBar().setValue(0)

    def _restyle(self) -> None:
        self._html = f"<style>{_style()}</style>{self._body}"
        super()._restyle()


def _style() -> str:
    look = theme()
    ink = {name: look.colour(name).name() for name in ("text", "text_muted", "bad", "data", "warning")}
    small = look.font("small").pixelSize()
    wash = {name: mixed(name) for name in ("data", "bad", "warning")}
    return f"""
    pre, p {{ font-size: {small}px; margin-top: 0px; margin-bottom: 4px; }}
    .tag, .left {{ color: {ink["text_muted"]}; }}
    .taken {{ color: {ink["text"]}; background-color: {wash["data"]}; }}
    .pii {{ color: {ink["text"]}; background-color: {wash["warning"]}; }}
    .differs {{ color: {ink["text"]}; background-color: {wash["bad"]}; }}
    s {{ color: {ink["text_muted"]}; text-decoration: line-through; }}
    """


def mixed(name: str, share: float = 0.28) -> str:
    """A colour laid thinly on the surface, as a name: rich text knows no transparency."""
    look = theme()
    over, under = look.colour(name), look.colour("surface")
    parts = [
        round(share * a + (1 - share) * b)
        for a, b in (
            (over.red(), under.red()),
            (over.green(), under.green()),
            (over.blue(), under.blue()),
        )
    ]
    return "#{:02x}{:02x}{:02x}".format(*parts)
