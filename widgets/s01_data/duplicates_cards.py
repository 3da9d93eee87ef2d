"""The cards of the duplicates mode: the S-curve, one cluster as a ring, and the texts of the pair side by side."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from widgets.controls import BigNumber, Card, label
from widgets.s01_data.geometry.clusters import Cluster, ClusterScene
from widgets.s01_data.geometry.document_spans import differing_marks
from widgets.s01_data.geometry.pair import Pair, percent_words
from widgets.s01_data.geometry.s_curve import MeasuredCurve, SCurveScene
from widgets.s01_data.marked_text import MarkedText
from widgets.s01_data.strip_canvas import StripCanvas
from widgets.square_numbers import SquareNumbers
from widgets.theme import theme


class SCurveCard(Card):
    """How likely two pages are to meet, by how alike they are: the formula, the run's own pairs, the pair on show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Chance to meet", parent)
        self.canvas = StripCanvas(None, self)
        self.canvas.set_hints(self._hint)
        self.body.addWidget(self.canvas, 1)

    @property
    def scene(self) -> SCurveScene | None:
        """The plot on show."""
        scene = self.canvas.scene
        return scene if isinstance(scene, SCurveScene) else None

    def show_curve(
        self, bands: int, rows: int, similarity: float | None, measured: MeasuredCurve | None
    ) -> None:
        """Draw the curve for these bands and rows."""
        self.canvas.set_scene(SCurveScene(bands, rows, similarity, measured))
        self.set_note("dots: measured here" if measured is not None else "")

    def _hint(self, key: str) -> str:
        parts = key.split(":")
        if parts[0] != "class":
            return ""
        return f"{int(parts[3]):,} pairs about {float(parts[1]):.2f} alike: {100 * float(parts[2]):.1f} % met"


class ClusterCard(Card):
    """One cluster as a ring; click two pages, or walk with the arrow keys and Enter.

    Attributes:
        chosen: Places of the two pages that are to be compared.
    """

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("The cluster", parent)
        self._cluster: Cluster | None = None
        self._pair = (0, 1)
        self.canvas = StripCanvas(None, self)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.canvas.setAccessibleName("Pages of the cluster: arrow keys choose another page to compare")
        self.canvas.clicked.connect(self._clicked)
        self.canvas.set_hints(self._hint)
        self.canvas.installEventFilter(self)
        self.empty = label(
            "Near copies of one page form a cluster. A run finds them; click one in the list.",
            "small", "muted", wrap=True,
        )  # fmt: skip
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.empty, 1)
        self.show_cluster(None, (0, 1))

    def show_cluster(self, cluster: Cluster | None, pair: tuple[int, int]) -> None:
        """Draw a cluster with the pair on show."""
        self._cluster, self._pair = cluster, pair
        self.canvas.setVisible(cluster is not None)
        self.empty.setVisible(cluster is None)
        self.canvas.set_scene(ClusterScene(cluster, pair) if cluster is not None else None)
        self.set_note(f"{cluster.size:,} pages · click two" if cluster is not None else "")

    def choose(self, place: int) -> None:
        """Compare this page with the one chosen last."""
        if self._cluster is None or place in self._pair:
            return
        self.chosen.emit(self._pair[1], place)

    def eventFilter(self, watched: object, event: object) -> bool:
        """Arrow keys on the ring."""
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
            if Qt.Key(event.key()) in step and self._cluster is not None:
                self._walk(step[Qt.Key(event.key())])
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def _walk(self, direction: int) -> None:
        scene = self.canvas.scene
        if not isinstance(scene, ClusterScene) or scene.shown < 3:
            return
        place = (self._pair[1] + direction) % scene.shown
        if place == self._pair[0]:
            place = (place + direction) % scene.shown
        self.chosen.emit(self._pair[0], place)

    def _clicked(self, key: str) -> None:
        self.choose(int(key.partition(":")[2]))

    def _hint(self, key: str) -> str:
        if self._cluster is None or not key.startswith("node:"):
            return ""
        page = self._cluster.documents[int(key.partition(":")[2])]
        return f"Page {page.index}, {page.source}\n{page.text[:160].strip()}"


class PairTextCard(Card):
    """The texts of the pair side by side, what no shared shingle covers marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Where they differ", parent)
        self.panes = (MarkedText("First text", parent=self), MarkedText("Second text", parent=self))
        self._row = QHBoxLayout()
        for pane in self.panes:
            self._row.addWidget(pane, 1)
        self.body.addLayout(self._row, 1)
        theme().changed.connect(self._space)
        self._space()

    def show_pair(self, pair: Pair) -> None:
        """Show two texts."""
        count = 0
        for pane, side in zip(self.panes, pair.sides, strict=True):
            spans = side.differing_spans()
            count += len(spans)
            pane.show_marked(side.text, differing_marks(spans))
        self.set_note("no shared words differ" if not count else f"{count} places")

    def _space(self) -> None:
        self._row.setSpacing(theme().px(16))


class PairNumbers(SquareNumbers):
    """Exact and estimated similarity, the chance to meet, and the threshold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.exact = BigNumber("Exact Jaccard")
        self.estimate = BigNumber("MinHash estimate")
        self.chance = BigNumber("Chance to meet")
        self.threshold = BigNumber("Half meet at")
        self.exact.setToolTip("Shared shingles over all shingles of the two pages")
        self.estimate.setToolTip("Share of equal places of the two signatures")
        self.chance.setToolTip("1 - (1 - J^rows)^bands for the exact similarity of these two")
        self.threshold.setToolTip("The similarity at which half of all pairs share a bucket")
        super().__init__([self.exact, self.estimate, self.chance, self.threshold], self.threshold, parent)

    def show_pair(self, pair: Pair) -> None:
        """Show what holds for a pair."""
        self.exact.set_value(f"{pair.exact:.3f}")
        self.estimate.set_value(f"{pair.estimated:.3f}")
        self.estimate.setToolTip(
            f"Share of equal places of the two signatures; its standard error is {pair.error:.3f}"
        )
        self.chance.set_value(percent_words(pair.chance))
        self.threshold.set_value(f"{pair.threshold:.3f}")
