"""Who looked at my data: every read by somebody else, refused tries, in words, and the number held back."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from gongzhi.accounts.models import Person
from gongzhi.audit.enums import How
from gongzhi.audit.looks import Looking, concerns, look, reveal, write_look
from gongzhi.audit.models import Event, Look
from gongzhi.core import crypto
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, NotVisible
from gongzhi.core.times import today
from gongzhi.orgs.models import Agency
from gongzhi.privacy import actions, selectors
from gongzhi.privacy.enums import Shown
from gongzhi.privacy.models import Hold
from gongzhi.privacy.purposes import FIELDS, PURPOSES
from gongzhi.privacy.selectors import Owner, held_back, looked
from gongzhi.registry.models import Objection
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("privacy.test")


def rita() -> Person:
    with acting(SYSTEM):
        return Person.objects.get(pk=account_of("rita").person_id)


def seen(name: str = "dana", *, times: int = 1, purpose: str = "contact.matter", **more: Any) -> None:
    """Somebody of the cast opens Rita's phone number."""
    for _at in range(times):
        write_look(
            actor=actor_of(name),
            subject_kind="accounts.person",
            subject_id=rita().pk,
            purpose=purpose,
            fields=["phone_sealed"],
            owner=(rita().pk, None),
            **more,
        )


def page(client: Client, query: str = "") -> str:
    answer = signed_in(client, "rita").get(f"/my/looked/{query}", secure=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


# --- what a look remembers ---


def test_a_look_names_whose_data_it_was() -> None:
    assert concerns(rita()) == (rita().pk, None)
    assert concerns(Objection(person_id=7, org_id=9)) == (7, None)  # the body it is about is not its owner
    with acting(actor_of("dana")) as dana:
        look(actor=dana, subject=rita(), purpose="contact.matter", fields=["phone_sealed"])
    row = Look.objects.about(person=rita().pk).get()
    assert (row.owner_person, row.owner_org, row.how, row.refused) == (rita().pk, None, How.PAGE, False)


def test_a_look_of_the_time_before_owners_is_found_by_its_subject() -> None:
    write_look(actor=actor_of("dana"), subject_kind="accounts.person", subject_id=rita().pk, purpose="contact.matter")
    assert len(looked(Owner(person=rita().pk)).rows) == 1
    assert not looked(Owner(person=account_of("rosa").person_id)).rows


def test_a_value_moved_to_another_row_does_not_open_and_that_is_written_down() -> None:
    with acting(SYSTEM):
        one, other = rita(), Person.objects.get(pk=account_of("dana").person_id)
        assert reveal(SYSTEM, one, "name_sealed", purpose="contact.matter") == "李××"  # the control
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_person p SET name_sealed = o.name_sealed FROM accounts_person o"
                " WHERE (p.id, o.id) IN ((%s, %s), (%s, %s))",
                [one.pk, other.pk, other.pk, one.pk],
            )
        one.refresh_from_db()
        assert bytes(one.name_sealed)
        with pytest.raises(crypto.CannotOpen):
            reveal(SYSTEM, one, "name_sealed", purpose="contact.matter")
    event = Event.objects.get(event="audit.seal.broken")
    assert (event.subject_kind, event.subject_id, event.details) == (
        "accounts.person",
        one.pk,
        {"field": "name_sealed"},
    )


# --- the page ---


def test_the_page_says_office_purpose_field_and_time_in_words(client: Client) -> None:
    seen()
    text = page(client)
    assert "深圳市民政局" in text
    assert "达××" in text
    assert "手机号" in text
    assert str(PURPOSES["contact.matter"].words) in text
    assert "contact.matter" not in text
    assert "phone_sealed" not in text


def test_what_a_person_reads_of_their_own_is_no_line_and_what_others_read_is_nobody_elses(client: Client) -> None:
    with acting(actor_of("rita")) as actor:
        look(actor=actor, subject=rita(), purpose="contact.matter", fields=["name_sealed"])
    assert "没有人看过" in page(client)
    seen()
    assert not looked(Owner(person=account_of("rosa").person_id)).rows
    assert len(looked(Owner(person=rita().pk)).rows) == 1


