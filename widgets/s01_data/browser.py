"""The browser of example documents: a list by fate, and the document chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from simulator.errors import ConfigError
from simulator.runs.history import RunHistory
from simulator.s01_data.config import DataConfig
from simulator.s01_data.rules_config import RulesConfig
from widgets.controls import button, label
from widgets.controls.basics import set_look
from widgets.s01_data.document_view import DocumentView
from widgets.s01_data.geometry.documents import ALL, Document, fates_of, filtered
from widgets.s01_data.geometry.measures import rule_title
from widgets.s01_data.page_list import ListEntry, PageList
from widgets.theme import theme

_LIST_WIDTH = 236
_NARROW_LIST_WIDTH = 168
_NARROW = 760


class DocumentBrowser(QWidget):
    """Example documents of the run on show.

    Attributes:
        closed: The user wants the flow back.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._documents: list[Document] = []
        self._shown: list[Document] = []
        self._config: RulesConfig = DataConfig()
        self._reason = ""
        self.back = button("Back to the flow", hint="Escape")
        self.back.clicked.connect(self.closed)
        self.fates = QComboBox(self)
        set_look(self.fates, "dense", "true")
        self.fates.setAccessibleName("Which pages to list")
        self.fates.activated.connect(self._choose_fate)
        self.reason = button("", "quiet", "List all pages of this step again")
        self.reason.clicked.connect(self._drop_reason)
        self.count = label("", "small", "muted")
        self.list = PageList("Example pages", self)
        self.list.chosen.connect(self._show)
        self.view = DocumentView(self)
        self.view.partner_wanted.connect(self._show_index)
        self.empty = label("No example of this kind was kept on record.", "small", "muted", wrap=True)
        self._build()

    @property
    def shown(self) -> list[Document]:
        """The documents listed."""
        return list(self._shown)

    @property
    def document(self) -> Document | None:
        """The one on show."""
        return self.view.document

    def set_documents(self, documents: Sequence[Document], history: RunHistory | None) -> None:
        """Take the examples of a run; what was on show stays if it is still there."""
        if list(documents) == self._documents:
            return
        self._documents = list(documents)
        self._config = rules_of(history)
        fate = self.fates.currentData()
        self._fill_fates(str(fate) if fate else ALL)
        self._fill()

    def has_fate(self, fate: str) -> bool:
        """Whether there are examples of a fate."""
        return any(document.fate == fate for document in self._documents)

    def show_fate(self, fate: str, reason: str = "") -> None:
        """List the examples of a fate and, if given, a reason."""
        self._reason = reason
        self._fill_fates(fate)
        self._fill()

    def take_focus(self) -> None:
        """Let the keyboard walk the list."""
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: Any) -> None:
        """A narrower list where there is little width."""
        super().resizeEvent(event)
        narrow = self.width() < theme().px(_NARROW)
        self.count.setVisible(not narrow)
        self.list.setFixedWidth(theme().px(_NARROW_LIST_WIDTH if narrow else _LIST_WIDTH))

    def _fill_fates(self, fate: str) -> None:
        self.fates.clear()
        for key, words in fates_of(self._documents):
            self.fates.addItem(words, key)
        self.fates.setCurrentIndex(max(0, self.fates.findData(fate)))

    def _fill(self) -> None:
        fate = str(self.fates.currentData() or ALL)
        before = self.view.document
        self._shown = filtered(self._documents, fate, self._reason)
        self.reason.setVisible(bool(self._reason))
        self.reason.setText(f"{rule_title(self._reason)}  ×" if self._reason else "")
        place = next((i for i, item in enumerate(self._shown) if before and item.index == before.index), 0)
        self.list.set_entries([_entry(document) for document in self._shown], place)
        self.count.setText(f"{len(self._shown):,} of {len(self._documents):,} examples")
        self.empty.setVisible(not self._shown)
        self._show(place if self._shown else -1)

    def _show(self, place: int) -> None:
        document = self._shown[place] if 0 <= place < len(self._shown) else None
        names: Mapping[int, str] = {item.index: item.name for item in self._documents}
        self.view.show_document(document, self._config, names)

    def _show_index(self, index: int) -> None:
        """Go to a document, wherever it is listed."""
        place = next((i for i, item in enumerate(self._shown) if item.index == index), -1)
        if place < 0:
            self.show_fate(ALL)
            place = next((i for i, item in enumerate(self._shown) if item.index == index), -1)
        if place >= 0:
            self.list.choose(place)

    def _choose_fate(self) -> None:
        self._reason = ""
        self._fill()

    def _drop_reason(self) -> None:
        self._reason = ""
        self._fill()

    def _build(self) -> None:
        head = QHBoxLayout()
        for part in (self.back, self.fates, self.reason):
            head.addWidget(part)
        head.addStretch(1)
        for part in (self.count, self.view.partner, self.view.parts):
            head.addWidget(part)
        row = QHBoxLayout()
        row.addWidget(self.list)
        row.addWidget(self.view, 1)
        row.addWidget(self.empty, 1)
        row.setSpacing(16)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(head)
        self._column.addLayout(row, 1)


def rules_of(history: RunHistory | None) -> RulesConfig:
    """The rules and limits of a run: from its facts where it tells them, else the published ones."""
    settings = history.facts.get("settings") if history is not None else None
    if isinstance(settings, Mapping):
        known = {item.name for item in DataConfig.settings()}
        try:
            return DataConfig.from_dict({name: value for name, value in settings.items() if name in known})
        except ConfigError:
            return DataConfig()
    return DataConfig()


def _entry(document: Document) -> ListEntry:
    if document.kept:
        return ListEntry(document.name, "kept", "good")
    return ListEntry(document.name, rule_title(document.rule), "bad")
