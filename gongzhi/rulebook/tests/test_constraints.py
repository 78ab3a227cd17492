"""What can never be true in the table, and that its rows cannot be changed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from gongzhi.rulebook.models import Parameter

MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
GOOD: dict[str, Any] = {
    "code": "test.number",
    "path": "44/4403/",
    "value": Decimal(1),
    "unit": "day",
    "article": "《法》第一条",
    "source": "2020年",
    "evidence": "V",
    "set_by": "agency:1",
    "reason": "test",
    "valid_from": dt.date(2026, 1, 1),
    "known_from": MOMENT,
}


def insert(**changes: Any) -> Parameter:
    with transaction.atomic():
        return Parameter.objects.create(**(GOOD | changes))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("rulebook_parameter_code", {"code": "Number"}, {"code": "a.b_1.c.d"}),
        ("rulebook_parameter_path", {"path": "4403/"}, {"path": "42/429004/"}),
        ("rulebook_parameter_path", {"path": "/"}, {"path": ""}),
        ("rulebook_parameter_value", {"value": Decimal(-1)}, {"value": Decimal(0)}),
        (
            "rulebook_parameter_month_day",
            {"unit": "month_day", "value": Decimal(31)},
            {"unit": "month_day", "value": 531},
        ),
        ("rulebook_parameter_unit", {"unit": "week"}, {"unit": "working_day"}),
        ("rulebook_parameter_evidence", {"evidence": "X"}, {"evidence": "G"}),
        ("rulebook_parameter_cited", {"article": ""}, {"article": "《法》"}),
        ("rulebook_parameter_cited", {"source": ""}, {"source": "2021年"}),
        ("rulebook_parameter_reasoned", {"reason": ""}, {"reason": "", "set_by": "package"}),
        ("rulebook_parameter_reasoned", {"set_by": ""}, {"set_by": "process:test"}),
        ("rulebook_parameter_known", {"known_to": MOMENT - dt.timedelta(1)}, {"known_to": MOMENT}),
    ],
)
def test_a_constraint_refuses_the_bad_row_and_takes_the_good_one(
    name: str, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=name):
        insert(**bad)
    assert insert(**good).pk


@pytest.mark.django_db
def test_one_number_has_one_belief_a_day() -> None:
    insert(known_to=MOMENT)
    insert()
    with pytest.raises(IntegrityError, match="rulebook_parameter_one_current"):
        insert()
    insert(path="44/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rulebook_parameter SET value = 2",
        "UPDATE rulebook_parameter SET value = 2, known_to = now()",
        "DELETE FROM rulebook_parameter",
        "TRUNCATE rulebook_parameter",
    ],
)
def test_the_application_cannot_change_a_version(statement: str) -> None:
    insert()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_a_version_is_closed_once_and_never_opened_again() -> None:
    row = insert()
    Parameter.objects.filter(pk=row.pk).update(known_to=MOMENT)
    for moment in (MOMENT + dt.timedelta(1), None):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Parameter.objects.filter(pk=row.pk).update(known_to=moment)
