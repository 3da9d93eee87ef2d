"""The scene of the scaling laws: the loss surface, the budget sweeping over it, the best model for each budget."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simulator.s01_data.scaling import (
    FLOPS_PER_TOKEN,
    LossLaw,
    Plan,
    PublishedModel,
    gpu_hours,
    loss_law,
    optimum,
    plan_of,
    power_law,
    published_models,
)
from simulator.s01_data.scaling_config import ScalingConfig
from simulator.units import format_count
from widgets.s01_data.geometry.scaling_axes import PARAMS, TOKENS, Frame, frame_in, power_words
from widgets.scene.shapes import Align, Box, Dot, Grid, Line, Point, Polyline, Shape, Text, approximate_width
from widgets.scene.timeline import Mark, PlainScene, clamp

LOWEST, HIGHEST = 18.0, 27.0
"""Powers of ten of the budgets that the scene sweeps over."""

_SECONDS_A_DECADE = 1.4
_LEVELS = (1.75, 1.8, 1.85, 1.9, 1.95, 2.0, 2.1, 2.2, 2.4, 2.6, 2.8, 3.2, 3.6, 4.2, 5.0)
_SIDE = 316.0
_NARROW = 660.0
_ROW = 22.0
_CONTOUR_POINTS = 64
_LABEL_GAP = 13.0
_CELLS = (110, 200)  # rows and columns of the surface's picture
_FAINT = 2.4  # so much paler than its full colour
_TERA = 1e12
_NEAR = 0.15  # powers of ten: a published model this near the budget is told about


@dataclass(frozen=True)
class Frontier:
    """A way of choosing the best model for a budget, with its looks."""

    approach: str
    fit: str
    name: str
    colour: str


FRONTIERS = (
    Frontier("1", "printed", "1: 20 per parameter", "activations"),
    Frontier("2", "printed", "2: iso-FLOP curves", "parameters"),
    Frontier("3", "printed", "3: as printed", "gradients"),
    Frontier("3", "exact", "3: unrounded", "kv_cache"),
    Frontier("3", "refit", "3: refit, 2024", "optimizer"),
)


class ScalingScene(PlainScene):
    """Time is the budget: it grows by a power of ten every 1.4 seconds.

    Args:
        approach: The approach that gives the optimum.
        fit: Constants of the loss law.
        config: The GPU that the hours are told for, and how well it is used; None tells no hours.
    """

    def __init__(
        self, approach: str = "1", fit: str = "printed", config: ScalingConfig | None = None
    ) -> None:
        self.approach, self.fit = approach, fit
        self._config = config
        self.duration = (HIGHEST - LOWEST) * _SECONDS_A_DECADE
        powers = range(int(LOWEST), int(HIGHEST) + 1)
        self.marks = tuple(
            Mark(self.time_of(10.0**power), f"{power_words(10.0**power)} FLOPs") for power in powers
        )
        self._ground = lru_cache(maxsize=2)(self._made_ground)

    def flops_at(self, t: float) -> float:
        """The budget at a time."""
        return float(10.0 ** (LOWEST + clamp(t / _SECONDS_A_DECADE, 0.0, HIGHEST - LOWEST)))

    def time_of(self, flops: float) -> float:
        """When the budget is this; the nearest end where it is beyond."""
        return clamp(math.log10(flops) - LOWEST, 0.0, HIGHEST - LOWEST) * _SECONDS_A_DECADE

    def plan_at(self, t: float) -> Plan:
        """The best plan for the budget at a time."""
        return optimum(flops=self.flops_at(t), approach=self.approach, fit=self.fit)

    def frame_of(self, width: float, height: float) -> Frame:
        """Where the surface lies in a scene of this size."""
        return frame_in(width - self._side_width(width), height)

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Surface, frontiers and models; over them the budget and its optimum; beside them what each approach says."""
        area = self.frame_of(width, height)
        plan = self.plan_at(t)
        side = self._side_width(width)
        shapes = [*self._ground(area), *self._budget(area, plan)]
        return [*shapes, *(self._panel(plan, width - side + 24.0, side - 24.0, height) if side else [])]

    @staticmethod
    def _side_width(width: float) -> float:
        return 0.0 if width < _NARROW else _SIDE + 24.0

    def _made_ground(self, area: Frame) -> tuple[Shape, ...]:
        law = loss_law(self.fit)
        shapes: list[Shape] = [_heat(law, area)]
        labels: list[Text] = []
        for level in sorted(_LEVELS, reverse=True):
            line = [area.at(*place) for place in contour_of(law, level)]
            if line:
                shapes.append(Polyline(points=line, colour="line_strong@0.6", width=1.0))
                labels.append(_level_name(level, line, area))
        shapes += area.shapes()
        shapes += [self._frontier(area, item) for item in FRONTIERS if not self._is_chosen(item)]
        shapes += [self._frontier(area, item) for item in FRONTIERS if self._is_chosen(item)]
        return (*shapes, *_apart(labels), *_models(area))

    def _frontier(self, area: Frame, item: Frontier) -> Shape:
        (x1, y1), (x2, y2) = (area.at(*end) for end in frontier_ends(item.approach, item.fit))
        if self._is_chosen(item):
            return Line(x1=x1, y1=y1, x2=x2, y2=y2, colour=item.colour, width=2.5)
        return Line(x1=x1, y1=y1, x2=x2, y2=y2, colour=f"{item.colour}@0.6", width=1.25, dashed=True)

    def _is_chosen(self, item: Frontier) -> bool:
        return item.approach == self.approach and (self.approach != "3" or item.fit == self.fit)

    def _budget(self, area: Frame, plan: Plan) -> list[Shape]:
        ends = iso_flop_ends(plan.flops)
        x, y = area.at(plan.params, plan.tokens)
        shapes: list[Shape] = []
        if ends is not None:
            shapes.append(Polyline(points=[area.at(*end) for end in ends], colour="accent", width=2.0))
        if area.holds((x, y), 1.0):
            base, left = area.y + area.h, area.x
            shapes.append(Line(x1=x, y1=y, x2=x, y2=base, colour="accent@0.6", dashed=True))
            shapes.append(Line(x1=x, y1=y, x2=left, y2=y, colour="accent@0.6", dashed=True))
            shapes.append(Dot(x=x, y=y, radius=7.0, fill="accent", stroke="surface"))
        return shapes

    # ---- beside the surface

    def _panel(self, plan: Plan, x: float, width: float, height: float) -> list[Shape]:
        shapes: list[Shape] = [
            Text(x=x, y=12.0, text=f"Best for {power_words(plan.flops)} FLOPs", role="section", width=width),
            _head(x + width - 100.0, "parameters"),
            _head(x + width - 38.0, "tokens"),
            _head(x + width, "ratio"),
        ]
        y = 56.0
        for item in FRONTIERS:
            best = optimum(flops=plan.flops, approach=item.approach, fit=item.fit)
            shapes += _approach_row(item, best, x, y, width, self._is_chosen(item))
            y += _ROW
        if self._config is not None and y + 8.0 < height:
            words = hours_words(plan.flops, self._config)
            shapes.append(Text(x=x, y=y, text=words, role="small", colour="text_muted", width=width))
            y += _ROW
        shapes += self._near_model(plan, x, y, width, height)
        if height - y > 150.0:
            shapes += self._formula(x, height - 46.0, width)
        return shapes

    def _formula(self, x: float, y: float, width: float) -> list[Shape]:
        """The loss law with its constants and their source."""
        law = loss_law(self.fit)
        words = f"L = {law.floor:g} + {law.model_scale:g}/N^{law.alpha:g} + {law.data_scale:g}/D^{law.beta:g}"
        source = f"{law.source.source[0].upper()}{law.source.source[1:]} ({law.source.year})"
        return [
            Text(x=x, y=y, text=words, role="mono_small", width=width),
            Text(x=x, y=y + 12.0, text=source, role="small", colour="text_muted", width=width, wrap=True,
                 vertical="top"),
        ]  # fmt: skip

    def _excess(self, model: PublishedModel) -> float:
        """How much lower the loss would be at the optimum for the same budget."""
        best = optimum(flops=model.flops, approach=self.approach, fit=self.fit)
        return plan_of(model.params, model.tokens, self.fit).loss - best.loss

    def _near_model(self, plan: Plan, x: float, y: float, width: float, height: float) -> list[Shape]:
        """What a published model of about this budget did with it: of several, the one that lost most."""
        near = [model for model in published_models() if abs(math.log10(model.flops / plan.flops)) <= _NEAR]
        if not near or height - y < 64.0:
            return []
        model = max(near, key=self._excess)
        best = optimum(flops=model.flops, approach=self.approach, fit=self.fit)
        actual = plan_of(model.params, model.tokens, self.fit)
        words = (
            f"{model.name} spent {power_words(model.flops, 1)} FLOPs on {format_count(model.params)} parameters and "
            f"{format_count(model.tokens)} tokens: loss {actual.loss:.3f} by the formula; {best.loss:.3f} at "
            f"{format_count(best.params)} and {format_count(best.tokens)}."
        )
        return [
            Line(x1=x, y1=y, x2=x + width, y2=y, colour="line"),
            Text(
                x=x,
                y=y + 10.0,
                text=words,
                role="small",
                colour="text_muted",
                width=width,
                wrap=True,
                vertical="top",
            ),
        ]


