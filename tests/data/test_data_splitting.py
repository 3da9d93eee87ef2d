from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.s01_data.splitting import split_words

pre_tokenizers = pytest.importorskip("tokenizers").pre_tokenizers

CASES = [
    "", " ", "it's IT'S it'ſ don'T we'LL they'Re ''s 'tis 'xyz", "a1b22 3.14 ²½Ⅷ٣",
    "  two\t\ttabs \n\n lines\r\n\r ", "end.\n\nNew... (what?)\n", "naïve café Å ǆ ß", "猫が好き 中文,测试。",
    "हिन्दी में लिखा", "👍🏽 🏳️‍🌈!", "x\u0085y\u00a0z\u2028w", "\x1c\x1d a\x1e\x1f", "\u200bzero\ufeffwidth",
    "_under_score__", "   x", "\n \n  x \n", "'", "' ", "é's É'LL", "１２３",
]  # fmt: skip


def _library(text: str) -> list[str]:
    from tokenizers import Regex

    from simulator.text.tokenizer import PATTERN

    splitter = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    return [piece for piece, _ in splitter.pre_tokenize_str(text)]


def _assigned(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cn", "Cs")


assigned = st.text(st.characters(exclude_categories=["Cn", "Cs"]))
likely = st.text(st.sampled_from("aAsStTlLrReEvVmMdD''  \t\n\r0129.,-_é猫ſ½\u00a0\u0301\x1c"))


@pytest.mark.parametrize("text", CASES)
def test_known_cases_are_cut_as_by_the_library(text):
    assert split_words(text) == _library(text)


@given(assigned | likely)
@settings(max_examples=300)
@example("a" * 3000 + " " * 3000 + "\n")
def test_any_text_is_cut_as_by_the_library(text):
    pieces = split_words(text)
    assert "".join(pieces) == text
    assert pieces == _library(text)


def test_every_code_point_has_the_right_kind():
    """All code points in turn, between letters and between digits."""
    letters = [chr(code) for code in range(sys.maxunicode + 1) if _assigned(chr(code))]
    for start in range(0, len(letters), 1000):
        text = "".join(f"a{letter}a1{letter}1" for letter in letters[start : start + 1000])
        assert split_words(text) == _library(text)


def test_surrogates_do_no_harm():
    assert "".join(split_words("a\ud800 b\udfff's")) == "a\ud800 b\udfff's"
