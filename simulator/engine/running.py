"""The one way to run a lab: used by the engine process and, without it, by the command line."""

from __future__ import annotations

import contextlib
import errno
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simulator.config import Config
from simulator.engine.control import Control, StopRequested
from simulator.engine.device import DeviceChoice, pick_device
from simulator.engine.reporter import LabContext, Sink
from simulator.errors import MEMORY_HINT, StorageError, UserError
from simulator.labs import find_lab
from simulator.runs.events import RunFailed, RunFinished
from simulator.runs.recorder import Recorder
from simulator.runs.store import RunFolder

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


def run_lab(
    lab: str,
    config: Config,
    folder: RunFolder,
    sink: Sink,
    *,
    device: DeviceChoice | str = "auto",
    threads: int = 0,
    control: Control | None = None,
    resume: bool = False,
) -> dict[str, Any]:
    """Run a lab to its end, recording every event and handing it to ``sink``.

    Whatever happens in the lab ends in a RunFinished or RunFailed event and a summary; nothing is raised for it.

    Args:
        lab: Name of the lab.
        config: Its settings; a ``device`` or ``threads`` set there comes before the arguments here.
        folder: Its run folder, spec written.
        sink: Takes each event after it was recorded; must not block.
        device: What to compute on, chosen or by name.
        threads: Processor threads, 0 for as many as make sense.
        control: Pauses and stops it from another thread.
        resume: Continue from the folder's newest checkpoint; without one, start again.

    Returns:
        The summary, with ``status`` "done", "stopped" or "failed" (then with ``kind``, ``message`` and ``hint``).
    """
    start = time.monotonic()
    try:
        recorder = folder.recorder()
    except UserError as error:
        return _unrecorded(folder, error, sink)
    try:
        context = None
        try:
            folder.clear_summary()
            chosen = choose_device(config, device, threads, folder)
            context = LabContext(
                lab=lab, folder=folder, recorder=recorder, sink=sink, device=chosen, control=control or Control(),
                parent=folder.spec().parent, resume=resume and bool(folder.checkpoints()),
            )  # fmt: skip
            result = _work(lab, config, context)
            summary = {
                **result, "run": folder.id, "status": "stopped" if context.stopped else "done",
                "seconds": time.monotonic() - start,
            }  # fmt: skip
            folder.write_summary(summary)
            context.emit(RunFinished(status=summary["status"], summary=summary))
        except Exception as error:
            summary = _fail(folder, recorder, context, sink, explain(error))
        return summary
    finally:
        recorder.close()


def choose_device(
    config: Config, device: DeviceChoice | str, threads: int, folder: RunFolder
) -> DeviceChoice:
    """The device for a run: what its settings ask for, else what the caller offers.

    Raises:
        DeviceError: if it is not there.
    """
    wanted = getattr(config, "device", "auto")
    count = getattr(config, "threads", 0)
    if isinstance(device, DeviceChoice) and wanted in ("auto", device.name) and count in (0, device.threads):
        return device
    if wanted == "auto":
        wanted = device.name if isinstance(device, DeviceChoice) else device
    if not count:
        count = device.threads if isinstance(device, DeviceChoice) else threads
    return pick_device(wanted, count, folder.path.parent)


def explain(error: BaseException) -> RunFailed:
    """Put whatever a lab raised in plain words."""
    detail = "".join(traceback.format_exception(error))
    if isinstance(error, UserError):
        return RunFailed(kind=error.kind, message=error.message, hint=error.hint, detail=detail)
    if isinstance(error, MemoryError) or _is_torch_out_of_memory(error):
        return RunFailed(
            kind="memory", message="There is not enough memory for this run.", hint=MEMORY_HINT, detail=detail
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        full = StorageError("The disk is full.", hint="Free some space, then resume the run.")
        return RunFailed(kind="storage", message=full.message, hint=full.hint, detail=detail)
    words = f"{type(error).__name__}: {str(error)[:300]}".rstrip(": ")
    return RunFailed(
        kind="internal",
        message=f"The run met a fault in this program: {words}.",
        hint="Please report it with the details; the run is kept up to its last checkpoint.",
        detail=detail,
    )


def _work(lab: str, config: Config, context: LabContext) -> Mapping[str, Any]:
    """Call the lab; a stop that it lets pass gives an empty result."""
    import torch

    torch.set_num_threads(context.threads)
    try:
        return find_lab(lab).load_function()(config, context)
    except StopRequested:
        return {}


def _is_torch_out_of_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory: mostly a RuntimeError that only its words tell apart."""
    words = str(error)
    return isinstance(error, RuntimeError) and any(known in words for known in _OUT_OF_MEMORY)


def _fail(
    folder: RunFolder, recorder: Recorder, context: LabContext | None, sink: Sink, failure: RunFailed
) -> dict[str, Any]:
    """Record a failure as far as that is still possible, and tell the sink in any case."""
    summary = _failure_summary(folder, failure)
    with contextlib.suppress(UserError):  # where the storage itself failed, the event still says why
        if context is not None:
            context.flush()
        folder.write_summary(summary)
    event = replace(failure, run=folder.id, seq=recorder.next_seq, time=time.time())
    with contextlib.suppress(UserError):
        recorder.append(event)
    sink(event)
    return summary


def _unrecorded(folder: RunFolder, error: UserError, sink: Sink) -> dict[str, Any]:
    """The failure of a run whose record cannot even be opened."""
    failure = explain(error)
    sink(replace(failure, run=folder.id, time=time.time()))
    return _failure_summary(folder, failure)


def _failure_summary(folder: RunFolder, failure: RunFailed) -> dict[str, Any]:
    return {
        "run": folder.id, "status": "failed", "kind": failure.kind, "message": failure.message, "hint": failure.hint,
    }  # fmt: skip
