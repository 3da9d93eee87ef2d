"""A vanished gradient under the microscope: its real bits in FP32, in FP16, and in FP16 with the loss scaled."""

from __future__ import annotations

import math

from simulator.formats.codec import decode, encode
from simulator.formats.floats import FORMATS
from widgets.s04_precision.geometry.number import power_words, value_words
from widgets.s04_precision.geometry.rows import COLOURS, row
from widgets.s04_precision.geometry.training import Vanished
from widgets.scene.shapes import Arrow, BitCell, Box, Shape, Text
from widgets.scene.timeline import PlainScene, Sequence, Step

_LABEL = 150.0


class MicroscopeScene(PlainScene):
    """Two ways for one gradient: straight into FP16, where it is 0; and scaled, where it survives.

    Args:
        found: The gradient.
    """

    def __init__(self, found: Vanished) -> None:
        self.found = found
        scale = _scale_words(found.scale)
        steps = Sequence("A real gradient, in FP32")
        self._round = steps.step("Stored in FP16 it is 0: the weight learns nothing from it", 0.4, 1.2)
        self._scale = steps.step(f"Multiply the loss by {scale}: every gradient grows with it", 0.4, 1.2)
        self._hold = steps.step("Now FP16 holds it", 0.4, 1.2)
        self._divide = steps.step(
            f"Divide by {scale} in FP32 before the update: the gradient is back", 0.4, 1.0
        )
        self.marks, self.duration = steps.marks, steps.duration

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The rows so far."""
        found = self.found
        pitch = min(84.0, (height - 26.0) / 5)
        place = ", ".join(map(str, found.index))
        where = f"step {found.step:,} · weight {found.name}" + (f" at ({place})" if place else "")
        shapes: list[Shape] = [Text(x=8, y=10, text=where, role="small", colour="text_muted", width=width)]
        rows = (
            (None, "FP32", "fp32", found.bits, found.value, ""),
            (self._round, "FP16", "fp16", found.rounded_bits, None, "bad"),
            (self._scale, f"FP32 × {_scale_words(found.scale)}", "fp32", None, found.value * found.scale, ""),
            (self._hold, "FP16, scaled", "fp16", found.scaled_bits, None, "good"),
            (self._divide, "FP32, divided", "fp32", None, found.rescued, "good"),
        )
        for index, (step, title, key, code, value, tone) in enumerate(rows):
            shown = 1.0 if step is None else step.progress(t)
            if shown > 0:
                y = 24 + index * pitch
                shapes += self._row(title, key, code, value, tone, y, pitch, width, shown)
                shapes += _arrow(step, y, width, shown)
        return shapes

    def _row(
        self, title: str, key: str, code: int | None, value: float | None, tone: str, y: float, pitch: float,
        width: float, shown: float,
    ) -> list[Shape]:  # fmt: skip
        values = 130.0
        cell = min(max(22.0, 0.5 * pitch), (width - _LABEL - values) / 32)
        high = min(max(26.0, 0.55 * pitch), pitch - 10)
        middle = y + pitch / 2
        format = FORMATS[key]
        bits = code if code is not None else _bits(value or 0.0, key)
        number = float(decode(bits, format)) if value is None else value
        shapes: list[Shape] = []
        if tone:
            shapes.append(
                Box(x=0, y=y + 2, w=width, h=pitch - 4, fill=f"{tone}@0.1", radius=8, opacity=shown)
            )
        shapes.append(Text(x=8, y=middle, text=title, role="section", opacity=shown, width=_LABEL - 8))
        parts = row(key).parts
        for place, (part, bit) in enumerate(zip(parts, f"{bits:0{len(parts)}b}", strict=True)):
            shapes.append(BitCell(x=_LABEL + place * cell, y=middle - high / 2, w=cell - min(3.0, cell / 6), h=high,
                                  bit=int(bit), colour=COLOURS[part], opacity=shown))  # fmt: skip
        words = value_words(number, 4)
        if number:
            words += f" ≈ {power_words(round(math.log2(abs(number))))}"
        colour = tone or "text"
        shapes.append(Text(x=width - 8, y=middle, text=words, role="mono_small", align="right", opacity=shown,
                           colour=colour))  # fmt: skip
        return shapes


def _arrow(step: Step | None, y: float, width: float, shown: float) -> list[Shape]:
    """A short arrow from the row above."""
    if step is None:
        return []
    return [Arrow(x1=_LABEL - 22, y1=y - 12, x2=_LABEL - 22, y2=y + 10, progress=shown, opacity=shown)]


def _bits(value: float, key: str) -> int:
    return int(encode(value, FORMATS[key]))


def _scale_words(scale: float) -> str:
    power = math.log2(scale)
    return power_words(int(power)) if power == int(power) else value_words(scale, 6)
