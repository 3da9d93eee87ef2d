"""Several toy Llamas of one shape as one: every weight has a runner's dimension in front, every product is batched.

R runners read the same tokens. Their streams are (R, N, hidden) for N = batch x sequence positions, so that a layer
launches one batched product where R models would launch R; what one runner computes never reaches another, and a
runner whose numbers are no longer finite leaves the rest as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.autograd.function import once_differentiable

from simulator.model.ops import causal_attention, rotate, swiglu
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer, rotary_tables


class _Norms(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        scale = norm.square_().div_(x.shape[-1]).add_(eps).rsqrt_()
        unit = x * scale
        ctx.save_for_backward(unit, scale, weight)
        return cast(Tensor, unit * weight[:, None])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        unit, scale, weight = ctx.saved_tensors
        grad_weight = torch.linalg.vecdot(grad, unit, dim=1)
        grad = grad * weight[:, None]
        along = torch.linalg.vecdot(grad, unit)[..., None].div_(unit.shape[-1])
        return torch.addcmul(grad, unit, along, value=-1).mul_(scale), grad_weight, None


def rms_norms(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """RMSNorm of (R, N, C), each runner with its own weight of (R, C)."""
    return cast(Tensor, _Norms.apply(x, weight, eps))  # type: ignore[no-untyped-call]


class _CrossEntropies(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor) -> Tensor:
        probabilities = logits.float().softmax(-1)
        index = targets.expand(logits.shape[0], -1)[..., None]
        chosen = probabilities.gather(-1, index)
        probabilities.scatter_add_(-1, index, torch.full_like(chosen, -1.0)).div_(len(targets))
        ctx.save_for_backward(probabilities.to(logits.dtype))
        return chosen.clamp_min_(torch.finfo(torch.float32).tiny).log_().mean((1, 2)).neg()  # NaN stays NaN

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * grad[:, None, None].to(gradient.dtype), None


def cross_entropies(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean loss of each runner, (R,) nats, for logits (R, N, vocab) and targets (N,) that all share."""
    return cast(Tensor, _CrossEntropies.apply(logits, targets))  # type: ignore[no-untyped-call]


PARTS = ("embeddings", "matrices", "norms")
"""The columns of the table: embedding and head, then the blocks' matrices, then the norms. Optimizers part them."""


def part_of(name: str, size: torch.Size) -> str:
    """The one of ``PARTS`` that a weight belongs to."""
    if len(size) < 2:
        return "norms"
    return "matrices" if name.startswith("blocks.") else "embeddings"


