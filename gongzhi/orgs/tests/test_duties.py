"""System, security and audit administrator are three different people, and nobody can make them one."""

from __future__ import annotations

import io
import itertools
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from gongzhi.accounts.models import Account, Person
from gongzhi.audit.models import Event
from gongzhi.config import commands
from gongzhi.config.doctor import _duties
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import actions
from gongzhi.orgs.enums import THREE_DUTIES, AgencyKind, Role
from gongzhi.orgs.models import Agency, Appointment
from gongzhi.orgs.roles import EVERY_OFFICIAL, ROLES, permissions_of
from gongzhi.orgs.selectors import duties_vacant
from tests.test_access import signed_in
from tests.world import PASSWORD, account_of, actor_of

pytestmark = pytest.mark.django_db
OPERATOR = "平台运营单位"


def person_of(name: str) -> Person:
    with acting(Actor.system("tests")):
        return Person.objects.get(pk=account_of(name).person_id)


def test_what_the_three_may_do_does_not_overlap() -> None:
    for one, other in itertools.combinations(THREE_DUTIES, 2):
        assert not permissions_of(one) & permissions_of(other)
    for duty in THREE_DUTIES:
        assert permissions_of(duty)
        assert not permissions_of(duty) & EVERY_OFFICIAL
    # the control: two roles that do overlap are found so
    assert ROLES[Role.REGISTRAR].permissions & ROLES[Role.READER].permissions


def test_each_of_the_three_holds_their_own_and_what_every_official_holds() -> None:
    for name, duty in (("adam", Role.ADMINISTRATOR), ("sena", Role.SECURITY), ("aude", Role.AUDIT)):
        assert actor_of(name).permissions == permissions_of(duty) | EVERY_OFFICIAL
    assert not actor_of("adam").may("orgs.appoint")
    assert not actor_of("sena").may("rulebook.amend")
    assert not actor_of("aude").may("privacy.review_access")


@pytest.mark.parametrize(
    ("name", "second"), [("adam", Role.AUDIT), ("adam", Role.SECURITY), ("aude", Role.ADMINISTRATOR)]
)
def test_nobody_is_given_a_second_of_the_three_at_any_agency(name: str, second: Role) -> None:
    sena = actor_of("sena")
    elsewhere = actions.found_agency(actor=sena, name="另一运营单位", kind=AgencyKind.OPERATOR, path="/")
    for agency in (Agency.objects.get(name=OPERATOR), elsewhere):
        with pytest.raises(RuleViolation) as caught:
            actions.appoint(actor=sena, person=person_of(name), agency=agency, role=second)
        assert caught.value.code == "orgs.two_duties"
    # the control: the same duty elsewhere, and a role that is none of the three
    mine = next(
        duty for duty in THREE_DUTIES if Appointment.objects.get(person_id=account_of(name).person_id).role == duty
    )
    actions.appoint(actor=sena, person=person_of(name), agency=elsewhere, role=mine)
    actions.appoint(actor=sena, person=person_of(name), agency=elsewhere, role=Role.READER)


@pytest.mark.parametrize("name", ["adam", "aude", "dana", "rosa", "rita"])
def test_only_the_security_administrator_appoints(name: str) -> None:
    agency = Agency.objects.get(name="深圳市民政局")
    with pytest.raises(NotAllowed):
        actions.appoint(actor=actor_of(name), person=person_of("victor"), agency=agency, role=Role.READER)


def test_the_database_refuses_a_second_of_the_three_on_one_day() -> None:
    row = Appointment.objects.get(person_id=account_of("adam").person_id)
    other = {"person_id": row.person_id, "agency": row.agency, "role": Role.AUDIT}
    with pytest.raises(IntegrityError, match="orgs_appointment_one_duty"), transaction.atomic():
        Appointment.objects.create(**other, since=today())
    Appointment.objects.filter(pk=row.pk).update(since="2020-01-01", until="2020-12-31")
    Appointment.objects.create(**other, since=today())  # the good row: one after the other


def test_somebody_faster_at_another_agency_is_met_with_the_same_sentence(monkeypatch: Any) -> None:
    """What the check did not see the constraint sees, and the reader sees no fault."""
    monkeypatch.setattr("gongzhi.orgs.actions.THREE_DUTIES", ())
    with pytest.raises(RuleViolation) as caught, transaction.atomic():
        actions.appoint(
            actor=actor_of("sena"), person=person_of("adam"), agency=Agency.objects.get(name=OPERATOR), role=Role.AUDIT
        )
    assert caught.value.code == "orgs.two_duties"


# --- what is missing is said ---


def vacate(name: str) -> None:
    Appointment.objects.filter(person_id=account_of(name).person_id).update(since="2020-01-01", until="2020-12-31")


