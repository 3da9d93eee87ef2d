"""The codec of the stream: encode and decode are exact inverses, and nothing hostile gets through."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.runs.events import (
    TYPES,
    Answer,
    Event,
    EventError,
    Metrics,
    Predictions,
    RunFinished,
    Snapshot,
    decode,
    encode,
)

FLOATS = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_type_survives_a_round_trip(name: str) -> None:
    event = TYPES[name](run="a-0001", seq=3, time=1.25)
    again = decode(encode(event))
    assert type(again) is type(event)
    assert encode(again) == encode(event)
    assert "\n" not in encode(event)


@given(st.lists(st.tuples(st.integers(0, 2**53), FLOATS, FLOATS), max_size=20))
def test_metrics_survive_with_infinities_and_nan(rows: list[tuple[int, float, float]]) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    event = Metrics(run="a-0001", seq=0, steps=columns[0], values={"x": columns[1], "naïve \n": columns[2]})
    again = decode(encode(event))
    assert isinstance(again, Metrics)
    assert again.steps == event.steps
    for name, column in event.values.items():
        np.testing.assert_array_equal(again.values[name], column)


def test_nested_tuples_and_arrays_survive() -> None:
    shown = Predictions(tokens=("a", "b"), top_tokens=(("x", "y"),), top_probabilities=((0.5, 0.25),))
    assert decode(encode(shown)) == shown
    array = np.arange(6, dtype=np.float16).reshape(2, 3)[:, ::-1]
    again = decode(encode(Snapshot(name="attention", array=array)))
    assert isinstance(again, Snapshot)
    assert again.array.dtype == np.float16
    np.testing.assert_array_equal(again.array, array)


def test_numpy_numbers_and_nan_in_free_form_values_become_json() -> None:
    event = RunFinished(summary={"loss": np.float32(0.5), "nested": [{"n": np.int64(3)}, math.inf]})
    assert json.loads(encode(event))["summary"] == {"loss": 0.5, "nested": [{"n": 3}, "inf"]}


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "[]", "7", "null", '{"type":"metrics"}', '{"type":"no_such"}', '{"type":[]}', "[" * 100_000,
        '{"type":"metrics","run":"a","seq":1e999,"time":0,"steps":[],"values":{}}',
        '{"type":"metrics","run":"a","seq":0,"time":0,"steps":[1,2],"values":{"x":[1]}}',
        '{"type":"metrics","run":"a","seq":0,"time":0,"steps":[1],"values":{"x":["huge"]}}',
        '{"type":"metrics","run":3,"seq":0,"time":0,"steps":[],"values":{}}',
        '{"type":"snapshot","run":"a","seq":0,"time":0,"step":0,"name":"","labels":[],"array":{"dtype":"O","shape":[1],"data":"AAAAAAAAAAA="}}',
        '{"type":"snapshot","run":"a","seq":0,"time":0,"step":0,"name":"","labels":[],"array":{"dtype":"(2,","shape":[1],"data":""}}',
        '{"type":"snapshot","run":"a","seq":0,"time":0,"step":0,"name":"","labels":[],"array":{"dtype":"<f4","shape":[999999999999],"data":"AAAA"}}',
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(EventError, match="not an event"):
        decode(line)


@given(st.binary(max_size=60))
def test_no_bytes_do_worse_than_an_event_error(data: bytes) -> None:
    with pytest.raises(EventError):
        decode(data.decode("utf-8", "replace"))


@given(st.data())
def test_no_damaged_field_does_worse_than_an_event_error(data: st.DataObject) -> None:
    kind = TYPES[data.draw(st.sampled_from(sorted(TYPES)))]
    values = json.loads(encode(kind()))
    json_values = st.recursive(
        st.none() | st.booleans() | FLOATS | st.text(max_size=3), st.lists, max_leaves=4
    )
    values[data.draw(st.sampled_from(sorted(values)))] = data.draw(json_values)
    try:
        event = decode(json.dumps(values))
    except EventError:
        return
    assert isinstance(event, Event)
    for item in dataclasses.fields(event):
        assert getattr(event, item.name) is not None


def test_an_answer_is_not_part_of_a_run() -> None:
    assert Answer(query=1, result={"a": 1}).run == ""
