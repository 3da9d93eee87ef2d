"""The README is true: its tree and links exist, its commands are known, and set-up takes two of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.stages import STAGES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCED = re.findall(r"^```\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def tree_paths() -> list[str]:
    """Paths named in the tree of files; a name indented by two spaces lies in the folder above it."""
    paths, folder = [], ""
    for line in FENCED[-1].splitlines():
        names = re.match(r" *\S+(?: \S+)*", line)
        assert names, line
        inside = line.startswith("  ")
        for name in names.group().split():
            paths.append(folder + name if inside else name)
        if not inside and paths[-1].endswith("/"):
            folder = paths[-1]
    return paths


def test_the_tree_exists():
    paths = tree_paths()
    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_two_set_up_commands():
    commands = [block for block in FENCED if "venv .venv" in block]
    assert len(commands) == 2
    assert all(
        block.startswith("python3 -m venv .venv && .venv/bin/python -m pip install ") for block in commands
    )
    assert all(block.count("\n") == 1 for block in commands)


def test_every_stage_is_told_about():
    assert [stage.key for stage in STAGES if f"| {stage.number} {stage.title} |" not in README] == []


@pytest.mark.parametrize("command", ["run pretrain", "generate", "runs", "calc params", "doctor"])
def test_commands_are_known(command):
    assert f"main.py {command}" in README
    call = [sys.executable, "main.py", *command.split(), "--help"]
    done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_flags_of_the_window_are_known():
    done = subprocess.run(
        [sys.executable, "main.py", "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    flags = re.search(r"`python main.py` takes (.*?)\n", README)
    assert flags
    assert [flag for flag in re.findall(r"--[a-z]+", flags.group(1)) if flag not in done.stdout] == []