class StackedTransformer:
    """R models of one shape, with all weights of a runner in one row of one table.

    One row a runner makes what an optimizer does to all weights one operation on a table (R, parameters).

    Args:
        shape: Of every runner.
        runners: How many.
        device: Where the table is.
        post_norm: Normalise after each residual sum, and scale the embedding by the root of the width, as the first
            Transformer did (Vaswani et al. 2017); else before each block, as Llama does. Models that normalise after
            it are the ones that need a warm-up (Xiong et al. 2020).

    Attributes:
        table: (R, parameters) float32: the weights; ``weights`` are views into it.
        gradients: The same for the gradients, where the trainer puts them.
        parts: Columns of the tables, by part of the model (``PARTS``).
        places: First column and size of every weight.
        weights: By the names of :class:`Transformer`, each (R, *shape), leaves that ask for gradients.
    """

    def __init__(
        self, shape: ModelShape, runners: int, device: torch.device | str = "cpu", *, post_norm: bool = False
    ) -> None:
        self.shape, self.runners, self.device, self.post_norm = (
            shape,
            runners,
            torch.device(device),
            post_norm,
        )
        with torch.device("meta"):
            layout = {name: weight.shape for name, weight in Transformer(shape).named_parameters()}
        self.places: dict[str, tuple[int, torch.Size]] = {}
        self.parts: dict[str, slice] = {}
        count = 0
        for part in PARTS:
            first = count
            for name, size in layout.items():
                if part_of(name, size) == part:
                    self.places[name] = (count, size)
                    count += size.numel()
            self.parts[part] = slice(first, count)
        self.parameters = count
        self.table = torch.zeros(runners, count, device=device)
        self.gradients = torch.zeros_like(self.table)
        self.weights = {name: view.requires_grad_() for name, view in self.views(self.table).items()}
        self._cos, self._sin = rotary_tables(shape, shape.sequence, self.device)

    def views(self, table: Tensor) -> dict[str, Tensor]:
        """A table (R, parameters) as named tensors (R, *shape) that share its memory."""
        return {
            name: table[:, start : start + size.numel()].view(len(table), *size)
            for name, (start, size) in self.places.items()
        }

    @torch.no_grad()
    def fill(self, runner: int, model: Transformer) -> None:
        """Copy a model's weights into a runner."""
        for name, weight in model.named_parameters():
            self.weights[name][runner].copy_(weight)

    @torch.no_grad()
    def begin(self, seed: int) -> None:
        """Give every runner the same first weights: those of a new :class:`Transformer`.

        Where norms come after the sums, what writes to the residual stream is as wide as everything else: the scale
        that GPT-2 added for norms before the blocks does not belong there.
        """
        model = Transformer(self.shape, seed)
        for name, weight in model.named_parameters():
            if self.post_norm and name.endswith(("output.weight", "down.weight")):
                weight.mul_((2 * self.shape.layers) ** 0.5)
        for runner in range(self.runners):
            self.fill(runner, model)

    @torch.no_grad()
    def model(self, runner: int) -> Transformer:
        """A model of its own, on the CPU, with a runner's weights."""
        found = Transformer(self.shape)
        for name, weight in found.named_parameters():
            weight.copy_(self.weights[name][runner])
        return found

    def losses(self, rows: Tensor, weights: Mapping[str, Tensor] | None = None) -> Tensor:
        """Mean next-token loss of each runner on rows (B, T + 1), (R,) nats."""
        logits = self.logits(rows[:, :-1], weights)
        return cross_entropies(logits, rows[:, 1:].flatten())

    def logits(self, tokens: Tensor, weights: Mapping[str, Tensor] | None = None) -> Tensor:
        """Logits (R, B * T, vocab) for tokens (B, T) that all runners read.

        Args:
            tokens: (B, T).
            weights: Other weights of the same names and sizes than the runners' own, such as the points of a grid.
        """
        own = self.weights if weights is None else weights
        table = own["embedding.weight"]
        runners, vocab = len(table), self.shape.vocab
        # One table of R x vocab rows: the lookup's gradient is then the fast one of an embedding.
        index = tokens.flatten() + torch.arange(runners, device=tokens.device)[:, None] * vocab
        x = F.embedding(index, table.reshape(runners * vocab, -1))
        if self.post_norm:
            x = x * self.shape.hidden**0.5
        for layer in range(self.shape.layers):
            x = self._block(x, own, f"blocks.{layer}.", len(tokens))
        head = table if self.shape.tied else own["head.weight"]
        return torch.bmm(self._norm(x, own, "norm.weight"), head.mT)

    def _block(self, x: Tensor, own: Mapping[str, Tensor], block: str, batch: int) -> Tensor:
        first, second = f"{block}attention_norm.weight", f"{block}ffn_norm.weight"
        if self.post_norm:
            x = self._norm(x + self._attention(own, block, x, batch), own, first)
            return self._norm(x + self._feed_forward(own, block, x), own, second)
        x = x + self._attention(own, block, self._norm(x, own, first), batch)
        return x + self._feed_forward(own, block, self._norm(x, own, second))

    def _norm(self, x: Tensor, own: Mapping[str, Tensor], name: str) -> Tensor:
        return rms_norms(x, own[name], self.shape.norm_eps)

    def _attention(self, own: Mapping[str, Tensor], block: str, x: Tensor, batch: int) -> Tensor:
        shape, (runners, positions, _) = self.shape, x.shape
        length = positions // batch
        both = shape.heads + shape.kv_heads
        qkv = torch.bmm(x, own[f"{block}attention.qkv.weight"].mT)
        qkv = qkv.view(runners * batch, length, both + shape.kv_heads, shape.head_dim)
        query_key, value = torch.split(qkv, [both, shape.kv_heads], dim=2)
        turned = rotate(query_key, self._cos[:length], self._sin[:length])
        query, key = torch.split(turned, [shape.heads, shape.kv_heads], dim=2)
        mixed = causal_attention(query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2))
        mixed = mixed.transpose(1, 2).reshape(runners, positions, -1)
        return torch.bmm(mixed, own[f"{block}attention.output.weight"].mT)

    def _feed_forward(self, own: Mapping[str, Tensor], block: str, x: Tensor) -> Tensor:
        inner = swiglu(torch.bmm(x, own[f"{block}feed_forward.gate_up.weight"].mT))
        return torch.bmm(inner, own[f"{block}feed_forward.down.weight"].mT)
