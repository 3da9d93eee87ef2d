"""Points with words, such as a projection of embeddings; from one set to the next the points move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from widgets.plots.chart import Chart
from widgets.plots.labels import place_labels
from widgets.plots.series import Array
from widgets.theme import theme

_CENTRE, _MIDDLE = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignVCenter
_AIR = 0.06
_REACH = 14
_DOT, _BIG_DOT = 3.5, 6.0


class ScatterPlot(Chart):
    """Points in a plane without axes: only who is near whom means something.

    ``clicked`` carries the words of a point. A point is the same from one set to the next if its words are (the
    second of that name, if there are several, and so on).

    Args:
        title: What it shows.
        parent: Owner.
    """

    clicked = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._points: Array = np.zeros((0, 2))
        self._from: Array = np.zeros((0, 2))
        self._new: npt.NDArray[np.bool_] = np.zeros(0, bool)
        self._labels: tuple[str, ...] = ()
        self._colours: tuple[str, ...] = ()
        self._marked: frozenset[str] = frozenset()
        self._view = self._view_from = (0.0, 0.0, 1.0, 1.0)
        self._share = 1.0
        self._area = QRectF()
        self._over = -1
        self._placed: tuple[tuple[object, ...], list[int]] | None = None
        self._offsets: dict[int, tuple[float, float]] = {}
        self._generation = 0
        self._move = QVariantAnimation(self)
        self._move.setStartValue(0.0)
        self._move.setEndValue(1.0)
        self._move.valueChanged.connect(self._go_on)

    def set_points(self, points: npt.ArrayLike, labels: Sequence[str], colours: Sequence[str] = ()) -> None:
        """Show points; those that were there move to their new places.

        Args:
            points: Array (n, 2); a point with a NaN is left out.
            labels: Words of each point, the most important first: those are the last to be left out.
            colours: A token for every point, one for all, or none.

        Raises:
            ValueError: if the shapes do not fit.
        """
        xy = np.asarray(points, np.float64).reshape(-1, 2) if np.size(points) else np.zeros((0, 2))
        if len(xy) != len(labels) or len(colours) not in (0, 1, len(labels)):
            raise ValueError(f"{len(xy)} points, {len(labels)} labels and {len(colours)} colours")
        keys, now = _occurrences(self._labels), self._now()
        places = {key: index for index, key in enumerate(keys)}
        start, new = xy.copy(), np.ones(len(xy), bool)
        for index, key in enumerate(_occurrences(labels)):
            found = places.get(key, -1)
            if found >= 0 and np.isfinite(now[found]).all():
                start[index], new[index] = now[found], False
        self._view_from = self._view_now() if (~new).any() else _view_of(xy)
        self._points, self._from, self._new, self._view = xy, start, new, _view_of(xy)
        self._labels = tuple(labels)
        self._colours = tuple(colours) or ("accent",)
        self._over = -1
        self._generation += 1
        self._start_moving(bool((~new).any()))
        self._request()

    def set_marked(self, labels: Sequence[str]) -> None:
        """Make points stand out, and the others step back; an empty list ends it."""
        self._marked = frozenset(labels)
        self._generation += 1
        self._repaint()

    def has_data(self) -> bool:
        """Whether there is any point."""
        return bool(np.isfinite(self._points).all(1).any())

    @property
    def moving(self) -> bool:
        """Whether points are on their way."""
        return self._share < 1.0

    def labels_shown(self) -> list[str]:
        """The words that stand beside their points now."""
        return [self._labels[index] for index in self._placed[1]] if self._placed is not None else []

    # ---- painting

    def paint_sheet(self, painter: QPainter, width: int, height: int) -> None:
        """Paint the points and as many words as fit without lying over each other."""
        look = theme()
        painter.setFont(look.font("small"))
        margin = look.metrics("small").height()
        self._area = QRectF(margin, margin / 2, max(1.0, width - 2 * margin), max(1.0, height - margin))
        pixels = self._pixels(self._now(), self._view_now())
        painter.setPen(Qt.PenStyle.NoPen)
        for index in np.flatnonzero(np.isfinite(pixels).all(1)):
            painter.setBrush(look.colour(self._colour(int(index)), self._strength(int(index))))
            radius = look.px(_BIG_DOT if index == self._over or self._stands_out(int(index)) else _DOT)
            painter.drawEllipse(QPointF(*pixels[index]), radius, radius)
        self._paint_words(painter, pixels, width, height)

    def point_at(self, pointer: QPointF | None) -> None:
        """Show the words of the point under the pointer."""
        over = self._nearest(pointer) if pointer is not None else -1
        if over != self._over:
            self._over = over
            self._repaint()

    def click_at(self, pointer: QPointF) -> None:
        """Say which point was clicked."""
        index = self._nearest(pointer)
        if index >= 0:
            self.clicked.emit(self._labels[index])

    def _paint_words(self, painter: QPainter, pixels: Array, width: int, height: int) -> None:
        """The words are placed where the points come to rest and travel with them."""
        look, measures = theme(), theme().metrics("small")
        offsets = self._place(width, height)
        row = measures.height()
        for index, (dx, dy) in offsets.items():
            if index == self._over or not np.isfinite(pixels[index]).all():
                continue
            strength = self._strength(index)
            painter.setPen(look.colour("text" if self._stands_out(index) else "text_muted", strength))
            x, y = pixels[index] + (dx, dy)
            painter.drawText(QPointF(x, y + measures.ascent()), self._labels[index])
        if self._over >= 0:
            words = self._labels[self._over]
            wide = measures.horizontalAdvance(words) + 2 * look.px(6)
            x, y = pixels[self._over]
            left = min(max(x - wide / 2, 0.0), width - wide)
            top = y - row - look.px(10)
            plate = QRectF(left, top if top >= 0 else y + look.px(10), wide, row + look.px(2))
            painter.setPen(look.pen("line", 1))
            painter.setBrush(look.colour("surface_raised"))
            painter.drawRoundedRect(plate, look.px(4), look.px(4))
            painter.setPen(look.colour("text"))
            painter.drawText(plate, _CENTRE | _MIDDLE, words)

    def _place(self, width: int, height: int) -> dict[int, tuple[float, float]]:
        """For each point with words, where they stand beside it."""
        key = (self._generation, width, height, theme().name, theme().scale)
        if self._placed is None or self._placed[0] != key:
            measures = theme().metrics("small")
            pixels = self._pixels(self._points, self._view)
            widths = np.array([measures.horizontalAdvance(text) for text in self._labels])
            first = [i for i in range(len(self._labels)) if self._stands_out(i)]
            order = first + [i for i in range(len(self._labels)) if not self._stands_out(i)]
            self._offsets = place_labels(
                pixels, widths, measures.height(), theme().px(_DOT + 3), (width, height), order, len(first)
            )
            self._placed = key, list(self._offsets)
        return self._offsets

    # ---- moving

    def _start_moving(self, wanted: bool) -> None:
        self._move.stop()
        seconds = theme().seconds("move")
        if not (wanted and seconds > 0 and self.isVisible()):
            self._share = 1.0
            return
        self._share = 0.0
        self._move.setDuration(round(2 * seconds * 1000))
        self._move.start()

    def _go_on(self, share: object) -> None:
        if isinstance(share, float):
            self._share = share * share * (3 - 2 * share)
            self._repaint()

    def _now(self) -> Array:
        """Where the points are at this moment, in their own coordinates."""
        moved: Array = self._from + self._share * (self._points - self._from)
        return moved

    def _view_now(self) -> tuple[float, float, float, float]:
        pairs = zip(self._view_from, self._view, strict=True)
        left, bottom, width, height = (a + self._share * (b - a) for a, b in pairs)
        return left, bottom, width, height

    def _pixels(self, points: Array, view: tuple[float, float, float, float]) -> Array:
        """Points in pixels of the sheet: as large as fits, the same scale both ways."""
        left, bottom, width, height = view
        scale = min(self._area.width() / width, self._area.height() / height)
        centre = self._area.center()
        x = centre.x() + (points[:, 0] - left - width / 2) * scale
        y = centre.y() - (points[:, 1] - bottom - height / 2) * scale
        return np.stack([x, y], 1)

    def _nearest(self, pointer: QPointF) -> int:
        pixels = self._pixels(self._now(), self._view_now())
        distance = np.hypot(pixels[:, 0] - pointer.x(), pixels[:, 1] - pointer.y())
        if not np.isfinite(distance).any():
            return -1
        index = int(np.nanargmin(distance))
        return index if distance[index] <= theme().px(_REACH) else -1

    def _colour(self, index: int) -> str:
        return self._colours[index % len(self._colours)]

    def _stands_out(self, index: int) -> bool:
        return self._labels[index] in self._marked

    def _strength(self, index: int) -> float:
        """How opaque a point is: new ones fade in, those that do not stand out step back."""
        appeared = self._share if self._new[index] else 1.0
        return appeared * (0.3 if self._marked and not self._stands_out(index) else 1.0)


def _occurrences(labels: Sequence[str]) -> list[tuple[str, int]]:
    """Each label with how many of its name came before it."""
    seen: dict[str, int] = {}
    keys = []
    for text in labels:
        keys.append((text, seen.get(text, 0)))
        seen[text] = seen.get(text, 0) + 1
    return keys


def _view_of(points: Array) -> tuple[float, float, float, float]:
    """The rectangle (left, bottom, width, height) to show, with some air."""
    good = points[np.isfinite(points).all(1)]
    if not len(good):
        return 0.0, 0.0, 1.0, 1.0
    low, high = good.min(0), good.max(0)
    span = np.maximum(high - low, 1e-9 * max(1.0, float(np.abs(good).max())))
    air = _AIR * float(span.max())
    return float(low[0] - air), float(low[1] - air), float(span[0] + 2 * air), float(span[1] + 2 * air)
