"""Letters and calls: how a notice reaches somebody without phone and e-mail, and how it is known that it did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.accounts.actions import errands as actions
from gongzhi.accounts.models import Errand
from gongzhi.accounts.tests.people import SYSTEM, born, errand, register, resident_number
from gongzhi.audit.models import Look
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify import actions as notices
from gongzhi.notify import contracts, selectors
from gongzhi.notify.contracts import NoticeKind
from gongzhi.notify.enums import Category
from gongzhi.notify.models import Message, Proof
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db

LEGAL = NoticeKind(
    code="tests.decision", label="Decision", purpose="Why", subject="Decision", text="It was decided.",
    category=Category.LEGAL, may_be_switched_off=False,
)  # fmt: skip
NEWS = NoticeKind(
    code="tests.news", label="News", purpose="Why", subject="News", text="Something is new.", category=Category.NEWS
)


@pytest.fixture
def kinds() -> Iterator[None]:
    contracts.register_kind(LEGAL)
    contracts.register_kind(NEWS)
    yield
    for one in (LEGAL, NEWS):
        del contracts._kinds[one.code]


def leave(person_id: int, kind: str = LEGAL.code, key: str = "case:1") -> None:
    with acting(SYSTEM) as actor:
        notices.notify(actor=actor, person_id=person_id, kind=kind, params={}, key=key, url_name="portal:my")


def make() -> int:
    with acting(SYSTEM) as actor:
        return actions.make_errands(actor=actor)


def finish(row: Errand, who: str = "dana", **changes: Any) -> Errand:
    given: dict[str, Any] = {"on": today(), "hand": "letter", "receipt": "xa-123"}
    with acting(actor_of(who)) as actor:
        return actions.finish_errand(actor=actor, errand=row, **given | changes)


def test_what_must_be_known_is_told_by_hand_once_and_news_are_not(kinds: None) -> None:
    person = register().card.person_id
    leave(person)
    leave(person, NEWS.code, "news:1")
    leave(account_of("rita").person_id)  # who has an address needs no letter
    assert (make(), make()) == (1, 0)
    with acting(SYSTEM):
        row = Errand.objects.get()
    assert (row.kind, row.way, row.path, row.state) == (LEGAL.code, "letter", "44/4403/", "open")


def test_the_first_card_is_no_news_to_who_holds_it_and_a_blocked_one_is() -> None:
    register()
    assert make() == 0
    assert errand(number=resident_number(born(70), 333)).kind == "accounts.card_changed"


def test_what_was_read_on_the_platform_meanwhile_needs_no_letter(kinds: None) -> None:
    person = register().card.person_id
    leave(person)
    make()
    with acting(SYSTEM):
        Message.objects.filter(person_id=person).update(read_at=dt.datetime.now(dt.UTC))
    make()
    with acting(SYSTEM):
        row = Errand.objects.get()
        assert row.state == "needless"
    with pytest.raises(RuleViolation):
        finish(row)


def test_a_legal_notice_is_proved_by_the_letter_and_the_person_sees_it(kinds: None) -> None:
    person = register().card.person_id
    leave(person)
    make()
    with acting(SYSTEM):
        row = Errand.objects.get()
    done = finish(row)
    assert (done.state, done.receipt) == ("done", "XA-123")
    with acting(SYSTEM):
        message = Message.objects.get(person_id=person, key="case:1")
        assert [str(how) for how, _channel, _at in selectors.proofs_of(message)] == ["寄信"]
        assert Proof.objects.get().channel == "letter"
    with pytest.raises(RuleViolation):
        finish(row)


def test_a_notice_that_is_not_legal_is_done_without_a_proof() -> None:
    finish(errand())
    with acting(SYSTEM):
        assert not Proof.objects.exists()
    with pytest.raises(NotAllowed):
        notices.prove_by_hand(actor=SYSTEM, person_id=1, key="x", kind="x", hand="pigeon", at=dt.datetime.now(dt.UTC))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"on": dt.date(2020, 1, 1)}, "on"),
        ({"on": dt.date(2999, 1, 1)}, "on"),
        ({"hand": "pigeon"}, "hand"),
        ({"receipt": "李××收"}, "receipt"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    row = errand()
    with pytest.raises(RuleViolation) as caught:
        finish(row, **changes)
    assert caught.value.field == field


def test_only_the_counter_of_the_division_finishes_and_only_the_platform_makes() -> None:
    row = errand()
    for who in ("rita", "rosa", "edith", "adam", "alice", "visitor"):
        with pytest.raises((NotAllowed, Errand.DoesNotExist)):
            finish(row, who)
        with pytest.raises(NotAllowed), acting(actor_of(who)) as actor:
            actions.make_errands(actor=actor)


def test_the_official_opens_name_and_address_as_a_look_and_marks_it_done(client: Client) -> None:
    row = errand()
    dana, address = signed_in(client, "dana"), f"/workbench/counter/errands/{row.public_id}/"
    assert row.public_id in dana.get("/workbench/counter/errands/", secure=True).content.decode()
    assert "示例村 5 号" not in dana.get(address, secure=True).content.decode()
    assert not Look.objects.filter(purpose="errand.deliver").exists()
    assert "示例村 5 号" in dana.post(address, {"show": "1"}, secure=True).content.decode()
    assert Look.objects.filter(purpose="errand.deliver", owner_person=row.person_id).count() == 2
    assert dana.post(address, {"hand": "letter"}, secure=True).status_code == 422
    day = today()
    given = {"on-year": day.year, "on-month": day.month, "on-day": day.day, "hand": "call", "receipt": ""}
    assert dana.post(address, given, secure=True).status_code == 302
    assert row.public_id not in dana.get("/workbench/counter/errands/", secure=True).content.decode()
    assert dana.get(address, secure=True).status_code == 200
    assert dana.post(address, given, secure=True).status_code == 422


def test_the_list_asks_the_same_number_of_questions_for_three_and_for_thirty(client: Client) -> None:
    row, dana = errand(), signed_in(client, "dana")

    def add(many: int) -> None:
        with acting(SYSTEM):
            for _one in range(many):
                row.pk, row.public_id, row.key = None, f"{Errand.objects.count():010}", f"x:{Errand.objects.count()}"
                row.save(force_insert=True)

    def questions() -> int:
        with CaptureQueriesContext(connection) as found:
            assert dana.get("/workbench/counter/errands/", secure=True).status_code == 200
        return len(found)

    add(2)
    few = questions()
    add(27)
    assert questions() == few


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "done"}, "done"),
        ({"done_on": dt.date(2026, 1, 1)}, "done"),
        ({"receipt": "李"}, "receipt"),
    ],
)
def test_impossible_errands_are_refused_by_the_database(changes: dict[str, Any], constraint: str) -> None:
    row = errand()
    with acting(SYSTEM), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Errand.objects.filter(pk=row.pk).update(**changes)
    with acting(SYSTEM), pytest.raises(IntegrityError, match="once"), transaction.atomic():
        row.pk, row.public_id = None, "0000000000"
        row.save(force_insert=True)


def test_an_errand_is_seen_by_the_person_and_the_counter_alone() -> None:
    errand()
    for who, many in {"dana": 1, "edith": 0, "rita": 0, "alice": 0, "visitor": 0}.items():
        with acting(actor_of(who)) as actor:
            assert Errand.objects.visible_to(actor).count() == Errand.objects.count() == many, who
