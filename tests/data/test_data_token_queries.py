from __future__ import annotations

import json
import os
import random
import time

import pytest
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from simulator.engine.queries import answer_query
from simulator.errors import InputError, UserError
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore
from simulator.s01_data.comparing import cut_words
from simulator.s01_data.foreign_tokenizer import MOST_CHARACTERS, MOST_PIECES, cut_with_file
from simulator.s01_data.token_queries import merges, tokenize
from simulator.s02_objective.config import PretrainConfig
from simulator.text.corpus import load_corpus
from simulator.text.tokenizer import ByteTokenizer, train_bpe

TEXT = "The tailor's naïve cat saw 猫 twice."


def _trained(kind: str) -> Tokenizer:
    """A small tokenizer of each sort that published models use."""
    made = {
        "wordpiece": (
            models.WordPiece(unk_token="[UNK]"),
            trainers.WordPieceTrainer,
            {"special_tokens": ["[UNK]"]},
        ),
        "unigram": (
            models.Unigram(),
            trainers.UnigramTrainer,
            {"unk_token": "<unk>", "special_tokens": ["<unk>"]},
        ),
        "bpe": (models.BPE(), trainers.BpeTrainer, {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()}),
    }
    model, trainer, words = made[kind]
    tokenizer = Tokenizer(model)
    if kind == "bpe":
        tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    elif kind == "unigram":
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    texts = load_corpus("toy", documents=300).train
    tokenizer.train_from_iterator(texts, trainer(vocab_size=400, show_progress=False, **words))
    return tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("tokenizers")
    for kind in ("wordpiece", "unigram", "bpe"):
        (made / kind).mkdir()
        _trained(kind).save(str(made / kind / "tokenizer.json"))
    return made


# ---- merges


def test_merges_are_those_of_the_corpus(tmp_path):
    answer = merges(tmp_path, corpus="toy", vocabulary=600)
    library = train_bpe(load_corpus("toy", documents=4000).train, 600).merges
    assert [(bytes.fromhex(a), bytes.fromhex(b)) for a, b in answer["merges"]] == library
    assert answer["counts"] == sorted(answer["counts"], reverse=True)
    for count, rivals in zip(answer["counts"], answer["rivals"], strict=True):
        assert all(rival[2] <= count for rival in rivals)
    assert len(answer["bytes_per_token"]) == len(library) + 1
    assert answer["bytes_per_token"][0] == 1.0
    assert answer["bytes_per_token"] == sorted(answer["bytes_per_token"])
    assert 100 < len(answer["sample"]) <= 260
    json.dumps(answer)


def test_a_second_question_is_answered_at_once(tmp_path):
    merges(tmp_path, vocabulary=700)
    began = time.perf_counter()
    merges(tmp_path, vocabulary=700)
    assert time.perf_counter() - began < 0.1


def test_merges_of_an_own_file(tmp_path):
    file = tmp_path / "own.txt"
    file.write_text("\n\n".join(f"tick tock number {i} tick tock" for i in range(200)), encoding="utf-8")
    answer = merges(tmp_path, corpus=str(file), vocabulary=265)
    assert answer["name"] == "own.txt"
    assert len(answer["merges"]) == 265 - 257


def test_a_large_file_is_read_no_further_than_needed(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.s01_data.token_queries._MOST_TEXT", 5000)
    file = tmp_path / "large.jsonl"
    lines = [json.dumps({"text": f"record {i} tells of record {i + 1}"}) for i in range(2000)]
    file.write_text("\n".join([*lines[:1000], "x" * 100, *lines[1000:]]), encoding="utf-8")
    answer = merges(tmp_path, corpus=str(file), vocabulary=300)
    assert 200 < answer["counts"][0] < 700  # all 2,000 texts would give thousands


def test_a_file_without_repeats_has_no_merges(tmp_path):
    file = tmp_path / "short.txt"
    file.write_text("abc", encoding="utf-8")
    answer = merges(tmp_path, corpus=str(file), vocabulary=300)
    assert answer["merges"] == []
    assert len(answer["bytes_per_token"]) == 1


def test_merges_of_a_run(tmp_path):
    folder = RunStore(tmp_path).create(RunSpec.new("pretrain", PretrainConfig(corpus="toy")))
    corpus = load_corpus("toy", documents=500, seed=3)
    trained = train_bpe(corpus.train, 400)
    trained.save(folder.path / "tokenizer.json")
    answer = merges(tmp_path, run=folder.id)
    assert [bytes.fromhex(a) + bytes.fromhex(b) for a, b in answer["merges"]] == [
        a + b for a, b in trained.merges
    ]
    assert answer["whole"] is False
    assert answer["name"] == folder.id
    assert merges(tmp_path, corpus=folder.id) == answer
    cut = tokenize(tmp_path, text=TEXT, run=folder.id, kinds=["bpe"], vocabularies=[400])["tokenizers"][0]
    assert [token for _, token in cut["pieces"]] == trained.encode(TEXT)


def test_merges_of_a_data_run_are_counted_in_what_it_kept(tmp_path):
    folder = RunStore(tmp_path).create(RunSpec.new("pretrain", PretrainConfig()))
    (folder.path / "kept").mkdir()
    lines = [json.dumps({"text": f"zebra zebra {i % 7} quagga zebra"}) for i in range(300)]
    (folder.path / "kept" / "part-00000.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    train_bpe(["zebra zebra quagga zebra"] * 20, 270).save(folder.path / "tokenizer.json")
    answer = merges(tmp_path, run=folder.id)
    assert "zebra" in answer["sample"]
    assert answer["counts"][0] > 500


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"corpus": "/no/such/file"}, "no/such/file"),
        ({"run": "pretrain-0099"}, "pretrain-0099"),
        ({"run": "../.."}, r"\.\."),
        ({"vocabulary": 3}, "out of range"),
        ({"vocabulary": 10**9}, "out of range"),
    ],
)
def test_what_cannot_be_learned_is_told(tmp_path, arguments, words):
    with pytest.raises(UserError, match=words):
        merges(tmp_path, **arguments)


