"""One timer for all plots: it repaints those that have something new and can be seen."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from shiboken6 import isValid

INTERVAL_MILLISECONDS = 80


class Refreshable(Protocol):
    """What the clock repaints."""

    def isVisible(self) -> bool:  # noqa: N802 - Qt's name
        """Whether it can be seen."""

    def flush(self) -> None:
        """Show what is new."""


class PlotClock(QObject):
    """Collects plots that have something new and repaints them together, 12 times a second at most.

    A hidden plot stays waiting until it is shown. The timer runs only while something waits and can be seen.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: WeakSet[Refreshable] = WeakSet()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MILLISECONDS)
        self._timer.timeout.connect(self.tick)

    @property
    def active(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    def request(self, plot: Refreshable) -> None:
        """Have a plot repainted at the next tick, or when it is shown."""
        self._waiting.add(plot)
        if plot.isVisible() and not self._timer.isActive():
            self._timer.start()

    def tick(self) -> None:
        """Repaint what waits and can be seen."""
        for plot in list(self._waiting):
            if not isValid(plot):
                self._waiting.discard(plot)
            elif plot.isVisible():
                self._waiting.discard(plot)
                plot.flush()
        if not any(isValid(plot) and plot.isVisible() for plot in self._waiting):
            self._timer.stop()


_clocks: list[PlotClock] = []


def plot_clock() -> PlotClock:
    """The application's one plot clock."""
    if not _clocks or not isValid(_clocks[0]):
        _clocks[:] = [PlotClock(QCoreApplication.instance())]
    return _clocks[0]
