"""The popular rule held against what was published: warm-up share across, peak upwards. No Qt here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from simulator.schedules.recipes import Recipe, recipes
from simulator.schedules.schedule import Schedule
from widgets.s05_schedule.geometry.kinds import unit_curve
from widgets.s05_schedule.geometry.numbers import rate_words, share_words
from widgets.s05_schedule.geometry.shape import warmup_steps
from widgets.scene.shapes import Box, Dot, Line, Point, Polyline, Shape, Text, approximate_width
from widgets.scene.timeline import PlainScene

WARMUP_RULE = (0.01, 0.05)
PEAK_RULE = (1e-4, 5e-4)
"""The rule as it is told; FACTS: "warm up for 1 to 5 % of the steps", "peaks lie between 1e-4 and 5e-4"."""
_SHARES = (7e-4, 0.35)
_PEAKS = (3e-5, 3.2e-2)
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 12.0, 22.0, 26.0
_NONE_WIDTH = 74.0
_POINTS = 40


def within(value: float, ends: tuple[float, float]) -> bool:
    """Whether a value lies in a range, its ends included."""
    return ends[0] * (1 - 1e-9) <= value <= ends[1] * (1 + 1e-9)


def follows_rule(schedule: Schedule) -> tuple[bool, bool]:
    """Whether the warm-up and the peak lie where the rule says."""
    return within(warmup_steps(schedule) / schedule.steps, WARMUP_RULE), within(schedule.peak, PEAK_RULE)


def rule_words(schedule: Schedule) -> tuple[str, str]:
    """The rule about this schedule: a heading and a few sentences."""
    share = share_words(warmup_steps(schedule) / schedule.steps)
    warm, peak = follows_rule(schedule)
    outside = [name for name, fits in (("warm-up", warm), ("peak", peak)) if not fits]
    title = "As the popular rule has it" if not outside else f"Outside the rule: {', '.join(outside)}"
    text = (
        f"The rule: warm up for 1 to 5 % of the steps, peak at 1e-4 to 5e-4. Here it is {share} and "
        f"{rate_words(schedule.peak)}. {counter_words()}"
    )
    return title, text


def counter_words() -> str:
    """Published runs that break the rule, from their own figures."""
    known = recipes()
    llama, small, large = known["llama-2-70b"], known["gpt-3-125m"], known["gpt-3-175b"]
    return (
        f"Llama 2 warmed up for {share_words(llama.warmup_share)}; GPT-3 peaked at {rate_words(small.schedule.peak)} "
        f"(125M) and {rate_words(large.schedule.peak)} (175B). Small models bear far larger rates."
    )


@dataclass(frozen=True)
class Place:
    """One schedule on the map."""

    key: str
    title: str
    share: float
    peak: float
    follows: bool


def places() -> tuple[Place, ...]:
    """All published recipes."""
    return tuple(_place(recipe.key, recipe.title, recipe.schedule) for recipe in recipes().values())


def _place(key: str, title: str, schedule: Schedule) -> Place:
    return Place(
        key, title, warmup_steps(schedule) / schedule.steps, schedule.peak, all(follows_rule(schedule))
    )


@dataclass(frozen=True)
class RuleScene(PlainScene):
    """The rule as a box, published schedules as dots, and the one being edited.

    Attributes:
        schedule: The one being edited.
        chosen: Key of the recipe that is chosen, or "".
        focused: Whether the keyboard chooses.
    """

    schedule: Schedule
    chosen: str = ""
    focused: bool = False
    duration: float = field(default=0.0, init=False)

    def at(self, share: float, peak: float, width: float, height: float) -> Point:
        """The place of a warm-up share and a peak; no warm-up has a column of its own."""
        left, right = _LEFT + _NONE_WIDTH, width - _RIGHT
        bottom = height - _BOTTOM
        x = left + (right - left) * _share(share, _SHARES) if share > 0 else _LEFT + _NONE_WIDTH / 2
        return x, bottom - (bottom - _TOP) * _share(peak, _PEAKS)

    def order(self) -> list[str]:
        """Keys of the recipes from left to right: the way of the arrow keys."""
        return [place.key for place in sorted(places(), key=lambda item: (item.share, item.peak))]

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The map."""
        shapes = self._axes(width, height)
        x1, y1 = self.at(WARMUP_RULE[0], PEAK_RULE[1], width, height)
        x2, y2 = self.at(WARMUP_RULE[1], PEAK_RULE[0], width, height)
        shapes += [
            Box(x=x1, y=y1, w=x2 - x1, h=y2 - y1, fill="good@0.14", stroke="good", radius=4, dashed=True),
            Text(x=x2 - 6, y=y2 - 10, text="the popular rule", role="small", colour="good", align="right"),
        ]
        edges = [(x1, y, x2 - x1, 5.0) for y in (y1 - 2.5, y2 - 2.5)]
        taken = [(x2 - 106, y2 - 18, 104.0, 16.0), (x1 - 2.5, y1, 5.0, y2 - y1), *edges]
        dots = [(place, *self.at(place.share, place.peak, width, height)) for place in places()]
        taken += [(x - 7, y - 7, 14, 14) for _, x, y in dots]
        for place, x, y in sorted(dots, key=lambda item: item[0].key != self.chosen):
            shapes += self._dot(place, x, y, width, taken)
        own = _place("own", "yours", self.schedule)
        x, y = self.at(min(max(own.share, 0.0), _SHARES[1]), own.peak, width, height)
        shapes += [
            Dot(x=x, y=y, radius=9, fill="accent@0.3"),
            Dot(x=x, y=y, radius=6, fill="accent", stroke="background"),
            *_label("yours", x, y, width, "accent", taken),
        ]
        return shapes

    def _dot(
        self, place: Place, x: float, y: float, width: float, taken: list[tuple[float, float, float, float]]
    ) -> list[Shape]:
        on = place.key == self.chosen
        colour = "good" if place.follows else "warning"
        shapes: list[Shape] = []
        if on:
            shapes.append(Dot(x=x, y=y, radius=11, fill="text@0.3" if self.focused else "text@0.15"))
        shapes.append(Dot(x=x, y=y, radius=6, fill=colour, stroke="background", key=f"recipe:{place.key}"))
        return shapes + _label(place.title, x, y, width, "text" if on else "text_muted", taken)

    def _axes(self, width: float, height: float) -> list[Shape]:
        bottom, right = height - _BOTTOM, width - _RIGHT
        shapes: list[Shape] = [
            Text(x=8, y=_TOP - 14, text="peak learning rate", role="small", colour="text_muted"),
            Box(x=_LEFT + 4, y=_TOP, w=_NONE_WIDTH - 8, h=bottom - _TOP, fill="surface_raised@0.6", radius=6),
            Text(x=_LEFT + _NONE_WIDTH / 2, y=bottom + 15, text="not given", role="small", colour="text_muted",
                 align="center"),
        ]  # fmt: skip
        for power in (-4, -3, -2):
            _, y = self.at(0, 10.0**power, width, height)
            shapes.append(Line(x1=_LEFT, y1=y, x2=right, y2=y, colour="line@0.7"))
            shapes.append(_name(_LEFT - 8, y, rate_words(10.0**power), "right"))
        words = "warm-up, share of the steps"
        for share in (0.001, 0.01, 0.1):
            x, _ = self.at(share, 1e-3, width, height)
            shapes.append(Line(x1=x, y1=_TOP, x2=x, y2=bottom, colour="line@0.7"))
            if x < right - 7.5 * len(words):
                shapes.append(_name(x, bottom + 15, share_words(share), "center"))
        shapes.append(_name(right, bottom + 15, words, "right"))
        return shapes


