"""The lab of the pipeline: what is kept while documents are read, the truth table, packed rows, and the big numbers."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.runs.history import RunHistory
from simulator.units import format_count
from widgets.controls import BigNumber, Card, label
from widgets.plots import LivePlot
from widgets.s01_data.geometry.findings import TITLES, Funnel, funnel_of, share_words
from widgets.s01_data.geometry.packed import PackedRows, PackedScene, packed_of
from widgets.s01_data.geometry.truth import Score, TruthScene, score_words, scores_of
from widgets.s01_data.strip_canvas import StripCanvas
from widgets.square_numbers import SquareNumbers

_CURVES = (
    ("extract", "text_muted"),
    ("language", "parameters"),
    ("quality", "gradients"),
)


class KeptCard(Card):
    """How many documents each step has let through, over the documents read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.plot = LivePlot("Kept by each step", "documents read", "documents")
        self.plot.set_empty_text("How many documents each step lets through, while the run reads them.")
        for key, colour in _CURVES:
            self.plot.add_series(key, TITLES[key].lower(), colour)
        self.body.addWidget(self.plot)

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        for key, _ in _CURVES:
            steps, kept = history.series(f"kept_{key}")
            self.plot.set_series(key, steps, kept)
        self.plot.set_note(f"{history.step:,} read" if history.step > 0 else "")


_AWAITED = "Pages of the toy crawl come with their truth: at the end of a run, each step is marked by it."
_UNKNOWN = "Nobody knows the truth of these pages. Run the toy crawl to see the scores."


class TruthCard(Card):
    """Precision and recall of each step; the toy crawl knows the truth."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Against the truth", parent)
        self.scores: tuple[Score, ...] = ()
        self.canvas = StripCanvas(None, self)
        self.canvas.set_hints(self._hint)
        self.empty = label(_AWAITED, "small", "muted", wrap=True)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.empty, 1)
        self._show(())

    def show_history(self, history: RunHistory) -> None:
        """Draw a run; on files of the user nobody knows the truth, and the card says so."""
        scores = scores_of(history.latest("truth"))
        self.empty.setText(_UNKNOWN if history.facts.get("toy") is False else _AWAITED)
        if scores != self.scores:
            self._show(scores)

    def _show(self, scores: tuple[Score, ...]) -> None:
        self.scores = scores
        self.canvas.setVisible(bool(scores))
        self.empty.setVisible(not scores)
        self.canvas.set_scene(TruthScene(scores))
        missed = sum(not score.good for score in scores)
        words = "all on target" if not missed else f"{missed} below target"
        self.set_note(words if scores else "", "warning" if missed else "good")
        self.canvas.setAccessibleName("; ".join(_in_words(score) for score in scores))

    def _hint(self, key: str) -> str:
        step = key.partition(":")[2]
        return "\n\n".join(
            f"{score.title}, target {score.target:g}: {_in_words(score)}.\n{score.what}\n{score.counted:,} counted."
            for score in self.scores
            if score.step == step
        )


def _in_words(score: Score) -> str:
    values = (("precision", score.precision), ("recall", score.recall))
    return f"{score.title}: " + ", ".join(
        f"{name} {score_words(value)}" if value is not None else f"no {name}" for name, value in values
    )


class PackedCard(Card):
    """The first rows that a model would train on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Packed rows", parent)
        self.canvas = StripCanvas(None, self)
        self.canvas.set_hints(self._hint)
        self.empty = label(
            "Documents end to end, cut into rows of equal length, appear here at the end of a run.",
            "small",
            "muted",
            wrap=True,
        )
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.empty, 1)
        self._packed: PackedRows | None = None
        self._show(None)

    @property
    def packed(self) -> PackedRows | None:
        """What is on show."""
        return self._packed

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        packed = packed_of(history.latest("packed"))
        if packed != self._packed:
            self._show(packed)

    def _show(self, packed: PackedRows | None) -> None:
        self._packed = packed
        self.canvas.setVisible(packed is not None)
        self.empty.setVisible(packed is None)
        self.canvas.set_scene(PackedScene(packed) if packed is not None else None)
        self.set_note(f"{format_count(packed.tokens)} tokens" if packed is not None else "")

    def _hint(self, key: str) -> str:
        scene = self.canvas.scene
        return scene.words(key) if isinstance(scene, PackedScene) and key else ""


class FlowNumbers(SquareNumbers):
    """Four big numbers of a data run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.kept = BigNumber("Documents kept")
        self.tokens = BigNumber("Tokens kept")
        self.copies = BigNumber("Duplicates")
        self.speed = BigNumber("Documents/s")
        self.kept.setToolTip("Documents that came through every step, and their share of those read")
        self.tokens.setToolTip("Tokens of the documents kept, by the tokenizer trained on them")
        self.copies.setToolTip("Exact and near copies that were dropped")
        self.speed.setToolTip("Documents read in a second, now or on the mean of a finished run")
        super().__init__([self.kept, self.tokens, self.copies, self.speed], self.speed, parent)

    def show_history(self, history: RunHistory) -> None:
        """Show a run's newest values."""
        funnel = funnel_of(history)
        text = funnel_of(history, "tokens")
        over = funnel is not None and funnel.through and funnel.read > 0
        kept = f"{funnel.kept:,}" if funnel is not None and over else "–"
        share = share_words(funnel.kept, funnel.read) if funnel is not None and over else ""
        self.kept.set_value(kept, share)
        counted = text is not None and text.unit == "tokens"
        self.tokens.set_value(format_count(text.steps[-1].passed) if counted and text is not None else "–")
        self.copies.set_value(f"{copies_of(funnel):,}" if funnel is not None and over else "–")
        speed = history.series("documents_per_second")[1]
        self.speed.set_value(format_count(float(speed[-1])) if len(speed) else "–")


def copies_of(funnel: Funnel) -> int:
    """Documents dropped as copies of another."""
    step = funnel.step("dedup")
    return sum(drop.documents for drop in step.drops) if step is not None else 0
