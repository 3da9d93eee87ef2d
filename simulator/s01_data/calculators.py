"""The calculators of stage 1 behind ``calc minhash`` and ``calc chinchilla``: configs and pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from simulator.config import Config, setting
from simulator.errors import ConfigError
from simulator.s01_data.minhash import match_probability, rough_threshold, threshold
from simulator.s01_data.scaling import APPROACHES, FITS, optimum

_MOST_SIZES = 10_000
_MOST_SIMILARITIES = 10_000
_QUANTITIES = ("params", "tokens", "flops")


@dataclass(frozen=True, kw_only=True)
class MinhashConfig(Config):
    """How often pairs of a given similarity become candidates. The defaults are FineWeb's."""

    bands: int = setting(
        14, "Groups of hashes; any group that agrees makes two documents candidates.", low=1, high=_MOST_SIZES
    )
    rows: int = setting(8, "Hashes in a band; all of them must agree.", low=1, high=_MOST_SIZES)
    similarity: str = setting(
        "0.5 0.6 0.7 0.75 0.8 0.9", "Jaccard similarities, 0 to 1, several at once.", label="Similarities"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.similarities()

    def similarities(self) -> list[float]:
        """The similarities as numbers.

        Raises:
            ConfigError: for what is no number from 0 to 1, none at all, or far too many.
        """
        words = self.similarity.replace(",", " ").split()
        if not 0 < len(words) <= _MOST_SIMILARITIES:
            raise ConfigError("similarity", f"There are {len(words)} similarities.",
                              hint=f"Give 1 to {_MOST_SIMILARITIES:,} numbers, each from 0 to 1.")  # fmt: skip
        return [_similarity(word) for word in words]


@dataclass(frozen=True, kw_only=True)
class ChinchillaConfig(Config):
    """Compute-optimal training for one given number: parameters, tokens or FLOPs (Hoffmann et al. 2022)."""

    params: float = setting(
        0.0, "Parameters of the model; 0 for not given.", label="Parameters", low=0, high=1e18, group="Given"
    )
    tokens: float = setting(
        0.0, "Training tokens; 0 for not given.", unit="tokens", low=0, high=1e21, group="Given"
    )
    flops: float = setting(
        0.0,
        "Training compute; 0 for not given.",
        label="Compute",
        unit="FLOPs",
        low=0,
        high=1e36,
        group="Given",
    )
    approach: str = setting(
        "1",
        "1: about 20 tokens a parameter. 2: iso-FLOP profiles. 3: the minimum of the loss formula.",
        choices=APPROACHES,
        group="Law",
    )
    fit: str = setting(
        "printed",
        "Constants of the loss formula: as printed, before rounding, or refitted in 2024.",
        choices=FITS,
        group="Law",
    )

    def given(self) -> dict[str, float]:
        """The one number that is given, by its name.

        Raises:
            ConfigError: unless it is exactly one, and at least 1.
        """
        given = {name: getattr(self, name) for name in _QUANTITIES if getattr(self, name)}
        if len(given) != 1:
            count = "None is" if not given else f"{len(given)} are"
            raise ConfigError("flops", f"{count} given of --params, --tokens and --flops.",
                              hint="Give exactly one of them: the others follow from it.")  # fmt: skip
        ((name, value),) = given.items()
        if value < 1:
            raise ConfigError(name, f"--{name} {value:g} is too small.", hint="Use at least 1.")
        return given


def minhash_probabilities(config: MinhashConfig) -> dict[str, Any]:
    """``probability`` of becoming candidates, one for each similarity, and the thresholds of the S-curve."""
    similarities = config.similarities()
    return {
        "probability": [match_probability(value, config.bands, config.rows) for value in similarities],
        "similarity": similarities,
        "bands": config.bands,
        "rows": config.rows,
        "threshold": threshold(config.bands, config.rows),
        "rough_threshold": rough_threshold(config.bands, config.rows),
    }


def chinchilla(config: ChinchillaConfig) -> dict[str, Any]:
    """``params``, ``tokens``, ``flops`` and ``loss`` of the optimum, and what each approach says to compare."""
    given = config.given()
    chosen = optimum(**given, approach=config.approach, fit=config.fit)
    variants = [("1", config.fit), ("2", config.fit), *(("3", fit) for fit in FITS)]
    comparison = [
        {"approach": approach, "fit": fit, **optimum(**given, approach=approach, fit=fit).to_dict()}
        for approach, fit in variants
    ]
    return {
        **chosen.to_dict(),
        "given": next(iter(given)),
        "approach": config.approach,
        "fit": config.fit,
        "comparison": comparison,
    }


def _similarity(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise ConfigError("similarity", f"'{word}' is not a similarity.", hint="Use numbers from 0 to 1.")
    return value
