"""Finding the documents that worker processes die of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from simulator.errors import InputError
from simulator.s01_data.listener import Listener
from simulator.s01_data.pool import Pool


def without_casualties(
    entry: str,
    setup: Mapping[str, Any],
    how: str,
    probes: Mapping[int, Any],
    again: Callable[[Mapping[int, str]], Any],
    listener: Listener,
) -> dict[str, Any]:
    """Do a task that processes died of twice, with the documents left out that they die of.

    Args:
        entry: What the workers run.
        setup: Its arguments.
        how: How the last process ended, in plain words.
        probes: For each document (by index) a task that works on it alone.
        again: Makes the task anew, given the documents to leave out and how their processes ended.
        listener: Takes sentences and beats.

    Returns:
        What the worker returned.

    Raises:
        InputError: if processes die even of leaving everything out.
    """
    listener.say(f"A worker process {how} again; looking for the document that does it.")
    failed = _casualties(entry, setup, probes, listener)
    for out in (failed, dict.fromkeys(probes, how)):
        with Pool(1, entry, setup) as pool:
            last = next(outcome for outcome in pool.map(iter([again(out)])) if outcome is not None)
        if not last.died:
            listener.say(f"{len(out)} document(s) could not be worked on and count as failed.")
            done: dict[str, Any] = last.value
            return done
    raise InputError("A part of the input ends every process that works on it.", hint="Leave that file out.")


def _casualties(
    entry: str, setup: Mapping[str, Any], probes: Mapping[int, Any], listener: Listener
) -> dict[int, str]:
    index_of = {id(task): index for index, task in probes.items()}
    failed: dict[int, str] = {}
    with Pool(1, entry, setup) as pool:
        for outcome in pool.map(_each(probes.values())):
            listener.beat()
            if outcome is not None and outcome.died:
                failed[index_of[id(outcome.task)]] = str(outcome.value)
    return failed


def _each(tasks: Iterable[Any]) -> Any:
    yield from tasks
