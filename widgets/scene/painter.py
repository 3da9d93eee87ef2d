"""Paints shapes with Qt. Fonts, texts and heat maps are prepared once and kept."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QImage,
    QLinearGradient,
    QPainter,
    QPen,
    QPolygonF,
    QStaticText,
)

from widgets.scene.drawing import (
    arrow_head,
    between,
    cut_path,
    heat_image,
    ribbon_path,
    rounded_path,
    visible_text,
)
from widgets.scene.shapes import (
    Arrow,
    Bars,
    BitCell,
    Box,
    Chip,
    Dot,
    GanttRow,
    Grid,
    Image,
    Line,
    Packet,
    Polygon,
    Polyline,
    Ribbon,
    Shape,
    Span,
    Tensor,
    Text,
)
from widgets.theme import Theme, theme

_KEPT_TEXTS = 4096
_KEPT_IMAGES = 48
_DASH = [4.0, 3.0]
_BEND = 8.0
_MOST_GAPPED_CELLS = 4096
_NO_PEN = QPen(Qt.PenStyle.NoPen)


class ShapePainter:
    """Paints shapes at scale 1; the caller scales the QPainter. Keeps what is costly to make."""

    def __init__(self) -> None:
        self._theme: Theme = theme()
        self._fonts: dict[str, QFont] = {}
        self._metrics: dict[str, QFontMetricsF] = {}
        self._pens: dict[tuple[str, float, bool], QPen] = {}
        self._texts: OrderedDict[tuple[str, str, float, bool], tuple[QStaticText, float, float]] = (
            OrderedDict()
        )
        self._images: OrderedDict[tuple[object, ...], tuple[object, QImage]] = OrderedDict()
        self._painters: dict[type[Shape], Callable[[QPainter, Any], None]] = {
            Box: self._box, Text: self._text, Line: self._line, Polyline: self._polyline, Arrow: self._arrow,
            Dot: self._dot, Grid: self._grid, Bars: self._bars, Chip: self._chip, BitCell: self._bit_cell,
            GanttRow: self._gantt_row, Tensor: self._tensor, Packet: self._packet,
            Polygon: self._polygon, Ribbon: self._ribbon, Image: self._image,
        }  # fmt: skip

    def forget(self) -> None:
        """Drop what was kept: the theme has changed."""
        for kept in (self._fonts, self._metrics, self._pens, self._texts, self._images):
            kept.clear()

    def paint(self, painter: QPainter, shapes: Iterable[Shape]) -> None:
        """Paint shapes in order."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for shape in shapes:
            if shape.opacity > 0.003:
                painter.setOpacity(min(1.0, shape.opacity))
                self._painters[type(shape)](painter, shape)
        painter.setOpacity(1.0)

    def text_width(self, text: str, role: str = "body") -> float:
        """The width of a text in pixels at scale 1."""
        return self._measures(role).horizontalAdvance(text)

    def _font(self, role: str) -> QFont:
        found = self._fonts.get(role)
        if found is None:
            found = QFont(self._theme.font(role))
            found.setPixelSize(round(self._theme.tokens.sizes[role]))
            self._fonts[role] = found
        return found

    def _measures(self, role: str) -> QFontMetricsF:
        found = self._metrics.get(role)
        if found is None:
            found = self._metrics[role] = QFontMetricsF(self._font(role))
        return found

    def _prepared(self, text: str, role: str, width: float, wrap: bool) -> tuple[QStaticText, float, float]:
        """A text ready to draw, elided or wrapped to ``width``, with its size."""
        key = (text, role, width, wrap)
        found = self._texts.get(key)
        if found is not None:
            self._texts.move_to_end(key)
            return found
        measures = self._measures(role)
        shown = (
            measures.elidedText(text, Qt.TextElideMode.ElideRight, width) if width > 0 and not wrap else text
        )
        static = QStaticText(shown)
        static.setTextFormat(Qt.TextFormat.PlainText)
        static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        if wrap and width > 0:
            static.setTextWidth(width)
        static.prepare(font=self._font(role))
        size = static.size()
        # The advance, not the box: a wrapped text has the width it was given.
        found = static, width if wrap else measures.horizontalAdvance(shown), size.height()
        self._texts[key] = found
        if len(self._texts) > _KEPT_TEXTS:
            self._texts.popitem(last=False)
        return found

    def _put_text(
        self, painter: QPainter, x: float, y: float, text: str, colour: str, role: str,
        across: float = 0.0, down: float = 0.5, width: float = 0.0, wrap: bool = False,
    ) -> None:  # fmt: skip
        """Draw text; ``across`` and ``down`` (0 left, top; 1 right, bottom) say what of it is at ``x, y``."""
        if not text:
            return
        static, text_width, text_height = self._prepared(text, role, width, wrap)
        painter.setFont(self._font(role))
        painter.setPen(self._theme.colour(colour))
        painter.drawStaticText(QPointF(x - across * text_width, y - down * text_height), static)

    def _pen(self, colour: str, width: float, dashed: bool = False) -> QPen:
        key = (colour, width, dashed)
        found = self._pens.get(key)
        if found is None:
            found = self._pens[key] = QPen(self._theme.colour(colour), width)
            found.setCapStyle(Qt.PenCapStyle.FlatCap if dashed else Qt.PenCapStyle.RoundCap)
            found.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            if dashed:
                found.setDashPattern([part / max(width, 0.5) for part in _DASH])
        return found

    def _rounded(self, painter: QPainter, x: float, y: float, w: float, h: float, radius: float) -> None:
        if w <= 0 or h <= 0:
            return
        corner = min(radius, w / 2, h / 2)
        if corner > 0:
            painter.drawRoundedRect(QRectF(x, y, w, h), corner, corner)
        else:
            painter.drawRect(QRectF(x, y, w, h))

    def _fill(
        self, painter: QPainter, x: float, y: float, w: float, h: float, colour: str, radius: float
    ) -> None:
        painter.setPen(_NO_PEN)
        painter.setBrush(self._theme.colour(colour))
        self._rounded(painter, x, y, w, h, radius)

    def _plate(
        self, painter: QPainter, x: float, y: float, w: float, h: float, fill: str, radius: float,
        stroke: str, stroke_width: float, dashed: bool = False,
    ) -> None:  # fmt: skip
        """A filled and framed rectangle; the frame lies inside, so that it is as large as a plain one."""
        inset = stroke_width / 2 if stroke else 0.0
        painter.setPen(self._pen(stroke, stroke_width, dashed) if stroke else _NO_PEN)
        painter.setBrush(self._theme.colour(fill) if fill else Qt.BrushStyle.NoBrush)
        self._rounded(painter, x + inset, y + inset, w - 2 * inset, h - 2 * inset, radius - inset)

    def _box(self, painter: QPainter, box: Box) -> None:
        self._plate(
            painter,
            box.x,
            box.y,
            box.w,
            box.h,
            box.fill,
            box.radius,
            box.stroke,
            box.stroke_width,
            box.dashed,
        )

    def _text(self, painter: QPainter, text: Text) -> None:
        across = {"left": 0.0, "center": 0.5, "right": 1.0}[text.align]
        down = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[text.vertical]
        x, y = text.x, text.y
        if text.turned:
            painter.save()
            painter.translate(x, y)
            painter.rotate(-90)
            x = y = 0.0
        self._put_text(painter, x, y, text.text, text.colour, text.role, across, down, text.width, text.wrap)
        if text.turned:
            painter.restore()

    def _line(self, painter: QPainter, line: Line) -> None:
        painter.setPen(self._pen(line.colour, line.width, line.dashed))
        painter.drawLine(QPointF(line.x1, line.y1), QPointF(line.x2, line.y2))

    def _polyline(self, painter: QPainter, line: Polyline) -> None:
        polygon = QPolygonF([QPointF(x, y) for x, y in line.points])
        if line.fill:
            painter.setPen(_NO_PEN)
            painter.setBrush(self._theme.colour(line.fill))
            painter.drawPolygon(polygon)
        if line.colour:
            painter.setPen(self._pen(line.colour, line.width, line.dashed))
            painter.drawPolyline(polygon)

    def _arrow(self, painter: QPainter, arrow: Arrow) -> None:
        points = cut_path(((arrow.x1, arrow.y1), *arrow.via, (arrow.x2, arrow.y2)), arrow.progress)
        if len(points) < 2:
            return
        (ax, ay), (bx, by) = points[-2], points[-1]
        length = math.dist((ax, ay), (bx, by))
        if length < 0.5:
            return
        ux, uy = (bx - ax) / length, (by - ay) / length
        painter.setPen(self._pen(arrow.colour, arrow.width, arrow.dashed))
        if len(points) == 2:
            painter.drawLine(QPointF(ax, ay), QPointF(bx, by))
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(rounded_path(points, _BEND))
        if arrow.dashed:
            painter.setPen(self._pen(arrow.colour, arrow.width))
        painter.drawPolyline(arrow_head(bx, by, ux, uy, arrow.head))

    def _dot(self, painter: QPainter, dot: Dot) -> None:
        painter.setPen(self._pen(dot.stroke, 1.5) if dot.stroke else _NO_PEN)
        painter.setBrush(self._theme.colour(dot.fill) if dot.fill else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(dot.x, dot.y), dot.radius, dot.radius)

    def _grid(self, painter: QPainter, grid: Grid) -> None:
        rows, columns = grid.values.shape
        if not rows or not columns:
            return
        if not grid.gap or rows * columns > _MOST_GAPPED_CELLS:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(QRectF(grid.x, grid.y, grid.w, grid.h), self._heat_image(grid))
            return
        image = self._heat_image(grid)
        wide, high = grid.w / columns, grid.h / rows
        painter.setPen(_NO_PEN)
        for row in range(rows):
            for column in range(columns):
                colour = image.pixelColor(column, row)
                if colour.alpha():
                    painter.setBrush(colour)
                    self._rounded(
                        painter,
                        grid.x + column * wide,
                        grid.y + row * high,
                        wide - grid.gap,
                        high - grid.gap,
                        grid.radius,
                    )

    def _polygon(self, painter: QPainter, polygon: Polygon) -> None:
        painter.setPen(self._pen(polygon.stroke, polygon.stroke_width) if polygon.stroke else _NO_PEN)
        painter.setBrush(self._theme.colour(polygon.fill) if polygon.fill else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in polygon.points]))

    def _ribbon(self, painter: QPainter, ribbon: Ribbon) -> None:
        painter.setPen(_NO_PEN)
        painter.setBrush(self._theme.colour(ribbon.colour))
        if ribbon.end_colour:
            gradient = QLinearGradient(ribbon.x1, 0, ribbon.x2, 0)
            gradient.setColorAt(0, self._theme.colour(ribbon.colour))
            gradient.setColorAt(1, self._theme.colour(ribbon.end_colour))
            painter.setBrush(gradient)
        if ribbon.progress >= 1:
            painter.drawPath(ribbon_path(ribbon))
        elif ribbon.progress > 0:
            top, bottom = min(ribbon.top1, ribbon.top2), max(ribbon.bottom1, ribbon.bottom2)
            width = (ribbon.x2 - ribbon.x1) * ribbon.progress
            painter.save()
            painter.setClipRect(
                QRectF(ribbon.x1, top - 1, width, bottom - top + 2), Qt.ClipOperation.IntersectClip
            )
            painter.drawPath(ribbon_path(ribbon))
            painter.restore()

    def _image(self, painter: QPainter, image: Image) -> None:
        if not image.values.size:
            return
        key = (id(image.values), image.ramp, "", image.low, image.high)
        found = self._kept_image(key, image.values, self._theme.ramp, image.ramp)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(QRectF(image.x, image.y, image.w, image.h), found)

    def _heat_image(self, grid: Grid) -> QImage:
        key = (id(grid.values), grid.colour, grid.low_colour, grid.low, grid.high)
        return self._kept_image(key, grid.values, self._ramp, grid)

    def _kept_image(
        self, key: tuple[Any, ...], values: Any, ramp: Callable[[Any], list[int]], of: object
    ) -> QImage:
        """The picture of an array; made once. The last two entries of the key are the lowest and highest value."""
        kept = self._images.get(key)
        if kept is None:
            image = heat_image(values, ramp(of), key[-2], key[-1])
            # The array is kept beside its picture so that its id stays its own.
            kept = self._images[key] = (values, image)
            if len(self._images) > _KEPT_IMAGES:
                self._images.popitem(last=False)
        else:
            self._images.move_to_end(key)
        return kept[1]

    def _ramp(self, grid: Grid) -> list[int]:
        middle, top = self._theme.colour("surface_raised"), self._theme.colour(grid.colour)
        if not grid.low_colour:
            return [between(middle, top, i / 254).rgba() for i in range(255)]
        bottom = self._theme.colour(grid.low_colour)
        lower = [between(bottom, middle, i / 127).rgba() for i in range(127)]
        return lower + [between(middle, top, i / 127).rgba() for i in range(128)]

    def _bars(self, painter: QPainter, bars: Bars) -> None:
        left = bars.x + bars.label_width
        length = bars.w - bars.label_width - bars.value_width
        for i, share in enumerate(bars.shares):
            middle = bars.y + (i + 0.5) * bars.row_height
            top = middle - bars.thickness / 2
            colour = bars.colours[i % len(bars.colours)]
            if i < len(bars.labels):
                self._put_text(
                    painter, bars.x, middle, bars.labels[i], "text", bars.role, width=bars.label_width - 8
                )
            self._fill(painter, left, top, length, bars.thickness, "surface_raised", bars.thickness / 2)
            filled = length * min(1.0, max(0.0, share))
            if filled > 0:
                self._fill(painter, left, top, max(filled, 2.0), bars.thickness, colour, bars.thickness / 2)
            if i < len(bars.values):
                self._put_text(painter, bars.x + bars.w, middle, bars.values[i], "text", "mono", across=1.0)

    def _chip(self, painter: QPainter, chip: Chip) -> None:
        self._plate(painter, chip.x, chip.y, chip.w, chip.h, chip.fill, chip.radius, chip.stroke, 1.5)
        shown = visible_text(chip.text)
        self._put_text(
            painter,
            chip.x + chip.w / 2,
            chip.y + chip.h / 2,
            shown,
            chip.ink,
            chip.role,
            across=0.5,
            width=chip.w - 4,
        )

    def _bit_cell(self, painter: QPainter, cell: BitCell) -> None:
        on = bool(cell.bit)
        self._fill(painter, cell.x, cell.y, cell.w, cell.h, cell.colour if on else f"{cell.colour}@0.22", 4.0)
        ink = self._theme.ink_on(cell.colour) if on else "text"
        self._put_text(
            painter, cell.x + cell.w / 2, cell.y + cell.h / 2, str(int(on)), ink, "mono", across=0.5
        )

    def _gantt_row(self, painter: QPainter, row: GanttRow) -> None:
        if row.label:
            self._put_text(
                painter, row.x, row.y + row.h / 2, row.label, "text_muted", "small", width=row.label_width - 8
            )
        if row.length <= 0:
            return
        per_unit = (row.w - row.label_width) / row.length
        for span in row.spans:
            self._span(painter, row, span, per_unit)

    def _span(self, painter: QPainter, row: GanttRow, span: Span, per_unit: float) -> None:
        x = row.x + row.label_width + span.start * per_unit
        # A hair of space between neighbours, as long as there is something left of the span.
        width = max((span.end - span.start) * per_unit - 1.5, 0.75)
        self._fill(painter, x, row.y, width, row.h, span.colour, 3.0)
        if span.text and width > 14:
            ink = self._theme.ink_on(span.colour)
            self._put_text(
                painter, x + width / 2, row.y + row.h / 2, span.text, ink, "small", 0.5, width=width - 4
            )

    def _tensor(self, painter: QPainter, tensor: Tensor) -> None:
        rows, columns = max(1, min(tensor.rows, 16)), max(1, min(tensor.columns, 16))
        self._fill(painter, tensor.x, tensor.y, tensor.w, tensor.h, tensor.colour, 3.0)
        painter.setPen(self._pen("surface", 1.0))
        for row in range(1, rows):
            y = tensor.y + tensor.h * row / rows
            painter.drawLine(QPointF(tensor.x, y), QPointF(tensor.x + tensor.w, y))
        for column in range(1, columns):
            x = tensor.x + tensor.w * column / columns
            painter.drawLine(QPointF(x, tensor.y), QPointF(x, tensor.y + tensor.h))
        centre, below = tensor.x + tensor.w / 2, tensor.y + tensor.h + 4
        if tensor.label:
            self._put_text(painter, centre, below, tensor.label, "text", "small", 0.5, 0.0)
            below += self._measures("small").height()
        self._put_text(
            painter, centre, below, f"{tensor.rows} × {tensor.columns}", "text_muted", "mono_small", 0.5, 0.0
        )

    def _packet(self, painter: QPainter, packet: Packet) -> None:
        self._fill(
            painter, packet.x - packet.w / 2, packet.y - packet.h / 2, packet.w, packet.h, packet.colour, 3.0
        )
        if packet.text:
            ink = self._theme.ink_on(packet.colour)
            self._put_text(
                painter, packet.x, packet.y, packet.text, ink, "mono_small", 0.5, width=packet.w - 2
            )
