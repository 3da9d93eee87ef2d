"""The training step, as one function, and two ways to run it: plainly, or captured in a CUDA graph.

A toy model on a big GPU waits for kernel launches, not for arithmetic: captured once and replayed, a step
costs the GPU's own time only. Both ways run the same function on the same batches, and give the same losses.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from simulator.model.ops import cross_entropy
from simulator.model.transformer import Transformer
from simulator.training.data import Batches, TokenBatches
from simulator.training.schedules import Schedule


@dataclass(frozen=True)
class StepResult:
    """What one step measured: loss in nats/token before the update, gradient norm before clipping, rate used."""

    step: int
    loss: float
    gradient_norm: float
    learning_rate: float


def autocast(device: torch.device, bf16: bool) -> contextlib.AbstractContextManager[object]:
    """Matrix products in bf16 on this device, or nothing."""
    return torch.autocast(device.type, torch.bfloat16) if bf16 else contextlib.nullcontext()


LossOfRows = Callable[[Transformer, Tensor], Tensor]
"""The mean loss (nats) of a model on the rows of one step."""


def next_token_loss(model: Transformer, rows: Tensor) -> Tensor:
    """Mean loss of every next token of rows (batch, sequence + 1): the causal objective."""
    logits = model(rows[:, :-1])
    return cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())


class Trainer:
    """Trains a model one step at a time.

    Args:
        model: On its device.
        make_optimizers: Called with the learning rate (a float, or on CUDA a scalar tensor) to build the optimizers.
        batches: The data order.
        schedule: Rate of each step.
        bf16: Whether matrix products run in bf16.
        clip: Largest gradient norm, 0 for none.
        loss_of_rows: What is learned from the rows that ``batches`` gives; the next token by default.
    """

    def __init__(
        self,
        model: Transformer,
        make_optimizers: Callable[[float | Tensor], list[torch.optim.Optimizer]],
        batches: Batches,
        schedule: Schedule,
        *,
        bf16: bool,
        clip: float,
        loss_of_rows: LossOfRows = next_token_loss,
    ) -> None:
        self.model, self.batches, self.schedule = model, batches, schedule
        self.bf16, self.clip, self.loss_of_rows = bf16, clip, loss_of_rows
        self.device = model.embedding.weight.device
        self.optimizers = make_optimizers(schedule.peak)
        self._results: list[StepResult] = []

    def step(self, index: int) -> None:
        """Run step ``index``: forward, backward, clip, update."""
        rate = self.schedule.rate(index)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        loss, norm = self.update(self.batches.rows(index).to(self.device))
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        self._results.append(StepResult(index, float(loss), float(norm), rate))

    def update(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """One update from the rows of a step; returns the mean loss and the gradient norm."""
        loss = self._loss(rows)
        loss.backward()  # type: ignore[no-untyped-call]
        parameters = list(self.model.parameters())
        norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if self.clip > 0:
            torch.nn.utils.clip_grads_with_norm_(parameters, self.clip, norm)
        for optimizer in self.optimizers:
            optimizer.step()
        return loss.detach(), norm

    def _loss(self, rows: Tensor) -> Tensor:
        with autocast(self.device, self.bf16):
            return self.loss_of_rows(self.model, rows)

    def collect(self) -> list[StepResult]:
        """The results since the last call, in order."""
        results, self._results = self._results, []
        return results


class CapturedTrainer(Trainer):
    """The same steps, captured in a CUDA graph; results are read back in blocks, so that the GPU never waits for us.

    Tokens, the positions and rates of the next steps, and the losses of the last ones all live on the GPU;
    the graph counts its own steps. Rows that are more than a stretch of the stream (those of other objectives than
    the causal one) are made by a thread beside, a block ahead.

    Args:
        model: On a CUDA device.
        make_optimizers: As for Trainer; the rate is a scalar tensor that the graph sets.
        batches: The data order.
        schedule: Rate of each step.
        bf16: Whether matrix products run in bf16.
        clip: Largest gradient norm, 0 for none.
        compiled: Fuse the small operations with torch.compile first (takes some seconds once); where that
            fails the step is captured as it is, and ``compile_error`` says why.
        loss_of_rows: As for Trainer.
    """

    BLOCK = 64

    def __init__(
        self,
        model: Transformer,
        make_optimizers: Callable[[float | Tensor], list[torch.optim.Optimizer]],
        batches: Batches,
        schedule: Schedule,
        *,
        bf16: bool,
        clip: float,
        compiled: bool = False,
        loss_of_rows: LossOfRows = next_token_loss,
    ) -> None:
        device = model.embedding.weight.device
        self._rate = torch.zeros((), device=device)

        def with_tensor_rate(_: float | Tensor) -> list[torch.optim.Optimizer]:
            return make_optimizers(self._rate)

        super().__init__(
            model, with_tensor_rate, batches, schedule, bf16=bf16, clip=clip, loss_of_rows=loss_of_rows
        )
        self._source = (
            _StreamRows(batches, device) if isinstance(batches, TokenBatches) else _MadeRows(batches, device)
        )
        self._counter = torch.zeros(1, dtype=torch.int64, device=device)
        self._rates = torch.zeros(self.BLOCK, device=device)
        self._measured = torch.zeros(self.BLOCK, 2, device=device)
        self._graph: torch.cuda.CUDAGraph | None = None
        self.compiled, self.compile_error = compiled, ""
        if compiled:
            # The analysis switched off here fails on some shapes in torch 2.11 and gains nothing for these kernels.
            options: dict[str, str | int | bool | Callable[..., object]] = {
                "triton.coalesce_tiling_analysis": False
            }
            self._loss = torch.compile(self._loss, dynamic=False, options=options)  # type: ignore[method-assign]
        self._block_start, self._block_fill, self._block_read = 0, self.BLOCK, self.BLOCK

    def step(self, index: int) -> None:
        """Queue step ``index`` on the GPU; returns before it is done."""
        if self._block_fill == self.BLOCK or index != self._block_start + self._block_fill:
            self._begin_block(index)
        if self._graph is None:
            self._graph = self._capture()
        self._graph.replay()
        self._block_fill += 1

    def collect(self) -> list[StepResult]:
        """Wait for the GPU and read the results since the last call."""
        self._read_block()
        return super().collect()

    def _begin_block(self, index: int) -> None:
        self._read_block()
        steps = range(index, index + self.BLOCK)
        self._source.load(index)
        self._rates.copy_(torch.tensor([self.schedule.rate(step) for step in steps]))
        self._counter.zero_()
        self._block_start, self._block_fill, self._block_read = index, 0, 0

    def _read_block(self) -> None:
        if self._block_read == self._block_fill:
            return
        for row, (loss, norm) in enumerate(
            self._measured[self._block_read : self._block_fill].tolist(), self._block_read
        ):
            step = self._block_start + row
            self._results.append(StepResult(step, loss, norm, self.schedule.rate(step)))
        self._block_read = self._block_fill

    def _graph_step(self) -> None:
        self._rate.copy_(self._rates.index_select(0, self._counter)[0])
        loss, norm = self.update(self._source.rows(self._counter))
        self._measured.index_copy_(0, self._counter, torch.stack((loss.float(), norm.float()))[None])
        self._counter += 1

    def _capture(self) -> torch.cuda.CUDAGraph:
        """Warm up on a side stream (as capture demands), put everything back as it was, then record one step."""
        weights, state = self._state()
        try:
            self._warm_up()
        except Exception as error:
            if not self.compiled:
                raise
            self.compiled, self.compile_error = False, f"{type(error).__name__}: {error}"
            del self._loss  # back to the method as it is written
            self._drop_gradients()
            self._warm_up()
        self._restore(weights, state)
        self._drop_gradients()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            self._graph_step()
        return graph

    def _warm_up(self) -> None:
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self._graph_step()
                self._drop_gradients()
        torch.cuda.current_stream().wait_stream(side)

    def _drop_gradients(self) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)

    def _state(self) -> tuple[list[Tensor], dict[str, Tensor]]:
        weights = [weight.detach().clone() for weight in self.model.parameters()]
        return weights, {name: value.clone() for name, value in optimizer_tensors(self.optimizers).items()}

    @torch.no_grad()
    def _restore(self, weights: list[Tensor], state: dict[str, Tensor]) -> None:
        for weight, value in zip(self.model.parameters(), weights, strict=True):
            weight.copy_(value)
        for name, tensor in optimizer_tensors(self.optimizers).items():
            # What the warm-up made (AdamW's moments) starts from zero.
            tensor.copy_(state[name]) if name in state else tensor.zero_()
        self._counter.zero_()


class _StreamRows:
    """Rows cut from the stream on the GPU: only their positions travel."""

    def __init__(self, batches: TokenBatches, device: torch.device) -> None:
        self._batches = batches
        self._stream = torch.from_numpy(batches.stream.tokens).to(device)
        self._columns = torch.arange(batches.sequence + 1, device=device)
        self._positions = torch.zeros(CapturedTrainer.BLOCK, batches.batch, dtype=torch.int64, device=device)

    def load(self, start: int) -> None:
        """Bring the positions of a block of steps over."""
        steps = range(start, start + CapturedTrainer.BLOCK)
        self._positions.copy_(
            torch.stack([torch.from_numpy(self._batches.positions(step)) for step in steps])
        )

    def rows(self, counter: Tensor) -> Tensor:
        """The rows of the step that ``counter`` (1,) points at in the block."""
        positions = self._positions.index_select(0, counter)[0]
        return self._stream[positions[:, None] + self._columns].long()


class _MadeRows:
    """Rows made on the CPU; while a block trains, the next one is made."""

    def __init__(self, batches: Batches, device: torch.device) -> None:
        self._batches = batches
        first = batches.rows(0)
        self._block = torch.zeros(CapturedTrainer.BLOCK, *first.shape, dtype=torch.int32, device=device)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rows")
        self._ahead: tuple[int, Future[Tensor]] | None = None

    def load(self, start: int) -> None:
        """Bring the rows of a block of steps over, and begin to make those of the block after it."""
        first, ahead = self._ahead or (-1, None)
        made = ahead.result() if ahead is not None else None  # even an unwanted block must be done first
        self._block.copy_(made if made is not None and first == start else self._make(start))
        after = start + CapturedTrainer.BLOCK
        self._ahead = (after, self._thread.submit(self._make, after))

    def rows(self, counter: Tensor) -> Tensor:
        """The rows of the step that ``counter`` (1,) points at in the block."""
        return self._block.index_select(0, counter)[0].long()

    def _make(self, start: int) -> Tensor:
        steps = range(start, start + CapturedTrainer.BLOCK)
        return torch.stack([self._batches.rows(step).int() for step in steps])


def optimizer_tensors(optimizers: list[torch.optim.Optimizer]) -> dict[str, Tensor]:
    """Every tensor of the optimizers' state by a stable name: ``optimizer/parameter/key``."""
    found = {}
    for number, optimizer in enumerate(optimizers):
        position = 0
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                for key, value in sorted(optimizer.state.get(parameter, {}).items()):
                    if isinstance(value, Tensor):
                        found[f"{number}/{position}/{key}"] = value
                position += 1
    return found
