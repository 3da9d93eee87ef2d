"""The pipeline on small inputs: what is kept and why, whatever the input and however it is cut and worked on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pipeline_helpers import (
    InlinePool,
    PoisonedFinisher,
    PoisonedWorker,
    Recording,
    fates,
    files_of,
    kept,
    prose,
    run,
    write_lines,
)

from simulator.errors import InputError, StorageError
from simulator.s01_data import chunks as chunks_module
from simulator.s01_data import filter_phase, filtering, finish_phase
from simulator.s01_data.chunks import LONGEST_TEXT, Source, clean_paths
from simulator.s01_data.filter_phase import Limits
from simulator.s01_data.funnel import Funnel
from simulator.s01_data.minhash import exact_jaccard, shingles
from simulator.s01_data.steps import STEP_KEYS

GERMAN = (
    "Der Bauer ging am Morgen mit seinem Hund auf das Feld, weil der Regen in der Nacht aufgehört hatte und die "
    "Sonne wieder über dem Hügel stand. Am Abend kam er zurück und erzählte seiner Frau davon. "
) * 3
ODD = st.one_of(
    st.text(max_size=60),
    st.integers(0, 12).map(prose),
    st.integers(0, 5).map(lambda seed: prose(seed) + "\x00\ud800 and more of it was said in the end."),
    st.sampled_from(
        ["", " ", GERMAN, "a", "word " * 400, "<EMAIL>", prose(3) + " Write to a.b@example.com now."]
    ),
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten good texts, two exact copies, a near copy, a foreign one, a short one, one with an address."""
    folder = tmp_path_factory.mktemp("plain")
    texts = [prose(seed) for seed in range(10)]
    near = prose(4).replace("village", "town", 1)
    extra = [
        prose(2),
        "  " + prose(7).replace(" ", "  ", 9),
        near,
        GERMAN,
        prose(20, 2),
    ]
    write_lines(folder / "a.jsonl", [*texts, *extra, prose(11) + " Write to jane.doe@example.com about it."])
    return folder / "a.jsonl"


