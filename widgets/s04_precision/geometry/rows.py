"""The rows of the bit view: a number in every format, its bits by part, all by the one codec.

A row is a float, or a number that shares its scale with others: a block (MX, NVFP4), or whole numbers and the NF4 table
with a scale by the largest magnitude. For those, the number shares with one other, the largest of its neighbours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from simulator.formats.blocks import BLOCK_FORMATS, BlockFormat, encode_blocks
from simulator.formats.codec import Rounding, decode, encode
from simulator.formats.describe import AnyFormat, find_any_format
from simulator.formats.floats import FloatFormat
from simulator.formats.integers import IntegerFormat, symmetric_scale
from simulator.formats.tables import TableFormat
from simulator.formats.typed import Typed, given_number, read_number
from widgets.s04_precision.geometry.number import share_words, value_words

Part = Literal["scale", "sign", "exponent", "mantissa", "code"]
COLOURS: dict[str, str] = {
    "scale": "optimizer", "sign": "kv_cache", "exponent": "gradients", "mantissa": "parameters", "code": "activations",
}  # fmt: skip
"""Token of each part of a number."""

FLOATS = (
    "fp32", "tf32", "bf16", "fp16", "fp8_e4m3", "fp8_e5m2", "fp6_e3m2", "fp6_e2m3", "fp4_e2m1",
)  # fmt: skip
SCALED = ("int8", "int4", "nf4", "mxfp8_e4m3", "mxfp6_e2m3", "mxfp4", "nvfp4")
_SCALE_FORMAT = "fp32"


@dataclass(frozen=True)
class Row:
    """A line of the bit view.

    Attributes:
        key: Name of the format.
        title: For people.
        element: Format of the number itself.
        block: The block format that it belongs to, or None.
    """

    key: str
    title: str
    element: AnyFormat
    block: BlockFormat | None = None

    @property
    def scaled(self) -> bool:
        """Whether a scale is shared with other numbers."""
        return not isinstance(self.element, FloatFormat) or self.block is not None

    @property
    def parts(self) -> tuple[Part, ...]:
        """What each bit belongs to, highest first; the scale's bits, where there are any, before the number's."""
        return (*("scale",) * self.scale_bits, *_element_parts(self.element))

    @property
    def scale_bits(self) -> int:
        """Bits of the scale that are shown: those of a block; other scales are too long."""
        return self.block.scale.bits if self.block is not None else 0


@cache
def row(key: str) -> Row:
    """The row of a format.

    Raises:
        ConfigError: if there is no such format.
    """
    if key in BLOCK_FORMATS:
        block = BLOCK_FORMATS[key]
        if block.element is not None:
            return Row(key, block.title.split()[0], block.element, block)
    found = find_any_format(key)
    return Row(key, found.title, found)


@cache
def _element_parts(element: AnyFormat) -> tuple[Part, ...]:
    if isinstance(element, FloatFormat):
        return (
            *("sign",) * element.sign_bits, *("exponent",) * element.exponent_bits,
            *("mantissa",) * element.mantissa_bits,
        )  # fmt: skip
    if isinstance(element, IntegerFormat):
        return ("sign", *("code",) * (element.bits - 1))
    return ("code",) * element.bits


@dataclass(frozen=True)
class Reading:
    """What a row shows.

    Attributes:
        row: The row.
        code: Bits of the number, without padding.
        scale_code: Bits of the block's scale, 0 without one.
        scale: What the number is multiplied by.
        value: The value kept.
        asked: What was asked for.
        tensor_scale: The part of the scale that is the whole tensor's (NVFP4), 1 without one.
    """

    row: Row
    code: int
    scale_code: int
    scale: float
    value: float
    asked: float
    tensor_scale: float = 1.0

    @property
    def bits(self) -> str:
        """All bits in the order in which they stand."""
        own = len(_element_parts(self.row.element))
        shared = f"{self.scale_code:0{self.row.scale_bits}b}" if self.row.scale_bits else ""
        return shared + f"{self.code:0{own}b}"

    @property
    def error(self) -> float | None:
        """Relative error, None where it has no meaning."""
        if not (math.isfinite(self.value) and math.isfinite(self.asked)) or self.asked == 0:
            return None
        return (self.value - self.asked) / abs(self.asked)

    @property
    def fate(self) -> str:
        """``exact rounded lost overflow saturated nan``."""
        value, asked = self.value, self.asked
        if math.isnan(asked):
            return "exact" if math.isnan(value) else "nan"
        if not math.isfinite(value):
            return "exact" if value == asked else "overflow"
        if value == asked:
            return "exact"
        if value == 0:
            return "lost"
        return "saturated" if math.isinf(asked) or abs(asked) > abs(value) == self.largest else "rounded"

    @property
    def largest(self) -> float:
        """The largest value of this row with its scale."""
        element = self.row.element
        if isinstance(element, FloatFormat):
            return element.max * self.scale
        return (element.largest if isinstance(element, IntegerFormat) else 1.0) * self.scale

    def words(self) -> str:
        """In a few words what became of the number."""
        fate, error = self.fate, self.error
        if fate == "rounded":
            return f"error {share_words(error)}" if error is not None else "rounded"
        if fate == "overflow" and self.row.block is not None:
            return "the whole block becomes NaN"
        return {
            "exact": "exact",
            "lost": "lost: rounds to zero",
            "overflow": f"overflow: beyond {value_words(self.largest, 5)}",
            "saturated": f"too large: stops at {value_words(self.largest, 5)}",
            "nan": "it has no NaN: becomes 0",
        }[fate]


_OPENING = read_number("0.1")


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is put into all rows.

    Attributes:
        text: As typed or shown.
        typed: The number.
        rounding: Of floating-point formats.
        overflow: What becomes of numbers that are too large; "" or what a format does not have: its own way.
        neighbour: The largest magnitude among the numbers that share a scale with it.
        seed: Of stochastic rounding.
        held: Rows whose bits were set by hand: they keep them.
    """

    text: str = "0.1"
    typed: Typed = _OPENING
    rounding: Rounding = "nearest-even"
    overflow: str = ""
    neighbour: float = 1.0
    seed: int = 0
    held: Reading | None = None

    @property
    def value(self) -> float:
        """The number, as float64."""
        return self.typed.nearest