def test_a_run_without_merges(tmp_path):
    folder = RunStore(tmp_path).create(RunSpec.new("pretrain", PretrainConfig()))
    with pytest.raises(UserError, match=r"tokenizer\.json"):
        merges(tmp_path, run=folder.id)
    ByteTokenizer().save(folder.path / "tokenizer.json")
    with pytest.raises(UserError, match="no merges"):
        merges(tmp_path, run=folder.id)


# ---- a text in several ways


def test_all_kinds_at_once(tmp_path):
    cuts = {cut["name"]: cut for cut in tokenize(tmp_path, text=TEXT, vocabularies=[300, 600])["tokenizers"]}
    assert list(cuts) == ["Characters", "Words", "Bytes", "Our BPE, 300", "Our BPE, 600"]
    size = len(TEXT.encode())
    assert cuts["Bytes"]["tokens"] == size
    assert cuts["Characters"]["tokens"] == len(TEXT)
    assert cuts["Characters"]["lost"] == 2  # ï and 猫 are not in the toy world
    assert cuts["Words"]["lost"] >= 2
    assert cuts["Our BPE, 300"]["tokens"] > cuts["Our BPE, 600"]["tokens"]
    for cut in cuts.values():
        assert cut["bytes_per_token"] == pytest.approx(size / cut["tokens"])
        assert cut["tokens_per_100_characters"] == pytest.approx(100 * cut["tokens"] / len(TEXT))
        assert len(cut["pieces"]) == cut["tokens"]


def test_equal_words_have_equal_numbers():
    pieces = cut_words("the cat the cat the", {"the", " cat", " the"}).pieces
    assert pieces[1] == pieces[3]
    assert pieces[2] == pieces[4] != pieces[0]


def test_an_empty_text(tmp_path):
    for cut in tokenize(tmp_path, text="")["tokenizers"]:
        assert cut["tokens"] == cut["bytes_per_token"] == cut["tokens_per_100_characters"] == 0


def test_an_unknown_kind_is_told_through_the_engine(tmp_path):
    answer = answer_query(tmp_path, 1, "tokenize", {"text": "x", "kinds": ["letters"]})
    assert "no kind 'letters'" in answer.error


# ---- tokenizers of others


@pytest.mark.parametrize("kind", ["wordpiece", "unigram", "bpe"])
def test_a_file_cuts_as_the_library_does(folder, kind):
    path = folder / kind / "tokenizer.json"
    cut = cut_with_file(path, TEXT)
    library = Tokenizer.from_file(str(path)).encode(TEXT, add_special_tokens=False)
    assert [piece.token for piece in cut.pieces] == library.ids
    assert cut.tokens == len(library.ids)
    assert cut.vocabulary == 400
    assert cut.name == kind
    assert cut.size == len(TEXT.encode())
    joined = "".join(piece.label for piece in cut.pieces)
    assert "tailor" in joined


def test_letters_of_several_bytes_are_named_by_their_tokens(folder):
    labels = [piece.label for piece in cut_with_file(folder / "bpe" / "tokenizer.json", "a 猫").pieces]
    assert all(labels)
    assert "猫" not in labels[:-1]


@pytest.mark.parametrize(("kind", "lost"), [("wordpiece", 1), ("unigram", 1), ("bpe", 0)])
def test_what_a_tokenizer_does_not_know_is_counted(folder, kind, lost):
    assert cut_with_file(folder / kind / "tokenizer.json", "cat ☃ cat").lost == lost


