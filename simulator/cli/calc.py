"""``calc NAME``: the calculators behind the tabs, as tables and as JSON."""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.cli.flags import add_config_flags, read_config
from simulator.cli.output import print_json, print_table
from simulator.cli.parser import add_common_flags
from simulator.config import Config
from simulator.units import format_binary_bytes, format_bytes, format_count

Rows = list[list[str]]

# argparse takes -0.1 for a number, but -1e-8, -1/3, -inf and -nan for flags.
_NEGATIVE = re.compile(r"^-(?:\.?\d.*|inf|infinity|nan)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Calculator:
    """A calculator: a config, a pure function of it, and how its result looks to people.

    Attributes:
        title: What it works out.
        config: ``module:Class`` of its config.
        function: ``module:function`` from that config to plain values.
        table: From those values to the rows of a table.
        several: Names of text fields whose flag takes several values.
    """

    title: str
    config: str
    function: str
    table: Callable[[Mapping[str, Any]], Rows]
    several: tuple[str, ...] = ()


def _parameter_rows(values: Mapping[str, Any]) -> Rows:
    total = values["total"]
    parts = {**values["parts"], "total": total}
    return [
        [name.replace("_", " "), f"{count:,}", format_count(count), f"{count / total:.1%}"]
        for name, count in parts.items()
    ]


def _minhash_rows(values: Mapping[str, Any]) -> Rows:
    pairs = zip(values["similarity"], values["probability"], strict=True)
    return [
        ["similarity", "become candidates"],
        *([f"{similarity:g}", f"{probability:.4%}"] for similarity, probability in pairs),
        ["half of the pairs at", f"{values['threshold']:.4f}"],
    ]


def _chinchilla_rows(values: Mapping[str, Any]) -> Rows:
    names = ["params", "tokens", "flops", "loss", "tokens_per_param"]
    rows = [["approach", "parameters", "tokens", "FLOPs", "loss", "tokens/parameter"]]
    for plan in values["comparison"]:
        chosen = plan["approach"] == values["approach"] and plan["fit"] == values["fit"]
        title = f"{plan['approach']}, {plan['fit']}" if plan["approach"] == "3" else plan["approach"]
        params, tokens, flops, loss, ratio = (plan[name] for name in names)
        rows.append(
            [
                f"{'> ' if chosen else '  '}{title}",
                format_count(params),
                format_count(tokens),
                f"{flops:.3g}",
                f"{loss:.3f}",
                f"{ratio:.3g}",
            ]
        )
    return rows


def _rate_rows(values: Mapping[str, Any]) -> Rows:
    pairs = zip(values["at"], values["rates"], strict=True)
    return [
        ["step", "learning rate", "of the peak"],
        *(
            [f"{step:,}", f"{rate:.6g}", f"{rate / values['peak']:.2%}" if values["peak"] else "-"]
            for step, rate in pairs
        ),
    ]


def _format_rows(values: Mapping[str, Any]) -> Rows:
    rows = [["asked", "value", "bits", "sign", "exponent", "mantissa", "error", "kind"]]
    for number in values["results"]:
        parts = number["parts"]
        middle = [parts.get(name, "") for name in ("sign", "exponent")]
        fraction = parts.get("mantissa") or parts.get("code", "")
        fate = "" if number["fate"] in ("exact", "rounded") else f", {number['fate']}"
        rows.append(
            [repr(number["asked"]), repr(number["value"]), number["bits"], *middle, fraction,
             f"{number['error']:.4g}", number["kind"] + fate]
        )  # fmt: skip
    for name in ("max", "min_normal", "min_subnormal", "epsilon"):
        if values[name] is not None:
            rows.append([name.replace("_", " "), repr(values[name]), *[""] * 6])
    return rows


def _byte_row(name: str, value: float) -> list[str]:
    return [name, f"{value:,.0f}", format_bytes(value), format_binary_bytes(value)]


def _memory_rows(values: Mapping[str, Any]) -> Rows:
    rows = [["on each GPU", "bytes", "", ""]]
    rows += [_byte_row(name, values[name]) for name in ("parameters", "gradients", "optimizer", "total")]
    return [*rows, ["bytes per parameter", f"{values['bytes_per_parameter']:.4g}", "", ""]]


def _activation_rows(values: Mapping[str, Any]) -> Rows:
    names = {
        "bytes_per_layer": "a layer, on each GPU",
        "bytes_per_gpu": "first pipeline stage, on each GPU",
        "outside_layers": "of these, outside the layers",
        "recompute_workspace": "more while a layer is recomputed",
    }
    return [_byte_row(words, values[name]) for name, words in names.items()]


def _cache_rows(values: Mapping[str, Any]) -> Rows:
    return [_byte_row("a token", values["bytes_per_token"]), _byte_row("all of them", values["bytes"])]


CALCULATORS: dict[str, Calculator] = {
    "params": Calculator(
        title="parameters of a Llama-architecture model, by part",
        config="simulator.model.parameters:ParametersConfig",
        function="simulator.model.parameters:count_parameters",
        table=_parameter_rows,
    ),
    "memory": Calculator(
        title="parameters, gradients and optimizer on each GPU, by three published ways of counting",
        config="simulator.accounting.calculators:MemoryConfig",
        function="simulator.accounting.calculators:memory",
        table=_memory_rows,
    ),
    "activations": Calculator(
        title="activations of a transformer in training, by layer and by GPU",
        config="simulator.accounting.calculators:ActivationsConfig",
        function="simulator.accounting.calculators:activations",
        table=_activation_rows,
    ),
    "kv-cache": Calculator(
        title="memory of keys and values while a model generates (not of latent attention, which keeps neither)",
        config="simulator.accounting.calculators:KvCacheConfig",
        function="simulator.accounting.calculators:kv_cache",
        table=_cache_rows,
    ),
    "format": Calculator(
        title="numbers in a number format: their bits, exact values and errors",
        config="simulator.formats.calculators:FormatConfig",
        function="simulator.formats.calculators:format_numbers",
        table=_format_rows,
        several=("value", "bits"),
    ),
    "chinchilla": Calculator(
        title="compute-optimal parameters, tokens or FLOPs, given one of them",
        config="simulator.s01_data.calculators:ChinchillaConfig",
        function="simulator.s01_data.calculators:chinchilla",
        table=_chinchilla_rows,
    ),
    "minhash": Calculator(
        title="how often similar documents become candidates of MinHash-LSH",
        config="simulator.s01_data.calculators:MinhashConfig",
        function="simulator.s01_data.calculators:minhash_probabilities",
        table=_minhash_rows,
        several=("similarity",),
    ),
    "lr": Calculator(
        title="learning rates of a schedule, or of a published model's, at chosen steps",
        config="simulator.schedules.calculators:RatesConfig",
        function="simulator.schedules.calculators:learning_rates",
        table=_rate_rows,
        several=("at",),
    ),
}


def add_arguments(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """One sub-command for each calculator; only the one named gets all its flags."""
    names = parser.add_subparsers(dest="calculator", required=True, metavar="NAME")
    for name, calculator in CALCULATORS.items():
        title = calculator.title
        command = names.add_parser(
            name, help=title, description=f"{title[0].upper()}{title[1:]}.", allow_abbrev=False
        )
        command.set_defaults(handler=calculate)
        if name in arguments[:1]:
            add_common_flags(command, runs=False)
            if calculator.several:
                command._negative_number_matcher = _NEGATIVE
            add_config_flags(command, _load(calculator.config), several=calculator.several)


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
