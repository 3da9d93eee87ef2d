"""The scene of the schedule's shape: curve, handles, what is published behind it, and a marker that walks along.

Time is the place on the curve: at the end of the scene the marker is at the last step. No Qt here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from simulator.schedules.handles import Handle, handles
from simulator.schedules.kinds import KINDS
from simulator.schedules.schedule import Schedule
from widgets.s05_schedule.geometry.frame import Frame, Scale, fit_scale, frame_in
from widgets.s05_schedule.geometry.numbers import rate_words, share_words, step_words
from widgets.scene.shapes import Arrow, Box, Dot, Line, Polyline, Shape, Text, approximate_width
from widgets.scene.timeline import Mark, PlainScene

DURATION = 10.0
_POINTS = 300
_REACH = 16.0
_CURVE_REACH = 14.0
_HANDLE = 6.5


@dataclass(frozen=True)
class Ghost:
    """A schedule drawn faintly behind, and its words."""

    schedule: Schedule
    words: str


@dataclass(frozen=True)
class ShapeScene(PlainScene):
    """A schedule as a curve that can be taken by its handles.

    Attributes:
        schedule: What is drawn.
        log: Whether the rates are on a logarithmic axis.
        ghost: What is drawn behind, or None.
        active: Key of the handle that is held or chosen, or "".
        over: Key of the handle under the pointer, or "".
        focused: Whether the keyboard moves the active handle.
        scale: The scale to keep while a handle is held; None to fit one.
    """

    schedule: Schedule
    log: bool = False
    ghost: Ghost | None = None
    active: str = ""
    over: str = ""
    focused: bool = False
    scale: Scale | None = None
    handles: tuple[Handle, ...] = field(default=(), init=False)
    duration: float = field(default=DURATION, init=False)
    marks: tuple[Mark, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        # Frozen, but what follows from the schedule is worked out once.
        object.__setattr__(self, "handles", handles(self.schedule))
        object.__setattr__(self, "marks", _marks(self.schedule))
        if self.scale is None:
            object.__setattr__(self, "scale", fit_scale(*_extent(self.schedule, self.ghost), self.log))

    def step_at(self, t: float) -> float:
        """The step at which the marker is."""
        return self.schedule.steps * min(1.0, max(0.0, t / DURATION))

    def time_of(self, step: float) -> float:
        """When the marker is at a step."""
        return DURATION * min(1.0, max(0.0, step / self.schedule.steps))

    def frame_of(self, width: float, height: float) -> Frame:
        """Where the curve lies in a scene of this size."""
        assert self.scale is not None  # noqa: S101  set when made
        return frame_in(width, height, self.schedule.steps, self.scale)

    def handle(self, key: str) -> Handle | None:
        """The handle of that key."""
        return next((item for item in self.handles if item.key == key), None)

    def handle_at(self, x: float, y: float, width: float, height: float) -> str:
        """Key of the nearest handle within reach of a point, "" for none."""
        area, found, best = self.frame_of(width, height), "", _REACH
        for item in self.handles:
            hx, hy = area.at(item.step, item.rate)
            away = float(np.hypot(hx - x, hy - y))
            if away < best:
                found, best = item.key, away
        return found

    def on_curve(self, x: float, y: float, width: float, height: float) -> bool:
        """Whether a point lies close to the curve."""
        area = self.frame_of(width, height)
        if not area.x <= x <= area.right:
            return False
        near = np.linspace(x - _CURVE_REACH, x + _CURVE_REACH, 29)
        steps = np.clip((near - area.x) / area.w * area.steps, 0, area.steps)
        ys = area.bottom - area.h * area.scale.shares(self.schedule.rates(steps))
        return bool(np.hypot(near - x, ys - y).min() <= _CURVE_REACH)

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """``handle:KEY``, ``curve`` where a click adds a point, or None."""
        key = self.handle_at(x, y, width, height)
        if key:
            return f"handle:{key}"
        drawn = self.schedule.kind == "drawn"
        return "curve" if drawn and self.on_curve(x, y, width, height) else None

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The picture with the marker at a time."""
        area = self.frame_of(width, height)
        shapes = area.shapes()
        shapes += self._parts(area)
        if self.ghost is not None:
            shapes += self._behind(area, self.ghost)
        shapes += self._curve(area)
        shapes += self._marker(area, t)
        shapes += self._handles(area)
        return shapes

    # ---- parts

    def _curve(self, area: Frame) -> list[Shape]:
        steps = sample_steps(self.schedule)
        points = area.line(steps, self.schedule.rates(steps))
        floor = [(points[-1][0], area.bottom), (points[0][0], area.bottom)]
        return [
            Polyline(points=[*points[::2], points[-1], *floor], colour="", fill="accent@0.12"),
            Polyline(points=points, colour="accent", width=2.5),
        ]

    def _parts(self, area: Frame) -> list[Shape]:
        """The warm-up as a shaded strip with its share."""
        warmup = warmup_steps(self.schedule)
        if warmup <= 0:
            return []
        x = area.across(warmup)
        words = f"warm-up {share_words(warmup / self.schedule.steps)}"
        inside = approximate_width(words, "small") + 12 < x - area.x
        return [
            Box(x=area.x, y=area.y, w=x - area.x, h=area.h, fill="gradients@0.10", radius=0),
            Line(x1=x, y1=area.y, x2=x, y2=area.bottom, colour="gradients@0.5", dashed=True),
            Text(
                x=area.x + 6 if inside else x + 6, y=area.y + 9, text=words, role="small", colour="gradients"
            ),
        ]

    def _behind(self, area: Frame, ghost: Ghost) -> list[Shape]:
        steps = sample_steps(ghost.schedule)
        points = area.line(steps, ghost.schedule.rates(steps))
        at = points[int(0.62 * (len(points) - 1))]
        y = min(max(area.y + 10, at[1] - 14), area.bottom - 10)
        return [
            Polyline(points=points, colour="text_muted@0.75", width=1.5, dashed=True),
            Text(x=at[0] + 8, y=y, text=ghost.words, role="small", colour="text_muted",
                 width=max(60.0, area.right - at[0] - 8)),
        ]  # fmt: skip

    def _marker(self, area: Frame, t: float) -> list[Shape]:
        """The walker: where it is, and the rate there."""
        step = self.step_at(t)
        rate = float(self.schedule.rate(step))
        x, y = area.at(step, rate)
        words = f"step {step_words(round(step))}: {rate_words(rate)}"
        return [
            Line(x1=x, y1=y, x2=x, y2=area.bottom, colour="data", width=1.5),
            Dot(x=x, y=y, radius=5, fill="data", stroke="background"),
            *_plate(area, x, area.bottom - 14, words, "data"),
        ]

    def _handles(self, area: Frame) -> list[Shape]:
        shapes: list[Shape] = []
        for item in self.handles:
            x, y = area.at(item.step, item.rate)
            held = item.key == self.active
            lit = held or item.key == self.over
            if held and self.focused:
                shapes.append(Dot(x=x, y=y, radius=_HANDLE + 5, fill="text@0.25"))
            fill = "text" if item.moves else "text_muted"
            shapes.append(Dot(x=x, y=y, radius=_HANDLE + (1.5 if lit else 0), fill=fill, stroke="background"))
            shapes.append(Dot(x=x, y=y, radius=2.5, fill="accent" if lit else "surface"))
            if lit:
                shapes += _ways(item, x, y)
        shown = self.handle(self.active) or self.handle(self.over)
        if shown is not None:
            x, y = area.at(shown.step, shown.rate)
            shapes += _plate(
                area, x, y - 30 if y - 44 > area.y else y + 30, handle_words(self.schedule, shown), "text"
            )
        return shapes

    def with_active(self, key: str, focused: bool) -> ShapeScene:
        """The same with another handle chosen."""
        return replace(self, active=key, focused=focused)


