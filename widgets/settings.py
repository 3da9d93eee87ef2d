"""What the window remembers between starts: its place, theme, tab and the values of its forms.

The file is plain JSON in the user's configuration folder. It is read as hostile: whatever does not fit is left out.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from simulator.stages import BY_KEY

APP_NAME = "llm-pipeline-simulator"
_LARGEST_FILE = 256 * 1024
_LARGEST_FORM = 200


def settings_path() -> Path:
    """Where the settings lie: ``$PIPELINE_CONFIG``/window.json, else the platform's configuration folder."""
    folder = os.environ.get("PIPELINE_CONFIG")
    if folder:
        return Path(folder) / "window.json"
    import platformdirs

    return platformdirs.user_config_path(APP_NAME) / "window.json"


@dataclass(kw_only=True)
class WindowSettings:
    """Remembered choices; every field has a working default.

    Attributes:
        theme: ``dark``, ``light``, or "" to follow the system.
        stage: Key of the tab that was open, or "".
        geometry: x, y, width, height of the window in logical pixels, or None.
        maximised: Whether it filled the screen.
        modes: The mode that each tab was left in, by stage.
        forms: Values of each form by name, as typed by the user (checked again by the form).
    """

    theme: str = ""
    stage: str = ""
    geometry: tuple[int, int, int, int] | None = None
    maximised: bool = False
    modes: dict[str, str] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> WindowSettings:
        """Read the settings; a missing, foreign or damaged file gives the defaults."""
        try:
            if path.stat().st_size > _LARGEST_FILE:
                return cls()
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return cls()
        return cls._checked(found) if isinstance(found, dict) else cls()

    @classmethod
    def _checked(cls, found: Mapping[str, Any]) -> WindowSettings:
        theme, stage = found.get("theme"), found.get("stage")
        return cls(
            theme=theme if theme in ("dark", "light") else "",
            stage=stage if isinstance(stage, str) and stage in BY_KEY else "",
            geometry=_geometry(found.get("geometry")),
            maximised=found.get("maximised") is True,
            modes=_modes(found.get("modes")),
            forms=_forms(found.get("forms")),
        )

    def save(self, path: Path) -> bool:
        """Write the settings in one atomic step.

        Returns:
            Whether it worked; not remembering the window is no reason to trouble anyone.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".window-", suffix=".json")
        except OSError:
            return False
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(asdict(self), file, indent=1)
            Path(name).replace(path)
        except (OSError, TypeError, ValueError):
            Path(name).unlink(missing_ok=True)
            return False
        return True


def _geometry(value: Any) -> tuple[int, int, int, int] | None:
    if not isinstance(value, list) or len(value) != 4:
        return None
    if not all(
        isinstance(entry, int) and not isinstance(entry, bool) and abs(entry) <= 32_767 for entry in value
    ):
        return None
    x, y, width, height = value
    return (x, y, width, height) if width >= 200 and height >= 200 else None


def _modes(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {stage: mode for stage, mode in value.items() if stage in BY_KEY and isinstance(mode, str)}


def _forms(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict):
        return {}
    return {
        name: {key: entry for key, entry in form.items() if isinstance(entry, (bool, int, float, str))}
        for name, form in value.items()
        if isinstance(form, dict) and len(form) <= _LARGEST_FORM
    }