def test_a_changed_file_is_read_again(folder, tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_bytes((folder / "bpe" / "tokenizer.json").read_bytes())
    first = cut_with_file(path, TEXT)
    path.write_bytes((folder / "unigram" / "tokenizer.json").read_bytes())
    assert cut_with_file(path, TEXT).pieces != first.pieces


def test_long_texts_are_bounded(folder):
    cut = cut_with_file(folder / "bpe" / "tokenizer.json", "abc " * 100_000)
    assert cut.characters == MOST_CHARACTERS
    assert len(cut.pieces) == MOST_PIECES < cut.tokens


def test_padding_and_cutting_of_the_file_are_left_out(folder, tmp_path):
    tokenizer = Tokenizer.from_file(str(folder / "bpe" / "tokenizer.json"))
    tokenizer.enable_padding(length=50_000_000)
    tokenizer.enable_truncation(2)
    tokenizer.save(str(tmp_path / "padded.json"))
    cut = cut_with_file(tmp_path / "padded.json", TEXT)
    assert cut.name == "padded"
    assert 2 < cut.tokens < 100


def _changed(folder, change) -> str:
    content = json.loads((folder / "bpe" / "tokenizer.json").read_text("utf-8"))
    change(content)
    return json.dumps(content)


def _nest(depth: int) -> dict[str, object]:
    rule: dict[str, object] = {"type": "Lowercase"}
    for _ in range(depth):
        rule = {"type": "Sequence", "normalizers": [rule]}
    return rule


def _growing() -> dict[str, object]:
    double = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    return {"type": "Sequence", "normalizers": [double] * 30}


def _slow_pattern() -> dict[str, object]:
    return {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}


HOSTILE = {
    "empty": lambda folder: "",
    "not JSON": lambda folder: "hello",
    "a list": lambda folder: "[1, 2]",
    "no model": lambda folder: "{}",
    "a model of another kind": lambda folder: '{"model": {"type": "Quantum"}}',
    "nested JSON": lambda folder: "[" * 100_000,
    "nested rules": lambda folder: _changed(folder, lambda content: content.update(normalizer=_nest(80))),
    "growing rules": lambda folder: _changed(folder, lambda content: content.update(normalizer=_growing())),
    "a long replacement": lambda folder: _changed(
        folder, lambda content: content.update(normalizer={"type": "Prepend", "prepend": "x" * 10**6})
    ),
    "a broken pattern": lambda folder: _changed(
        folder,
        lambda content: content.update(pre_tokenizer={**_slow_pattern(), "pattern": {"Regex": "((("}}),
    ),
    "merges without parts": lambda folder: _changed(
        folder, lambda content: content["model"].update(merges=[["q", "zzzz"]])
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_plain_words(folder, tmp_path, name):
    path = tmp_path / "hostile.json"
    path.write_text(HOSTILE[name](folder), encoding="utf-8")
    answer = answer_query(tmp_path, 1, "tokenize", {"text": "aaaa", "path": str(path)})
    assert "hostile.json" in answer.error
    assert "tokenizer.json written by" in answer.error
    assert "fault in the program" not in answer.error
    assert "\n" not in answer.error


def test_a_pattern_without_end_is_given_up(folder, tmp_path):
    path = tmp_path / "slow.json"
    path.write_text(_changed(folder, lambda content: content.update(pre_tokenizer=_slow_pattern())), "utf-8")
    began = time.perf_counter()
    answer = answer_query(tmp_path, 1, "tokenize", {"text": "a" * 40 + "b", "path": str(path)})
    assert time.perf_counter() - began < 20
    assert "slow.json" in answer.error or answer.result["tokenizers"][0]["tokens"] > 0


def test_missing_files_folders_and_pipes(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError):
            cut_with_file(path, TEXT)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(InputError, match="plain file"):
            cut_with_file(tmp_path / "pipe", TEXT)


def test_damaged_copies_never_do_more_than_complain(folder, tmp_path):
    chance = random.Random(0)
    whole = (folder / "unigram" / "tokenizer.json").read_bytes()
    refused = 0
    for number in range(60):
        data = bytearray(whole)
        if number % 2:
            data = data[: chance.randrange(len(data))]
        else:
            for _ in range(3):
                data[chance.randrange(len(data))] = chance.randrange(256)
        path = tmp_path / f"{number}.json"
        path.write_bytes(bytes(data))
        try:
            cut_with_file(path, TEXT)
        except InputError:
            refused += 1
    assert refused >= 30  # a cut file is never a tokenizer


def test_the_text_is_not_hostile_to_a_good_file(folder):
    for text in ("", "\ud800", "\x00" * 50, "<|endoftext|>", "a" * 50_000):
        assert cut_with_file(folder / "bpe" / "tokenizer.json", text).tokens >= 0


def test_a_regular_expression_is_compiled_as_the_library_does(folder, tmp_path):
    tokenizer = Tokenizer.from_file(str(folder / "bpe" / "tokenizer.json"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{L}{1,2}"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.save(str(tmp_path / "split.json"))
    assert cut_with_file(tmp_path / "split.json", "abcdef").tokens >= 3
