"""Errors that a user can do something about.

Every one says what happened and why (``message``) and what to do (``hint``). The command line prints them in one line
and exits with 2; the window shows them by the control or in the run bar. Anything else is a fault of ours.
"""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend.

    Attributes:
        message: What happened and why, one sentence.
        hint: What to do about it, one sentence; may be empty.
        kind: A short machine-readable class: ``input``, ``config``, ``storage``, ``memory``, ``device``,
            ``checkpoint``.
    """

    kind = "input"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(UserError):
    """A file or folder given by the user cannot be used."""

    kind = "input"


class ConfigError(UserError):
    """A setting has a value that cannot work. ``field`` names the setting."""

    kind = "config"

    def __init__(self, field: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class StorageError(UserError):
    """The run store cannot be read or written (full disk, no permission)."""

    kind = "storage"


class CheckpointError(UserError):
    """A checkpoint or recorded run is missing, truncated or does not fit."""

    kind = "checkpoint"


class DeviceError(UserError):
    """The device asked for is not there, or ran out of memory."""

    kind = "device"


MEMORY_HINT = "Use a smaller batch, a shorter context or a smaller model, or close other programs."


class OutOfMemoryError(UserError):
    """The machine does not have the memory that the settings ask for."""

    kind = "memory"
