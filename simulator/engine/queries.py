"""Small questions that the engine answers while a run goes on, by kind.

A query is a function ``f(store_root: Path, **arguments) -> Mapping`` that works from what is on disk, so that it needs
nothing of the running lab; it is loaded when first asked for.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simulator.errors import ConfigError, UserError
from simulator.runs.events import Answer, encode, plain

Query = Callable[..., Mapping[str, Any]]

QUERIES: dict[str, str] = {
    "predict": "simulator.s02_objective.queries:predict",
    "generate": "simulator.s02_objective.queries:generate",
    "inside": "simulator.s02_objective.queries:inside",
    "next": "simulator.s02_objective.queries:next_tokens",
    "write": "simulator.s02_objective.queries:write_text",
    "tokenize": "simulator.s01_data.token_queries:tokenize",
    "merges": "simulator.s01_data.token_queries:merges",
    "toy_memory": "simulator.s04_precision.queries:toy_memory",
}


def load_query(kind: str) -> Query:
    """The function that answers queries of a kind.

    Raises:
        ConfigError: if there is no such kind.
    """
    if kind not in QUERIES:
        raise ConfigError("kind", f"There is no query called '{kind}'.", hint=f"Known: {', '.join(QUERIES)}.")
    module, _, name = QUERIES[kind].partition(":")
    loaded: Query = getattr(importlib.import_module(module), name)
    return loaded


def preload_queries() -> None:
    """Load all queries, so that not even the first one has to wait; one that cannot be loaded says so when asked."""
    for kind in QUERIES:
        with contextlib.suppress(Exception):
            load_query(kind)


def answer_query(store_root: Path, query: int, kind: str, arguments: Mapping[str, Any]) -> Answer:
    """Answer one query; whatever goes wrong is told in the answer, in plain words."""
    try:
        result = plain(load_query(kind)(store_root, **arguments))
        answer = Answer(query=query, result=result)
        encode(answer)  # so that a result that cannot travel is told here
    except UserError as error:
        return Answer(query=query, error=str(error))
    except Exception as error:
        return Answer(
            query=query, error=f"This question met a fault in the program ({type(error).__name__}: {error})."
        )
    return answer
