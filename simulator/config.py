"""One frozen dataclass per lab or calculator: the single source of its form, its flags, its stored spec and its checks.

A field is declared with :func:`setting`, which carries its words, unit and range::

    @dataclass(frozen=True, kw_only=True)
    class RaceConfig(Config):
        steps: int = setting(300, "Optimizer steps in the run.", unit="steps", low=1, high=1_000_000)

:meth:`Config.settings` describes every field for the form and the flags, :meth:`Config.from_dict` reads a stored spec,
:func:`parse_setting` reads what a user typed. All of them end in the same checks and raise :class:`ConfigError`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, get_type_hints

from simulator.errors import ConfigError
from simulator.units import parse_quantity

Kind = Literal["int", "float", "bool", "str", "path", "choice"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How one field of a config looks to people.

    Attributes:
        name: Field name in Python; the flag is the same with dashes.
        kind: What it holds.
        default: Value when nothing is said.
        help: One plain sentence.
        label: Short words beside the control.
        unit: Unit shown after the value, or "".
        low: Smallest allowed number, or None.
        high: Largest allowed number, or None.
        choices: Allowed words, for ``choice``.
        group: Heading the control stands under.
        expert: Folded away by default.
        log: The slider is logarithmic.
    """

    name: str
    kind: Kind
    default: Any
    help: str
    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    group: str = ""
    expert: bool = False
    log: bool = False

    @property
    def flag(self) -> str:
        """The command-line flag, ``--micro-batch`` for ``micro_batch``."""
        return "--" + self.name.replace("_", "-")

    def check(self, value: Any) -> None:
        """Raise ConfigError unless ``value`` has the right type and lies in range."""
        if self.kind in ("int", "float"):
            self._check_number(value)
        elif self.kind == "bool":
            if not isinstance(value, bool):
                raise ConfigError(self.name, f"{self.label} is on or off, not {value!r}.")
        elif not isinstance(value, str):
            raise ConfigError(self.name, f"{self.label} is a text, not {value!r}.")
        elif self.kind == "choice" and value not in self.choices:
            raise ConfigError(
                self.name,
                f"{self.label} cannot be '{value}'.",
                hint=f"Choose one of: {', '.join(self.choices)}.",
            )

    def _check_number(self, value: Any) -> None:
        wanted = (int,) if self.kind == "int" else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise ConfigError(
                self.name, f"{self.label} is a {'whole ' if self.kind == 'int' else ''}number, not {value!r}."
            )
        if not math.isfinite(value):
            raise ConfigError(self.name, f"{self.label} is not a finite number.", hint=self.range_text)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise ConfigError(self.name, f"{self.label} {_figure(value)} is out of range.", hint=self.range_text)

    @property
    def range_text(self) -> str:
        """The allowed range in words, or "" without one."""
        unit = f" {self.unit}" if self.unit else ""
        if self.low is not None and self.high is not None:
            return f"Use {_figure(self.low)} to {_figure(self.high)}{unit}."
        if self.low is not None:
            return f"Use at least {_figure(self.low)}{unit}."
        return f"Use at most {_figure(self.high)}{unit}." if self.high is not None else ""


def setting(
    default: Any,
    help: str,
    *,
    label: str = "",
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    group: str = "",
    expert: bool = False,
    log: bool = False,
    path: bool = False,
) -> Any:
    """Declare a config field with its words, unit and range (see :class:`Setting`)."""
    words = {
        "help": help, "label": label, "unit": unit, "low": low, "high": high, "choices": choices,
        "group": group, "expert": expert, "log": log, "path": path,
    }  # fmt: skip
    return dataclasses.field(default=default, metadata=words)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Base of every config: checks itself when made, and turns to and from plain values.

    ``profiles`` names ready-made sets of values (quick, laptop, gpu); a config with profiles has a ``profile`` field.
    """

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __post_init__(self) -> None:
        for item in self.settings():
            item.check(getattr(self, item.name))

    @classmethod
    def settings(cls) -> tuple[Setting, ...]:
        """Describe every field, in order."""
        hints = get_type_hints(cls)
        return tuple(_describe(field, hints[field.name]) for field in dataclasses.fields(cls))

    @classmethod
    def for_profile(cls, name: str, **changes: Any) -> Self:
        """The values of a profile, with some of them changed.

        Raises:
            ConfigError: if there is no such profile, or a change does not fit.
        """
        if name not in cls.profiles:
            raise ConfigError(
                "profile", f"There is no profile '{name}'.", hint=f"Choose one of: {', '.join(cls.profiles)}."
            )
        return cls.from_dict({**cls.profiles[name], "profile": name, **changes})

    def to_dict(self) -> dict[str, Any]:
        """Plain values by field name, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values.

        Raises:
            ConfigError: for an unknown name, a wrong type or a value out of range.
        """
        known = {item.name for item in cls.settings()}
        for name in values:
            if name not in known:
                raise ConfigError(
                    name, f"There is no setting called '{name}'.", hint=f"Known: {', '.join(sorted(known))}."
                )
        return cls(**values)

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked again."""
        return dataclasses.replace(self, **changes)


def parse_setting(item: Setting, text: str) -> Any:
    """Turn what a user typed into the field's value (sizes such as ``7B`` and ``80GB`` are understood).

    Raises:
        ConfigError: if it is not such a value or lies out of range.
    """
    value: Any = text
    if item.kind in ("int", "float"):
        try:
            value = parse_quantity(text)
        except ValueError as error:
            raise ConfigError(item.name, f"{item.label}: {error}.", hint=item.range_text) from None
        if item.kind == "int":
            if value != int(value):
                raise ConfigError(
                    item.name, f"{item.label} is a whole number, not {text}.", hint=item.range_text
                )
            value = int(value)
    elif item.kind == "bool":
        if text.lower() not in ("yes", "no", "true", "false", "on", "off", "1", "0"):
            raise ConfigError(item.name, f"{item.label} is yes or no, not '{text}'.")
        value = text.lower() in ("yes", "true", "on", "1")
    item.check(value)
    return value


def _figure(value: float) -> str:
    """A number in full, ``1,000,000``, unless it is too long or has a fraction."""
    return f"{value:,.0f}" if abs(value) < 1e12 and value == int(value) else f"{value:g}"


_KINDS: dict[type, Kind] = {int: "int", float: "float", bool: "bool", str: "str"}


def _describe(field: dataclasses.Field[Any], hint: type) -> Setting:
    words = dict(field.metadata)
    kind: Kind = "choice" if words["choices"] else "path" if words.pop("path", False) else _KINDS[hint]
    words.pop("path", None)
    words["label"] = words["label"] or field.name.replace("_", " ").capitalize()
    return Setting(name=field.name, kind=kind, default=field.default, **words)
