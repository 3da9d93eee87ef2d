"""One number at a time: its parts, its exact value and error; numbers as typed; tables and integers; calc format."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from simulator.cli.parser import main
from simulator.errors import ConfigError
from simulator.formats.calculators import FormatConfig, format_numbers
from simulator.formats.codec import encode
from simulator.formats.describe import (
    ALL_FORMATS,
    describe_bits,
    describe_value,
    find_any_format,
    read_bits,
    stored_bits,
)
from simulator.formats.floats import FORMATS
from simulator.formats.integers import INTEGERS, asymmetric_scale, symmetric_scale
from simulator.formats.tables import NF4, normal_float_numbers
from simulator.formats.typed import exact_decimal, read_number

FP16 = FORMATS["fp16"]


def test_a_tenth_in_fp16():
    number = describe_value("0.1", FP16)
    assert (number.hex, number.sign, number.exponent, number.mantissa, number.power) == (
        "2e66",
        0,
        11,
        614,
        -4,
    )
    assert [(part.name, part.bits) for part in number.parts] == [
        ("sign", "0"), ("exponent", "01011"), ("mantissa", "1001100110"),
    ]  # fmt: skip
    assert (number.value, number.exact) == (0.0999755859375, "0.0999755859375")
    assert number.error == float(Fraction("0.0999755859375") - Fraction(1, 10))
    assert number.relative_error == pytest.approx(number.error / 0.1, rel=1e-15)
    assert (number.ulp, number.below, number.above) == (
        2.0**-14,
        number.value - 2.0**-14,
        number.value + 2.0**-14,
    )
    assert (number.kind, number.fate, number.asked) == ("normal", "rounded", 0.1)


@pytest.mark.parametrize(
    ("name", "value", "hexadecimal", "kind", "fate"),
    [
        ("fp16", "1", "3c00", "normal", "exact"),
        ("fp16", "-0", "8000", "zero", "exact"),
        ("fp16", "6e-8", "0001", "subnormal", "rounded"),
        ("fp16", "2e-8", "0000", "zero", "underflow"),
        ("fp16", "65519.99", "7bff", "normal", "rounded"),
        ("fp16", "65520", "7c00", "infinity", "overflow"),
        ("fp16", "-1e9", "fc00", "infinity", "overflow"),
        ("fp16", "nan", "7e00", "nan", "exact"),
        ("fp16", "-inf", "fc00", "infinity", "exact"),
        ("bf16", "3.4e38", "7f80", "infinity", "overflow"),
        ("fp32", "1e-45", "00000001", "subnormal", "rounded"),
        ("fp8_e4m3", "449", "7e", "normal", "rounded"),
        ("fp8_e4m3", "464", "7e", "normal", "rounded"),  # half-way to a number that is not there; 448 is even
        ("fp8_e4m3", "500", "7f", "nan", "overflow"),
        ("fp6_e3m2", "30", "1f", "normal", "rounded"),
        ("fp6_e3m2", "31", "1f", "normal", "saturated"),
        ("fp4_e2m1", "nan", "0", "zero", "lost"),
        ("fp4_e2m1", "inf", "7", "normal", "saturated"),
        ("e8m0", "0.5", "7e", "normal", "exact"),
        ("e8m0", "-1", "ff", "nan", "overflow"),
        ("tf32", "1/3", "3eaaa000", "normal", "rounded"),
        ("nf4", "0.5", "c", "normal", "rounded"),
        ("nf4", "1.5", "f", "normal", "saturated"),
        ("int8", "-3.5", "fc", "normal", "rounded"),
        ("int8", "200", "7f", "normal", "saturated"),
        ("int4", "-8", "8", "normal", "exact"),
    ],
)
def test_kinds_and_fates(name, value, hexadecimal, kind, fate):
    number = describe_value(value, find_any_format(name))
    assert (number.hex, number.kind, number.fate) == (hexadecimal, kind, fate)
    again = describe_bits(number.bits, find_any_format(name))
    assert (again.hex, again.parts, again.kind, again.error) == (number.hex, number.parts, kind, 0.0)


@pytest.mark.parametrize(
    "name", [name for name in ALL_FORMATS if name not in ("fp32", "tf32", "fp16", "bf16")]
)
def test_every_code_of_small_formats_is_described(name):
    format = find_any_format(name)
    for bits in range(1 << stored_bits(format)):
        number = describe_bits(bits, format)
        assert "".join(part.bits for part in number.parts) == f"{bits:0{stored_bits(format)}b}"
        for neighbour, side in ((number.below, -1), (number.above, 1)):
            assert neighbour is None or side * (neighbour - number.value) > 0
        assert int(number.hex, 16) == bits
        if number.kind in ("normal", "subnormal") and number.ulp and name not in INTEGERS:
            steps = Fraction(number.value) / Fraction(number.ulp)
            assert steps.denominator == 1
            top = 1 << getattr(format, "mantissa_bits", 0)
            assert (abs(steps) < top) == (number.kind == "subnormal")
        if math.isfinite(number.value):
            assert Fraction(number.exact) == Fraction(number.value)


def test_the_value_follows_from_the_fields():
    for bits in (0x0001, 0x03FF, 0x0400, 0x7BFF, 0xB555, 0x8000):
        number = describe_bits(bits, FP16)
        lead = 1 if number.exponent else 0
        power = max(number.exponent, 1) - FP16.bias
        assert number.value == (-1) ** number.sign * 2.0**power * (lead + number.mantissa / 1024)


def test_neighbours_around_a_power_and_at_the_ends():
    one = describe_value(1.0, FP16)
    assert (one.above - 1, 1 - one.below) == (2.0**-10, 2.0**-11)
    largest = describe_value(65504.0, FP16)
    assert (largest.above, describe_bits(0x7C00, FP16).below) == (math.inf, 65504.0)
    assert describe_bits(0x7C00, FP16).above is None
    assert describe_value(6.0, FORMATS["fp4_e2m1"]).above is None
    zero = describe_value(-0.0, FP16)
    assert (zero.below, zero.above, zero.exact, zero.power) == (-(2.0**-24), 2.0**-24, "-0", None)


# ---- numbers as typed ----


def test_a_typed_number_is_rounded_once():
    """Just above half-way between 1 and the next FP16 number, by less than float64 can tell: still up."""
    middle = Fraction(1) + Fraction(1, 2**11)
    above = "1.00048828125" + "0" * 30 + "1"
    assert float(above) == float(middle)
    assert describe_value(above, FP16).value == 1 + 2.0**-10
    assert describe_value(str(float(middle)), FP16).value == 1.0  # the tie itself goes to even
    below = "1.00146484374999999999999999999999"  # next tie goes up, so this one shows the other side
    assert describe_value(below, FP16).value == 1 + 2.0**-10


@pytest.mark.parametrize("name", ["fp32", "fp16", "bf16", "fp8_e5m2"])
def test_typed_numbers_go_to_the_nearest(name):
    format, generator = FORMATS[name], np.random.default_rng(1)
    for _ in range(300):
        exact = Fraction(int(generator.integers(1, 10**9)), int(generator.integers(1, 10**9))) ** 3
        number = describe_value(f"{exact.numerator}/{exact.denominator}", format)
        if number.kind not in ("normal", "subnormal"):
            continue
        distance = abs(Fraction(number.value) - exact)
        for neighbour in (number.below, number.above):
            if neighbour is not None and math.isfinite(neighbour):
                assert distance <= abs(Fraction(neighbour) - exact)


@pytest.mark.parametrize(
    ("text", "double"),
    [("0.5", 0.5), ("-0", -0.0), (" 1e3 ", 1000.0), ("1/4", 0.25), ("inf", math.inf), ("-INF", -math.inf),
     ("\N{MINUS SIGN}2", -2.0), ("1e-330", 5e-324), ("1e309", 1.7976931348623157e308), ("-1/8", -0.125)],
)  # fmt: skip
def test_numbers_are_read(text, double):
    number = read_number(text)
    assert number.double == double
    assert math.copysign(1, number.double) == math.copysign(1, double)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1e", "1/0", "1/inf", "--1", "1e999", "1e-999", "1e99999999999", "9" * 2000, "0x10", "1/2/3"],
)
def test_what_is_no_number_is_said(text):
    with pytest.raises(ConfigError) as caught:
        read_number(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0999755859375, "0.0999755859375"), (65504.0, "65504"), (-2.0**-24, "-0.000000059604644775390625"),
     (math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan"), (-0.0, "-0"), (2.0**70, "1180591620717411303424")],
)  # fmt: skip
def test_exact_decimals(value, text):
    assert exact_decimal(value) == text


@pytest.mark.parametrize("text", ["", "zz", "0x", "12345", "-1", "1" * 100])
def test_bits_that_do_not_fit(text):
    with pytest.raises(ConfigError):
        read_bits(text, FP16)
    assert read_bits("0x3C_00", FP16) == 0x3C00
    with pytest.raises(ConfigError, match="does not fit"):
        describe_bits(1 << 16, FP16)


def test_stochastic_rounding_of_one_number():
    generator = np.random.default_rng(0)
    values = {describe_value("0.1", FP16, "stochastic", generator=generator).value for _ in range(50)}
    assert len(values) == 2
    assert describe_value("0.1", FP16, "toward-zero").value == min(values)


# ---- NF4 ----


def test_nf4_is_the_published_table_and_follows_from_quantiles():
    assert len(NF4.numbers) == 16
    assert (NF4.numbers[0], NF4.numbers[7], NF4.numbers[15]) == (-1.0, 0.0, 1.0)
    np.testing.assert_allclose(normal_float_numbers(), NF4.numbers, atol=2e-7)
    np.testing.assert_array_equal(NF4.numbers, NF4.numbers.astype(np.float32))  # fp32 numbers
    assert len(normal_float_numbers(bits=3)) == 8


def test_nf4_takes_the_nearest_and_half_way_the_lower():
    values = np.random.default_rng(0).uniform(-1.2, 1.2, 10_000)
    nearest = np.abs(values[:, None] - NF4.numbers).argmin(1)
    np.testing.assert_array_equal(NF4.encode(values), nearest)
    middles = (NF4.numbers[1:] + NF4.numbers[:-1]) / 2
    np.testing.assert_array_equal(NF4.encode(middles), np.arange(15))
    np.testing.assert_array_equal(NF4.encode(np.nextafter(middles, 2)), np.arange(1, 16))
    np.testing.assert_array_equal(NF4.quantize(NF4.numbers), NF4.numbers)
    assert NF4.encode([np.nan, np.inf, -np.inf]).tolist() == [7, 15, 0]
    with pytest.raises(ConfigError, match="4 bits"):
        NF4.decode([16])


# ---- integers ----


def test_symmetric_integers():
    values = np.array([-2.0, -0.5, 0.0, 0.26, 1.0])
    scale = symmetric_scale(values, INTEGERS["int8"])
    assert scale.scale == 2 / 127
    assert scale.encode(values).tolist() == [-127, -32, 0, 17, 64]  # -31.75, 16.51 and 63.5, to even
    np.testing.assert_allclose(scale.decode(scale.encode(values)), values, atol=2 / 127 / 2)
    assert scale.encode([-100.0, 100.0, np.nan]).tolist() == [-127, 127, 0]


def test_asymmetric_integers_use_all_codes_and_keep_zero():
    values = np.array([0.5, 1.0, 4.0])  # all above zero: the range is widened to hold it
    scale = asymmetric_scale(values, INTEGERS["int4"])
    assert (float(scale.scale), int(scale.zero)) == (4 / 15, -8)
    assert scale.encode([0.0, 4.0]).tolist() == [-8, 7]
    assert scale.quantize([0.0]).tolist() == [0.0]
    mixed = asymmetric_scale(np.array([-1.0, 3.0]), INTEGERS["int8"])
    assert mixed.quantize([0.0]).tolist() == [0.0]
    assert mixed.encode([-1.0, 3.0]).tolist() == [-128, 127]


def test_integers_by_channel():
    values = np.random.default_rng(0).normal(size=(4, 50)) * np.array([[0.01], [1.0], [100.0], [0.0]])
    for make in (symmetric_scale, asymmetric_scale):
        whole, channels = make(values, INTEGERS["int8"]), make(values, INTEGERS["int8"], axis=1)
        assert channels.scale.shape == (4, 1)
        errors = [np.abs(scale.quantize(values) - values) for scale in (whole, channels)]
        assert (errors[1] <= channels.scale / 2 + 1e-12).all()
        assert errors[1][0].max() < errors[0][0].max() / 100
        assert (channels.quantize(values)[3] == 0).all()


def test_integers_need_numbers():
    for values in ([], [np.inf], [np.nan, 1.0]):
        with pytest.raises(ConfigError):
            symmetric_scale(values, INTEGERS["int8"])
        with pytest.raises(ConfigError):
            asymmetric_scale(values, INTEGERS["int8"])
    tiny = symmetric_scale([5e-324], INTEGERS["int8"])
    assert np.isfinite(tiny.quantize([5e-324])).all()
    with pytest.raises(ConfigError, match="from -8 to 7"):
        symmetric_scale([1.0], INTEGERS["int4"]).decode([9])
    with pytest.raises(ConfigError, match="is no scale"):
        describe_value(1.0, INTEGERS["int8"], scale=0.0)


# ---- calc format ----


def call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict:
    assert main(["calc", "format", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_calc_format(capsys):
    found = call(["--format", "fp16", "--value", "1", "-1e-8", "70000", "-inf", "nan", "-1/3"], capsys)
    assert (found["max"], found["min_normal"]) == (65504.0, 2.0**-14)
    assert (found["min_subnormal"], found["epsilon"]) == (2.0**-24, 2.0**-10)
    results = found["results"]
    assert [each["bits"] for each in results] == ["3c00", "8000", "7c00", "fc00", "7e00", "b555"]
    assert [each["value"] for each in results[:5]] == [1.0, -0.0, "inf", "-inf", "nan"]
    assert (results[0]["sign"], results[0]["exponent"], results[0]["mantissa"], results[0]["error"]) == (
        0,
        15,
        0,
        0,
    )
    assert results[1]["error"] == 1e-8
    assert [each["value"] for each in call(["--format", "fp8_e4m3", "--bits", "7e", "0xFF", "01"], capsys)["results"]] \
        == [448.0, "nan", 2.0**-9]  # fmt: skip
    saturated = call(["--format", "fp16", "--value", "1e9", "--overflow", "saturate"], capsys)
    assert saturated["results"][0]["value"] == 65504.0
    drawn = [call(["--value", "0.1", "--rounding", "stochastic", "--seed", str(s)], capsys)["results"][0]["value"]
             for s in range(12)]  # fmt: skip
    assert len(set(drawn)) == 2


@pytest.mark.parametrize("name", ALL_FORMATS)
def test_calc_format_for_every_format(name, capsys):
    found = call(["--format", name, "--value", "1", "-0.3", "1e30"], capsys)
    assert len(found["results"]) == 3
    assert found["results"][0]["value"] == 1.0
    assert main(["calc", "format", "--format", name, "--value", "0.7"]) == 0
    assert "max" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Neither is given of --value and --bits"),
        (["--value", "1", "--bits", "1"], "Both are given"),
        (["--value", "a"], "'a' is not a number"),
        (["--bits", "12345"], "does not fit in the 16 bits"),
        (["--format", "fp7", "--value", "1"], "'fp7'"),
        (["--format", "fp4_e2m1", "--value", "1", "--overflow", "nan"], "has no NaN"),
        (["--format", "int8", "--value", "1", "--overflow", "inf"], "INT8 has no code"),
    ],
)
def test_calc_format_says_what_is_wrong(arguments, words, capsys):
    assert main(["calc", "format", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert words in err


def test_the_calculator_is_the_codec():
    values = np.random.default_rng(0).normal(size=40)
    for name, format in FORMATS.items():
        config = FormatConfig(format=name, value=" ".join(repr(float(abs(v))) for v in values))
        bits = [int(each["bits"], 16) for each in format_numbers(config)["results"]]
        assert bits == encode(np.abs(values), format).tolist()
