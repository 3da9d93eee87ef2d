"""Checkpoints: safetensors files in the tensor names of ``LlamaForCausalLM``, written whole or not at all.

A *model* file holds weights and, in its metadata, the shape and step. A *resume* file holds weights and
optimizer state of the last save, for going on after a stop or a crash. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from simulator.errors import CheckpointError, ConfigError
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer
from simulator.runs.files import is_plain, replace_atomically
from simulator.training.loop import optimizer_tensors

RESUME_FILE = "resume.safetensors"
MAX_BYTES = 8 << 30
_EXTRA = "extra/"


def llama_tensors(model: Transformer) -> dict[str, Tensor]:
    """Copies of the model's weights on the CPU under their Llama names, joined matrices taken apart."""
    return {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in _views(model).items()
    }


def save_model(path: Path, model: Transformer, step: int) -> None:
    """Write the weights.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    _write(path, llama_tensors(model), {"shape": json.dumps(model.shape.to_dict()), "step": str(step)})


def load_model(path: Path) -> tuple[Transformer, int]:
    """Read a model file: the model on the CPU, and its training step.

    Raises:
        CheckpointError: if the file is missing, truncated, or does not hold such a model.
    """
    tensors, metadata = _read(path)
    model = _empty_model(path, metadata)
    _fill(path, model, tensors)
    return model, int(metadata["step"])


def load_weights(path: Path, model: Transformer) -> int:
    """Put the weights of a model file into a model of the same shape; returns their training step.

    Raises:
        CheckpointError: if the file is missing, truncated, or does not fit the model.
    """
    tensors, metadata = _read(path)
    _fill(path, model, tensors)
    return int(metadata["step"])


Learning = tuple[Transformer, list[torch.optim.Optimizer]]
"""A model and the optimizers that train it."""


def save_resume(path: Path, model: Transformer, optimizers: list[torch.optim.Optimizer], step: int) -> None:
    """Write all that is needed to go on with step ``step``.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    save_resume_of(path, {"": (model, optimizers)}, step)