def test_who_is_missing_is_said_by_the_doctor_and_on_the_workbenches_of_the_others(client: Client) -> None:
    assert duties_vacant() == []
    assert list(_duties()) == []
    vacate("aude")
    assert duties_vacant() == [Role.AUDIT]
    assert [problem.id for problem in _duties()] == ["duty.audit"]
    for name, shown in (("adam", True), ("sena", True), ("dana", False)):
        page = signed_in(Client(), name).get("/workbench/", secure=True).content.decode()
        assert ("createadmin --duty audit" in page) is shown
        assert "createadmin --duty system" not in page


def test_the_doctor_says_nothing_where_nobody_works_yet() -> None:
    Appointment.objects.all().delete()
    assert list(_duties()) == []


def test_the_command_makes_one_of_the_three_and_says_who_is_missing(monkeypatch: Any, capsys: Any) -> None:
    for name in ("adam", "sena", "aude"):
        vacate(name)
    for duty, missing in (("system", {"security", "audit"}), ("security", {"audit"}), ("audit", set())):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        made = commands.create_admin(
            "白××", email=f"{duty}@new.example", phone="", agency_name="", division="", role="", duty=duty
        )
        assert made == 0
        said = capsys.readouterr().out
        assert {word for word in commands.DUTIES if f"--duty {word}" in said} == missing
        person = Account.objects.get(email=f"{duty}@new.example").person_id
        assert Appointment.objects.get(person_id=person).role == commands.DUTIES[duty]


# --- the trail ---

PAGE = "/workbench/audit/"


def on(day: str) -> dict[str, str]:
    """A day as typed."""
    return dict(zip(("day-year", "day-month", "day-day"), day.split("-"), strict=True))


def test_the_audit_administrator_reads_who_did_what_by_numbers_alone(client: Client) -> None:
    aude = signed_in(client, "aude")
    agency = Agency.objects.get(name="深圳市民政局")
    with acting(actor_of("sena")) as sena:
        actions.appoint(actor=sena, person=person_of("victor"), agency=agency, role=Role.READER)
    page = aude.get(PAGE, secure=True).content.decode()
    assert "orgs.appointment.made" in page
    assert account_of("sena").public_id in page
    assert account_of("sena").name_masked not in page
    assert "sena@world.example" not in page


def test_the_trail_is_narrowed_by_account_event_and_day(client: Client) -> None:
    aude = signed_in(client, "aude")
    with acting(actor_of("sena")) as sena:
        agency = actions.found_agency(actor=sena, name="某局", kind=AgencyKind.REGISTRY, path="44/")
        actions.appoint(actor=sena, person=person_of("victor"), agency=agency, role=Role.READER)
    number = account_of("sena").public_id
    done = {"orgs.agency.founded", "orgs.appointment.made", "notify.notice.left"}

    def rows(**asked: str) -> set[str]:
        answer = aude.get(PAGE, asked, secure=True)
        assert answer.status_code == 200
        return {row["event"].event for row in answer.context["rows"]}

    assert rows(account=number.lower()) == done
    assert rows(account=number, event="orgs.agency.founded") == {"orgs.agency.founded"}
    assert rows(account=number, **on(today().isoformat())) == done
    assert rows(account=number, **on("2020-01-01")) == set()
    assert rows(event="nothing") == set()
    for wrong in ({"account": "NOBODY"}, on("2026-13-45")):
        answer = aude.get(PAGE, wrong, secure=True)
        assert answer.status_code == 422
        assert next(iter(wrong.values())) in answer.content.decode()
    assert aude.get(PAGE, {"cursor": "forged"}, secure=True).status_code == 200


def test_reading_the_trail_is_in_the_trail_without_what_was_typed(client: Client) -> None:
    aude = signed_in(client, "aude")
    aude.get(PAGE, {"event": "李×× 13800000000"}, secure=True)
    aude.get(PAGE, {"account": account_of("dana").public_id}, secure=True)
    read = list(Event.objects.filter(event="audit.trail.read").order_by("id"))
    assert [one.details for one in read] == [{"event": ""}, {"person": account_of("dana").person_id}]
    assert {one.person_id for one in read} == {account_of("aude").person_id}


def test_nobody_else_reads_the_trail_and_a_refused_try_is_not_a_reading(client: Client) -> None:
    for name in ("adam", "sena", "dana", "rosa", "rita"):
        assert signed_in(Client(), name).get(PAGE, secure=True).status_code == 403
    assert not Event.objects.filter(event="audit.trail.read").exists()


def test_three_rows_cost_what_thirty_cost(client: Client, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    aude, costs = signed_in(client, "aude"), []
    aude.get(PAGE, secure=True)
    for count in (3, 30):
        with acting(actor_of("sena")) as sena:
            for number in range(count):
                actions.found_agency(actor=sena, name=f"某局{count}-{number}", kind=AgencyKind.REGISTRY, path="44/")
        with CaptureQueriesContext(
            connection,
        ) as counted:
            answer = aude.get(
                PAGE, {"event": "orgs.agency.founded", "account": account_of("sena").public_id}, secure=True
            )
        costs.append(len(counted))
        assert len(answer.context["rows"]) == min(30, count + len(costs) * 3 - 3)
    assert costs[0] == costs[1]
