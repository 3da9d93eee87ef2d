"""The funnel of the lab "data" as the tab reads it: what came into each step, and what became of it. No Qt here.

A record may come from a run that someone else made: what is missing or has another type counts as not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simulator.runs.history import RunHistory
from simulator.s01_data.steps import STEPS
from simulator.units import format_count

Unit = Literal["documents", "tokens"]
SENTENCES = {step.key: step.sentence for step in STEPS}
TITLES = {step.key: step.title for step in STEPS}
TRIMMED = "trimmed"
_TRIMMED_WORDS = {"extract": "markup and menus", "quality": "lines cut", "pii": "personal data"}
_LEAST_SHARE = 0.002


@dataclass(frozen=True)
class Drop:
    """What left a step for one reason.

    Attributes:
        reason: Key of the rule; ``trimmed`` for what was cut out of documents that stayed.
        documents: How many documents; 0 for what was cut out of documents that stayed.
        amount: How much, in the funnel's unit.
    """

    reason: str
    documents: int
    amount: float


@dataclass(frozen=True)
class FunnelStep:
    """One step of the pipeline, in one unit.

    Attributes:
        key: Its key.
        documents: Documents that came in.
        kept: Documents that went on.
        amount: What came in, in the unit.
        passed: What went on, in the unit.
        drops: What left here, the largest first; with ``passed`` it makes up ``amount``.
        changed: In how many documents something was changed, by what.
        exact: Whether the amounts were counted rather than estimated.
    """

    key: str
    documents: int
    kept: int
    amount: float
    passed: float
    drops: tuple[Drop, ...]
    changed: Mapping[str, int]
    exact: bool = True

    @property
    def share_kept(self) -> float:
        """The share of the amount that goes on; 1 where nothing came in."""
        return self.passed / self.amount if self.amount > 0 else 1.0


@dataclass(frozen=True)
class Funnel:
    """All steps in order, from crawl to pack.

    Attributes:
        steps: Their counts.
        unit: What the amounts are: ``documents``, ``tokens``, or ``characters`` while no token is counted yet.
    """

    steps: tuple[FunnelStep, ...]
    unit: str

    def step(self, key: str) -> FunnelStep | None:
        """The step of that key."""
        return next((step for step in self.steps if step.key == key), None)

    @property
    def read(self) -> int:
        """Documents read so far."""
        return self.steps[0].documents

    @property
    def kept(self) -> int:
        """Documents that came through the last step."""
        return self.steps[-1].kept

    @property
    def front(self) -> FunnelStep:
        """The last step that documents have come to: the last of all once the run is through, unless none was left."""
        return next((step for step in reversed(self.steps) if step.documents > 0), self.steps[0])

    @property
    def through(self) -> bool:
        """Whether documents have come to the last step, or none was left to come to it."""
        return self.front is self.steps[-1] or self.front.kept == 0


def funnel_of(history: RunHistory | None, unit: Unit = "documents") -> Funnel | None:
    """The latest funnel of a run, or None when it has none (yet)."""
    found = list_of(history.latest("funnel").get("steps")) if history is not None else ()
    rows = {str(item.get("key")): item for item in found if isinstance(item, Mapping)}
    if any(step.key not in rows for step in STEPS):
        return None
    ordered = [rows[step.key] for step in STEPS]
    if unit == "documents":
        return Funnel(tuple(_in_documents(row) for row in ordered), unit)
    counted = all(real(row.get("tokens")) is not None for row in ordered)
    steps, before = [], None
    for row in ordered:
        step = _in_text(row, before, counted)
        steps.append(step)
        before = step.passed
    return Funnel(tuple(steps), "tokens" if counted else "characters")


def _in_documents(row: Mapping[str, Any]) -> FunnelStep:
    drops = [
        Drop(str(reason), whole(item.get("documents")), float(whole(item.get("documents"))))
        for reason, item in mapping_of(row.get("dropped")).items()
        if isinstance(item, Mapping) and whole(item.get("documents")) > 0
    ]
    kept = whole(row.get("documents"))
    return _step(row, kept, float(kept), drops, True)


def _in_text(row: Mapping[str, Any], before: float | None, counted: bool) -> FunnelStep:
    """A step in tokens or, before those are counted, in characters; what is cut out of documents is a drop too."""
    characters = whole(row.get("characters"))
    passed = float(whole(row.get("tokens"))) if counted else float(characters)
    rate = passed / characters if characters else 1.0
    drops = [
        Drop(str(reason), whole(item.get("documents")), whole(item.get("characters")) * rate)
        for reason, item in mapping_of(row.get("dropped")).items()
        if isinstance(item, Mapping) and whole(item.get("documents")) > 0
    ]
    trimmed = real(row.get("trimmed")) or 0.0
    entered = whole(row.get("characters_in"))
    if trimmed > _LEAST_SHARE * entered:
        drops.append(Drop(TRIMMED, 0, trimmed * rate))
    if (
        before is not None and before > passed
    ):  # what came in is what went on before: no seam between the bars
        lost = sum(drop.amount for drop in drops)
        scale = (before - passed) / lost if lost > 0 else 0.0
        drops = [Drop(drop.reason, drop.documents, drop.amount * scale) for drop in drops]
    return _step(row, whole(row.get("documents")), passed, drops, bool(row.get("exact")) or not counted)


def _step(row: Mapping[str, Any], kept: int, passed: float, drops: list[Drop], exact: bool) -> FunnelStep:
    ordered = tuple(sorted(drops, key=lambda drop: (-drop.amount, drop.reason)))
    return FunnelStep(
        key=str(row.get("key")),
        documents=whole(row.get("documents_in")),
        kept=kept,
        amount=passed + sum(drop.amount for drop in ordered),
        passed=passed,
        drops=ordered,
        changed={str(name): whole(count) for name, count in mapping_of(row.get("changed")).items()},
        exact=exact,
    )


def trimmed_words(step: str) -> str:
    """What a step cuts out of documents that it lets pass."""
    return _TRIMMED_WORDS.get(step, "text cut out")


def amount_words(amount: float, unit: str, exact: bool = True) -> str:
    """An amount in few digits; documents in full, an estimate with its sign."""
    if unit == "documents":
        return f"{amount:,.0f}" if amount < 100_000 else format_count(amount)
    return ("" if exact else "≈ ") + format_count(amount)


def whole(value: object) -> int:
    """A count: a finite number not below 0; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return int(value) if 0 <= value < 1e18 else 0


def real(value: object) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e300 else None


def mapping_of(value: object) -> Mapping[str, Any]:
    """A mapping; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: object) -> Sequence[Any]:
    """A list; an empty one for anything else."""
    return value if isinstance(value, (list, tuple)) else ()


def share_words(part: float, of: float) -> str:
    """A share in percent, with a decimal where it is small: "34 %", "1.7 %"."""
    if of <= 0:
        return "–"
    percent = 100 * part / of
    return f"{percent:.0f} %" if percent >= 9.95 or percent == 0 else f"{percent:.1f} %"


def figure(value: float | None, digits: int = 3) -> str:
    """A measured value in few digits, without an exponent where it can be helped."""
    if value is None:
        return "–"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"
