"""Playing a recorded run again, at any speed. Pure: the clock is passed in."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable

from simulator.runs.events import Event

LONGEST_GAP = 3.0  # seconds of silence kept; a run resumed the next day does not make the audience wait


class Replay:
    """Gives the events of a recorded run when they are due.

    Attributes:
        speed: Recorded seconds per second of the clock; 0 holds still.
    """

    def __init__(self, events: Iterable[Event], speed: float = 1.0) -> None:
        """Take the whole stream; its times need not be in order."""
        self._events = list(events)
        self._times = _timeline(self._events)
        self._given = 0
        self._position = 0.0
        self._clock: float | None = None
        self._speed = 1.0
        self.speed = speed

    @property
    def speed(self) -> float:
        """Recorded seconds per second of the clock."""
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"speed must be 0 or more, not {value}")
        self._speed = value

    @property
    def duration(self) -> float:
        """Recorded seconds from first to last event, long silences shortened."""
        return self._times[-1] if self._times else 0.0

    @property
    def position(self) -> float:
        """Recorded seconds played."""
        return self._position

    @property
    def done(self) -> bool:
        """Whether every event has been given."""
        return self._given == len(self._events)

    def due(self, now: float) -> list[Event]:
        """Events that became due since the last call.

        Args:
            now: The caller's clock in seconds; it may start anywhere, and only its forward movement counts.
        """
        if self._clock is not None:
            moved = max(0.0, now - self._clock) * self._speed
            self._position = min(self.duration, self._position + moved)
        self._clock = now
        end = bisect.bisect_right(self._times, self._position)
        found = self._events[self._given : end]
        self._given = max(self._given, end)
        return found

    def seek(self, fraction: float) -> bool:
        """Move to a fraction (0 to 1) of the duration; the next :meth:`due` gives what lies between.

        Returns:
            True if this went backwards: the reader must start again with an empty history, and the next
            :meth:`due` gives every event from the first.
        """
        target = min(1.0, max(0.0, fraction)) * self.duration
        backwards = target < self._position
        self._position = target
        if backwards:
            self._given = 0
        return backwards


def _timeline(events: list[Event]) -> list[float]:
    """Seconds from the start for each event: never decreasing, no silence longer than LONGEST_GAP."""
    times, now = [], 0.0
    for index, event in enumerate(events):
        gap = event.time - events[index - 1].time if index else 0.0
        now += min(max(gap, 0.0), LONGEST_GAP) if math.isfinite(gap) else 0.0
        times.append(now)
    return times
