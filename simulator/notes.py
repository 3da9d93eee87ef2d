"""A stage's notes: Markdown with fixed sections in ``resources/content/KEY.md``, and its rich text.

The markup is small: paragraphs, ``- `` bullets, lines indented by four spaces for formulas, ``**bold**``,
`` `code` ``, ``[[term]]`` or ``[[term|words shown]]`` for the glossary, ``x_t`` and ``x_{t+1}`` for an index,
``2^b`` and ``2^{b-1}`` for a power. The rich text carries classes and links only; colours and fonts are the
reader's (see :data:`CLASSES`). A link to the glossary is ``term:NAME``.
"""

from __future__ import annotations

import ast
import html
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from simulator.facts import Fact, fact
from simulator.stages import BY_KEY

SECTIONS = (
    "In plain words",
    "The analogy",
    "The key insight",
    "How it works",
    "Mistakes to avoid",
    "Facts",
    "Show the code",
    "Sources",
)

CLASSES = ("formula", "term", "label", "value", "source", "caution")
"""Classes used in the rich text, for the reader's style sheet."""

_TERM = re.compile(r"\[\[([^\]|]+)(?:\|([^\]]+))?\]\]")
_SCRIPT = re.compile(r"(\b[^\W\d_](?=_)|[\w)\]](?=\^))([_^])(?:\{([^{}]+)\}|(\w{1,3})(?!\w))")
"""An index after a single letter (so that names such as Q4_0 stay), or a power after anything."""
_INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\[\[([^\]|]+)(?:\|([^\]]+))?\]\]")


class NotesError(ValueError):
    """A page of notes is wrong, or a piece of code it names is not there."""


@dataclass(frozen=True, kw_only=True)
class Notes:
    """What the notes of a stage say; texts keep their small markup.

    Attributes:
        stage: Key of the stage.
        plain: Three to five short sentences for the card.
        analogy: A picture from daily life.
        insight: The one thing to take home.
        how: A careful page, with formulas.
        mistakes: Common errors, put right.
        fact_ids: Facts to show (see :mod:`simulator.facts`).
        code_paths: ``module:function`` of the code that runs here; see :func:`code_of`.
        sources: Papers and projects.
    """

    stage: str
    plain: str
    analogy: str
    insight: str
    how: str
    mistakes: tuple[str, ...]
    fact_ids: tuple[str, ...]
    code_paths: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts to show."""
        return tuple(fact(item) for item in self.fact_ids)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the glossary terms marked anywhere in the notes, in order of first use."""
        texts = (self.plain, self.analogy, self.insight, self.how, *self.mistakes)
        return tuple(dict.fromkeys(name for text in texts for name in terms_in(text)))


@cache
def load_notes(stage_key: str) -> Notes:
    """Read a stage's notes.

    Raises:
        NotesError: if there is no such stage or its page is wrong.
    """
    if stage_key not in BY_KEY:
        raise NotesError(f"There is no stage called '{stage_key}'.")
    page = files("resources").joinpath("content", f"{stage_key}.md")
    return parse_notes(stage_key, page.read_text(encoding="utf-8"))


def parse_notes(stage_key: str, text: str) -> Notes:
    """Parse a page of notes: every section of :data:`SECTIONS`, once and in order.

    Raises:
        NotesError: for a missing, doubled, misplaced or empty section.
    """
    parts = re.split(r"^## +(.+?) *$", text, flags=re.MULTILINE)
    titles, bodies = tuple(parts[1::2]), [part.strip("\n") for part in parts[2::2]]
    if titles != SECTIONS:
        raise NotesError(
            f"The notes of '{stage_key}' have the sections {', '.join(titles)}, not {', '.join(SECTIONS)}."
        )
    plain, analogy, insight, how, mistakes, facts, code, sources = bodies
    for title, body in zip(SECTIONS, bodies, strict=True):
        if not body.strip() and title != "Show the code":
            raise NotesError(f"The section '{title}' of the notes of '{stage_key}' is empty.")
    return Notes(
        stage=stage_key,
        plain=plain.strip(),
        analogy=analogy.strip(),
        insight=insight.strip(),
        how=how.rstrip(),
        mistakes=_bullets(mistakes),
        fact_ids=tuple(item.removeprefix("fact:").strip() for item in _bullets(facts)),
        code_paths=tuple(item.strip("`") for item in _bullets(code)),
        sources=_bullets(sources),
    )


def terms_in(text: str) -> tuple[str, ...]:
    """Names of the glossary terms marked in a text, in order, as they stand in the marks."""
    return tuple(match.group(1).strip() for match in _TERM.finditer(text))


def plain_text(text: str) -> str:
    """The text without its marks, for screen readers and speaker notes."""
    return _INLINE.sub(_bare, text)


def inline_html(text: str) -> str:
    """Rich text of one line: bold, code and glossary links; everything else is escaped."""
    pieces, last = [], 0
    for match in _INLINE.finditer(text):
        pieces.append(_scripts(text[last : match.start()]))
        pieces.append(_mark_html(match))
        last = match.end()
    return "".join((*pieces, _scripts(text[last:])))


