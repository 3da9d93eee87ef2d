"""The scene of the race: runners come down along their losses; who spikes jumps up, who stalls hangs. No Qt here.

Time is the step of the race: at the end of the scene all have run their last step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from widgets.s05_schedule.geometry.numbers import round_ticks, step_words
from widgets.s05_schedule.geometry.race_reading import Race, Runner
from widgets.scene.shapes import Arrow, Box, Dot, Line, Point, Polyline, Shape, Text, approximate_width
from widgets.scene.timeline import Mark, PlainScene, clamp

DURATION = 14.0
_LEFT, _TOP, _BOTTOM = 46.0, 20.0, 24.0
_BOARD = 250.0
_NARROW_BOARD = 190.0
_NARROW = 720.0
_POINTS = 320
_ROW = 30.0
_LEAST_ROW = 17.0
_FADED = 0.25
_JUMP = 1.25


@dataclass(frozen=True, eq=False)
class RaceScene(PlainScene):
    """The way down, and the board of ranks beside it.

    Attributes:
        race: The race.
        chosen: Key of the runner that is looked at, or "".
    """

    race: Race
    chosen: str = ""
    duration: float = field(default=DURATION, init=False)
    marks: tuple[Mark, ...] = field(default=(), init=False)
    top: float = field(default=0.0, init=False)
    low: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        # Frozen, but what follows from the race is worked out once.
        low, top = loss_range(self.race)
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "top", top)
        object.__setattr__(self, "marks", _marks(self.race))

    def step_at(self, t: float) -> float:
        """The step of the race at a time."""
        return self.race.total * clamp(t / DURATION)

    def time_of(self, step: float) -> float:
        """When the race is at a step."""
        return DURATION * clamp(step / self.race.total)

    def place(self, runner: Runner, step: float, width: float, height: float) -> Point | None:
        """Where a runner stands: at the upper edge where its loss is off the picture; None before it starts."""
        loss = runner.loss_at(step)
        if np.isnan(loss):
            return None
        at = min(step, float(runner.steps[runner.count_at(step) - 1]))
        return self._x(at, width), self._y(loss, height)

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The race at a time."""
        step = self.step_at(t)
        shapes = self._axes(width, height)
        ranks = self.race.ranks(step)
        for runner in reversed(ranks):
            shapes += self._way(runner, step, width, height)
        shapes += self._levels(width, height)
        for runner in reversed(ranks):
            shapes += self._dot(runner, step, width, height)
        return shapes + self._board(ranks, step, width, height)

    # ---- parts

    def _right(self, width: float) -> float:
        return width - (_BOARD if width >= _NARROW else _NARROW_BOARD) - 24.0

    def _x(self, step: float, width: float) -> float:
        return _LEFT + (self._right(width) - _LEFT) * step / self.race.total

    def _y(self, loss: float, height: float) -> float:
        share = (loss - self.low) / (self.top - self.low) if np.isfinite(loss) else 1.0
        return height - _BOTTOM - (height - _BOTTOM - _TOP) * min(1.0, max(0.0, share))

    def _axes(self, width: float, height: float) -> list[Shape]:
        right, bottom = self._right(width), height - _BOTTOM
        shapes: list[Shape] = [
            Text(x=0, y=8, text="loss, nats/token", role="small", colour="text_muted"),
        ]
        for loss in round_ticks(self.top, max(2, int(height / 60))):
            if loss >= self.low:
                y = self._y(loss, height)
                shapes.append(Line(x1=_LEFT, y1=y, x2=right, y2=y, colour="line@0.7"))
                shapes.append(_name(_LEFT - 8, y, f"{loss:g}", "right"))
        words = f"{step_words(self.race.total)} steps"
        for step in round_ticks(self.race.total, max(2, int((right - _LEFT) / 96))):
            x = self._x(step, width)
            if x < right - 8 * len(words) - 20:
                shapes.append(_name(x, bottom + 14, step_words(step), "center"))
        shapes.append(_name(right, bottom + 14, words, "right"))
        return shapes

    def _levels(self, width: float, height: float) -> list[Shape]:
        """The floor, and what one knows who knows only how frequent each token is."""
        shapes: list[Shape] = []
        right = self._right(width)
        for name, loss in (
            ("entropy floor", self.race.floor),
            ("knows only frequencies", self.race.frequencies),
        ):
            if loss is None or not self.low <= loss <= self.top:
                continue
            y, words = self._y(loss, height), f"{name} {loss:.2f}"
            w = approximate_width(words, "small")
            shapes += [
                Line(x1=_LEFT, y1=y, x2=right, y2=y, colour="text_muted@0.8", dashed=True),
                Box(x=right - 18 - w, y=y - 18, w=w + 4, h=15, fill="surface@0.8", radius=4),
                Text(x=right - 16, y=y - 10, text=words, role="small", colour="text_muted", align="right"),
            ]
        return shapes

    def _way(self, runner: Runner, step: float, width: float, height: float) -> list[Shape]:
        """The way that it has come."""
        count = runner.count_at(step)
        if count < 2:
            return []
        picked = np.unique(np.linspace(0, count - 1, min(count, _POINTS)).round().astype(int))
        xs = _LEFT + (self._right(width) - _LEFT) * runner.steps[picked] / self.race.total
        shares = np.clip((runner.smooth[picked] - self.low) / (self.top - self.low), 0.0, 1.0)
        ys = height - _BOTTOM - (height - _BOTTOM - _TOP) * shares
        line = list(zip(xs.tolist(), ys.tolist(), strict=True))
        return [
            Polyline(points=line, colour=runner.colour, width=2.5 if runner.key == self.chosen else 1.75,
                     opacity=self._light(runner))
        ]  # fmt: skip

    def _dot(self, runner: Runner, step: float, width: float, height: float) -> list[Shape]:
        at = self.place(runner, step, width, height)
        if at is None:
            return []
        x, y = at
        light = self._light(runner)
        shapes: list[Shape] = []
        if runner.loss_at(step) > self.top:
            shapes.append(
                Arrow(x1=x - 13, y1=y + 8, x2=x - 13, y2=y - 8, colour=runner.colour, opacity=light)
            )
        shapes.append(
            Dot(x=x, y=y, radius=7 if runner.key == self.chosen else 6, fill=runner.colour, stroke="background",
                opacity=light, key=f"runner:{runner.key}")
        )  # fmt: skip
        return shapes

    def _light(self, runner: Runner) -> float:
        return 1.0 if self.chosen in ("", runner.key) else _FADED

    def _board(self, ranks: tuple[Runner, ...], step: float, width: float, height: float) -> list[Shape]:
        """Who leads, with the loss and what the runner does."""
        x = self._right(width) + 24.0
        w = width - x
        row = min(_ROW, max(_LEAST_ROW, (height - 22.0) / max(1, len(ranks))))
        shapes: list[Shape] = [
            Text(x=x, y=8, text=f"step {step_words(round(step))}", role="small", colour="text_muted"),
            Text(x=x + w - 4, y=8, text="loss", role="small", colour="text_muted", align="right"),
        ]
        fits = max(1, int((height - 22.0) / _LEAST_ROW))
        for place, runner in enumerate(ranks[:fits]):
            y = 22.0 + place * row
            loss = runner.loss_at(step)
            words, colour = state_words(runner, step, self.race)
            shapes.append(
                Box(x=x - 6, y=y, w=w + 6, h=row - 2, fill="surface_raised" if runner.key == self.chosen else "",
                    radius=6, key=f"runner:{runner.key}")
            )  # fmt: skip
            shapes.append(Dot(x=x + 4, y=y + row / 2 - 1, radius=5, fill=runner.colour))
            title = w - 66.0
            beside = (
                approximate_width(runner.title, "small") + approximate_width(words, "small") + 14 < title - 16
            )
            shapes.append(
                Text(x=x + 16, y=y + row / 2 - 1, text=runner.title, role="small",
                     width=title - 16 - (approximate_width(words, "small") + 8 if beside and words else 0))
            )  # fmt: skip
            if words and beside:
                shapes.append(
                    Text(
                        x=x + title, y=y + row / 2 - 1, text=words, role="small", colour=colour, align="right"
                    )
                )
            shapes.append(
                Text(x=x + w - 4, y=y + row / 2 - 1, text=_loss_words(loss), role="mono_small", align="right",
                     colour=colour if not beside and words else "text")
            )  # fmt: skip
        return shapes


