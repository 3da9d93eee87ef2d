"""The memory view: blocks of bytes on one GPU, in training by three ways of counting, and in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simulator.accounting.activations import gpu_bytes, recompute_bytes
from simulator.accounting.kv_cache import cache_bytes
from simulator.accounting.layout import tensor_layout
from simulator.accounting.states import CONVENTIONS, Convention, model_states
from simulator.formats.describe import find_any_format, stored_bits
from simulator.model.shapes import PRESETS
from widgets.s04_precision.memory_config import MemoryPlanConfig
from widgets.scene.easing import cubic_in_out
from widgets.scene.shapes import Box, Line, Shape, Text, approximate_width
from widgets.scene.timeline import PlainScene, clamp, mix

GB = 1e9
PARTS = ("parameters", "gradients", "optimizer", "activations", "workspace", "kv_cache")
PART_WORDS = {
    "parameters": "weights", "gradients": "gradients", "optimizer": "optimizer", "activations": "activations",
    "workspace": "recomputing", "kv_cache": "KV cache",
}  # fmt: skip
PART_COLOURS = {**{part: part for part in PARTS}, "workspace": "text_muted"}
TITLES = {"zero": "ZeRO paper", "megatron": "Megatron", "deepspeed": "DeepSpeed", "use": "In use"}
_MOVE = 0.32


@dataclass(frozen=True)
class Stack:
    """Bytes on one GPU.

    Attributes:
        key: A convention, or ``use``.
        bytes: By part, in the order of ``PARTS``.
        each: Bytes of each parameter on all GPUs for weights, gradients and optimizer.
    """

    key: str
    bytes: tuple[float, ...]
    each: tuple[float, ...] = ()

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.bytes)


def parameters_of(config: MemoryPlanConfig) -> int:
    """Parameters of the model."""
    return PRESETS[config.preset].total()


def stacks(config: MemoryPlanConfig) -> tuple[Stack, ...]:
    """Training by each convention, then the model in use."""
    return (*(_training(config, key) for key in CONVENTIONS), _use(config))


def _training(config: MemoryPlanConfig, convention: Convention) -> Stack:
    shape = PRESETS[config.preset]
    layout = tensor_layout(shape)
    largest = max(group.rows * group.columns for group in layout)
    states = model_states(
        shape.total(), convention=convention, optimizer=config.optimizer, zero=config.zero, dp=config.dp, tp=config.tp,
        layout=layout, largest_layer=largest,
    )  # fmt: skip
    plan = config.plan()
    own = (states.parameters, states.gradients, states.optimizer)
    whole = shape.total() / config.tp
    return Stack(
        convention, (*own, gpu_bytes(plan), recompute_bytes(plan), 0.0), tuple(part / whole for part in own)
    )


def _use(config: MemoryPlanConfig) -> Stack:
    shape = PRESETS[config.preset]
    weights = shape.total() * stored_bits(find_any_format(config.weights)) / 8 / config.tp
    cache = cache_bytes(shape, config.sequence, config.batch, config.cache) / config.tp
    return Stack("use", (weights, 0.0, 0.0, 0.0, 0.0, cache))


def giga(value: float) -> str:
    """``130.4``, GB without the unit."""
    number = value / GB
    return f"{number:,.0f}" if number >= 1000 else f"{number:.1f}" if number >= 0.95 else f"{number:.2g}"


def preset_words(key: str) -> str:
    """``Llama 2 7B``."""
    return " ".join(
        word.upper() if word[0].isdigit() and word[-1] == "b" else word.title() for word in key.split("-")
    )


def block_shapes(
    values: Sequence[float], x: float, y: float, per_byte: float, high: float, words_of: Callable[[float], str],
    key: str = "", colours: Sequence[str] = (), names: Mapping[str, str] = PART_WORDS,
) -> tuple[list[Shape], list[str]]:  # fmt: skip
    """Blocks beside each other, one a part, with words in those that hold them; and the words of the others.

    Args:
        values: Bytes of each of ``PARTS``.
        x: Left end.
        y: Upper edge.
        per_byte: Pixels a byte.
        high: Height of the blocks.
        words_of: A number of bytes in words.
        key: Start of the blocks' keys.
        colours: Tokens in place of the parts' own.
        names: The parts in words.
    """
    shapes: list[Shape] = []
    small: list[str] = []
    for index, (part, value) in enumerate(zip(PARTS, values, strict=False)):
        if value <= 0:
            continue
        wide, colour = value * per_byte, colours[index] if colours else PART_COLOURS[part]
        name = f"{key}:{part}" if key else ""
        shapes.append(Box(x=x, y=y, w=max(wide - 1.5, 0.75), h=high, fill=colour, radius=4, key=name))
        words = f"{names[part]} {words_of(value)}"
        if approximate_width(words, "small") + 10 < wide:
            ink = "text" if "@" in colour else "surface"
            middle = y + high / 2
            shapes.append(
                Text(x=x + wide / 2, y=middle, text=words, role="small", align="center", colour=ink)
            )
        else:
            small.append(words)
        x += wide
    return shapes, small


class MemoryScene(PlainScene):
    """The stacks; time goes from those before to those now.

    Args:
        config: What was asked.
        before: What was shown before, or None.
    """

    duration = _MOVE

    def __init__(self, config: MemoryPlanConfig, before: MemoryScene | None = None) -> None:
        self.config = config
        self.stacks = stacks(config)
        self._start = before.stacks if before is not None else self.stacks
        self._start_reach = before.reach if before is not None else self.reach

    @property
    def reach(self) -> float:
        """Bytes at the right end."""
        return max([stack.total for stack in self.stacks] + [self.config.gpu * GB]) * 1.04

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Stacks with words, and the line of the GPU's memory."""
        share = cubic_in_out(clamp(t / _MOVE))
        label, total = (116.0, 96.0) if width > 700 else (104.0, 84.0)
        long = width - label - total
        reach = mix(self._start_reach, self.reach, share)
        head, foot, gap = 26.0, 20.0, 16.0
        pitch = min(110.0, (height - head - foot - gap) / 4)
        shapes: list[Shape] = [
            Text(x=8, y=10, text=self._title(), role="small", colour="text_muted", width=width)
        ]
        for index, (stack, start) in enumerate(zip(self.stacks, self._start, strict=True)):
            y = head + index * pitch + (gap if stack.key == "use" else 0.0)
            values = tuple(mix(a, b, share) for a, b in zip(start.bytes, stack.bytes, strict=True))
            shapes += self._stack(stack, values, label, y, long, pitch, reach, width)
        return [*shapes, *self._limit(label, head + 4 * pitch + gap + 8, long, reach, width)]

    def _title(self) -> str:
        config = self.config
        gpus = config.dp * config.tp
        where = "on one GPU" if gpus == 1 else f"on each of {gpus:,} GPUs"
        return (
            f"{preset_words(config.preset)}, {parameters_of(config) / 1e9:.2f} billion parameters, {where}, "
            f"{config.batch:,} × {config.sequence:,} tokens"
        )

    def _stack(
        self, stack: Stack, values: tuple[float, ...], x: float, y: float, long: float, pitch: float, reach: float,
        width: float,
    ) -> list[Shape]:  # fmt: skip
        chosen = stack.key == self.config.convention
        high = min(46.0, pitch * 0.5)
        shapes: list[Shape] = []
        if chosen:
            shapes.append(Box(x=0, y=y - 2, w=width, h=pitch - 4, fill="accent_soft@0.6", radius=8))
        shapes.append(Box(x=0, y=y - 2, w=width, h=pitch - 4, fill="surface@0", key=f"stack:{stack.key}"))
        shapes.append(Text(x=8, y=y + high / 2 + 3, text=TITLES[stack.key], role="section"))
        blocks, small = block_shapes(values, x, y + 3, long / reach, high, giga, f"part:{stack.key}")
        shapes += [block for block in blocks if isinstance(block, Box)]
        at = x + self.config.gpu * GB / reach * long
        shapes.append(Line(x1=at, y1=y - 3, x2=at, y2=y + high + 6, colour="text", width=1.5, dashed=True))
        shapes += [block for block in blocks if isinstance(block, Text)]
        over = sum(values) > self.config.gpu * GB
        shapes.append(Text(x=width - 8, y=y + high / 2 + 3, text=f"{giga(sum(values))} GB", role="mono", align="right",
                           colour="bad" if over else "text"))  # fmt: skip
        words = " · ".join([self._each(stack), *small]).strip(" ·")
        if pitch - high > 22:
            shapes.append(
                Text(x=x, y=y + high + 13, text=words, role="small", colour="text_muted", width=width - x - 8)
            )
        return shapes

    def _each(self, stack: Stack) -> str:
        config = self.config
        if stack.key == "use":
            weights, cache = find_any_format(config.weights).title, find_any_format(config.cache).title
            return f"weights in {weights}, KV cache in {cache}"
        total = sum(stack.each)
        return f"{' + '.join(f'{part:.3g}' for part in stack.each)} = {total:.3g} bytes a parameter"

    def _limit(self, x: float, y: float, long: float, reach: float, width: float) -> list[Shape]:
        at = min(x + self.config.gpu * GB / reach * long, width - 44.0)
        return [Text(x=at, y=y, text=f"{self.config.gpu:,} GB GPU", role="small", align="center")]

    def part_hint(self, key: str) -> str:
        """What a block is, in words."""
        kind, _, rest = key.partition(":")
        name, _, part = rest.partition(":")
        stack = next((item for item in self.stacks if item.key == name), None)
        if kind != "part" or stack is None:
            return ""
        value = stack.bytes[PARTS.index(part)]
        size = f"{giga(value)} GB ({value / 2**30:,.1f} GiB)"
        return f"{PART_WORDS[part].capitalize()}: {size}, {value / stack.total:.0%}"


def plain_words(config: MemoryPlanConfig) -> tuple[str, str]:
    """A heading and a sentence or two on the plan."""
    chosen = next(stack for stack in stacks(config) if stack.key == config.convention)
    use = stacks(config)[-1]
    fits = chosen.total <= config.gpu * GB
    states = sum(chosen.bytes[:3])
    title = "It fits" if fits else "It does not fit"
    text = (
        f"{preset_words(config.preset)} needs {giga(chosen.total)} GB a GPU in training, "
        f"{states / chosen.total:.0%} of it weights, gradients and optimizer; {giga(use.total)} GB in use. "
    )
    if fits:
        return title, text + "Mixed precision does not shrink the states: it saves time and activations."
    if config.zero < 3 and config.dp * config.tp < 2:
        return title, text + f"A GPU has {config.gpu:,} GB: share the states out (ZeRO) over more GPUs."
    if chosen.bytes[3] > states:
        return title, text + "Activations are the larger part: recompute more, or take a smaller batch."
    return title, text + f"A GPU has {config.gpu:,} GB: more GPUs, or a higher ZeRO stage."