def blocks_html(text: str) -> str:
    """Rich text of paragraphs, bullet lists and formulas, separated by empty lines."""
    return "\n".join(_block_html(block) for block in re.split(r"\n\s*\n", text.strip("\n")) if block.strip())


def list_html(items: Iterable[str]) -> str:
    """Rich text of a bullet list; "" for an empty one."""
    rows = "".join(f"<li>{inline_html(item)}</li>" for item in items)
    return f"<ul>{rows}</ul>" if rows else ""


def facts_html(facts: Iterable[Fact]) -> str:
    """A table of facts: label, value, source and year, note and popular version where there are any."""
    return '<table width="100%">' + "".join(_fact_html(item) for item in facts) + "</table>"


def code_of(path: str) -> str:
    """Source text of ``module:name`` or ``module:Class.method``, found without importing the module.

    Raises:
        NotesError: if the module or the name is not in the source tree.
    """
    module, _, name = path.partition(":")
    package, *rest = module.split(".")
    if package not in ("simulator", "widgets") or not name:
        raise NotesError(f"'{path}' does not name code of this program, as simulator.facts:fact does.")
    folder = files(package)
    page = folder.joinpath(*rest[:-1], f"{rest[-1]}.py") if rest else folder.joinpath("__init__.py")
    if not page.is_file():
        page = folder.joinpath(*rest, "__init__.py")
    if not page.is_file():
        raise NotesError(f"There is no module {module}.")
    return _find_source(page.read_text(encoding="utf-8"), name, path)


def _find_source(source: str, name: str, path: str) -> str:
    scope: ast.AST = ast.parse(source)
    for part in name.split("."):
        found = next((node for node in ast.iter_child_nodes(scope) if _names(node, part)), None)
        if found is None:
            raise NotesError(f"There is no {path} in the source.")
        scope = found
    decorators = getattr(scope, "decorator_list", [])
    first = min([scope.lineno, *(item.lineno for item in decorators)])  # type: ignore[attr-defined]
    lines = source.splitlines()[first - 1 : scope.end_lineno]  # type: ignore[attr-defined]
    return textwrap.dedent("\n".join(lines))


def _names(node: ast.AST, name: str) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == name
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _bullets(text: str) -> tuple[str, ...]:
    joined = re.sub(r"\n {2,}(?=\S)", " ", text)
    return tuple(line[2:].strip() for line in joined.splitlines() if line.startswith("- "))


def _bare(match: re.Match[str]) -> str:
    code, bold, term, words = match.groups()
    return code or bold or words or term


def _mark_html(match: re.Match[str]) -> str:
    code, bold, term, words = match.groups()
    if code:
        return f"<code>{html.escape(code, quote=False)}</code>"
    if bold:
        return f"<b>{inline_html(bold)}</b>"
    return f'<a class="term" href="term:{quote(term.strip())}">{html.escape(words or term, quote=False)}</a>'


def _block_html(block: str) -> str:
    lines = block.splitlines()
    if all(line.startswith("    ") for line in lines):
        return '<p class="formula">' + "<br/>".join(_formula_line(line[4:]) for line in lines) + "</p>"
    if lines[0].startswith("- "):
        return list_html(_bullets(block))
    if lines[0].startswith("### "):
        rest = "\n".join(lines[1:])
        return f"<h4>{inline_html(lines[0][4:])}</h4>" + (_block_html(rest) if rest else "")
    return f"<p>{inline_html(' '.join(line.strip() for line in lines))}</p>"


def _scripts(text: str) -> str:
    """Escaped text with its indices lowered and its powers raised."""
    return _SCRIPT.sub(_script_html, html.escape(text, quote=False))


def _script_html(match: re.Match[str]) -> str:
    base, sign, group, short = match.groups()
    tag = "sub" if sign == "_" else "sup"
    return f"{base}<{tag}>{_SCRIPT.sub(_script_html, group or short)}</{tag}>"


def _formula_line(line: str) -> str:
    """Keep columns aligned: rich text would join runs of spaces."""
    return re.sub(r"^ +| {2,}", _hard_spaces, _scripts(line))


def _hard_spaces(match: re.Match[str]) -> str:
    return "&nbsp;" * len(match.group())


def _fact_html(item: Fact) -> str:
    label, value, note, source, popular = (
        html.escape(text, quote=False)
        for text in (item.label, item.text, item.note, item.source, item.popular)
    )
    lines = [f'<span class="source">{note}</span>'] if note else []
    lines += [f'<span class="caution">Often said: {popular}</span>'] if popular else []
    lines += [f'<span class="source">{source}, {item.year}</span>']
    left = f'<td style="padding-bottom: 0px"><span class="label">{label}</span></td>'
    right = f'<td align="right" style="padding-bottom: 0px"><span class="value">{value}</span></td>'
    below = f'<td colspan="2" style="padding-top: 0px">{"<br/>".join(lines)}</td>'
    return f"<tr>{left}{right}</tr><tr>{below}</tr>"
