"""Officials and people's contact data: by page, by API, by export, refused once; and by emergency access."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.accounts.models import Person
from gongzhi.audit.enums import How
from gongzhi.audit.models import Event, Look
from gongzhi.core import jobs
from gongzhi.core.crypto import seal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.notify.models import Message
from gongzhi.privacy import actions
from gongzhi.privacy.enums import ExportState, Shown
from gongzhi.privacy.models import Export, Grant
from gongzhi.privacy.selectors import Owner, looked
from gongzhi.privacy.tests.test_looked import SYSTEM, hold, rita
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db
PHONE = "13800000000"


@pytest.fixture(autouse=True)
def resident() -> Person:
    """Rita has said that she lives in Shenzhen, and has a phone."""
    with acting(SYSTEM):
        person = rita()
        person.path = "44/4403/440305/"
        person.phone_sealed = seal(PHONE, where="accounts_person.phone_sealed", pk=person.pk)
        person.phone_masked = "138****0000"
        person.save()
    return person


def kinds(name: str = "rita") -> list[str]:
    with acting(SYSTEM):
        rows = Message.objects.filter(person_id=account_of(name).person_id, kind__startswith="privacy.").order_by("pk")
        return list(rows.values_list("kind", flat=True))


def shown() -> list[tuple[Shown, str, str]]:
    """What Rita's page lists: what, by which office, by what door."""
    return [(row.shown, str(row.office), row.look.how) for row in looked(Owner(person=rita().pk)).rows]


# --- the journey ---


def test_an_official_looks_by_page_by_api_by_export_and_is_refused_once_and_the_page_shows_four_rows(
    client: Client, resident: Person
) -> None:
    number = resident.public_id
    dana = signed_in(Client(), "dana")
    address = f"/workbench/people/{number}/"
    before = dana.get(address, secure=True).content.decode()
    assert "138****0000" in before
    assert PHONE not in before
    assert shown() == []  # the mask is no look
    page = dana.post(address, {"purpose": "contact.matter"}, secure=True)
    assert PHONE in page.content.decode()
    answer = dana.get(f"/api/v1/people/{number}/contact?purpose=contact.check", secure=True)
    assert answer.json() == {"number": number, "name": "李××", "phone": PHONE}
    asked = dana.post(
        "/workbench/people/export/", {"purpose": "contact.notice", "reason": "通知台风停课，用后销毁"}, secure=True
    )
    assert asked.status_code == 302
    with acting(SYSTEM):
        export = Export.objects.get()
    jobs.DECLARED["privacy.make_export"].function(actor=SYSTEM, export_id=export.pk)
    taken = dana.get(f"/workbench/people/export/{export.public_id}/file/", secure=True)
    assert PHONE in taken.content.decode()
    edith = signed_in(Client(), "edith")
    assert edith.get(address, secure=True).status_code == 404
    shenzhen, zhejiang = "深圳市民政局", "浙江省民政厅"
    assert shown() == [
        (Shown.REFUSED, zhejiang, How.PAGE),
        (Shown.EXPORT, shenzhen, How.EXPORT),
        (Shown.SEEN, shenzhen, How.API),
        (Shown.SEEN, shenzhen, How.PAGE),
    ]
    text = signed_in(client, "rita").get("/my/looked/", secure=True).content.decode()
    assert text.count('<li class="look') == 4
    assert "您是其中" in text


def test_a_refusal_through_the_api_names_the_person_too(client: Client, resident: Person) -> None:
    asked = f"/api/v1/people/{resident.public_id}/contact?purpose=contact.matter"
    assert signed_in(client, "edith").get(asked, secure=True).status_code == 404
    assert signed_in(Client(), "rosa").get(asked, secure=True).status_code == 403
    assert [(one, how) for one, _office, how in shown()] == [(Shown.REFUSED, How.API)] * 2
    assert Client().get(asked, secure=True).status_code == 401
    assert signed_in(Client(), "dana").get(asked.replace("matter", "fun"), secure=True).status_code == 422
    assert (
        signed_in(Client(), "dana").get(asked.replace(resident.public_id, "NOBODY2222"), secure=True).status_code == 404
    )
    assert len(shown()) == 2


