"""Where to compute: the processor, an NVIDIA GPU or Apple's; and what it gains by.

torch is imported only when something here is called, so the window's process may import this module.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from simulator.errors import DeviceError, StorageError
from simulator.runs.files import read_limited, replace_atomically

if TYPE_CHECKING:
    import torch

MAX_THREADS = 8  # a toy-sized step gets slower, not faster, beyond this
BF16_GAIN = 1.15  # bf16 must be this many times as fast as fp32 in the probe to be chosen on a processor
_CACHE_NAME = "device.json"


@dataclass(frozen=True, kw_only=True)
class DeviceChoice:
    """A device to compute on.

    Attributes:
        name: ``cpu``, ``cuda`` or ``mps``: what torch calls it.
        label: What people call it: "CPU, 2 threads", "NVIDIA H200".
        threads: Processor threads that torch may use.
        bf16: Whether matrix products gain by bfloat16 here.
        bf16_gain: Measured speed-up of bf16 over fp32 on the processor; 0 where it was not measured.
        memory_bytes: Memory of the device (of the machine, for the processor).
    """

    name: str
    label: str
    threads: int
    bf16: bool
    bf16_gain: float = 0.0
    memory_bytes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as recorded with every run."""
        return asdict(self)


def pick_device(name: str = "auto", threads: int = 0, cache_folder: Path | None = None) -> DeviceChoice:
    """Choose where to compute.

    The choice of bf16 on a processor is measured once and kept in ``cache_folder``, so that the same spec on the same
    machine gives the same numbers however busy the machine is when it is asked again.

    Args:
        name: ``auto`` (CUDA, then MPS, then CPU), or the one wanted.
        threads: Processor threads; 0 takes :func:`default_threads`.
        cache_folder: The run store's root, or None to keep nothing.

    Raises:
        DeviceError: if the device asked for is not there or does not work.
    """
    threads = threads or default_threads()
    if name == "auto":
        name = next((found for found in ("cuda", "mps") if _trouble(found) == ""), "cpu")
    elif name not in ("cpu", "cuda", "mps"):
        raise DeviceError(f"There is no device '{name}'.", hint="Choose one of: auto, cpu, cuda, mps.")
    elif name != "cpu" and (trouble := _trouble(name)):
        raise DeviceError(
            f"The device '{name}' cannot be used: {trouble}.", hint="Use --device cpu or --device auto."
        )
    return _cpu(threads, cache_folder) if name == "cpu" else _gpu(name, threads)


def default_threads(spare: int = 0) -> int:
    """Processor threads to compute with: the physical cores this process may use, less ``spare``, at least 1."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = min(usable, psutil.cpu_count(logical=False) or usable)
    return max(1, min(cores, MAX_THREADS) - spare)


def machine_info() -> dict[str, Any]:
    """What this machine is, in plain values (imports torch)."""
    import torch

    memory = psutil.virtual_memory()
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor_name(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count() or 1,
        "memory_bytes": memory.total,
        "memory_free_bytes": memory.available,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda or "",
        "gpus": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
        "mps": torch.backends.mps.is_available(),
    }


@cache
def processor_name() -> str:
    """The processor's name as its maker writes it, where the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # no such file outside Linux
    return platform.processor() or platform.machine()


@cache
def _trouble(name: str) -> str:
    """Why a GPU cannot be used, or "" when a small product on it comes out right."""
    import torch

    there = torch.cuda.is_available() if name == "cuda" else torch.backends.mps.is_available()
    if not there:
        return "this machine or this build of torch has none"
    try:
        ones = torch.ones(8, 8, device=name)
        return "" if float((ones @ ones).sum()) == 512.0 else "a small product on it comes out wrong"
    except RuntimeError as error:
        return str(error).partition("\n")[0].rstrip(".")


def _gpu(name: str, threads: int) -> DeviceChoice:
    import torch

    if name == "mps":
        return DeviceChoice(
            name="mps",
            label="Apple GPU",
            threads=threads,
            bf16=False,
            memory_bytes=psutil.virtual_memory().total,
        )
    properties = torch.cuda.get_device_properties(0)
    return DeviceChoice(
        name="cuda", label=properties.name, threads=threads, bf16=properties.major >= 8,
        memory_bytes=properties.total_memory,
    )  # fmt: skip


def _cpu(threads: int, cache_folder: Path | None) -> DeviceChoice:
    gain = _bf16_gain(cache_folder) if _has_bf16_products() else 0.0
    label = f"CPU, {threads} thread{'s' if threads > 1 else ''}"
    memory = psutil.virtual_memory().total
    return DeviceChoice(
        name="cpu", label=label, threads=threads, bf16=gain >= BF16_GAIN, bf16_gain=gain, memory_bytes=memory
    )


@cache
def _has_bf16_products() -> bool:
    """Whether the processor multiplies bfloat16 in hardware; elsewhere bf16 is emulated and always slower."""
    import torch

    probes: list[Callable[[], bool]] = [
        getattr(torch.cpu, name)
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        if hasattr(torch.cpu, name)
    ]
    return any(probe() for probe in probes)


_measured: dict[Path | None, float] = {}


def _bf16_gain(cache_folder: Path | None) -> float:
    """Speed-up of bf16 over fp32, kept in this process and in ``device.json``."""
    import torch

    key = f"{processor_name()} | torch {torch.__version__}"
    if cache_folder not in _measured:
        known = _read_cache(cache_folder) if cache_folder else {}
        if key not in known:
            known[key] = round(_measure_bf16_gain(), 3)
            if cache_folder:
                _write_cache(cache_folder, known)
        _measured[cache_folder] = known[key]
    return _measured[cache_folder]


def _read_cache(folder: Path) -> dict[str, float]:
    try:
        values = json.loads(read_limited(folder / _CACHE_NAME, 1 << 16))
    except (OSError, ValueError, RecursionError):
        return {}
    items = values.items() if isinstance(values, dict) else ()
    return {key: float(gain) for key, gain in items if type(gain) in (int, float)}


def _write_cache(folder: Path, values: dict[str, float]) -> None:
    try:
        replace_atomically(folder / _CACHE_NAME, json.dumps(values, indent=1) + "\n")
    except StorageError:
        return  # it is measured again next time


def _measure_bf16_gain(rounds: int = 5) -> float:
    """Time a training-like step of two linear layers in both formats, alternating, and compare the fastest of each.

    On one thread and by its own processor time, so that other programs do not sway the result.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        generator = torch.Generator().manual_seed(0)
        batch = torch.randn(1024, 128, generator=generator)
        wide = torch.randn(384, 128, generator=generator).requires_grad_()
        back = torch.randn(128, 384, generator=generator).requires_grad_()
        best = {False: float("inf"), True: float("inf")}
        for attempt in range(rounds + 1):
            for half in (False, True):
                start = time.thread_time()
                _probe_step(batch, wide, back, half)
                if attempt:  # the first one warms up
                    best[half] = min(best[half], time.thread_time() - start)
        return best[False] / best[True]
    finally:
        torch.set_num_threads(before)


def _probe_step(batch: torch.Tensor, wide: torch.Tensor, back: torch.Tensor, half: bool) -> None:
    import torch

    linear = torch.nn.functional.linear
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        out = linear(torch.nn.functional.silu(linear(batch, wide)), back)
    torch.autograd.grad(out.float().square().mean(), (wide, back))
