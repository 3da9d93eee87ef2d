"""A small, realistic run of the lab "data", as its records: the funnel of 2,000 pages and some documents."""

from __future__ import annotations

from typing import Any

from simulator.runs.events import Record, RunStarted
from simulator.runs.history import RunHistory

DROPS: dict[str, dict[str, tuple[int, int]]] = {
    "crawl": {"unreadable": (12, 9_000)},
    "extract": {"no main text": (38, 4_000)},
    "language": {"German": (96, 90_000), "French": (70, 64_000), "Spanish": (61, 60_000), "unsure": (21, 5_000)},
    "quality": {
        "word_count": (150, 21_000), "stop_words": (66, 50_000), "top_4_gram": (58, 90_000),
        "bullet_lines": (52, 33_000), "mean_word_length": (31, 20_000), "curly_bracket": (18, 16_000),
        "classifier": (44, 30_000),
    },
    "dedup": {"exact copy": (210, 190_000), "near copy": (164, 150_000)},
    "pii": {}, "tokenize": {}, "pack": {},
}  # fmt: skip
CHANGED = {
    "extract": {"boilerplate": 1_500_000},
    "pii": {"email": 122, "phone": 88, "ip": 19, "card": 7},
    "tokenize": {},
}


TRIMMED = {"extract": 1_300_000, "quality": 22_000, "pii": 900}


def funnel_fields(scale: float = 1.0, tokens: bool = True) -> dict[str, Any]:
    documents, characters = round(2_000 * scale), round(2_900_000 * scale)
    steps = []
    for key, drops in DROPS.items():
        dropped = {
            reason: {"documents": round(count * scale), "characters": round(letters * scale)}
            for reason, (count, letters) in drops.items()
        }
        row = {"key": key, "title": key.capitalize(), "documents_in": documents, "characters_in": characters}
        trimmed = round(TRIMMED.get(key, 0) * scale)
        documents -= sum(item["documents"] for item in dropped.values())
        characters -= sum(item["characters"] for item in dropped.values()) + trimmed
        row |= {
            "documents": documents, "characters": characters, "tokens": characters // 4 if tokens else None,
            "exact": key in ("pii", "tokenize", "pack"), "dropped": dropped, "trimmed": trimmed,
            "changed": CHANGED.get(key, {}),
        }  # fmt: skip
        steps.append(row)
    return {"steps": steps}


def history_with(*records: tuple[str, dict[str, Any]]) -> RunHistory:
    events: list[Any] = [RunStarted(lab="data", total_steps=2_000, run="data-0001", seq=0)]
    for index, (name, fields) in enumerate(records):
        events.append(Record(step=index, name=name, fields=fields, run="data-0001", seq=index + 1))
    return RunHistory.of(events)
