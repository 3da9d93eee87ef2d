"""Reasons for passing over records: bounded, whatever the input calls them."""

from __future__ import annotations

from simulator.s01_data.filter_phase import MAX_REASONS, OTHER_REASONS, Filtered, Limits
from simulator.s01_data.funnel import Funnel


def test_reasons_are_told_apart_up_to_a_bound_and_all_are_counted() -> None:
    filtered = Filtered()
    for number in range(400):
        mark = {
            "funnel": Funnel().to_dict(), "survivors": 0, "text_bytes": 0, "documents": 0, "bytes": 0,
            "passed_over": {"request record": 2, f"content type x/{number}": 1}, "candidates": [],
        }  # fmt: skip
        filtered.take(number, mark, Limits())
    assert len(filtered.passed_over) == MAX_REASONS + 1
    assert filtered.passed_over["request record"] == 800
    assert filtered.passed_over[OTHER_REASONS] == 400 - (MAX_REASONS - 1)
