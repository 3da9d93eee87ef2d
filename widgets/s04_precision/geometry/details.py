"""One row in words: how its bits make the number, and what lies around it."""

from __future__ import annotations

import math

from simulator.formats.describe import Number, describe_bits, describe_value
from simulator.formats.floats import FloatFormat
from simulator.formats.integers import IntegerFormat
from widgets.s04_precision.geometry.number import power_words, share_words, value_words
from widgets.s04_precision.geometry.rows import Given, Reading

_LONGEST = 34


def formula(reading: Reading) -> str:
    """How the bits make the value: ``−1 · 2⁻⁴ · 1.59961``."""
    element = reading.row.element
    number = _number(reading)
    factor = f"{value_words(reading.scale, 4)} × " if reading.row.scaled else ""
    if isinstance(element, IntegerFormat):
        return f"{factor}{value_words(number.value)}"
    if not isinstance(element, FloatFormat):
        return f"{factor}{value_words(number.value, 6)} (entry {reading.code})"
    if not math.isfinite(number.value):
        return {"nan": "exponent all ones: not a number", "infinity": "exponent all ones: infinity"}.get(
            number.kind, ""
        )
    sign = "−" if number.sign else ""
    if number.value == 0:
        return f"{factor}{sign}0: all bits zero"
    power = number.power or 0
    significand = abs(number.value) / 2.0**power
    return f"{factor}{sign}{power_words(power)} × {value_words(significand, 8)}"


def facts_of(reading: Reading, given: Given) -> list[tuple[str, str, str]]:
    """Name, words and tone of what there is to say about a row, most important first."""
    element, number = reading.row.element, _number(reading)
    below, above = _around(reading, number)
    rows = [
        ("Made of", formula(reading), ""),
        ("Exactly", _exact(reading, number), ""),
        (
            "Error",
            _error(reading, given),
            "bad" if reading.fate in ("lost", "overflow", "saturated", "nan") else "",
        ),
        ("Next below", below, ""),
        ("Next above", above, ""),
    ]
    kind = ("Kind", _kind(reading, number), "")
    if not isinstance(element, FloatFormat):
        return [*rows, ("Largest", value_words(reading.largest, 6), ""), kind]
    smallest = value_words(element.min_subnormal * reading.scale, 4)
    if not reading.row.scaled:
        smallest += f" ({power_words(_log2(element.min_subnormal))})"
    step = "depends on the scale" if reading.row.scaled else value_words(element.epsilon, 4)
    rows += [("Largest", value_words(element.max * reading.scale, 6), ""), ("Smallest", smallest, "")]
    return [*rows, kind, ("Step at 1", step, "")]


def size_words(reading: Reading) -> str:
    """``16 bits: 1 + 5 + 10``; for blocks with their share of the scale."""
    row = reading.row
    if row.block is not None:
        return f"{row.block.bits_per_value:g} bits a number, blocks of {row.block.size}"
    element = row.element
    if isinstance(element, FloatFormat):
        stored = ", stored in 32" if element.padding_bits else ""
        return f"{element.bits} bits: {element.sign_bits} + {element.exponent_bits} + {element.mantissa_bits}{stored}"
    return f"{element.bits} bits and a shared scale"


def _number(reading: Reading) -> Number:
    element = reading.row.element
    padding = element.padding_bits if isinstance(element, FloatFormat) else 0
    return describe_bits(reading.code << padding, element)


def _around(reading: Reading, number: Number) -> tuple[str, str]:
    words = [
        "none: the end" if value is None else value_words(value * reading.scale, 9)
        for value in (number.below, number.above)
    ]
    return words[0], words[1]


def _exact(reading: Reading, number: Number) -> str:
    if reading.row.scaled:
        return value_words(reading.value, 14)
    text = number.exact
    return text if len(text) <= _LONGEST else f"{value_words(number.value, 14)} …"


def _error(reading: Reading, given: Given) -> str:
    if reading.fate not in ("rounded", "exact"):
        return reading.words()
    element = reading.row.element
    error = reading.value - reading.asked
    relative = reading.error
    if (
        isinstance(element, FloatFormat)
        and not reading.row.scaled
        and given.rounding == "nearest-even"
        and not given.held
    ):
        exact = describe_value(given.typed.double, element)
        error, relative = exact.error, exact.relative_error
    if error == 0:
        return "none: exact"
    share = f" ({share_words(relative)})" if relative is not None else ""
    return f"{value_words(error, 3)}{share}"


def _kind(reading: Reading, number: Number) -> str:
    if not math.isfinite(reading.value):
        return "NaN" if math.isnan(reading.value) else "infinity"
    return {"subnormal": "subnormal: fewer digits left"}.get(number.kind, number.kind)


def _log2(value: float) -> int:
    return math.frexp(value)[1] - 1
