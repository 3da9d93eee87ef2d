"""The shape of the files: documented, of bounded length, named after the stages, no paths of a machine."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from simulator.labs import LABS
from simulator.stages import BY_KEY, STAGES

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for package in ("simulator", "widgets") for path in (ROOT / package).rglob("*.py"))
PYTHON = sorted([*MODULES, *(ROOT / "tests").rglob("*.py"), ROOT / "main.py"])
MACHINE_FOLDERS = ("work", "tmp", "root", "home", "Users")
MACHINE_PATH = re.compile(rf"(?<![\w.$}}])/(?:{'|'.join(MACHINE_FOLDERS)})/\w")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    """The files that belong to the project; the ones on disk where there is no git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = (
        [name for name in done.stdout.split("\0") if name]
        if done.returncode == 0
        else [name_of(path) for path in PYTHON]
    )
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_no_file_is_too_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


def test_numbers_in_the_keys_are_the_order():
    assert [stage.number for stage in STAGES] == list(range(1, 11))
    assert all(stage.key.startswith(f"s{stage.number:02}_") for stage in STAGES)


@pytest.mark.parametrize("package", ["simulator", "widgets"])
def test_stage_folders_are_named_after_stages(package):
    folders = [path.name for path in (ROOT / package).iterdir() if re.match(r"s\d\d_", path.name)]
    assert set(folders) <= set(BY_KEY)


def test_labs_and_stages_name_each_other():
    # Labs that other tests add live outside the package.
    ours = {(name, lab.stage) for name, lab in LABS.items() if lab.function.startswith("simulator.")}
    assert ours == {
        (name, stage.key) for stage in STAGES for name in stage.labs
    }


def test_no_path_of_a_machine_in_any_text():
    found = []
    for path in tracked():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:  # a picture or another binary
            continue
        found += [
            f"{name_of(path)}:{number}: {line.strip()}"
            for number, line in enumerate(lines, 1)
            if MACHINE_PATH.search(line)
        ]
    assert found == []


def test_the_pattern_finds_a_path():
    assert MACHINE_PATH.search("see " + "/" + "home" + "/someone")
    assert not MACHINE_PATH.search("docs/home/page")


def test_no_widget_is_kept_alive_by_a_lambda():
    pattern = re.compile(r"\.connect\(\s*lambda")
    assert [name_of(path) for path in MODULES if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_unsafe_is_loaded_or_run():
    pattern = re.compile(r"\bpickle\b|torch\.load\(|(?<![.\w])(?:eval|exec)\(|shell=True|allow_pickle=True")
    allowed = re.compile(r"\b(?:never|no|not|without)\b.*\bpickle\b", flags=re.IGNORECASE)
    found = []
    for path in MODULES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if pattern.search(line) and not allowed.search(line):
                found.append(f"{name_of(path)}:{number}: {line.strip()}")
    assert found == []
