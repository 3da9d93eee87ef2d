"""What a tab is given: the runs on show, the engine, and what to remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from widgets.engine_bridge import EngineBridge
from widgets.run_desk import RunDesk
from widgets.run_view import RunView
from widgets.settings import WindowSettings


@dataclass(frozen=True)
class Workbench:
    """Shared by all tabs of one window."""

    desk: RunDesk
    bridge: EngineBridge
    settings: WindowSettings

    def view(self, lab: str) -> RunView:
        """The run on show for a lab."""
        return self.desk.view(lab)

    def form_values(self, name: str) -> Mapping[str, Any]:
        """What a form held when the window was last closed."""
        return self.settings.forms.get(name, {})

    def remember_form(self, name: str, values: Mapping[str, Any]) -> None:
        """Keep what a form holds for next time."""
        self.settings.forms[name] = dict(values)
