"""The other commands, and what holds for all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.cli import COMMANDS, doctor, main
from simulator.cli.output import one_line, printable
from simulator.model.parameters import ParametersConfig, count_parameters
from simulator.runs.store import RunStore


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one very small pre-training run."""
    root = tmp_path_factory.mktemp("trained") / "runs"
    small = ["--profile", "quick", "--steps", "3", "--batch", "2", "--sequence", "16", "--documents", "60"]
    assert (
        main(["run", "pretrain", *small, "--device", "cpu", "--threads", "1", "--runs", str(root), "--json"])
        == 0
    )
    return root


def call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """Run a command that must succeed with --json."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert isinstance(values, dict)
    return values


@pytest.mark.parametrize(
    ("flags", "total"),
    [
        # Totals as the papers and model cards give them.
        (["--preset", "llama-2-7b"], 6_738_415_616),
        (["--preset", "llama-2-70b"], 68_976_648_192),
        (["--preset", "llama-3-8b"], 8_030_261_248),
        (["--preset", "llama-3.2-1b"], 1_235_814_400),
        (["--preset", "mistral-7b"], 7_241_732_096),
        (
            ["--layers", "32", "--hidden", "4096", "--heads", "32", "--ffn", "11008", "--vocab", "32k"],
            6_738_415_616,
        ),
        (
            ["--layers", "4", "--hidden", "128", "--heads", "4", "--ffn", "352", "--vocab", "512", "--tied"],
            869_504,
        ),
    ],
)
def test_calc_params(flags: list[str], total: int, capsys: pytest.CaptureFixture[str]) -> None:
    values = call(["calc", "params", *flags], capsys)
    assert values["total"] == total
    parts = values["parts"]
    assert isinstance(parts, dict)
    assert sum(parts.values()) == total
    assert main(["calc", "params", *flags]) == 0
    assert f"{total:,}" in capsys.readouterr().out


def test_a_preset_can_be_changed() -> None:
    half = count_parameters(ParametersConfig(preset="llama-2-7b", heads=64, kv_heads=8, hidden=8192))
    assert (half["shape"]["head_dim"], half["shape"]["kv_heads"], half["shape"]["layers"]) == (128, 8, 32)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["nonsense"], "invalid choice"),
        (["run"], "LAB"),
        (["run", "nonsense"], "invalid choice"),
        (["calc"], "NAME"),
        (["calc", "params"], "--layers is missing. Give --layers, --hidden"),
        (["calc", "params", "--preset", "gpt-9"], "'gpt-9'"),
        (["calc", "params", "--preset", "llama-2-7b", "--heads", "7"], "7 heads do not divide"),
        (["calc", "params", "--layers", "1e99"], "out of range"),
        (["runs"], "ACTION"),
        (["runs", "show", "pretrain-0009"], "There is no run 'pretrain-0009'"),
        (["runs", "show", "\x1b[31m"], "There is no run"),
        (["runs", "import", "missing.zip"], "There is no file missing.zip"),
        (["runs", "import", __file__], "not a .zip file"),
        (["runs", "replay", "pretrain-0001", "--speed", "-1"], "is not a speed"),
        (["runs", "list", "--runs", __file__], "Cannot read"),
        (["generate"], "--checkpoint"),
        (["generate", "--checkpoint", "pretrain-0009"], "There is no run"),
        (["generate", "--checkpoint", "pretrain-0001@x"], "'x' is not a step"),
        (["generate", "--checkpoint", "pretrain-0001@999"], "no checkpoint at step 999"),
        (["generate", "--checkpoint", "pretrain-0001", "--temperature", "hot"], "--temperature"),
        (["generate", "--checkpoint", "pretrain-0001", "--prompt", "\udcff"], "not valid text"),
        (["doctor", "--device", "abacus"], "invalid choice"),
    ],
)
def test_bad_input_gets_one_line_and_2(
    arguments: list[str],
    words: str,
    trained: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PIPELINE_RUNS", str(trained))
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert words in err
    assert "\x1b" not in err


def test_generate_writes_the_same_twice(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["generate", "--checkpoint", "pretrain-0001", "--prompt", "The ", "--tokens", "12", "--seed", "3"]
    flags += ["--runs", str(trained)]
    first = call(flags, capsys)
    assert call(flags, capsys) == first
    assert (first["run"], first["step"], first["prompt"], first["tokens"]) == ("pretrain-0001", 3, "The ", 12)
    capsys.readouterr()
    assert main(flags) == 0
    assert capsys.readouterr().out == printable(f"The {first['text']}\n")
    earlier = call([*flags, "--checkpoint", "pretrain-0001@0"], capsys)
    assert earlier["step"] == 0


def test_runs_list_show_replay(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--runs", str(trained)]
    listed = call(["runs", "list", *where], capsys)["runs"]
    assert isinstance(listed, list)
    assert [(entry["run"], entry["status"], entry["step"]) for entry in listed] == [
        ("pretrain-0001", "done", 3)
    ]
    shown = call(["runs", "show", "pretrain-0001", *where], capsys)
    assert (shown["status"], shown["lineage"], shown["failure"]) == ("done", ["pretrain-0001"], {})
    replayed = call(["runs", "replay", "pretrain-0001", "--speed", "0", *where], capsys)
    assert replayed["recording"] is True
    for name in ("last", "summary", "status", "checkpoints", "spec"):
        assert replayed[name] == shown[name]
    assert main(["runs", "replay", "pretrain-0001", "--speed", "100", *where]) == 0
    out, err = capsys.readouterr()
    assert "recording of pretrain-0001" in err
    assert "loss" in out
    for action in (["list"], ["show", "pretrain-0001"]):
        assert main(["runs", *action, *where]) == 0
        assert "pretrain-0001" in capsys.readouterr().out


def test_runs_export_import(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive, other = tmp_path / "run.zip", tmp_path / "other"
    written = call(
        ["runs", "export", "pretrain-0001", "--output", str(archive), "--runs", str(trained)], capsys
    )
    assert written["bytes"] == archive.stat().st_size
    taken = call(["runs", "import", str(archive), "--runs", str(other)], capsys)
    assert taken["run"] == "pretrain-0001"
    generated = call(
        ["generate", "--checkpoint", "pretrain-0001", "--tokens", "3", "--runs", str(other)], capsys
    )
    assert generated["step"] == 3
    assert main(["runs", "list", "--runs", str(tmp_path / "none")]) == 0
    assert "no runs" in capsys.readouterr().out


def test_damage_is_named_and_skipped(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = RunStore(trained).export("pretrain-0001", tmp_path / "run.zip")
    store = RunStore(tmp_path / "runs")
    path = store.import_(archive).path
    (path / "summary.json").write_text("{")
    lines = (path / "events.jsonl").read_text().splitlines(keepends=True)
    (path / "events.jsonl").write_text("".join([lines[0], "damage\n", *lines[1:]]))
    (path / "step-00000003.safetensors").write_bytes(b"torn")
    shown = call(["runs", "show", "pretrain-0001", "--runs", str(store.root)], capsys)
    assert "summary.json" in str(shown["problem"])
    assert "line 2 of events.jsonl is damaged" in str(shown["problems"])
    assert main(["generate", "--checkpoint", "pretrain-0001", "--runs", str(store.root)]) == 2
    assert "damaged" in capsys.readouterr().err
    (path / "spec.json").write_text("")
    listed = call(["runs", "list", "--runs", str(store.root)], capsys)["runs"]
    assert isinstance(listed, list)
    assert "spec.json" in listed[0]["problem"]


def test_doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "SPEED_SECONDS", 0.01)
    runs = ["--runs", str(tmp_path / "runs"), "--device", "cpu"]
    found = call(["doctor", *runs], capsys)
    assert found["ok"] is True
    speed = found["speed"]
    assert isinstance(speed, dict)
    assert speed["tokens_per_second"] == pytest.approx(2048 / speed["step_seconds"])
    (tmp_path / "file").write_text("")
    assert main(["doctor", "--device", "cpu", "--runs", str(tmp_path / "file")]) == 1
    out = capsys.readouterr().out
    assert "PROBLEM" in out
    assert "a file stands where a folder is needed" in out


def test_torch_is_imported_only_by_commands_that_need_it(tmp_path: Path) -> None:
    script = (
        "import sys; from simulator.cli import main; main(sys.argv[1:]); "
        "sys.exit('torch' in sys.modules or 'PySide6' in sys.modules)"
    )
    for arguments in (
        ["calc", "params", "--preset", "llama-2-7b"],
        ["runs", "list"],
        ["run", "pretrain", "--steps", "x"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], env={"PIPELINE_RUNS": str(tmp_path), "PATH": ""},
            cwd=Path(__file__).parents[2], capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (arguments, done.stderr)


def test_a_reader_that_leaves_is_no_fault() -> None:
    script = "import sys; from simulator.cli import main; sys.exit(main(['calc', 'params', '--preset', 'llama-2-7b']))"
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(20) == 1
    assert complaint == b""


def test_what_is_written_to_a_terminal_cannot_upset_it() -> None:
    assert printable("a\x1b[2Jb\n\tc\x9b") == "a\N{REPLACEMENT CHARACTER}[2Jb\n\tc\N{REPLACEMENT CHARACTER}"
    assert one_line("a\n b\r\n  c") == "a b c"


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"llm-pipeline {name}" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["runs", "list"], ["generate", "--checkpoint", "pretrain-0001"]])
def test_a_fault_that_nobody_foresaw_is_one_line(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a fault\nover two lines")

    for name in ("list", "open"):
        monkeypatch.setattr(RunStore, name, fail)
    assert main([*command, "--runs", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "met a fault in the program (ZeroDivisionError: a fault over two lines)" in said.err
    monkeypatch.setenv("PIPELINE_TRACEBACK", "1")
    assert main([*command, "--runs", str(tmp_path)]) == 1
    assert "Traceback" in capsys.readouterr().err
