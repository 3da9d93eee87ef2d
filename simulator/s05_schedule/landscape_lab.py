"""The lab "landscape": the loss on a plane through the weights of a race, and the path of every runner on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from simulator.config import Config
from simulator.engine.reporter import LabContext
from simulator.errors import CheckpointError, ConfigError, InputError
from simulator.runs.store import RunStore
from simulator.s05_schedule.config import LandscapeConfig, RaceConfig
from simulator.s05_schedule.planes import (
    Array,
    Plane,
    extent,
    filter_normalised,
    orthonormal,
    plane_through,
    principal_plane,
)
from simulator.s05_schedule.saved import Paths, load_paths
from simulator.s05_schedule.toy import Toy, make_model, prepare_toy
from simulator.training.stacked_model import StackedTransformer

STACK_BYTES = 64 << 20
FAR = 3.0
"""A runner whose weights went this many times as far as the best one's is left out: it would shrink all other paths."""
HIGHEST = 1e6
"""Losses are cut here, so that a place where the model breaks does not hide the rest."""


def run_landscape(config: Config, context: LabContext) -> Mapping[str, Any]:
    """Run the lab on the race that is its parent; returns the summary. One that was stopped starts again.

    Raises:
        ConfigError: if the parent is no race, or a runner is not in it.
        CheckpointError: if the race kept no paths.
    """
    if not isinstance(config, LandscapeConfig):
        raise TypeError("the landscape takes a LandscapeConfig")
    context.progress(0, config.points, "Reading the race")
    return _Landscape(config, context).run()


