"""Which weights read: those of the run on show or, for an objective that it did not learn, those of the other lab."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.runs.history import RunHistory
from simulator.s02_objective.objectives import find_objective
from widgets.run_view import RunView
from widgets.s02_objective.reading import Reading, reading_from_answer, reading_of

RIGHT = "right"
"""The model of the right objective of the lab "objectives"; that of the left one is the run's own."""


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of one model of a run.

    Attributes:
        history: The run.
        address: Where the engine finds it.
        model: "" or :data:`RIGHT`.
        trained: The objective that it learned.
        several: Whether the run trains several objectives, so that its records carry their names.
        recording: Whether it is a recording.
    """

    history: RunHistory
    address: str
    model: str
    trained: str
    several: bool
    recording: bool

    @property
    def words(self) -> str:
        """The run in a few words."""
        return "the recording" if self.recording else self.history.run

    def checkpoint_steps(self) -> list[int]:
        """Training steps of which the weights were saved."""
        return sorted({item.step for item in self.history.checkpoints})

    def recorded(self) -> dict[int, Reading]:
        """Readings in the record, by training step."""
        found: dict[int, Reading] = {}
        if not self.several and self.trained == "causal":
            for event in self.history.predictions:
                reading = reading_of(event)
                if reading is not None:
                    found[event.step] = reading
        name = f"{self.trained}/reading" if self.several else "reading"
        for record in self.history.records.get(name, []):
            reading = reading_from_answer(record.fields)
            if reading is not None and reading.objective == self.trained:
                found[record.step] = reading
        return found


def trained_objectives(history: RunHistory) -> list[str]:
    """The objectives that a run trains; one for pre-training, the left and the right one for the comparison."""
    pair = history.facts.get("objectives")
    if isinstance(pair, (list, tuple)) and len(pair) > 1:
        return [str(objective) for objective in pair[:2]]
    return [str(history.facts.get("objective", "causal"))]


def weights_for(objective: str, main: RunView | None, other: RunView | None) -> Weights | None:
    """The weights to read with: of the run on show, unless only the other lab's run learned the objective."""
    first = _of(main, objective)
    second = _of(other, objective)
    if first is None or second is None or first.trained == objective:
        return first or second
    if second.trained == objective:
        return second
    # Neither learned it. The models of the other lab know all special tokens, so that they can at least be asked.
    needs = find_objective(objective).special and not find_objective(first.trained).special
    return second if needs else first


def _of(view: RunView | None, objective: str) -> Weights | None:
    if view is None or view.history is None or not view.address:
        return None
    history = view.history
    trained = trained_objectives(history)
    index = trained.index(objective) if objective in trained else 0
    return Weights(
        history=history,
        address=view.address,
        model=RIGHT if index == 1 else "",
        trained=trained[index],
        several=len(trained) > 1,
        recording=view.recording,
    )
