"""What can never be true in the tables, and the second wall around them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.utils import timezone

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import RuleViolation
from gongzhi.notify import actions
from gongzhi.notify.enums import TRANSITIONS, Delivery
from gongzhi.notify.models import Message, Outbox, Preference, Proof
from gongzhi.notify.tests.conftest import Book
from tests.world import account_of, actor_of

PROCESS = Actor.system("test")
NOW = timezone.now()
MESSAGE = {"person_id": 1, "kind": "a.b", "key": "k", "created_at": NOW}
OUTBOX = {"person_id": 1, "kind": "a.b", "key": "k", "channel": "mail"}
PROOF = {"person_id": 1, "kind": "a.b", "key": "k", "how": "opened", "at": NOW}
PREFERENCE = {"person_id": 1, "kind": "a.b", "channel": "mail", "on": False}


def insert(model: type[models.Model], values: dict[str, Any]) -> None:
    with acting(PROCESS):
        model._default_manager.create(**values)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "model", "bad", "good"),
    [
        ("notify_message_named", Message, MESSAGE | {"kind": ""}, MESSAGE),
        ("notify_message_named", Message, MESSAGE | {"key": ""}, MESSAGE),
        (
            "notify_message_read_after",
            Message,
            MESSAGE | {"read_at": NOW - dt.timedelta(1)},
            MESSAGE | {"read_at": NOW},
        ),
        ("notify_outbox_channel", Outbox, OUTBOX | {"channel": "pigeon"}, OUTBOX | {"channel": "sms"}),
        ("notify_outbox_state", Outbox, OUTBOX | {"state": "lost"}, OUTBOX | {"state": "sending"}),
        ("notify_outbox_reason", Outbox, OUTBOX | {"reason": "why not"}, OUTBOX | {"reason": "error"}),
        ("notify_outbox_sent", Outbox, OUTBOX | {"state": "sent"}, OUTBOX | {"state": "sent", "sent_at": NOW}),
        ("notify_outbox_sent", Outbox, OUTBOX | {"sent_at": NOW}, OUTBOX),
        (
            "notify_outbox_explained",
            Outbox,
            OUTBOX | {"state": "failed"},
            OUTBOX | {"state": "failed", "reason": "error"},
        ),
        ("notify_outbox_attempts", Outbox, OUTBOX | {"unknown_ends": 1}, OUTBOX | {"unknown_ends": 1, "attempts": 1}),
        (
            "notify_outbox_receipt",
            Outbox,
            OUTBOX | {"receipt": "delivered", "receipt_at": NOW},
            OUTBOX | {"receipt": "delivered", "receipt_at": NOW, "state": "sent", "sent_at": NOW},
        ),
        ("notify_outbox_receipt", Outbox, OUTBOX | {"receipt_at": NOW}, OUTBOX),
        ("notify_proof_(how|channel)", Proof, PROOF | {"how": "rumour"}, PROOF),
        ("notify_proof_channel", Proof, PROOF | {"channel": "sms"}, PROOF | {"how": "receipt", "channel": "sms"}),
        ("notify_proof_channel", Proof, PROOF | {"how": "receipt"}, PROOF),
        ("notify_preference_channel", Preference, PREFERENCE | {"channel": "pigeon"}, PREFERENCE),
    ],
)
def test_a_constraint_refuses_the_bad_row_and_takes_the_good_one(
    name: str, model: type[models.Model], bad: dict[str, Any], good: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=name):
        insert(model, bad)
    insert(model, good)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "model", "values", "other"),
    [
        ("notify_message_once", Message, MESSAGE, {"person_id": 2}),
        ("notify_outbox_once", Outbox, OUTBOX, {"channel": "sms"}),
        ("notify_preference_once", Preference, PREFERENCE, {"kind": "a.c"}),
    ],
)
def test_there_is_one_of_each(
    name: str, model: type[models.Model], values: dict[str, Any], other: dict[str, Any]
) -> None:
    insert(model, values)
    with pytest.raises(IntegrityError, match=name):
        insert(model, values)
    insert(model, values | other)


@pytest.mark.django_db
def test_a_message_changes_only_by_being_read() -> None:
    insert(Message, MESSAGE)
    with acting(PROCESS):
        Message.objects.update(read_at=NOW)
        with pytest.raises(DatabaseError), transaction.atomic():
            Message.objects.update(kind="other.kind")


@pytest.mark.parametrize("before", Delivery.values)
@pytest.mark.parametrize("after", Delivery.values)
def test_deliveries_move_only_as_the_table_says(before: str, after: str) -> None:
    row = Outbox(state=before)
    if after in TRANSITIONS.get(before, frozenset()):
        row.move_to(after)
        assert row.state == after
    else:
        with pytest.raises(RuleViolation):
            row.move_to(after)


def counts() -> tuple[int, int, int]:
    """Rows each table shows without any filter of ours."""
    found = []
    with connection.cursor() as cursor:
        for table in ("notify_message", "notify_outbox", "notify_preference"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            found.append(int(cursor.fetchone()[0]))
    return found[0], found[1], found[2]


def test_the_second_wall_shows_a_person_their_own_rows_only(fresh_database: str, book: Book) -> None:
    for number, name in enumerate(("rita", "rosa")):
        person_id = account_of(name).person_id
        with acting(actor_of("dana")) as dana:
            actions.notify(actor=dana, person_id=person_id, kind="tests.reminder", params={"number": number}, key="k")
    rita = actor_of("rita")
    with acting(rita):
        actions.set_preference(actor=rita, kind="tests.reminder", channel="mail", on=False)
        assert counts() == (1, 1, 1)
        assert Message.objects.get().person_id == rita.person_id
    for actor in (actor_of("dana"), actor_of("adam"), actor_of("rosa"), Actor.visitor()):
        with acting(actor):
            assert counts() == (0, 0, 0)
    assert counts() == (0, 0, 0)  # and without any scope
    with acting(PROCESS):
        assert counts() == (2, 2, 1)  # the negative control: the rows are there


def test_the_second_wall_keeps_others_from_changing_and_choosing(fresh_database: str, book: Book) -> None:
    rita, rosa = account_of("rita").person_id, account_of("rosa").person_id
    with acting(PROCESS):
        Message.objects.create(person_id=rosa, kind="a.b", key="k")
    with acting(actor_of("rita")):
        assert Message.objects.update(read_at=timezone.now()) == 0
        assert Message.objects.all().delete()[0] == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Preference.objects.create(person_id=rosa, kind="a.b", channel="mail", on=False)
        Preference.objects.create(person_id=rita, kind="a.b", channel="mail", on=False)
    with acting(PROCESS):
        assert Message.objects.get().read_at is None