def contour_of(law: LossLaw, level: float) -> list[tuple[float, float]]:
    """The (parameters, tokens) inside the frame at which the loss has one value.

    What is above the floor is shared between A / N^alpha and B / D^beta; the share runs from nearly all to nearly none
    in steps that are even for both logarithms.
    """
    above = level - law.floor
    most = min(float(law.model_term(PARAMS[0])), above - float(law.data_term(TOKENS[1])))
    least = max(float(law.model_term(PARAMS[1])), above - float(law.data_term(TOKENS[0])))
    if not 0 < least < most < above:
        return []
    ends = [math.log(term / (above - term)) for term in (most, least)]
    terms = above / (1 + np.exp(-np.linspace(*ends, _CONTOUR_POINTS)))
    params = (law.model_scale / terms) ** (1 / law.alpha)
    tokens = (law.data_scale / (above - terms)) ** (1 / law.beta)
    return list(zip(params.tolist(), tokens.tolist(), strict=True))


def iso_flop_ends(flops: float) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The (parameters, tokens) where a line of equal compute enters and leaves the frame; None if it does not cross."""
    product = flops / FLOPS_PER_TOKEN
    low = max(PARAMS[0], product / TOKENS[1])
    high = min(PARAMS[1], product / TOKENS[0])
    return ((low, product / low), (high, product / high)) if low < high else None


def frontier_ends(approach: str, fit: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """The (parameters, tokens) where the line of the best models enters and leaves the frame."""
    law = power_law(approach, fit)
    low = max(law.flops_for_params(PARAMS[0]), law.flops_for_tokens(TOKENS[0]))
    high = min(law.flops_for_params(PARAMS[1]), law.flops_for_tokens(TOKENS[1]))
    start, end = ((float(law.params(flops)), float(law.tokens(flops))) for flops in (low, high))
    return start, end


def hours_words(flops: float, config: ScalingConfig) -> str:
    """The GPU-hours of a budget with what they take for granted."""
    peak = config.peak()
    hours = gpu_hours(flops, peak.number * _TERA, config.utilization)
    return f"{format_count(hours)} {config.gpu} hours at {config.utilization:.0%} of {peak.text}"


def model_words(model: PublishedModel, approach: str, fit: str) -> str:
    """A published model in a few words, beside the optimum for its budget."""
    best = optimum(flops=model.flops, approach=approach, fit=fit)
    return (
        f"{model.name} ({model.year}): {format_count(model.params)} parameters, {format_count(model.tokens)} tokens, "
        f"{power_words(model.flops, 1)} FLOPs; best for that: {format_count(best.params)} on "
        f"{format_count(best.tokens)}. {model.source[0].upper()}{model.source[1:]}."
    )


def _heat(law: LossLaw, area: Frame) -> Grid:
    """The surface as a picture: the colour grows with what is gained over the highest loss, on a logarithmic scale."""
    rows, columns = _CELLS
    params = np.geomspace(PARAMS[0], PARAMS[1], columns)
    tokens = np.geomspace(TOKENS[1], TOKENS[0], rows)
    above = np.log(law.loss(params[None, :], tokens[:, None]) - law.floor)
    values = (above.max() - above) / (above.max() - above.min())
    return Grid(x=area.x, y=area.y, w=area.w, h=area.h, values=values, high=_FAINT)


def _models(area: Frame) -> list[Shape]:
    """A dot and a name for each published model; names give way to each other."""
    shapes: list[Shape] = []
    taken: list[tuple[float, float, float, float]] = []
    for model in published_models():
        x, y = area.at(model.params, model.tokens)
        shapes.append(Dot(x=x, y=y, radius=4.0, fill="text", stroke="surface", key=f"model:{model.name}"))
        taken.append((x - 5.0, y - 5.0, 10.0, 10.0))
    for model in published_models():
        x, y = area.at(model.params, model.tokens)
        w = approximate_width(model.name, "small")
        for left, top in (
            (x + 8.0, y - 8.0), (x - 8.0 - w, y - 8.0), (x + 8.0, y - 20.0), (x + 8.0, y + 4.0),
            (x - w - 8.0, y + 4.0), (x - w - 8.0, y - 20.0), (x - w / 2, y + 6.0), (x - w / 2, y - 22.0),
        ):  # fmt: skip
            box = (left, top, w, 16.0)
            inside = area.holds((left, top)) and area.holds((left + w, top + 16.0))
            if inside and not _meets(box, taken):
                middle = left + w / 2
                near: Align = "left" if left >= x else "right" if left + w <= x else "center"
                at = {"left": left, "right": left + w, "center": middle}[near]
                shapes.append(_model_name(at, top + 8.0, model.name, near))
                taken.append(box)
                break
    return shapes


def _model_name(x: float, y: float, name: str, align: Align) -> Text:
    return Text(x=x, y=y, text=name, role="small", align=align, key=f"model:{name}")


def _meets(box: tuple[float, float, float, float], others: list[tuple[float, float, float, float]]) -> bool:
    x, y, w, h = box
    return any(x < ox + ow and ox < x + w and y < oy + oh and oy < y + h for ox, oy, ow, oh in others)


def _level_name(level: float, contour: list[Point], area: Frame) -> Text:
    """The value of a contour, where it leaves the frame at the right."""
    x, y = contour[-1]
    return Text(
        x=min(x, area.x + area.w) - 4.0, y=min(y, area.y + area.h - 8.0) - 7.0, text=f"{level:g}", role="small",
        colour="text_muted", align="right",
    )  # fmt: skip


def _apart(labels: list[Text]) -> list[Text]:
    """Those that do not run into the one before."""
    kept: list[Text] = []
    for label in labels:
        if all(abs(label.y - other.y) >= _LABEL_GAP or abs(label.x - other.x) > 40.0 for other in kept):
            kept.append(label)
    return kept


def _head(x: float, words: str) -> Text:
    return Text(x=x, y=36.0, text=words, role="small", colour="text_muted", align="right")


def _approach_row(item: Frontier, best: Plan, x: float, y: float, width: float, chosen: bool) -> list[Shape]:
    ink = "text" if chosen else "text_muted"
    figures = (
        (100.0, format_count(best.params)),
        (38.0, format_count(best.tokens)),
        (0.0, f"{best.tokens_per_param:.0f}"),
    )
    shapes: list[Shape] = []
    if chosen:
        shapes.append(Box(x=x - 6.0, y=y - 10.0, w=width + 12.0, h=20.0, fill="accent_soft", radius=5.0))
    shapes.append(Line(x1=x, y1=y, x2=x + 14.0, y2=y, colour=item.colour, width=3.0))
    shapes.append(Text(x=x + 20.0, y=y, text=item.name, role="small", colour=ink, width=width - 172.0))
    shapes += [
        Text(x=x + width - right, y=y, text=words, role="mono_small", colour=ink, align="right")
        for right, words in figures
    ]
    return shapes
