"""Block formats against their specifications: by hand, by a second implementation, and by what must always hold."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest

from simulator.errors import ConfigError
from simulator.formats.blocks import BLOCK_FORMATS, encode_blocks, quantize_blocks

ELEMENTS = {
    "mxfp8_e4m3": ml_dtypes.float8_e4m3fn,
    "mxfp8_e5m2": ml_dtypes.float8_e5m2,
    "mxfp6_e3m2": ml_dtypes.float6_e3m2fn,
    "mxfp6_e2m3": ml_dtypes.float6_e2m3fn,
    "mxfp4": ml_dtypes.float4_e2m1fn,
}
LARGEST = {"mxfp8_e4m3": 448.0, "mxfp8_e5m2": 57344.0, "mxfp6_e3m2": 28.0, "mxfp6_e2m3": 7.5, "mxfp4": 6.0}


def values_of(rows: int = 40, columns: int = 96, seed: int = 0) -> np.ndarray:
    """float32 values whose blocks differ in size by many powers of two."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(rows, columns)) * 2.0 ** generator.integers(-40, 40, (rows, 1))
    return values.astype(np.float32).astype(np.float64)


def specified(block: np.ndarray, name: str) -> list[float]:
    """Section 6.3 of the MX specification for one block, number by number."""
    largest = LARGEST[name]
    scale = 2.0 ** (math.floor(math.log2(max(abs(block)))) - math.floor(math.log2(largest)))
    result = []
    for value in block:
        ratio = np.clip(np.float64(value) / scale, -largest, largest)
        result.append(float(np.array([ratio]).astype(np.float32).astype(ELEMENTS[name])[0]) * scale)
    return result


def test_mxfp4_by_hand():
    """The largest is 7.0: floor(log2 7) = 2, less emax 2: X = 1. Then 7 saturates to 6; 0.25 and 2.5 are ties."""
    block = np.zeros(32)
    block[:7] = [7.0, -5.0, 2.5, 0.25, 0.75, -0.3, 3.4]
    blocks = encode_blocks(block, BLOCK_FORMATS["mxfp4"])
    assert blocks.scales.tolist() == [127]
    assert blocks.decode()[:7].tolist() == [6.0, -4.0, 2.0, 0.0, 1.0, -0.5, 3.0]
    assert blocks.codes[0, :7].tolist() == [7, 0xE, 4, 0, 2, 9, 5]
    # Twice as large: X = 2 and the same codes.
    doubled = encode_blocks(2 * block, BLOCK_FORMATS["mxfp4"])
    assert doubled.scales.tolist() == [128]
    np.testing.assert_array_equal(doubled.codes, blocks.codes)


def test_mxfp8_by_hand():
    """The largest is 1000: 2^9, less emax 8: X = 2. 1000 / 2 = 500 is beyond 448, which it becomes."""
    values = quantize_blocks([1000.0, 1.0, 0.0078125, -3.3], BLOCK_FORMATS["mxfp8_e4m3"])
    assert values.tolist() == [896.0, 1.0, 0.0078125, -3.25]


def test_mxint8_by_hand():
    """The largest is 3: X = 2, elements are whole numbers over 64: 3 / 2 = 96 / 64; -3.999 is clipped to -127 / 64."""
    format = BLOCK_FORMATS["mxint8"]
    blocks = encode_blocks([3.0, 0.1, -3.999, 0.015625], format)
    assert blocks.scales.tolist() == [128]
    assert blocks.codes[0, :4].tolist() == [96, 3, 256 - 127, 0]
    assert blocks.decode().tolist() == [3.0, 3 / 32, -127 / 32, 0.0]  # 0.5 steps: to even


def test_nvfp4_by_hand():
    """Two blocks, largest 6 and 3, tensor's largest 6: tensor scale 6 / 2688; block scales 448 and 224, both exact."""
    values = np.zeros(32)
    values[:4] = [6.0, 1.0, -4.9, 0.2]
    values[16:20] = [3.0, 0.5, -2.4, 0.1]
    blocks = encode_blocks(values, BLOCK_FORMATS["nvfp4"])
    assert blocks.tensor_scale == np.float32(6 / 2688)
    assert blocks.scales.tolist() == [0x7E, 0x76]
    assert blocks.elements()[0, :4].tolist() == [6.0, 1.0, -4.0, 0.0]
    assert blocks.elements()[1, :4].tolist() == [6.0, 1.0, -4.0, 0.0]
    np.testing.assert_allclose(blocks.decode()[:4], [6.0, 1.0, -4.0, 0.0], rtol=1e-7)
    np.testing.assert_allclose(blocks.decode()[16:20], [3.0, 0.5, -2.0, 0.0], rtol=1e-7)


@pytest.mark.parametrize("name", ELEMENTS)
def test_mx_is_the_specification(name):
    values = values_of(12)
    expected = [
        [number for start in range(0, 96, 32) for number in specified(row[start : start + 32], name)]
        for row in values
    ]
    np.testing.assert_array_equal(quantize_blocks(values, BLOCK_FORMATS[name]), expected)


