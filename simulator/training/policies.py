"""Precision policies by name: what a training step keeps in which number format. Pure: no torch."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How the numbers of a training step are kept. Master weights and optimizer state are fp32 in all of them.

    Attributes:
        key: Name, as in metrics and on the command line.
        title: Its name for people.
        sentence: What it does, in plain words.
        forward: Format of what matrix products read in the forward pass, a name in
            ``simulator.formats.floats.FORMATS``.
        backward: Format of the gradients that flow through matrix products.
        scaled: Whether the loss is scaled, dynamically.
        source: Where it comes from.
    """

    key: str
    title: str
    sentence: str
    forward: str
    backward: str
    scaled: bool = False
    source: str = ""


_MIXED = "as reported in Micikevicius et al. 2018, Mixed precision training"
_BF16 = "as reported in Kalamkar et al. 2019, A study of BFLOAT16"
_FP8 = "as reported in Micikevicius et al. 2022, FP8 formats for deep learning"

POLICIES: dict[str, Policy] = {
    item.key: item
    for item in (
        Policy(key="fp32", title="FP32", forward="fp32", backward="fp32",
               sentence="Everything in 32 bits: what the others are held against."),
        Policy(key="bf16", title="BF16", forward="bf16", backward="bf16", source=_BF16,
               sentence="Products in 16 bits with FP32's range: coarser steps, but nothing vanishes."),
        Policy(key="fp16", title="FP16", forward="fp16", backward="fp16", source=_MIXED,
               sentence="Products in 16 bits with fine steps and a short range: small gradients become 0."),
        Policy(key="fp16-scaled", title="FP16 + loss scaling", forward="fp16", backward="fp16", scaled=True,
               source=_MIXED,
               sentence="The same, but the loss is multiplied first, so that small gradients stay in range."),
        Policy(key="fp8", title="FP8", forward="fp8_e4m3", backward="fp8_e5m2", source=_FP8,
               sentence="Layers' products in 8 bits: E4M3 forward, E5M2 backward, a scale for every tensor; "
                        "the rest as in BF16."),
    )
}  # fmt: skip
"""Every policy by its name, in the order in which they are shown."""


def find_policy(key: str) -> Policy:
    """Look a policy up.

    Raises:
        ConfigError: if there is none of that name.
    """
    if key not in POLICIES:
        raise ConfigError(
            "policy",
            f"There is no precision policy '{key}'.",
            hint=f"Choose one of: {', '.join(POLICIES)}.",
        )
    return POLICIES[key]
