"""The controls of the duplicates mode: bands, rows and shingle, and the clusters that the run found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from simulator.config import Config, setting
from simulator.s01_data.minhash import NGRAM
from widgets.controls import Card, ConfigForm, label
from widgets.s01_data.geometry.clusters import Cluster
from widgets.s01_data.page_list import ListEntry, PageList

_PAUSE = 250
_LONGEST = 20_000
_EXAMPLE = (
    "The old mill stands by the river. Every morning the miller opens the gate, looks at the water and starts "
    "the wheel. Farmers from the three villages bring their grain before noon, and by evening each of them "
    "carries home a sack of flour. On market days the line of carts reaches as far as the stone bridge."
)
EXAMPLES = (
    _EXAMPLE,
    _EXAMPLE.replace("Every morning", "Each day").replace("stone bridge", "church"),
)
"""What stands in the user's texts at first."""


@dataclass(frozen=True, kw_only=True)
class HashingConfig(Config):
    """How signatures are made and cut; the defaults are FineWeb's (Penedo et al. 2024)."""

    bands: int = setting(14, "Groups of places; one group that agrees is enough.", low=1, high=64)
    rows: int = setting(8, "Places in a band; all of them must agree.", low=1, high=32)
    ngram: int = setting(NGRAM, "Words in a shingle.", label="Shingle", unit="words", low=1, high=13)


class DuplicatesControls(Card):
    """Sliders that move the scene and the curve at once, and the list of clusters.

    Attributes:
        changed: Bands, rows or shingle are others now; carries the config.
        cluster_chosen: The user chose a cluster; carries its place, -1 for their own texts.
        texts_edited: The user changed their own texts.
    """

    changed = Signal(object)
    cluster_chosen = Signal(int)
    texts_edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Signature", parent)
        self.form = ConfigForm(HashingConfig, inline=True)
        self.form.changed.connect(self.changed)
        self.heading = label("Clusters of near copies", "section")
        self.list = PageList("Clusters of near copies", self)
        self.list.chosen.connect(self._chose)
        self.own = OwnTexts(self)
        self.own.edited.connect(self.texts_edited)
        self.body.addWidget(self.form)
        self.body.addWidget(self.heading)
        self.body.addWidget(self.list, 2)
        self.body.addWidget(self.own, 3)
        self.show_clusters([])

    def value(self) -> HashingConfig:
        """What the sliders say."""
        config = self.form.value()
        return config if isinstance(config, HashingConfig) else HashingConfig()

    def set_roomy(self, roomy: bool) -> None:
        """Whether there is height to spare."""
        self.form.set_roomy(roomy)

    def show_clusters(self, clusters: Sequence[Cluster], place: int = 0) -> None:
        """List the user's own two texts, and the clusters of a run with one of them chosen."""
        entries = [ListEntry("Two texts of yours", "type them and compare", "accent")]
        entries += [ListEntry(item.words, f"{item.size:,} pages", "data") for item in clusters]
        self.list.set_entries(entries, place + 1 if clusters else 0)
        self.list.setVisible(bool(clusters))
        self.heading.setText("Clusters of near copies" if clusters else "Two texts of yours")

    def _chose(self, row: int) -> None:
        self.cluster_chosen.emit(row - 1)

    def show_own(self, on: bool) -> None:
        """Offer the user's own texts, or put them away."""
        self.own.setVisible(on)


class OwnTexts(QWidget):
    """Two texts that the user can change.

    Attributes:
        edited: They are others now; comes when typing pauses.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_PAUSE)
        self._wait.timeout.connect(self.edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.fields = (self._field("First text", EXAMPLES[0]), self._field("Second text", EXAMPLES[1]))
        for field in self.fields:
            column.addWidget(field, 1)

    def texts(self) -> tuple[str, str]:
        """What stands in them."""
        first, second = (field.toPlainText()[:_LONGEST] for field in self.fields)
        return first, second

    def _field(self, name: str, text: str) -> QPlainTextEdit:
        field = QPlainTextEdit(text, self)
        field.setAccessibleName(name)
        field.setPlaceholderText(name)
        field.setTabChangesFocus(True)
        field.textChanged.connect(self._wait.start)
        return field
