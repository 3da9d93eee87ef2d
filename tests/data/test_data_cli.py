"""``data process`` on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pipeline_helpers import fates, kept, prose, write_lines

from simulator.cli import main
from simulator.s01_data import pool

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spawning is tested elsewhere; here it would only take time."""
    real = pool.Pool.__init__

    def start(self: pool.Pool, count: int, *arguments: Any) -> None:
        real(self, 0, *arguments)

    monkeypatch.setattr(pool.Pool, "__init__", start)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_lines(
        tmp_path / "in.jsonl", [*(prose(seed) for seed in range(8)), prose(3), prose(20, 2), "{}"]
    )


def process(*arguments: object) -> int:
    return main(["data", "process", "--vocabulary", "300", *map(str, arguments)])


def test_the_funnel_is_printed_as_a_table(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert process("--input", source, "--output", tmp_path / "out") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split() == [
        "step",
        "documents",
        "in",
        "out",
        "characters",
        "out",
        "tokens",
        "dropped",
        "for",
    ]
    assert lines[1].split()[:3] == ["Crawl", "11", "11"]
    assert "min_words 1" in out
    assert "exact_duplicate 1" in out
    assert "Kept 8 of 11 documents" in out
    assert "Reading and filtering" in err
    assert len(kept(tmp_path / "out")) == 8


def test_json_is_one_object_with_funnel_reasons_and_throughput(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert process("--input", source, "--output", tmp_path / "out", "--json", "--bands=20") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["documents"], report["kept"]) == (11, 8)
    assert report["reasons"] == {"exact_duplicate": 1, "min_words": 1, "other_language": 1}
    assert report["funnel"][0]["key"] == "crawl"
    assert report["throughput"]["documents_per_second"] > 0
    assert report["settings"]["bands"] == 20
    assert report["truth"] == []
    stored = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert {**stored, "throughput": report["throughput"], "output": report["output"]} == report


def test_the_toy_crawl_is_measured_against_its_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        process(
            "--input", "toy", "--pages", 150, "--output", tmp_path / "out", "--json", "--classifier", "off"
        )
        == 0
    )
    report = json.loads(capsys.readouterr().out)
    measures = {item["title"]: item for item in report["truth"]}
    assert report["documents"] == 150
    assert set(measures) == {
        "Boilerplate removed", "Language", "Spam and scraps dropped", "Exact duplicates", "Near duplicates",
        "Personal data", "All steps together",
    }  # fmt: skip
    assert measures["Exact duplicates"]["precision"] == measures["Exact duplicates"]["recall"] == 1.0
    assert measures["Language"]["precision"] > 0.95
    assert all(item["what"].endswith(".") for item in report["truth"])
    assert all("kind" in fate["truth"] for fate in fates(tmp_path / "out"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "No input is named"),
        (("--input", "/nowhere/at/all"), "There is no file or folder '/nowhere/at/all'"),
        (("--input", "toy", "{in}"), "cannot be mixed"),
        (("--input", "toy", "--pages", "1e30"), "out of range"),
        (("--input", "toy", "--bands", "0"), "--bands"),
        (("--input", "toy", "--bands", "zebra"), "--bands"),
        (("--input", "toy", "--language", "../x"), "not the code of a language"),
        (("--input", "toy", "--workers", "-4"), "--workers"),
        (("--input", "{in}", "--classifier", "own"), "needs examples"),
        (("--input", "{in}", "--good-examples", "x"), "only read for a classifier of your own"),
        (("--input", "{in}", "--resume"), "nothing to resume"),
    ],
)
def test_bad_arguments_get_one_line_and_leave_nothing(
    arguments: tuple[str, ...], words: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [part.replace("{in}", str(source)) for part in arguments]
    assert process(*given, "--output", tmp_path / "out") == 2
    out, err = capsys.readouterr()
    assert words in err.splitlines()[-1]
    assert out == ""
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_or_a_finished_run_is_refused(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep me", encoding="utf-8")
    assert process("--input", source, "--output", tmp_path / "full") == 2
    assert "is not empty" in capsys.readouterr().err
    assert process("--input", source, "--output", source) == 2
    assert "is a file, not a folder" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert process("--input", source, "--output", tmp_path / "empty") == 0
    capsys.readouterr()
    assert process("--input", source, "--output", tmp_path / "empty") == 2
    assert "finished run" in capsys.readouterr().err
    assert process("--resume", "--output", tmp_path / "empty", "--json") == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 8
    assert sorted(path.name for path in (tmp_path / "full").iterdir()) == ["mine.txt"]


def test_an_output_inside_the_input_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    write_lines(tmp_path / "in" / "a.jsonl", [prose(0)])
    assert process("--input", tmp_path / "in", "--output", tmp_path / "in" / "out") == 2
    assert "lies inside the input" in capsys.readouterr().err


def test_input_without_documents_is_refused_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    binary = tmp_path / "binary.txt"
    binary.write_bytes(bytes(range(256)) * 4)
    folder = tmp_path / "folder"
    folder.mkdir()
    for bad in (empty, binary, folder):
        assert process("--input", bad, "--output", tmp_path / "out") == 2
        assert capsys.readouterr().err.count("\n") <= 2
        assert not (tmp_path / "out").exists()


def test_when_nothing_survives_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_lines(tmp_path / "a.jsonl", [prose(20, 2)])
    assert process("--input", path, "--output", tmp_path / "out") == 0
    out, err = capsys.readouterr()
    assert "Kept 0 of 1 documents" in out
    assert "Nothing was kept" in err


def test_parquet_without_pyarrow_is_refused_before_any_work(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert process("--input", source, "--output", tmp_path / "out", "--parquet") == 2
    assert "pyarrow is not installed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_parquet_holds_the_same_fates(source: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert process("--input", source, "--output", tmp_path / "out", "--parquet") == 0
    rows = parquet.read_table(tmp_path / "out" / "fates.parquet").to_pylist()
    found = fates(tmp_path / "out")
    assert [(row["index"], row["fate"], row["rule"]) for row in rows] == [
        (fate["index"], fate["fate"], fate.get("rule", "")) for fate in found
    ]


def test_it_runs_by_processes_without_torch(source: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from simulator.cli import main\n"
        "if __name__ == '__main__':\n"
        f"    sys.exit(main(['data', 'process', '--input', {str(source)!r}, '--output', {str(tmp_path / 'out')!r},"
        " '--vocabulary', '300', '--workers', '2', '--json']))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kept"] == 8


def test_files_are_judged_by_the_defaults_for_files(tmp_path: Path) -> None:
    """Marks count as words for files, and not for the toy crawl, unless told otherwise."""
    text = prose(1).replace(" ", " , ")
    folder = write_lines(tmp_path / "in.jsonl", [text])
    flags = ("--input", folder, "--gopher-repetition", "no", "--c4", "no")
    for name, given in (
        ("auto", ()),
        ("yes", ("--marks-are-words", "yes")),
        ("no", ("--marks-are-words", "no")),
    ):
        assert process(*flags, "--output", tmp_path / name, *given) == 0
    found = {name: fates(tmp_path / name)[0].get("rule") for name in ("auto", "yes", "no")}
    assert found == {"auto": "min_lettered_words", "yes": "min_lettered_words", "no": None}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--bad-words", "missing.txt"), "'missing.txt' cannot be read"),
        (("--bad-words", "."), "is not a file"),
        (("--language", "zz"), "'zz' is not among"),
    ],
)
def test_what_every_document_would_fail_on_is_said_before_the_run(
    flags: tuple[str, ...], words: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert process("--input", source, "--output", tmp_path / "out", *flags) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
