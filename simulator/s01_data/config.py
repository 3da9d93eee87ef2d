"""Settings of the data pipeline, for the lab "data" and for ``data process``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from simulator.config import setting
from simulator.errors import ConfigError
from simulator.s01_data.rules_config import RulesConfig

PII_KINDS = ("email", "phone", "ip", "card")
"""Kinds of personal data that can be replaced."""


@dataclass(frozen=True, kw_only=True)
class DataConfig(RulesConfig):
    """Clean the toy crawl, a web archive or your own files, and see what every step keeps and drops."""

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"pages": 1000},
        "laptop": {},
        "gpu": {"pages": 50_000},
    }

    profile: str = setting(
        "laptop",
        "A ready-made set of values for this kind of machine.",
        choices=("quick", "laptop", "gpu"),
        group="Run",
    )
    source: str = setting(
        "toy",
        "What to clean: 'toy' (the toy crawl, whose truth is known), or a file or folder of yours: "
        "WARC, HTML, text, JSON lines, CSV.",
        group="Data",
        path=True,
    )
    pages: int = setting(
        5000, "Pages of the toy crawl.", unit="pages", low=20, high=10_000_000, group="Data", log=True
    )
    main_content: bool = setting(
        True,
        "Take only the main content of a page; without it, menus and adverts come along.",
        label="Main content only",
        group="Extract",
    )
    language: str = setting(
        "en",
        "Language to keep, by its two-letter code; 'any' keeps them all.",
        group="Language",
    )
    language_probability: float = setting(
        0.65,
        "How sure the language must be. FineWeb used 0.65 with another classifier.",
        label="Least probability",
        low=0.0,
        high=1.0,
        group="Language",
    )
    exact_duplicates: bool = setting(
        True, "Keep only the first of equal texts.", label="Drop exact duplicates", group="Deduplicate"
    )
    near_duplicates: bool = setting(
        True, "Keep only the first of nearly equal texts.", label="Drop near duplicates", group="Deduplicate"
    )
    near_threshold: float = setting(
        0.7,
        "Jaccard similarity of their shingles from which two texts count as near duplicates; candidates from "
        "MinHash are compared exactly.",
        label="Near from",
        low=0.05,
        high=1.0,
        group="Deduplicate",
    )
    bands: int = setting(
        14, "Bands of the MinHash signature.", low=1, high=128, group="Deduplicate", expert=True, log=True
    )
    rows: int = setting(8, "Rows in a band.", low=1, high=64, group="Deduplicate", expert=True, log=True)
    ngram: int = setting(
        5,
        "Words in a shingle.",
        label="Shingle",
        unit="words",
        low=1,
        high=50,
        group="Deduplicate",
        expert=True,
    )
    scrub_email: bool = setting(True, "Replace e-mail addresses.", label="E-mail", group="Personal data")
    scrub_phone: bool = setting(True, "Replace phone numbers.", label="Phone", group="Personal data")
    scrub_ip: bool = setting(True, "Replace public IP addresses.", label="IP address", group="Personal data")
    scrub_card: bool = setting(
        True, "Replace card numbers whose check digit fits.", label="Card", group="Personal data"
    )
    placeholders: str = setting(
        "tags",
        "What stands in the place of personal data: a tag such as <EMAIL>, or an invented value of the same form.",
        choices=("tags", "realistic"),
        group="Personal data",
        expert=True,
    )
    classifier: str = setting(
        "auto",
        "Quality classifier: trained on labelled pages of another toy crawl, on examples of yours, or off; "
        "auto takes the toy one for the toy crawl and none for files.",
        choices=("auto", "off", "toy", "own"),
        group="Classifier",
    )
    classifier_threshold: float = setting(
        0.5,
        "Documents that score below are dropped.",
        label="Least score",
        low=0.0,
        high=1.0,
        group="Classifier",
    )
    good_examples: str = setting(
        "", "Texts worth keeping, to train the classifier: a file or folder.", group="Classifier", path=True
    )
    bad_examples: str = setting(
        "", "Texts to be rid of, to train the classifier: a file or folder.", group="Classifier", path=True
    )
    vocabulary: int = setting(
        2048,
        "Tokens in the BPE vocabulary that is learned from the kept text.",
        unit="tokens",
        low=257,
        high=65_536,
        group="Tokens",
        log=True,
    )
    sequence: int = setting(
        128, "Tokens in a training row.", label="Row length", unit="tokens", low=8, high=131_072, group="Tokens",
        log=True, expert=True,
    )  # fmt: skip
    seed: int = setting(
        0,
        "Start of every random choice: the same seed gives the same pages and samples.",
        low=0,
        high=2**31 - 1,
        group="Run",
        expert=True,
    )
    workers: int = setting(
        0, "Worker processes; 0 chooses by the processor's cores.", low=0, high=512, group="Run", expert=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.language != "any" and not (self.language.isascii() and self.language.isalpha()):
            hint = "Use a code such as en, de or fr, or 'any'."
            raise ConfigError("language", f"'{self.language}' is not the code of a language.", hint=hint)
        own = bool(self.good_examples.strip()), bool(self.bad_examples.strip())
        if self.classifier == "own" and own != (True, True):
            field = "bad_examples" if own[0] else "good_examples"
            hint = "Give both good and bad examples."
            raise ConfigError(field, "A classifier of your own needs examples.", hint=hint)
        if self.classifier != "own" and any(own):
            field = "good_examples" if own[0] else "bad_examples"
            hint = "Set the classifier to 'own', or leave the examples out."
            raise ConfigError(field, "Examples are only read for a classifier of your own.", hint=hint)

    @property
    def pii_kinds(self) -> tuple[str, ...]:
        """Kinds of personal data to replace."""
        return tuple(kind for kind in PII_KINDS if getattr(self, f"scrub_{kind}"))

    @property
    def pii_style(self) -> Literal["tags", "realistic"]:
        """What stands in its place."""
        return "realistic" if self.placeholders == "realistic" else "tags"

    def classifier_for(self, toy: bool) -> str:
        """The classifier to use: ``off``, ``toy`` or ``own``.

        Args:
            toy: Whether the toy crawl is cleaned.
        """
        if self.classifier == "auto":
            return "toy" if toy else "off"
        return self.classifier
