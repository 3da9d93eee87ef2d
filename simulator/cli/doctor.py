"""``doctor``: what this machine has, what will work, and how fast."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.cli.output import print_json, print_table
from simulator.cli.parser import add_common_flags, store_of
from simulator.engine.device import DeviceChoice, machine_info, pick_device
from simulator.errors import UserError
from simulator.runs.files import storage_error
from simulator.runs.spec import installed_version
from simulator.units import format_bytes, format_count, format_seconds

if TYPE_CHECKING:
    from simulator.s02_objective.config import PretrainConfig
    from simulator.training.loop import Trainer

PACKAGES = ("torch", "numpy", "tokenizers", "safetensors", "onnxruntime", "PySide6-Essentials", "pyqtgraph")
WINDOW_PACKAGES = ("PySide6-Essentials", "pyqtgraph")
SPACE_NEEDED = 1 << 30
SPEED_SECONDS = 1.5


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at. ``needed`` ones decide the exit status."""

    name: str
    ok: bool
    detail: str
    hint: str = ""
    needed: bool = True


def add_arguments(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Common flags, and the device to look at."""
    add_common_flags(parser)
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="device to measure"
    )
    parser.set_defaults(handler=doctor)


def doctor(options: argparse.Namespace) -> int:
    """Look at everything and print it; 1 if something needed is missing."""
    root = store_of(options).root
    checks = [_python(), _packages(), _window(), _store(root)]
    result: dict[str, Any] = {"packages": {name: installed_version(name) for name in PACKAGES}}
    if installed_version("torch"):
        device = pick_device(options.device)
        result |= {"machine": machine_info(), "device": device.to_dict(), "speed": measure_speed(device)}
    result |= {"runs": str(root), "checks": [asdict(check) for check in checks]}
    result["ok"] = all(check.ok or not check.needed for check in checks)
    if options.json:
        print_json(result)
    else:
        _print(result, checks)
    return 0 if result["ok"] else 1


def measure_speed(device: DeviceChoice) -> dict[str, float]:
    """Tokens a second of the laptop profile's training step here, measured on random tokens."""
    import torch

    from simulator.s02_objective.config import PretrainConfig

    config = PretrainConfig()
    torch.set_num_threads(device.threads)
    trainer = _toy_trainer(config, device)
    trainer.step(0)  # the first one warms up
    trainer.collect()
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < SPEED_SECONDS:
        done += 1
        trainer.step(done)
    trainer.collect()  # waits for the device
    seconds = (time.perf_counter() - start) / done
    rate = config.batch * config.sequence / seconds
    return {
        "tokens_per_second": rate,
        "step_seconds": seconds,
        "laptop_profile_seconds": seconds * config.steps,
    }


def _toy_trainer(config: PretrainConfig, device: DeviceChoice) -> Trainer:
    """The trainer of the pre-training lab, on random tokens."""
    import numpy as np

    from simulator.model.transformer import Transformer
    from simulator.s02_objective.trainers import make_trainer
    from simulator.text.packing import TokenStream

    tokens = np.random.default_rng(0).integers(0, config.vocabulary, 100_000).astype(np.int32)
    stream = TokenStream(tokens=tokens, starts=np.zeros(1, np.int64), byte_count=len(tokens), end_id=0)
    model = Transformer(config.shape(config.vocabulary), config.seed).to(device.name)
    return make_trainer(config, stream, model, device.bf16)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check(
        name="Python", ok=sys.version_info >= (3, 11), detail=version, hint="Install Python 3.11 or newer."
    )


def _packages() -> Check:
    missing = [name for name in PACKAGES if name not in WINDOW_PACKAGES and not installed_version(name)]
    detail = f"missing: {', '.join(missing)}" if missing else "all there"
    return Check(name="packages", ok=not missing, detail=detail, hint="Install the project again with pip.")


def _window() -> Check:
    there = all(importlib.util.find_spec(name) is not None for name in ("PySide6", "pyqtgraph"))
    detail = "can be opened where there is a display" if there else "PySide6 or pyqtgraph is missing"
    hint = "Install the project again with pip; the command line works without it."
    return Check(name="window", ok=there, detail=detail, hint=hint, needed=False)


def _store(root: Path) -> Check:
    """Whether runs can be kept: the folder can be made and written, and there is room."""
    try:
        try:
            root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=root) as file:
                file.write(b"\0" * 4096)
                file.flush()
            free = shutil.disk_usage(root).free
        except OSError as error:
            raise storage_error("write", root, error) from error
    except UserError as error:
        return Check(name="runs", ok=False, detail=error.message, hint=error.hint)
    return Check(
        name="runs", ok=free >= SPACE_NEEDED, detail=f"{root}, {format_bytes(free)} free",
        hint="Free some space, or choose another folder with --runs.",
    )  # fmt: skip


def _print(result: dict[str, Any], checks: list[Check]) -> None:
    rows = [_check_row(check) for check in checks]
    if "machine" in result:
        machine, device, speed = result["machine"], result["device"], result["speed"]
        memory, free = format_bytes(machine["memory_bytes"]), format_bytes(machine["memory_free_bytes"])
        rate, whole = (
            format_count(speed["tokens_per_second"]),
            format_seconds(speed["laptop_profile_seconds"]),
        )
        rows += [
            ["system", "", f"{machine['system']}, {machine['processor']}, {machine['cores']} cores"],
            ["memory", "", f"{memory}, {free} free"],
            ["device", "", f"{device['label']}, {'bf16' if device['bf16'] else 'fp32'} matrix products"],
            ["speed", "", f"{rate} tokens/s training the 0.9M model; the laptop profile takes about {whole}"],
        ]
    rows += [[name, "", version or "missing"] for name, version in result["packages"].items()]
    print_table(rows)


def _check_row(check: Check) -> list[str]:
    if check.ok:
        return [check.name, "ok", check.detail]
    return [check.name, "PROBLEM", f"{check.detail} {check.hint}"]
