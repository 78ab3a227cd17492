"""What an organization keeps for itself: closed to officials until it files it or a case with a legal ground opens it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.http import FileResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.accounts.models import Person
from gongzhi.audit.models import Event, Look
from gongzhi.config.seeds import SEEDER
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.files.actions import send
from gongzhi.files.models import Upload
from gongzhi.files.tests.samples import pdf
from gongzhi.files.tests.test_actions import close
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.actions import house as actions
from gongzhi.orgs.enums import GROUND_ARTICLES, AgencyKind, HouseKind, OpeningGround, OrgRole, Role
from gongzhi.orgs.models import HouseRecord, Opening
from gongzhi.orgs.tests.test_claims import house, told
from gongzhi.orgs.tests.test_members import joined
from tests.access import CHARACTERS, LIKE
from tests.test_access import signed_in
from tests.world import SHENZHEN, account_of, actor_of

SYSTEM = Actor.system("tests")


def written(
    kind: HouseKind = HouseKind.MINUTES, *, title: str = "理事会第一次会议", paper: bool = False
) -> HouseRecord:
    handed = SimpleUploadedFile("会议记录.pdf", pdf()) if paper else None
    with acting(actor_of("alice")) as alice:
        return actions.write_record(
            actor=alice, organization=house(), kind=kind, title=title, text="决定如下", on=today(), paper=handed
        )


def opened(kind: HouseKind = HouseKind.MINUTES, *, by: str = "dana", until: dt.date | None = None) -> Opening:
    with acting(actor_of(by)) as actor:
        return actions.open_house(
            actor=actor,
            organization=house(),
            kind=kind,
            ground=OpeningGround.SUPERVISION,
            matter="深民检〔2026〕××号",
            reason="接到举报，核对会议决定",
            until=until or today(),
        )


def filed(record: HouseRecord) -> None:
    with acting(actor_of("alice")) as alice:
        actions.file_record(actor=alice, record=record)


def seen_by(name: str) -> int:
    """How many records somebody finds: what the page asks for, which the second wall must allow too."""
    with acting(actor_of(name)) as actor:
        found = HouseRecord.objects.visible_to(actor).count()
        assert found <= HouseRecord.objects.count()
        return found


def provincial() -> None:
    """An officer of the province, whose reach holds Shenzhen too: Pia."""
    from gongzhi.accounts import actions as accounts
    from tests.world import PASSWORD

    with acting(SEEDER) as actor:
        account = accounts.create_account(actor=actor, name="潘××", password=PASSWORD, email="pia@world.example")
        agency = orgs.found_agency(actor=actor, name="广东省民政厅", kind=AgencyKind.REGISTRY, path="44/")
        orgs.appoint(actor=actor, person=account.person, agency=agency, role=Role.REGISTRAR)


# --- the organization ---


@pytest.mark.django_db
def test_a_record_is_sealed_and_belongs_to_its_organization() -> None:
    record = written()
    for value in (record.title_sealed, record.text_sealed):
        assert "会议".encode() not in bytes(value)
        assert "决定".encode() not in bytes(value)
    assert [seen_by(name) for name in ("alice", "bob", "carol", "victor", "dana", "edith", "adam")] == [
        1,
        1,
        0,
        0,
        0,
        0,
        0,
    ]


@pytest.mark.django_db
def test_only_who_keeps_them_writes_changes_files_and_takes_away() -> None:
    record = written()
    for name in ("bob", "carol", "dana", "victor"):
        with acting(actor_of(name)) as actor:
            with pytest.raises(NotAllowed):
                actions.write_record(
                    actor=actor, organization=house(), kind=HouseKind.DRAFT, title="示例", text="", on=today()
                )
            for step in (actions.file_record, actions.remove_record):
                with pytest.raises((NotAllowed, HouseRecord.DoesNotExist)):
                    step(actor=actor, record=record)
            with pytest.raises((NotAllowed, HouseRecord.DoesNotExist)):
                actions.change_record(actor=actor, record=record, title="示例", text="", on=today())


@pytest.mark.django_db
def test_a_record_needs_a_title_a_day_that_has_come_and_a_text_that_fits() -> None:
    tomorrow = today() + dt.timedelta(days=1)
    with acting(actor_of("alice")) as alice:
        for title, text, on, field in (
            ("", "", today(), "title"),
            ("长" * 121, "", today(), "title"),
            ("示例", "长" * 20_001, today(), "text"),
            ("示例", "", tomorrow, "on"),
        ):
            with pytest.raises(RuleViolation) as error:
                actions.write_record(
                    actor=alice, organization=house(), kind=HouseKind.DRAFT, title=title, text=text, on=on
                )
            assert error.value.field == field
    assert seen_by("alice") == 0


@pytest.mark.django_db
def test_what_was_filed_is_seen_by_the_registry_above_and_stays_as_it_is() -> None:
    record = written()
    filed(record)
    assert [seen_by(name) for name in ("dana", "edith", "carol")] == [1, 0, 0]
    assert told("dana") == ["orgs.house_filed"]
    with acting(actor_of("alice")) as alice:
        for step in (
            lambda: actions.file_record(actor=alice, record=record),
            lambda: actions.remove_record(actor=alice, record=record),
            lambda: actions.change_record(actor=alice, record=record, title="示例", text="", on=today()),
        ):
            with pytest.raises(RuleViolation, match="record_filed"):
                step()


@pytest.mark.django_db
def test_taking_a_record_away_removes_its_paper_but_not_while_an_authority_has_it_open() -> None:
    record = written(paper=True)
    opening = opened()
    with acting(actor_of("alice")) as alice, pytest.raises(RuleViolation, match="record_opened"):
        actions.remove_record(actor=alice, record=record)
    with acting(actor_of("dana")) as dana:
        actions.close_opening(actor=dana, opening=opening)
    with acting(actor_of("alice")) as alice:
        actions.remove_record(actor=alice, record=record)
        assert not Upload.objects.visible_to(alice).exists()
    assert seen_by("alice") == 0
    assert Event.objects.filter(event="orgs.house_record.removed").exists()


# --- openings ---


@pytest.mark.django_db
def test_an_opening_shows_its_kind_to_its_agency_alone_for_its_time_and_the_owner_is_told_at_once() -> None:
    provincial()
    written()
    written(HouseKind.CONTACTS)
    opening = opened()
    assert [seen_by(name) for name in ("dana", "edith", "adam", "pia")] == [1, 0, 0, 0]
    assert told("alice") == ["orgs.house_opened"]
    assert told("bob") == []
    with acting(actor_of("dana")) as dana:
        actions.close_opening(actor=dana, opening=opening)
        with pytest.raises(RuleViolation, match="opening_over"):
            actions.close_opening(actor=dana, opening=opening)
    assert seen_by("dana") == 0


@pytest.mark.django_db
def test_an_opening_is_over_after_its_last_day() -> None:
    written()
    opening = opened()
    with acting(SYSTEM):
        past = timezone.now() - dt.timedelta(days=3)
        Opening.objects.filter(pk=opening.pk).update(opened_at=past, until=past + dt.timedelta(days=1))
    assert seen_by("dana") == 0


@pytest.mark.django_db
def test_only_an_official_with_that_task_in_reach_opens_with_ground_case_reason_and_an_end() -> None:
    for name in ("edith", "rosa", "adam", "alice", "victor"):
        with pytest.raises(NotAllowed):
            opened(by=name)
    with acting(actor_of("dana")) as dana:
        good = {
            "organization": house(),
            "kind": HouseKind.MINUTES,
            "ground": OpeningGround.PENALTY,
            "matter": "示例",
            "reason": "示例",
            "until": today(),
        }
        for field, value in (
            ("matter", " "),
            ("matter", "长" * 61),
            ("reason", ""),
            ("reason", "长" * 2001),
            ("until", today() - dt.timedelta(days=1)),
            ("until", today() + dt.timedelta(days=366)),
        ):
            with pytest.raises(RuleViolation) as error:
                actions.open_house(actor=dana, **(good | {field: value}))  # type: ignore[arg-type]
            assert error.value.field == field
        actions.open_house(actor=dana, **good)  # type: ignore[arg-type]
        with pytest.raises(RuleViolation, match="opened_already"):
            actions.open_house(actor=dana, **good)  # type: ignore[arg-type]
    assert set(GROUND_ARTICLES) == set(OpeningGround)


@pytest.mark.django_db
def test_an_opening_is_ended_by_the_agency_that_made_it_and_no_other() -> None:
    provincial()
    opening = opened()
    for name in ("pia", "edith", "rosa", "alice"):
        with acting(actor_of(name)) as actor, pytest.raises((NotAllowed, Opening.DoesNotExist)):
            actions.close_opening(actor=actor, opening=opening)


# --- what the database refuses ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [{"kind": "diary"}, {"filed_at": "now"}, {"path": "44"}, {"filed_at": "past", "filed_by": 1}]
)
def test_a_record_that_cannot_be_is_refused_by_the_database(wrong: dict[str, object]) -> None:
    record = written()
    moments = {"now": timezone.now(), "past": timezone.now() - dt.timedelta(days=1)}
    values = {name: moments.get(str(value), value) for name, value in wrong.items()}
    with acting(SYSTEM):
        row = HouseRecord.objects.filter(pk=record.pk)
        row.update(changed_at=timezone.now())
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**values)
        row.update(filed_at=timezone.now() + dt.timedelta(minutes=1), filed_by=record.written_by)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"matter": ""},
        {"ground": "curiosity"},
        {"kind": "diary"},
        {"days": -1},
        {"days": 400},
        {"close": -1},
    ],
)
def test_an_opening_that_cannot_be_is_refused_by_the_database(wrong: dict[str, object]) -> None:
    opening = opened()
    values = dict(wrong)
    if "days" in values:
        values["until"] = opening.opened_at + dt.timedelta(days=int(str(values.pop("days"))))
    if "close" in values:
        values["closed_at"] = opening.opened_at + dt.timedelta(days=int(str(values.pop("close"))))
    with acting(SYSTEM):
        row = Opening.objects.filter(pk=opening.pk)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**values)
        row.update(closed_at=timezone.now())


def test_the_second_wall_keeps_officials_out_until_an_opening_and_lets_nobody_write(fresh_database: str) -> None:
    record = written()
    counted = {}
    for when in ("before", "after", "ended"):
        if when == "after":
            opening = opened()
        if when == "ended":
            with acting(actor_of("dana")) as dana:
                actions.close_opening(actor=dana, opening=opening)
        for name in ("alice", "carol", "dana", "edith", "adam", "rita", "visitor"):
            with acting(actor_of(name)):
                counted[when, name] = HouseRecord.objects.filter(pk=record.pk).count()
    closed = {"alice": 1, "carol": 0, "dana": 0, "edith": 0, "adam": 0, "rita": 0, "visitor": 0}
    for when in ("before", "ended"):
        assert {name: n for (at, name), n in counted.items() if at == when} == closed
    # Adam's reach is the whole country, so the wall alone lets him pass; `visible_to` knows agencies and does not.
    assert {name: n for (at, name), n in counted.items() if at == "after"} == closed | {"dana": 1, "adam": 1}
    with acting(actor_of("carol")):
        assert Opening.objects.count() == 0
    with acting(actor_of("dana")) as dana:
        assert HouseRecord.objects.filter(pk=record.pk).update(kind="draft") == 0  # ended: not even there


# --- pages ---


@pytest.mark.django_db
@pytest.mark.parametrize("character", [*CHARACTERS, *LIKE])
@pytest.mark.parametrize("opening", [False, True])
def test_each_character_finds_a_record_only_by_an_opening(client: Client, character: str, opening: bool) -> None:
    record = written()
    if opening:
        opened()
    found = signed_in(client, character).get(f"/workbench/orgs/{SHENZHEN}/house/{record.public_id}/", secure=True)
    expected = {"visitor": 302, "dana": 200 if opening else 404, "edith": 404}
    assert found.status_code == expected.get(character, 403)


@pytest.mark.django_db
def test_each_look_and_each_refused_try_stands_on_the_desk_with_ground_case_and_reason(client: Client) -> None:
    record = written(paper=True)
    official = signed_in(client, "dana")
    address = f"/workbench/orgs/{SHENZHEN}/house/{record.public_id}/"
    assert official.get(address, secure=True).status_code == 404
    assert record.public_id not in official.get(f"/workbench/orgs/{SHENZHEN}/house/", secure=True).content.decode()
    ask = {"kind": "minutes", "ground": "supervision", "matter": "示例 7 号", "reason": "核对会议决定"}
    day = today() + dt.timedelta(days=40)
    until = {"until-year": str(day.year), "until-month": str(day.month), "until-day": str(day.day)}
    wrong = official.post(f"/workbench/orgs/{SHENZHEN}/house/open/", ask, secure=True)
    assert wrong.status_code == 422
    assert "核对会议决定" in wrong.content.decode()
    assert official.post(f"/workbench/orgs/{SHENZHEN}/house/open/", ask | until, secure=True).status_code == 302
    page = official.get(f"/workbench/orgs/{SHENZHEN}/house/", secure=True).content.decode()
    assert record.public_id in page
    assert "理事会第一次会议" not in page  # a title is content: it is opened with the record
    assert "理事会第一次会议" in official.get(address, secure=True).content.decode()
    looks = Look.objects.filter(owner_org=house().pk).order_by("at", "pk")
    assert [(look.purpose, look.refused) for look in looks] == [("orgs.own_house", True), ("orgs.own_house", False)]
    desk = signed_in(Client(), "alice").get("/desk/seen/", secure=True).content.decode()
    for words in (
        "示例 7 号",
        "核对会议决定",
        "深圳市民政局",
        "第二十四条",
        "调阅中",
        "待核实",
        "被系统拒绝",
        "内部资料标题",
    ):
        assert words in desk, words
    assert "已依法调阅这类资料" in signed_in(Client(), "bob").get("/desk/", secure=True).content.decode()
    assert "示例 7 号" not in signed_in(Client(), "carol").get("/desk/seen/", secure=True).content.decode()
    closing = re.search(r"/workbench/openings/\w+/close/", page)
    assert closing is not None
    assert official.post(closing[0], secure=True).status_code == 302
    assert official.get(address, secure=True).status_code == 404


@pytest.mark.django_db
def test_the_paper_of_an_opened_record_is_sent_and_that_is_a_look_of_the_organization() -> None:
    written(paper=True)
    with acting(SYSTEM):
        upload = Upload.objects.get(org_id=house().pk)
    with acting(actor_of("dana")) as dana:
        with pytest.raises(NotAllowed):
            send(upload, actor=dana)
        answer = send(upload, actor=dana, purpose="orgs.own_house", granted=True)
    assert isinstance(answer, FileResponse)
    close(answer)
    assert Look.objects.get(owner_org=house().pk, subject_kind="files.upload").purpose == "orgs.own_house"


@pytest.mark.django_db
def test_the_desk_writes_reads_changes_files_and_keeps_what_was_typed(client: Client) -> None:
    browser = signed_in(client, "alice")
    assert "还没有资料" in browser.get("/desk/house/", secure=True).content.decode()
    day = {"on-year": "2026", "on-month": "1", "on-day": "9"}
    typed = {"kind": "contacts", "title": "", "text": "钱×× 会计"} | day
    again = browser.post("/desk/house/new/", typed, secure=True)
    assert again.status_code == 422
    assert "钱×× 会计" in again.content.decode()
    made = browser.post("/desk/house/new/", typed | {"title": "秘书处名单"}, secure=True)
    address = made.headers["Location"]
    assert "钱×× 会计" in browser.get(address, secure=True).content.decode()
    assert "秘书处名单" in browser.get("/desk/house/?kind=contacts", secure=True).content.decode()
    assert "秘书处名单" not in browser.get("/desk/house/?kind=minutes", secure=True).content.decode()
    assert browser.get("/desk/house/?kind=nothing", secure=True).status_code == 200
    changed = browser.post(f"{address}change/", {"title": "理事名单", "text": ""} | day, secure=True)
    assert changed.status_code == 302
    reader = signed_in(Client(), "bob")
    assert "理事名单" in reader.get(address, secure=True).content.decode()
    assert reader.post(f"{address}file/", secure=True).status_code == 403
    assert browser.post(f"{address}file/", secure=True).status_code == 302
    assert browser.post(f"{address}remove/", secure=True).status_code == 422
    assert not Look.objects.filter(owner_org=house().pk).exists()  # one's own house is no look


@pytest.mark.django_db
def test_a_handler_reads_own_records_only_where_that_was_delegated(client: Client) -> None:
    membership = joined(role=OrgRole.HANDLER)
    assert signed_in(client, "victor").get("/desk/house/", secure=True).status_code == 403
    type(membership).objects.filter(pk=membership.pk).update(delegated=["orgs.read_house"])
    assert signed_in(Client(), "victor").get("/desk/house/", secure=True).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "address"),
    [("alice", "/desk/house/"), ("alice", "/desk/seen/"), ("dana", f"/workbench/orgs/{SHENZHEN}/house/")],
)
def test_three_rows_and_thirty_need_the_same_queries(client: Client, name: str, address: str) -> None:
    browser = signed_in(client, name)
    counted = []
    for more in (3, 27):
        for _each in range(more):
            filed(written())
            with acting(actor_of("dana")) as dana:
                actions.close_opening(actor=dana, opening=opened())
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(address, secure=True).status_code == 200
        counted.append(len(seen))
    assert counted[0] == counted[1]


@pytest.mark.django_db
def test_who_comes_from_a_message_chooses_the_organization_first(client: Client) -> None:
    browser = signed_in(client, "alice")
    browser.post("/acting/", {"agency": ""}, secure=True)
    page = browser.get("/desk/seen/", secure=True).content.decode()
    assert 'name="next" value="/desk/seen/"' in page
    onward = browser.post("/acting/", {"org": house().public_id, "next": "/desk/seen/"}, secure=True)
    assert onward.headers["Location"] == "/desk/seen/"


@pytest.mark.django_db
def test_an_own_record_is_in_nobodys_copy_of_their_data() -> None:
    written()
    with acting(SYSTEM):
        assert Person.objects.filter(pk=account_of("alice").person_id).exists()
    assert not {field.attname for field in HouseRecord._meta.concrete_fields} & {"person_id"}


@pytest.mark.django_db
def test_opening_asks_again_who_one_is(client: Client, settings: Any) -> None:
    settings.STEP_UP = True
    browser = signed_in(client, "dana")
    address = f"/workbench/orgs/{SHENZHEN}/house/open/"
    day = {"until-year": str(today().year), "until-month": str(today().month), "until-day": str(today().day)}
    typed = {"kind": "minutes", "ground": "penalty", "matter": "示例", "reason": "示例"} | day
    asked = browser.post(address, typed, secure=True)
    assert asked.status_code == 422
    assert 'name="proof"' in asked.content.decode()
    with acting(SYSTEM):
        assert not Opening.objects.exists()
    settings.STEP_UP = False  # the control
    assert browser.post(address, typed, secure=True).status_code == 302
