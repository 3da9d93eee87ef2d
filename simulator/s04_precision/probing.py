"""Looking into one backward pass: how large everything is, what a policy loses of it, and one number that it loses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from torch import Tensor, nn

from simulator.formats.codec import encode
from simulator.formats.floats import FORMATS
from simulator.model.transformer import Transformer
from simulator.s04_precision.exponents import EDGES, ExponentCounter
from simulator.training.policies import POLICIES, Policy
from simulator.training.precision import backward

Gradients = dict[str, Tensor]


def gradients_of(policy: Policy, model: Transformer, rows: Tensor, factor: float) -> Gradients:
    """The gradients of ``factor`` times the loss as they leave the backward pass; the model keeps none."""
    kept = [weight.grad for weight in model.parameters()]
    for weight in model.parameters():
        weight.grad = None
    try:
        backward(policy, model, rows, factor)
        return {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}
    finally:
        for weight, gradient in zip(model.parameters(), kept, strict=True):
            weight.grad = gradient


@contextmanager
def _watched(model: Transformer, activations: ExponentCounter, flowing: ExponentCounter) -> Iterator[None]:
    """Count what every linear layer reads: its input forward, the gradient of its output backward."""

    def look(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        activations.add(inputs[0])
        output.register_hook(flowing.add)  # type: ignore[no-untyped-call]

    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    handles = [layer.register_forward_hook(look) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def exponents(policy: Policy, model: Transformer, rows: Tensor, factor: float) -> dict[str, Any]:
    """One backward pass under a policy beside the same one in fp32: the fields of a record ``<policy>/exponents``.

    ``counts``, ``zeros`` and ``total`` are of the weights' gradients as they leave the backward pass, with ``factor``
    (loss scale over micro-batches) still in them; ``below``, ``subnormal`` and ``overflow`` say what rounding to the
    policy's backward format does to the true ones (the same gradients in fp32: ``reference``). ``vanished`` counts
    the entries that are not 0 in fp32 and are 0 here, and ``error`` is the relative distance between the two.
    ``flowing`` are the gradients that the layers' products read, ``activations`` their inputs, ``weights`` the master
    weights.

    Args:
        policy: How numbers are kept.
        model: The master weights.
        rows: (batch, sequence + 1) token ids.
        factor: What the loss is multiplied by before the backward pass.
    """
    eight = policy.backward == "fp8_e5m2"
    own = "" if policy.backward == "fp32" else policy.backward
    forward = "" if policy.forward == "fp32" else policy.forward
    activations, flowing = (
        ExponentCounter(forward, tensor_scaled=eight),
        ExponentCounter(own, tensor_scaled=eight),
    )
    with _watched(model, activations, flowing):
        found = gradients_of(policy, model, rows, factor)
    true = found if policy.key == "fp32" else gradients_of(POLICIES["fp32"], model, rows, factor)
    result, reference = ExponentCounter(), ExponentCounter(own, tensor_scaled=eight)
    weights = ExponentCounter(forward, tensor_scaled=eight)
    result.add(*found.values())
    reference.add(*true.values())
    weights.add(*model.parameters())
    vanished = sum(int(((true[name] != 0) & (found[name] == 0)).sum()) for name in true)
    there = sum(int((true[name] != 0).sum()) for name in true)
    truly = reference.fields()
    shares = {name: truly.get(name, 0.0) for name in ("below", "subnormal", "overflow")}
    return {
        "edges": list(EDGES), "format": policy.backward, "factor": factor, **result.fields(), **shares,
        "vanished": vanished, "vanished_share": vanished / max(there, 1), "error": _distance(found, true),
        "reference": truly, "flowing": flowing.fields(), "activations": activations.fields(),
        "weights": weights.fields(),
    }  # fmt: skip


def _distance(found: Gradients, true: Gradients) -> float:
    """``|found - true| / |true|`` over all gradients; infinite where they overflowed."""
    apart = sum(float((found[name] - true[name]).double().square().sum()) for name in true)
    length = sum(float(true[name].double().square().sum()) for name in true)
    return float(np.sqrt(apart / length)) if length > 0 and np.isfinite(apart) else float("inf")


def vanished(model: Transformer, rows: Tensor, micro_batches: int, scale: float) -> dict[str, Any] | None:
    """A gradient that becomes 0 in fp16 and is there when the loss is scaled: the fields of a record ``vanished``.

    All three are computed from the same weights and rows: in fp32, in fp16, and in fp16 with the loss times
    ``scale``. Of the ``lost`` ones, which fp16 rounds to 0 and which are normal numbers when scaled, it is the one of
    middling size. None where nothing vanishes.
    """
    factor = 1.0 / micro_batches
    true = gradients_of(POLICIES["fp32"], model, rows, factor)
    plain = gradients_of(POLICIES["fp16"], model, rows, factor)
    scaled = gradients_of(POLICIES["fp16"], model, rows, factor * scale)
    limit, normal = FORMATS["fp16"].min_subnormal / 2, FORMATS["fp16"].min_normal
    lost: list[tuple[float, str, int]] = []
    for name in (name for name in true if name.startswith("blocks")):
        size, saved = true[name].abs(), scaled[name].abs()
        here = (plain[name] == 0) & (size > 0) & (size <= limit) & (saved >= normal) & saved.isfinite()
        places = here.flatten().nonzero().flatten()
        sizes = size.flatten()[places].tolist()
        lost += [(size, name, place) for size, place in zip(sizes, places.tolist(), strict=True)]
    if not lost:
        return None
    lost.sort()
    _, name, place = lost[len(lost) // 2]
    value, rescued = float(true[name].flatten()[place]), float(scaled[name].flatten()[place])
    index = [int(number) for number in np.unravel_index(place, tuple(true[name].shape))]
    return {
        "name": name, "index": index, "value": value, "bits": _hex(value, "fp32"), "rounded": 0.0,
        "rounded_bits": _hex(float(plain[name].flatten()[place]), "fp16"), "scale": scale,
        "scaled_value": rescued, "scaled_bits": _hex(rescued, "fp16"), "rescued": rescued / scale,
        "error": rescued / scale / value - 1, "micro_batches": micro_batches,
        "lost": len(lost),
    }  # fmt: skip


def _hex(value: float, name: str) -> str:
    """The bits of a number that the format holds, in hex."""
    format = FORMATS[name]
    return f"0x{int(encode(value, format)):0{format.stored_bits // 4}x}"
