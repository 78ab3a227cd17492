"""Staged rows beside the register: which are new, which say otherwise, and who is missing. Writes only into the staging."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from gongzhi.orgs.enums import ENDED
from gongzhi.orgs.models import Organization
from gongzhi.registry.enums import Fate, IntakeState
from gongzhi.registry.imports.stated import DIFFERS
from gongzhi.registry.lists import Problem, Severity
from gongzhi.registry.models import Intake, IntakeProblem, StagedRow

#: Rows that come in.
COME: Final = (Fate.NEW, Fate.CHANGED, Fate.UNCHANGED)
#: From so many rows on a list is better joined whole than row by row.
LONG: Final = 5000

#: Two bodies without a code that would stand under one number at one place.
_SAME_NUMBER: Final = """
    WITH twice AS (
        SELECT "row", first_value("row") OVER same AS first, lead("row") OVER same AS next, number
        FROM registry_staged
        WHERE intake_id = %(intake)s AND code IS NULL AND fate IN ('new', 'changed', 'unchanged')
        WINDOW same AS (PARTITION BY number, path ORDER BY "row" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ), told AS (
        SELECT "row", number, CASE WHEN "row" = first THEN next ELSE first END AS other
        FROM twice WHERE "row" <> first OR next IS NOT NULL
    ), marked AS (
        UPDATE registry_staged AS s SET fate = 'rejected' FROM told WHERE s.intake_id = %(intake)s AND s."row" = told."row"
    )
    INSERT INTO registry_intake_problem (intake_id, "row", "column", value, rule, severity, params)
    SELECT %(intake)s, "row", '', number, 'import.number_conflict', 'rejected', jsonb_build_object('other', other) FROM told
"""
#: A list is compared with what the register says of its day. Where the register knows nothing of that day, everything
#: the row states is new to it.
_COMPARE: Final = f"""
    UPDATE registry_staged AS staged SET org_id = found.org_id, version_id = found.version_id, fate = found.fate
    FROM (
        SELECT s."row", body.id AS org_id, v.id AS version_id,
            CASE WHEN v.id IS NULL OR {DIFFERS}
                OR (s.host IS NOT NULL AND NOT EXISTS (
                    SELECT FROM registry_host AS h WHERE h.org_id = body.id AND h.name = s.host AND h.known_to IS NULL))
            THEN 'changed' ELSE 'unchanged' END AS fate
        FROM registry_staged AS s
        JOIN orgs_organization AS body ON {{same}}
        LEFT JOIN LATERAL (
            SELECT * FROM registry_version
            WHERE org_id = body.id AND known_to IS NULL
              AND valid_from <= greatest(%(on)s, coalesce(body.registered_on, %(on)s))
            ORDER BY valid_from DESC LIMIT 1
        ) AS v ON true
        WHERE s.intake_id = %(intake)s AND s.fate IN ('new', 'changed', 'unchanged')
    ) AS found
    WHERE staged.intake_id = %(intake)s AND staged."row" = found."row"
"""  # noqa: S608  # our own statements
_BY_CODE: Final = "body.credit_code = s.code"
_BY_NUMBER: Final = "s.code IS NULL AND body.number = s.number AND body.path = s.path AND body.credit_code IS NULL"

#: Bodies the newest earlier list about the same registry and kind had named, and this list does not.
_VANISHED: Final = """
    WITH named AS ({named}),
    about AS (SELECT DISTINCT body.path, body.kind FROM orgs_organization AS body JOIN named ON named.org_id = body.id),
    told AS (
        SELECT body.id, body.path, body.kind, said.source_id
        FROM about JOIN orgs_organization AS body ON body.path = about.path AND body.kind = about.kind
        JOIN (
            SELECT org_id, source_id FROM registry_version UNION SELECT org_id, source_id FROM registry_confirmation
        ) AS said ON said.org_id = body.id
        JOIN registry_source AS source ON source.id = said.source_id AND source.kind = 'list'
        LEFT JOIN registry_intake AS intake ON intake.source_id = source.id
        WHERE {earlier} AND intake.state IS DISTINCT FROM 'undone'
    ),
    newest AS (SELECT path, kind, max(source_id) AS source_id FROM told GROUP BY path, kind)
    SELECT DISTINCT told.id FROM told JOIN newest USING (path, kind, source_id)
    WHERE NOT EXISTS (SELECT FROM named WHERE named.org_id = told.id)
"""
#: Before a list is taken in its rows say whom it names, afterwards its source does.
_NAMED_BY_ROWS: Final = (
    "SELECT org_id FROM registry_staged WHERE intake_id = %(intake)s AND org_id IS NOT NULL"
    " AND fate IN ('changed', 'unchanged', 'held')"
)
_NAMED_BY_SOURCE: Final = (
    "SELECT org_id FROM registry_version WHERE source_id = %(source)s"
    " UNION SELECT org_id FROM registry_confirmation WHERE source_id = %(source)s"
)


@contextmanager
def set_based(rows: int) -> Iterator[None]:
    """Keep the planner from going row by row through a long list. It knows nothing of rows staged a moment ago, takes
    them for a handful, and would read the whole list once for each of them. Sorts and joins of a long list stay in memory.
    """
    if rows <= LONG:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_nestloop'), current_setting('work_mem')")
        before = cursor.fetchone()
        settings = "SELECT set_config('enable_nestloop', %s, true), set_config('work_mem', %s, true)"
        cursor.execute(settings, ["off", "128MB"])
        yield
        cursor.execute(settings, before)


def compare(intake: Intake, rows: int) -> None:
    """Say of every row that may come in whether it is new, changed or unchanged. `rows` is how many there are."""
    values: dict[str, Any] = {"intake": intake.pk, "on": intake.dated_on}
    with set_based(rows), connection.cursor() as cursor:
        cursor.execute(_SAME_NUMBER, values)
        for same in (_BY_CODE, _BY_NUMBER):
            cursor.execute(_COMPARE.format(same=same), values)


def count(intake: Intake, rows: int) -> dict[str, int]:
    """The counts of a list that has been compared. `rows` are those of the file that are not blank."""
    fates: dict[str, int] = dict.fromkeys(Fate.values, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT fate, count(*) FROM registry_staged WHERE intake_id = %s GROUP BY fate", [intake.pk])
        fates.update(cursor.fetchall())
    flagged = IntakeProblem.objects.filter(
        Q(choice__isnull=True) | Q(choice__leave="open"), intake=intake, severity=Severity.FLAGGED, row__gt=1
    )
    return {
        "rows": rows,
        "created": fates[Fate.NEW],
        "changed": fates[Fate.CHANGED],
        "unchanged": fates[Fate.UNCHANGED],
        "flagged": flagged.values("row").distinct().count(),
        "rejected": rows - sum(fates[fate] for fate in COME),
        "vanished": vanished_from(intake, rows).count(),
    }


def vanished_from(intake: Intake, rows: int = 0) -> QuerySet[Organization]:
    """Bodies of the registries and kinds this list speaks of that their previous list named and this one does not.

    Nothing happens to them: a list that leaves a body out does not say that it has ended. In no order. `rows` is how many the
    list has, where its counts are not kept yet.
    """
    rows = rows or (intake.counts or {}).get("rows", 0)
    values: dict[str, Any] = {"intake": intake.pk, "source": intake.source_id}
    if intake.source_id is not None:
        statement = _VANISHED.format(named=_NAMED_BY_SOURCE, earlier="source.id < %(source)s")
    elif intake.state in {IntakeState.APPLIED, IntakeState.UNDONE}:
        return Organization.objects.none()  # the same file had said everything before
    else:
        statement = _VANISHED.format(named=_NAMED_BY_ROWS, earlier="true")
    with set_based(rows), connection.cursor() as cursor:
        cursor.execute(statement, values)
        missing = [pk for (pk,) in cursor.fetchall()]
    return Organization.objects.filter(pk__in=missing).exclude(standing__in=ENDED)


def problems_of(intake: Intake) -> QuerySet[IntakeProblem]:
    """The problems of a list in the order of its rows."""
    return IntakeProblem.objects.filter(intake=intake).order_by("row", "pk")


def as_problem(one: IntakeProblem) -> Problem:
    """A kept problem as the reader made it, with its texts in the reader's language."""
    return Problem(one.row, one.column, one.value, one.rule, Severity(one.severity), one.params)


def rows_of(intake: Intake) -> QuerySet[StagedRow]:
    """The rows of a list that has not been taken in yet, in the order of the file."""
    return StagedRow.objects.filter(intake_id=intake.pk).order_by("row")


# --- how far one is that is being taken in ---


@dataclass(frozen=True)
class Progress:
    """How much of a list has been taken in: rows done, of twice as many as enter (they are written, then prepared)."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """0 to 100."""
        return min(100, self.done * 100 // self.total) if self.total else 100


def tell_progress(intake: Intake, done: int, total: int) -> None:
    """Say how far this session is. Others see it although nothing has been committed, and it ends with the session."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('application_name', %s, true)", [f"gongzhi intake {intake.public_id} {done}/{total}"]
        )


def progress_of(intake: Intake) -> Progress | None:
    """How far the session is that is taking this list in; None when there is none, also because it has died."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name LIKE %s LIMIT 1",
            [f"gongzhi intake {intake.public_id} %"],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    done, _slash, total = row[0].rpartition(" ")[2].partition("/")
    return Progress(int(done), int(total))
