"""A plot painted by hand: for what is no curve. It paints when something is new and while it can be seen."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets.plots.frame import PlotFrame


class _Painted(Protocol):
    """What a sheet asks of its chart."""

    def has_data(self) -> bool:
        """Whether there is anything to paint."""

    def paint_sheet(self, painter: QPainter, width: int, height: int) -> None:
        """Paint everything."""

    def point_at(self, pointer: QPointF | None) -> None:
        """The pointer is somewhere, or gone."""

    def click_at(self, pointer: QPointF) -> None:
        """Something was clicked."""


class Sheet(QWidget):
    """The room in which a chart paints; hands the pointer on."""

    def __init__(self, chart: QWidget, painted: _Painted) -> None:
        super().__init__(chart)
        self._painted = painted
        self.setMouseTracking(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Have it painted; what was emptied a moment ago is not."""
        if not self._painted.has_data():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        try:
            self._painted.paint_sheet(painter, self.width(), self.height())
        finally:
            painter.end()  # a painter left open takes Qt with it

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say where the pointer is."""
        if self._painted.has_data():
            self._painted.point_at(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Say that it is gone."""
        self._painted.point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say what was clicked."""
        if event.button() == Qt.MouseButton.LeftButton and self._painted.has_data():
            self._painted.click_at(event.position())


class Chart(PlotFrame):
    """Base of the plots that are painted by hand."""

    def paint_sheet(self, painter: QPainter, width: int, height: int) -> None:
        """Paint everything into a room of this size, in pixels."""
        raise NotImplementedError

    def point_at(self, pointer: QPointF | None) -> None:
        """The pointer is at this pixel of the sheet, or gone (None)."""

    def click_at(self, pointer: QPointF) -> None:
        """This pixel of the sheet was clicked."""

    @property
    def sheet(self) -> QWidget | None:
        """The room in which it paints; None before the first data."""
        return self._drawing

    def _make_drawing(self) -> QWidget:
        return Sheet(self, self)

    def _repaint(self) -> None:
        """Paint again soon, for the pointer."""
        if self._drawing is not None:
            self._drawing.update()