def save_resume_of(
    path: Path, parts: Mapping[str, Learning], step: int, extra: Mapping[str, float] | None = None
) -> None:
    """The same for several models that learn in lock-step, in one file, so that none can be ahead of another.

    Args:
        path: The file.
        parts: Models and optimizers by a prefix of their tensors' names, such as ``left/``.
        step: The step to go on with.
        extra: Numbers by name that belong to the same moment, such as a loss scale.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    tensors: dict[str, Tensor] = {
        f"{_EXTRA}{name}": torch.tensor(value, dtype=torch.float64) for name, value in (extra or {}).items()
    }
    for prefix, (model, optimizers) in parts.items():
        tensors |= {f"{prefix}{name}": tensor for name, tensor in llama_tensors(model).items()}
        tensors |= {
            f"{prefix}optimizer/{name}": tensor.detach().cpu().contiguous()
            for name, tensor in optimizer_tensors(optimizers).items()
        }
    first = next(iter(parts.values()))[0]
    _write(path, tensors, {"shape": json.dumps(first.shape.to_dict()), "step": str(step)})


def load_resume(path: Path, model: Transformer, optimizers: list[torch.optim.Optimizer]) -> int:
    """Put weights and optimizer state back; returns the step to go on with.

    Raises:
        CheckpointError: if the file is missing, truncated, or does not fit the model.
    """
    return load_resume_of(path, {"": (model, optimizers)})


def load_resume_of(
    path: Path, parts: Mapping[str, Learning], extra: MutableMapping[str, float] | None = None
) -> int:
    """The same for several models: what :func:`save_resume_of` wrote; ``extra`` is filled with its numbers.

    Raises:
        CheckpointError: if the file is missing, truncated, or does not fit the models.
    """
    tensors, metadata = _read(path)
    for prefix, (model, optimizers) in parts.items():
        own = {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        _fill(path, model, own)
        for name, tensor in own.items():
            if name.startswith("optimizer/"):
                _put_state(path, optimizers, name, tensor)
    if extra is not None:
        own = {name: tensor for name, tensor in tensors.items() if name.startswith(_EXTRA)}
        if any(tensor.ndim for tensor in own.values()):
            raise CheckpointError(f"{path.name} holds numbers of another kind.", hint=_START_AGAIN)
        extra.update({name[len(_EXTRA) :]: float(tensor) for name, tensor in own.items()})
    return int(metadata["step"])


def _put_state(path: Path, optimizers: list[torch.optim.Optimizer], name: str, tensor: Tensor) -> None:
    try:
        _, number, position, key = name.split("/")
        optimizer = optimizers[int(number)]
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        parameter = parameters[int(position)]
    except (ValueError, IndexError):
        raise CheckpointError(
            f"{path.name} holds optimizer state of another kind.", hint=_START_AGAIN
        ) from None
    device = "cpu" if key == "step" and parameter.device.type == "cpu" else parameter.device
    optimizer.state[parameter][key] = tensor.to(device).clone()


_START_AGAIN = "Choose an earlier checkpoint, or start the run again."


def _write(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    replace_atomically(path, save(dict(tensors), metadata))


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        if not is_plain(path):
            raise CheckpointError(f"{path.name} is not a plain file.", hint=_START_AGAIN)
        if path.stat().st_size > MAX_BYTES:
            raise CheckpointError(f"{path.name} is larger than {MAX_BYTES >> 30} GiB.", hint=_START_AGAIN)
        data = path.read_bytes()
        (header,) = struct.unpack("<Q", data[:8])
        metadata = json.loads(data[8 : 8 + header])["__metadata__"]
        tensors = load(data)
        int(metadata["step"])
    except OSError as error:
        raise CheckpointError(
            f"{path.name} cannot be read: {os.strerror(error.errno or 0)}.", hint=_START_AGAIN
        ) from None
    except (SafetensorError, ValueError, KeyError, TypeError, struct.error, RecursionError):
        raise CheckpointError(
            f"{path.name} is damaged: it is not a whole checkpoint.", hint=_START_AGAIN
        ) from None
    return tensors, metadata


def _empty_model(path: Path, metadata: Mapping[str, Any]) -> Transformer:
    try:
        shape = ModelShape(**json.loads(metadata["shape"]))
        if shape.total() * 4 > MAX_BYTES:
            raise ValueError("too large")
        return Transformer(shape)
    except (KeyError, ValueError, TypeError, ConfigError):
        raise CheckpointError(
            f"{path.name} does not say what shape its model has.", hint=_START_AGAIN
        ) from None


@torch.no_grad()
def _fill(path: Path, model: Transformer, tensors: Mapping[str, Tensor]) -> None:
    """Copy weights by their Llama names into the model, wherever it is."""
    targets = _views(model)
    missing = targets.keys() - tensors.keys()
    if missing:
        raise CheckpointError(f"{path.name} lacks the weights '{min(missing)}'.", hint=_START_AGAIN)
    for name, target in targets.items():
        if target.shape != tensors[name].shape:
            raise CheckpointError(f"{path.name} holds a model of another size ('{name}').", hint=_START_AGAIN)
        if not tensors[name].isfinite().all():
            raise CheckpointError(
                f"{path.name} is damaged: '{name}' holds what is no number.", hint=_START_AGAIN
            )
        target.copy_(tensors[name])


def _layout(shape: ModelShape) -> dict[str, tuple[tuple[str, int], ...]]:
    """For each of a block's parameters: the Llama names of its parts and how many rows each has."""
    kv_rows = shape.kv_heads * shape.head_dim
    return {
        "attention.qkv": (
            ("self_attn.q_proj", shape.heads * shape.head_dim),
            ("self_attn.k_proj", kv_rows),
            ("self_attn.v_proj", kv_rows),
        ),
        "attention.output": (("self_attn.o_proj", shape.hidden),),
        "feed_forward.gate_up": (("mlp.gate_proj", shape.ffn), ("mlp.up_proj", shape.ffn)),
        "feed_forward.down": (("mlp.down_proj", shape.hidden),),
        "attention_norm": (("input_layernorm", shape.hidden),),
        "ffn_norm": (("post_attention_layernorm", shape.hidden),),
    }  # fmt: skip


def _views(model: Transformer) -> dict[str, Tensor]:
    """The model's own memory under its Llama names (not copies)."""
    shape, found = (
        model.shape,
        {
            "model.embed_tokens.weight": model.embedding.weight.data,
            "model.norm.weight": model.norm.weight.data,
        },
    )
    if not shape.tied:
        found["lm_head.weight"] = model.head.weight.data
    for layer, block in enumerate(model.blocks):
        for name, parts in _layout(shape).items():
            weight, start = block.get_parameter(f"{name}.weight").data, 0
            for theirs, rows in parts:
                found[f"model.layers.{layer}.{theirs}.weight"] = weight[start : start + rows]
                start += rows
    return found
