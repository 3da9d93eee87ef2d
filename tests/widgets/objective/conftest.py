"""The window with a fake engine, as the tests of the window have it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from widgets.run_desk import RECORDINGS

_WINDOW = Path(__file__).parents[1] / "window"
if str(_WINDOW) not in sys.path:
    sys.path.append(str(_WINDOW))
_spec = importlib.util.spec_from_file_location("window_desk", _WINDOW / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_desk = importlib.util.module_from_spec(_spec)
sys.modules["window_desk"] = _desk  # its dataclass looks itself up there
_spec.loader.exec_module(_desk)


@pytest.fixture(autouse=True)
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of the recordings that come with the program only the one of pre-training."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "pretrain").symlink_to(RECORDINGS / "pretrain", target_is_directory=True)
    monkeypatch.setattr("widgets.run_desk.RECORDINGS", folder)
    return folder


settings, open_desk, desk = _desk.settings, _desk.open_desk, _desk.desk
