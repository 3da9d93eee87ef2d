"""A live line plot: direct labels at the ends of curves, thin reference lines, a read-out on hover."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from widgets.plots.frame import PlotFrame
from widgets.plots.series import Array

if TYPE_CHECKING:
    from widgets.plots.view import PlotView

Style = Literal["solid", "dashed", "dotted"]
_WARM_UP_MILLISECONDS = 250


@dataclass
class Series:
    """One curve: its words, looks and points."""

    label: str
    colour: str
    style: Style = "solid"
    x: Array = field(default_factory=lambda: np.zeros(0))
    y: Array = field(default_factory=lambda: np.zeros(0))
    changed: bool = True


@dataclass(frozen=True)
class Reference:
    """A thin line at a value that means something: an entropy floor, a published figure."""

    value: float
    label: str
    colour: str = "text_muted"


@dataclass
class PlotModel:
    """Everything that a plot shows."""

    x_label: str
    y_label: str
    x_unit: str
    y_unit: str
    log_x: bool = False
    log_y: bool = False
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    series: dict[str, Series] = field(default_factory=dict)
    references: dict[str, Reference] = field(default_factory=dict)


class LivePlot(PlotFrame):
    """Curves that grow while a run goes on. Give it whole series as often as you like: it sets its own pace.

    The wheel is left to the page; drag a rectangle to zoom in, double-click to see all again.
    """

    def __init__(
        self,
        title: str,
        x_label: str,
        y_label: str,
        x_unit: str = "",
        y_unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Make a plot.

        Args:
            title: What it shows, at its top left.
            x_label: What the x axis counts, such as "step".
            y_label: What the y axis measures, such as "loss".
            x_unit: Unit of x, or "".
            y_unit: Unit of y, or "".
            parent: Owner.
        """
        super().__init__(title, parent)
        self.model = PlotModel(x_label, y_label, x_unit, y_unit)
        self._view: PlotView | None = None

    def set_log(self, x: bool = False, y: bool = False) -> None:
        """Make axes logarithmic; values not above 0 become gaps there."""
        self.model.log_x, self.model.log_y = x, y
        self._all_changed()

    def set_x_range(self, low: float, high: float) -> None:
        """Fix the x axis, such as 0 to the run's last step; ``low == high`` follows the data."""
        self.model.x_range = (low, high) if low < high else None
        self._request()

    def set_y_range(self, low: float, high: float) -> None:
        """Fix the y axis; ``low == high`` follows the data."""
        self.model.y_range = (low, high) if low < high else None
        self._request()

    def add_series(self, key: str, label: str, colour: str, style: Style = "solid") -> None:
        """Add a curve.

        Args:
            key: Its name in the code.
            label: The words at its end.
            colour: Token of its colour.
            style: solid, dashed or dotted.
        """
        self.model.series[key] = Series(label, colour, style)
        self._request()

    def set_series(self, key: str, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Give a curve all its points; NaN and infinite values are gaps.

        Raises:
            KeyError: if there is no such curve.
            ValueError: if x and y are not as long as each other.
        """
        xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if xs.shape != ys.shape or xs.ndim != 1:
            raise ValueError(f"x {xs.shape} and y {ys.shape} are not two rows of the same length")
        series = self.model.series[key]
        series.x, series.y, series.changed = xs, ys, True
        self._request()

    def remove_series(self, key: str) -> None:
        """Take a curve away, if it is there."""
        if self.model.series.pop(key, None) is not None:
            self._request()

    def clear(self) -> None:
        """Take all curves and reference lines away."""
        self.model.series.clear()
        self.model.references.clear()
        self._request()

    def set_reference(
        self, key: str, value: float | None, label: str = "", colour: str = "text_muted"
    ) -> None:
        """Draw a thin dashed line at a value, with its words; None takes it away."""
        if value is None or not np.isfinite(value):
            self.model.references.pop(key, None)
        else:
            self.model.references[key] = Reference(float(value), label, colour)
        self._request()

    def has_data(self) -> bool:
        """Whether there is any point to draw."""
        return any(np.isfinite(series.y).any() for series in self.model.series.values())

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while it was hidden; get the drawing library ready once the window stands."""
        super().showEvent(event)
        if self._view is None:
            QTimer.singleShot(_WARM_UP_MILLISECONDS, self, self._warm_up)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width needs another number of points."""
        super().resizeEvent(event)
        self._all_changed()

    def _warm_up(self) -> None:
        import widgets.plots.view  # noqa: F401 - costly; done while nobody waits for it

    def _make_drawing(self) -> QWidget:
        from widgets.plots.view import PlotView

        self._view = PlotView(self.model, self)
        return self._view

    def _refresh(self, drawing: QWidget) -> None:
        if self._view is not None:
            self._view.refresh()

    def _all_changed(self) -> None:
        for series in self.model.series.values():
            series.changed = True
        self._request()

    def _restyle(self) -> None:
        super()._restyle()
        if self._view is not None:
            self._view.restyle()
        self._all_changed()
