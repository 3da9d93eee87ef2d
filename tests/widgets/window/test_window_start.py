from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from simulator.cli.parser import COMMANDS
from widgets.launch import SCREENSHOT_SIZES, main, parse_window_options
from widgets.settings import WindowSettings, settings_path

ROOT = Path(__file__).parents[3]


def test_no_flags_open_the_window_as_it_was():
    options = parse_window_options([])
    assert (options.stage, options.theme, options.device, options.sizes) == ("", "", "auto", SCREENSHOT_SIZES)


def test_all_flags(tmp_path):
    given = [
        "--stage",
        "s03_distributed",
        "--present",
        "--theme",
        "light",
        "--device",
        "cpu",
        "--runs",
        str(tmp_path),
    ]
    options = parse_window_options([*given, "--screenshot", str(tmp_path), "--size", "1024x768", "1366x768"])
    assert (options.stage, options.present, options.theme, options.device) == (
        "s03_distributed",
        True,
        "light",
        "cpu",
    )
    assert (options.runs, options.screenshot) == (tmp_path, tmp_path)
    assert options.sizes == ((1024, 768), (1366, 768))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--stage", "s99"], "s99"),
        (["--theme", "pink"], "pink"),
        (["--device", "tpu"], "tpu"),
        (["--nonsense"], "--nonsense"),
        (["--stage"], "expected one argument"),
        (["--replay", "/no/such/run"], "/no/such/run"),
        (["--screenshot", "x", "--size", "huge"], "1280x720"),
        (["--screenshot", "x", "--size", "1x1"], "out of range"),
        (["--screenshot", "x", "--size", "99999x99999"], "out of range"),
        (["--size", "1280x720"], "--screenshot"),
        (["--lesson", "one.toml"], "lesson"),
        (["--runs", ""], "no path is given"),
        (["--screenshot", "~nobody-here/x"], "home folder"),
    ],
)
def test_a_bad_flag_is_one_line_and_exit_2(arguments, words, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_help_exits_0_and_keeps_what_is_not_there_to_itself(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert "--replay" in text
    assert "--lesson" not in text


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit):
        parse_window_options(["--help"])
    assert f"commands: {', '.join(COMMANDS)};" in " ".join(capsys.readouterr().out.split())


def test_a_command_never_loads_qt():
    code = (
        "import sys; from widgets.launch import main; main(['calc', 'params', '--preset', 'llama-2-7b']);"
        "sys.exit(any(name.startswith(('PySide6', 'pyqtgraph')) for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_the_window_never_loads_torch_and_leaves_pyqtgraph_for_later():
    code = (
        "import sys; from widgets.app import make_window; import widgets.s02_objective.panel, simulator.engine.session;"
        "print([name for name in ('torch', 'onnxruntime', 'tokenizers', 'pyqtgraph') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=True)
    assert done.stdout.decode().strip() == "[]"


def test_without_a_display_there_is_one_clear_line():
    import os

    env = {**os.environ, "QT_QPA_PLATFORM": "xcb", "DISPLAY": ":931", "WAYLAND_DISPLAY": ""}
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=ROOT, env=env, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert "QT_QPA_PLATFORM=offscreen" in done.stderr.decode()


def test_a_replay_that_is_no_run_is_one_line_and_exit_2(tmp_path):
    done = subprocess.run(
        [sys.executable, "main.py", "--replay", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert "not a recorded run" in done.stderr.decode()


def test_screenshots_of_every_tab_are_the_same_each_time(tmp_path):
    for name, only in (("one", []), ("two", ["--stage", "s02_objective"])):
        done = subprocess.run(
            [sys.executable, "main.py", "--screenshot", str(tmp_path / name), "--theme", "dark", "--size", "1024x768",
             "--runs", str(tmp_path / "runs"), *only],
            cwd=ROOT, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
    pictures = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len({picture.split("-")[0] for picture in pictures}) == 10
    picture = "s02_objective-objectives-dark-1024x768.png"
    assert picture in pictures
    assert (tmp_path / "one" / picture).read_bytes() == (tmp_path / "two" / picture).read_bytes()


def test_a_folder_that_cannot_hold_screenshots_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [sys.executable, "main.py", "--screenshot", str(tmp_path / "file" / "x")],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "cannot be made" in done.stderr.decode()


def test_settings_come_back(tmp_path, monkeypatch):
    monkeypatch.setenv("PIPELINE_CONFIG", str(tmp_path / "deep" / "er"))
    settings = WindowSettings(theme="light", stage="s04_precision", geometry=(1, 2, 1280, 720), maximised=True,
                              forms={"pretrain": {"steps": 7, "size": "3M"}})  # fmt: skip
    assert settings.save(settings_path())
    assert WindowSettings.load(settings_path()) == settings
    assert list((tmp_path / "deep" / "er").iterdir()) == [settings_path()]


@pytest.mark.parametrize(
    "content",
    [
        "", "null", "[]", "{", "{" * 5000, '{"theme": "pink", "stage": 3, "geometry": [1, 2], "forms": 5}',
        '{"geometry": [0, 0, 1e9, true], "forms": {"a": [1], "b": {"c": {"d": 1}}}, "maximised": "yes"}',
        '{"geometry": [0, 0, 10, 10]}', "\x00\xff" * 100, "x" * 300_000,
    ],
)  # fmt: skip
def test_a_damaged_settings_file_gives_the_defaults(tmp_path, content):
    path = tmp_path / "window.json"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    loaded = WindowSettings.load(path)
    assert loaded.theme == loaded.stage == ""
    assert loaded.geometry is None
    assert not any(loaded.forms.values())


def test_settings_that_cannot_be_written_trouble_nobody(tmp_path):
    (tmp_path / "file").write_text("")
    assert not WindowSettings().save(tmp_path / "file" / "window.json")
    assert not WindowSettings(forms={"a": {"b": object()}}).save(tmp_path / "window.json")
    assert not (tmp_path / "window.json").exists()
