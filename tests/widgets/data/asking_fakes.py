"""A bench whose engine answers with the real queries, at once, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.engine.queries import answer_query
from simulator.runs.events import EngineReady, Event
from simulator.runs.store import RunStore
from widgets.engine_bridge import EngineBridge
from widgets.run_desk import RunDesk
from widgets.settings import WindowSettings
from widgets.workbench import Workbench


class AskedSession:
    """A session that runs nothing and answers everything."""

    run_id = ""

    def __init__(self, root: Path) -> None:
        self.state = "closed"
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._root = root
        self._waiting: list[Event] = []

    def start(self) -> None:
        self.state = "starting"

    def ready(self) -> None:
        self.state = "ready"
        self._waiting.append(EngineReady(device={"label": "CPU"}))

    def query(self, kind: str, **arguments: Any) -> int:
        self.asked.append((kind, arguments))
        self._waiting.append(answer_query(self._root, len(self.asked), kind, arguments))
        return len(self.asked)

    def drain(self) -> list[Event]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def shutdown(self, timeout: float = 3.0) -> None:
        self.state = "closed"


def make_bench(root: Path) -> tuple[Workbench, AskedSession]:
    """A bench with an engine that has not started yet."""
    session = AskedSession(root)
    bridge = EngineBridge(root, factory=lambda: session)  # type: ignore[arg-type, return-value]
    return Workbench(RunDesk(RunStore(root), bridge, bridge), bridge, WindowSettings()), session


def start(bench: Workbench, session: AskedSession) -> None:
    """Start the engine and let it say that it is ready."""
    bench.bridge.start()
    session.ready()
    bench.bridge._drain()
