"""What the flow says in words. No Qt here."""

from __future__ import annotations

from widgets.s01_data.geometry.findings import SENTENCES, TITLES, Funnel, FunnelStep, amount_words, figure
from widgets.s01_data.geometry.truth import Score, score_words
from widgets.scene.shapes import approximate_width


def heading(funnel: Funnel, focus: str) -> tuple[str, str]:
    """What to say above the picture while a step is in focus, or none: a line and a sentence."""
    step = funnel.step(focus)
    if step is None:
        kept, read, front = funnel.kept, funnel.read, funnel.front
        if not funnel.through:
            return (
                f"{front.kept:,} of {read:,} pages are past the step “{TITLES[front.key]}” so far",
                "Copies can only be told when all pages are read; the other steps follow after that.",
            )
        last, first = funnel.steps[-1], funnel.steps[0]
        stays = f"{kept:,} of {read:,} pages stay"
        if funnel.unit != "documents":
            amounts = (
                amount_words(last.passed, funnel.unit),
                amount_words(first.amount, funnel.unit, first.exact),
            )
            stays = f"{amounts[0]} of {amounts[1]} {funnel.unit} stay"
        return (
            stays,
            "Each step throws some away. Click a step, a reason or a page to see why.",
        )
    return step_heading(step, funnel.unit), SENTENCES[step.key]


def step_heading(step: FunnelStep, unit: str = "documents") -> str:
    """What a step did, in one line."""
    title = TITLES[step.key]
    if unit != "documents":
        passed, amount = (amount_words(value, unit, step.exact) for value in (step.passed, step.amount))
        return f"{title}: {passed} of {amount} {unit} go on"
    if step.kept == step.documents:
        return f"{title}: all {step.documents:,} documents go on"
    return f"{title}: {step.kept:,} of {step.documents:,} documents go on"


def score_lines(score: Score) -> tuple[str, str]:
    """A step's precision and recall beside the target, in one line; and in a shorter one."""
    pair = (("precision", score.precision), ("recall", score.recall))
    measured = [(name, score_words(value)) for name, value in pair if value is not None]
    told = ", ".join(f"{name} {value}" for name, value in measured) or "nothing to find"
    brief = ", ".join(value for _, value in measured) or "nothing to find"
    return f"{score.title}: {told} (target {figure(score.target)})", f"{score.title}: {brief}"


def short_title(key: str, room: float) -> str:
    """A step's title, or a shorter one where there is little room."""
    title = TITLES[key]
    return "PII" if key == "pii" and approximate_width(title, "small") > room else title


def plain_reason(reason: str) -> str:
    """A key as words: ``too_short`` is "too short"."""
    return reason.replace("_", " ").replace("-", " ")
