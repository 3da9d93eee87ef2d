"""What a worker works with: the functions of the steps, made once from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import InputError
from simulator.s01_data.bad_words import load_bad_words
from simulator.s01_data.cleaning import Cleaned, clean_text
from simulator.s01_data.config import DataConfig
from simulator.s01_data.minhash import MinHasher

if TYPE_CHECKING:
    from simulator.text.decoding import DecodedPage
    from simulator.text.documents import Page
    from simulator.text.language import LanguageGuess


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The functions of the steps up to the duplicates.

    Attributes:
        config: The settings.
        decode: Bytes to text.
        extract: HTML to text.
        identify: The language of a text.
        clean: The rules; with ``every=True`` all are measured.
        score: The quality classifier, or None.
        hasher: Signatures and band keys.
    """

    config: DataConfig
    decode: Callable[[Page], DecodedPage]
    extract: Callable[[str], str]
    identify: Callable[[str], LanguageGuess]
    clean: Callable[..., Cleaned]
    score: Callable[[str], float] | None
    hasher: MinHasher


def make_tools(config: DataConfig, quality: Path | None) -> Tools:
    """The tools for these settings; loads extraction and language identification.

    Args:
        config: The settings.
        quality: The classifier's file, or None.
    """
    from simulator.text.decoding import decode_page
    from simulator.text.extraction import extract_text
    from simulator.text.language import identify_language

    score = None
    if quality is not None:
        from simulator.s01_data.quality import load_quality

        score = load_quality(quality).score
    return Tools(
        config=config, decode=decode_page, extract=partial(extract_text, main_content=config.main_content),
        identify=identify_language, clean=partial(clean_text, config=config),
        score=score,
        hasher=MinHasher(config.bands, config.rows, config.ngram, config.seed),
    )  # fmt: skip


def check_tools(config: DataConfig) -> None:
    """See that the tools can be made, before a run begins: else each document would fail on its own.

    Raises:
        InputError: if the list of bad words cannot be read, or the language is none that can be told.
    """
    from simulator.text.language import known_languages

    if config.c4 and config.bad_words:
        load_bad_words(config.bad_words)
    if config.language != "any" and config.language not in known_languages():
        raise InputError(
            f"The language '{config.language}' is not among those that can be told apart.",
            hint="Use a code such as en, de or fr, or 'any'.",
        )


def config_of(values: Mapping[str, Any]) -> DataConfig:
    """The settings from the plain values that travel to a worker."""
    return DataConfig.from_dict(values)
