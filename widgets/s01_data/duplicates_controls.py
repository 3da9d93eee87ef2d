"""The controls of the duplicates mode: bands, rows and shingle, and the clusters that the run found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from simulator.config import Config, setting
from simulator.s01_data.minhash import NGRAM
from widgets.controls import Card, ConfigForm, label
from widgets.s01_data.geometry.clusters import Cluster
from widgets.s01_data.page_list import ListEntry, PageList


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
        cluster_chosen: The user chose a cluster; carries its place.
    """

    changed = Signal(object)
    cluster_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Signature", parent)
        self.form = ConfigForm(HashingConfig, inline=True)
        self.form.changed.connect(self.changed)
        self.heading = label("Clusters of near copies", "section")
        self.list = PageList("Clusters of near copies", self)
        self.list.chosen.connect(self.cluster_chosen)
        self.empty = label(
            "Two sentences of our own are on show. Run the pipeline: the copies that it finds are listed here.",
            "small", "muted", wrap=True,
        )  # fmt: skip
        self.body.addWidget(self.form)
        self.body.addWidget(self.heading)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.empty)
        self.body.addStretch(0)
        self.show_clusters([])

    def value(self) -> HashingConfig:
        """What the sliders say."""
        config = self.form.value()
        return config if isinstance(config, HashingConfig) else HashingConfig()

    def set_roomy(self, roomy: bool) -> None:
        """Whether there is height to spare."""
        self.form.set_roomy(roomy)

    def show_clusters(self, clusters: Sequence[Cluster], place: int = 0) -> None:
        """List the clusters of a run."""
        self.list.set_entries(
            [ListEntry(item.words, f"{item.size:,} pages", "data") for item in clusters], place
        )
        self.list.setVisible(bool(clusters))
        self.heading.setVisible(bool(clusters))
        self.empty.setVisible(not clusters)
