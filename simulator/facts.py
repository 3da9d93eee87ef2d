"""Published figures and their sources, read from ``resources/facts.toml``.

That file is the only place where such a number is typed, and the screens show the source beside it. Where
the version that goes round in articles is wrong, ``popular`` says what it claims: the notes put it right.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from simulator.stages import BY_KEY

Value = float | int | str | tuple[float | int, ...]


class FactError(ValueError):
    """The file of facts is wrong, or there is no fact of that name."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One published figure.

    Attributes:
        id: Short name, such as ``llama-2-70b-gpu-hours``.
        stages: Keys of the stages that it belongs to.
        label: What the figure is of, a few plain words.
        value: A number, several numbers, or a text where there is no number.
        unit: Unit of the number, or "".
        source: Who says so, worded "as reported in ...".
        year: Year of the source.
        note: Condition or caveat, or "".
        popular: What articles often say and is wrong or unverified, or "".
        shown: The value in words where the bare number would mislead or read badly, or "".
    """

    id: str
    stages: tuple[str, ...]
    label: str
    value: Value
    unit: str = ""
    source: str
    year: int
    note: str = ""
    popular: str = ""
    shown: str = ""

    @property
    def text(self) -> str:
        """The value as people read it, with its unit: ``1,720,320 GPU-hours``."""
        words = self.shown or _words(self.value)
        return f"{words} {self.unit}".strip()

    @property
    def number(self) -> float:
        """The value as one number.

        Raises:
            FactError: if it is a text or several numbers.
        """
        if isinstance(self.value, (str, tuple)):
            raise FactError(f"The fact '{self.id}' is not a single number.")
        return float(self.value)

    @property
    def numbers(self) -> tuple[float, ...]:
        """The value as several numbers; a single number counts as one.

        Raises:
            FactError: if it is a text.
        """
        if isinstance(self.value, str):
            raise FactError(f"The fact '{self.id}' is a text, not a number.")
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(float(item) for item in values)


@cache
def all_facts() -> Mapping[str, Fact]:
    """Every fact by its id, in the order of the file.

    Raises:
        FactError: if the file is not valid.
    """
    return parse_facts(files("resources").joinpath("facts.toml").read_text(encoding="utf-8"))


def fact(fact_id: str) -> Fact:
    """Look a fact up.

    Raises:
        FactError: if there is none of that id.
    """
    known = all_facts()
    if fact_id not in known:
        raise FactError(f"There is no fact called '{fact_id}'.")
    return known[fact_id]


def facts_for(stage_key: str) -> tuple[Fact, ...]:
    """The facts of a stage, in the order of the file.

    Raises:
        FactError: if there is no such stage.
    """
    if stage_key not in BY_KEY:
        raise FactError(f"There is no stage called '{stage_key}'.")
    return tuple(item for item in all_facts().values() if stage_key in item.stages)


def parse_facts(text: str) -> dict[str, Fact]:
    """Read facts from TOML: a list of ``[[fact]]`` tables with the fields of :class:`Fact`.

    Raises:
        FactError: for broken TOML, a missing or unknown field, an unknown stage or an id used twice.
    """
    try:
        tables = tomllib.loads(text).get("fact", [])
    except tomllib.TOMLDecodeError as error:
        raise FactError(f"The facts are not valid TOML: {error}.") from None
    facts: dict[str, Fact] = {}
    for table in tables:
        item = _read(table)
        if item.id in facts:
            raise FactError(f"The fact '{item.id}' is given twice.")
        facts[item.id] = item
    return facts


_REQUIRED = ("id", "stages", "label", "value", "source", "year")
_TEXTS = ("id", "label", "unit", "source", "note", "popular", "shown")


def _read(table: Mapping[str, Any]) -> Fact:
    name = table.get("id", "without an id")
    for key in _REQUIRED:
        if table.get(key) in (None, "", []):
            raise FactError(f"The fact '{name}' has no {key}.")
    unknown = sorted(set(table) - set(Fact.__dataclass_fields__))
    if unknown:
        raise FactError(f"The fact '{name}' has unknown fields: {', '.join(unknown)}.")
    for key in _TEXTS:
        if not isinstance(table.get(key, ""), str):
            raise FactError(f"The {key} of the fact '{name}' is not a text.")
    if not isinstance(table["year"], int):
        raise FactError(f"The year of the fact '{name}' is not a whole number.")
    _check_stages(name, table["stages"])
    value = _value(name, table["value"])
    return Fact(**{**table, "stages": tuple(table["stages"]), "value": value})


def _check_stages(name: str, stages: Iterable[str]) -> None:
    for key in stages:
        if key not in BY_KEY:
            raise FactError(f"The fact '{name}' names an unknown stage '{key}'.")


def _value(name: str, value: Any) -> Value:
    items = value if isinstance(value, list) else [value]
    numbers = all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in items)
    if isinstance(value, str) or (numbers and not isinstance(value, list)):
        return value
    if not numbers:
        raise FactError(f"The value of the fact '{name}' is neither a number, numbers nor a text.")
    return tuple(value)


def _words(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return ", ".join(_words(item) for item in value)
    return f"{value:,}"
