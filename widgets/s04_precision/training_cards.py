"""The lab of the policies: losses, the loss scale with its skipped steps, time and memory of a step."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtWidgets import QWidget

from simulator.runs.history import RunHistory
from widgets.controls import BigNumber, Card, label
from widgets.plots import LivePlot
from widgets.s04_precision.geometry.toy import mega
from widgets.s04_precision.geometry.training import (
    COLOURS,
    SHORT,
    Cost,
    costs_of,
    looks_of,
    percent,
    policies_of,
    skipped_steps,
)
from widgets.scene.canvas import SceneCanvas
from widgets.scene.shapes import Bars, Shape, Text
from widgets.scene.timeline import PlainScene
from widgets.square_numbers import SquareNumbers


class PolicyLossCard(Card):
    """Training loss (faint) and held-out loss of every policy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.plot = LivePlot("Loss by format", "step", "nats/token")
        self.plot.set_empty_text("Every format's loss appears here while they train on the same text.")
        self._keys: tuple[str, ...] = ()
        self.body.addWidget(self.plot)

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        keys = policies_of(history)
        if keys != self._keys:
            self.plot.clear()
            for key in keys:
                self.plot.add_series(f"{key}/loss", "", f"{COLOURS[key]}@0.3")
                self.plot.add_series(f"{key}/validation_loss", SHORT[key], COLOURS[key])
            self._keys = keys
        for key in keys:
            for name in (f"{key}/loss", f"{key}/validation_loss"):
                self.plot.set_series(name, *history.series(name))
        floor = history.facts.get("floor")
        known = isinstance(floor, (int, float))
        self.plot.set_reference(
            "floor", float(floor) if known else None, f"entropy floor {floor:.2f}" if known else ""
        )
        self.plot.set_x_range(0, history.total_steps)


class ScaleCard(Card):
    """The loss scale of the scaled policy, and the steps that it cost."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.plot = LivePlot("Loss scale", "step", "scale")
        self.plot.set_log(y=True)
        self.plot.set_empty_text(
            "It grows until a gradient overflows: that step is skipped, the scale halved."
        )
        self.plot.add_series("skipped", "skipped", "bad", "dotted")
        self.plot.add_series("scale", "", "parameters")
        self.body.addWidget(self.plot)

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        steps, scale = history.series("fp16-scaled/loss_scale")
        self.plot.set_series("scale", steps, scale)
        skipped = skipped_steps(history, "fp16-scaled")
        xs, ys = skip_marks(skipped, steps, scale)
        self.plot.set_series("skipped", xs, ys)
        self.plot.set_note(f"{len(skipped)} skipped" if len(steps) else "")
        self.plot.set_x_range(0, history.total_steps)


def skip_marks(skipped: list[int], steps: np.ndarray, scale: np.ndarray) -> tuple[list[float], list[float]]:
    """Upright lines at skipped steps, from the lowest scale to the one that overflowed, with gaps between."""
    if not len(scale):
        return [], []
    floor = float(np.min(scale)) / 2
    xs: list[float] = []
    ys: list[float] = []
    for step in skipped:
        place = int(np.searchsorted(steps, step))
        top = float(scale[min(place, len(scale) - 1)])
        xs += [float(step), float(step), math.nan]
        ys += [floor, top, math.nan]
    return xs, ys


class CostScene(PlainScene):
    """Bars of time and memory, one row a policy."""

    def __init__(self, costs: tuple[Cost, ...]) -> None:
        self.costs = costs

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Two columns of bars."""
        rows = len(self.costs)
        if not rows:
            return []
        names = [SHORT[cost.policy] for cost in self.costs]
        side = 86.0
        half = (width - side - 14.0) / 2
        pitch = min(30.0, (height - 18.0) / rows)
        shapes: list[Shape] = []
        columns = (
            ("time", [cost.seconds for cost in self.costs], _milliseconds, side),
            ("peak memory", [cost.peak for cost in self.costs], _memory, side + half + 14.0),
        )
        for index, name in enumerate(names):
            shapes.append(Text(x=0, y=18 + (index + 0.5) * pitch, text=name, role="small", width=side - 6))
        for title, values, words, left in columns:
            top = max((value for value in values if math.isfinite(value)), default=1.0) or 1.0
            shapes.append(Text(x=left, y=8, text=title, role="small", colour="text_muted", width=half))
            shapes.append(Bars(
                x=left, y=18, w=half, row_height=pitch, value_width=62.0, role="small",
                shares=[value / top if math.isfinite(value) else 0.0 for value in values],
                values=[words(value) for value in values], colours=tuple(COLOURS[cost.policy] for cost in self.costs),
            ))  # fmt: skip
        return shapes


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms" if math.isfinite(seconds) else "–"


def _memory(value: float) -> str:
    return f"{mega(value)} MB" if math.isfinite(value) else "–"


class CostCard(Card):
    """Time and memory of a step, and on which device they were measured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("A step", parent)
        self.canvas = SceneCanvas(CostScene(()), self)
        self.canvas.setAccessibleName("Time and memory of a step by format")
        self.words = label("", "small", "muted", wrap=True)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.words)

    def show_history(self, history: RunHistory) -> None:
        """Show a run's medians."""
        costs = costs_of(history, policies_of(history))
        self.canvas.set_scene(CostScene(costs))
        self.set_note(str(history.device.get("label", "")))  # a recording is of another machine
        told = history.facts.get("policies")
        simulated = isinstance(told, list) and any(
            isinstance(item, dict) and item.get("how") for item in told
        )
        known = any(math.isfinite(cost.seconds) for cost in costs)
        words = "Small formats are simulated here: their time says nothing about GPUs." if simulated else ""
        self.words.setText(words if known else "Time and memory are measured while a run goes on.")


class PrecisionNumbers(SquareNumbers):
    """What FP16 loses and what scaling saves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.lost = BigNumber("FP16 gradients lost")
        self.saved = BigNumber("With scaling")
        self.skips = BigNumber("Skipped steps")
        self.apart = BigNumber("FP16 behind BF16", unit="nats")
        self.lost.setToolTip(
            "Share of the gradient's entries that are not 0 in FP32 and are 0 in FP16, newest look"
        )
        self.saved.setToolTip("The same with dynamic loss scaling")
        self.skips.setToolTip("Steps without an update, because a scaled gradient overflowed")
        self.apart.setToolTip("Held-out loss of FP16 without scaling minus that of BF16")
        super().__init__((self.lost, self.saved, self.skips, self.apart), self.apart, parent)

    def show_history(self, history: RunHistory) -> None:
        """Show a run's newest values."""
        for number, policy in ((self.lost, "fp16"), (self.saved, "fp16-scaled")):
            looks = looks_of(history, policy, "gradients")
            known = looks and math.isfinite(looks[-1].vanished)
            number.set_value(percent(looks[-1].vanished) if known else "–")
        counted = len(history.series("fp16-scaled/skipped")[1]) > 0
        self.skips.set_value(str(len(skipped_steps(history, "fp16-scaled"))) if counted else "–")
        ends = [history.series(f"{policy}/validation_loss")[1] for policy in ("fp16", "bf16")]
        known = all(len(values) for values in ends)
        self.apart.set_value(f"{float(ends[0][-1] - ends[1][-1]):+.2f}".replace("-", "−") if known else "–")
