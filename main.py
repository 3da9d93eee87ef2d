"""Entry point: opens the window, or runs one command without it.

Thin on purpose: a spawned engine process imports this file again, so nothing heavy may be imported at its top.
"""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Run the program and return its exit status."""
    from widgets.launch import main as launch

    return launch(sys.argv[1:])


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
