"""Block formats: small numbers that share a scale (OCP Microscaling Formats v1.0, and NVIDIA's NVFP4).

MX (section 6.3 of the specification): 32 numbers share a power of two in E8M0, ``X = 2^(floor(log2(max)) - emax)`` for
the largest magnitude ``max`` of the block and the largest power ``emax`` of the element format. Each number is divided
by X (exactly) and rounded to the element format, ties to even; what is then too large becomes the largest element.

NVFP4: 16 numbers in FP4 E2M1 share a scale in FP8 E4M3, and the whole tensor one in fp32. The tensor's scale is
``max / (448 * 6)``, so that the block with the largest magnitude gets the largest scale that E4M3 holds; a block's is
its own ``max / 6`` over that, rounded to E4M3 (NVIDIA 2025, "Pretraining large language models with NVFP4").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.errors import ConfigError
from simulator.facts import fact
from simulator.formats.codec import Bits, Doubles, decode, encode
from simulator.formats.floats import FORMATS, FloatFormat

_E8M0, _E4M3, _E2M1 = FORMATS["e8m0"], FORMATS["fp8_e4m3"], FORMATS["fp4_e2m1"]
_INT8_STEPS = 64  # an MXINT8 element is a whole number over 64: -2 to 1 63/64 (specification, section 5.3.4)
_INT8_LARGEST = 127


@dataclass(frozen=True, kw_only=True)
class BlockFormat:
    """A block format.

    Attributes:
        name: Short name, such as ``mxfp4``.
        title: Its name for people.
        element: Format of the numbers; None for MXINT8, whose elements are whole numbers over 64.
        scale: Format of the block's scale.
        size_fact: Name of the fact that says how many numbers share one.
        tensor_scale: Whether the whole tensor has an fp32 scale beside.
    """

    name: str
    title: str
    element: FloatFormat | None
    scale: FloatFormat
    size_fact: str
    tensor_scale: bool = False

    @property
    def size(self) -> int:
        """How many numbers share a scale."""
        return int(fact(self.size_fact).number)

    @property
    def source(self) -> str:
        """Where it is defined."""
        return fact(self.size_fact).source

    @property
    def element_bits(self) -> int:
        """Bits of one number."""
        return 8 if self.element is None else self.element.bits

    @property
    def bits_per_value(self) -> float:
        """Bits of a number with its share of the block's scale; the tensor's scale does not count."""
        return self.element_bits + self.scale.bits / self.size

    @property
    def element_max(self) -> float:
        """The largest element."""
        return _INT8_LARGEST / _INT8_STEPS if self.element is None else self.element.max

    @property
    def element_max_exponent(self) -> int:
        """The power of two of the largest element, "emax" of the specification."""
        return 0 if self.element is None else self.element.max_exponent


def _mx(name: str, title: str, element: str) -> BlockFormat:
    return BlockFormat(
        name=name, title=title, element=FORMATS.get(element), scale=_E8M0, size_fact="mx-block"
    )


BLOCK_FORMATS: dict[str, BlockFormat] = {
    item.name: item
    for item in (
        _mx("mxfp8_e4m3", "MXFP8 E4M3", "fp8_e4m3"),
        _mx("mxfp8_e5m2", "MXFP8 E5M2", "fp8_e5m2"),
        _mx("mxfp6_e3m2", "MXFP6 E3M2", "fp6_e3m2"),
        _mx("mxfp6_e2m3", "MXFP6 E2M3", "fp6_e2m3"),
        _mx("mxfp4", "MXFP4", "fp4_e2m1"),
        _mx("mxint8", "MXINT8", ""),
        BlockFormat(
            name="nvfp4",
            title="NVFP4",
            element=_E2M1,
            scale=_E4M3,
            size_fact="nvfp4-block",
            tensor_scale=True,
        ),
    )
}
"""Every block format by its name."""


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """Values in a block format.

    Attributes:
        format: The format.
        codes: (..., blocks, size): bits of the elements (two's complement for MXINT8); the last block of a row is
            filled up with zeros.
        scales: (..., blocks): bits of the scales.
        tensor_scale: The fp32 scale of the whole tensor, 1 without one.
        length: Values in a row, without the filling.
    """

    format: BlockFormat
    codes: Bits
    scales: Bits
    tensor_scale: float
    length: int

    def elements(self) -> Doubles:
        """The elements before scaling, (..., blocks, size)."""
        if self.format.element is not None:
            return decode(self.codes, self.format.element)
        return np.asarray(self.codes.astype(np.uint8).view(np.int8) / _INT8_STEPS)

    def scale_values(self) -> Doubles:
        """What each block is multiplied by, (..., blocks): its scale times that of the tensor."""
        return np.asarray(decode(self.scales, self.format.scale) * self.tensor_scale)

    def decode(self) -> Doubles:
        """The values, (..., length): exact for MX, to float64's precision for NVFP4."""
        with np.errstate(invalid="ignore"):
            values = self.elements() * self.scale_values()[..., None]
        return _joined(values)[..., : self.length]

    @property
    def bytes(self) -> float:
        """Memory of elements (packed) and scales; the filling of the last blocks counts, as it is stored."""
        bits = self.codes.size * self.format.element_bits + self.scales.size * self.format.scale.bits
        return bits / 8 + (4 if self.format.tensor_scale else 0)


Rounding = Literal["nearest-even", "stochastic"]


def encode_blocks(
    values: ArrayLike,
    format: BlockFormat,
    rounding: Rounding = "nearest-even",
    generator: np.random.Generator | None = None,
) -> Blocks:
    """Put values in blocks along their last axis.

    A block with a value that is not finite gets the scale NaN, and so do all its values (the specification leaves
    this open). A block of zeros gets the smallest scale. Scales are always rounded as the format says; ``rounding``
    is that of the elements.

    Args:
        values: (..., n), taken as float64; n at least 1.
        format: The format.
        rounding: Of the elements: ``nearest-even``, or ``stochastic``, which NVFP4 training uses for gradients.
        generator: Of the random numbers for ``stochastic``.

    Raises:
        ConfigError: for no values or a rounding without what it needs.
    """
    x = np.asarray(values, dtype=np.float64)
    if not x.ndim or not x.size:
        raise ConfigError("values", "Blocks need at least one row of values.")
    blocks = _split(x, format.size)
    largest = np.abs(blocks).max(axis=-1)  # (..., blocks); NaN if one is
    tensor_scale = _tensor_scale(largest, format) if format.tensor_scale else 1.0
    scales = _block_scales(largest, format, tensor_scale)
    factor = decode(scales, format.scale) * tensor_scale
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        # A scale of zero (all too small beside the tensor's largest) leaves nothing of its block.
        scaled = np.where(factor[..., None] == 0, 0.0 * np.sign(blocks), blocks / factor[..., None])
    codes = _encode_elements(scaled, format, rounding, generator)
    return Blocks(format=format, codes=codes, scales=scales, tensor_scale=tensor_scale, length=x.shape[-1])


def quantize_blocks(
    values: ArrayLike,
    format: BlockFormat,
    rounding: Rounding = "nearest-even",
    generator: np.random.Generator | None = None,
) -> Doubles:
    """The values as the block format holds them, same shape: arguments and errors as for :func:`encode_blocks`."""
    return encode_blocks(values, format, rounding, generator).decode()


def _split(x: Doubles, size: int) -> Doubles:
    """(..., n) to (..., blocks, size), filled up with zeros."""
    short = -x.shape[-1] % size
    filled = np.concatenate([x, np.zeros((*x.shape[:-1], short))], axis=-1) if short else x
    return filled.reshape(*x.shape[:-1], -1, size)


def _joined(blocks: Doubles) -> Doubles:
    return blocks.reshape(*blocks.shape[:-2], -1)


def _block_scales(largest: Doubles, format: BlockFormat, tensor_scale: float) -> Bits:
    if not format.tensor_scale:
        return _power_scales(largest, format.element_max_exponent)
    with np.errstate(invalid="ignore"):
        wanted = np.where(np.isfinite(largest), largest / format.element_max / tensor_scale, np.nan)
    return encode(wanted, format.scale, overflow="saturate")


def _power_scales(largest: Doubles, max_exponent: int) -> Bits:
    """E8M0 bits of ``2^(floor(log2(largest)) - max_exponent)``, within what E8M0 holds."""
    finite = np.isfinite(largest)
    exponent = np.frexp(np.where(finite, largest, 1.0))[1].astype(np.int64) - 1 - max_exponent
    exponent = np.where(largest == 0, -_E8M0.bias, exponent)
    codes = np.clip(exponent + _E8M0.bias, 0, _E8M0.largest_code)
    return np.where(finite, codes, _E8M0.magnitude_codes - 1).astype(np.uint32)


def _tensor_scale(largest: Doubles, format: BlockFormat) -> float:
    """``max / (largest scale * largest element)`` in fp32; 1 for a tensor of zeros."""
    finite = largest[np.isfinite(largest)]
    top = float(finite.max()) if finite.size else 0.0
    wanted = top / (format.scale.max * format.element_max)
    scale = float(decode(encode(wanted, FORMATS["fp32"], overflow="saturate"), FORMATS["fp32"]))
    return scale if scale > 0 else 1.0


def _encode_elements(
    scaled: Doubles, format: BlockFormat, rounding: Rounding, generator: np.random.Generator | None
) -> Bits:
    if format.element is not None:
        return encode(scaled, format.element, rounding, "saturate", generator)
    steps = _whole(scaled * _INT8_STEPS, rounding, generator)
    steps = np.clip(np.where(np.isnan(steps), 0.0, steps), -_INT8_LARGEST, _INT8_LARGEST)
    return np.asarray(steps.astype(np.int8).view(np.uint8), dtype=np.uint32)


def _whole(x: Doubles, rounding: Rounding, generator: np.random.Generator | None) -> NDArray[np.float64]:
    if rounding == "nearest-even":
        return np.rint(x)
    if generator is None:
        raise ConfigError("rounding", "Stochastic rounding needs a generator of random numbers.")
    low = np.floor(x)
    return np.asarray(low + (x - low > generator.random(x.shape)))
