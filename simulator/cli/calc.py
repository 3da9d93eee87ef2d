"""``calc NAME``: the calculators behind the tabs, as tables and as JSON."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.cli.flags import add_config_flags, read_config
from simulator.cli.output import print_json, print_table
from simulator.cli.parser import add_common_flags
from simulator.config import Config
from simulator.units import format_count

Rows = list[list[str]]


@dataclass(frozen=True, kw_only=True)
class Calculator:
    """A calculator: a config, a pure function of it, and how its result looks to people.

    Attributes:
        title: What it works out.
        config: ``module:Class`` of its config.
        function: ``module:function`` from that config to plain values.
        table: From those values to the rows of a table.
    """

    title: str
    config: str
    function: str
    table: Callable[[Mapping[str, Any]], Rows]


def _parameter_rows(values: Mapping[str, Any]) -> Rows:
    total = values["total"]
    parts = {**values["parts"], "total": total}
    return [
        [name.replace("_", " "), f"{count:,}", format_count(count), f"{count / total:.1%}"]
        for name, count in parts.items()
    ]


CALCULATORS: dict[str, Calculator] = {
    "params": Calculator(
        title="parameters of a Llama-architecture model, by part",
        config="simulator.model.parameters:ParametersConfig",
        function="simulator.model.parameters:count_parameters",
        table=_parameter_rows,
    ),
}


def add_arguments(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """One sub-command for each calculator; only the one named gets all its flags."""
    names = parser.add_subparsers(dest="calculator", required=True, metavar="NAME")
    for name, calculator in CALCULATORS.items():
        title = calculator.title
        command = names.add_parser(name, help=title, description=title.capitalize() + ".", allow_abbrev=False)
        command.set_defaults(handler=calculate)
        if name in arguments[:1]:
            add_common_flags(command, runs=False)
            add_config_flags(command, _load(calculator.config))


def calculate(options: argparse.Namespace) -> int:
    """Work it out and print it."""
    calculator = CALCULATORS[options.calculator]
    kind: type[Config] = _load(calculator.config)
    values = _load(calculator.function)(read_config(kind, options))
    if options.json:
        print_json(values)
    else:
        rows = calculator.table(values)
        print_table(rows, right=range(1, len(rows[0])))
    return 0


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
