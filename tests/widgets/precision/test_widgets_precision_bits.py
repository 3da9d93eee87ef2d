"""Rows, number lines and their scenes: all by the codec, without Qt."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from simulator.errors import ConfigError
from simulator.formats.blocks import BLOCK_FORMATS, quantize_blocks
from simulator.formats.codec import decode, quantize
from simulator.formats.floats import FORMATS
from widgets.s04_precision.geometry.bits import FADE_SECONDS, BitsScene, Turning
from widgets.s04_precision.geometry.details import facts_of, formula, size_words
from widgets.s04_precision.geometry.line import Lanes, Window, density, everything, marks, neighbours, order
from widgets.s04_precision.geometry.lines import LinesScene, Pointer, relative_steps
from widgets.s04_precision.geometry.number import parse_number, power_words, share_words, value_words
from widgets.s04_precision.geometry.rows import FLOATS, SCALED, Given, flipped, hold, read_rows, row
from widgets.scene.shapes import BitCell, Dot, Text, bounds

SIZES = ((620, 420), (880, 480), (1500, 800))


def given(text, **changes):
    return Given(text=text, typed=parse_number(text), **changes)


def readings(text, **changes):
    return {item.row.key: item for item in read_rows(given(text, **changes))}


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.1", 0.1), ("pi", math.pi), ("π", math.pi), ("2^-24", 2.0**-24), ("2**-24", 2.0**-24), ("1/3", 1 / 3),
     ("65,504", 65504.0), ("−2", -2.0), ("inf", math.inf), ("-inf", -math.inf), ("∞", math.inf), ("1e-40", 1e-40)],
)  # fmt: skip
def test_numbers_are_read_as_people_type_them(text, value):
    assert parse_number(text).nearest == value


@pytest.mark.parametrize(
    "text", ["", "abc", "2^", "^2", "2^x", "2^9999", "0^-1", "1/0", "9" * 2000, "1e99999", "2^2^2"]
)
def test_what_is_no_number_is_refused_in_plain_words(text):
    with pytest.raises(ConfigError):
        parse_number(text)


def test_words_for_values():
    assert value_words(65504.0) == "65,504"
    assert value_words(-0.0) == "−0"
    assert value_words(2.0**-24, 3) == "5.96e-8"
    assert value_words(math.nan) == "NaN"
    assert value_words(-math.inf) == "−∞"
    assert power_words(-24) == "2⁻²⁴"
    assert share_words(0.00024) == "0.024 %"


@pytest.mark.parametrize("text", ["0.1", "-3.7", "pi", "1e-9", "65520", "-0", "inf", "nan", "1e-45", "3e38"])
def test_floating_rows_hold_what_the_codec_says(text):
    asked = parse_number(text).double
    for key in FLOATS:
        format, reading = FORMATS[key], readings(text)[key]
        expected = float(quantize(asked, format))
        assert reading.value == expected or (math.isnan(reading.value) and math.isnan(expected))
        assert len(reading.bits) == format.bits == len(reading.row.parts)
        again = float(decode(int(reading.bits, 2) << format.padding_bits, format))
        assert again == reading.value or math.isnan(again)


def test_rows_with_a_scale_hold_what_blocks_and_tables_say():
    for neighbour in (1.0, 64.0, 2.0**-10):
        found = readings("0.1", neighbour=neighbour)
        for key in SCALED:
            reading = found[key]
            if reading.row.block is not None:
                expected = quantize_blocks([0.1, neighbour], BLOCK_FORMATS[key])[0]
                assert reading.value == expected
            assert reading.value == pytest.approx(0.1, abs=0.3 * max(0.1, neighbour))
    assert readings("0.1", neighbour=1e4)["mxfp4"].value == 0  # a large neighbour takes all bits


def test_infinities_and_nan_in_rows_that_have_none():
    assert readings("inf")["fp4_e2m1"].value == 6.0
    assert readings("inf")["int8"].fate == "saturated"
    assert readings("nan")["int4"].fate == "nan"
    assert math.isnan(readings("nan")["mxfp4"].value)
    assert "block" in readings("inf")["mxfp4"].words()


@pytest.mark.parametrize("key", [*FLOATS, *SCALED])
def test_every_bit_flips_and_flips_back(key):
    reading = readings("0.1")[key]
    for bit in range(len(reading.bits)):
        once = flipped(reading, bit)
        assert sum(a != b for a, b in zip(once.bits, reading.bits, strict=True)) == 1
        twice = flipped(once, bit)
        assert twice.bits == reading.bits
        assert twice.value == pytest.approx(reading.value, nan_ok=True)


def test_flipping_the_sign_and_the_exponent_do_what_they_should():
    half = readings("0.5")["fp16"]
    assert flipped(half, 0).value == -0.5
    assert flipped(half, 1).value == 0.5 * 2.0**16  # the highest exponent bit is worth 2^4
    assert flipped(half, 15).value == 0.5 + 2.0**-11


def test_a_row_that_was_flipped_keeps_its_bits_and_gives_all_others_its_value():
    opened = given("0.1")
    nan = flipped(readings("inf")["fp16"], 15)  # a NaN with a payload
    held = hold(opened, nan)
    found = {item.row.key: item for item in read_rows(held)}
    assert found["fp16"].bits == nan.bits
    assert math.isnan(found["fp32"].value)
    scaled = hold(opened, flipped(readings("0.1")["mxfp4"], 7))
    value = {item.row.key: item for item in read_rows(scaled)}
    assert value["fp32"].value == value["mxfp4"].value


def test_rounding_and_overflow_are_chosen():
    assert readings("1.9999", rounding="toward-zero")["fp8_e4m3"].value == 1.875
    assert readings("1e6", overflow="saturate")["fp16"].value == 65504.0
    assert readings("1e6")["fp16"].value == math.inf
    draws = {readings("1.03", rounding="stochastic", seed=seed)["fp8_e4m3"].value for seed in range(40)}
    assert draws == {1.0, 1.125}


@pytest.mark.parametrize("text", ["0.1", "-65504", "1e-7", "inf", "nan", "0", "1/3"])
@pytest.mark.parametrize("key", [*FLOATS, *SCALED])
def test_every_row_can_be_explained(text, key):
    asked = given(text)
    reading = readings(text)[key]
    facts = facts_of(reading, asked)
    assert 7 <= len(facts) <= 9
    assert all(name and words for name, words, _ in facts)
    assert formula(reading)
    assert "bits" in size_words(reading)


def test_the_details_of_a_tenth_in_fp16():
    facts = {name: words for name, words, _ in facts_of(readings("0.1")["fp16"], given("0.1"))}
    assert facts["Exactly"] == "0.0999755859375"
    assert facts["Next above"] == "0.100036621"
    assert facts["Made of"] == "2⁻⁴ × 1.5996094"


# ---- the number line


@pytest.mark.parametrize("key", ["fp8_e4m3", "fp8_e5m2", "fp4_e2m1", "fp6_e3m2"])
@pytest.mark.parametrize(
    "window", [Window(0.0, 0.35), Window(-3.0, 9.0), Window(-20.0, 20.0, True), Window(-500, 60000)]
)
def test_a_lane_has_every_number_of_its_format_once(key, window):
    format, width = FORMATS[key], 500
    numbers = decode(np.arange(1 << format.bits, dtype=np.uint32), format)
    numbers = np.unique(numbers[np.isfinite(numbers)] + 0.0)
    if window.log:
        numbers = np.log2(numbers[numbers > 0])
    edges = np.linspace(window.low, window.high, width + 1)
    expected = np.histogram(numbers, edges)[0]
    found = density(format, window, width)[0]
    assert np.abs(np.cumsum(found) - np.cumsum(expected)).max() <= 1  # an edge case falls left or right
    assert np.isnan(marks(format, window, width)).sum() == (found == 0).sum()


def test_order_ranks_numbers():
    format = FORMATS["fp8_e5m2"]
    codes = np.arange(0, format.largest_code + 1, dtype=np.uint32)
    numbers = decode(codes, format)
    assert (order(numbers, format) == codes).all()
    assert (order(-numbers[1:], format) == -codes[1:].astype(int)).all()
    assert int(order(-1e-30, format)) == -1


@pytest.mark.parametrize("key", FLOATS)
@pytest.mark.parametrize("value", [0.1, -0.1, 0.0, 1e-30, 5.9, -5.9, 1e38])
def test_neighbours_stand_on_both_sides(key, value):
    format = FORMATS[key]
    found = neighbours(value, format)
    if found.below is not None:
        assert found.below <= value
    if found.above is not None:
        assert found.above >= value
    if found.gap is not None:
        middle = (found.below + found.above) / 2
        inside = float(quantize(middle, format))
        assert inside in (found.below, found.above)


def test_windows_zoom_around_a_place_and_stay_within_the_numbers():
    window = Window(0.0, 1.0)
    closer = window.zoomed(0.5, 0.2)
    assert closer.share(0.2) == pytest.approx(0.2)
    assert closer.high - closer.low == pytest.approx(0.5)
    deep = window
    for _ in range(400):
        deep = deep.zoomed(0.5, 0.3)
    assert deep.high > deep.low
    wide = everything()
    for _ in range(100):
        wide = wide.zoomed(2.0)
    assert wide.low >= -152
    assert wide.high <= 129
    assert window.holding(100.0).share(100.0) == pytest.approx(1 / 3.5)
    assert window.holding(-3.0).share(-3.0) == pytest.approx(1 - 1 / 3.5)
    assert window.holding(math.nan) == window
    assert Window(0, 1).as_log(True, 1e-9).share(1e-9) > 0
    assert everything().share(0.0) == -math.inf


def test_a_drag_gives_short_numbers():
    assert Window(0.0, 0.35).rounded_value(0.5, 700) == 0.175
    assert len(f"{Window(0.0, 1.0).rounded_value(0.333333, 500)}") <= 6
    assert everything().rounded_value(0.6, 600, -1.0) == pytest.approx(-1.0, rel=0.05)


def test_steps_jump_at_powers_of_two_and_grow_below_the_smallest_normal():
    at, steps = relative_steps("fp16", -30, 15)
    shares = dict(zip(at, steps, strict=True))
    assert shares[1.0] == 2.0**-10
    assert shares[2.0**-24] == 1.0
    assert max(at) <= 65504


# ---- scenes


def scene_of(text="0.1", **changes):
    asked = given(text, **changes)
    return BitsScene(read_rows(asked), Window(), asked.value, "fp16")


@pytest.mark.parametrize("size", SIZES)
def test_the_rows_fit_and_every_bit_can_be_hit(size):
    scene = scene_of()
    shapes = scene.frame(FADE_SECONDS, *size)
    for shape in shapes:
        area = bounds(shape)
        if area is not None and not isinstance(shape, Text):
            assert area[0] >= -9
            assert area[0] + area[2] <= size[0] + 17
            assert area[1] + area[3] <= size[1] + 2
    cells = [shape for shape in shapes if isinstance(shape, BitCell)]
    assert len(cells) == sum(len(item.bits) for item in scene.readings)
    for cell in cells[::7]:
        assert scene.hit(FADE_SECONDS, cell.x + cell.w / 2, cell.y + cell.h / 2, *size) == cell.key
    assert (
        "".join(str(cell.bit) for cell in cells if cell.key.startswith("bit:fp16:")) == scene.readings[3].bits
    )


@pytest.mark.parametrize("key", [*FLOATS, *SCALED])
def test_little_room_keeps_the_selected_row_and_those_that_matter_most(key):
    asked = given("0.1")
    scene = BitsScene(read_rows(asked), Window(), 0.1, key)
    shown = [item.row.key for item in scene.rows(260.0)]
    assert key in shown
    assert 3 <= len(shown) < 12
    assert {"fp32", "fp16"} <= set(shown)
    assert len(scene.rows(480.0)) == len(FLOATS) + len(SCALED)
    shapes = scene.frame(FADE_SECONDS, 400.0, 260.0)
    bits = [shape for shape in shapes if shape.key.startswith(f"bit:{key}:")]
    assert len(bits) == len(row(key).parts)
    assert not any(isinstance(shape, BitCell) for shape in shapes)


def test_bits_fade_from_what_they_were():
    before = scene_of("0.1").levels(FADE_SECONDS)
    asked = given("-0.1")
    after = BitsScene(read_rows(asked), Window(), asked.value, "fp16", Turning(before))
    sign = [after.levels(t)["fp16"][0] for t in (0.0, FADE_SECONDS / 2, FADE_SECONDS)]
    assert sign == [0.0, pytest.approx(0.5), 1.0]
    assert after.levels(FADE_SECONDS / 2)["fp16"][1:] == before["fp16"][1:]
    middle = after.frame(FADE_SECONDS / 2, 880, 480)
    turning = [cell for cell in middle if isinstance(cell, BitCell) and cell.key == "bit:fp16:0"]
    assert [cell.bit for cell in turning] == [0, 1]
    assert 0.2 <= FADE_SECONDS <= 0.4


def test_the_selected_format_is_on_the_number_line():
    asked = given("0.1")
    for key in (*FLOATS, "mxfp4"):
        scene = BitsScene(read_rows(asked), Window(), 0.1, key)
        wanted = "fp4_e2m1" if key == "mxfp4" else key
        assert wanted in scene.line_formats()
        assert len(scene.line_formats()) == 3


@pytest.mark.parametrize("text", ["0.1", "0", "-5", "inf", "nan", "1e-45", "3e38"])
@pytest.mark.parametrize("window", [everything(), Window(), Window(-3, 1)])
def test_lanes_draw_any_number_in_any_window(text, window):
    asked = given(text)
    for pointer in (None, Pointer("fp8_e5m2", 0.3), Pointer("fp4_e2m1", 1e9)):
        scene = LinesScene(read_rows(asked), window, asked.value, pointer, Lanes(), "nf4")
        shapes = scene.frame(0.0, 880, 300)
        assert scene.words()
        for dot in (shape for shape in shapes if isinstance(shape, Dot)):
            assert -10 <= dot.x <= 880
    assert scene.lane_at(1.0, 300) == "fp32"
    assert scene.lane_at(299.0, 300) == "fp4_e2m1"


def test_the_gap_under_the_pointer_is_told():
    asked = given("0.1")
    scene = LinesScene(read_rows(asked), everything(), 0.1, Pointer("fp16", 2049.0), Lanes(), "fp16")
    assert scene.words() == "FP16: 2,048 and 2,050, gap 2 = 2¹"


def test_rows_know_their_formats():
    assert row("nvfp4").scale_bits == 8
    assert row("tf32").parts.count("mantissa") == 10
    with pytest.raises(ConfigError):
        row("fp5")
    assert replace(given("1"), neighbour=2.0).neighbour == 2.0