def handle_words(schedule: Schedule, handle: Handle) -> str:
    """What a handle means and its value."""
    at = f"step {step_words(round(handle.step))}"
    rate = rate_words(handle.rate)
    share = share_words(handle.rate / schedule.peak) if schedule.peak else "–"
    words = {
        "peak": f"Peak {rate} after {step_words(warmup_steps(schedule))} steps of warm-up",
        "end": f"Ends at {rate}, {share} of the peak, at {at}",
        "decay": f"Decay begins at {at}: the last {share_words(schedule.decay / schedule.steps)}",
        "restart": f"First restart at {at}: {schedule.cycles} cycles",
        "half": f"Down to {share} at {at}",
        "fall": f"Ends at {rate}, {share} of the peak",
        "bend": f"Power {schedule.power:.2g}: {rate} half-way",
        "start": f"Starts at {rate}, {share} of the peak",
    }
    return words.get(handle.key, f"{handle.title}: {rate} at {at}")


def warmup_steps(schedule: Schedule) -> float:
    """Steps until the peak: the warm-up, or of a drawn curve the way up to its highest point."""
    if schedule.kind != "drawn":
        return schedule.usual_warmup
    highest = max(schedule.points, key=lambda point: point[1])
    return highest[0] * schedule.end


def average_share(schedule: Schedule) -> float:
    """The area under the curve over that of a constant rate at the peak, 0 to 1."""
    steps = sample_steps(schedule)
    area = float(np.trapezoid(schedule.rates(steps), steps))
    return area / (schedule.peak * schedule.steps) if schedule.peak > 0 else 0.0


