"""Agencies of every kind, and who names their people: from above, or the agency's own administrator."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account, Person
from gongzhi.audit.models import Event
from gongzhi.config.seeds import SEEDER
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify.models import Message
from gongzhi.orgs import actions
from gongzhi.orgs.acting import for_agency
from gongzhi.orgs.enums import ROLES_OF_KIND, AgencyKind, Role
from gongzhi.orgs.models import Agency, Appointment
from gongzhi.orgs.policies import appoints
from gongzhi.orgs.roles import ROLES
from tests.test_access import signed_in
from tests.world import PASSWORD, account_of, actor_of


def person(name: str) -> Person:
    """One of the cast, as an action takes a person."""
    return Person(pk=account_of(name).person_id)


def street(*, head: str = "victor") -> Agency:
    """A street in Shenzhen whose own administrator is `head`."""
    with acting(SEEDER) as seeder:
        agency = actions.found_agency(actor=seeder, name="示例街道办", kind=AgencyKind.COMMUNITY, path="44/4403/")
        actions.appoint(actor=seeder, person=person(head), agency=agency, role=Role.HEAD)
    return agency


def head_of(agency: Agency, name: str = "victor") -> Actor:
    """That administrator at work."""
    actor = for_agency(account_of(name), agency.pk, uuid.uuid4())
    assert actor is not None
    return actor


def messages_of(name: str) -> list[str]:
    """The kinds of notices about roles one of the cast was sent."""
    with acting(Actor.system("test")):
        rows = Message.objects.filter(person_id=account_of(name).person_id, kind__startswith="orgs.appoint")
        return list(rows.order_by("pk").values_list("kind", flat=True))


def test_every_kind_of_agency_has_roles_and_every_role_of_staff_a_kind() -> None:
    assert set(ROLES_OF_KIND) == set(AgencyKind)
    assert {role for roles in ROLES_OF_KIND.values() for role in roles} == set(Role)
    assert all(Role.HEAD in roles and Role.READER in roles for roles in ROLES_OF_KIND.values())
    assert all(ROLES[role].permissions for role in Role)


def test_roles_that_name_others_come_from_above_only() -> None:
    assert appoints(Role.HEAD)
    assert appoints(Role.ADMINISTRATOR)
    assert not appoints(Role.REGISTRAR)  # the control


@pytest.mark.django_db
def test_an_agencys_administrator_names_its_staff_and_nobody_elses() -> None:
    agency, other = street(), Agency.objects.get(name="深圳市民政局")
    with acting(head_of(agency)) as head:
        made = actions.appoint(actor=head, person=person("rita"), agency=agency, role=Role.COMMUNITY_WORKER)
        with pytest.raises(NotAllowed):
            actions.appoint(actor=head, person=person("rita"), agency=other, role=Role.READER)
        with pytest.raises(NotAllowed):
            actions.appoint(actor=head, person=person("rita"), agency=agency, role=Role.HEAD)
        with pytest.raises(NotAllowed):
            actions.appoint(actor=head, person=person("victor"), agency=agency, role=Role.READER)
    worker = for_agency(account_of("rita"), agency.pk, uuid.uuid4())
    assert worker is not None
    assert worker.may("accounts.serve_counter")
    assert not worker.may("orgs.keep_staff")
    with acting(worker), pytest.raises(NotAllowed):
        actions.end_appointment(actor=worker, appointment=made)
    assert messages_of("rita") == ["orgs.appointed"]
    event = Event.objects.filter(event="orgs.appointment.made").latest("at")
    assert (event.person_id, event.acting_for) == (account_of("victor").person_id, f"agency:{agency.pk}")


@pytest.mark.django_db
def test_a_role_of_another_kind_of_agency_is_refused() -> None:
    agency = street()
    with acting(head_of(agency)) as head, pytest.raises(RuleViolation) as error:
        actions.appoint(actor=head, person=person("rita"), agency=agency, role=Role.REGISTRAR)
    assert error.value.field == "role"
    assert not Appointment.objects.filter(person_id=account_of("rita").person_id).exists()


@pytest.mark.django_db
def test_a_role_ends_with_its_last_day_and_may_be_given_one() -> None:
    agency, tomorrow = street(), today() + dt.timedelta(days=1)
    with acting(head_of(agency)) as head:
        with pytest.raises(RuleViolation):
            actions.appoint(
                actor=head,
                person=person("rita"),
                agency=agency,
                role=Role.COMMUNITY_WORKER,
                until=today() - dt.timedelta(days=1),
            )
        made = actions.appoint(
            actor=head, person=person("rita"), agency=agency, role=Role.COMMUNITY_WORKER, until=tomorrow
        )
        with pytest.raises(RuleViolation):
            actions.end_appointment(actor=head, appointment=made, on=today() - dt.timedelta(days=1))
        actions.end_appointment(actor=head, appointment=made)
    made.refresh_from_db()
    assert made.until == today()
    assert not Appointment.objects.on(today()).filter(pk=made.pk).exists()
    with acting(head_of(agency)) as head:
        again = actions.appoint(actor=head, person=person("rita"), agency=agency, role=Role.COMMUNITY_WORKER)
        actions.end_appointment(actor=head, appointment=again, on=today())
    assert Appointment.objects.on(today()).filter(pk=again.pk).exists()  # through its last day
    assert not Appointment.objects.on(tomorrow).filter(pk=again.pk).exists()
    assert messages_of("rita") == ["orgs.appointed", "orgs.appointment_ended"] * 2


@pytest.mark.django_db
def test_agencies_are_founded_within_reach_by_page(client: Client) -> None:
    signed_in(client, "sena")
    wrong = {"name": "示例街道办", "kind": "community", "division": "999999"}
    answer = client.post("/workbench/agencies/", wrong, secure=True)
    assert answer.status_code == 422
    assert 'value="示例街道办"' in answer.content.decode()  # nothing typed is lost
    answer = client.post("/workbench/agencies/", wrong | {"division": "440300"}, secure=True)
    assert answer.status_code == 302
    agency = Agency.objects.get(name="示例街道办")
    assert (agency.kind, agency.path) == (AgencyKind.COMMUNITY, "44/4403/")
    assert "示例街道办" in client.get("/workbench/agencies/", secure=True).content.decode()


@pytest.mark.django_db
def test_an_agency_above_founds_only_in_its_own_division() -> None:
    above = Actor(
        kind=actor_of("edith").kind,
        path="33/",
        agency_id=actor_of("edith").agency_id,
        permissions=frozenset({"orgs.appoint"}),
        scope=actor_of("edith").scope,
        person_id=actor_of("edith").person_id,
    )
    with acting(above):
        with pytest.raises(NotAllowed):
            actions.found_agency(actor=above, name="示例局", kind=AgencyKind.AUTHORITY, path="44/4403/")
        assert actions.found_agency(actor=above, name="示例局", kind=AgencyKind.AUTHORITY, path="33/3301/").pk
        names = set(Agency.objects.within("33/").values_list("name", flat=True))
    assert names == {"浙江省民政厅", "示例局"}


@pytest.mark.django_db
def test_the_administrator_of_an_agency_appoints_and_ends_by_page(client: Client) -> None:
    agency = street()
    client.force_login(account_of("victor"))
    session = client.session
    session["acting_for"] = f"agency:{agency.pk}"
    session.save()
    page = client.get("/workbench/staff/", secure=True, follow=True)
    address = page.redirect_chain[-1][0].partition("?")[0]
    text = page.content.decode()
    assert 'value="community_worker"' in text
    assert 'value="head"' not in text  # a role that names others comes from above
    body = {"login": "rita@world.example", "role": "community_worker"}
    for wrong in (
        body | {"login": "nobody@world.example"},
        body | {"role": "head"},
        body | {"login": "victor@world.example"},
    ):
        answer = client.post(address, wrong, secure=True)
        assert answer.status_code == 422
        assert wrong["login"] in answer.content.decode()
    assert client.post(address, body, secure=True).status_code == 302
    made = Appointment.objects.get(person_id=account_of("rita").person_id)
    mine = Appointment.objects.get(person_id=account_of("victor").person_id)
    assert client.post(f"{address}{mine.pk}/end/", secure=True).status_code == 403
    assert client.get(f"{address}{made.pk}/end/", secure=True).status_code == 200
    day = today()
    typed = {"until-year": day.year, "until-month": day.month, "until-day": day.day}
    assert client.post(f"{address}{made.pk}/end/", typed | {"until-day": 40}, secure=True).status_code == 422
    assert client.post(f"{address}{made.pk}/end/", typed, secure=True).status_code == 302
    made.refresh_from_db()
    assert (made.until, made.ended_at) == (today(), None)
    assert client.post(f"{address}{made.pk}/end/", secure=True).status_code == 302  # no day: at once
    made.refresh_from_db()
    assert made.ended_at is not None
    assert client.get(f"{address}{made.pk}/end/", secure=True).status_code == 404


@pytest.mark.django_db
def test_other_agencies_people_are_not_there(client: Client) -> None:
    agency = street()
    client.force_login(account_of("victor"))
    session = client.session
    session["acting_for"] = f"agency:{agency.pk}"
    session.save()
    other = Agency.objects.get(name="深圳市民政局")
    assert client.get(f"/workbench/agencies/{other.public_id}/", secure=True).status_code == 404
    assert client.get(f"/workbench/agencies/{agency.public_id}/", secure=True).status_code == 200
    assert client.get("/workbench/agencies/", secure=True).status_code == 403


@pytest.mark.django_db
def test_three_people_and_thirty_need_the_same_queries(client: Client) -> None:
    agency = Agency.objects.get(name="深圳市民政局")
    signed_in(client, "sena")

    def queries(address: str, upto: int) -> int:
        while Appointment.objects.filter(agency=agency).count() < upto:
            with acting(SEEDER) as seeder:
                name = f"many{uuid.uuid4().hex[:8]}"
                account: Account = accounts.create_account(
                    actor=seeder, name="甲××", password=PASSWORD, email=f"{name}@world.example"
                )
                actions.appoint(actor=seeder, person=account.person, agency=agency, role=Role.READER)
                actions.found_agency(actor=seeder, name=name, kind=AgencyKind.FUNDER, path="44/4403/")
        client.get(address, secure=True)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address, secure=True).status_code == 200
        return len(seen)

    for address in (f"/workbench/agencies/{agency.public_id}/", "/workbench/agencies/"):
        few = queries(address, 3)
        assert queries(address, 20) == few or address == "/workbench/agencies/"
    few = queries("/workbench/agencies/", 20)
    assert queries("/workbench/agencies/", 25) == few
