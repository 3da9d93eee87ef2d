from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from simulator.runs.events import Diagnosis, Metrics, Progress, Record, RunStarted
from simulator.runs.history import RunHistory
from simulator.s01_data.help_results import result_of as lab_result
from widgets.s01_data.geometry.help_reading import curves_of, headline, result_of
from widgets.s01_data.help_hero import mean_curve

FACTS = {
    "compare": "cleaning", "tokens": 600_000, "floor_nats_per_token": 0.5, "parameters": 400_000, "seeds": 3,
    "held_out_pages": 200,
    "variants": [
        {"key": "raw", "title": "Raw", "documents": 4000, "unique_tokens": 900_000, "epochs": 0.67},
        {"key": "filtered", "title": "Filtered", "documents": 2500, "unique_tokens": 500_000, "epochs": 1.2},
        {"key": "deduplicated", "title": "Filtered, deduplicated", "documents": 1900, "unique_tokens": 400_000,
         "epochs": 1.5},
    ],
}  # fmt: skip
LOSSES = {"raw": [1.50, 1.52, 1.48], "filtered": [1.21, 1.20, 1.22], "deduplicated": [1.10, 1.11, 1.09]}


def events(losses=LOSSES, final=True):
    steps = (0, 150, 300) if final else (0, 150)
    found = [RunStarted(lab="cleaning", total_steps=300, facts=FACTS, run="cleaning-0001", seq=0)]
    for step in steps:
        values = {
            f"{key}/{seed}/loss": (loss + (300 - step) / 100,)
            for key, row in losses.items()
            for seed, loss in enumerate(row)
        }
        found.append(Metrics(steps=(step,), values=values, run="cleaning-0001", seq=len(found)))
    if final:
        fields = lab_result(FACTS, losses, True)
        found.append(Record(step=300, name="result", fields=fields, run="cleaning-0001", seq=len(found)))
    return found


def history(**changes):
    return RunHistory.of(events(**changes))


def test_the_result_is_the_labs_own_and_its_reading_too():
    result = result_of(history())
    assert [variant.mean for variant in result.variants] == pytest.approx([1.50, 1.21, 1.10])
    assert result.variants[0].spread == pytest.approx(0.02)
    assert result.gain == pytest.approx(0.4)
    assert result.floor == 0.5
    assert result.reading.title == "Cleaning helps"
    title, words = headline(result)
    assert title == "Cleaning helps"
    assert "0.400 nats a token lower loss" in words
    assert "0.020" in words


def test_cleaning_that_does_not_help_is_told_as_it_is():
    worse = {"raw": [1.0, 1.01, 1.02], "filtered": [1.2, 1.2, 1.2], "deduplicated": [1.3, 1.31, 1.29]}
    result = result_of(history(losses=worse))
    assert result.gain < 0
    assert "higher loss" in headline(result)[1]
    assert result.reading.title == "'Raw' is better"
    same = {key: [1.0, 1.1, 0.9] for key in LOSSES}
    assert result_of(history(losses=same)).reading.title == "No sure difference"


def test_before_the_end_the_data_is_told_and_no_gain():
    result = result_of(history(final=False))
    assert (result.gain, result.reading) == (None, None)
    assert result.variants[1].unique_tokens == 500_000
    assert headline(result)[0] == "Same model, same number of tokens, other data"
    assert result_of(RunHistory()) is None


@pytest.mark.parametrize(
    "fields",
    [{}, {"variants": 3}, {"variants": [None, {}]}, {"variants": [{"key": "raw"}], "final": True},
     {"variants": [{"key": "raw", "mean": "x", "losses": [1]}], "gain": 1, "final": True}],
)  # fmt: skip
def test_a_damaged_result_breaks_nothing(fields):
    found = [
        RunStarted(lab="cleaning", run="c", seq=0),
        Record(step=1, name="result", fields=fields, run="c", seq=1),
    ]
    result = result_of(RunHistory.of(found))
    assert result is None or result.reading is None
    assert headline(result)


def test_the_mean_curve_waits_for_the_slowest_seed():
    found = [
        RunStarted(lab="cleaning", run="c", seq=0),
        Metrics(steps=(0, 1), values={"raw/0/loss": (4.0, 2.0), "other": (1.0, 1.0)}, run="c", seq=1),
        Metrics(steps=(0,), values={"raw/1/loss": (2.0,)}, run="c", seq=2),
    ]
    run = RunHistory.of(found)
    assert curves_of(run) == {"raw": ["raw/0/loss", "raw/1/loss"]}
    steps, values = mean_curve(run, ["raw/0/loss", "raw/1/loss"])
    assert (steps.tolist(), values.tolist()) == ([0], [3.0])
    assert np.isfinite(values).all()


def test_a_run_is_watched_from_start_to_result(empty):
    panel = empty.panel
    panel.set_mode("help")
    empty.ready()
    empty.bot.mouseClick(panel.help_controls.run_bar.buttons["start"], Qt.MouseButton.LeftButton)
    first, *middle, last = events()
    empty.session.feed(
        first, Progress(step=10, total=300, seconds_left=30.0, phase="Training 9 models"), middle[0]
    )
    empty.drained()
    assert "Training 9 models" in panel.help_controls.run_bar.words()
    assert panel.help.curves.model.references["floor"].value == 0.5
    assert len(panel.help.curves.model.series) == 12
    assert panel.help_numbers.gain._value.text() == "–"
    assert [row[0] for row in panel.variants.table.rows()] == ["Raw", "Filtered", "Filtered, deduplicated"]
    empty.session.feed(
        *middle[1:], last, Diagnosis(step=300, level="good", title="Cleaning helps", text="By far.")
    )
    empty.session.finish()
    empty.drained()
    assert panel.help.title.text() == "Cleaning helps"
    assert panel.help_numbers.gain._value.text() == "+0.400"
    assert panel.help.bars._series[0].values == pytest.approx([1.50, 1.21, 1.10])
    assert panel.help.bars._series[0].errors == pytest.approx([0.02, 0.01, 0.01])
    assert panel.plain_words.words() == ("Cleaning helps", "By far.")
    assert panel.help_controls.run_bar.state == "done"


def test_another_run_leaves_no_curve_of_the_one_before(empty):
    panel = empty.panel
    panel.set_mode("help")
    panel.help.show_history(history())
    assert panel.help.curves.model.series
    panel.help.forget()
    panel.help.show_history(RunHistory())
    assert not panel.help.curves.model.series
    assert not panel.help.bars.has_data()