@pytest.fixture(scope="module")
def result(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("result") / "out"
    run((str(plain),), folder)
    return folder


def test_every_document_has_its_fate_with_rule_and_value(result: Path) -> None:
    found = fates(result)
    assert [fate["index"] for fate in found] == list(range(16))
    assert all(fate["fate"] == "kept" for fate in found[:10])
    for index, original in ((10, 2), (11, 7)):
        fate = found[index]
        assert (fate["step"], fate["rule"], fate["duplicate_of"]) == ("dedup", "exact_duplicate", original)
    assert (found[12]["rule"], found[12]["duplicate_of"], found[12]["threshold"]) == (
        "near_duplicate",
        4,
        0.7,
    )
    texts = kept(result)
    near = prose(4).replace("village", "town", 1)
    similarity = exact_jaccard(shingles(texts[4]), shingles(near))
    assert found[12]["similarity"] == pytest.approx(similarity, abs=1e-4)
    assert (found[13]["step"], found[13]["rule"], found[13]["language"]) == (
        "language",
        "other_language",
        "de",
    )
    assert (found[14]["step"], found[14]["rule"], found[14]["threshold"]) == ("quality", "min_words", 50)
    assert found[15]["changed"]["pii"] == {"email": 1}
    assert found[15]["source"] == "a.jsonl:16"


def test_what_is_kept_is_written_without_personal_data(result: Path) -> None:
    texts = kept(result)
    assert len(texts) == 11
    assert texts[3].split() == prose(3).split()
    assert "<EMAIL>" in texts[10]
    assert "jane.doe" not in texts[10]
    line = json.loads((result / "kept" / "part-00000.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert set(line) == {"text", "source", "url", "language", "quality"}
    assert not (result / "work").exists()


@pytest.mark.parametrize(("workers", "chunk"), [(0, 1), (0, 100), (2, 4)])
def test_the_same_bytes_however_it_is_cut_and_worked_on(
    plain: Path, result: Path, tmp_path: Path, workers: int, chunk: int
) -> None:
    run((str(plain),), tmp_path / "out", workers=workers, chunk=chunk)
    assert files_of(tmp_path / "out") == files_of(result)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(ODD, min_size=1, max_size=9), chunk=st.integers(1, 5))
def test_the_funnel_is_exact_whatever_comes_in(
    texts: list[str], chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    path = write_lines(folder / "odd.jsonl", texts)
    if not any(text.strip() for text in texts):
        with pytest.raises(InputError):
            run((str(path),), folder / "out", chunk=chunk)
        assert not (folder / "out").exists()
        return
    outcome = run((str(path),), folder / "out", chunk=chunk)
    lines = fates(folder / "out")
    assert len(lines) == len(texts)
    rows = outcome.funnel.record(outcome.bytes_per_token)["steps"]
    before = {"documents": len(texts), "characters": sum(line.get("entered", 0) for line in lines)}
    for row in rows:
        key, dropped = row["key"], row["dropped"].values()
        assert (row["documents_in"], row["characters_in"]) == (before["documents"], before["characters"])
        assert row["documents_in"] == row["documents"] + sum(item["documents"] for item in dropped)
        lost = row["trimmed"] + sum(item["characters"] for item in dropped)
        assert row["characters_in"] == row["characters"] + lost
        here = [line for line in lines if key in line.get("sizes", {})]
        assert row["documents"] == len(here)
        assert row["characters"] == sum(line["sizes"][key][0] for line in here)
        before = row
    written = kept(folder / "out")
    assert len(written) == rows[-1]["documents"]
    assert sum(map(len, written)) == rows[-1]["characters"]
    assert not any("\x00" in text for text in written)


def test_the_live_funnel_balances_at_every_moment(plain: Path, tmp_path: Path) -> None:
    listener = Recording()
    run((str(plain),), tmp_path / "out", listener=listener, chunk=2)
    assert len(listener.funnels) > 5
    assert listener.phases == [
        "Reading and filtering", "Looking for duplicates", "Learning the vocabulary", "Writing what is kept",
    ]  # fmt: skip
    for record in listener.funnels:
        for row in record["steps"]:
            dropped = sum(item["documents"] for item in row["dropped"].values())
            assert row["documents_in"] == row["documents"] + dropped


def test_duplicates_are_those_that_comparing_all_pairs_finds(tmp_path: Path) -> None:
    texts = []
    for seed in range(12):
        words = prose(seed, 12).split(" ")
        texts.append(" ".join(words))
        for edits in (1, 3, 9, 30):
            copy = list(words)
            for number in range(edits):
                copy[(number * 7 + seed) % len(copy)] = f"changed{'abcdefghijklmnopqrstuvwxyz'[number % 26]}"
            texts.append(" ".join(copy))
    run(
        (str(write_lines(tmp_path / "a.jsonl", texts)),),
        tmp_path / "out",
        chunk=7,
        near_threshold=0.6,
        bands=40,
        rows=4,
    )
    found = fates(tmp_path / "out")
    sets = [shingles(text) for text in texts]
    passed = [index for index, fate in enumerate(found) if "quality" in fate["sizes"]]
    assert len(passed) > 40
    dropped = {index: found[index]["duplicate_of"] for index in passed if found[index].get("step") == "dedup"}
    assert len(dropped) >= 20
    for index in passed:
        alike = [
            other for other in passed if other < index and exact_jaccard(sets[other], sets[index]) >= 0.6
        ]
        assert (index in dropped) == bool(alike), (index, alike)
    for index, original in dropped.items():
        assert original < index
        assert original not in dropped


def test_nothing_is_compared_when_switched_off(plain: Path, tmp_path: Path) -> None:
    off = {"exact_duplicates": False, "near_duplicates": False, "language": "any", "scrub_email": False}
    outcome = run((str(plain),), tmp_path / "out", **off)
    assert outcome.funnel.steps["dedup"].documents_in == outcome.funnel.steps["dedup"].documents
    assert "other_language" not in outcome.funnel.steps["language"].dropped
    assert "jane.doe@example.com" in kept(tmp_path / "out")[-1]


def test_a_document_that_a_process_dies_of_is_found_and_counted_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_phase, "ENTRY", f"{PoisonedWorker.__module__}:PoisonedWorker")
    texts = [prose(0), prose(1), "poison " + prose(2), prose(3)]
    listener = Recording()
    path = write_lines(tmp_path / "a.jsonl", texts)
    outcome = run((str(path),), tmp_path / "out", listener=listener, workers=1, chunk=4)
    found = fates(tmp_path / "out")
    assert [fate["fate"] for fate in found] == ["kept", "kept", "dropped", "kept"]
    assert (found[2]["step"], found[2]["rule"]) == ("crawl", "failed")
    assert "SIGKILL" in found[2]["note"]
    assert outcome.funnel.steps["crawl"].dropped == {"failed": [1, 0]}
    assert any("1 document(s)" in text for text in listener.said)
    assert any("SIGKILL" in note for note in outcome.notes)


def test_the_last_phase_leaves_out_a_document_that_a_process_dies_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finish_phase, "ENTRY", f"{PoisonedFinisher.__module__}:PoisonedFinisher")
    monkeypatch.setattr(filter_phase, "Pool", InlinePool)
    path = write_lines(tmp_path / "a.jsonl", [prose(seed) for seed in range(4)])
    listener = Recording()
    run((str(path),), tmp_path / "out", listener=listener, workers=1)
    found = fates(tmp_path / "out")
    assert [fate.get("rule", "kept") for fate in found] == ["kept", "kept", "failed", "kept"]
    assert (found[2]["step"], "SIGKILL" in found[2]["note"]) == ("pii", True)
    assert len(kept(tmp_path / "out")) == 3
    assert any("1 document(s)" in text for text in listener.said)


def test_an_exception_in_a_step_costs_only_its_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = filtering.make_tools

    def fussy(*arguments: Any) -> Any:
        from dataclasses import replace

        tools = real(*arguments)

        def identify(text: str) -> Any:
            if "flummery" in text:
                raise MemoryError
            return tools.identify(text)

        return replace(tools, identify=identify)

    monkeypatch.setattr(filtering, "make_tools", fussy)
    texts = [prose(0), prose(1) + " They ate the flummery.", prose(2)]
    run((str(write_lines(tmp_path / "a.jsonl", texts)),), tmp_path / "out")
    found = fates(tmp_path / "out")
    assert [fate.get("rule", "kept") for fate in found] == ["kept", "failed", "kept"]
    assert (found[1]["step"], found[1]["note"].split(":")[0]) == ("language", "MemoryError")


def test_long_texts_are_cut_and_huge_pages_are_not_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks_module, "LARGEST_HTML", 50_000)
    (tmp_path / "in").mkdir()
    long = "\n\n".join(prose(seed) for seed in range(1500))
    assert len(long) > LONGEST_TEXT
    (tmp_path / "in" / "book.txt").write_text(long, encoding="utf-8")
    (tmp_path / "in" / "huge.html").write_text("<p>" + "word " * 20_000, encoding="utf-8")
    run((str(tmp_path / "in"),), tmp_path / "out")
    found = fates(tmp_path / "out")
    pieces = [fate for fate in found if fate["source"].startswith("book.txt")]
    assert [fate["source"] for fate in pieces] == [f"book.txt#{n + 1}" for n in range(len(pieces))]
    assert sum(fate["entered"] for fate in pieces) == len(long)
    assert all(fate["entered"] <= LONGEST_TEXT for fate in pieces)
    (huge,) = [fate for fate in found if fate["source"] == "huge.html"]
    assert (huge["rule"], huge["value"], huge["threshold"]) == ("too_large", 100_003, 5_000_000)


