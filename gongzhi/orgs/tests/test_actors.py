"""Who acts: visitors, people for themselves, people for an agency; and what ends with an appointment or an account."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Person
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs import actions
from gongzhi.orgs.acting import ACTING_FOR, for_agency, for_self
from gongzhi.orgs.enums import AgencyKind, Role
from gongzhi.orgs.models import Agency, Appointment
from tests.test_access import signed_in
from tests.world import PASSWORD, account_of, actor_of


def test_a_scope_opens_one_thing_at_a_time() -> None:
    Scope(person=1)
    with pytest.raises(ValueError, match="one thing"):
        Scope(person=1, path="44/")


@pytest.mark.parametrize(
    ("own", "asked", "reaches"),
    [
        ("44/4403/", "44/4403/440305/", True),
        ("44/4403/", "44/4403/", True),
        ("44/4403/", "44/", False),
        ("44/4403/", "44/4404/", False),
        ("44/4403/", "/", False),
        ("/", "44/4403/", True),
        ("/", "/", True),
        ("", "44/", False),
    ],
)
def test_an_official_reaches_the_own_division_and_below(own: str, asked: str, reaches: bool) -> None:
    assert Actor(kind=ActorKind.AGENCY, path=own).reaches(asked) is reaches


def test_only_an_agency_reaches_anything() -> None:
    assert not Actor(kind=ActorKind.PERSON, path="/").reaches("44/")


@pytest.mark.django_db
def test_the_actor_of_an_official_holds_the_roles_codes_and_the_agencys_scope() -> None:
    dana = actor_of("dana")
    assert dana.scope == Scope(path="44/4403/")
    assert dana.may("registry.import")
    assert not dana.may("accounts.create")
    assert not actor_of("rosa").may("registry.import")
    assert actor_of("rita").scope.person is not None
    assert not actor_of("visitor").signed_in


@pytest.mark.django_db
def test_two_roles_at_one_agency_add_up() -> None:
    sena, rosa = actor_of("sena"), account_of("rosa")
    agency = Agency.objects.get(name="深圳市民政局")
    with acting(Actor.system("test", permissions=frozenset({"orgs.appoint"}))) as boss:
        person = Person.objects.get(pk=rosa.person_id)
        actions.appoint(actor=boss, person=person, agency=agency, role=Role.REGISTRAR)
    actor = for_agency(rosa, agency.pk, uuid.uuid4())
    assert actor is not None
    assert actor.may("registry.import")
    assert sena.may("orgs.appoint")


@pytest.mark.django_db
def test_an_ended_appointment_counts_no_more_from_the_next_request_on(client: Client) -> None:
    signed_in(client, "dana")
    assert client.get("/workbench/", secure=True).status_code == 200
    appointment = Appointment.objects.get(person_id=account_of("dana").person_id)
    with acting(actor_of("sena")) as sena:
        actions.end_appointment(actor=sena, appointment=appointment)
    assert client.get("/workbench/", secure=True).status_code == 403


@pytest.mark.django_db
def test_a_closed_account_is_signed_out_by_its_next_request(client: Client) -> None:
    signed_in(client, "dana")
    assert client.get("/workbench/", secure=True).status_code == 200
    with acting(actor_of("sena")) as sena:
        accounts.disable_account(actor=sena, account=account_of("dana"))
    assert client.get("/workbench/", secure=True).status_code == 302


@pytest.mark.django_db
def test_nobody_acts_for_an_agency_they_do_not_work_for(client: Client) -> None:
    signed_in(client, "rita")
    agency = Agency.objects.get(name="深圳市民政局")
    assert client.post("/acting/", {"agency": agency.pk}, secure=True).status_code == 403
    session = client.session
    session[ACTING_FOR] = f"agency:{agency.pk}"
    session.save()
    assert client.get("/workbench/", secure=True).status_code == 403


@pytest.mark.django_db
def test_for_oneself_there_is_no_permission_at_all() -> None:
    assert for_self(account_of("dana"), uuid.uuid4()).permissions == frozenset()


@pytest.mark.django_db
def test_appointing_has_its_limits() -> None:
    sena, dana = actor_of("sena"), actor_of("dana")
    agency = Agency.objects.get(name="深圳市民政局")
    with acting(Actor.system("test")):
        rita = Person.objects.get(pk=account_of("rita").person_id)
        own = Person.objects.get(pk=account_of("sena").person_id)
    with pytest.raises(NotAllowed):
        actions.appoint(actor=dana, person=rita, agency=agency, role=Role.READER)
    with pytest.raises(NotAllowed):
        actions.appoint(actor=sena, person=own, agency=agency, role=Role.REGISTRAR)
    actions.appoint(actor=sena, person=rita, agency=agency, role=Role.READER)
    with pytest.raises(RuleViolation):
        actions.appoint(actor=sena, person=rita, agency=agency, role=Role.READER)
    appointment = Appointment.objects.get(person=rita)
    with pytest.raises(NotAllowed):
        actions.end_appointment(actor=dana, appointment=appointment)
    actions.end_appointment(actor=sena, appointment=appointment)
    with pytest.raises(RuleViolation):
        actions.end_appointment(actor=sena, appointment=appointment)


@pytest.mark.django_db
def test_founding_an_agency_has_its_limits() -> None:
    sena = actor_of("sena")
    with pytest.raises(NotAllowed):
        actions.found_agency(actor=actor_of("dana"), name="某局", kind=AgencyKind.REGISTRY, path="44/")
    for name, path, rule in ((" ", "44/", "orgs.agency_unnamed"), ("某局", "44", "orgs.agency_path")):
        with pytest.raises(RuleViolation) as caught:
            actions.found_agency(actor=sena, name=name, kind=AgencyKind.REGISTRY, path=path)
        assert caught.value.code == rule
    first = actions.found_agency(actor=sena, name="某局", kind=AgencyKind.REGISTRY, path="44/")
    assert actions.found_agency(actor=sena, name="某局", kind=AgencyKind.REGISTRY, path="44/") == first


@pytest.mark.django_db
def test_signing_in_by_page_leads_an_official_to_the_workbench_and_out_again(client: Client) -> None:
    answer = client.post(
        "/accounts/sign-in/", {"login": "dana@world.example", "password": PASSWORD}, secure=True, follow=True
    )
    assert answer.redirect_chain[-1][0] == "/workbench/"
    assert "深圳市民政局" in answer.content.decode()
    assert answer.headers["Cache-Control"].count("no-store") == 1
    client.post("/accounts/sign-out/", secure=True)
    assert client.get("/workbench/", secure=True).status_code == 302


@pytest.mark.django_db
def test_a_wrong_password_keeps_the_name_and_counts_the_try(client: Client) -> None:
    from gongzhi.core.models import Throttle

    answer = client.post("/accounts/sign-in/", {"login": "dana@world.example", "password": "wrong"}, secure=True)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "dana@world.example" in page
    assert "wrong" not in page.replace("wrong_", "")
    assert Throttle.objects.count() == 2
    assert all("dana" not in bucket for bucket in Throttle.objects.values_list("bucket", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "\\\\x"]
)
def test_signing_in_never_leads_to_another_site(client: Client, wanted: str) -> None:
    data = {"login": "rita@world.example", "password": PASSWORD, "next": wanted}
    answer = client.post("/accounts/sign-in/", data, secure=True)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/acting/first/")


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_with_a_page_that_says_what_to_do() -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/accounts/sign-in/", {"login": "x", "password": "y"}, secure=True)
    assert answer.status_code == 403
    assert "<main" in answer.content.decode()


def test_the_second_wall_keeps_people_apart(fresh_database: str) -> None:
    rita, dana = account_of("rita"), account_of("dana")
    with acting(for_self(rita, uuid.uuid4())):
        assert list(Person.objects.values_list("pk", flat=True)) == [rita.person_id]
    with acting(actor_of("dana")):
        assert not Person.objects.exists()
    with acting(Actor.visitor()):
        assert not Person.objects.exists()
    with acting(Actor.system("test")):  # the control: the rows are there
        assert Person.objects.filter(pk__in=[rita.person_id, dana.person_id]).count() == 2
