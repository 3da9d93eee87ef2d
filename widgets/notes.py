"""The notes of a stage: a reading page for tabs without a lab, and a drawer over the others."""

from __future__ import annotations

import html

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from simulator.notes import (
    Notes,
    NotesError,
    blocks_html,
    code_of,
    facts_html,
    inline_html,
    list_html,
    load_notes,
)
from simulator.stages import BY_KEY, Stage
from widgets.code_html import code_html
from widgets.controls import Card, SegmentedControl, label
from widgets.icons import tinted_icon
from widgets.reader import Reader
from widgets.stage_parts import StageHeader
from widgets.theme import theme

_WIDE = 1560


def idea_html(notes: Notes) -> str:
    """The idea: plain words set large, the analogy, the key insight as a plate of its own."""
    return (
        f'<div class="lead">{blocks_html(notes.plain)}</div>'
        f'<table class="insight" width="100%" cellpadding="14"><tr><td><span class="source">The key insight</span><br/>'
        f"{inline_html(notes.insight)}</td></tr></table>"
        f"<h3>The analogy</h3>{blocks_html(notes.analogy)}"
    )


def depth_html(notes: Notes) -> str:
    """How it works."""
    return f"<h3>How it works</h3>{blocks_html(notes.how)}"


def mistakes_html(notes: Notes) -> str:
    """The mistakes to avoid."""
    return f"<h3>Mistakes to avoid</h3>{list_html(notes.mistakes)}"


def sources_html(notes: Notes) -> str:
    """Facts with their sources, the code that runs here, and the papers."""
    code = "".join(f'<li><a class="code" href="code:{path}">{path}</a></li>' for path in notes.code_paths)
    runs = f"<h3>The code that runs here</h3><ul>{code}</ul>" if code else ""
    return (
        f"<h3>Published figures</h3>{facts_html(notes.facts)}{runs}<h3>Sources</h3>{list_html(notes.sources)}"
    )


def code_page_html(notes: Notes) -> str:
    """The source of the functions that run in this stage; one that is not there is named."""
    pieces = []
    for path in notes.code_paths:
        module, _, name = path.partition(":")
        pieces.append(
            f'<h3><a name="{html.escape(path)}"></a>{html.escape(name)}</h3>'
            f'<p class="source">{html.escape(module.replace(".", "/"))}.py</p>'
        )
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
        self._idea, self._depth, self._mistakes = idea_html(notes), depth_html(notes), mistakes_html(notes)
        self.header = StageHeader(stage, self)
        self.missing = label("The scene and the lab of this stage are not in this version.", "small", "muted")
        self.header.add(self.missing)
        self._first, self._second, self._third = Reader(self), Reader(self), Reader(self)
        self._third.set_html(
            f'<p><span class="source">Takes in</span><br/>{html.escape(stage.needs)}</p>'
            f'<p><span class="source">Hands on</span><br/>{html.escape(stage.makes)}</p>{sources_html(notes)}'
        )
        self._third.followed.connect(self._follow)
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
        return tuple(
            reader for reader in (self._first, self._second, self._third) if reader.isVisibleTo(self)
        )

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

    def rest(self) -> None:
        """Nothing here moves."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set the page in two columns or three."""
        super().resizeEvent(event)
        self._arrange()

    def _follow(self, scheme: str, name: str) -> None:
        if scheme == "code":
            self.code_wanted.emit(self.stage.key)

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
            self._first.set_html(self._idea + ("" if wide else self._depth) + self._mistakes)
            self._second.set_html(self._depth if wide else "")
            self._cards[1].setVisible(wide)


class NotesDrawer(QFrame):
    """Notes and code of a stage, over the right side of the window."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._area = parent
        self._stage: Stage | None = None
        self.pages = SegmentedControl([("notes", "Notes and sources"), ("code", "Code that runs here")], self)
        self.pages.setAccessibleName("Page")
        self._close = QToolButton(self)
        self._close.setProperty("kind", "quiet")
        self._close.setAccessibleName("Close the notes")
        self._close.setToolTip("Close (Escape)")
        self._close.clicked.connect(self.close_drawer)
        self.reader = Reader(self)
        self.reader.followed.connect(self._follow)
        self._head = QHBoxLayout()
        self._head.addWidget(self.pages)
        self.pages.chosen.connect(self._turn)
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
        self.pages.set_current(page)
        self._turn()
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
        area: QRect = self._area.rect()
        wanted = 880 if self.pages.current() == "code" else 620
        width = min(theme().px(wanted), round(area.width() * (0.8 if wanted > 800 else 0.62)))
        self.setGeometry(area.right() - width + 1, area.top(), width, area.height())

    def _fill(self) -> None:
        if self._stage is None:
            return
        notes = load_notes(self._stage.key)
        if self.pages.current() == "code":
            self.reader.set_html(code_page_html(notes))
        else:
            title = f"<h3>{html.escape(self._stage.title)}</h3>"
            self.reader.set_html(
                title + idea_html(notes) + depth_html(notes) + mistakes_html(notes) + sources_html(notes)
            )
        self.reader.verticalScrollBar().setValue(0)

    def _turn(self) -> None:
        self._fill()
        self.place()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the surface and its edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().colour("surface"))
        painter.fillRect(0, 0, theme().px(1), self.height(), theme().colour("line"))

    def _follow(self, scheme: str, name: str) -> None:
        if scheme == "code":
            self.pages.set_current("code")
            self._turn()
            self.reader.scrollToAnchor(name)

    def _restyle(self) -> None:
        look = theme()
        self._box.setContentsMargins(look.px(24), look.px(12), look.px(16), look.px(16))
        self._box.setSpacing(look.px(12))
        self._close.setIcon(tinted_icon("close", "text_muted", look.px(16)))
        if self.isVisible():
            self._fill()
            self.place()
