"""Store what datatrove decides of some documents, so that tests can hold ours against it where it is not installed.

By hand, from the project's root, with a Python that has datatrove, spacy and the project's numpy::

    PYTHONPATH=. python -m tests.make_rule_decisions
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

from tests.data.datatrove_rules import FAMILIES, Reference
from tests.data.rule_documents import rule_documents

TARGET = Path(__file__).parent / "data" / "rule_decisions.json"
COUNT, SEED, LONGEST = 210, 11, 1200


def decisions(texts: list[str]) -> list[dict[str, object]]:
    """Each text with the rule that drops it, family by family, and the hash of what C4's line rules leave."""
    references = {family: Reference((family,)) for family in FAMILIES} | {
        "end_mark": Reference(("c4",), end_mark=True)
    }
    rows: list[dict[str, object]] = []
    for text in texts:
        verdicts = {name: reference.decide(text) for name, reference in references.items()}
        rows.append({
            "text": text, "rules": {name: rule for name, (rule, _) in verdicts.items()},
            "left": len(verdicts["c4"][1]), "left_with_end_marks": len(verdicts["end_mark"][1]),
        })  # fmt: skip
    return rows


def main() -> int:
    """Write the file."""
    rows = decisions(rule_documents(COUNT, SEED, LONGEST))
    made_by = {name: version(name) for name in ("datatrove", "spacy")}
    lines = ",\n".join(json.dumps(row, ensure_ascii=True) for row in rows)
    TARGET.write_text(f'{{"made_by": {json.dumps(made_by)}, "documents": [\n{lines}\n]}}\n', encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
