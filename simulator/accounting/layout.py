"""The tensors of a model: what optimizers with factored or partial state need to know beyond a parameter count."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.model.shapes import ModelShape

_ASPECT = 128  # width over layers of GPT-3 175B and Llama 7B; others are near it


@dataclass(frozen=True)
class TensorGroup:
    """Some tensors of one shape.

    Attributes:
        name: What they are.
        rows: Rows, 1 for a vector.
        columns: Columns, or the length of a vector.
        count: How many there are.
        hidden: Whether they are hidden matrices, which Muon treats (not the embedding, the head or a norm).
    """

    name: str
    rows: int
    columns: int
    count: int
    hidden: bool

    @property
    def parameters(self) -> int:
        """Parameters in all of them."""
        return self.rows * self.columns * self.count


def tensor_layout(shape: ModelShape) -> tuple[TensorGroup, ...]:
    """The tensors of a Llama-architecture model, as a checkpoint stores them; they add up to ``shape.total()``."""
    layers, hidden, mixed = shape.layers, shape.hidden, shape.heads * shape.head_dim
    keys = shape.kv_heads * shape.head_dim
    groups = [
        TensorGroup("embedding", shape.vocab, hidden, 1, hidden=False),
        TensorGroup("queries", mixed, hidden, layers, hidden=True),
        TensorGroup("keys and values", keys, hidden, 2 * layers, hidden=True),
        TensorGroup("output", hidden, mixed, layers, hidden=True),
        TensorGroup("gate and up", shape.ffn, hidden, 2 * layers, hidden=True),
        TensorGroup("down", hidden, shape.ffn, layers, hidden=True),
        TensorGroup("norms", 1, hidden, 2 * layers + 1, hidden=False),
    ]
    if not shape.tied:
        groups.append(TensorGroup("head", shape.vocab, hidden, 1, hidden=False))
    return tuple(groups)


def assumed_width(parameters: float) -> float:
    """A width for a model of which only the parameter count is known.

    From ``P = 12 layers width^2`` (Kaplan et al. 2020, table 1, without embeddings) and a width of 128 times the
    layers, as GPT-3 175B and Llama 7B have it.
    """
    return float((_ASPECT * parameters / 12) ** (1 / 3))
