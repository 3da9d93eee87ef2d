"""Which language a text is in, by py3langid: a naive Bayes classifier over byte n-grams, its model in the package."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MOST_CHARACTERS = 4000
"""A longer text is judged by its start: more says hardly anything new, and takes time."""

_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """A language (ISO 639-1 code, "" for a text without letters) and how probable it is, 0 to 1."""

    code: str
    probability: float


def identify_language(text: str) -> LanguageGuess:
    """The most probable language of a text.

    The probability is that of the model among the languages it knows, which says more the longer the text is.
    """
    part = text[:MOST_CHARACTERS]
    if not any(letter.isalpha() for letter in part):
        return LanguageGuess("", 0.0)
    code, probability = _identifier().classify(part)
    return LanguageGuess(cast(str, code), float(probability))


def known_languages() -> frozenset[str]:
    """The codes of the languages that can be told apart."""
    return frozenset(_identifier().nb_classes)


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    """The model; some hundred milliseconds to load, so only when first asked for."""
    with _LOCK:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
