"""Runs: the event stream, the spec, the store, and what reads them back. Standard library and numpy only."""
