"""The command line: everything that the window can run, without a window.

Progress goes to stderr; with ``--json`` exactly one JSON object goes to stdout. The exit status is 0, 2 for
bad arguments or input (one line on stderr), 1 for a failed run, 130 after Ctrl-C.
"""

from simulator.cli.parser import COMMANDS, main

__all__ = ["COMMANDS", "main"]
