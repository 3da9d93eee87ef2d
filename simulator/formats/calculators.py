"""The calculator behind ``calc format``: its config and its function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from simulator.config import Config, setting
from simulator.errors import ConfigError
from simulator.formats.codec import ROUNDINGS, Rounding
from simulator.formats.describe import (
    ALL_FORMATS,
    AnyFormat,
    Number,
    describe_bits,
    describe_value,
    find_any_format,
    read_bits,
    stored_bits,
)
from simulator.formats.floats import FloatFormat
from simulator.formats.integers import IntegerFormat
from simulator.formats.typed import read_number

_MOST = 10_000
_OWN = "own"


@dataclass(frozen=True, kw_only=True)
class FormatConfig(Config):
    """Numbers or bits to be looked at in one format."""

    format: str = setting("fp16", "The number format.", choices=tuple(ALL_FORMATS))
    value: str = setting(
        "",
        "Numbers to round to the format, several at once, such as 0.1 1/3 1e5 -inf.",
        label="Values",
        group="Given",
    )
    bits: str = setting(
        "", "Bits to read, in hexadecimal digits, several at once, such as 3c00.", group="Given"
    )
    overflow: str = setting(
        _OWN,
        "What a number beyond the largest becomes, where the format allows it.",
        choices=(_OWN, "inf", "nan", "saturate"),
        group="Rounding",
    )
    rounding: str = setting("nearest-even", "How numbers are rounded.", choices=ROUNDINGS, group="Rounding")
    seed: int = setting(
        0, "Start of the random numbers of stochastic rounding.", low=0, high=2**63, group="Rounding"
    )
    scale: float = setting(1.0, "The step of an integer format.", low=1e-300, high=1e300, group="Integers")

    def __post_init__(self) -> None:
        super().__post_init__()
        values, bits = self.value.split(), self.bits.split()
        if bool(values) == bool(bits):
            count = "Both are" if values else "Neither is"
            raise ConfigError("value", f"{count} given of --value and --bits.",
                              hint="Give numbers to round, or bits to read.")  # fmt: skip
        if len(values) + len(bits) > _MOST:
            raise ConfigError("value" if values else "bits", f"These are more than {_MOST:,} at once.")
        for text in values:
            read_number(text)
        for text in bits:
            read_bits(text, self.number_format)
        if isinstance(self.number_format, FloatFormat):
            self.number_format.overflow(self.overflow_way)
        elif self.overflow not in (_OWN, "saturate"):
            raise ConfigError("overflow", f"{self.number_format.title} has no code for that.",
                              hint="Numbers that are too large become the largest.")  # fmt: skip

    @property
    def number_format(self) -> AnyFormat:
        """The format."""
        return find_any_format(self.format)

    @property
    def overflow_way(self) -> str:
        """What becomes of numbers that are too large, "" for the format's own way."""
        return "" if self.overflow == _OWN else self.overflow

    def numbers(self) -> list[Number]:
        """The numbers asked for."""
        format = self.number_format
        if self.bits:
            return [
                describe_bits(read_bits(text, format), format, scale=self.scale) for text in self.bits.split()
            ]
        generator = np.random.default_rng(self.seed)
        rounding = cast(Rounding, self.rounding)  # one of the choices
        return [
            describe_value(text, format, rounding, self.overflow_way, scale=self.scale, generator=generator)
            for text in self.value.split()
        ]


def format_numbers(config: FormatConfig) -> dict[str, Any]:
    """``results`` (one for each number, see :class:`Number`) and the format's own figures.

    These are ``max``, ``min_normal``, ``min_subnormal`` and ``epsilon``, None where a format has no such thing.
    """
    format = config.number_format
    return {
        "format": format.name,
        "title": format.title,
        "source": format.source,
        "stored_bits": stored_bits(format),
        **_figures(format, config.scale),
        "results": [number.to_dict() for number in config.numbers()],
    }


def _figures(format: AnyFormat, scale: float) -> dict[str, Any]:
    if isinstance(format, FloatFormat):
        return {
            "sign_bits": format.sign_bits,
            "exponent_bits": format.exponent_bits,
            "mantissa_bits": format.mantissa_bits,
            "bias": format.bias,
            "max": format.max,
            "min_normal": format.min_normal,
            "min_subnormal": None if format.special == "e8m0" else format.min_subnormal,
            "epsilon": format.epsilon,
            "overflow": list(format.overflows),
        }
    largest = format.largest * scale if isinstance(format, IntegerFormat) else float(format.numbers[-1])
    smallest = scale if isinstance(format, IntegerFormat) else float(min(n for n in format.numbers if n > 0))
    return {
        "max": largest, "min_normal": smallest, "min_subnormal": None, "epsilon": None, "overflow": ["saturate"],
    }  # fmt: skip
