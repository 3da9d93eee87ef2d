"""The walls of docs/architecture.md: who may import what, and what the window's process never loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "onnxruntime", "safetensors", "scipy")
QT = ("PySide6", "pyqtgraph")


def loaded_by(statement: str, names: tuple[str, ...]) -> list[str]:
    """Which of the packages are loaded after a statement, in a fresh interpreter."""
    report = f"print(json.dumps([name for name in {names!r} if name in sys.modules]))"
    code = f"import json, sys\n{statement}\n{report}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


def test_import_contracts_hold():
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_window_never_loads_the_engines_libraries():
    assert loaded_by("import widgets.app", HEAVY) == []


@pytest.mark.parametrize(
    "module",
    ["main", "widgets.launch", "simulator.stages", "simulator.labs", "simulator.facts", "simulator.notes"],
)
def test_light_modules_load_neither_qt_nor_torch(module):
    assert loaded_by(f"import {module}", HEAVY + QT) == []


def test_a_lab_config_loads_neither_qt_nor_torch():
    assert (
        loaded_by("from simulator.labs import LABS\nfor lab in LABS.values(): lab.load_config()", HEAVY + QT)
        == []
    )
