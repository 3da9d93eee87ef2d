"""How torch's processor threads wait for each other."""

from __future__ import annotations

import os

SPIN_COUNT = "1000"


def let_threads_give_way() -> None:
    """Let a thread that waits for others sleep soon, not keep its core busy. Call it before importing torch.

    GNU OpenMP lets it spin for milliseconds by default. On a machine with nothing else to do that gains nothing for
    steps as small as ours (26k tokens/s either way on 2 cores); as soon as another program wants a core, spinning
    threads take it from those they wait for (measured: 1k to 6k tokens/s, against 13k with this). Whoever has set
    either variable knows better.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
