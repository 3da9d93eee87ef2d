"""Run folders: made whole or not at all, read with suspicion, repaired before they go on."""

from __future__ import annotations

import errno
import os
import stat
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from simulator.errors import CheckpointError, InputError, StorageError, UserError
from simulator.runs import files
from simulator.runs.archive import MAX_RATIO
from simulator.runs.events import Event, Metrics, RunFinished, Sample, encode
from simulator.runs.lineage import lineage
from simulator.runs.recorder import Recorder
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunFolder, RunStore, default_root
from simulator.s02_objective.config import PretrainConfig
from simulator.text.tokenizer import ByteTokenizer
from simulator.training.checkpoints import load_model


def make(store: RunStore, parent: str = "", lab: str = "pretrain") -> RunFolder:
    return store.create(RunSpec.new(lab, PretrainConfig(seed=7), parent))


def fill(folder: RunFolder, count: int) -> list[Event]:
    recorder = folder.recorder()
    events: list[Event] = []
    for _ in range(count):
        seq = recorder.next_seq
        event = Metrics(run=folder.id, seq=seq, time=float(seq), steps=(seq,), values={"loss": (1.0,)})
        recorder.append(event)
        events.append(event)
    recorder.close()
    return events


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "deep" / "runs")


def test_a_new_run_has_an_id_a_spec_and_versions(store: RunStore) -> None:
    first, second = make(store), make(store)
    assert (first.id, second.id) == ("pretrain-0001", "pretrain-0002")
    spec = store.open(first.id).spec()
    assert spec.load_config() == PretrainConfig(seed=7)
    assert spec.packages["numpy"]
    assert spec.python
    assert store.open(first.id).info().status == "unfinished"
    assert RunSpec.from_json(spec.to_json()) == spec


def test_ids_go_on_after_a_gap_and_beyond_four_digits(store: RunStore) -> None:
    (store.root / "pretrain-9999").mkdir(parents=True)
    assert make(store).id == "pretrain-10000"
    assert make(store, lab="../Evil Lab").id == "evil-lab-0001"


def test_default_root_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIPELINE_RUNS", str(tmp_path))
    assert default_root() == tmp_path
    monkeypatch.delenv("PIPELINE_RUNS")
    assert default_root().name == "runs"


def test_events_come_back_and_numbers_go_on(store: RunStore) -> None:
    folder = make(store)
    events = fill(folder, 5) + fill(folder, 3)
    assert list(folder.events()) == events
    assert [event.seq for event in events] == list(range(8))
    assert folder.problems == []


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_torn_last_line_is_tolerated_then_repaired(store: RunStore, cut: int) -> None:
    folder = make(store)
    events = fill(folder, 5)
    path = folder.path / "events.jsonl"
    os.truncate(path, path.stat().st_size - cut)
    assert list(folder.events()) == events[:4]
    assert folder.problems == []
    events[4:] = fill(folder, 2)
    assert list(folder.events()) == events
    assert [event.seq for event in events] == list(range(6))
    assert folder.problems == []


def test_a_record_cut_anywhere_keeps_what_was_whole_and_goes_on(store: RunStore) -> None:
    folder = make(store)
    whole = fill(folder, 3)
    data = (folder.path / "events.jsonl").read_bytes()
    for cut in range(len(data) + 1):
        (folder.path / "events.jsonl").write_bytes(data[:cut])
        kept = data[:cut].count(b"\n")
        more = fill(folder, 1)
        assert list(folder.events()) == whole[:kept] + more
        assert more[0].seq == kept
        assert folder.problems == []


