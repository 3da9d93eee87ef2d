"""What travels between window and engine, and what must not get through."""

from __future__ import annotations

import multiprocessing
import threading
import time

import pytest

from simulator.engine import frames
from simulator.engine.frames import Outbox, events_of, send_event, verb_line, verbs_of
from simulator.runs.events import Answer, Metrics, encode


def test_garbage_among_events_is_left_out() -> None:
    good = Metrics(run="a-0001", seq=1, steps=(1,), values={"x": (1.0,)})
    lines = [
        b"",
        b"\xff\xfe",
        b"{}",
        encode(good).encode(),
        b'{"type":"metrics"',
        b"[" * 9999,
        encode(good).encode(),
    ]
    assert events_of(b"\n".join(lines)) == [good, good]
    assert events_of(b"") == []


def test_garbage_among_verbs_is_left_out() -> None:
    lines = [b"\xff", b"7", b"{}", b'{"verb":3}', b"[" * 9999, verb_line("query", query=3, kind="x").encode()]
    assert verbs_of(b"\n".join(lines)) == [{"verb": "query", "query": 3, "kind": "x"}]


def test_lines_put_quickly_travel_in_few_frames_and_in_order() -> None:
    ours, theirs = multiprocessing.Pipe()
    outbox = Outbox(theirs, "test-sender")
    send = send_event(outbox)
    start = time.monotonic()
    for number in range(300):
        send(Answer(query=number))
    outbox.close(5.0)
    seconds, received, count = time.monotonic() - start, [], 0
    while ours.poll(0):
        received += events_of(ours.recv_bytes())
        count += 1
    assert received == [Answer(query=number) for number in range(300)]
    assert count <= seconds / frames.FRAME_SECONDS + 2
    ours.close()
    theirs.close()


def test_a_reader_that_sleeps_holds_the_writer_up_only_when_much_is_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "PENDING_BYTES", 1 << 20)
    monkeypatch.setattr(frames, "FRAME_BYTES", 1 << 18)
    ours, theirs = multiprocessing.Pipe()
    outbox = Outbox(theirs, "test-sender", frame_seconds=0.0)
    line = "x" * (1 << 16)
    for _ in range(16):
        outbox.put(line)  # at once, though nobody reads
    writer = threading.Thread(target=_put_many, args=(outbox, line, 64))
    writer.start()
    writer.join(0.2)
    assert writer.is_alive()
    total = 0
    while total < 80 << 16:
        total += len(ours.recv_bytes().replace(b"\n", b""))
    writer.join(5.0)
    assert not writer.is_alive()
    assert total == 80 << 16
    outbox.close(1.0)
    ours.close()
    theirs.close()


def _put_many(outbox: Outbox, line: str, count: int) -> None:
    for _ in range(count):
        outbox.put(line)


def test_a_reader_that_has_gone_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "PENDING_BYTES", 1000)
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    outbox = Outbox(theirs, "test-sender")
    for _ in range(100):
        outbox.put("x" * 500)
    outbox.close(1.0)
    theirs.close()
