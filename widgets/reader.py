"""A text browser set like a book page, for notes and code: theme type, glossary hovers, links as signals."""

from __future__ import annotations

from urllib.parse import unquote

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QCursor, QTextBlockFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QFrame, QTextBrowser, QToolTip, QWidget

from simulator.glossary import find_term
from widgets.theme import theme

_LINE_HEIGHT = 136
_CODE_LINE_HEIGHT = 112
_INDENT = 18


class Reader(QTextBrowser):
    """Shows rich text with the classes of ``simulator.notes``.

    ``followed`` carries scheme and name of a link that was clicked.
    """

    followed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._html = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.anchorClicked.connect(self._follow)
        self.highlighted.connect(self._hover)
        theme().changed.connect(self._restyle)

    def set_html(self, html: str) -> None:
        """Show rich text."""
        self._html = html
        self._restyle()

    def _restyle(self) -> None:
        place = self.verticalScrollBar().value()
        document = self.document()
        document.setDefaultFont(theme().font("body"))
        document.setDocumentMargin(0)
        document.setIndentWidth(theme().px(_INDENT))
        document.setDefaultStyleSheet(_style())
        self.setHtml(self._html)
        cursor = QTextCursor(document)
        cursor.select(QTextCursor.SelectionType.Document)
        lines = QTextBlockFormat()
        lines.setLineHeight(_LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(lines)
        self._tighten(document)
        self.verticalScrollBar().setValue(place)
        self.setViewportMargins(0, 0, theme().px(6), 0)

    def _tighten(self, document: QTextDocument) -> None:
        """Code and tables of facts stand closer than prose.

        Lines of code that are too long go on below, so that nothing scrolls sideways.
        """
        tight = QTextBlockFormat()
        tight.setNonBreakableLines(False)
        tight.setLineHeight(_CODE_LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        block = document.begin()
        while block.isValid():
            cursor = QTextCursor(block)
            table = cursor.currentTable()
            if block.blockFormat().nonBreakableLines() or (table is not None and table.columns() > 1):
                cursor.mergeBlockFormat(tight)
            if table is not None and table.format().cellSpacing() > 0:
                edge = table.format()
                edge.setCellSpacing(0)  # or the table does not line up with the text around it
                table.setFormat(edge)
            block = block.next()

    def _follow(self, url: QUrl) -> None:
        name = unquote(url.path())
        if url.scheme() == "term":
            self._explain(name)
        else:
            self.followed.emit(url.scheme(), name)

    def _hover(self, url: QUrl) -> None:
        if url.scheme() == "term":
            self._explain(unquote(url.path()))
        else:
            QToolTip.hideText()

    def _explain(self, name: str) -> None:
        term = find_term(name)
        if term is not None:
            QToolTip.showText(QCursor.pos(), f"<qt><b>{term.name}</b><br/>{term.meaning}</qt>", self)


def _style() -> str:
    look = theme()
    mono = look.font("mono")
    colour = {token: look.colour(token).name() for token in ("text", "text_muted", "accent", "warning")}
    section, small, body = (look.font(role).pixelSize() for role in ("section", "small", "body"))
    gap, half = look.px(10), look.px(5)
    return f"""
    body {{ color: {colour["text"]}; font-size: {body}px; }}
    p {{ margin-top: 0px; margin-bottom: {gap}px; }}
    h3 {{ font-size: {section + look.px(3)}px; font-weight: 600; }}
    h3 {{ margin-top: {look.px(22)}px; margin-bottom: {half}px; }}
    h4 {{ font-size: {section}px; font-weight: 600; margin-top: {gap}px; margin-bottom: {half}px; }}
    li {{ margin-bottom: {half}px; }}
    td {{ padding-top: {gap}px; padding-bottom: {half}px; }}
    a {{ color: {colour["accent"]}; text-decoration: none; }}
    a.term {{ color: {colour["text"]}; text-decoration: underline; }}
    code, .code, .formula, pre {{ font-family: "{mono.family()}"; font-size: {mono.pixelSize()}px; }}
    .formula {{ margin-left: {look.px(20)}px; margin-top: {half}px; margin-bottom: {gap}px; }}
    .lead p {{ font-size: {section + look.px(3)}px; }}
    .insight {{ background-color: {look.colour("accent_soft").name()}; margin-top: {gap}px; margin-bottom: {gap}px; }}
    .value {{ font-weight: 600; }}
    .prompt {{ color: {colour["text_muted"]}; }}
    .source {{ color: {colour["text_muted"]}; font-size: {small}px; }}
    .caution {{ color: {colour["warning"]}; font-size: {small}px; }}
    """