def test_many_at_once_get_folders_of_their_own(store: RunStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = [folder.id for folder in pool.map(make, [store] * 40)]
    assert len(set(ids)) == 40
    assert len(store.list()) == 40


def test_a_torn_line_longer_than_the_tail_that_is_looked_at(store: RunStore) -> None:
    folder = make(store)
    events = fill(folder, 2)
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(encode(Sample(run=folder.id, seq=2, text="x" * 300_000)).encode()[:-1])
    events += fill(folder, 1)
    assert list(folder.events()) == events


def test_damaged_lines_are_named_and_skipped(store: RunStore) -> None:
    folder = make(store)
    events = fill(folder, 3)
    lines = (folder.path / "events.jsonl").read_bytes().splitlines(keepends=True)
    damaged = [lines[0], b"\xff\xfe\n", lines[1], lines[0], b'{"type":"metrics"}\n', lines[2]]
    (folder.path / "events.jsonl").write_bytes(b"".join(damaged))
    assert list(folder.events()) == events
    assert len(folder.problems) == 3
    assert "line 2 of events.jsonl is damaged" in folder.problems[0]
    assert "line 4 of events.jsonl repeats event 0" in folder.problems[1]


def test_an_endless_line_does_not_fill_the_memory(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.runs.recorder.MAX_LINE_BYTES", 1 << 20)
    folder = make(store)
    events = fill(folder, 1)
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(b"x" * (1 << 21))
    assert list(folder.events()) == events
    assert "longer than" in folder.problems[0]


def test_only_one_process_writes_a_run(store: RunStore) -> None:
    folder = make(store)
    recorder = folder.recorder()
    with pytest.raises(StorageError, match="being written by another process"):
        folder.recorder()
    with pytest.raises(StorageError, match="being written by another process"):
        store.delete(folder.id)
    recorder.close()
    recorder.close()
    folder.recorder().close()
    store.delete(folder.id)
    assert store.list() == []


def test_a_full_disk_leaves_a_whole_record(store: RunStore) -> None:
    folder = make(store)
    events = fill(folder, 2)
    recorder = folder.recorder()
    recorder._file = _FullDisk(recorder._file, room=30)  # type: ignore[assignment]
    event = Metrics(run=folder.id, seq=2, steps=(2,), values={"loss": (1.0,)})
    for _ in range(2):  # the second time it does not even try
        with pytest.raises(StorageError, match="disk is full") as caught:
            recorder.append(event)
        assert "Free some space" in caught.value.hint
    assert recorder.next_seq == 2
    recorder.close()
    assert (folder.path / "events.jsonl").read_bytes().endswith(b"\n")
    assert list(folder.events()) == events


class _FullDisk:
    """A file on a disk with little room."""

    def __init__(self, file: Any, room: int) -> None:
        self._inner, self._room = file, room

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, data: bytes) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        part, self._room = data[: self._room], max(0, self._room - len(data))
        return int(self._inner.write(part))


def test_a_spec_that_cannot_be_written_leaves_no_folder(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        make(store)
    assert list(store.root.iterdir()) == []


def test_an_unusable_root_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file" / "runs"):
        with pytest.raises(StorageError, match="a file stands where a folder is needed") as caught:
            make(RunStore(root))
        assert "--runs" in caught.value.hint
    assert RunStore(tmp_path / "nowhere").list() == []
    with pytest.raises(StorageError):
        RunStore(tmp_path / "file").list()


def test_summaries_are_replaced_whole(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(store)
    assert folder.summary() == {}
    folder.write_summary({"status": "done", "loss": float("nan")})
    assert folder.summary() == {"status": "done", "loss": "nan"}

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StorageError):
        folder.write_summary({"status": "failed"})
    assert folder.summary()["status"] == "done"
    assert sorted(item.name for item in folder.path.iterdir()) == ["spec.json", "summary.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xff", b'{"lab":7}', b"[" * 200_000, b" " * (2 << 20), b'{"created":Infinity}'],
    ids=["empty", "torn", "list", "binary", "types", "deep", "large", "infinite"],
)
def test_broken_folders_are_listed_and_never_crash(store: RunStore, content: bytes) -> None:
    good, broken = make(store), make(store)
    fill(broken, 2)
    (broken.path / "spec.json").write_bytes(content)
    (broken.path / "summary.json").write_bytes(content)
    infos = {info.id: info for info in store.list()}
    assert infos[good.id].problem == ""
    assert "spec.json" in infos[broken.id].problem
    assert infos[broken.id].status == "unfinished"
    assert infos[broken.id].lab == "pretrain"
    with pytest.raises(CheckpointError, match=r"spec\.json"):
        store.open(broken.id).spec()
    assert len(list(store.open(broken.id).events())) == 2


def test_other_things_in_the_root_are_no_runs(store: RunStore) -> None:
    folder = make(store)
    (store.root / "notes.txt").write_text("")
    (store.root / "plain-0003").write_text("")
    (store.root / "My Folder").mkdir()
    (store.root / "link-0001").symlink_to(folder.path)
    assert [info.id for info in store.list()] == [folder.id]
    for name in (
        "",
        "..",
        "../deep",
        "nothing-0001",
        "link-0001",
        "plain-0003",
        "a" * 300 + "-0001",
        "a\x00-0001",
    ):
        with pytest.raises(CheckpointError, match="There is no run"):
            store.open(name)


def test_checkpoints_are_found_by_their_names(store: RunStore) -> None:
    folder = make(store)
    for name in (
        "step-00000020.safetensors",
        "step-00000003.safetensors",
        "resume.safetensors",
        "step-x.safetensors",
    ):
        (folder.path / name).write_bytes(b"")
    (folder.path / "step-00000004.safetensors").mkdir()
    assert [item.step for item in folder.checkpoints()] == [3, 20]
    assert folder.checkpoints()[0].path == folder.checkpoint_path(3)
    assert folder.info().steps == 20


def test_export_and_import(store: RunStore, tmp_path: Path) -> None:
    folder = make(store)
    events = fill(folder, 4)
    folder.checkpoint_path(3).write_bytes(b"weights")
    folder.write_summary({"status": "done"})
    archive = store.export(folder.id, tmp_path / "out" / "run.zip")
    assert [item.name for item in (tmp_path / "out").iterdir()] == ["run.zip"]
    again = store.import_(archive)
    assert again.id == "pretrain-0002"
    assert again.spec() == folder.spec()
    assert again.checkpoint_path(3).read_bytes() == b"weights"
    assert [event.seq for event in again.events()] == [event.seq for event in events]
    assert {event.run for event in again.events()} == {again.id}  # it goes by its new name
    other = RunStore(tmp_path / "other")
    assert other.import_(archive).id == folder.id
    assert list(other.open(folder.id).events()) == events
    assert [item for item in store.root.iterdir() if item.name.startswith(".")] == []
    blocked = tmp_path / "out" / "run.zip" / "below.zip"
    with pytest.raises(StorageError):
        store.export(folder.id, blocked)


def _zip(path: Path, entries: dict[str, bytes | tuple[bytes, int]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            data, mode = content if isinstance(content, tuple) else (content, stat.S_IFREG | 0o644)
            entry.external_attr = mode << 16
            archive.writestr(entry, data)
    return path


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ({"../evil.json": b"{}"}, "does not belong"),
        ({"/etc/evil.json": b"{}"}, "does not belong"),
        ({"pretrain-0001/../../evil.json": b"{}"}, "does not belong"),
        ({"pretrain-0001\\..\\evil.json": b"{}"}, "does not belong"),
        ({"pretrain-0001/evil.py": b"{}"}, "does not belong"),
        ({"pretrain-0001/.hidden.json": b"{}"}, "does not belong"),
        ({"other-0001/summary.json": b"{}"}, "more than one run"),
        ({"pretrain-0001/SPEC.json": b"{}"}, "more than one run"),
        ({"pretrain-0001/link.json": (b"/etc/passwd", stat.S_IFLNK | 0o777)}, "a link"),
        ({"pretrain-0001/bomb.jsonl": b"\0" * (32 << 20)}, "would unpack to"),
    ],
)
def test_hostile_archives_are_refused(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], why: str
) -> None:
    monkeypatch.setattr("simulator.runs.archive.MAX_RATIO", min(MAX_RATIO, 500))
    spec = RunSpec.new("pretrain", PretrainConfig()).to_json().encode()
    archive = _zip(tmp_path / "bad.zip", {"pretrain-0001/spec.json": spec, **extra})
    with pytest.raises(InputError, match=why):
        store.import_(archive)
    assert list(store.root.iterdir()) == []
    assert sorted(item.name for item in tmp_path.iterdir()) == ["bad.zip", "deep"]