def sample_steps(schedule: Schedule) -> np.ndarray:
    """Steps to draw a curve at: even ones, and both sides of every corner and jump. Shape (n,)."""
    even = np.linspace(0, schedule.steps, _POINTS)
    corners = [schedule.usual_warmup, schedule.end, schedule.end - schedule.decay]
    if schedule.kind == "step":
        corners += [mark * schedule.steps for mark in schedule.milestones]
    if schedule.kind == "cosine-restarts":
        corners += restarts(schedule)
    sides = np.array(corners, np.float64)[:, None] + np.array([-1e-6, 0.0]) * schedule.steps
    return np.unique(np.clip(np.concatenate([even, sides.ravel()]), 0, schedule.steps))


def restarts(schedule: Schedule) -> list[float]:
    """The steps at which the cycles of cosine with restarts end, the last included."""
    ends = np.cumsum(schedule.growth ** np.arange(schedule.cycles))
    return [float(step) for step in schedule.warmup + schedule.course_steps * ends / ends[-1]]


def _extent(schedule: Schedule, ghost: Ghost | None) -> tuple[float, float]:
    """Highest rate, and lowest rate above 0, of what is drawn."""
    drawn = [schedule] + ([ghost.schedule] if ghost is not None else [])
    ends = [item.rate(item.steps) for item in drawn]
    peaks = [item.peak for item in drawn]
    lowest = [value for value in ends if value > 0]
    return max(peaks), min(lowest, default=0.0)


def _marks(schedule: Schedule) -> tuple[Mark, ...]:
    """Where the schedule turns."""
    places: list[tuple[float, str]] = [(0.0, "The first step")]
    warmup = warmup_steps(schedule)
    if warmup > 0:
        places.append((warmup, "The warm-up is over"))
    if schedule.kind == "wsd":
        places.append((schedule.end - schedule.decay, "The decay begins"))
    elif schedule.kind == "step":
        places += [(mark * schedule.steps, "The rate drops") for mark in schedule.milestones]
    elif schedule.kind == "cosine-restarts":
        places += [(step, "It starts again") for step in restarts(schedule)[:-1]]
    else:
        places.append(((warmup + schedule.end) / 2, "Half-way"))
    if schedule.hold > 0:
        places.append((schedule.end, "It stays at its final rate"))
    places.append((schedule.steps, "The last step"))
    found: list[Mark] = []
    for step, title in sorted(places):
        time = DURATION * step / schedule.steps
        if not found or time > found[-1].time + 0.05:
            found.append(Mark(time, title))
    return tuple(found)


def _ways(item: Handle, x: float, y: float) -> list[Shape]:
    """Small arrows in the directions that a handle moves in."""
    shapes: list[Shape] = []
    for axis, dx, dy in (("x", 1, 0), ("x", -1, 0), ("y", 0, 1), ("y", 0, -1)):
        if axis in item.moves:
            shapes.append(
                Arrow(x1=x + 10 * dx, y1=y + 10 * dy, x2=x + 20 * dx, y2=y + 20 * dy, colour="text", head=5)
            )
    return shapes


def _plate(area: Frame, x: float, y: float, words: str, colour: str) -> list[Shape]:
    """Words on a plate centred at a place, held within the frame."""
    w = approximate_width(words, "small") + 14
    left = min(max(area.x, x - w / 2), max(area.x, area.right - w))
    return [
        Box(x=left, y=y - 11, w=w, h=22, fill="surface_raised", stroke="line", radius=6),
        Text(x=left + w / 2, y=y, text=words, role="small", colour=colour, align="center", width=w - 6),
    ]


def kind_sentence(schedule: Schedule) -> str:
    """What the kind does, in one sentence."""
    return KINDS[schedule.kind].sentence