def test_records_that_cannot_be_read_are_counted_and_named(tmp_path: Path) -> None:
    lines = [
        json.dumps({"text": prose(0)}),
        "{broken",
        json.dumps({"other": 1}),
        json.dumps({"text": prose(1)}),
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    outcome = run((str(tmp_path / "a.jsonl"),), tmp_path / "out")
    found = fates(tmp_path / "out")
    assert [fate["index"] for fate in found if fate["index"] >= 0] == [0, 1]
    bad = [fate for fate in found if fate["index"] < 0]
    assert [fate["rule"] for fate in bad] == ["unreadable", "unreadable"]
    assert "line 2" in bad[0]["note"]
    assert outcome.funnel.documents_in == 4
    assert len(outcome.notes) == 2


def test_one_bad_path_among_several_is_skipped_and_a_single_one_is_refused(tmp_path: Path) -> None:
    good = write_lines(tmp_path / "good.jsonl", [prose(0)])
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"\x00\x01\x02\x03" * 50)
    outcome = run((str(bad), str(good)), tmp_path / "out")
    assert outcome.funnel.kept == 1
    assert outcome.funnel.steps["crawl"].dropped["unreadable"][0] == 1
    with pytest.raises(InputError, match=r"bad\.txt"):
        run((str(bad),), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_each_path_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    inner = write_lines(tmp_path / "in" / "a.jsonl", [prose(0)])
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "in")
    folder = str(tmp_path / "in")
    assert clean_paths([folder, str(inner), str(link), f"{folder}/../in"]) == (folder,)
    for wrong in ([], [" "], [str(tmp_path / "missing")], ["toy", folder], ["a\0b"], ["~nobody-here/x"]):
        with pytest.raises(InputError):
            clean_paths(wrong)


