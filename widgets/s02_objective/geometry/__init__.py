"""The scenes of tab 2 as shapes: pure functions of what was measured and of time. No Qt here."""

from widgets.s02_objective.geometry.mask import mask_hint
from widgets.s02_objective.geometry.objective import ObjectiveScene
from widgets.s02_objective.geometry.words import EmptyScene, percent, visible

__all__ = ["EmptyScene", "ObjectiveScene", "mask_hint", "percent", "visible"]