# --- by division ---


def test_who_has_named_no_division_is_found_by_no_agency(resident: Person) -> None:
    with acting(SYSTEM):
        Person.objects.filter(pk=resident.pk).update(path=None)
    for name in ("dana", "adam"):
        with acting(actor_of(name)) as actor:
            assert not Person.objects.visible_to(actor).exists()
            assert not Person.objects.exists()  # the second wall says the same


def test_an_agency_finds_the_people_of_its_divisions_and_no_others(resident: Person) -> None:
    for name, found in (("dana", {resident.pk}), ("edith", set()), ("rita", {resident.pk})):
        with acting(actor_of(name)) as actor:
            assert set(Person.objects.visible_to(actor).values_list("pk", flat=True)) == found
            assert set(Person.objects.values_list("pk", flat=True)) == found


def test_the_list_of_people_costs_the_same_for_three_and_thirty(client: Client) -> None:
    def more(count: int) -> None:
        with acting(SYSTEM):
            Person.objects.bulk_create(
                Person(name_sealed=b"x", name_masked="张××", path="44/4403/") for _at in range(count)
            )

    signed_in(client, "dana")
    more(2)
    with CaptureQueriesContext(connection) as few:
        client.get("/workbench/people/", secure=True)
    more(27)
    with CaptureQueriesContext(connection) as many:
        assert client.get("/workbench/people/", secure=True).content.decode().count("张××") == 29
    assert len(few) == len(many)


@pytest.mark.parametrize("name", ["rosa", "adam", "rita", "edith"])
def test_contact_data_are_opened_by_who_may_and_a_purpose_is_needed(name: str, resident: Person) -> None:
    with pytest.raises(NotAllowed) as refused, acting(actor_of(name)) as actor:
        actions.open_contact(actor=actor, person=resident, purpose="contact.matter")
    assert refused.value.about == resident
    with pytest.raises(RuleViolation, match="purpose_unknown"), acting(actor_of("dana")) as actor:
        actions.open_contact(actor=actor, person=resident, purpose="curiosity")
    assert not Look.objects.exists()


def test_what_is_restricted_is_opened_in_no_ordinary_way(resident: Person) -> None:
    with acting(SYSTEM):
        resident.restricted_at = timezone.now()
        resident.save(update_fields=["restricted_at"])
    with pytest.raises(NotAllowed), acting(actor_of("dana")) as actor:
        actions.open_contact(actor=actor, person=resident, purpose="contact.matter")
    with acting(actor_of("dana")) as actor:
        export = actions.ask_export(actor=actor, purpose="contact.notice", reason="示例：停电通知")
    with acting(SYSTEM) as actor:
        actions.make_export(actor=actor, export=export)
        export.refresh_from_db()
    assert export.people == 0


def test_under_an_investigation_the_look_waits(resident: Person) -> None:
    waiting = hold()
    with acting(actor_of("dana")) as actor:
        actions.open_contact(actor=actor, person=resident, purpose="contact.check", hold=waiting)
    assert shown() == []
    assert looked(Owner(person=resident.pk)).held.count == 1
    with pytest.raises(RuleViolation, match="hold_over"), acting(actor_of("dana")) as actor:
        actions.open_contact(actor=actor, person=resident, purpose="contact.check", hold=hold(closed=True))


# --- in an emergency ---


def opened(name: str = "edith", reason: str = "走失老人，需要马上联系家人") -> Grant:
    person = rita()
    with acting(actor_of(name)) as actor:
        return actions.open_emergency(actor=actor, person=person, reason=reason)


def test_emergency_access_opens_the_record_tells_the_person_at_once_and_shows_the_reason(
    client: Client, resident: Person
) -> None:
    edith = signed_in(Client(), "edith")
    answer = edith.post(
        "/workbench/people/emergency/",
        {"number": resident.public_id, "reason": "走失老人，需要马上联系家人"},
        secure=True,
    )
    assert answer.status_code == 302
    assert kinds() == ["privacy.emergency_opened"]
    page = edith.get(answer["Location"], secure=True)
    assert page.status_code == 200
    assert PHONE not in page.content.decode()
    assert PHONE in edith.post(answer["Location"], {}, secure=True).content.decode()
    assert [one for one, _office, _how in shown()] == [Shown.EMERGENCY] * 2
    text = signed_in(client, "rita").get("/my/looked/", secure=True).content.decode()
    assert "走失老人，需要马上联系家人" in text
    assert "浙江省民政厅" in text