def test_archives_that_are_none_are_refused(store: RunStore, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("hello")
    _zip(tmp_path / "empty.zip", {})
    _zip(tmp_path / "odd.zip", {"pretrain-0001/spec.json": b"{}"})
    whole = _zip(
        tmp_path / "whole.zip", {"spec.json": RunSpec.new("pretrain", PretrainConfig()).to_json().encode()}
    )
    data = bytearray(whole.read_bytes())
    data[60] ^= 0xFF
    (tmp_path / "damaged.zip").write_bytes(data)
    for name in ("missing.zip", "text.zip", "empty.zip", "odd.zip", "damaged.zip", "."):
        with pytest.raises(UserError):
            store.import_(tmp_path / name)
    assert list(store.root.iterdir()) == []
    assert store.import_(whole).id == "pretrain-0001"  # a run without its folder's name is fine


def test_devices_and_pipes_are_refused_at_once(store: RunStore, tmp_path: Path) -> None:
    (tmp_path / "folder.zip").mkdir()
    for path in (Path(os.devnull), tmp_path / "folder.zip"):
        with pytest.raises(InputError, match="not a file"):
            store.import_(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_place_of_a_file_holds_nobody_up(store: RunStore) -> None:
    folder = make(store)
    for name in ("spec.json", "summary.json"):
        (folder.path / name).unlink(missing_ok=True)
        os.mkfifo(folder.path / name)
    assert "not a plain file" in store.list()[0].problem
    os.mkfifo(folder.path / "events.jsonl")
    assert list(folder.events()) == []
    assert "not a plain file" in folder.problems[0]
    with pytest.raises(StorageError, match="not a plain file"):
        folder.recorder()
    os.mkfifo(folder.path / "resume.safetensors")
    with pytest.raises(CheckpointError, match="not a plain file"):
        load_model(folder.path / "resume.safetensors")


@pytest.mark.skipif(os.name == "nt", reason="links need rights of their own there")
def test_what_a_link_leads_to_is_not_written(store: RunStore, tmp_path: Path) -> None:
    folder, victim = make(store), tmp_path / "victim"
    victim.write_text("mine")
    (folder.path / "events.jsonl").symlink_to(victim)
    with pytest.raises(StorageError, match="not a plain file"):
        folder.recorder()
    (folder.path / "tokenizer.json").symlink_to(victim)
    ByteTokenizer().save(folder.path / "tokenizer.json")
    assert victim.read_text() == "mine"


def test_lineage_ends_at_the_root_at_a_gap_and_in_a_circle(store: RunStore) -> None:
    first = make(store)
    second = make(store, first.id)
    third = make(store, second.id)
    assert lineage(store, third.id) == [first.id, second.id, third.id]
    (first.path / "spec.json").write_text(RunSpec.new("pretrain", PretrainConfig(), third.id).to_json())
    assert lineage(store, third.id) == [first.id, second.id, third.id]
    store.delete(first.id)
    assert lineage(store, third.id) == [second.id, third.id]
    with pytest.raises(CheckpointError):
        lineage(store, "nothing-0001")


def test_a_record_that_cannot_be_opened_lets_go_of_its_lock(store: RunStore) -> None:
    folder = make(store)
    (folder.path / "events.jsonl").mkdir()
    for _ in range(2):
        with pytest.raises(StorageError, match=r"events\.jsonl"):
            Recorder(folder.path)
    assert list(folder.events()) == []
    assert "cannot be read" in folder.problems[0]
    (folder.path / "events.jsonl").rmdir()
    assert fill(folder, 1)[0].seq == 0


def test_the_end_of_a_run_is_its_status(store: RunStore) -> None:
    folder = make(store)
    recorder = folder.recorder()
    recorder.append(RunFinished(run=folder.id, seq=0))
    recorder.close()
    folder.write_summary({"status": "stopped", "loss": 1.0})
    assert store.list()[0].status == "stopped"
    folder.clear_summary()
    assert store.list()[0].status == "unfinished"
    folder.write_summary({"status": "splendid"})
    assert "no known status" in store.list()[0].problem
