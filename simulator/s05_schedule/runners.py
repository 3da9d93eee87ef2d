"""Who runs in a race: from a line of text to schedules. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulator.errors import ConfigError
from simulator.schedules.recipes import recipes
from simulator.schedules.schedule import Schedule
from simulator.schedules.text import format_schedule, parse_schedule

MOST_RUNNERS = 24
PRESETS: dict[str, tuple[str, str]] = {
    "good": ("Good", "cosine peak=1x warmup=25% final=10%"),
    "no-warmup": ("No warm-up", "cosine peak=1x warmup=0 final=10%"),
    "too-high": ("Too high", "cosine peak=300x warmup=25% final=10%"),
    "too-low": ("Too low", "cosine peak=0.01x warmup=25% final=10%"),
}
"""The good one and the three classic mistakes: title and schedule."""
DEFAULT_RUNNERS = "; ".join(PRESETS)


@dataclass(frozen=True, kw_only=True)
class Runner:
    """One who runs.

    Attributes:
        key: Short name in the record: ``no-warmup``.
        title: What people read.
        schedule: Its rates.
    """

    key: str
    title: str
    schedule: Schedule

    def to_dict(self) -> dict[str, str]:
        """For the record ``runners``."""
        return {"key": self.key, "title": self.title, "schedule": format_schedule(self.schedule)}


def parse_runners(text: str, *, steps: int, peak: float) -> tuple[Runner, ...]:
    """Runners from their names and schedules, parted by semicolons; ``My title: cosine peak=2x`` names its own title.

    Raises:
        ConfigError: for none, too many, or one that cannot be understood.
    """
    entries = [entry.strip() for entry in text.split(";") if entry.strip()]
    if not 0 < len(entries) <= MOST_RUNNERS:
        raise ConfigError(
            "runners", f"There are {len(entries)} runners.", hint=f"Name 1 to {MOST_RUNNERS} of them."
        )
    found: list[Runner] = []
    for entry in entries:
        title, schedule = _read(entry, steps, peak)
        key = slug = _slug(entry if entry in PRESETS or entry in recipes() else title)
        number = 2
        while key in {runner.key for runner in found}:
            key, number = f"{slug}-{number}", number + 1
        found.append(Runner(key=key, title=title, schedule=schedule))
    return tuple(found)


def _read(entry: str, steps: int, peak: float) -> tuple[str, Schedule]:
    if entry in PRESETS:
        title, words = PRESETS[entry]
        return title, parse_schedule(words, steps=steps, peak=peak)
    if entry in recipes():
        recipe = recipes()[entry]
        return recipe.title, recipe.scaled(steps, peak)
    title, colon, words = entry.partition(": ")
    try:
        schedule = parse_schedule(words if colon else entry, steps=steps, peak=peak)
    except ConfigError as error:
        raise ConfigError("runners", f"'{entry}': {error.message}", hint=error.hint) from None
    return title.strip() if colon else entry, schedule


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "runner"
