"""Training the quality classifier of a data run: on another toy crawl's labels, or on examples of the user's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from simulator.errors import InputError
from simulator.s01_data.config import DataConfig
from simulator.s01_data.quality import QualityModel
from simulator.s01_data.truth import is_scrap
from simulator.text.decoding import decode_page
from simulator.text.extraction import extract_text
from simulator.text.readers import read_documents
from simulator.world import build_world
from simulator.world.crawl import generate_crawl

TOY_PAGES = 1000
"""Pages of the toy crawl that the classifier is trained on."""

TOY_SEED = 1_000_003
"""Added to the seed, so that it never sees the pages that it judges."""

MOST_EXAMPLES = 20_000
"""Own examples of each side that are read at most."""


def train_quality(config: DataConfig, classifier: str, beat: Callable[[], None]) -> QualityModel:
    """Train the classifier that the settings ask for.

    Args:
        config: The settings.
        classifier: ``toy`` or ``own``.
        beat: Called now and then; may raise to stop.

    Raises:
        InputError: if examples cannot be read.
    """
    if classifier == "own":
        good, bad = _own(config.good_examples), _own(config.bad_examples)
    else:
        good, bad = _toy(config.seed + TOY_SEED, beat)
    return QualityModel.train(good, bad, config.seed, beat)


def _own(path: str) -> list[str]:
    texts = [document.text for document in islice(read_documents(Path(path).expanduser()), MOST_EXAMPLES)]
    if not texts:
        raise InputError(f"There are no examples in '{path}'.", hint="Choose a file or folder with texts.")
    return texts


def _toy(seed: int, beat: Callable[[], None]) -> tuple[list[str], list[str]]:
    """Extracted texts of good pages and of scraps, by the labels of their generator."""
    sides: tuple[list[str], list[str]] = ([], [])
    for page in generate_crawl(build_world(), TOY_PAGES, seed):
        beat()
        if page.truth.kind not in ("foreign", "broken"):
            text = extract_text(decode_page(page.page()).text)
            if text.strip():
                sides[is_scrap(page.truth.kind, page.truth.wanted)].append(text)
    return sides
