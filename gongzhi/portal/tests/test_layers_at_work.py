"""Every setting does something: at the level that chose it, not elsewhere, and as the level above says when that locks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.accounts.models import Person, Review
from gongzhi.accounts.tests import people
from gongzhi.audit.looks import write_look
from gongzhi.audit.models import Look
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import RuleViolation
from gongzhi.core.times import today
from gongzhi.loudspeaker import actions as on_the_air
from gongzhi.loudspeaker import selectors as loudspeaker
from gongzhi.loudspeaker.tests import test_loudspeaker as broadcasts
from gongzhi.notify import actions as notices
from gongzhi.notify import contracts
from gongzhi.notify.models import Outbox
from gongzhi.notify.tests.conftest import MANDATORY, OPTIONAL
from gongzhi.notify.tests.factories import run_queue
from gongzhi.orgs.tests import test_claims as claiming
from gongzhi.privacy.actions import ask_why
from gongzhi.privacy.models import Question
from gongzhi.privacy.tests.test_questions import asked
from gongzhi.reference import calendar
from gongzhi.rulebook.catalogue import definitions
from gongzhi.rulebook.tests.levels import NANSHAN, NATION, SHENZHEN, ZHEJIANG, choose, house
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("tests")
NAME, WELCOME, LINE, GREETING = "鹏城社会组织网", "欢迎来到示例馆", "0999-12345", "请走东门"


def text(client: Client, address: str) -> str:
    answer = client.get(address, secure=True)
    assert answer.status_code == 200, address
    return answer.content.decode()


def at_home_in(client: Client, code: str) -> Client:
    """A visitor who has chosen their place."""
    assert client.post("/place/", {"at": code}, secure=True).status_code == 302
    return client


def within(days: int) -> dt.date:
    return calendar.add_working_days(today(), days).date


def test_every_setting_of_the_catalogue_has_its_effect_tested_here() -> None:
    tested = {
        "site.name", "site.welcome", "site.help_line", "desk.greeting", "module.loudspeaker", "notice.mail",
        "notice.sms", "notice.wechat", "notice.letter", "promise.question_days", "promise.identity_days",
        "promise.owner_days",
    }  # fmt: skip
    assert {one.code for one in definitions()} == tested


# --- names and local texts ---


def test_a_place_says_its_own_words_to_whoever_reads_for_it(client: Client) -> None:
    choose("site.name", NAME, SHENZHEN)
    choose("site.welcome", WELCOME, SHENZHEN)
    choose("site.help_line", LINE, SHENZHEN)
    page = text(Client(), "/")
    assert not any(one in page for one in (NAME, WELCOME, LINE))
    page = text(at_home_in(client, "440300"), "/")
    assert all(one in page for one in (NAME, WELCOME, LINE))
    assert f"{NAME}</title>" in page
    assert WELCOME in text(at_home_in(Client(), "440305"), "/")  # below it too
    assert WELCOME not in text(at_home_in(Client(), "330000"), "/")
    page = text(signed_in(Client(), "dana"), "/workbench/")
    assert all(one in page for one in (NAME, WELCOME, LINE))
    assert WELCOME not in text(signed_in(Client(), "edith"), "/workbench/")
    page = text(signed_in(Client(), "alice"), "/desk/")
    assert all(one in page for one in (NAME, WELCOME, LINE))
    assert WELCOME not in text(signed_in(Client(), "carol"), "/desk/")


@pytest.mark.parametrize("code", ["site.name", "site.welcome", "site.help_line"])
def test_words_locked_by_the_nation_are_the_same_everywhere(client: Client, code: str) -> None:
    choose(code, "本地自己的话", SHENZHEN)
    choose(code, "全国一致的话", locked=True)
    page = text(at_home_in(client, "440300"), "/")
    assert "全国一致的话" in page
    assert "本地自己的话" not in page


def test_the_body_acted_for_decides_whose_words_are_read_and_not_the_cookie(client: Client) -> None:
    choose("site.welcome", WELCOME, SHENZHEN)
    choose("site.welcome", "浙江欢迎您", ZHEJIANG)
    dana = at_home_in(signed_in(client, "dana"), "330000")
    assert WELCOME in text(dana, "/workbench/")


def test_words_on_the_desk_of_the_organization_and_as_locked_from_above(client: Client) -> None:
    choose("desk.greeting", GREETING, house(), by="alice")
    assert GREETING in text(signed_in(client, "bob"), "/desk/")
    assert GREETING not in text(signed_in(Client(), "carol"), "/desk/")
    choose("desk.greeting", "全市一致", SHENZHEN, locked=True)
    page = text(client, "/desk/")
    assert "全市一致" in page
    assert GREETING not in page


def test_words_are_shown_as_text_and_never_as_markup(client: Client) -> None:
    choose("site.welcome", "<script>alert(1)</script>", SHENZHEN)
    choose("site.name", "<b>名</b>", SHENZHEN)
    page = text(at_home_in(client, "440300"), "/")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<b>名</b>" not in page


@pytest.mark.parametrize(
    ("name", "address"),
    [("visitor", "/"), ("visitor", "/orgs/"), ("dana", "/workbench/"), ("alice", "/desk/"), ("rita", "/my/")],
)
def test_a_page_asks_for_the_settings_once(client: Client, name: str, address: str) -> None:
    signed_in(client, name)
    text(client, address)
    with CaptureQueriesContext(connection) as seen:
        text(client, address)
    # The list of what waits asks once more whether the loudspeaker is on in the agency's place.
    most = 2 if address == "/workbench/" else 1
    assert 1 <= sum("rulebook_setting" in one["sql"] for one in seen) <= most


# --- a module ---


def test_a_switched_off_loudspeaker_is_silent_there_and_its_pages_are_gone(client: Client) -> None:
    broadcast = broadcasts.approved()
    broadcasts.airing_now(broadcast)
    here, secret = broadcasts.point()
    waiting = broadcasts.draft(title="待批准")
    with acting(actor_of("dana")) as dana:
        on_the_air.ask_approval(actor=dana, broadcast=waiting)
    dana_reads = signed_in(client, "dana")
    assert loudspeaker.due_at(here)
    assert "/workbench/broadcasts/" in text(dana_reads, "/workbench/")
    choose("module.loudspeaker", "no", SHENZHEN)
    assert not loudspeaker.due_at(here)
    with pytest.raises(RuleViolation, match="switched_off"):
        broadcasts.draft()
    with pytest.raises(RuleViolation, match="switched_off"), acting(broadcasts.colleague()) as other:
        on_the_air.approve_broadcast(actor=other, broadcast=waiting)
    assert "/workbench/broadcasts/" not in text(dana_reads, "/workbench/")
    for address in ("/workbench/broadcasts/", "/workbench/broadcasts/new/", "/workbench/playing-points/"):
        assert dana_reads.get(address, secure=True).status_code == 404
    assert signed_in(Client(), "edith").get("/workbench/broadcasts/", secure=True).status_code == 200
    assert secret


def test_a_loudspeaker_locked_on_by_the_nation_plays_where_it_was_switched_off() -> None:
    broadcasts.airing_now(broadcasts.approved())
    here, _secret = broadcasts.point()
    choose("module.loudspeaker", "no", NANSHAN)
    assert not loudspeaker.due_at(here)
    choose("module.loudspeaker", "yes", locked=True)
    assert loudspeaker.due_at(here)


# --- channels of notices ---


class Ringing:
    """A courier that keeps what it was given."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.sent: list[str] = []

    def send(self, *, address: Any, subject: str, text: str, reference: str) -> None:
        """One notice."""
        self.sent.append(text)


