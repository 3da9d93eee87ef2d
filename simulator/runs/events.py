"""The events of a run: the one stream that the window, the command line, replay, reports and tests read.

A lab emits them, the reporter stamps them (run, seq, time) and appends them to ``events.jsonl``, one JSON
object a line; the very same lines travel to the window. :func:`encode` and :func:`decode` are exact inverses.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt


class EventError(ValueError):
    """A line is not a valid event: torn, foreign or damaged."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events.

    Attributes:
        run: Id of the run, "" for events of the engine itself.
        seq: Position in the run's stream, from 0; -1 until stamped (and for engine events).
        time: Unix time in seconds when it was emitted.
    """

    type: ClassVar[str] = ""
    run: str = ""
    seq: int = -1
    time: float = 0.0


@dataclass(frozen=True, kw_only=True)
class EngineReady(Event):
    """The engine has imported torch and can work. Not part of a run."""

    type: ClassVar[str] = "engine_ready"
    device: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EngineLost(Event):
    """The engine process died. Not part of a run, so it is never recorded.

    Attributes:
        exit_code: Its exit status; negative is the signal that ended it; -1000 when unknown.
        lost_run: Id of the run that was cut off and can be resumed, or "".
        message: What happened, in plain words.
        hint: What to do about it.
    """

    type: ClassVar[str] = "engine_lost"
    exit_code: int = -1000
    lost_run: str = ""
    message: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer(Event):
    """The result of a query. ``error`` is set in place of ``result`` when it failed. Not part of a run."""

    type: ClassVar[str] = "answer"
    query: int = 0
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A run begins, or continues from ``resumed_step``: then everything measured after that step is measured again."""

    type: ClassVar[str] = "run_started"
    lab: str = ""
    total_steps: int = 0
    device: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    resumed_step: int = -1


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """How far the run is. ``phase`` is in plain words, such as "Training"; ``seconds_left`` is -1 while unknown."""

    type: ClassVar[str] = "progress"
    step: int = 0
    total: int = 0
    seconds_left: float = -1.0
    phase: str = ""


@dataclass(frozen=True, kw_only=True)
class Metrics(Event):
    """Measured values at one or more steps: every list in ``values`` is as long as ``steps``."""

    type: ClassVar[str] = "metrics"
    steps: tuple[int, ...] = ()
    values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sample(Event):
    """Text that the model wrote at a step."""

    type: ClassVar[str] = "sample"
    step: int = 0
    prompt: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Predictions(Event):
    """What the model expects at each position of a text.

    Attributes:
        step: Training step of the weights.
        tokens: The text's T tokens, as shown to people.
        top_tokens: For each of the T tokens, the k likeliest to come next; the last row says how the text may go on.
        top_probabilities: Their probabilities, same shape.
        true_probabilities: Probability of the token that really came next, T-1 of them.
    """

    type: ClassVar[str] = "predictions"
    step: int = 0
    tokens: tuple[str, ...] = ()
    top_tokens: tuple[tuple[str, ...], ...] = ()
    top_probabilities: tuple[tuple[float, ...], ...] = ()
    true_probabilities: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot(Event):
    """A named array at a step (attention map, embedding, histogram)."""

    type: ClassVar[str] = "snapshot"
    step: int = 0
    name: str = ""
    labels: tuple[str, ...] = ()
    array: npt.NDArray[Any] = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True, kw_only=True)
class Record(Event):
    """A named finding with fields of its own, in plain JSON values: a funnel, a document's fate, a table of scores.

    What a name means, and its fields, stand beside the lab that emits it; arrays belong in a Snapshot.
    """

    type: ClassVar[str] = "record"
    step: int = 0
    name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved(Event):
    """Weights were written to ``file``, relative to the run folder. ``loss`` is the validation loss then, or -1."""

    type: ClassVar[str] = "checkpoint_saved"
    step: int = 0
    file: str = ""
    loss: float = -1.0


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Event):
    """A plain-words reading of the run. ``level``: good, info, warning or bad."""

    type: ClassVar[str] = "diagnosis"
    step: int = 0
    level: str = "info"
    title: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class RunPaused(Event):
    """The user paused the run."""

    type: ClassVar[str] = "run_paused"
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class RunContinued(Event):
    """The user let a paused run go on."""

    type: ClassVar[str] = "run_continued"
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class RunFailed(Event):
    """The run ended with an error. ``kind`` as in UserError, or "internal"; ``detail`` is a traceback for us."""

    type: ClassVar[str] = "run_failed"
    kind: str = "internal"
    message: str = ""
    hint: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """The run ended well. ``status`` is "done", or "stopped" by the user (then it can be resumed)."""

    type: ClassVar[str] = "run_finished"
    status: str = "done"
    summary: Mapping[str, Any] = field(default_factory=dict)


