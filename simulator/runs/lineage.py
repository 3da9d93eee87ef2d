"""Where a run comes from: the chain of parents back to the first."""

from __future__ import annotations

from simulator.errors import UserError
from simulator.runs.store import RunStore


def lineage(store: RunStore, run_id: str) -> list[str]:
    """Ids of the runs from the first ancestor to ``run_id``.

    A parent that is gone or unreadable ends the chain; so does one that comes round again.

    Raises:
        CheckpointError: if ``run_id`` itself does not exist.
    """
    chain = [run_id]
    folder = store.open(run_id)
    while True:
        try:
            parent = folder.spec().parent
            if not parent or parent in chain:
                break
            folder = store.open(parent)
        except UserError:
            break
        chain.append(parent)
    return chain[::-1]