class Everywhere:
    """Everybody has an address on every channel."""

    def find(self, *, actor: Actor, person_id: int, channel: str) -> contracts.Address:
        """The same for all."""
        return contracts.Address("7@people.example", "zh-hans")


@pytest.fixture(params=["mail", "sms", "wechat"])
def ringing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Ringing:
    """One channel delivers, nobody sleeps."""
    courier = Ringing(request.param)
    settings.QUIET_HOURS = (dt.time(0), dt.time(0))
    monkeypatch.setattr(contracts, "_couriers", {courier.channel: courier})
    monkeypatch.setattr(contracts, "_books", [Everywhere()])
    monkeypatch.setattr(contracts, "_kinds", dict(contracts._kinds))
    for kind in (OPTIONAL, MANDATORY):
        contracts.register_kind(on_every_channel(kind))
    with acting(SYSTEM):
        Person.objects.filter(pk=account_of("rita").person_id).update(path=SHENZHEN)
    return courier


def on_every_channel(kind: contracts.NoticeKind) -> contracts.NoticeKind:
    return replace(kind, channels=frozenset({"mail", "sms", "wechat"}))


def told(
    courier: Ringing, kind: str = "tests.reminder", *, key: str, org_id: int | None = None
) -> tuple[str, str, int]:
    """What became of one notice to Rita: state, reason, how many went out."""
    before = len(courier.sent)
    with acting(actor_of("dana")) as dana:
        notices.notify(
            actor=dana,
            person_id=account_of("rita").person_id,
            kind=kind,
            params={"number": 7},
            key=key,
            org_id=org_id,
        )
    run_queue()
    with acting(SYSTEM):
        row = Outbox.objects.get(key=key, channel=courier.channel)
    return row.state, row.reason, len(courier.sent) - before


