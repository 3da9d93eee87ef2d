"""The parameter calculator: how many parameters a Llama-architecture model has, and where. Pure: no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.config import Config, setting
from simulator.errors import ConfigError
from simulator.model.shapes import PRESETS, ModelShape

_MOST = 10_000_000
_NUMBERS = ("layers", "hidden", "heads", "ffn", "vocab")


def _size(help: str, label: str = "") -> Any:
    return setting(0, help, label=label, low=0, high=_MOST, group="Shape")


@dataclass(frozen=True, kw_only=True)
class ParametersConfig(Config):
    """A published model by name, or the numbers of one's own; numbers given beside a name change it."""

    preset: str = setting(
        "own", "A published model, or 'own' for the numbers given.", choices=("own", *PRESETS), group="Model"
    )
    layers: int = _size("Transformer blocks.")
    hidden: int = _size("Width of the residual stream.", "Width")
    heads: int = _size("Attention heads.")
    kv_heads: int = _size("Key-value heads; 0 for as many as heads.", "Key-value heads")
    ffn: int = _size("Inner width of the SwiGLU feed-forward.", "Feed-forward width")
    vocab: int = _size("Tokens in the vocabulary.", "Vocabulary")
    tied: bool = setting(
        False, "The output head shares the embedding matrix.", label="Tied head", group="Shape"
    )

    def shape(self) -> ModelShape:
        """The model's shape.

        Raises:
            ConfigError: if a number is missing, or they do not fit together.
        """
        known = PRESETS[self.preset].to_dict() if self.preset in PRESETS else {}
        own = {name: getattr(self, name) for name in _NUMBERS if getattr(self, name)}
        if self.heads or self.kv_heads:
            own["kv_heads"] = self.kv_heads or self.heads
        if own.keys() & {"hidden", "heads"}:
            own["head_dim"] = 0  # it follows from these two
        values = {**known, **own, "tied": self.tied or bool(known.get("tied"))}
        for name in _NUMBERS:
            if name not in values:
                flags = ", ".join(f"--{number}" for number in _NUMBERS)
                raise ConfigError(name, f"--{name} is missing.", hint=f"Give {flags}, or a --preset.")
        return ModelShape(**values)


def count_parameters(config: ParametersConfig) -> dict[str, Any]:
    """``total`` and ``parts`` (by name, adding up to the total), with the shape they follow from."""
    shape = config.shape()
    return {"total": shape.total(), "parts": shape.parts(), "shape": shape.to_dict()}
