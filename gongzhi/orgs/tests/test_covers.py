"""An official on leave names a colleague who stands in for some days; what is done says for whom; it ends by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.accounts.models import Person
from gongzhi.audit.actions import record
from gongzhi.audit.looks import write_look
from gongzhi.audit.models import Event, Look
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.actions.covers import end_cover, give_cover
from gongzhi.orgs.enums import AgencyKind, Role
from gongzhi.orgs.models import Agency, Appointment, Cover
from gongzhi.orgs.roles import EVERY_OFFICIAL
from gongzhi.orgs.tests.test_claims import told
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db

PAGE = "/workbench/cover/"
SEEDER = Actor.system("tests", permissions=frozenset({"orgs.appoint"}))


def id_of(name: str) -> int:
    return account_of(name).person_id


def day(days: int) -> dt.date:
    return today() + dt.timedelta(days=days)


def given(absent: str = "dana", deputy: str = "rosa", *, since: int = 0, until: int = 5) -> Cover:
    with acting(actor_of(absent)) as actor:
        return give_cover(actor=actor, deputy=id_of(deputy), since=day(since), until=day(until))


def employ(name: str, role: Role, agency: str = "深圳市民政局") -> None:
    with acting(SEEDER) as actor:
        person = Person.objects.get(pk=id_of(name))
        orgs.appoint(actor=actor, person=person, agency=Agency.objects.get(name=agency), role=role)


def typed(deputy: str, since: dt.date, until: dt.date) -> dict[str, str]:
    found = {"deputy": account_of(deputy).public_id}
    for name, value in (("since", since), ("until", until)):
        found |= {f"{name}-year": str(value.year), f"{name}-month": str(value.month), f"{name}-day": str(value.day)}
    return found


# --- what the deputy may do, and for how long ---


def test_the_deputy_holds_the_colleagues_permissions_besides_the_own_ones_for_those_days() -> None:
    dana = actor_of("dana").permissions
    assert not actor_of("rosa").may("registry.import")
    cover = given()
    rosa = actor_of("rosa")
    assert rosa.permissions == dana | EVERY_OFFICIAL
    assert rosa.covers == (id_of("dana"),)
    assert actor_of("dana").permissions == dana
    for since, until in ((1, 5), (-5, -1)):  # not yet, and no more: nobody had to end it
        Cover.objects.filter(pk=cover.pk).update(since=day(since), until=day(until))
        assert not actor_of("rosa").may("registry.import")
        assert actor_of("rosa").covers == ()


def test_it_counts_on_the_first_and_on_the_last_day() -> None:
    cover = given()
    for since, until in ((0, 3), (-3, 0)):
        Cover.objects.filter(pk=cover.pk).update(since=day(since), until=day(until))
        assert actor_of("rosa").may("registry.import")


def test_what_the_colleague_holds_no_more_the_deputy_holds_no_more() -> None:
    given()
    Appointment.objects.filter(person_id=id_of("dana")).update(since="2020-01-01", until="2020-12-31")
    assert not actor_of("rosa").may("registry.import")


def test_who_works_there_no_more_stands_in_for_nobody() -> None:
    given()
    Appointment.objects.filter(person_id=id_of("rosa")).update(since="2020-01-01", until="2020-12-31")
    from gongzhi.orgs.acting import for_agency

    agency = Agency.objects.get(name="深圳市民政局")
    assert for_agency(account_of("rosa"), agency.pk, Actor.visitor().request_id) is None


def test_what_was_lent_is_not_lent_on() -> None:
    employ("victor", Role.READER)
    given("dana", "rosa")
    Cover.objects.create(
        agency=Agency.objects.get(name="深圳市民政局"),
        absent_id=id_of("rosa"),
        deputy_id=id_of("victor"),
        since=today(),
        until=today(),
    )
    assert not actor_of("victor").may("registry.import")


def test_the_three_administrators_roles_are_never_lent() -> None:
    with pytest.raises(RuleViolation) as caught:
        given("adam", "sena")
    assert caught.value.code == "orgs.cover_duty"
    # beside another role only the other one is lent, and no row by anybody's hand lends more
    employ("adam", Role.HEAD, "平台运营单位")
    with pytest.raises(RuleViolation):
        given("adam", "sena")  # who names others was named from above
    Appointment.objects.create(
        person_id=id_of("adam"), agency=Agency.objects.get(name="平台运营单位"), role=Role.REGISTRAR, since=today()
    )
    given("adam", "sena")
    sena = actor_of("sena")
    assert sena.may("registry.import")
    assert not sena.may("rulebook.amend")
    assert not sena.may("orgs.keep_staff")


# --- what is recorded ---


def test_every_event_and_look_of_that_time_says_for_whom() -> None:
    with acting(actor_of("rosa")) as rosa:
        record(actor=rosa, event="orgs.test.before")
    given()
    with acting(actor_of("rosa")) as rosa:
        record(actor=rosa, event="orgs.test.done")
        write_look(actor=rosa, subject_kind="accounts.person", subject_id=1, purpose="contact.matter")
    before, done = Event.objects.get(event="orgs.test.before"), Event.objects.get(event="orgs.test.done")
    assert before.covers == []
    assert done.covers == [id_of("dana")]
    assert done.person_id == id_of("rosa")
    assert Look.objects.latest("id").covers == [id_of("dana")]


def test_a_cover_that_brings_nothing_is_not_written_into_what_the_deputy_does() -> None:
    given("rosa", "dana")  # a reader's role gives a registry officer nothing
    assert actor_of("dana").covers == ()


def test_the_trail_and_the_workbench_say_for_whom(client: Client) -> None:
    given()
    with acting(actor_of("rosa")) as rosa:
        record(actor=rosa, event="orgs.test.done")
    page = signed_in(Client(), "aude").get("/workbench/audit/?event=orgs.test.done", secure=True).content.decode()
    assert account_of("dana").public_id in page
    for name, other in (("rosa", "dana"), ("dana", "rosa")):
        own = signed_in(Client(), name).get("/workbench/", secure=True).content.decode()
        assert account_of(other).name_masked in own
    assert (
        '/workbench/cover/">休假代理</a></p>'
        not in signed_in(client, "edith").get("/workbench/", secure=True).content.decode()
    )


# --- who may, and which days ---


@pytest.mark.parametrize("name", ["rita", "alice", "visitor"])
def test_only_officials_name_somebody(name: str) -> None:
    with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
        give_cover(actor=actor, deputy=id_of("rosa"), since=today(), until=today())


@pytest.mark.parametrize(
    ("deputy", "since", "until", "rule"),
    [
        ("dana", 0, 1, "orgs.cover_oneself"),
        ("edith", 0, 1, "orgs.cover_outside"),
        ("rita", 0, 1, "orgs.cover_outside"),
        ("rosa", -1, 1, "orgs.cover_begins"),
        ("rosa", 400, 401, "orgs.cover_begins"),
        ("rosa", 3, 2, "orgs.cover_ends"),
        ("rosa", 0, 93, "orgs.cover_ends"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(deputy: str, since: int, until: int, rule: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        given("dana", deputy, since=since, until=until)
    assert caught.value.code == rule
    assert not Cover.objects.exists()
    given("dana", "rosa", since=0, until=92)  # the control


def test_days_on_which_somebody_is_named_already_are_refused() -> None:
    employ("victor", Role.READER)
    given(since=0, until=5)
    for deputy in ("rosa", "victor"):
        with pytest.raises(RuleViolation) as caught:
            given("dana", deputy, since=5, until=9)
        assert caught.value.code == "orgs.cover_twice"
    given("dana", "victor", since=6, until=9)


def test_a_colleague_who_is_away_then_cannot_stand_in() -> None:
    given("dana", "rosa", since=0, until=5)
    with pytest.raises(RuleViolation) as caught:
        given("rosa", "dana", since=5, until=6)
    assert caught.value.code == "orgs.cover_deputy_away"
    given("rosa", "dana", since=6, until=7)


def test_the_database_refuses_what_the_rules_refuse() -> None:
    row = given(since=0, until=5)
    good: dict[str, Any] = {"agency": row.agency, "absent_id": row.absent_id, "deputy_id": row.deputy_id}
    for days, more, name in (
        ((5, 6), {}, "orgs_cover_one_at_a_time"),
        ((9, 8), {"ended_at": timezone.now()}, "orgs_cover_order"),  # of one that counts no range can be made at all
        ((8, 9), {"deputy_id": row.absent_id}, "orgs_cover_two_people"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Cover.objects.create(**{**good, **more}, since=day(days[0]), until=day(days[1]))
    Cover.objects.create(**good, since=day(6), until=day(7))
    Cover.objects.create(**good, since=day(5), until=day(6), ended_at=timezone.now())


# --- ending, and being told ---


@pytest.mark.parametrize("name", ["dana", "rosa"])
def test_both_are_told_and_either_ends_it_early(name: str) -> None:
    cover = given()
    assert [told(who) for who in ("dana", "rosa")] == [["orgs.cover_given"], ["orgs.cover_given"]]
    with acting(actor_of(name)) as actor:
        end_cover(actor=actor, cover=cover)
    assert not actor_of("rosa").may("registry.import")
    assert [told(who)[-1] for who in ("dana", "rosa")] == ["orgs.cover_ended"] * 2
    with acting(actor_of(name)) as actor, pytest.raises(RuleViolation, match="cover_over"):
        end_cover(actor=actor, cover=cover)
    given()  # the days are free again


@pytest.mark.parametrize("name", ["edith", "adam", "rita", "victor", "alice", "visitor"])
def test_nobody_else_sees_or_ends_it(name: str) -> None:
    cover = given()
    with acting(actor_of(name)) as actor:
        assert not Cover.objects.visible_to(actor).exists()
        with pytest.raises(Cover.DoesNotExist):
            end_cover(actor=actor, cover=cover)


def test_a_process_sees_all_and_ends_none() -> None:
    cover = given()
    with acting(Actor.system("tests")) as actor:
        assert Cover.objects.visible_to(actor).exists()
        with pytest.raises(NotAllowed):
            end_cover(actor=actor, cover=cover)


# --- the page ---


def test_the_page_names_somebody_lists_it_to_both_and_ends_it(client: Client) -> None:
    dana = signed_in(client, "dana")
    assert dana.post(PAGE, typed("rosa", today(), day(3)), secure=True).status_code == 302
    cover = Cover.objects.get()
    for name in ("dana", "rosa"):
        assert cover.public_id in signed_in(Client(), name).get(PAGE, secure=True).content.decode()
    assert dana.post(f"{PAGE}{cover.public_id}/end/", secure=True).status_code == 302
    assert Cover.objects.get().ended_at is not None
    assert dana.post(f"{PAGE}{cover.public_id}/end/", secure=True).status_code < 500


def test_what_was_typed_stays_when_it_is_refused(client: Client) -> None:
    dana = signed_in(client, "dana")
    answer = dana.post(PAGE, typed("rosa", day(-9), day(3)), secure=True)
    assert answer.status_code == 422
    assert f'value="{account_of("rosa").public_id}" selected' in answer.content.decode()
    # somebody of another agency is not offered, and cannot be posted
    assert account_of("edith").public_id not in answer.content.decode()
    assert dana.post(PAGE, typed("edith", today(), day(3)), secure=True).status_code == 422
    assert not Cover.objects.exists()


def test_who_works_alone_is_told_what_to_do(client: Client) -> None:
    page = signed_in(client, "edith").get(PAGE, secure=True).content.decode()
    assert "安全保密管理员" in page
    assert '<select name="deputy"' not in page


def test_three_rows_cost_what_thirty_cost(client: Client) -> None:
    dana, costs = signed_in(client, "dana"), []
    agency = Agency.objects.get(name="深圳市民政局")
    for first, count in ((100, 3), (200, 27)):
        for number in range(count):
            Cover.objects.create(
                agency=agency,
                absent_id=id_of("dana"),
                deputy_id=id_of("rosa"),
                since=day(first + number),
                until=day(first + number),
            )
        with CaptureQueriesContext(connection) as counted:
            dana.get(PAGE, secure=True)
        costs.append(len(counted))
    assert costs[0] == costs[1]


def test_colleagues_are_of_ones_own_agency_and_hold_their_place_today() -> None:
    from gongzhi.orgs.selectors import colleagues_of

    assert set(colleagues_of(actor_of("dana"))) == {id_of("rosa")}
    assert colleagues_of(actor_of("rita")) == {}
    assert Agency.objects.filter(kind=AgencyKind.OPERATOR).exists()
    assert set(colleagues_of(actor_of("adam"))) == {id_of("sena"), id_of("aude")}
