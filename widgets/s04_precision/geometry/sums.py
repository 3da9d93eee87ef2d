"""Adding one number many times in a format: every partial sum as the format would hold it, by the codec.

Rounding looks at one thing only: where between two neighbours the exact sum lies. Between two powers of two neighbours
are equally far apart, so that every addition there moves the sum by the same amount (for ties, once the sum is an
even number). The codec is asked a few times for each power of two, not for each of ten thousand additions; tests hold
the result against the plain loop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from simulator.formats.codec import quantize
from simulator.formats.floats import FORMATS, FloatFormat

Sums = npt.NDArray[np.float64]
_DRAWS = 256


def running_sums(term: float, count: int, format: FloatFormat) -> Sums:
    """The sum after 0, 1, ... ``count`` additions of ``term`` (rounded to the format first), (count + 1,).

    Args:
        term: A positive number.
        count: How often it is added.
        format: Holds the sum; every addition is rounded to nearest, ties to even.
    """
    step = float(quantize(term, format))
    sums = np.zeros(count + 1)
    done = 0
    while done < count:
        ahead = [sums[done]]
        for _ in range(min(3, count - done)):
            ahead.append(float(quantize(ahead[-1] + step, format)))
        sums[done : done + len(ahead)] = ahead
        done += len(ahead) - 1
        if not math.isfinite(ahead[-1]) or ahead[-1] == ahead[-2]:
            sums[done:] = ahead[-1]
            return sums
        move = ahead[-1] - ahead[-2]
        border = min(2.0 ** math.frexp(ahead[-1])[1], format.max)
        # Two equal moves in a row start from even numbers, or are no ties: they stay equal up to the border.
        if (
            len(ahead) == 4
            and ahead[2] - ahead[1] == move
            and ahead[1] >= 2.0 ** (math.frexp(ahead[-1])[1] - 1)
        ):
            left = max(0, min(count - done, math.floor((border - ahead[-1]) / move) - 1))
            sums[done + 1 : done + 1 + left] = ahead[-1] + move * np.arange(1, left + 1)
            done += left
    return sums


def stochastic_sums(term: float, count: int, format: FloatFormat, seed: int) -> Sums:
    """The same with stochastic rounding: up as likely as the exact sum is near the upper neighbour."""
    step = float(quantize(term, format))
    generator = np.random.default_rng(seed)
    sums = np.zeros(count + 1)
    done = 0
    while done < count:
        now = sums[done]
        size = min(_DRAWS, count - done)
        # The neighbours lie equally far apart up to the next power of two: the draws for one place hold for all.
        tries = quantize(np.full(size, now + step), format, "stochastic", "", generator)
        moved = now + np.cumsum(tries - now)
        border = 2.0 ** (math.frexp(now)[1]) if now else 0.0
        same = int(np.searchsorted(moved, border - step)) if border else 0
        used = max(1, min(size, same))
        sums[done + 1 : done + 1 + used] = moved[:used]
        done += used
    return sums


def kahan_sums(term: float, count: int) -> Sums:
    """Kahan's summation in FP16: a second FP16 number carries what rounding lost (Kahan 1965).

    numpy's half is FP16 with rounding to nearest even, as the codec is (tests hold them together).
    """
    step, total, lost = np.float16(term), np.float16(0), np.float16(0)
    sums = np.zeros(count + 1)
    for index in range(1, count + 1):
        wanted = step - lost
        new = total + wanted
        lost = (new - total) - wanted
        total = new
        sums[index] = total
    return sums


@dataclass(frozen=True)
class Curve:
    """One way to add.

    Attributes:
        key: Its name.
        label: In words.
        colour: Token.
        sums: The sum after each addition.
    """

    key: str
    label: str
    colour: str
    sums: Sums


COUNT = 10_000
TERM = 0.1


@lru_cache(maxsize=4)
def drift_curves(count: int = COUNT, term: float = TERM) -> tuple[Curve, ...]:
    """Every way to add ``term``: most exact first."""
    formats = (("fp32", "text"), ("tf32", "kv_cache"), ("fp16", "parameters"), ("bf16", "gradients"),
               ("fp8_e4m3", "optimizer"), ("fp8_e5m2", "data"))  # fmt: skip
    half = float(quantize(term, FORMATS["fp16"]))
    curves = [
        Curve(key, FORMATS[key].title, colour, running_sums(term, count, FORMATS[key]))
        for key, colour in formats
    ]
    curves.insert(
        1, Curve("accumulator", "FP16 terms, FP32 sum", "good", running_sums(half, count, FORMATS["fp32"]))
    )
    curves.insert(2, Curve("kahan", "FP16 with Kahan", "activations", kahan_sums(term, count)))
    return tuple(curves)


@lru_cache(maxsize=4)
def random_curves(
    key: str = "bf16", count: int = 2_000, term: float = TERM, runs: int = 12
) -> tuple[Curve, ...]:
    """Nearest once, and stochastic rounding with several seeds."""
    format = FORMATS[key]
    nearest = Curve("nearest", "to nearest", "bad", running_sums(term, count, format))
    draws = [
        Curve(f"random{seed}", "at random", "activations", stochastic_sums(term, count, format, seed))
        for seed in range(runs)
    ]
    return (nearest, *draws)
