"""The notes of a stage: a reading page for tabs without a lab, and a drawer over the others."""

from __future__ import annotations

import html

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from simulator.notes import Notes, NotesError, blocks_html, code_of, facts_html, inline_html, load_notes
from simulator.stages import BY_KEY, Stage
from widgets.code_html import code_html
from widgets.controls import Card, label
from widgets.icons import tinted_icon
from widgets.reader import Reader
from widgets.stage_tab import StageHeader
from widgets.theme import theme

_WIDE = 1560
_FULL_TABLE = '<table width="100%">'


def idea_html(notes: Notes) -> str:
    """The idea: plain words set large, the analogy, the key insight as a plate of its own."""
    return (
        f'<div class="lead">{blocks_html(notes.plain)}</div>'
        f'<table class="insight" width="100%" cellpadding="14"><tr><td><span class="label">The key insight</span><br/>'
        f"{inline_html(notes.insight)}</td></tr></table>"
        f"<h3>The analogy</h3>{blocks_html(notes.analogy)}"
    )


def depth_html(notes: Notes) -> str:
    """How it works, and the mistakes to avoid."""
    mistakes = "".join(f"<li>{inline_html(item)}</li>" for item in notes.mistakes)
    return f"<h3>How it works</h3>{blocks_html(notes.how)}<h3>Mistakes to avoid</h3><ul>{mistakes}</ul>"


def sources_html(notes: Notes) -> str:
    """Facts with their sources, the code that runs here, and the papers."""
    sources = "".join(f"<li>{inline_html(item)}</li>" for item in notes.sources)
    facts = facts_html(notes.facts).replace("<table>", _FULL_TABLE, 1)
    return f"<h3>Published figures</h3>{facts}<h3>Sources</h3><ul>{sources}</ul>"


def code_page_html(notes: Notes) -> str:
    """The source of the functions that run in this stage; one that is not there is named."""
    pieces = []
    for path in notes.code_paths:
        module, _, name = path.partition(":")
        pieces.append(f'<h3>{html.escape(name)}</h3><p class="source">{html.escape(module.replace(".", "/"))}.py</p>')
        try:
            pieces.append(code_html(code_of(path)))
        except NotesError as error:
            pieces.append(f'<p class="caution">{html.escape(str(error))}</p>')
    return "".join(pieces) or "<p>No code of this stage is in this version.</p>"


class NotesPage(QWidget):
    """A tab whose scene and lab do not exist yet: its real notes, large, and what is missing."""

    notes_wanted = Signal(str)
    code_wanted = Signal(str)

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        notes = load_notes(stage.key)
        self._idea, self._depth = idea_html(notes), depth_html(notes)
        self.header = StageHeader(stage, self)
        self.missing = label("The scene and the lab of this stage are not in this version.", "small", "muted")
        self.header.add(self.missing)
        self._first, self._second, self._third = Reader(self), Reader(self), Reader(self)
        self._third.set_html(
            f'<p><span class="label">Takes in</span><br/>{html.escape(stage.needs)}</p>'
            f'<p><span class="label">Hands on</span><br/>{html.escape(stage.makes)}</p>{sources_html(notes)}'
        )
        self._cards = [self._card(reader) for reader in (self._first, self._second, self._third)]
        self._row = QHBoxLayout()
        for card, share in zip(self._cards, (5, 5, 4), strict=True):
            self._row.addWidget(card, share)
        self._box = QVBoxLayout(self)
        self._box.addWidget(self.header)
        self._box.addLayout(self._row, 1)
        self._wide: bool | None = None
        theme().changed.connect(self._arrange)

    def readers(self) -> tuple[Reader, ...]:
        """The pages of text in sight."""
        return tuple(card.findChild(Reader) for card in self._cards if not card.isHidden())

    def toggle_play(self) -> bool:
        """There is no scene to play."""
        return False

    def step(self, direction: int) -> bool:
        """There is no scene to step through."""
        return False

    def set_active(self, on: bool) -> None:
        """Nothing here moves."""

    def set_presenting(self, on: bool) -> None:
        """The page is the same for an audience."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set the page in two columns or three."""
        super().resizeEvent(event)
        self._arrange()

    def _card(self, reader: Reader) -> Card:
        card = Card(parent=self)
        card.body.addWidget(reader, 1)
        return card

    def _arrange(self) -> None:
        look = theme()
        self._box.setContentsMargins(look.px(24), look.px(16), look.px(24), look.px(16))
        self._box.setSpacing(look.px(16))
        self._row.setSpacing(look.space("column_gap"))
        wide = self.width() >= look.px(_WIDE)
        if wide != self._wide:
            self._wide = wide
            self._first.set_html(self._idea if wide else self._idea + self._depth)
            self._second.set_html(self._depth if wide else "")
            self._cards[1].setVisible(wide)


class NotesDrawer(QFrame):
    """Notes and code of a stage, over the right side of the window."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "drawer")
        self.setAutoFillBackground(True)
        self._stage: Stage | None = None
        self._pages = {"notes": self._page_button("Notes and sources"), "code": self._page_button("Code that runs here")}
        self._group = QButtonGroup(self)
        self._close = QToolButton(self)
        self._close.setProperty("kind", "quiet")
        self._close.setAccessibleName("Close the notes")
        self._close.setToolTip("Close (Escape)")
        self._close.clicked.connect(self.close_drawer)
        self.reader = Reader(self)
        self.reader.followed.connect(self._follow)
        self._head = QHBoxLayout()
        for button in self._pages.values():
            self._group.addButton(button)
            self._head.addWidget(button)
        self._group.buttonClicked.connect(self._turn)
        self._head.addStretch(1)
        self._head.addWidget(self._close)
        self._box = QVBoxLayout(self)
        self._box.addLayout(self._head)
        self._box.addWidget(self.reader, 1)
        theme().changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def open_page(self, stage_key: str, page: str) -> None:
        """Open the ``notes`` or the ``code`` of a stage."""
        self._stage = BY_KEY[stage_key]
        self._pages[page].setChecked(True)
        self._fill()
        self.place()
        self.show()
        self.raise_()
        self.reader.setFocus()

    def close_drawer(self) -> None:
        """Close it and tell."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def place(self) -> None:
        """Take the right side of the parent's area below the ribbon."""
        area: QRect = self.parentWidget().rect()
        width = min(theme().px(600), round(area.width() * 0.62))
        self.setGeometry(area.right() - width + 1, area.top(), width, area.height())

    def _fill(self) -> None:
        if self._stage is None:
            return
        notes = load_notes(self._stage.key)
        if self._pages["code"].isChecked():
            self.reader.set_html(code_page_html(notes))
        else:
            title = f"<h3>{html.escape(self._stage.title)}</h3>"
            self.reader.set_html(title + idea_html(notes) + depth_html(notes) + sources_html(notes))
        self.reader.verticalScrollBar().setValue(0)

    def _turn(self) -> None:
        self._fill()

    def _follow(self, scheme: str, name: str) -> None:
        if scheme == "code":
            self._pages["code"].setChecked(True)
            self._fill()

    def _page_button(self, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setCheckable(True)
        button.setProperty("kind", "quiet")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        return button

    def _restyle(self) -> None:
        look = theme()
        palette = self.palette()
        palette.setColor(self.backgroundRole(), look.colour("surface"))
        self.setPalette(palette)
        self._box.setContentsMargins(look.px(24), look.px(12), look.px(16), look.px(16))
        self._box.setSpacing(look.px(12))
        self._close.setIcon(tinted_icon("close", "text_muted", look.px(16)))
        if self.isVisible():
            self._fill()
            self.place()