class _Landscape:
    def __init__(self, config: LandscapeConfig, context: LabContext) -> None:
        self.config, self.context = config, context
        if not context.parent:
            raise ConfigError(
                "parent", "The landscape needs a race to draw.", hint="Run a race, then choose it here."
            )
        folder = RunStore(context.store_root).open(context.parent)
        race = folder.spec().load_config()
        if not isinstance(race, RaceConfig):
            raise ConfigError("parent", f"{context.parent} is not a race.", hint="Choose a race.")
        self.race, self.titles = race, {runner.key: runner.title for runner in race.entered()}
        self.keys = list(self.titles)
        self.paths = load_paths(folder)
        self.toy = prepare_toy(race, context.store_root)
        self.model = _checked_model(race, self.toy, self.paths, context.device.name, len(self.keys))
        self.tokens = self._rows()

    def run(self) -> Mapping[str, Any]:
        """Choose the plane, place the paths, measure the surface row by row."""
        chosen = self._chosen()
        plane = self._plane(chosen)
        placed = {key: self._placed(plane, number) for number, key in enumerate(self.keys)}
        shown = [placed[self.keys[number]][0] for number in chosen]
        side = self.config.radius
        area = ((-side, side), (-side, side)) if self.config.plane == "random" else extent(
            np.concatenate(shown), self.config.margin)  # fmt: skip
        xs, ys = (np.linspace(*ends, self.config.points) for ends in area)
        about = {"axes": ["first direction", "second direction"], "extent": [list(ends) for ends in area],
                 "explained": list(plane.explained), "how": plane.how, "race": self.context.parent,
                 "runners": [self.keys[number] for number in chosen]}  # fmt: skip
        self.context.started(self.config.points, {"race": self.context.parent, "titles": self.titles})
        self.context.record(0, "plane", about)
        for number, key in enumerate(self.keys):
            places, steps = placed[key]
            losses = self._losses(
                self.paths.points[torch.isfinite(self.paths.points[:, number]).all(1), number]
            )
            path = {
                "x": places[:, 0].tolist(),
                "y": places[:, 1].tolist(),
                "steps": steps,
                "loss": losses.tolist(),
            }
            self.context.record(0, f"{key}/path", path)
        surface = self._surface(plane, xs, ys)
        self.context.snapshot(self.config.points, "surface", surface)
        self.context.diagnosis(
            self.config.points, "info", "The loss around the race", f"The picture is {plane.how}."
        )
        return {**about, "lowest_loss": float(np.exp(surface.min())), "points": self.config.points}

    def _surface(self, plane: Plane, xs: Array, ys: Array) -> npt.NDArray[np.float32]:
        """Log of the loss at every point of the grid, (points, points): rows along y, columns along x."""
        rows = []
        for index, y in enumerate(ys):
            self.context.between_steps(index)
            points = np.stack([plane.point(float(x), float(y)) for x in xs])
            rows.append(np.log(self._losses(torch.from_numpy(points).float())))
            self.context.progress(index + 1, len(ys), "Measuring")
        return np.stack(rows).astype(np.float32)

    @torch.no_grad()
    def _losses(self, points: torch.Tensor) -> Array:
        """The loss at each of (n, parameters), in stacks."""
        found: list[float] = []
        stack = max(1, STACK_BYTES // (4 * self.tokens.numel() * self.toy.vocab))
        for start in range(0, len(points), stack):
            table = points[start : start + stack].to(self.model.device)
            found += self.model.losses(self.tokens, self.model.views(table)).double().cpu().tolist()
        losses = np.array(found, np.float64)
        return np.where(np.isfinite(losses), np.clip(losses, 1e-6, HIGHEST), HIGHEST)

    def _rows(self) -> torch.Tensor:
        """Training rows of the race, the same whatever is drawn: the landscape is that of what was trained on."""
        rows = [self.toy.batches.rows(step) for step in range(math.ceil(self.config.rows / self.race.batch))]
        return torch.cat(rows)[: self.config.rows].to(self.model.device)

    def _chosen(self) -> list[int]:
        """The runners that set the plane, the best first: those named, else all that did not go far beyond the best."""
        named = [word.strip() for word in self.config.runners.replace(";", ",").split(",") if word.strip()]
        for word in named:
            if word not in self.keys:
                hint = f"Choose of: {', '.join(self.keys)}."
                raise ConfigError("runners", f"The race has no runner '{word}'.", hint=hint)
        ends = self.paths.points[-1]
        finite = [number for number in range(len(self.keys)) if torch.isfinite(ends[number]).all()]
        finite = [number for number in finite if not named or self.keys[number] in named]
        if not finite:
            raise InputError("No runner of this race has weights left to draw.", hint="Choose another race.")
        losses = dict(zip(finite, self._losses(ends[finite]), strict=True))
        finite.sort(key=losses.__getitem__)
        far = (ends - self.paths.points[0]).norm(dim=1)
        reach = math.inf if named else FAR * float(far[finite[0]])
        return [number for number in finite if float(far[number]) <= reach]

    def _plane(self, chosen: list[int]) -> Plane:
        ends = self.paths.points[-1].double().numpy()
        points = self.paths.points[:, chosen].flatten(0, 1)
        points = points[torch.isfinite(points).all(1)]
        if self.config.plane == "ends":
            first = self.paths.points[0, chosen[0]].double().numpy()
            corners = [ends[number] for number in chosen[:3]]
            corners = [*corners, first][:3] if len(corners) < 3 else corners
            if len(corners) == 3:
                return plane_through(*corners)
        if self.config.plane == "random":
            return self._random_plane(ends[chosen[0]], self.titles[self.keys[chosen[0]]])
        return principal_plane(points.double().numpy())

    def _random_plane(self, centre: Array, title: str) -> Plane:
        generator = np.random.default_rng(self.config.seed)
        places = [(start, tuple(size)) for start, size in self.model.places.values()]
        axes = np.stack([filter_normalised(centre, places, generator) for _ in range(2)])
        # In so many dimensions two random directions are at right angles but for a trace.
        lengths = np.linalg.norm(axes, axis=1)
        axes = orthonormal(axes) * lengths[:, None]
        how = (
            f"along two random directions, filter by filter as long as the weights, from the end of '{title}'"
        )
        return Plane(centre, axes, (), how)

    def _placed(self, plane: Plane, number: int) -> tuple[Array, list[int]]:
        points = self.paths.points[:, number]
        finite = torch.isfinite(points).all(1)
        return plane.place(points[finite].double().numpy()), cast(
            list[int], self.paths.steps[finite].tolist()
        )


def _checked_model(race: RaceConfig, toy: Toy, paths: Paths, device: str, runners: int) -> StackedTransformer:
    model = make_model(race, toy.vocab, 1, device)
    if not len(paths.steps) or paths.points.shape[1:] != (runners, model.parameters):
        raise CheckpointError("The paths of this race do not fit its settings.", hint="Run the race again.")
    return model
