"""What a tab is given: the run on show, the engine, the recording, and what to remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import resources
from widgets.engine_bridge import EngineBridge
from widgets.run_view import RunView
from widgets.settings import WindowSettings

RECORDINGS = Path(resources.__file__).parent / "recordings"


@dataclass(frozen=True)
class Workbench:
    """Shared by all tabs of one window."""

    runs: RunView
    bridge: EngineBridge
    settings: WindowSettings

    def form_values(self, name: str) -> Mapping[str, Any]:
        """What a form held when the window was last closed."""
        return self.settings.forms.get(name, {})

    def remember_form(self, name: str, values: Mapping[str, Any]) -> None:
        """Keep what a form holds for next time."""
        self.settings.forms[name] = dict(values)


def shipped_recording(lab: str) -> Path | None:
    """The folder of the recording that comes with the program, or None."""
    folder = RECORDINGS / lab
    return folder if (folder / "events.jsonl").is_file() else None
