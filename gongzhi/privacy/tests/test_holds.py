"""Notices held back for an investigation: two officials, a last day, none for ever, the number always shown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from gongzhi.audit.looks import Looking
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.privacy import actions
from gongzhi.privacy.models import Hold
from gongzhi.privacy.selectors import Owner, looked
from gongzhi.privacy.tests.test_looked import SYSTEM, hold, rita, seen
from gongzhi.privacy.tests.test_people import kinds
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def second() -> Actor:
    """Another official of Dana's office who may hold back notices: Rosa, with Dana's task."""
    from dataclasses import replace

    return replace(actor_of("rosa"), permissions=actor_of("dana").permissions)


def proposed(days: int = 30) -> Hold:
    with acting(actor_of("dana")) as actor:
        return actions.propose_hold(actor=actor, matter="示例 1 号", reason="示例", until=today() + days * DAY)


def test_one_proposes_a_second_approves_then_looks_wait_until_it_is_closed(client: Client) -> None:
    one = proposed()
    seen(looking=Looking(hold_id=one.pk))
    assert len(looked(Owner(person=rita().pk)).rows) == 1  # the control: not approved, nothing waits
    with acting(second()) as actor:
        one = actions.approve_hold(actor=actor, hold=one)
    found = looked(Owner(person=rita().pk))
    assert (len(found.rows), found.held.count, found.held.last_days) == (0, 1, [(1, one.until)])
    with acting(actor_of("dana")) as actor:
        actions.close_hold(actor=actor, hold=one)
    found = looked(Owner(person=rita().pk))
    assert (len(found.rows), found.held.count) == (1, 0)
    assert kinds() == ["privacy.hold_over"]
    with pytest.raises(RuleViolation, match="hold_over"), acting(actor_of("dana")) as actor:
        actions.close_hold(actor=actor, hold=one)


def test_who_proposed_does_not_approve_and_no_other_office_does() -> None:
    one = proposed()
    for actor_name in ("dana", "edith", "rosa", "rita"):
        with pytest.raises((NotAllowed, Hold.DoesNotExist)), acting(actor_of(actor_name)) as actor:
            actions.approve_hold(actor=actor, hold=one)
    with acting(second()) as actor:
        actions.approve_hold(actor=actor, hold=one)
        with pytest.raises(RuleViolation, match="hold_approved"):
            actions.approve_hold(actor=actor, hold=one)
    with pytest.raises(NotAllowed), acting(actor_of("rosa")) as actor:
        actions.close_hold(actor=actor, hold=one)
    with pytest.raises(NotAllowed), acting(actor_of("rosa")) as actor:
        actions.propose_hold(actor=actor, matter="x", reason="x", until=today())


def test_with_a_moved_clock_the_last_day_passes_and_everything_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    one = hold(until=30)
    seen(looking=Looking(hold_id=one.pk))
    assert not looked(Owner(person=rita().pk)).rows
    jobs.run_now("privacy.release_holds")
    assert kinds() == []  # the control
    later = one.until + DAY
    monkeypatch.setattr("gongzhi.privacy.selectors.today", lambda: one.until)
    assert not looked(Owner(person=rita().pk)).rows
    monkeypatch.setattr("gongzhi.privacy.selectors.today", lambda: later)
    found = looked(Owner(person=rita().pk))
    assert (len(found.rows), found.held.count) == (1, 0)
    moment = dt.datetime.combine(later, dt.time(9), dt.UTC)
    for _twice in range(2):
        jobs.run_now("privacy.release_holds", at=moment)
    assert kinds() == ["privacy.hold_over"]
    with pytest.raises(NotAllowed), acting(actor_of("adam")) as actor:
        actions.release_holds(actor=actor)


@pytest.mark.parametrize(
    "given", [{"matter": " "}, {"reason": ""}, {"until": today() - DAY}, {"until": today() + 400 * DAY}]
)
def test_a_proposal_needs_a_matter_a_reason_and_a_day_within_a_year(given: dict[str, Any]) -> None:
    good = {"matter": "示例 1 号", "reason": "示例", "until": today() + DAY}
    with pytest.raises(RuleViolation), acting(actor_of("dana")) as actor:
        actions.propose_hold(actor=actor, **{**good, **given})
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": today() + 1000 * DAY},
        {"until": today() - 1000 * DAY},
        {"approved_by": None},
        {"approved_by": "proposer"},
        {"reason": ""},
        {"matter": ""},
    ],
)
def test_postgresql_holds_to_two_persons_and_an_end(wrong: dict[str, Any]) -> None:
    one = hold()
    dana = account_of("dana").person_id
    changes = {"approved_by_id": dana} if wrong.get("approved_by") else wrong
    with acting(SYSTEM), pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.filter(pk=one.pk).update(**changes)


def test_the_person_sees_no_row_of_an_investigation_and_no_other_division_does() -> None:
    one = hold()
    for name, found in (("rita", 0), ("edith", 0), ("dana", 1)):
        with acting(actor_of(name)) as actor:
            assert Hold.objects.visible_to(actor).count() == Hold.objects.count() == found, name
    assert one.holds_on(today())


def test_the_pages_propose_mark_a_long_term_and_close(client: Client) -> None:
    dana = signed_in(client, "dana")
    day = today() + 300 * DAY
    given = {
        "matter": "示例 2 号",
        "reason": "示例",
        "until-year": day.year,
        "until-month": day.month,
        "until-day": day.day,
    }
    answer = dana.post("/workbench/holds/", given, secure=True)
    assert answer.status_code == 302, answer.content.decode()
    text = dana.get("/workbench/holds/", secure=True).content.decode()
    assert "示例 2 号" in text
    assert "比通常长" in text
    with acting(SYSTEM):
        one = Hold.objects.get()
    assert dana.post(f"/workbench/holds/{one.public_id}/", {"do": "approve"}, secure=True).status_code == 403
    assert dana.post(f"/workbench/holds/{one.public_id}/", {"do": "close"}, secure=True).status_code == 302
    assert dana.post(f"/workbench/holds/{one.public_id}/", {"do": "close"}, secure=True).status_code == 422
    assert dana.post("/workbench/holds/", {"matter": "留着"}, secure=True).content.decode().count("留着") >= 1
