"""The duplicates mode: which pair is on show, and what follows from bands, rows and shingle."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from simulator.errors import ConfigError
from simulator.runs.history import RunHistory
from widgets.run_view import RunView
from widgets.s01_data.duplicates_cards import ClusterCard, PairNumbers, PairTextCard, SCurveCard
from widgets.s01_data.duplicates_controls import DuplicatesControls, HashingConfig
from widgets.s01_data.duplicates_hero import MinHashHero
from widgets.s01_data.geometry.clusters import Cluster, clusters_of
from widgets.s01_data.geometry.findings import mapping_of, real
from widgets.s01_data.geometry.pair import Pair, percent_words
from widgets.s01_data.geometry.s_curve import MeasuredCurve, measured_curve
from widgets.stage_tab import StageTab

_NEAR = 0.7


class DuplicatesMode(QObject):
    """Ties the parts of the mode together.

    ``pair_shown`` says that another pair is on show, or the same under other bands.

    Args:
        tab: The tab that it is a part of.
        view: The runs of the lab "data".
    """

    pair_shown = Signal()

    def __init__(self, tab: StageTab, view: RunView) -> None:
        super().__init__(tab)
        self.hero = MinHashHero(tab)
        self.curve, self.ring, self.texts = SCurveCard(tab), ClusterCard(tab), PairTextCard(tab)
        self.controls, self.numbers = DuplicatesControls(tab), PairNumbers(tab)
        for card, share in ((self.curve, 4), (self.ring, 3), (self.texts, 5)):
            card.setProperty("share", share)
        self.clusters: list[Cluster] = []
        self._measured: MeasuredCurve | None = None
        self._place, self._chosen = -1, (0, 1)
        self._near = _NEAR
        self._records: object = None
        self.controls.changed.connect(self._hash)
        self.controls.cluster_chosen.connect(self._choose_cluster)
        self.controls.texts_edited.connect(self._hash)
        self.ring.chosen.connect(self._choose_pair)
        self.hero.viewed.connect(self.show_history)
        tab.add_mode(
            "duplicates", "Duplicates", self.hero, lab=(self.curve, self.ring, self.texts),
            controls=self.controls, numbers=self.numbers, view=view,
        )  # fmt: skip
        self.show_history(RunHistory())

    @property
    def pair(self) -> Pair | None:
        """The pair on show."""
        return self.hero.pair

    def reading(self) -> tuple[str, str, str]:
        """What the pair on show means: heading, text and tone."""
        pair = self.hero.pair
        if pair is None:
            return "", "", ""
        said, tone = self.hero.verdict()
        met = len(pair.meeting)
        text = f"They share {pair.common} of {pair.union} shingles. " + (
            f"{met} of {pair.bands} bands agree in full, so they meet in a bucket and are compared exactly."
            if met
            else f"No band agrees in full, so nobody ever compares them: a chance of {percent_words(1 - pair.chance)}."
        )
        return said, text, tone if tone != "text" else ""

    def show_history(self, history: RunHistory) -> None:
        """Take the clusters and the measured curve of a run; the pair on show stays while they do."""
        fields = history.latest("clusters")
        curve = history.latest("s_curve")
        if self._records is not None and self._records == (fields, curve):
            return
        self._records = (fields, curve)
        self.clusters, self._measured = clusters_of(fields), measured_curve(curve)
        settings = mapping_of(history.facts.get("settings"))
        self._near = real(settings.get("near_threshold")) or _NEAR
        self._follow(settings)
        self.controls.show_clusters(self.clusters)
        self._choose_cluster(0 if self.clusters else -1)

    def _follow(self, settings: object) -> None:
        """Begin with the bands, rows and shingle of the run on show."""
        wanted = {name: mapping_of(settings).get(name) for name in ("bands", "rows", "ngram")}
        known = {name: value for name, value in wanted.items() if isinstance(value, int)}
        try:
            self.controls.form.set_values(known)
        except ConfigError:
            return

    def _choose_cluster(self, place: int) -> None:
        self._place = place
        self.controls.show_own(not 0 <= place < len(self.clusters))
        self._chosen = self.clusters[place].alikest() if 0 <= place < len(self.clusters) else (0, 1)
        self._hash()

    def _choose_pair(self, first: int, second: int) -> None:
        self._chosen = (first, second)
        self._hash()

    def _hash(self, _config: object = None) -> None:
        """Everything that follows from the pair and the sliders."""
        try:
            config = self.controls.value()
        except ConfigError:
            return
        cluster = self.clusters[self._place] if 0 <= self._place < len(self.clusters) else None
        pair, names, title = self._pair(cluster, config)
        self.hero.show_pair(pair, names, self._near, title)
        self.curve.show_curve(config.bands, config.rows, pair.exact, self._measured)
        self.ring.show_cluster(cluster, self._chosen)
        self.texts.show_pair(pair)
        self.numbers.show_pair(pair)
        self.pair_shown.emit()

    def _pair(self, cluster: Cluster | None, config: HashingConfig) -> tuple[Pair, tuple[str, str], str]:
        if cluster is None:
            texts = self.controls.own.texts()
            names, title = ("First text", "Second text"), "Would these two count as copies?"
        else:
            pages = [cluster.documents[place] for place in self._chosen]
            texts = (pages[0].text, pages[1].text)
            names = (f"Page {pages[0].index}", f"Page {pages[1].index}")
            title = f"Is page {pages[1].index} a copy of page {pages[0].index}?"
        return Pair(texts[0], texts[1], config.bands, config.rows, config.ngram), names, title