def test_nvfp4_is_its_recipe():
    values = values_of(1, 16 * 50)[0] * np.repeat(2.0 ** np.random.default_rng(3).integers(-6, 1, 50), 16)
    blocks = encode_blocks(values, BLOCK_FORMATS["nvfp4"])
    tensor = np.float64(np.float32(np.abs(values).max() / (448 * 6)))
    for index, block in enumerate(values.reshape(-1, 16)):
        wanted = np.abs(block).max() / 6 / tensor
        scale = np.array([np.float32(wanted)]).astype(ml_dtypes.float8_e4m3fn)
        assert blocks.scales[index] == scale.view(np.uint8)[0]
        ratio = np.clip(block / (float(scale[0]) * tensor), -6, 6)
        expected = ratio.astype(np.float32).astype(ml_dtypes.float4_e2m1fn).astype(np.float64)
        np.testing.assert_array_equal(blocks.elements()[index], expected)


@pytest.mark.parametrize("name", BLOCK_FORMATS)
def test_errors_are_bounded_by_the_blocks_largest(name):
    format = BLOCK_FORMATS[name]
    values = values_of(seed=4)
    if format.tensor_scale:
        values = np.random.default_rng(4).normal(size=(40, 96))  # one scale for all: sizes must be alike
    blocks = values.reshape(40, -1, format.size)
    errors = np.abs(quantize_blocks(values, format) - values).reshape(blocks.shape)
    largest = np.abs(blocks).max(-1)
    bound = {"mxfp4": 0.26, "nvfp4": 0.18, "mxint8": 0.02}.get(name, 0.13)  # E2M1's widest step is 2 of 6
    assert (errors.max(-1) <= bound * largest).all()
    np.testing.assert_array_equal(np.sign(quantize_blocks(values, format)) * np.sign(values) >= 0, True)


@pytest.mark.parametrize("name", [name for name in BLOCK_FORMATS if name != "nvfp4"])
def test_what_fits_stays_and_powers_of_two_only_move_the_scale(name):
    format, values = BLOCK_FORMATS[name], values_of(seed=5)
    once = quantize_blocks(values, format)
    np.testing.assert_array_equal(quantize_blocks(values * 2.0**10, format), once * 2.0**10)
    np.testing.assert_array_equal(quantize_blocks(-values, format), -once)
    # A block whose largest number was rounded up to the next power of two may get another scale; all others stay.
    same = encode_blocks(once, format).scales == encode_blocks(values, format).scales
    again = quantize_blocks(once, format).reshape(40, -1, format.size)
    np.testing.assert_array_equal(again[same], once.reshape(40, -1, format.size)[same])
    assert same.mean() > 0.8


@pytest.mark.parametrize("name", BLOCK_FORMATS)
def test_odd_blocks(name):
    format = BLOCK_FORMATS[name]
    assert (quantize_blocks(np.zeros((3, 40)), format) == 0).all()
    values = np.ones(2 * format.size)
    values[3] = np.inf
    result = quantize_blocks(values, format)
    assert np.isnan(result[: format.size]).all()
    assert np.isfinite(result[format.size :]).all()
    short = quantize_blocks(np.array([1.0, 2.0, 3.0]), format)  # a row that fills no block
    np.testing.assert_allclose(short, [1.0, 2.0, 3.0], rtol=1e-6)
    tiny = quantize_blocks(np.full(format.size, 1e-44), format)
    assert np.isfinite(tiny).all()
    assert (np.abs(tiny) <= 2e-44).all()
    huge = quantize_blocks(np.full(format.size, 3e38), format)
    np.testing.assert_allclose(huge, 3e38, rtol=0.15)
    for wrong in ([], 1.0):
        with pytest.raises(ConfigError, match="at least one row"):
            encode_blocks(wrong, format)
    with pytest.raises(ConfigError, match="generator"):
        encode_blocks([1.0], format, "stochastic")


@pytest.mark.parametrize("name", BLOCK_FORMATS)
def test_stochastic_elements_have_no_bias(name):
    format, generator = BLOCK_FORMATS[name], np.random.default_rng(2)
    block = np.linspace(-0.9, 0.9, format.size)
    block[0] = 1.0  # sets the scale; nothing reaches beyond the largest element
    draws = quantize_blocks(np.tile(block, (4000, 1)), format, "stochastic", generator)
    spread = np.abs(draws.max(0) - draws.min(0)) / 2 + 1e-9
    np.testing.assert_array_less(np.abs(draws.mean(0) - block), 6 * spread / np.sqrt(4000) + 1e-6)


@pytest.mark.parametrize(
    ("name", "bits"),
    [("mxfp8_e4m3", 8.25), ("mxfp6_e2m3", 6.25), ("mxfp4", 4.25), ("mxint8", 8.25), ("nvfp4", 4.5)],
)
def test_bits_of_a_value(name, bits):
    format = BLOCK_FORMATS[name]
    assert format.bits_per_value == bits
    size = encode_blocks(np.ones((10, 64)), format).bytes
    assert size == 640 * bits / 8 + (4 if name == "nvfp4" else 0)