def test_a_division_that_closes_a_channel_sends_nothing_optional_on_it(ringing: Ringing) -> None:
    code = f"notice.{ringing.channel}"
    assert told(ringing, key="before:1")[2] == 1
    choose(code, "no", ZHEJIANG)
    assert told(ringing, key="elsewhere:1")[2] == 1
    choose(code, "no", SHENZHEN)
    assert told(ringing, key="closed:1") == ("given_up", "closed_here", 0)
    assert told(ringing, "tests.decision", key="decision:1")[2] == 1  # what must be told is told
    choose(code, "yes", locked=True)
    assert told(ringing, key="locked:1")[2] == 1


def test_an_organization_closes_a_channel_for_what_is_told_for_it_and_for_nothing_else(ringing: Ringing) -> None:
    code, own = f"notice.{ringing.channel}", actor_of("alice").org_id
    choose(code, "no", house(), by="alice")
    assert told(ringing, key="own:1", org_id=own) == ("given_up", "closed_here", 0)
    assert told(ringing, key="other:1")[2] == 1
    assert told(ringing, key="carol:1", org_id=actor_of("carol").org_id)[2] == 1
    choose(code, "yes", SHENZHEN, locked=True)
    assert told(ringing, key="locked:1", org_id=own)[2] == 1
    assert not mail.outbox


def test_where_no_letters_are_sent_nobody_chooses_them_unless_they_are_locked_on() -> None:
    choose("notice.letter", "no", SHENZHEN)
    with pytest.raises(RuleViolation, match="reach_no_letters"):
        people.register(way="letter", reach="示例村 5 号")
    people.register(way="call", reach="13800000001")
    choose("notice.letter", "yes", NATION, locked=True)
    people.register(
        way="letter",
        reach="示例村 6 号",
        number=people.resident_number(people.born(81), 113),
        name="钱××",
    )


def test_a_person_is_told_which_channels_their_division_does_not_use(client: Client) -> None:
    with acting(SYSTEM):
        Person.objects.filter(pk=account_of("rita").person_id).update(path=NANSHAN)
    rita = signed_in(client, "rita")
    assert "您所在地区不使用" not in text(rita, "/my/notices/")
    choose("notice.wechat", "no", SHENZHEN)
    page = text(rita, "/my/notices/")
    assert "您所在地区不使用" in page
    choose("notice.wechat", "yes", locked=True)
    assert "您所在地区不使用" not in text(rita, "/my/notices/")


# --- promised days ---


def test_an_office_that_promises_an_answer_sooner_owes_it_sooner() -> None:
    choose("promise.question_days", "2", SHENZHEN)
    assert asked().due_on == within(2)


def test_a_promise_locked_by_the_nation_is_the_same_everywhere() -> None:
    choose("promise.question_days", "1", SHENZHEN)
    choose("promise.question_days", "4", locked=True)
    assert asked().due_on == within(4)


def asked_of_a_house() -> Question:
    """Rita asks the body in Shenzhen why it opened a file of hers."""
    write_look(
        actor=actor_of("alice"),
        subject_kind="files.upload",
        subject_id=1,
        purpose="files.send",
        fields=["content"],
        owner=(account_of("rita").person_id, None),
    )
    with acting(actor_of("rita")) as actor:
        return ask_why(actor=actor, look_id=Look.objects.latest("id").pk)


@pytest.mark.parametrize(("locked", "days"), [(False, 1), (True, 3)])
def test_an_organization_promises_for_itself_unless_its_division_has_locked(locked: bool, days: int) -> None:
    choose("promise.question_days", "1", house(), by="alice")
    choose("promise.question_days", "3", SHENZHEN, locked=locked)
    assert asked_of_a_house().due_on == within(days)


@pytest.mark.parametrize(("locked", "days"), [(False, 2), (True, 4)])
def test_a_document_is_checked_within_the_promised_days(locked: bool, days: int) -> None:
    choose("promise.identity_days", "2", SHENZHEN)
    choose("promise.identity_days", "4", locked=locked)
    row = people.ask()
    assert due_of(row) == within(days)


def due_of(row: Any) -> dt.date:
    with acting(SYSTEM):
        return Review.objects.get(subject=row.public_id).due_on


@pytest.mark.parametrize(("locked", "days"), [(False, 3), (True, 4)])
def test_a_claim_is_passed_on_after_the_promised_days(locked: bool, days: int) -> None:
    choose("promise.owner_days", "3", SHENZHEN)
    choose("promise.owner_days", "4", locked=locked)
    assert claiming.claimed().owner_due_on == within(days)