def test_emergency_access_ends_by_itself(client: Client, resident: Person) -> None:
    grant = opened()
    address = f"/workbench/people/{resident.public_id}/"
    assert signed_in(client, "edith").get(address, secure=True).status_code == 200  # the control
    assert dt.timedelta(hours=23) < grant.until - grant.opened_at <= dt.timedelta(hours=24)
    with acting(SYSTEM):
        earlier = timezone.now() - dt.timedelta(hours=25)
        Grant.objects.filter(pk=grant.pk).update(opened_at=earlier, until=earlier + dt.timedelta(hours=24))
    assert client.get(address, secure=True).status_code == 404
    with pytest.raises(NotAllowed), acting(actor_of("edith")) as actor:
        actions.open_contact(actor=actor, person=resident, purpose="contact.matter")


@pytest.mark.parametrize("name", ["rosa", "adam", "rita"])
def test_emergency_access_is_for_officials_with_that_task(name: str) -> None:
    with pytest.raises(NotAllowed):
        opened(name)


def test_nobody_opens_their_own_record_and_nobody_without_a_reason_or_twice() -> None:
    with acting(SYSTEM):
        own = Person.objects.get(pk=account_of("edith").person_id)
    with pytest.raises(NotAllowed), acting(actor_of("edith")) as actor:
        actions.open_emergency(actor=actor, person=own, reason="示例：自己的记录")
    with pytest.raises(RuleViolation, match="reason_missing"):
        opened(reason="急")
    opened()
    with pytest.raises(RuleViolation, match="already_open"):
        opened()
    assert kinds() == ["privacy.emergency_opened"]


def test_the_security_administrator_judges_it_and_both_sides_are_told(client: Client) -> None:
    grant = opened()
    sena = signed_in(Client(), "sena")
    listed = sena.get("/workbench/emergency/", secure=True).content.decode()
    assert grant.public_id in listed
    address = f"/workbench/emergency/{grant.public_id}/"
    assert "走失老人" in sena.get(address, secure=True).content.decode()
    assert sena.post(address, {"outcome": "no"}, secure=True).status_code == 422
    assert sena.post(address, {"outcome": "no", "review": "没有核实身份"}, secure=True).status_code == 302
    assert sena.post(address, {"outcome": "yes", "review": "改判"}, secure=True).status_code == 422
    assert kinds() == ["privacy.emergency_opened", "privacy.emergency_reviewed"]
    assert kinds("edith") == ["privacy.emergency_reviewed"]
    assert grant.public_id not in sena.get("/workbench/emergency/", secure=True).content.decode()
    assert "没有核实身份" in signed_in(client, "rita").get("/my/looked/", secure=True).content.decode()


@pytest.mark.parametrize("name", ["edith", "dana", "rita", "adam", "aude"])
def test_nobody_else_judges_it(name: str) -> None:
    grant = opened()
    with pytest.raises((NotAllowed, Grant.DoesNotExist)), acting(actor_of(name)) as actor:
        actions.review_emergency(actor=actor, grant=grant, in_order=True, review="示例")


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"until": timezone.now() + dt.timedelta(days=30)},
        {"until": timezone.now() - dt.timedelta(days=30)},
        {"in_order": True},
        {"official": "self"},
        {"reviewed_by": "official"},
    ],
)
def test_each_constraint_of_an_emergency_access_refuses_a_bad_row(wrong: dict[str, Any]) -> None:
    good = opened()
    official = good.official_id
    special: dict[str, dict[str, Any]] = {
        "official": {"official_id": good.person_id},
        "reviewed_by": {
            "reviewed_by_id": official, "reviewed_at": timezone.now(), "in_order": True, "review": "x",
        },
    }  # fmt: skip
    changes = special.get(next(iter(wrong)), wrong)
    with acting(SYSTEM):
        Grant.objects.filter(pk=good.pk).update(reason="另一个理由")
        with pytest.raises(IntegrityError), transaction.atomic():
            Grant.objects.filter(pk=good.pk).update(**changes)


