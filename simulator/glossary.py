"""The glossary: terms of the field in one or two plain sentences, read from ``resources/glossary.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from simulator.stages import BY_KEY


class GlossaryError(ValueError):
    """The glossary file is wrong."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One term of the field.

    Attributes:
        name: The term as it is written.
        meaning: One or two plain sentences.
        stages: Keys of the stages where it matters.
        aliases: Other ways to write it.
    """

    name: str
    meaning: str
    stages: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@cache
def glossary() -> tuple[Term, ...]:
    """Every term, sorted by name without regard to case.

    Raises:
        GlossaryError: if the file is not valid.
    """
    return parse_glossary(files("resources").joinpath("glossary.toml").read_text(encoding="utf-8"))


def find_term(name: str) -> Term | None:
    """The term of that name or alias, without regard to case; None if the glossary lacks it."""
    return _index().get(name.casefold())


def terms_for(stage_key: str) -> tuple[Term, ...]:
    """The terms that matter in a stage."""
    return tuple(term for term in glossary() if stage_key in term.stages)


def parse_glossary(text: str) -> tuple[Term, ...]:
    """Read terms from TOML: a list of ``[[term]]`` tables with the fields of :class:`Term`.

    Raises:
        GlossaryError: for broken TOML, a missing or unknown field, an unknown stage, or a name used twice.
    """
    try:
        tables = tomllib.loads(text).get("term", [])
    except tomllib.TOMLDecodeError as error:
        raise GlossaryError(f"The glossary is not valid TOML: {error}.") from None
    terms = sorted((_read(table) for table in tables), key=_order)
    index_terms(terms)
    return tuple(terms)


def index_terms(terms: list[Term] | tuple[Term, ...]) -> dict[str, Term]:
    """Terms by each of their names, in lower case.

    Raises:
        GlossaryError: if two terms share a name.
    """
    index: dict[str, Term] = {}
    for term in terms:
        for name in (term.name, *term.aliases):
            if name.casefold() in index:
                raise GlossaryError(f"The glossary has '{name}' twice.")
            index[name.casefold()] = term
    return index


@cache
def _index() -> Mapping[str, Term]:
    return index_terms(glossary())


def _order(term: Term) -> str:
    return term.name.casefold()


def _read(table: Mapping[str, object]) -> Term:
    fields: dict[str, object] = dict(table)
    name = fields.get("name") or "without a name"
    unknown = sorted(set(fields) - set(Term.__dataclass_fields__))
    if unknown:
        raise GlossaryError(f"The term '{name}' has unknown fields: {', '.join(unknown)}.")
    meaning = fields.get("meaning")
    if not isinstance(name, str) or not isinstance(meaning, str) or not meaning:
        raise GlossaryError(f"The term '{name}' has no meaning.")
    stages, aliases = (_texts(name, fields.get(key, [])) for key in ("stages", "aliases"))
    if not stages or any(key not in BY_KEY for key in stages):
        raise GlossaryError(f"The term '{name}' names no stage or an unknown one.")
    return Term(name=name, meaning=meaning, stages=stages, aliases=aliases)


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise GlossaryError(f"Stages and aliases of the term '{name}' are lists of texts.")
    return tuple(value)
