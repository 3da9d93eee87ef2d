"""The calculators behind ``calc memory``, ``calc activations`` and ``calc kv-cache``: configs and functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from simulator.accounting.activations import (
    RECOMPUTE,
    ActivationPlan,
    Recompute,
    attention_share,
    gpu_bytes,
    layer_bytes,
    layers_in_flight,
    outside_bytes,
    recompute_bytes,
)
from simulator.accounting.kv_cache import CACHE_FORMATS, cache_bytes_per_token
from simulator.accounting.layout import tensor_layout
from simulator.accounting.states import CONVENTIONS, OPTIMIZERS, Convention, model_states
from simulator.config import Config, setting
from simulator.errors import ConfigError
from simulator.model.shapes import PRESETS

_MOST = 10_000_000
_MOST_GPUS = 1_000_000
_OWN = "own"


def _count(help: str, default: int = 0, *, low: int = 0, group: str = "Model", label: str = "") -> Any:
    return setting(default, help, label=label, low=low, high=_MOST, group=group)


def _gpus(help: str, label: str) -> Any:
    return setting(1, help, label=label, unit="GPUs", low=1, high=_MOST_GPUS, group="Parallelism")


def _preset() -> Any:
    return setting(
        _OWN, "A published model, or 'own' for the numbers given.", choices=(_OWN, *PRESETS), group="Model"
    )


@dataclass(frozen=True, kw_only=True)
class MemoryConfig(Config):
    """Model states on each GPU: parameters, gradients and optimizer."""

    params: float = setting(
        0.0,
        "Parameters of the model; 0 for those of the preset.",
        label="Parameters",
        low=0,
        high=1e18,
        group="Model",
    )
    preset: str = _preset()
    convention: str = setting(
        "zero",
        "Whose way of counting: 16, 18 or 20 bytes a parameter with Adam.",
        choices=CONVENTIONS,
        group="Counting",
    )
    optimizer: str = setting("adam", "The optimizer.", choices=tuple(OPTIMIZERS), group="Counting")
    momentum: bool = setting(False, "SGD keeps a momentum.", group="Counting", expert=True)
    zero: int = setting(
        0, "ZeRO stage: 1 shares out the optimizer, 2 the gradients too, 3 the weights too.", label="ZeRO stage",
        low=0, high=3, group="Parallelism",
    )  # fmt: skip
    dp: int = _gpus("GPUs that hold the same part of the model.", "Data parallel")
    tp: int = _gpus("GPUs that share each layer.", "Tensor parallel")
    pp: int = _gpus("Stages that the layers are divided into.", "Pipeline parallel")
    largest_layer: float = setting(
        0.0, "Parameters of the largest layer, which DeepSpeed adds in ZeRO-3.", unit="parameters", low=0, high=1e18,
        group="Counting", expert=True,
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.params) == (self.preset in PRESETS):
            count = "Both are" if self.params else "Neither is"
            raise ConfigError("params", f"{count} given of --params and --preset.",
                              hint="Give a number such as 7B, or the name of a published model.")  # fmt: skip


def memory(config: MemoryConfig) -> dict[str, Any]:
    """``parameters``, ``gradients``, ``optimizer`` and ``total``, bytes on each GPU; see :func:`model_states`."""
    shape = PRESETS.get(config.preset)
    parameters = config.params if shape is None else shape.total()
    states = model_states(
        parameters,
        convention=cast(Convention, config.convention),  # one of the choices
        optimizer=config.optimizer,
        zero=config.zero,
        dp=config.dp,
        tp=config.tp,
        pp=config.pp,
        layout=() if shape is None else tensor_layout(shape),
        largest_layer=config.largest_layer,
        momentum=config.momentum,
    )
    gpus = config.dp * config.tp * config.pp
    return {
        "parameters": _whole(states.parameters),
        "gradients": _whole(states.gradients),
        "optimizer": _whole(states.optimizer),
        "total": _whole(states.total),
        "gpus": gpus,
        "model_parameters": _whole(parameters),
        "bytes_per_parameter": states.total / parameters,
        "convention": config.convention,
        "zero": config.zero,
    }


@dataclass(frozen=True, kw_only=True)
class ActivationsConfig(Config):
    """Activations of a GPT-style transformer in 16 bits (Korthikanti et al. 2022)."""

    layers: int = _count("Transformer layers.")
    hidden: int = _count("Width of the residual stream.", label="Width")
    heads: int = _count("Attention heads.")
    vocab: int = _count(
        "Vocabulary, to count what lies outside the layers; 0 leaves that out.", label="Vocabulary"
    )
    sequence: int = _count("Tokens of a sequence.", 2048, low=1, group="Batch")
    micro_batch: int = _count("Sequences at a time.", 1, low=1, group="Batch")
    micro_batches: int = _count("Micro-batches of a step; 0 for at least as many as stages.", group="Batch")
    tp: int = _gpus("GPUs that share each layer.", "Tensor parallel")
    sequence_parallel: bool = setting(
        False, "They share norms and dropouts along the sequence too.", group="Parallelism"
    )
    pp: int = _gpus("Pipeline stages, 1F1B; the first one is the fullest.", "Pipeline parallel")
    virtual: int = setting(
        1, "Parts of the model on each stage (interleaved).", label="Virtual stages", low=1, high=1000,
        group="Parallelism", expert=True,
    )  # fmt: skip
    recompute: str = setting(
        "none", "What the backward pass computes again: nothing, attention, or whole layers.", choices=RECOMPUTE,
        group="Memory",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("layers", "hidden", "heads"):
            if not getattr(self, name):
                raise ConfigError(name, f"--{name} is missing.", hint="Give --layers, --hidden and --heads.")
        if self.layers < self.pp * self.virtual:
            raise ConfigError(
                "pp", f"{self.layers} layers cannot be divided into {self.pp * self.virtual} parts.",
                hint="Use fewer pipeline or virtual stages.",
            )  # fmt: skip

    def plan(self) -> ActivationPlan:
        """The numbers as the formulas take them."""
        values = {name: getattr(self, name) for name in ActivationPlan.__dataclass_fields__}
        return ActivationPlan(**{**values, "recompute": cast(Recompute, self.recompute)})


def activations(config: ActivationsConfig) -> dict[str, Any]:
    """``bytes_per_layer`` and ``bytes_per_gpu`` (the first pipeline stage), and what they are made of."""
    plan = config.plan()
    return {
        "bytes_per_layer": _whole(layer_bytes(plan)),
        "bytes_per_gpu": _whole(gpu_bytes(plan)),
        "layers_in_flight": _whole(layers_in_flight(plan)),
        "outside_layers": _whole(outside_bytes(plan)),
        "recompute_workspace": _whole(recompute_bytes(plan)),
        "attention_share": attention_share(plan),
    }


@dataclass(frozen=True, kw_only=True)
class KvCacheConfig(Config):
    """The KV cache of a model that generates."""

    preset: str = _preset()
    layers: int = _count("Transformer layers.")
    kv_heads: int = _count("Key-value heads.", label="Key-value heads")
    head_dim: int = _count("Channels of a head.", label="Head size")
    sequence: int = _count("Tokens of a sequence, prompt and answer together.", 4096, low=1, group="Use")
    batch: int = _count("Sequences at a time.", 1, low=1, group="Use")
    format: str = setting("fp16", "Number format of keys and values.", choices=CACHE_FORMATS, group="Use")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in self.numbers().items():
            if not value:
                flag = "--" + name.replace("_", "-")
                raise ConfigError(name, f"{flag} is missing.",
                                  hint="Give --layers, --kv-heads and --head-dim, or a --preset.")  # fmt: skip

    def numbers(self) -> dict[str, int]:
        """Layers, key-value heads and head size: those given, else those of the preset."""
        shape = PRESETS.get(self.preset)
        names = ("layers", "kv_heads", "head_dim")
        return {name: getattr(self, name) or (getattr(shape, name) if shape else 0) for name in names}


def kv_cache(config: KvCacheConfig) -> dict[str, Any]:
    """``bytes_per_token`` and ``bytes`` of the whole batch."""
    numbers = config.numbers()
    each = cache_bytes_per_token(**numbers, format=config.format)
    return {
        "bytes_per_token": _whole(each),
        "bytes": _whole(each * config.sequence * config.batch),
        **numbers,
        "tokens": config.sequence * config.batch,
        "format": config.format,
    }


def _whole(value: float) -> float | int:
    """A whole number as such."""
    return int(value) if value == int(value) else value
