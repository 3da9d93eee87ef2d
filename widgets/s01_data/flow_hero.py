"""The hero of the pipeline: the flow of documents, and behind a click the documents themselves."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from simulator.runs.history import RunHistory
from widgets.controls import Card, SegmentedControl, button
from widgets.elided import ElidedLabel
from widgets.run_view import RunView
from widgets.s01_data.browser import DocumentBrowser
from widgets.s01_data.geometry.documents import ALL, documents_of
from widgets.s01_data.geometry.findings import TITLES, TRIMMED, Unit, funnel_of, trimmed_words
from widgets.s01_data.geometry.flow import EmptyFlowScene, FlowScene
from widgets.s01_data.geometry.flow_layout import OTHERS
from widgets.s01_data.geometry.measures import rule_title
from widgets.s01_data.geometry.truth import scores_of
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport
from widgets.theme import theme

_EMPTY = "Start a run, and watch raw pages become clean tokens"
_NEXT = "Eight steps: most of what comes in is thrown away on purpose"
_READING = "The first pages are being read"


class FlowHero(Card):
    """The flow with its transport; or, in its place, the browser of example documents.

    Attributes:
        transport: Plays the flow.
        canvas: Paints it.
        browser: Shows example documents.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._history: RunHistory | None = None
        self._unit: Unit = "documents"
        self._drawn: tuple[object, ...] | None = None
        self._live = self._flowing = False
        self._waiting = _EMPTY
        self._known: tuple[int, int] | None = None
        self.title = ElidedLabel("", "section", "", self)
        self.sentence = ElidedLabel("", "small", "muted", self)
        self.unit = SegmentedControl([("documents", "Documents"), ("tokens", "Tokens")], self)
        self.unit.set_dense()
        self.unit.setAccessibleName("What the width of the stream counts")
        self.unit.chosen.connect(self._choose_unit)
        self.pages_button = button(
            "Look at pages", hint="Real pages of this run: what became of each, and why"
        )
        self.pages_button.clicked.connect(self._open_pages)
        self.canvas = SceneCanvas(EmptyFlowScene(), self)
        self.canvas.set_hints(self._hint)
        self.canvas.clicked.connect(self._clicked)
        self.transport = Transport(parent=self)
        self.transport.time_changed.connect(self._show_time)
        self.transport.reached_end.connect(self._flow_on)
        self.browser = DocumentBrowser(self)
        self.browser.closed.connect(self.close_pages)
        self._build()

    @property
    def scene(self) -> FlowScene | None:
        """The flow on show, or None before there is one."""
        scene = self.canvas.scene
        return scene if isinstance(scene, FlowScene) else None

    @property
    def browsing(self) -> bool:
        """Whether documents are on show in place of the flow."""
        return self._stack.currentWidget() is self.browser

    def show_view(self, view: RunView) -> None:
        """Draw what the run on show has now."""
        live = view.is_live and view.working
        self.show_history(view.history, live)

    def show_history(self, history: RunHistory | None, live: bool = False) -> None:
        """Draw a run; ``live`` keeps its stream flowing."""
        begun = self._history is not history
        self._history = history
        self._draw(begun)
        self._take_documents(history)
        self._live = live
        if live and not self._flowing and self.scene is not None:  # once a run: whoever pauses it means it
            self._flowing = True
            self._flow_on()
        self._flowing = self._flowing and live

    def _take_documents(self, history: RunHistory | None) -> None:
        """Give the browser the run's examples, when there are others than before."""
        known = (id(history), len(history.records.get("document", ())) if history is not None else 0)
        if known == self._known:
            return
        self._known = known
        documents = documents_of(history)
        self.browser.set_documents(documents, history)
        self.pages_button.setEnabled(bool(documents))
        if not documents and self.browsing:
            self.close_pages()

    def forget(self) -> None:
        """Another run: nothing of the one before is kept."""
        self._history, self._drawn, self._known = None, None, None
        self.transport.pause()
        self.close_pages()
        self._draw(True)

    def rest(self) -> None:
        """Hold where the whole stream is to be seen."""
        self.transport.pause()
        self.transport.set_time(self.transport.duration)

    def open_pages(self, fate: str = ALL, reason: str = "") -> None:
        """Show example documents of a fate and, if given, a reason."""
        if not self.pages_button.isEnabled():
            return
        self.transport.pause()
        self.browser.show_fate(fate, reason)
        self._stack.setCurrentWidget(self.browser)
        self.browser.take_focus()

    def close_pages(self) -> None:
        """Back to the flow."""
        if self.browsing:
            self._stack.setCurrentWidget(self._flow)
            self.pages_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back to the flow."""
        if event.key() == Qt.Key.Key_Escape and self.browsing:
            self.close_pages()
        else:
            super().keyPressEvent(event)

    # ---- the flow

    def _show_time(self, t: float) -> None:
        self.canvas.set_time(t)
        self._head_words()

    def _head_words(self) -> None:
        scene = self.scene
        title, words = scene.heading(self.canvas.time) if scene is not None else (self._waiting, _NEXT)
        self.title.setText(title)
        self.sentence.setText(words)
        self.canvas.setAccessibleName(f"Flow of documents. {title}. {words}")

    def _draw(self, begun: bool) -> None:
        funnel = funnel_of(self._history, self._unit)
        if funnel is None or funnel.steps[0].amount <= 0:
            running = self._history is not None and self._history.state in ("running", "paused")
            self._waiting = _READING if running else _EMPTY
            self.canvas.set_scene(EmptyFlowScene())
            self.transport.set_timeline(0.0)
            self._drawn = None
            self._head_words()
            return
        scores = scores_of(self._history.latest("truth")) if self._history is not None else ()
        if (funnel, scores) == self._drawn:
            return
        first = self._drawn is None
        self._drawn = (funnel, scores)
        scene = FlowScene(funnel, rule_title, scores)
        self.canvas.set_scene(scene)
        self.transport.set_scene(scene)
        if first or begun:
            self.transport.set_time(scene.duration)
        self._head_words()

    def _flow_on(self) -> None:
        """While a run is live its stream runs in a circle."""
        if self._live and self.scene is not None and not theme().reduce_motion and not self.browsing:
            self.transport.set_time(self.scene.loop_start)
            self.transport.play()

    def _choose_unit(self, key: str) -> None:
        self._unit = "tokens" if key == "tokens" else "documents"
        self._drawn = self._drawn and ()
        self._draw(False)

    def _open_pages(self) -> None:
        focus = self.scene.focus(self.canvas.time) if self.scene is not None else ""
        self.open_pages(focus if self.browser.has_fate(focus) else ALL)

    def _clicked(self, key: str) -> None:
        kind, _, rest = key.partition(":")
        scene = self.scene
        if scene is None:
            return
        if kind == "step":
            self.transport.pause()
            self.transport.set_time(scene.time_of(rest))
        elif kind == "reason":
            step, _, reason = rest.partition(":")
            self.open_pages(
                step if reason != TRIMMED else "kept", "" if reason in (OTHERS, TRIMMED) else reason
            )
        elif kind == "kept":
            self.open_pages("kept")

    def _hint(self, key: str) -> str:
        kind, _, rest = key.partition(":")
        if kind == "step":
            return f"{TITLES.get(rest, rest)}: click to see what it does"
        if kind == "kept":
            return "A page that stays: click to see such pages"
        step, _, reason = rest.partition(":")
        if reason == TRIMMED:
            return f"{trimmed_words(step).capitalize()}: cut out of pages that stay"
        words = "Several reasons" if reason == OTHERS else rule_title(reason)
        return f"{words}: click to see such pages"

    def _build(self) -> None:
        self._flow = QWidget(self)
        column = QVBoxLayout(self._flow)
        column.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.sentence)
        head.addLayout(words, 1)
        head.addWidget(self.unit)
        head.addWidget(self.pages_button)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.transport)
        self._column = column
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._flow)
        self._stack.addWidget(self.browser)
        self.body.addWidget(self._stack, 1)
        theme().changed.connect(self._space)
        self._space()

    def _space(self) -> None:
        self._column.setSpacing(theme().px(10))
