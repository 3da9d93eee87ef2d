"""The settings of the scaling view: which law, and what a GPU is taken to do."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.config import Config, setting
from simulator.facts import Fact, fact
from simulator.s01_data.scaling import APPROACHES, FITS

_GPU_FACTS = {"A100": "a100-bf16-peak", "H100": "h100-bf16-peak"}


@dataclass(frozen=True, kw_only=True)
class ScalingConfig(Config):
    """The scaling law on show, and the assumptions behind the GPU-hours."""

    approach: str = setting(
        "1",
        "1: about 20 tokens a parameter. 2: iso-FLOP profiles. 3: the minimum of the loss formula.",
        choices=APPROACHES,
    )
    fit: str = setting(
        "printed",
        "Constants of the loss formula: as printed, the same before rounding, or refitted in 2024.",
        label="Constants",
        choices=FITS,
    )
    gpu: str = setting(
        "H100",
        "Whose peak speed the GPU-hours are worked out from.",
        label="GPU",
        choices=("A100", "H100"),
        expert=True,
    )
    utilization: float = setting(
        0.4,
        "Share of the peak that training reaches: 0.38 to 0.43 was reported for Llama 3.1 405B.",
        label="Utilization",
        low=0.05,
        high=0.8,
        expert=True,
    )

    def peak(self) -> Fact:
        """The GPU's peak in dense BF16, TFLOP/s, with its source."""
        return fact(_GPU_FACTS[self.gpu])
