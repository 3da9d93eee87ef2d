"""What travels between window and engine: frames, each the bytes of some JSON lines. No objects cross the pipe."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from simulator.runs.events import Event, EventError, decode, encode

FRAME_SECONDS = 1 / 30
FRAME_BYTES = 4 << 20  # a frame takes no further line beyond this
PENDING_BYTES = 64 << 20
MAX_FRAME_BYTES = 256 << 20


class Outbox:
    """Lines waiting to be sent by a thread of their own, joined into at most 30 frames a second.

    Putting a line in never waits for the pipe. Only when the other side has read nothing for so long that 64 MiB are
    waiting does it hold the caller up, rather than lose what was measured or fill the memory.
    """

    def __init__(self, connection: Connection, name: str, frame_seconds: float = FRAME_SECONDS) -> None:
        self._connection = connection
        self._frame_seconds = frame_seconds
        self._changed = threading.Condition()
        self._lines: list[bytes] = []
        self._size = 0
        self._closing = False
        self._thread = threading.Thread(target=self._send_frames, name=name, daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Add a line; after the other side has gone, it is dropped."""
        data = line.encode("utf-8")
        with self._changed:
            while self._size > PENDING_BYTES and not self._closing:
                self._changed.wait()
            if self._closing:
                return
            self._lines.append(data)
            self._size += len(data)
            self._changed.notify_all()

    def close(self, timeout: float) -> None:
        """Send what is waiting, for at most ``timeout`` seconds, and take no more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout)

    def _send_frames(self) -> None:
        while True:
            with self._changed:
                while not self._lines and not self._closing:
                    self._changed.wait()
                if not self._lines:
                    return
                frame = self._take()
                self._changed.notify_all()
            try:
                self._connection.send_bytes(frame)
            except (OSError, ValueError):
                self._give_up()
                return
            if not self._closing:
                time.sleep(self._frame_seconds)

    def _take(self) -> bytes:
        count, size = 0, 0
        while count < len(self._lines) and (count == 0 or size + len(self._lines[count]) <= FRAME_BYTES):
            size += len(self._lines[count])
            count += 1
        frame = b"\n".join(self._lines[:count])
        del self._lines[:count]
        self._size -= size
        return frame

    def _give_up(self) -> None:
        with self._changed:
            self._closing = True
            self._lines.clear()
            self._size = 0
            self._changed.notify_all()


def send_event(outbox: Outbox) -> Callable[[Event], None]:
    """A sink that puts each event into an outbox."""

    def send(event: Event) -> None:
        outbox.put(encode(event))

    return send


def events_of(frame: bytes) -> list[Event]:
    """The events of a frame; lines that are none are left out."""
    found = []
    for line in frame.split(b"\n"):
        try:
            found.append(decode(line.decode("utf-8")))
        except (EventError, UnicodeDecodeError):
            continue
    return found


def verb_line(verb: str, **arguments: Any) -> str:
    """A line that tells the engine to do something."""
    return json.dumps({"verb": verb, **arguments}, separators=(",", ":"))


def verbs_of(frame: bytes) -> list[Mapping[str, Any]]:
    """The verbs of a frame; lines that are none are left out."""
    found: list[Mapping[str, Any]] = []
    for line in frame.split(b"\n"):
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(values, dict) and isinstance(values.get("verb"), str):
            found.append(values)
    return found
