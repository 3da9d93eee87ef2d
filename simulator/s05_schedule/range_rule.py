"""What a range test says: from the loss at each rate to a rate to train with. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

TENTH = 10.0
BREAKS = 0.1  # of what had been won: a smoothed loss that has lost so much again no longer learns
LEAST_WON = (
    0.05  # of the first loss; a test that wins less has not reached the rates at which anything is learned
)


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """The outcome of a range test.

    Attributes:
        suggested: A peak to train with; 0 where the test cannot tell.
        steepest: The rate at which the smoothed loss fell fastest, for each doubling of the rate.
        lowest: The rate at which it was lowest.
        diverges_at: The rate at which it had clearly risen again; 0 where it never did.
        why: The rule in plain words, with these numbers.
    """

    suggested: float
    steepest: float
    lowest: float
    diverges_at: float
    why: str

    def to_dict(self) -> dict[str, Any]:
        """For the record ``range``."""
        return dict(vars(self))


def smoothed(losses: Array, past: float) -> Array:
    """Exponential mean of each loss and those before it, corrected for its start (Kingma & Ba 2015, section 3)."""
    result, mean = np.empty(len(losses)), 0.0
    for index, loss in enumerate(losses):
        mean = past * mean + (1 - past) * loss
        result[index] = mean / (1 - past ** (index + 1))
    return result


def exponential_rates(lowest: float, highest: float, steps: int) -> Array:
    """Rates (steps,) that grow by the same factor every step."""
    return np.geomspace(lowest, highest, steps)


def suggest(rates: Array, curve: Array) -> Suggestion:
    """Read a range test.

    The rate of the lowest loss is too high for a run of any length: there learning is about to break, and the
    smoothing lags behind (Smith 2017, section 3.3, reads the same curve). Two rules of thumb are in use, those of
    fastai's finder: a tenth of that rate, and the rate at which the loss falls fastest with the logarithm of the rate.
    The suggestion lies between the two, at their geometric mean.

    Args:
        rates: Rising learning rates, (n,).
        curve: The smoothed loss at each, (n,); what follows the first that is not finite is ignored.
    """
    finite = np.isfinite(curve)
    length = len(curve) if finite.all() else int(np.argmin(finite))
    rates, curve = rates[:length], curve[:length]
    if length < 3 or curve[0] - curve.min() < LEAST_WON * curve[0]:
        return Suggestion(suggested=0.0, steepest=0.0, lowest=0.0, diverges_at=0.0,
                          why="The loss hardly moved: test higher rates, or take more steps.")  # fmt: skip
    low = int(np.argmin(curve))
    slope = np.gradient(curve[: low + 1], np.log2(rates[: low + 1])) if low >= 1 else np.zeros(1)
    steep = int(np.argmin(slope))
    after = np.flatnonzero(curve[low:] > curve[low] + BREAKS * (curve[0] - curve[low]))
    breaks = float(rates[low + int(after[0])]) if len(after) else 0.0
    ending = (
        f"it was clearly rising at {breaks:.2g}" if breaks else "it had not yet risen when the test ended"
    )
    why = (
        f"The smoothed loss fell fastest at {rates[steep]:.2g}, was lowest at {rates[low]:.2g}, and {ending}. "
        "At the lowest point learning is about to break; the suggestion lies between a tenth of that and the fastest."
    )
    return Suggestion(
        suggested=math.sqrt(float(rates[steep]) * float(rates[low]) / TENTH),
        steepest=float(rates[steep]),
        lowest=float(rates[low]),
        diverges_at=breaks,
        why=why,
    )