def recipe_outline(recipe: Recipe, x: float, y: float, w: float, h: float) -> Polyline:
    """The course of a recipe as a small picture."""
    line = [(x + w * px, y + h - h * py) for px, py in unit_curve(recipe.schedule, _POINTS)]
    return Polyline(points=line, colour="accent", width=1.5)


def _label(
    words: str, x: float, y: float, width: float, colour: str, taken: list[tuple[float, float, float, float]]
) -> list[Shape]:
    """Words beside a dot where nothing else stands: right, left, above or below; none where all is taken."""
    w, h = approximate_width(words, "small") * 0.92, 15.0
    for left, top in (
        (x + 10, y - h / 2), (x - 10 - w, y - h / 2), (x - w / 2, y - 9 - h), (x - w / 2, y + 9),
        (x + 8, y - 9 - h), (x + 8, y + 9), (x - 8 - w, y + 9), (x - 8 - w, y - 9 - h),
    ):  # fmt: skip
        box = (left, top, w, h)
        if left < 2 or left + w > width or any(_meet(box, other) for other in taken):
            continue
        taken.append(box)
        return [Text(x=left, y=top + h / 2, text=words, role="small", colour=colour)]
    return []


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def _share(value: float, ends: tuple[float, float]) -> float:
    kept = min(max(value, ends[0]), ends[1])
    return math.log(kept / ends[0]) / math.log(ends[1] / ends[0])


def _name(x: float, y: float, text: str, align: str) -> Text:
    side = "right" if align == "right" else "center"
    return Text(x=x, y=y, text=text, role="small", colour="text_muted", align=side)  # type: ignore[arg-type]
