"""The handle by which another thread pauses, continues and stops a running lab."""

from __future__ import annotations

import threading


class StopRequested(Exception):  # noqa: N818 - it is a request, not an error
    """The user wants the run to end: save a checkpoint, then let this pass on."""


class Control:
    """Pause, continue, stop; safe to call from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paused = False
        self._stopping = False

    @property
    def paused(self) -> bool:
        """Whether the lab should wait before its next step."""
        return self._paused

    @property
    def stopping(self) -> bool:
        """Whether the lab should end."""
        return self._stopping

    def pause(self) -> None:
        """Let the lab wait before its next step."""
        self._set(paused=True)

    def unpause(self) -> None:
        """Let a waiting lab go on."""
        self._set(paused=False)

    def stop(self) -> None:
        """Ask the lab to end before its next step; a waiting one wakes up for it."""
        self._set(stopping=True)

    def wait_while_paused(self) -> None:
        """Block the lab's thread until it may go on or must stop."""
        with self._changed:
            while self._paused and not self._stopping:
                self._changed.wait()

    def _set(self, *, paused: bool | None = None, stopping: bool = False) -> None:
        with self._changed:
            self._paused = self._paused if paused is None else paused
            self._stopping = self._stopping or stopping
            self._changed.notify_all()
