"""What a person chooses about the doubts of a list before it is taken in. A choice concerns this list alone; the row
still says in the file what it says, and the choice is kept beside it with its author.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.reference import selectors as reference
from gongzhi.registry import creditcode, policies
from gongzhi.registry.enums import Fate, IntakeState
from gongzhi.registry.imports.choosing import field_of, possible
from gongzhi.registry.imports.comparing import compare, count
from gongzhi.registry.lists import RULES, Severity, read_value
from gongzhi.registry.lists.cells import UNITS, read_amount
from gongzhi.registry.lists.columns import fold
from gongzhi.registry.models import Intake, IntakeProblem, StagedRow

#: Which entry of the transparency log each action makes.
SEALS: dict[str, str] = {
    "choose": "Nothing of the register changes.",
}

#: Problems looked at, at a time.
AT_ONCE: Final = 2000


@transaction.atomic
def choose(
    *,
    actor: Actor,
    intake: Intake,
    choice: Mapping[str, str],
    problem: IntakeProblem | None = None,
    column: str = "",
    rule: str = "",
) -> int:
    """Settle one problem of a checked list, or every problem of a column (and rule) nobody has chosen about yet; how many.

    `choice` is `{"unit": "万元"}`, `{"value": "…"}` (one problem only), `{"leave": "open"}` or `{"leave": "out"}`, as far
    as `possible` allows it. Amounts the unit does not settle stay as they are. Raises `NotAllowed`, or `RuleViolation`
    in another state and for a choice that cannot be: a value that cannot be read either, a code of another row.
    """
    intake = Intake.objects.select_for_update(of=("self",)).get(pk=intake.pk)
    if not policies.can_take_in(actor, intake):
        raise NotAllowed("registry.import")
    if intake.state not in {IntakeState.CHECKED, IntakeState.FAILED}:
        raise RuleViolation("registry.list_not_waiting", _("This list does not wait for a choice now."))
    (kind, chosen), *others = choice.items() or [("", "")]
    wrong = RuleViolation("registry.choice_impossible", _("This cannot be chosen here."))
    if others or kind not in {"unit", "value", "leave"} or (kind == "unit" and chosen not in UNITS):
        raise wrong
    problems = IntakeProblem.objects.filter(intake=intake)
    if problem is not None:
        waiting = problems.filter(pk=problem.pk)
    elif column and kind != "value":
        waiting = problems.filter(column=column, choice__isnull=True, **({"rule": rule} if rule else {}))
    else:
        raise wrong
    settled, last = 0, 0
    while some := list(waiting.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        last = some[-1].pk
        fitting = [one for one in some if (chosen if kind == "leave" else kind) in possible(intake, one)]
        if problem is not None and not fitting:
            raise wrong
        settled += _settle(actor, intake, fitting, dict(choice), alone=problem is not None)
    if settled:
        rows = intake.counts["rows"]
        compare(intake, rows)
        intake.counts = count(intake, rows)
        intake.save(update_fields=["counts"])
        audit.record(
            actor=actor,
            event="registry.list.chosen",
            subject=intake,
            details={"choice": kind if kind != "leave" else chosen, "rule": rule, "settled": settled},
        )
    return settled


def _settle(actor: Actor, intake: Intake, problems: list[IntakeProblem], choice: dict[str, str], *, alone: bool) -> int:
    """Bring the rows of some problems to what was chosen; those it does not settle are left, or refused if `alone`."""
    rows = {one.row: one for one in StagedRow.objects.filter(intake_id=intake.pk, row__in={p.row for p in problems})}
    done: list[IntakeProblem] = []
    for problem in problems:
        row = rows.get(problem.row)
        if row is None:
            continue
        values, fault = _values(intake, problem, choice)
        if fault:
            if alone:
                raise RuleViolation(fault, RULES[fault].message, field="value")
            continue
        if values.get("code"):
            _check_code(actor, intake, row, values)
        for name, value in values.items():
            setattr(row, name, value)
        problem.choice, problem.chosen_by, problem.chosen_at = choice, actor.person_id, timezone.now()
        done.append(problem)
    IntakeProblem.objects.bulk_update(done, ["choice", "chosen_by", "chosen_at"], batch_size=500)
    touched = {problem.row for problem in done}
    blocked = _blocked(intake, touched)
    for line in touched:
        fate = blocked.get(line, Fate.NEW)
        if rows[line].fate in {Fate.HELD, Fate.REJECTED} or fate != Fate.NEW:
            rows[line].fate = fate
    written = [field.attname for field in StagedRow._meta.concrete_fields if field.attname not in {"intake_id", "row"}]
    StagedRow.objects.bulk_update([rows[line] for line in touched], written, batch_size=200)
    return len(done)


def _blocked(intake: Intake, lines: set[int]) -> dict[int, Fate]:
    """Rows that do not come in whatever else is chosen: left out by a person, or with a doubt about who it is."""
    found: dict[int, Fate] = {}
    for one in IntakeProblem.objects.filter(intake=intake, row__in=lines).order_by("pk"):
        choice = one.choice or {}
        if choice.get("leave") == "out" or one.severity == Severity.REJECTED:
            found[one.row] = Fate.REJECTED
        elif one.severity == Severity.HELD and "value" not in choice:
            found.setdefault(one.row, Fate.HELD)
    return found


def _values(intake: Intake, problem: IntakeProblem, choice: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Columns of the staged row as they are chosen to be, and the rule that keeps the choice out, or ""."""
    field = field_of(intake, problem)
    if "unit" in choice:
        found = read_amount(problem.value, note=fold(problem.column)[1], chosen=choice["unit"])
        return ({}, found) if isinstance(found, str) else ({"fund_fen": found}, "")
    if "value" in choice:
        values, fault = read_value(field, choice["value"], today=today())
        said = {name: None if value in ("", False) else value for name, value in values.items()}
        if not fault and not any(value is not None for value in said.values()):
            fault = "import.placeholder"
        identity = field in {"code", "number"}  # a code that is chosen does not take the number away
        return {name: value for name, value in said.items() if value is not None or not identity}, fault
    if (problem.choice or {}).keys() & {"unit", "value"} and problem.severity == Severity.FLAGGED and field:
        return dict.fromkeys(read_value(field, "", today=today())[0]), ""  # an earlier choice is taken back
    return {}, ""


def _check_code(actor: Actor, intake: Intake, row: StagedRow, values: dict[str, Any]) -> None:
    """A row that gets a code belongs to the registry the code names, and no other row has it."""
    others = StagedRow.objects.filter(intake_id=intake.pk, code=values["code"]).exclude(row=row.row)
    if other := others.order_by("row").first():
        text = str(RULES["import.code_conflict"].message) % {"other": other.row}
        raise RuleViolation("import.code_conflict", text, field="value")
    try:
        path = reference.path_of(creditcode.registry_division(values["code"]))
    except reference.UnknownDivision as error:
        division = creditcode.registry_division(values["code"])
        text = str(RULES["import.registry_unknown"].message) % {"division": division}
        raise RuleViolation("import.registry_unknown", text, field="value") from error
    if not policies.can_import_at(actor, path):
        raise RuleViolation("import.out_of_reach", RULES["import.out_of_reach"].message, field="value")
    values["path"] = path
