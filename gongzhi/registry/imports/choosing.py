"""What a person may choose about a doubt of a list."""

from __future__ import annotations

from typing import Final

from gongzhi.registry.lists import Severity
from gongzhi.registry.models import Intake, IntakeProblem

#: Rules whose doubt a unit can settle.
UNIT_RULES: Final = frozenset({"import.amount_unit_missing", "import.amount_unit_ambiguous"})
#: Doubts that another field settles than the one they stand in.
_FIELD_OF_RULE: Final = {"import.kind_unclear": "kind", "import.code_category": "kind", "import.kind_conflict": "kind"}


def field_of(intake: Intake, problem: IntakeProblem) -> str:
    """The field a problem is about; "" where it is about the whole row, a column, or a column that is not used."""
    if problem.rule in _FIELD_OF_RULE:
        return _FIELD_OF_RULE[problem.rule]
    field = str(intake.mapping["columns"].get(problem.column, "")) if problem.row > 1 else ""
    return "" if field == "sequence" else field


def possible(intake: Intake, problem: IntakeProblem) -> frozenset[str]:
    """What may be chosen: `value` (another one), `unit`, `open` (it stays a doubt), `out` (the row stays out).

    Nothing about a rejected row, which the file itself must say otherwise, and nothing about a column.
    """
    if problem.severity == Severity.REJECTED or problem.row <= 1:
        return frozenset()
    found = {"open", "out"}
    if field_of(intake, problem):
        found.add("value")
    if problem.rule in UNIT_RULES:
        found.add("unit")
    return frozenset(found)
