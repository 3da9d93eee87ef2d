"""The user's own list of words for C4's rule against obscene pages (Raffel et al. 2020, section 2.2).

C4's list does not come with this program. A page is dropped if it holds any entry of the list with no letter, digit or
underscore on either side, in any case, as in C4's code.
"""

from __future__ import annotations

import re
from pathlib import Path

from simulator.errors import InputError

_LARGEST_BYTES = 4_000_000
_LONGEST_ENTRY = 200
_TOKEN = re.compile(r"\w+")


class BadWords:
    """A list of words and phrases to look for.

    Args:
        entries: Words and phrases in any case.
    """

    def __init__(self, entries: list[str]) -> None:
        lowered = {entry.lower() for entry in entries}
        self._words = {entry for entry in lowered if _TOKEN.fullmatch(entry)}
        self._phrases = {entry: _flanked(entry) for entry in sorted(lowered - self._words)}

    def count(self, text: str) -> int:
        """How many different entries stand in ``text``."""
        lowered = text.lower()
        found = len(self._words.intersection(_TOKEN.findall(lowered))) if self._words else 0
        return found + sum(
            phrase in lowered and pattern.search(lowered) is not None
            for phrase, pattern in self._phrases.items()
        )


def load_bad_words(path: str) -> BadWords:
    """Read a list with one word or phrase a line; empty lines and lines that start with # are passed over.

    Raises:
        InputError: if the file cannot be read, is no UTF-8 text, or is no such list.
    """
    file = Path(path)
    if file.exists() and not file.is_file():
        raise InputError(
            f"The list of bad words '{path}' is not a file.",
            hint="Choose a text file with one word or phrase a line.",
        )
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            raise InputError(
                f"The list of bad words '{file.name}' is larger than {_LARGEST_BYTES / 1e6:g} MB.",
                hint="Choose a text file with one word or phrase a line.",
            )
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(
            f"The list of bad words '{path}' cannot be read: {error.strerror or error}.",
            hint="Choose another file, or leave the setting empty.",
        ) from None
    except ValueError:
        raise InputError(
            f"The list of bad words '{file.name}' is not UTF-8 text.",
            hint="Save it as UTF-8, or choose another.",
        ) from None
    lines = (line.strip() for line in text.splitlines())
    entries = [line for line in lines if line and not line.startswith("#")]
    if not entries:
        raise InputError(
            f"The list of bad words '{file.name}' holds no word.", hint="Put one word on each line."
        )
    if any(len(entry) > _LONGEST_ENTRY or "\x00" in entry for entry in entries):
        raise InputError(
            f"The list of bad words '{file.name}' has a line that is no word or phrase.",
            hint=f"Put one word or phrase of at most {_LONGEST_ENTRY} characters on each line.",
        )
    return BadWords(entries)


def _flanked(entry: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(entry)}(?!\w)")
