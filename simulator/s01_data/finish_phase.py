"""Phase C of the pipeline: groups of parts finished in worker processes, and their fates joined."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from simulator.s01_data.config import DataConfig
from simulator.s01_data.filter_phase import Filtered
from simulator.s01_data.finishing import GROUP_BYTES, Group
from simulator.s01_data.funnel import Funnel
from simulator.s01_data.isolation import without_casualties
from simulator.s01_data.listener import WRITING, Listener
from simulator.s01_data.parts import DataFolder
from simulator.s01_data.pool import Outcome, Pool

ENTRY = "simulator.s01_data.finishing:FinishWorker"


def groups_of(parts: Mapping[int, tuple[int, int]]) -> list[Group]:
    """Consecutive parts with enough text for a file; the same groups for the same parts.

    Args:
        parts: For each part its survivors and the bytes of their lines.
    """
    groups: list[Group] = []
    first = row = rows = size = 0
    for part in range(len(parts)):
        survivors, text_bytes = parts[part]
        rows, size = rows + survivors, size + text_bytes
        if size >= GROUP_BYTES or part == len(parts) - 1:
            groups.append(Group(number=len(groups), first=first, last=part + 1, row=row))
            first, row, rows, size = part + 1, row + rows, 0, 0
    return groups


class FinishPhase:
    """Runs the phase.

    Args:
        config: The settings.
        folder: The run's folder.
        listener: Takes progress.
        workers: Worker processes; 0 works in this process.
    """

    def __init__(self, config: DataConfig, folder: DataFolder, listener: Listener, workers: int) -> None:
        self._folder = folder
        self._listener = listener
        self._workers = workers
        self._setup = {"folder": str(folder.path), "config": config.to_dict()}
        self._funnel = Funnel()
        self._done = 0
        self._groups: list[Group] = []

    def run(self, filtered: Filtered) -> Funnel:
        """Finish what is not finished, and join the fates of all documents.

        Raises:
            StorageError: if something cannot be written.
        """
        self._groups = groups_of(filtered.parts)
        self._listener.progress(WRITING, 0, len(self._groups))
        with Pool(self._workers, ENTRY, self._setup, self._listener.say) as pool:
            for outcome in pool.map(self._tasks()):
                self._listener.beat()
                if outcome is not None:
                    mark = self._isolated(outcome) if outcome.died else outcome.value
                    self._take(outcome.task, mark)
        self._folder.join_fates(len(self._groups))
        return self._funnel

    def _tasks(self) -> Iterator[Group]:
        for group in self._groups:
            mark = self._folder.marked(f"done-{group.number:06d}")
            if mark is None:
                yield group
            else:
                self._take(group, mark)

    def _take(self, group: Group, mark: Mapping[str, Any]) -> None:
        self._done += 1
        self._funnel.add(Funnel.of(mark["funnel"]))
        self._listener.progress(WRITING, self._done, len(self._groups))
        for part in range(group.first, group.last):  # their text is in its place now: free the disk
            self._folder.text_path(part).unlink(missing_ok=True)
            self._folder.keys_path(part).unlink(missing_ok=True)

    def _isolated(self, outcome: Outcome) -> dict[str, Any]:
        """Finish a group without the documents that processes die of."""
        group: Group = outcome.task
        probes = {index: replace(group, only=index) for index in self._survivors_of(group)}

        def again(failed: Mapping[int, str]) -> Group:
            return replace(group, failed=dict(failed))

        return without_casualties(ENTRY, self._setup, outcome.value, probes, again, self._listener)

    def _survivors_of(self, group: Group) -> Iterator[int]:
        for part in range(group.first, group.last):
            with self._folder.text_path(part).open("rb") as file:
                for line in file:
                    values = json.loads(line)
                    if "text" in values:
                        yield int(values["index"])
