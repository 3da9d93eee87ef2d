"""One addition or multiplication in a format, step by step: align, compute exactly, round, store."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from simulator.formats.codec import quantize
from simulator.formats.floats import FORMATS
from simulator.formats.typed import given_number
from widgets.s04_precision.geometry.number import power_words, value_words
from widgets.s04_precision.geometry.rows import COLOURS, Given, Reading, read_row, row
from widgets.scene.shapes import BitCell, Box, Line, Shape, Text
from widgets.scene.timeline import PlainScene, Sequence

Sign = Literal["+", "×"]
_MOST_COLUMNS = 40


@dataclass(frozen=True)
class Case:
    """An operation worth seeing.

    Attributes:
        key: Its name.
        left: First number.
        sign: What is done.
        right: Second number.
        format: Name of the format.
        lesson: What it shows.
    """

    key: str
    left: float
    sign: Sign
    right: float
    format: str
    lesson: str

    @property
    def words(self) -> str:
        """``2,048 + 1 in FP16``."""
        return f"{value_words(self.left, 6)} {self.sign} {value_words(self.right, 6)} in {FORMATS[self.format].title}"


def _case(key: str, left: float, sign: Sign, right: float, format: str, *lesson: str) -> Case:
    return Case(key, left, sign, right, format, " ".join(lesson))


CASES: dict[str, tuple[Case, ...]] = {
    "overflow": (
        _case("overflow-fp16", 65504.0, "+", 32.0, "fp16",
              "65,504 is FP16's largest number. Only a little more, and it is infinity."),
        _case("overflow-e4m3", 448.0, "+", 64.0, "fp8_e4m3",
              "E4M3 has no infinity: what is too large becomes NaN here; other libraries stop at 448."),
        _case("overflow-bf16", 65504.0, "+", 32.0, "bf16",
              "BF16 has FP32's exponents: no overflow, but it cannot tell 65,504 from 65,536."),
    ),
    "underflow": (
        _case("underflow-fp16", 2.0**-13, "×", 2.0**-13, "fp16",
              "Two small factors, and the product is below half of FP16's smallest number: zero."),
        _case("underflow-scaled", 2.0**-3, "×", 2.0**-13, "fp16",
              "Scale one factor by 1,024 first, and the product survives. That is loss scaling."),
        _case("underflow-bf16", 2.0**-13, "×", 2.0**-13, "bf16", "BF16 has exponents enough. It needs no scaling."),
    ),
    "absorption": (
        _case("absorption-fp16", 2048.0, "+", 1.0, "fp16",
              "From 2,048 on, FP16 counts in twos. Adding 1 is a tie that goes to the even 2,048:",
              "nothing happens, however often it is added."),
        _case("absorption-bf16", 1.0, "+", 0.003, "bf16",
              "A weight of 1 and an update of 0.3 %: in BF16 the weight never moves.",
              "That is why master weights are FP32."),
        _case("absorption-fp32", 1.0, "+", 0.003, "fp32", "FP32 has digits enough for the same update."),
    ),
}  # fmt: skip
"""Operations by what they show."""


@dataclass(frozen=True)
class Digits:
    """A number as binary digits over columns.

    Attributes:
        negative: Its sign.
        digits: Digits from the highest column down.
    """

    negative: bool
    digits: tuple[int, ...]


@dataclass(frozen=True)
class Worked:
    """An operation worked out exactly.

    Attributes:
        left: First operand as the format holds it.
        right: Second operand as the format holds it.
        exact: The exact result.
        stored: What the format makes of it.
        top: Power of two of the highest column.
        last: Power of two of the lowest column in sight.
        kept: Power of two of the last digit that the format can hold for this result.
        more: Columns below ``last`` that are not in sight.
    """

    left: Reading
    right: Reading
    exact: Fraction
    stored: Reading
    top: int
    last: int
    kept: int
    more: int

    def digits(self, number: Fraction) -> Digits:
        """A number over the columns; what lies below them is cut off."""
        whole = int(abs(number) / Fraction(2) ** self.last)
        count = self.top - self.last + 1
        return Digits(number < 0, tuple(whole >> place & 1 for place in reversed(range(count))))

    def verdict(self) -> str:
        """What rounding does, and why."""
        unit = Fraction(2) ** self.kept
        rest = abs(self.exact) % unit
        if not math.isfinite(self.stored.value):
            return f"beyond the largest number, {value_words(self.stored.largest, 6)}"
        if rest == 0:
            return "nothing is cut off: the result is exact"
        half = unit / 2
        if rest == half:
            return "exactly half: to the even neighbour"
        return "less than half is cut off: down" if rest < half else "more than half is cut off: up"


def work_out(case: Case) -> Worked:
    """Work an operation out. Both numbers are rounded to the format first, as a program would hold them."""
    line, format = row(case.format), FORMATS[case.format]
    left, right = (
        read_row(line, Given(text="", typed=given_number(float(quantize(value, format)))))
        for value in (case.left, case.right)
    )
    a, b = Fraction(left.value), Fraction(right.value)
    exact = a + b if case.sign == "+" else a * b
    stored = read_row(line, Given(text="", typed=given_number(float(exact))))
    shown = [number for number in ((a, b, exact) if case.sign == "+" else (exact,)) if number]
    top = max((_power(number) for number in shown), default=0)
    kept = max(_power(exact) if exact else 0, format.minimum_exponent) - format.mantissa_bits
    last = min([_lowest(number) for number in shown] + [kept, top])
    top = max(top, kept)
    cut = max(0, top - last + 1 - _MOST_COLUMNS)
    return Worked(left, right, exact, stored, top, last + cut, kept, cut)


def _power(number: Fraction) -> int:
    """The power of two of the highest digit."""
    power = abs(number.numerator).bit_length() - number.denominator.bit_length()
    return power if Fraction(2) ** power <= abs(number) else power - 1


def _lowest(number: Fraction) -> int:
    """The power of two of the lowest digit; the number must be binary."""
    numerator = abs(number.numerator)
    return (numerator & -numerator).bit_length() - 1 - (number.denominator.bit_length() - 1)


class OperationScene(PlainScene):
    """Five steps: two numbers, aligned, computed, rounded, stored."""

    def __init__(self, case: Case) -> None:
        self.case, self.worked = case, work_out(case)
        aligned = "Written in powers of two, under each other" if case.sign == "+" else "Multiplied exactly"
        steps = Sequence(f"{case.words}")
        self._align = steps.step(aligned, move=0.4, pause=0.9)
        self._add = steps.step("The exact result", move=0.4, pause=0.9)
        self._round = steps.step(f"Only so many digits fit: {self.worked.verdict()}", move=0.4, pause=1.2)
        self._store = steps.step("What is stored", move=0.4, pause=0.8)
        self.marks, self.duration = steps.marks, steps.duration

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The operands' bits, the columns, and the result's bits."""
        pitch = min(84.0, (height - 58.0) / 6.0)
        label, cell = 118.0, 0.0
        values = 150.0 if width > 700 else 100.0
        columns = self.worked.top - self.worked.last + 1
        cell = min(
            max(21.0, 0.5 * pitch), (width - label - values) / max(columns, len(self.worked.left.bits), 16)
        )
        shapes = self._operand(self.worked.left, "", 0, pitch, label, cell, width)
        shapes += self._operand(self.worked.right, self.case.sign, 1, pitch, label, cell, width)
        shapes += self._columns(t, 2 * pitch + 22, pitch, label, cell, width)
        shapes += self._result(t, 5 * pitch + 56, pitch, label, cell, width, height)
        return shapes

    def _operand(
        self, reading: Reading, sign: str, index: int, pitch: float, label: float, cell: float, width: float
    ) -> list[Shape]:
        y = index * pitch
        shapes: list[Shape] = []
        if sign:
            shapes.append(Text(x=label - 22, y=y + pitch / 2, text=sign, role="title", align="center"))
        return [*shapes, *_bits(reading, label, y, pitch, cell, width)]

    def _columns(
        self, t: float, y: float, pitch: float, label: float, cell: float, width: float
    ) -> list[Shape]:
        work, adds = self.worked, self.case.sign == "+"
        shapes: list[Shape] = []
        aligned, added, rounded = (step.progress(t) for step in (self._align, self._add, self._round))
        cut_x = label + (work.top - work.kept + 1) * cell
        if adds:
            for index, reading in enumerate((work.left, work.right)):
                shapes += self._digits(
                    Fraction(reading.value), label, y + index * pitch, pitch, cell, aligned, "", 0
                )
            shapes.append(Line(x1=label, y1=y + 2 * pitch - 1, x2=label + (work.top - work.last + 1) * cell,
                               y2=y + 2 * pitch - 1, colour="line_strong", opacity=added))  # fmt: skip
        line = y + 2 * pitch + 4 if adds else y + pitch
        shown = added if adds else aligned
        shapes.append(
            Text(x=8, y=line + pitch / 2, text="exactly", colour="text_muted", role="small", opacity=shown)
        )
        shapes += self._digits(work.exact, label, line, pitch, cell, shown, "good", rounded)
        shapes.append(Text(x=width - 8, y=line + pitch / 2, text=value_words(float(work.exact), 8), role="mono_small",
                           align="right", opacity=shown))  # fmt: skip
        if rounded > 0:
            shapes.append(Line(x1=cut_x - 1, y1=line - 6, x2=cut_x - 1, y2=line + pitch + 4, colour="bad", width=2,
                               opacity=rounded))  # fmt: skip
            words = f"{FORMATS[self.case.format].title} ends at {power_words(work.kept)}: {work.verdict()}"
            shapes.append(Text(x=label, y=line + pitch + 14, text=words, colour="bad", role="small", opacity=rounded,
                               width=width - label - 8))  # fmt: skip
        return shapes

    def _digits(
        self,
        number: Fraction,
        x: float,
        y: float,
        pitch: float,
        cell: float,
        shown: float,
        tone: str,
        cut: float,
    ) -> list[Shape]:
        """A number's digits over the columns; with ``cut``, those that do not fit fade."""
        if shown <= 0 or cell <= 2:
            return []
        work = self.worked
        high = min(max(24.0, 0.55 * pitch), pitch - 6)
        shapes: list[Shape] = []
        started = False
        for place, digit in enumerate(work.digits(number).digits):
            started = started or bool(digit) or work.top - place <= 0
            if not started:
                continue
            lost = work.top - place < work.kept
            shapes.append(BitCell(
                x=x + place * cell, y=y + (pitch - high) / 2, w=cell - min(3.0, cell / 6), h=high, bit=digit,
                colour="bad" if lost and tone else tone or "parameters", opacity=shown * (1 - 0.55 * cut * lost),
            ))  # fmt: skip
        return shapes

    def _result(
        self, t: float, y: float, pitch: float, label: float, cell: float, width: float, height: float
    ) -> list[Shape]:
        shown = self._store.progress(t)
        if shown <= 0:
            return []
        high = min(pitch, height - y - 2)
        bad = self.worked.stored.value != float(self.worked.exact)
        box = Box(x=0, y=y, w=width, h=high, radius=8, fill="bad@0.12" if bad else "good@0.12", opacity=shown)
        return [box, *_bits(self.worked.stored, label, y, high, cell, width, "=", shown, bad=bad)]


def _bits(
    reading: Reading, label: float, y: float, pitch: float, cell: float, width: float, name: str = "",
    opacity: float = 1.0, *, bad: bool = False,
) -> list[Shape]:  # fmt: skip
    """A number as the format holds it."""
    middle, high = y + pitch / 2, min(max(24.0, 0.55 * pitch), pitch - 6)
    title = f"{name} {reading.row.title}".strip()
    shapes: list[Shape] = [Text(x=8, y=middle, text=title, role="section", opacity=opacity, width=label - 30)]
    for bit, part in enumerate(reading.row.parts):
        shapes.append(BitCell(
            x=label + bit * cell, y=middle - high / 2, w=cell - min(3.0, cell / 6), h=high, bit=int(reading.bits[bit]),
            colour=COLOURS[part], opacity=opacity,
        ))  # fmt: skip
    words, tone = value_words(reading.value, 8), "bad" if bad else "text"
    shapes.append(
        Text(x=width - 8, y=middle, text=words, role="mono", align="right", colour=tone, opacity=opacity)
    )
    return shapes