# --- lists ---


def test_a_list_is_asked_for_with_reason_made_once_and_removed_after_a_week(resident: Person) -> None:
    for given, code in (
        ({"purpose": "fun", "reason": "示例：停电通知"}, "purpose_unknown"),
        ({"purpose": "contact.notice", "reason": " "}, "reason_missing"),
    ):
        with pytest.raises(RuleViolation, match=code), acting(actor_of("dana")) as actor:
            actions.ask_export(actor=actor, **given)
    with acting(actor_of("dana")) as actor:
        export = actions.ask_export(actor=actor, purpose="contact.notice", reason="示例：停电通知")
        with pytest.raises(RuleViolation, match="no_file"):
            actions.take_export(actor=actor, export=export)
    with pytest.raises(RuleViolation, match="export_waiting"), acting(actor_of("dana")) as actor:
        actions.ask_export(actor=actor, purpose="contact.notice", reason="示例：停电通知")
    with acting(SYSTEM) as actor:
        actions.make_export(actor=actor, export=export)
    jobs.DECLARED["privacy.make_export"].function(actor=SYSTEM, export_id=export.pk)  # a second run makes nothing
    assert [one for one, _office, _how in shown()] == [Shown.EXPORT]
    with acting(SYSTEM):
        export.refresh_from_db()
        assert PHONE.encode() not in bytes(export.content_sealed)
    with acting(actor_of("dana")) as actor:
        assert PHONE in actions.take_export(actor=actor, export=export)
    assert Event.objects.filter(event="privacy.export.taken").count() == 1
    jobs.run_now("privacy.remove_exports")
    with acting(SYSTEM):
        export.refresh_from_db()
        assert export.state == ExportState.READY  # the control: a week is not over
    jobs.run_now("privacy.remove_exports", at=timezone.now() + dt.timedelta(days=8))
    with acting(SYSTEM):
        export.refresh_from_db()
        assert (export.state, bytes(export.content_sealed)) == (ExportState.REMOVED, b"")


def test_a_name_that_is_a_formula_opens_as_text(resident: Person) -> None:
    with acting(SYSTEM) as actor:
        resident.name_sealed = seal("=1+1", where="accounts_person.name_sealed", pk=resident.pk)
        resident.save()
        export = Export.objects.create(
            agency_id=actor_of("dana").agency_id or 0, path="44/4403/", official_id=account_of("dana").person_id,
            purpose="contact.notice", reason="示例",
        )  # fmt: skip
        actions.make_export(actor=actor, export=export)
        export.refresh_from_db()
    with acting(actor_of("dana")) as actor:
        assert ",'=1+1," in actions.take_export(actor=actor, export=export)


def test_lists_are_for_who_may_and_taken_by_who_asked() -> None:
    for name in ("rosa", "adam", "rita"):
        with pytest.raises(NotAllowed), acting(actor_of(name)) as actor:
            actions.ask_export(actor=actor, purpose="contact.notice", reason="示例：停电通知")
    with acting(actor_of("dana")) as actor:
        export = actions.ask_export(actor=actor, purpose="contact.notice", reason="示例：停电通知")
        with pytest.raises(NotAllowed):
            actions.make_export(actor=actor, export=export)
        with pytest.raises(NotAllowed):
            actions.remove_exports(actor=actor)
    with pytest.raises(NotAllowed), acting(actor_of("edith")) as actor:
        actions.take_export(actor=actor, export=export)


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"purpose": ""}, {"state": ExportState.READY}])
def test_each_constraint_of_a_list_refuses_a_bad_row(wrong: dict[str, Any]) -> None:
    with acting(actor_of("dana")) as actor:
        export = actions.ask_export(actor=actor, purpose="contact.notice", reason="示例：停电通知")
    with acting(SYSTEM), pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.filter(pk=export.pk).update(**wrong)
