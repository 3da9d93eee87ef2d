"""One example document: the verdict, the stored page beside the text, and what the rules measured."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from simulator.s01_data.rules_config import RulesConfig
from widgets.controls import SegmentedControl, button, label
from widgets.controls.basics import set_tone
from widgets.elided import ElidedLabel
from widgets.s01_data.geometry.document_spans import page_marks, text_marks
from widgets.s01_data.geometry.document_words import facts_line, truth_line, verdict_line
from widgets.s01_data.geometry.documents import Document
from widgets.s01_data.geometry.measures import MeasuresScene, measures_of, rule_words
from widgets.s01_data.marked_text import MarkedText
from widgets.scene.canvas import SceneCanvas
from widgets.theme import theme

_WIDE = 900
_LEAST_MEASURES, _MEASURES_WIDTH = 350, 400
_NO_TEXT = "No text was found on this page."


class DocumentView(QWidget):
    """Shows one document at a time.

    Attributes:
        parts: Chooses between the texts and the measures where there is no room for both; its owner places it.
        partner: Asks for the page that was kept in this one's place; its owner places it.
        partner_wanted: The user asks for the document of which this one is a copy; carries its index.
    """

    partner_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.verdict = ElidedLabel("", "section", "", self)
        self.facts = ElidedLabel("", "small", "muted", self)
        self.truth = ElidedLabel("", "small", "muted", self)
        self.partner = button("Show the page kept in its place", "link")
        self.partner.clicked.connect(self._want_partner)
        self.parts = SegmentedControl([("page", "Page and text"), ("rules", "Measured")], self)
        self.parts.set_dense()
        self.parts.setAccessibleName("Part of the document")
        self.parts.chosen.connect(self._arrange)
        self.page = MarkedText("Stored page", mono=True, parent=self)
        self.text = MarkedText("Extracted text", parent=self)
        self.measures = SceneCanvas(None, self)
        self.measures.set_hints(self._hint)
        self._page_box = _titled("Stored page, the extracted part marked", self.page)
        self._text_box = _titled("Extracted text", self.text)
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.measures)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        self.measures.setObjectName("scrolled")
        self._scroll.setAccessibleName("What every rule measured")
        self._build()
        theme().changed.connect(self._arrange)

    def show_document(self, document: Document | None, config: RulesConfig, near: Mapping[int, str]) -> None:
        """Show a document.

        Args:
            document: The document, or None for none.
            config: The rules and limits of its run.
            near: Names of the example documents by index, to offer the partner of a copy.
        """
        self.document = document
        self.setVisible(document is not None)
        if document is None:
            return
        words, tone = verdict_line(document)
        self.verdict.setText(words)
        set_tone(self.verdict, tone)
        self.facts.setText(facts_line(document))
        self.truth.setText(truth_line(document))
        self.truth.setVisible(bool(self.truth.text()))
        self.partner.setVisible(document.duplicate_of in near)
        self.page.show_marked(document.html, page_marks(document))
        QTimer.singleShot(0, self._show_first_mark)  # once it has its width
        self.text.show_marked(document.text or _NO_TEXT, text_marks(document))
        self._measured = measures_of(document, config)
        scene = MeasuresScene(self._measured, document.rule)
        self.measures.set_scene(scene)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Page, text and measures beside each other where there is room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        look = theme()
        wide = self.width() >= look.px(_WIDE)
        scene = self.measures.scene
        measured = isinstance(scene, MeasuresScene) and bool(scene.measures)
        self.parts.setVisible(not wide and measured)
        rules = measured and (wide or self.parts.current() == "rules")
        pages = wide or not rules
        html = self.document is not None and bool(self.document.html)
        self._page_box.setVisible(pages and html)
        self._text_box.setVisible(pages)
        self._scroll.setVisible(rules)
        self._scroll.setMinimumWidth(look.px(_LEAST_MEASURES) if wide else 0)
        self._scroll.setMaximumWidth(look.px(_MEASURES_WIDTH) if wide else 16_777_215)
        if isinstance(scene, MeasuresScene):
            self.measures.setMinimumHeight(look.px(scene.height))
        self._row.setSpacing(look.px(16))
        self._column.setSpacing(look.px(6))

    def _show_first_mark(self) -> None:
        if self.page.marks:
            self.page.show_span(0)

    def _want_partner(self) -> None:
        if self.document is not None:
            self.partner_wanted.emit(self.document.duplicate_of)

    def _hint(self, key: str) -> str:
        name = key.partition(":")[2]
        return next((rule_words(item) for item in self._measured if item.rule.name == name), "")

    def _build(self) -> None:
        self._measured = []
        words = QVBoxLayout()
        words.setSpacing(0)
        for line in (self.verdict, self.facts, self.truth):
            words.addWidget(line)
        self._row = QHBoxLayout()
        self._row.addWidget(self._page_box, 3)
        self._row.addWidget(self._text_box, 3)
        self._row.addWidget(self._scroll, 2)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(words)
        self._column.addLayout(self._row, 1)


def _titled(words: str, pane: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addWidget(label(words, "small", "muted"))
    column.addWidget(pane, 1)
    return box
