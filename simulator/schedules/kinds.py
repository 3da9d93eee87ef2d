"""The ten kinds of learning-rate schedules, and the one drawn by hand: what each is called, and who proposed it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of schedule.

    Attributes:
        name: Its word in settings: ``cosine-restarts``.
        title: Its heading.
        sentence: What it does, one plain sentence.
        source: Who proposed it.
        uses: Names of the schedule's numbers that it looks at, besides peak, steps and hold.
    """

    name: str
    title: str
    sentence: str
    source: str
    uses: tuple[str, ...]


_ALL = (
    Kind(name="constant", title="Constant", sentence="The same rate to the end.",
         source="the baseline of Hägele et al. 2024", uses=("warmup",)),
    Kind(name="linear", title="Linear", sentence="Falls by the same amount every step.",
         source="Devlin et al. 2018 (BERT); Bergsma et al. 2025", uses=("warmup", "final_ratio")),
    Kind(name="cosine", title="Cosine", sentence="Falls slowly, then fast, then slowly again: half a cosine wave.",
         source="Loshchilov & Hutter 2017", uses=("warmup", "final_ratio")),
    Kind(name="cosine-restarts", title="Cosine with restarts", sentence="Falls, jumps back up, and falls again.",
         source="Loshchilov & Hutter 2017 (SGDR)", uses=("warmup", "final_ratio", "cycles", "growth")),
    Kind(name="wsd", title="Warm-up, stable, decay", sentence="Stays at the peak, then falls at the very end.",
         source="Hu et al. 2024 (MiniCPM); Hägele et al. 2024", uses=("warmup", "final_ratio", "decay", "shape")),
    Kind(name="inverse-sqrt", title="Inverse square root",
         sentence="Falls with one over the root of the step, with no end in mind.",
         source="Vaswani et al. 2017", uses=("warmup", "final_ratio", "timescale")),
    Kind(name="step", title="Step", sentence="Drops at fixed moments, level in between.",
         source="He et al. 2016 (ResNet); DeepSeek LLM 2024", uses=("warmup", "final_ratio", "milestones", "gamma")),
    Kind(name="exponential", title="Exponential", sentence="Loses the same share every step.",
         source="torch.optim.lr_scheduler.ExponentialLR", uses=("warmup", "final_ratio", "gamma")),
    Kind(name="one-cycle", title="One cycle", sentence="Climbs for a third of the run, then falls far below its start.",
         source="Smith & Topin 2018, as in torch's OneCycleLR",
         uses=("warmup", "final_ratio", "start_ratio", "shape")),
    Kind(name="polynomial", title="Polynomial", sentence="Falls like a power of the time left.",
         source="torch's PolynomialLR; Chen et al. 2017 (DeepLab)", uses=("warmup", "final_ratio", "power")),
    Kind(name="drawn", title="Drawn by hand", sentence="Goes through the points that you set.",
         source="monotone interpolation of Fritsch & Butland 1984", uses=("points",)),
)  # fmt: skip

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
NAMES: tuple[str, ...] = tuple(KINDS)
SHAPES = ("linear", "cosine", "1-sqrt")
"""How the rate falls in the decay of ``wsd`` and goes up and down in ``one-cycle`` (which has no ``1-sqrt``)."""