def test_nothing_kept_is_a_result_too(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [prose(20, 2), GERMAN])
    outcome = run((str(path),), tmp_path / "out", limits=Limits(examples=2, survivors=2))
    assert outcome.funnel.kept == 0
    assert (outcome.packed["tokens"], outcome.packed["rows"], outcome.bytes_per_token) == (0, 0, 0)
    assert list((tmp_path / "out" / "kept").iterdir()) == []
    assert len(outcome.examples) == 2


def test_a_full_disk_is_told_in_plain_words(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StorageError, match="disk is full"):
        run((str(plain),), tmp_path / "out")


def test_examples_are_spread_over_all_fates(plain: Path, tmp_path: Path) -> None:
    outcome = run((str(plain),), tmp_path / "out", chunk=2, limits=Limits(examples=1, survivors=5))
    rules = [example.fate.rule for example in outcome.examples]
    assert {"other_language", "min_words"} <= set(rules)
    assert len([rule for rule in rules if rule in ("", "exact_duplicate", "near_duplicate")]) == 5
    again = run((str(plain),), tmp_path / "again", chunk=5, limits=Limits(examples=1, survivors=5))
    assert [example.fate.index for example in again.examples] == [
        example.fate.index for example in outcome.examples
    ]
    for example in outcome.examples:
        assert example.shown["text"]
        assert "min_words" in example.shown["measured"]


def test_the_books_of_an_empty_funnel_balance() -> None:
    assert all(row["documents_in"] == row["documents"] == 0 for row in Funnel().record()["steps"])
    assert [row["key"] for row in Funnel().record()["steps"]] == list(STEP_KEYS)


def test_chunks_depend_on_the_input_alone(plain: Path) -> None:
    source = Source(paths=(str(plain),), chunk_documents=5)
    first, second = list(source.chunks()), list(source.chunks())
    assert first == second
    assert [item.index for chunk in first for item in chunk.items] == list(range(16))
    assert first[-1].bytes == sum(len(item.page.body) for chunk in first for item in chunk.items)
