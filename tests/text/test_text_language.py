from __future__ import annotations

import pytest

from simulator.text.language import LanguageGuess, identify_language
from simulator.world import build_world
from simulator.world.crawl import generate_crawl


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The old mill by the river has been closed since the winter, and nobody knows why.", "en"),
        ("Die alte Mühle am Fluss ist seit dem Winter geschlossen, und niemand weiß, warum.", "de"),
        ("Le vieux moulin au bord de la rivière est fermé depuis l'hiver.", "fr"),
        ("Старая мельница у реки закрыта с зимы, и никто не знает почему.", "ru"),
        ("Ο παλιός μύλος δίπλα στο ποτάμι είναι κλειστός από τον χειμώνα.", "el"),
        ("川のそばの古い水車小屋は冬から閉まっています。", "ja"),
    ],
)
def test_a_sentence_is_enough(text: str, code: str) -> None:
    guess = identify_language(text)
    assert guess.code == code
    assert guess.probability > 0.8


@pytest.mark.parametrize("text", ["", "  \n", "12 + 3 = 15", "!!! ... ???", "\x00\x01"])
def test_what_has_no_letters_has_no_language(text: str) -> None:
    assert identify_language(text) == LanguageGuess("", 0.0)


def test_probabilities_are_shares_and_shorter_texts_are_less_sure() -> None:
    long = "The old mill by the river has been closed since the winter."
    assert 0 < identify_language("mill").probability < identify_language(long).probability <= 1


def test_odd_text_is_survived() -> None:
    for text in ("\ud800 abc", "a" * 100_000, "ẞ" * 50, "\u202eabc", "🎉a"):
        assert 0 <= identify_language(text).probability <= 1


def test_english_is_told_from_the_rest_on_the_toy_crawl() -> None:
    right = found = true = 0
    for page in generate_crawl(build_world(), 600, seed=21):
        if page.truth.kind in ("article", "foreign", "spam", "short") or page.truth.kind.endswith(
            "duplicate"
        ):
            ours, theirs = identify_language(page.truth.main_text).code == "en", page.truth.language == "en"
            right, found, true = right + (ours and theirs), found + ours, true + theirs
    assert right / found >= 0.98
    assert right / true >= 0.98
