"""Flags made from a config dataclass, and a config made from flags."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Any, TypeVar

from simulator.config import Config, Setting, parse_setting
from simulator.errors import ConfigError

_Config = TypeVar("_Config", bound=Config)
_PREFIX = "setting_"


def add_config_flags(
    parser: argparse.ArgumentParser,
    kind: type[Config],
    skip: Collection[str] = (),
    several: Collection[str] = (),
) -> None:
    """Give a parser one flag for each field of a config, under the field's heading.

    Args:
        parser: Gets the flags.
        kind: The config.
        skip: Fields without a flag.
        several: Text fields that hold several values: their flag takes one or more.
    """
    groups: dict[str, argparse._ArgumentGroup] = {}
    for item in kind.settings():
        if item.name in skip:
            continue
        heading = item.group.lower() or "settings"
        if heading not in groups:
            groups[heading] = parser.add_argument_group(heading)
        words: dict[str, Any] = {"dest": _PREFIX + item.name, "help": _help(item), "metavar": _metavar(item)}
        if item.kind == "bool":
            words |= {"nargs": "?", "const": "yes"}
        elif item.name in several:
            words |= {"nargs": "+", "metavar": "X"}
        groups[heading].add_argument(item.flag, default=None, **words)


def given_flags(arguments: argparse.Namespace) -> dict[str, str]:
    """The fields that were set on the command line, as typed."""
    given = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(arguments).items()
        if name.startswith(_PREFIX)
    }
    return {
        name: " ".join(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }


def read_config(kind: type[_Config], arguments: argparse.Namespace) -> _Config:
    """The config that the flags describe: a profile's values if one is named, changed by the other flags.

    Raises:
        ConfigError: for a value that cannot work; its message names the flag.
    """
    items = {item.name: item for item in kind.settings()}
    given = given_flags(arguments)
    try:
        values = {name: parse_setting(items[name], text) for name, text in given.items()}
        if "profile" in values and kind.profiles:
            return kind.for_profile(values.pop("profile"), **values)
        return kind.from_dict(values)
    except ConfigError as error:
        flag = items[error.field].flag if error.field in items else ""
        raise ConfigError(error.field, f"{flag}: {error.message}".lstrip(": "), hint=error.hint) from None


def _help(item: Setting) -> str:
    words = [item.help, item.range_text]
    if item.choices:
        words.append(f"One of: {', '.join(item.choices)}.")
    if item.default not in ("", None):
        default = {True: "yes", False: "no"}[item.default] if item.kind == "bool" else item.default
        words.append(f"Default {default}{' ' + item.unit if item.unit else ''}.")
    return " ".join(word for word in words if word).replace("%", "%%")


def _metavar(item: Setting) -> str:
    return {"int": "N", "float": "X", "bool": "yes|no", "path": "PATH", "choice": "NAME", "str": "TEXT"}[
        item.kind
    ]
