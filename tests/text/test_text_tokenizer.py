"""Tokenizers: exact round trips, a deterministic BPE, files that load again, damaged ones named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as HuggingFaceTokenizer

from simulator.errors import CheckpointError, ConfigError, StorageError
from simulator.text import tokenizer as module
from simulator.text.tokenizer import (
    END_TEXT,
    BpeTokenizer,
    ByteTokenizer,
    CharTokenizer,
    load_tokenizer,
    train_bpe,
    train_char,
    train_tokenizer,
)

TEXTS = [
    "The old cat sat on the old mat, and the cat said: it's 1234 o'clock.\n\n",
    "def the:\n\n\n    the\n\n        the\n",
    "Die Katze saß auf der Matte. 猫はマットの上に座った。 🎉🎉 the end\r\n\tthe end",
] * 20


@pytest.fixture(scope="module")
def bpe() -> BpeTokenizer:
    return train_bpe(TEXTS, 320)


@settings(max_examples=300, deadline=None)
@given(st.text())
@example("🎉 e\u0301 \x00\x01 \r\n\u2028 \ufeff")
@example("<|endoftext|>")
@example("a" * 200_000 + "\n" * 1000 + " b\n" * 50_000)
def test_bpe_and_bytes_give_every_text_back(bpe: BpeTokenizer, text: str) -> None:
    for tokenizer in (bpe, ByteTokenizer()):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert tokenizer.end_id not in ids
        assert b"".join(map(tokenizer.token_bytes, ids)) == text.encode("utf-8")


def test_lone_surrogates_become_the_replacement_character_and_pairs_are_joined(bpe: BpeTokenizer) -> None:
    for tokenizer in (bpe, ByteTokenizer(), train_char(["ab\ufffd🎉"])):
        assert tokenizer.decode(tokenizer.encode("a\ud800b")) == "a\ufffdb"
        assert tokenizer.decode(tokenizer.encode("\ud83c\udf89")) == "🎉"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="ab \n\r\t.1é", max_size=60), max_size=6))
@example(["the cat is old\n\n", "    the"])
@example(["the cat is old\n    ", "    the"])
def test_a_long_text_cut_for_speed_gives_the_same_tokens(bpe: BpeTokenizer, parts: list[str]) -> None:
    text = "\n".join(parts)
    whole = bpe._backend.encode(text).ids
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", 7)
        assert bpe.encode(text) == whole
        assert bpe.encode_batch([text, "cat"]) == [whole, bpe.encode("cat")]


def test_bpe_learns_frequent_pairs_first_and_never_joins_across_words(bpe: BpeTokenizer) -> None:
    assert bpe.vocab_size == 320
    assert len(bpe.merges) >= 320 - 257
    made = [first + second for first, second in bpe.merges]
    assert b" the" in made
    assert len(bpe.encode(" the")) == 1
    assert not [piece for piece in made if b" " in piece[1:] and not piece.isspace()]
    assert bpe.encode("1234") == list(b"1234")


def test_ids_are_bytes_then_the_end_then_merges_in_order(bpe: BpeTokenizer) -> None:
    assert [bpe.token_bytes(index) for index in range(256)] == [bytes([value]) for value in range(256)]
    assert bpe.end_id == 256
    made = list(dict.fromkeys(first + second for first, second in bpe.merges))
    assert [bpe.token_bytes(index) for index in range(257, bpe.vocab_size)] == made


def test_bpe_is_the_same_in_another_process(bpe: BpeTokenizer) -> None:
    code = (
        "import sys, json; from simulator.text.tokenizer import train_bpe;"
        "print(train_bpe(json.loads(sys.stdin.read()), 320).merges)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(TEXTS), capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.strip() == str(bpe.merges)


def test_small_text_gives_a_smaller_vocabulary() -> None:
    small = train_bpe(["ab ab"], 1000)
    assert small.merges == [(b"a", b"b")]
    assert small.vocab_size == 258
    assert train_bpe([], 300).vocab_size == 257


@pytest.mark.parametrize("size", [256, 0, -1])
def test_vocabulary_below_the_bytes_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match="at least 257") as caught:
        train_bpe(TEXTS, size)
    assert caught.value.field == "vocabulary"


def test_decode_leaves_out_end_tokens_and_mends_broken_bytes() -> None:
    tokenizer = ByteTokenizer()
    assert tokenizer.decode([104, 105, 256, 33]) == "hi!"
    assert tokenizer.decode([0xE2, 0x82]) == "\ufffd"
    assert tokenizer.vocab_size == 257


@pytest.mark.parametrize(
    ("piece", "shown"),
    [(b" the", " the"), (b"\n", "↵"), (b"\t", "⇥"), (b"\xe2", "‹e2›"), (b"a\xc3", "a‹c3›"), (b"\x00", "‹00›"),
     ("é".encode(), "é"), ("\u200b".encode(), "‹e2›‹80›‹8b›")],
)  # fmt: skip
def test_tokens_are_shown_readably(piece: bytes, shown: str) -> None:
    merges = [(piece[:cut], piece[cut : cut + 1]) for cut in range(1, len(piece))]
    tokenizer = BpeTokenizer(merges)
    index = tokenizer.vocab_size - 1 if merges else piece[0]
    assert tokenizer.token_bytes(index) == piece
    assert tokenizer.token_text(index) == shown
    assert tokenizer.token_text(tokenizer.end_id) == END_TEXT


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1), st.text())
def test_characters_come_back_when_known_and_losses_are_counted(known: str, other: str) -> None:
    tokenizer = train_char([known])
    assert tokenizer.decode(tokenizer.encode(known)) == known
    assert tokenizer.lost(known) == 0
    expected = "".join(letter if letter in known else "\ufffd" for letter in other)
    assert tokenizer.decode(tokenizer.encode(other)) == expected
    assert tokenizer.lost(other) == sum(letter not in known for letter in other)
    assert tokenizer.end_id == tokenizer.vocab_size - 1 == len(set(known)) + 1


def test_a_huge_alphabet_keeps_the_commonest_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 2)
    assert train_char(["abcbcc"]).characters == "bc"


def test_kinds_by_name() -> None:
    assert train_tokenizer("bpe", TEXTS, 300).vocab_size == 300
    assert train_tokenizer("byte", TEXTS, 300).kind == "byte"
    assert train_tokenizer("char", ["ab"], 300).vocab_size == 4
    with pytest.raises(ConfigError, match="no tokenizer 'word'"):
        train_tokenizer("word", TEXTS, 300)


def test_saved_tokenizers_load_again(bpe: BpeTokenizer, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    for tokenizer in (bpe, ByteTokenizer(), train_char(TEXTS)):
        tokenizer.save(path)
        again = load_tokenizer(path)
        assert (again.kind, again.vocab_size, again.end_id) == (
            tokenizer.kind,
            tokenizer.vocab_size,
            tokenizer.end_id,
        )
        assert again.encode(TEXTS[2]) == tokenizer.encode(TEXTS[2])
    assert isinstance(again, CharTokenizer)


def test_other_runtimes_read_the_same_file(bpe: BpeTokenizer, tmp_path: Path) -> None:
    bpe.save(tmp_path / "tokenizer.json")
    other = HuggingFaceTokenizer.from_file(str(tmp_path / "tokenizer.json"))
    ids = other.encode(TEXTS[2]).ids
    assert ids == bpe.encode(TEXTS[2])
    assert other.decode(ids) == TEXTS[2]
    assert other.token_to_id(END_TEXT) == bpe.end_id


_DAMAGES = {
    "merge missing": lambda values: values["model"]["merges"].pop(0),
    "not bytes": lambda values: values["model"]["merges"].insert(0, ["猫", "a"]),
    "not a pair": lambda values: values["model"]["merges"].insert(0, ["a"]),
    "empty part": lambda values: values["model"]["merges"].insert(0, ["", "a"]),
    "other pattern": lambda values: values["pre_tokenizer"]["pretokenizers"].pop(),
    "ids swapped": lambda values: values["model"]["vocab"].update(a=98, b=97),
    "other model": lambda values: values["model"].update(type="WordPiece"),
    "no model": lambda values: values.pop("model"),
}


@pytest.mark.parametrize("how", _DAMAGES)
def test_damaged_bpe_files_are_named(bpe: BpeTokenizer, tmp_path: Path, how: str) -> None:
    path = tmp_path / "tokenizer.json"
    bpe.save(path)
    values = json.loads(path.read_text(encoding="utf-8"))
    _DAMAGES[how](values)
    path.write_text(json.dumps(values), encoding="utf-8")
    _assert_damaged(path)


@pytest.mark.parametrize(
    "content",
    [
        "", "[1, 2]", "{", '{"model": null}', "[" * 100_000, '{"kind": "char"}',
        '{"kind": "char", "characters": "aa"}', '{"kind": "char", "characters": 5}',
        '{"kind": "char", "characters": "\\ud800"}', '{"kind": "char", "characters": ["ab"]}',
    ],
)  # fmt: skip
def test_foreign_and_torn_files_are_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8")
    _assert_damaged(path)


def test_a_truncated_file_is_named(
    bpe: BpeTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tokenizer.json"
    bpe.save(path)
    content = path.read_text(encoding="utf-8")
    path.write_text(content[: len(content) // 2], encoding="utf-8")
    _assert_damaged(path)
    path.write_text(content, encoding="utf-8")
    monkeypatch.setattr(module, "_MAX_FILE", 100)
    _assert_damaged(path)


def _assert_damaged(path: Path) -> None:
    with pytest.raises(CheckpointError, match="is damaged") as caught:
        load_tokenizer(path)
    assert str(path) in caught.value.message
    assert "\n" not in str(caught.value)


def test_missing_and_unreadable_files_are_named(bpe: BpeTokenizer, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_tokenizer(tmp_path / "none.json")
    with pytest.raises(CheckpointError, match="not a plain file"):
        load_tokenizer(tmp_path)
    with pytest.raises(StorageError, match="Cannot write"):
        bpe.save(tmp_path / "no" / "folder.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CheckpointError, match="is damaged"):
        load_tokenizer(tmp_path / "binary.json")
