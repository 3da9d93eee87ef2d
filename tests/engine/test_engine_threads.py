"""Waiting threads give way, unless the user has decided otherwise."""

from __future__ import annotations

import os

import pytest

from simulator.engine.threads import SPIN_COUNT, let_threads_give_way


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, SPIN_COUNT), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "ACTIVE"}, None)],
)
def test_the_users_choice_comes_first(
    given: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    let_threads_give_way()
    assert os.environ.get("GOMP_SPINCOUNT") == expected
