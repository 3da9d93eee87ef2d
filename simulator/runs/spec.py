"""What defines a run: its lab, its settings, its parent, and the versions it was made with."""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from typing import Any

from simulator import __version__
from simulator.config import Config
from simulator.errors import CheckpointError
from simulator.labs import find_lab

PACKAGES = ("torch", "numpy", "tokenizers", "safetensors")
MAX_SPEC_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """Everything needed to repeat a run on the same machine.

    Attributes:
        lab: Name of the lab.
        config: Its settings as plain values, the seed among them.
        parent: Id of the run whose checkpoint it starts from, or "".
        app_version: Version of this program.
        python: Version of Python.
        packages: Versions of the packages that the numbers depend on.
        created: Unix time in seconds.
    """

    lab: str
    config: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    app_version: str = ""
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    created: float = 0.0

    @classmethod
    def new(cls, lab: str, config: Config, parent: str = "") -> RunSpec:
        """The spec of a run made now by this program."""
        return cls(
            lab=lab,
            config=config.to_dict(),
            parent=parent,
            app_version=__version__,
            python=platform.python_version(),
            packages={name: installed_version(name) for name in PACKAGES},
            created=time.time(),
        )

    def load_config(self) -> Config:
        """The settings as the lab's config class.

        Raises:
            ConfigError: if this program has no such lab or setting.
        """
        return find_lab(self.lab).load_config().from_dict(self.config)

    def to_json(self) -> str:
        """Readable JSON, the content of ``spec.json``."""
        return json.dumps(self.__dict__, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RunSpec:
        """Read what :meth:`to_json` wrote; every field is checked, none is trusted.

        Raises:
            CheckpointError: if it is not JSON or a field has the wrong type.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _damaged(f"it is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise _damaged("it is not a JSON object")
        for name, wanted in _FIELDS.items():
            if not isinstance(values.get(name), wanted) or isinstance(values.get(name), bool):
                raise _damaged(f"'{name}' is missing or has the wrong type")
        if not math.isfinite(values["created"]):
            raise _damaged("'created' is not a time")
        packages = {str(name): str(version) for name, version in values["packages"].items()}
        known = {name: values[name] for name in _FIELDS if name != "packages"}
        return cls(packages=packages, **known)


_FIELDS: dict[str, type | tuple[type, ...]] = {
    "lab": str,
    "config": dict,
    "parent": str,
    "app_version": str,
    "python": str,
    "packages": dict,
    "created": (int, float),
}


@cache
def installed_version(package: str) -> str:
    """Version of an installed package without importing it, or "" when it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _damaged(why: str) -> CheckpointError:
    return CheckpointError(
        f"The run's spec.json cannot be read: {why}.",
        hint="Its recorded events can still be replayed, but it cannot be resumed.",
    )