def _all_types(base: type[Event]) -> dict[str, type[Event]]:
    return {kind.type: kind for kind in base.__subclasses__()}


TYPES: dict[str, type[Event]] = _all_types(Event)
_FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    name: tuple((item.name, str(item.type)) for item in dataclasses.fields(kind))
    for name, kind in TYPES.items()
}


def encode(event: Event) -> str:
    """One line of JSON, without the newline. Infinities and NaN become the strings "inf", "-inf", "nan"."""
    values = {name: plain(getattr(event, name)) for name, _ in _FIELDS[event.type]}
    return json.dumps(
        {"type": event.type, **values}, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def decode(line: str) -> Event:
    """Read a line that :func:`encode` wrote.

    Raises:
        EventError: if the line is torn, is not an event, or a field has the wrong shape.
    """
    try:
        values = json.loads(line)
        kind = TYPES[values.pop("type")]
        event = kind(
            **{name: _typed(name, annotation, values[name]) for name, annotation in _FIELDS[kind.type]}
        )
    except _DAMAGE as error:
        raise EventError(f"not an event ({type(error).__name__}: {str(error)[:80]})") from None
    if isinstance(event, Metrics):
        _check_columns(event)
    return event


_DAMAGE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    OverflowError,
    SyntaxError,
    MemoryError,
)


def _check_columns(event: Metrics) -> None:
    for name, column in event.values.items():
        if len(column) != len(event.steps):
            raise EventError(
                f"not an event (metrics '{name}': {len(column)} values for {len(event.steps)} steps)"
            )


def plain(value: Any) -> Any:
    """Turn a value into what JSON can hold: numpy to numbers, infinities and NaN to "inf", "-inf", "nan"."""
    if isinstance(value, np.ndarray):
        raw = np.ascontiguousarray(value)
        return {
            "dtype": raw.dtype.str,
            "shape": list(raw.shape),
            "data": base64.b64encode(raw.tobytes()).decode("ascii"),
        }
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _number(value: Any) -> float:
    return _SPECIAL[value] if isinstance(value, str) else float(value)


def _typed(name: str, annotation: str, value: Any) -> Any:
    if annotation == "str":
        if not isinstance(value, str):
            raise TypeError(f"{name} is not a text")
        return value
    if annotation == "int":
        return int(value)
    if annotation == "float":
        return _number(value)
    if name == "values":
        return {str(key): tuple(_number(entry) for entry in column) for key, column in value.items()}
    if annotation.startswith("Mapping"):
        return dict(value)
    if annotation.startswith("npt"):
        return _array(value)
    return _nested(value, annotation)


def _nested(value: Any, annotation: str) -> tuple[Any, ...]:
    """Tuples (of tuples) of ints, floats or texts, by the annotation's innermost word."""
    if annotation.startswith("tuple[tuple["):
        return tuple(_nested(entry, annotation[6:]) for entry in value)
    make = int if "int" in annotation else _number if "float" in annotation else str
    return tuple(make(entry) for entry in value)


def decode_array(value: Any) -> npt.NDArray[Any]:
    """An array as it travels in events, records and answers: {"dtype", "shape", "data" in base64}; read-only.

    Raises:
        EventError: if it is not such an array, or is damaged.
    """
    try:
        return _array(value)
    except _DAMAGE as error:
        raise EventError(f"not an array ({type(error).__name__}: {str(error)[:80]})") from None


def _array(value: Any) -> npt.NDArray[Any]:
    kind = np.dtype(value["dtype"])
    if kind.hasobject:
        raise TypeError("object arrays are not allowed")
    return np.frombuffer(base64.b64decode(value["data"]), kind).reshape(value["shape"])
