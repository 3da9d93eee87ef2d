"""How a run went, in plain words with its evidence: a function of what was measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

WINDOW = 0.04  # of the run, over which the loss is smoothed
ROSE = 0.5  # nats above where it began: more than noise can do to a smoothed loss
JUMP = 0.35  # nats above what it had reached
QUIET = 6.0  # standard deviations of the noise that a spike must also stand out by
LEARNED = 0.9  # of the plain-frequency loss: below it, more than frequencies is known
FLAT = (
    0.3  # nats: a second half that brings less, with little known, has stalled; else it is still on its way
)
TINY_UPDATE = (
    6e-4  # of the weights' norm: typical updates are one to ten thousandths (Karpathy 2019: about 1e-3)
)
FULL_START = 0.5  # of the peak: a first step of at least this is no warm-up
_TITLES = {
    "healthy": "Healthy",
    "spike": "It spiked, and recovered",
    "diverged": "It blew up",
    "stalled": "It stalled",
    "too-slow": "Too slow",
}
LEVELS = {"healthy": "good", "spike": "warning", "diverged": "bad", "stalled": "bad", "too-slow": "warning"}


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """A reading of one run.

    Attributes:
        kind: ``healthy``, ``spike``, ``diverged``, ``stalled`` or ``too-slow``.
        title: Two or three words.
        text: What happened, why, and what to do: plain sentences.
        evidence: The numbers that it rests on.
    """

    kind: str
    title: str
    text: str
    evidence: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """For the record ``<runner>/diagnosis``."""
        return {"kind": self.kind, "title": self.title, "text": self.text, "evidence": dict(self.evidence)}


def diagnose(
    losses: Array, rates: Array, update_ratios: Array, *, frequency_loss: float, total_steps: int = 0
) -> Diagnosis:
    """Read a run.

    Rules, the first that fits: a loss that is no number, or one that rose far above where it began and never came to
    know more than frequencies, has *diverged*; a rise far above what had been reached, with recovery, is a *spike*;
    tiny updates and a loss near its start are *too slow*; a second half that brings almost nothing while the model
    knows little more than frequencies has *stalled*; the rest is healthy.

    Args:
        losses: Loss of every step so far, (n,), at least one; what comes after the first that is not finite is ignored.
        rates: Learning rates, (n,).
        update_ratios: Norms of the updates over those of the weights, (n,).
        frequency_loss: Loss (nats) of one who knows only how frequent each token is.
        total_steps: Steps of the whole run; 0 for those given.
    """
    finite = np.isfinite(losses)
    broken = -1 if finite.all() else int(np.argmin(finite))
    length = broken if broken >= 0 else len(losses)
    evidence = _evidence(losses[:length], rates, update_ratios[:length], frequency_loss, total_steps)
    if broken >= 0:
        evidence["broke_at"] = float(broken + 1)
    kind = "diverged" if broken >= 0 else _kind(evidence)
    return Diagnosis(kind=kind, title=_TITLES[kind], text=_words(kind, evidence), evidence=evidence)


def smooth(values: Array, window: int) -> Array:
    """Mean of each value and those before it, ``window`` at most: shape as given."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - window, 0)
    result: Array = (sums[ends] - sums[begins]) / (ends - begins)
    return result


def _evidence(
    losses: Array, rates: Array, ratios: Array, frequency_loss: float, total_steps: int
) -> dict[str, float]:
    peak = float(rates.max()) if len(rates) else 0.0
    found = {
        "peak_rate": peak,
        "first_rate_share": float(rates[:2].max()) / peak if peak else 0.0,
        "frequency_loss": frequency_loss,
        "done": len(losses) / max(total_steps or len(losses), 1),
    }
    if not len(losses):
        return found
    curve = smooth(losses, max(3, round(WINDOW * len(losses))))
    reached = np.minimum.accumulate(curve)
    rise = curve - reached
    top, worst = int(np.argmax(rise)), int(np.argmax(curve))
    usual = ratios[np.isfinite(ratios)]
    return found | {
        "first_loss": float(losses[0]), "last_loss": float(curve[-1]), "best_loss": float(reached[-1]),
        "half_loss": float(curve[len(curve) // 2]), "highest_loss": float(curve[worst]),
        "highest_at": float(worst + 1), "jump": float(rise[top]), "jump_at": float(top + 1),
        "noise": float(np.std(losses - curve)), "update_ratio": float(np.median(usual)) if len(usual) else 0.0,
    }  # fmt: skip


def _kind(found: Mapping[str, float]) -> str:
    learned = found["last_loss"] < LEARNED * found["frequency_loss"]
    above = found["highest_loss"] - found["first_loss"]
    if above > ROSE and not learned:
        return "diverged"
    if max(above, 0.0) > ROSE or found["jump"] > max(JUMP, QUIET * found["noise"]):
        return "spike" if learned else "stalled"
    gained = found["half_loss"] - found["last_loss"]
    if not learned and found["update_ratio"] < TINY_UPDATE:
        return "too-slow"
    if not learned:
        return "stalled" if gained < FLAT else "too-slow"
    return "healthy"


def _words(kind: str, found: Mapping[str, float]) -> str:
    cold = found["first_rate_share"] >= FULL_START
    warm = " It took full-size steps from the very first one: warm up." if cold else " Lower the peak."
    if "first_loss" not in found:
        return f"The loss was no number from the first step on.{warm}"
    first, last = f"{found['first_loss']:.2f}", f"{found['last_loss']:.2f}"
    if kind == "diverged" and "broke_at" in found:
        return f"At step {found['broke_at']:.0f} the loss stopped being a number.{warm}"
    if kind == "diverged":
        return (
            f"The loss began at {first} and rose to {found['highest_loss']:.2f} by step {found['highest_at']:.0f}. "
            f"The rate, up to {found['peak_rate']:.3g}, threw the weights too far to come back.{warm}"
        )
    if kind == "spike":
        return (
            f"Around step {found['jump_at']:.0f} the loss jumped up by {found['jump']:.2f} nats, then it came back to "
            f"{last}. What was learned before the jump had to be learned again.{warm}"
        )
    if kind == "stalled":
        return (
            f"The loss stands at {last}: what one gets from knowing how frequent each token is "
            f"({found['frequency_loss']:.2f}), and no more. Early steps that were too large broke the layers.{warm}"
        )
    if kind == "too-slow":
        return (
            f"The loss came from {first} to {last} only. A step moves the weights by {found['update_ratio']:.1e} of "
            f"their size; about 1e-3 is usual. Raise the peak from {found['peak_rate']:.3g}."
        )
    return f"The loss fell from {first} to {last} without a jump or a stop."