def loss_range(race: Race) -> tuple[float, float]:
    """The losses that the picture holds: from the floor (or the lowest) to a little above the first."""
    first = [float(runner.smooth[0]) for runner in race.runners if len(runner.losses)]
    start = float(np.median(first)) if first else 6.0
    lowest = [float(np.nanmin(runner.smooth)) for runner in race.runners if len(runner.losses)]
    low = min([*lowest, *([race.floor] if race.floor is not None else [])], default=0.0)
    return max(0.0, min(low - 0.15, start - 1.0)), start * 1.15


def state_words(runner: Runner, step: float, race: Race) -> tuple[str, str]:
    """What a runner does at a step, and in which tone: at the end, what was found about it."""
    finding = runner.finding
    if finding is not None and step >= race.step > 0:
        return finding.title.lower(), finding.tone or "text_muted"
    if race.broke(runner, step):
        return f"broke at {step_words(runner.steps[-1])}", "bad"
    count = runner.count_at(step)
    if count < 2:
        return "", "text_muted"
    now = float(runner.smooth[count - 1])
    best = float(np.nanmin(runner.smooth[:count]))
    if not np.isfinite(now) or now > 1.5 * float(runner.smooth[0]):
        return "blown up", "bad"
    return ("thrown back", "warning") if now > _JUMP * best and now - best > 0.1 else ("", "text_muted")


def _marks(race: Race) -> tuple[Mark, ...]:
    """Where the lead changes for good, and the ends."""
    marks = [Mark(0.0, "All start alike")]
    last = None
    for share in np.linspace(0.1, 1.0, 10):
        step = share * race.total
        if race.step < step and share < 1.0:
            continue
        leader = race.ranks(step)[0]
        time = DURATION * float(share)
        if leader is not last or share == 1.0:
            title = f"{leader.title} leads" if share < 1.0 else f"{leader.title} is lowest at the end"
            marks.append(Mark(time, title))
            last = leader
    return tuple(marks)


def _loss_words(loss: float) -> str:
    if np.isnan(loss):
        return "–"
    return f"{loss:.3f}" if loss < 1000 else "off"


def _name(x: float, y: float, text: str, align: str) -> Text:
    side = "right" if align == "right" else "center"
    return Text(x=x, y=y, text=text, role="small", colour="text_muted", align=side)  # type: ignore[arg-type]