def test_a_refused_try_about_somebody_is_shown_to_them_as_refused(client: Client) -> None:
    row = rita()
    write_look(
        actor=actor_of("edith"),
        subject_kind=row._meta.label_lower,
        subject_id=row.pk,
        purpose="refused.404",
        refused=True,
        owner=concerns(row),
    )
    text = page(client)
    assert "浙江省民政厅" in text
    assert "什么都没看到" in text
    assert looked(Owner(person=row.pk)).rows[0].shown is Shown.REFUSED


@pytest.mark.parametrize("error", [NotAllowed, NotVisible])
def test_the_door_writes_down_whom_a_refusal_was_about(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    row = rita()

    def refuse(_request: object) -> None:
        raise NotVisible(row, purpose="contact.check") if error is NotVisible else NotAllowed("x.y", about=row)

    monkeypatch.setattr("gongzhi.privacy.policies.can_read_out", refuse)
    status = signed_in(client, "edith").get("/workbench/counter/looked/", secure=True).status_code
    assert status == (404 if error is NotVisible else 403)
    found = Look.objects.get(refused=True)
    assert (found.owner_person, found.subject_kind, found.subject_id) == (row.pk, "accounts.person", row.pk)
    assert found.purpose == ("contact.check" if error is NotVisible else "refused.403")


def test_a_plain_404_names_nobody(client: Client) -> None:
    signed_in(client, "dana").get("/my/searches/NOTHING/", secure=True)
    assert not Look.objects.filter(refused=True).exists()


def test_the_page_filters_counts_by_month_and_pages_by_cursor(client: Client) -> None:
    seen(times=25)
    seen(looking=Looking(How.EXPORT, batch_id=1))
    seen("edith", refused=True, purpose="refused.404")
    first = looked(Owner(person=rita().pk))
    assert len(first.rows) == selectors.PAGE
    assert (first.months[0].seen, first.months[0].export, first.months[0].refused) == (25, 1, 1)
    second = looked(Owner(person=rita().pk), cursor=first.page.next or "")
    assert len(second.rows) == 27 - selectors.PAGE
    assert {row.look.pk for row in first.rows}.isdisjoint(row.look.pk for row in second.rows)
    assert [row.shown for row in looked(Owner(person=rita().pk), only="export").rows] == [Shown.EXPORT]
    assert [row.shown for row in looked(Owner(person=rita().pk), only="refused").rows] == [Shown.REFUSED]
    assert page(client, "?only=export").count("<li class=") >= 1
    for strange in ("?only=nonsense", "?cursor=nonsense", "?only=refused&cursor=%00"):
        assert page(client, strange)


def test_three_lines_cost_as_many_queries_as_thirty(client: Client) -> None:
    signed_in(client, "rita")
    seen(times=3)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/my/looked/", secure=True)
    seen(times=27)
    with CaptureQueriesContext(connection) as many:
        client.get("/my/looked/", secure=True)
    assert len(many) == len(few)


def test_the_page_is_whole_in_english_too(client: Client) -> None:
    seen()
    text = signed_in(client, "rita").get("/en/my/looked/", secure=True).content.decode()
    assert "Who looked at my data" in text
    assert "Phone number" in text


def test_an_organization_sees_who_saw_its_own_house_and_no_person_does() -> None:
    organization = Actor(kind=ActorKind.ORGANIZATION, scope=Scope(org=12), org_id=12, person_id=rita().pk)
    write_look(
        actor=actor_of("dana"), subject_kind="files.upload", subject_id=3, purpose="registry.list", fields=["content"],
        owner=(None, 12),
    )  # fmt: skip
    with acting(organization):
        rows = looked(Owner.of(organization)).rows
    assert [str(row.office) for row in rows] == ["深圳市民政局"]
    assert not looked(Owner(person=rita().pk)).rows
    assert not looked(Owner(org=13)).rows
    assert not looked(Owner()).rows


def test_every_capacity_has_a_name() -> None:
    seen()
    seen("rosa")
    for actor in (SYSTEM, Actor(kind=ActorKind.CLIENT, client_id=10**9), Actor(kind=ActorKind.PERSON, person_id=1)):
        write_look(
            actor=actor, subject_kind="accounts.person", subject_id=rita().pk, purpose="nobody.knows",
            fields=["unknown"], owner=(rita().pk, None),
        )  # fmt: skip
    with translation.override("en"):
        offices = {str(row.office) for row in looked(Owner(person=rita().pk)).rows}
        words = {str(row.purpose) for row in looked(Owner(person=rita().pk)).rows}
        known = {str(one) for one in (selectors.GONE, selectors.PLATFORM_ITSELF, selectors.A_PERSON)}
    assert known <= offices
    assert "Not stated in words" in words


# --- held back ---


def hold(*, until: int = 30, approved: bool = True, closed: bool = False) -> Hold:
    """An investigation of Dana's office, approved by Rosa."""
    with acting(SYSTEM):
        return Hold.objects.create(
            agency=Agency.objects.get(pk=actor_of("dana").agency_id or 0),
            path="44/4403/",
            matter="示例 1 号",
            reason="示例",
            until=today() + dt.timedelta(days=until),
            proposed_on=today() - dt.timedelta(days=60),
            proposed_by_id=account_of("dana").person_id,
            approved_by_id=account_of("rosa").person_id if approved else None,
            approved_at=timezone.now() if approved else None,
            closed_at=timezone.now() if closed else None,
        )


def test_a_held_back_look_is_counted_and_not_listed(client: Client) -> None:
    waiting = hold()
    seen(times=2, looking=Looking(hold_id=waiting.pk))
    seen("edith")
    with acting(actor_of("rita")):
        found = looked(Owner(person=rita().pk))
    assert [str(row.office) for row in found.rows] == ["浙江省民政厅"]
    assert found.held.count == 2
    assert found.held.last_days == [(2, waiting.until)]
    assert found.months[0].total == 1
    text = page(client)
    assert re.search(r'<p class="held"><b class="tn">2</b>', text)
    assert waiting.until.isoformat() in text
    assert "深圳市民政局" not in text


@pytest.mark.parametrize("state", [{"until": -1}, {"closed": True}, {"approved": False}])
def test_a_hold_that_is_over_or_never_was_approved_hides_nothing(state: dict[str, Any]) -> None:
    seen(looking=Looking(hold_id=hold(**state).pk))
    found = looked(Owner(person=rita().pk))
    assert len(found.rows) == 1
    assert held_back(Owner(person=rita().pk)).count == 0


# --- at a counter ---


def test_an_official_reads_it_out_and_that_is_a_look_the_person_sees(client: Client) -> None:
    seen()
    official = signed_in(client, "edith")
    answer = official.post(
        "/workbench/counter/looked/", {"number": rita().public_id.lower(), "present": "on"}, secure=True
    )
    assert answer.status_code == 200
    assert "达××" in answer.content.decode()
    row = looked(Owner(person=rita().pk)).rows[0]
    assert (row.look.how, str(row.office)) == (How.COUNTER, "浙江省民政厅")


@pytest.mark.parametrize("given", [{}, {"number": "NOBODY"}, {"number": "NOBODY2222", "present": "on"}])
def test_at_the_counter_an_unknown_number_or_no_tick_opens_nothing(client: Client, given: dict[str, str]) -> None:
    answer = signed_in(client, "dana").post("/workbench/counter/looked/", given, secure=True)
    assert answer.status_code == 422
    if "number" in given:
        assert given["number"] in answer.content.decode()
    assert not Look.objects.filter(how=How.COUNTER).exists()


def test_reading_out_is_for_officials_only() -> None:
    for name in ("rita", "visitor"):
        with pytest.raises(NotAllowed), acting(actor_of(name)) as actor:
            actions.read_out(actor=actor, person=rita())


# --- words ---


def test_every_purpose_in_the_sources_has_words() -> None:
    from gongzhi.privacy.tests.sources import purposes_in_sources

    assert purposes_in_sources() - set(PURPOSES) == set()
    assert "objection.ask_back" in purposes_in_sources()  # the control: the search finds what is there
    assert FIELDS