def read_rows(given: Given, keys: tuple[str, ...] = (*FLOATS, *SCALED)) -> tuple[Reading, ...]:
    """What every row makes of a number."""
    held = given.held
    return tuple(
        held if held is not None and held.row.key == key else read_row(row(key), given) for key in keys
    )


def read_row(line: Row, given: Given) -> Reading:
    """What a row makes of a number."""
    if line.block is not None:
        return _block(line, line.block, given)
    if isinstance(line.element, FloatFormat):
        return _float(line, line.element, given)
    return _scaled(line, given)


def flipped(reading: Reading, bit: int) -> Reading:
    """The same row with one of its bits (0 the leftmost) turned over; its value is what was asked then."""
    bits = [*reading.bits]
    bits[bit] = "1" if bits[bit] == "0" else "0"
    cut = reading.row.scale_bits
    code, scale_code = int("".join(bits[cut:]), 2), int("".join(bits[:cut]) or "0", 2)
    scale = reading.scale
    block = reading.row.block
    if block is not None:
        scale = float(decode(scale_code, block.scale)) * reading.tensor_scale
    value = _value(reading.row.element, code) * scale
    return replace(reading, code=code, scale_code=scale_code, scale=scale, value=value, asked=value)


def hold(given: Given, reading: Reading) -> Given:
    """The number that a row with hand-set bits stands for, for all other rows."""
    typed = given_number(reading.value)
    return replace(given, text=value_words(reading.value, 12), typed=typed, held=reading)


def _generator(given: Given, line: Row) -> np.random.Generator | None:
    if given.rounding != "stochastic":
        return None
    return np.random.default_rng(
        [given.seed, (*FLOATS, *SCALED).index(line.key) if line.key in SCALED + FLOATS else 0]
    )


def _float(line: Row, element: FloatFormat, given: Given) -> Reading:
    way = given.overflow if given.overflow in element.overflows else ""
    bits = int(encode(given.typed.double, element, given.rounding, way, _generator(given, line)))
    return Reading(line, bits >> element.padding_bits, 0, 1.0, float(decode(bits, element)), given.value)


def _block(line: Row, block: BlockFormat, given: Given) -> Reading:
    rounding = "stochastic" if given.rounding == "stochastic" else "nearest-even"
    made = encode_blocks([given.typed.double, given.neighbour], block, rounding, _generator(given, line))
    code, shared = int(made.codes[0, 0]), int(made.scales[0])
    scale = float(decode(shared, block.scale)) * made.tensor_scale
    with np.errstate(invalid="ignore"):
        value = float(made.decode()[0])
    return Reading(line, code, shared, scale, value, given.value, made.tensor_scale)


def _scaled(line: Row, given: Given) -> Reading:
    asked, element = given.typed.double, line.element
    group = [given.neighbour, asked] if math.isfinite(asked) else [given.neighbour]
    if isinstance(element, IntegerFormat):
        made = symmetric_scale(group, element)
        scale, code = float(made.scale), int(made.encode(asked))
    else:
        assert isinstance(element, TableFormat)  # noqa: S101  the only one left
        scale = max(map(abs, group))
        code = int(element.encode(asked / scale))
    masked = code & ((1 << element.bits) - 1)
    return Reading(line, masked, 0, scale, _value(element, masked) * scale, given.value)


def _value(element: AnyFormat, code: int) -> float:
    """What the bits of a number stand for, before its scale."""
    if isinstance(element, FloatFormat):
        return float(decode(code << element.padding_bits, element))
    if isinstance(element, IntegerFormat):
        return float(code - (1 << element.bits) if code >> (element.bits - 1) else code)
    return float(element.decode(code))
