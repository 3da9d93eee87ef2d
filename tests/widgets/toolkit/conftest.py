"""What the toolkit's tests share: the theme as it was, and a clock that a test moves by hand."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from widgets.theme import set_theme, theme


@pytest.fixture(autouse=True)
def plain_theme(qapp):
    """Every test starts with the dark theme at scale 1 and with motion, and leaves no widget behind.

    pytest-qt deletes its widgets later, which without a running event loop is never: they would be styled
    again at every change of theme.
    """
    set_theme("dark", 1.0)
    theme().set_reduce_motion(False)
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    set_theme("dark", 1.0)
    theme().set_reduce_motion(False)


class Clock:
    """A monotonic clock moved by the test."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()
