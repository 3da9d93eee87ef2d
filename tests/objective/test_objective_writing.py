"""Writing by every objective, what is kept and cut, trailing spaces, and the grammar as judge."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from simulator.errors import ConfigError
from simulator.model.generation import SamplingConfig
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer
from simulator.s02_objective.choosing import next_token
from simulator.s02_objective.judging import judge
from simulator.s02_objective.objectives import KEYS
from simulator.s02_objective.predicting import Words, make_example, read_text
from simulator.s02_objective.specials import make_specials
from simulator.s02_objective.writing import METHODS, Writer, split_prompt, stream_pieces, write
from simulator.text.tokenizer import Tokenizer, train_bpe
from simulator.world import build_world, generate_documents, log_probability

WORLD = build_world()
TEXTS = [item.text for item in generate_documents(WORLD, 300, seed=5)]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_bpe(TEXTS, 320)


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> Transformer:
    specials = make_specials(tokenizer.vocab_size, tokenizer.end_id, 64)
    shape = ModelShape(layers=2, hidden=32, heads=4, kv_heads=2, ffn=48, vocab=specials.vocab, sequence=64)
    made = Transformer(shape, 3)
    with torch.no_grad():
        made.embedding.weight.mul_(25)
    return made


@pytest.mark.parametrize(("objective", "method"), [(key, way) for key in KEYS for way in METHODS[key]])
def test_every_objective_writes_in_its_ways(
    model: Transformer, tokenizer: Tokenizer, objective: str, method: str
) -> None:
    writer = Writer(model, tokenizer)
    config = SamplingConfig(tokens=9, temperature=0.7, seed=4)
    suffix = " and so on." if method in ("fill the middle", "fill a gap") else ""
    first, again = (
        write(writer, objective, "Mia took", config, method=method, suffix=suffix) for _ in range(2)
    )
    assert first == again
    assert first["text"].startswith("Mia took")
    assert first["text"].endswith(suffix)
    assert 1 <= len(first["steps"]) <= 9
    assert first["method"] == method
    for step in first["steps"]:
        assert 0 < step["probability"] <= 1
        assert step["candidates"]
        assert sum(item["final"] for item in step["candidates"]) <= 1.0001
    specials = Words.of(model, tokenizer).specials
    assert specials is not None
    for index in range(specials.base_vocab, specials.vocab):
        assert specials.text(index) not in first["text"]


def test_a_way_that_an_objective_does_not_have_is_refused(model: Transformer, tokenizer: Tokenizer) -> None:
    writer = Writer(model, tokenizer)
    with pytest.raises(ConfigError, match="cannot write by"):
        write(writer, "causal", "Mia", SamplingConfig(), method="all masks at once")
    plain = Transformer(
        ModelShape(layers=1, hidden=16, heads=2, kv_heads=2, ffn=24, vocab=tokenizer.vocab_size), 0
    )
    with pytest.raises(ConfigError, match="does not know the special tokens"):
        write(Writer(plain, tokenizer), "masked", "Mia", SamplingConfig())


def test_masked_adds_one_mask_and_fills_it(model: Transformer, tokenizer: Tokenizer) -> None:
    """Each token is the likeliest for a mask that stands alone at the end and is seen both ways."""
    result = write(Writer(model, tokenizer), "masked", "Mia", SamplingConfig(tokens=4, temperature=0.0))
    words = Words.of(model, tokenizer)
    assert words.specials is not None
    ids = [tokenizer.end_id, *tokenizer.encode("Mia")]
    for step in result["steps"]:
        row = torch.tensor([[*ids, words.specials.mask]])
        with torch.no_grad():
            logits = model(row, None, torch.ones(row.shape[1], row.shape[1], dtype=torch.bool))[0, -1]
        logits[tokenizer.vocab_size :] = -math.inf
        logits[tokenizer.end_id] = -math.inf
        ids.append(int(logits.argmax()))
        assert step["token"] == tokenizer.token_text(ids[-1])
        assert step["probability"] == pytest.approx(float(logits.softmax(-1).max()), rel=1e-4)


def test_mask_predict_fills_more_in_every_round_and_all_at_last(
    model: Transformer, tokenizer: Tokenizer
) -> None:
    writer = Writer(model, tokenizer)
    result = writer.all_masks_at_once(
        "Mia", SamplingConfig(tokens=20, temperature=0.0), rounds=5, closed=True
    )
    hidden = [step["tokens"].count("[MASK]") for step in result["steps"]]
    assert hidden == [16, 12, 8, 4, 0]  # n (T - t) / T
    assert len(result["steps"][0]["filled"]) == 20
    assert [len(step["filled"]) for step in result["steps"][1:]] == [16, 12, 8, 4]
    for before, after in itertools.pairwise(result["steps"]):
        kept = [index for index in range(20) if before["tokens"][index] != "[MASK]"]
        sure = min(before["probabilities"][index] for index in kept)
        again = [index for index in range(20) if before["tokens"][index] == "[MASK]"]
        assert max(before["probabilities"][index] for index in again) <= sure  # the least certain are hidden
        assert after["filled"] == again


@pytest.mark.parametrize("objective", ["causal", "prefix", "masked"])
def test_a_typed_space_belongs_to_the_next_word(
    model: Transformer, tokenizer: Tokenizer, objective: str
) -> None:
    writer = Writer(model, tokenizer)
    config = SamplingConfig(tokens=6, temperature=1.0, seed=1)
    assert split_prompt("Mia  ") == ("Mia", "  ")
    shown = next_token(writer, "Mia ", config, objective, 10)
    assert shown["tokens"] == Words.of(model, tokenizer).texts([tokenizer.end_id, *tokenizer.encode("Mia")])
    assert shown["candidates"]
    assert all(item["token"].startswith(" ") for item in shown["candidates"] if item["kept"])
    written = write(writer, objective, "Mia ", config)
    assert written["text"].startswith("Mia ")
    assert not written["text"].startswith("Mia  ")
    if objective != "masked":
        streamed = "Mia " + "".join(stream_pieces(writer, objective, "Mia ", config))
        assert streamed == written["text"]


def test_candidates_say_why_they_were_cut(model: Transformer, tokenizer: Tokenizer) -> None:
    writer = Writer(model, tokenizer)
    open_ = next_token(writer, "Mia", SamplingConfig(temperature=1.0), "causal", 400)
    assert all(item["kept"] for item in open_["candidates"] if item["probability"] > 0)
    assert sum(item["final"] for item in open_["candidates"]) == pytest.approx(1.0, abs=1e-4)
    assert open_["entropy"] == pytest.approx(open_["final_entropy"], rel=1e-4)
    cut = next_token(writer, "Mia", SamplingConfig(temperature=0.5, top_k=5, top_p=0.5), "causal", 12)
    assert [item["probability"] for item in cut["candidates"]] == sorted(
        (item["probability"] for item in cut["candidates"]), reverse=True
    )
    assert [item["cut"] for item in cut["candidates"][5:]] == ["top-k"] * 7
    assert {item["cut"] for item in cut["candidates"][:5]} <= {"", "top-p"}
    assert cut["kept"] == sum(item["kept"] for item in cut["candidates"])
    greedy = next_token(writer, "Mia", SamplingConfig(temperature=0.0), "causal", 4)
    assert [item["cut"] for item in greedy["candidates"]] == ["", *["temperature 0"] * 3]


@pytest.mark.parametrize("objective", KEYS)
def test_a_reading_shows_what_the_model_sees(
    model: Transformer, tokenizer: Tokenizer, objective: str
) -> None:
    reading = read_text(
        model, tokenizer, "Mia the baker lives in Oakton.", 7, objective=objective, trained=objective, top=3
    )
    length = len(reading["inputs"])
    assert reading["warning"] == ""
    assert reading["visible"].shape == (length, length)
    for name in ("targets", "counted", "top_tokens", "top_probabilities"):
        assert len(reading[name]) == length, name
    assert len(reading["true_probabilities"]) == length - (objective == "causal")
    for target, counted in zip(reading["targets"], reading["counted"], strict=True):
        assert bool(target) == counted
    text = "".join(reading["tokens"][1:])
    if objective == "masked":
        restored = [
            t if c else i
            for i, t, c in zip(reading["inputs"], reading["targets"], reading["counted"], strict=True)
        ]
        assert restored == reading["tokens"]
        assert [reading["inputs"][index] for index in reading["chosen"]] == ["[MASK]"] * len(
            reading["chosen"]
        )
    elif objective == "infill":
        joined = [*reading["inputs"], reading["targets"][-1]]
        pre, suf, mid = (joined.index(name) for name in ("<PRE>", "<SUF>", "<MID>"))
        prefix, suffix, middle = joined[pre + 1 : suf], joined[suf + 1 : mid], joined[mid + 1 : -1]
        assert "".join([*prefix, *middle, *suffix]) == text
        assert joined[-1] == reading["tokens"][0]
        assert middle == [reading["tokens"][index] for index in reading["chosen"]]
    elif objective == "spans":
        assert reading["targets"][-1].startswith("<extra_")
    else:
        assert reading["inputs"] == reading["tokens"]


def test_positions_can_be_chosen_by_hand(model: Transformer, tokenizer: Tokenizer) -> None:
    words = Words.of(model, tokenizer)
    ids = words.probe("Mia the baker lives in Oakton.")
    masked = make_example(words, "masked", ids, [2, 4])
    assert masked.batch.counted[0].nonzero()[0].tolist() == [2, 4] == masked.chosen
    assert make_example(words, "prefix", ids, [3]).batch.seen.tolist() == [3]
    spans = make_example(words, "spans", ids, [2, 3, 6])
    assert int((spans.batch.inputs[0] >= tokenizer.vocab_size).sum()) == 4  # a marker for each gap, twice
    infill = make_example(words, "infill", ids, [3, 5])
    assert infill.chosen == [3, 4, 5]
    for wrong in ([0], [len(ids)], [-1]):
        with pytest.raises(ConfigError, match="no position"):
            make_example(words, "masked", ids, wrong)


@pytest.mark.parametrize("objective", KEYS)
@pytest.mark.parametrize("text", ["", "a", "Mia", "x " * 200, "日本語 \U0001f600", "\ud800"])
def test_any_text_can_be_read(model: Transformer, tokenizer: Tokenizer, objective: str, text: str) -> None:
    reading = read_text(model, tokenizer, text, 0, objective=objective, trained="causal")
    assert bool(reading["warning"]) == (objective != "causal")
    written = write(Writer(model, tokenizer), objective, text, SamplingConfig(tokens=3))
    assert len(written["steps"]) <= 3


def test_the_judge_reads_as_far_as_the_world_could_write() -> None:
    for text in TEXTS[:40]:
        verdict = judge(WORLD, text)
        assert verdict.possible
        assert verdict.read == len(text)
    text = next(text for text in TEXTS if " lives in " in text)
    place = text.index(" lives in ") + len(" lives in ")
    wrong = text[:place] + "Qqq" + text[place + 3 :]
    assert judge(WORLD, wrong).read == place
    assert not judge(WORLD, wrong).possible
    half = text[: len(text) // 2]
    assert judge(WORLD, half).read == len(half)
    assert judge(WORLD, half).possible == math.isfinite(log_probability(WORLD, half))
    assert judge(WORLD, "").read == 0
    assert judge(WORLD, "zzz").read == 0
