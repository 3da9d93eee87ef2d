"""The card with the scores against the truth says why it has none."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from simulator.runs.events import Event, RunFinished, RunStarted
from simulator.runs.history import RunHistory
from widgets.s01_data.flow_cards import TruthCard


@pytest.mark.parametrize(("toy", "words"), [(True, "at the end of a run"), (False, "Nobody knows the truth")])
@pytest.mark.parametrize("status", ["", "stopped", "done"])
def test_a_run_without_scores_says_why(qtbot: QtBot, toy: bool, words: str, status: str) -> None:
    card = TruthCard()
    qtbot.addWidget(card)
    history = RunHistory()
    events: list[Event] = [RunStarted(run="data-0001", lab="data", facts={"toy": toy})]
    if status:
        events.append(RunFinished(run="data-0001", summary={"status": status}))
    for event in events:
        history.apply(event)
    card.show_history(history)
    assert words in card.empty.text()
