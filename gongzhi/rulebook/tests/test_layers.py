"""Settings level by level: the catalogue, what can never be true, who wins, who may, and what is left behind."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs.enums import AgencyKind
from gongzhi.reference.enums import Level
from gongzhi.rulebook import catalogue, contracts
from gongzhi.rulebook.catalogue import BadValue, UnknownSetting, definition, definitions
from gongzhi.rulebook.enums import Area, Shape
from gongzhi.rulebook.models import Setting, level_of
from gongzhi.rulebook.selectors import layers
from gongzhi.rulebook.tests.levels import (
    GUANGDONG,
    NANSHAN,
    NATION,
    SHENZHEN,
    ZHEJIANG,
    choose,
    head,
    house,
    take_back,
)
from tests.world import actor_of

pytestmark = pytest.mark.django_db

MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
GOOD: dict[str, Any] = {
    "code": "site.welcome",
    "scope": "44/4403/",
    "given": True,
    "value": "示例",
    "locked": False,
    "reach": "44/4403/",
    "set_by": "agency:1",
    "set_by_name": "示例",
    "reason": "示例",
    "valid_from": dt.date(2026, 1, 1),
    "known_from": MOMENT,
}
TOMORROW = today() + dt.timedelta(days=1)


def insert(**changes: Any) -> Setting:
    with transaction.atomic():
        return Setting.objects.create(**(GOOD | changes))


def said(code: str, path: str = SHENZHEN, org_id: int | None = None, **more: Any) -> str:
    return layers.held(code, path=path, org_id=org_id, **more).value


# --- the table ---


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("rulebook_setting_code", {"code": "Welcome"}, {"code": "site.help_line"}),
        ("rulebook_setting_scope", {"scope": "4403/"}, {"scope": "44/4403/440305/440305001/"}),
        ("rulebook_setting_scope", {"scope": "org:0"}, {"scope": "org:7"}),
        ("rulebook_setting_scope", {"scope": "/"}, {"scope": ""}),
        ("rulebook_setting_taken_back", {"given": False, "value": "x"}, {"given": False, "value": ""}),
        ("rulebook_setting_taken_back", {"given": False, "value": "", "locked": True}, {"given": False, "value": ""}),
        ("rulebook_setting_says_something", {"value": ""}, {"value": "x"}),
        ("rulebook_setting_lock", {"scope": "org:7", "locked": True}, {"scope": "44/", "locked": True}),
        ("rulebook_setting_reasoned", {"reason": ""}, {"reason": "x"}),
        ("rulebook_setting_reasoned", {"set_by": ""}, {"set_by": "process:test", "set_by_name": ""}),
        ("rulebook_setting_known", {"known_to": MOMENT - dt.timedelta(1)}, {"known_to": MOMENT}),
    ],
)
def test_a_constraint_refuses_the_bad_row_and_takes_the_good_one(
    name: str, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=name):
        insert(**bad)
    assert insert(**good).pk


def test_a_level_has_one_belief_a_day() -> None:
    insert(known_to=MOMENT)
    insert()
    with pytest.raises(IntegrityError, match="rulebook_setting_one_current"):
        insert()
    insert(scope="44/")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rulebook_setting SET value = 'x'",
        "UPDATE rulebook_setting SET locked = false, known_to = now()",
        "DELETE FROM rulebook_setting",
        "TRUNCATE rulebook_setting",
    ],
)
def test_the_application_cannot_change_what_a_level_said(statement: str) -> None:
    insert()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_was_said_is_closed_once_and_never_opened_again() -> None:
    row = insert()
    Setting.objects.filter(pk=row.pk).update(known_to=MOMENT)
    for moment in (MOMENT + dt.timedelta(1), None):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Setting.objects.filter(pk=row.pk).update(known_to=moment)


# --- the catalogue ---


def test_the_catalogue_says_everything_of_each_setting() -> None:
    every = definitions()
    assert len({one.code for one in every}) == len(every)
    assert {one.area for one in every} == set(Area)
    for one in every:
        assert str(one.label)
        assert str(one.meaning).endswith((".", "。"))
        assert definition(one.code) is one
        if one.shape is Shape.SWITCH:
            assert one.default == "yes"
        elif one.shape is Shape.DAYS:
            assert one.parameter
            assert catalogue.promise_of(one.parameter) is one
        else:
            assert one.longest
        assert one.may_be_set_at(Level.NATION)
    with pytest.raises(UnknownSetting):
        definition("site.colour")


@pytest.mark.parametrize(
    ("code", "text", "why"),
    [
        ("module.loudspeaker", "maybe", "choice"),
        ("module.loudspeaker", "", "choice"),
        ("promise.question_days", "3.5", "days"),
        ("promise.question_days", "-1", "days"),
        ("promise.question_days", "三", "days"),
        ("promise.question_days", "0", "range"),
        ("promise.question_days", "6", "range"),
        ("promise.owner_days", "2", "range"),
        ("site.name", "", "empty"),
        ("site.name", " \n ", "empty"),
        ("site.name", "甲" * 21, "long"),
        ("site.name", "甲\n乙", "signs"),
        ("site.name", "甲\u202e乙", "signs"),
        ("site.welcome", "甲\x00乙", "signs"),
    ],
)
def test_what_is_no_value_is_refused_with_a_sentence(code: str, text: str, why: str) -> None:
    with pytest.raises(BadValue) as refused:
        definition(code).clean(text, most=5)
    assert refused.value.code == why
    assert refused.value.message


@pytest.mark.parametrize(
    ("code", "text", "kept"),
    [
        ("module.loudspeaker", " no ", "no"),
        ("promise.question_days", "３", "3"),
        ("promise.question_days", "05", "5"),
        ("site.name", " 鹏城社会组织网 ", "鹏城社会组织网"),
        ("site.welcome", "甲\r\n乙", "甲\n乙"),
    ],
)
def test_a_value_is_kept_in_one_form(code: str, text: str, kept: str) -> None:
    assert definition(code).clean(text, most=5) == kept


def test_an_app_registers_its_module_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_modules", dict(catalogue._modules))
    contracts.register_module("library", "Library", "Whether books are lent.")
    contracts.register_module("library", "Library", "Whether books are lent.")  # twice is the same
    assert layers.is_on("library", path=SHENZHEN)
    choose("module.library", "no", SHENZHEN)
    assert not layers.is_on("library", path=NANSHAN)
    assert layers.is_on("library", path=ZHEJIANG)
    with pytest.raises(ValueError, match="two modules"):
        contracts.register_module("library", "Library", "Something else.")
    with pytest.raises(ValueError, match="no name"):
        contracts.register_module("No Name", "", "")


@pytest.mark.parametrize(
    ("scope", "level"),
    [
        ("", Level.NATION),
        ("44/", Level.PROVINCE),
        (SHENZHEN, Level.PREFECTURE),
        (NANSHAN, Level.COUNTY),
        ("31/310101/", Level.COUNTY),
        (f"{NANSHAN}440305001/", Level.TOWNSHIP),
        ("org:7", None),
    ],
)
def test_a_scope_has_a_level(scope: str, level: Level | None) -> None:
    assert level_of(scope) == level


# --- who wins ---


def test_the_deepest_level_that_says_something_wins() -> None:
    org_id = actor_of("alice").org_id
    assert said("desk.greeting", org_id=org_id) == ""
    choose("desk.greeting", "全国")
    choose("desk.greeting", "广东", GUANGDONG)
    assert said("desk.greeting", org_id=org_id) == "广东"
    assert said("desk.greeting", ZHEJIANG) == "全国"
    choose("desk.greeting", "深圳", SHENZHEN)
    choose("desk.greeting", "本社", house(), by="alice")
    assert said("desk.greeting") == "深圳"
    assert said("desk.greeting", org_id=org_id) == "本社"
    take_back("desk.greeting", house(), by="alice")
    take_back("desk.greeting", SHENZHEN)
    assert said("desk.greeting", org_id=org_id) == "广东"


def test_a_lock_from_above_counts_and_what_was_chosen_below_stays_and_is_named() -> None:
    org_id = actor_of("alice").org_id
    choose("desk.greeting", "深圳", SHENZHEN)
    choose("desk.greeting", "本社", house(), by="alice")
    choose("desk.greeting", "全国一致", locked=True)
    found = layers.held("desk.greeting", path=SHENZHEN, org_id=org_id)
    assert (found.value, found.locked) == ("全国一致", True)
    assert [row.value for row in found.overridden] == ["深圳", "本社"]
    assert Setting.objects.current().filter(code="desk.greeting").count() == 3
    for scope, by in ((SHENZHEN, "adam"), (house(), "alice")):
        with pytest.raises(RuleViolation, match="setting_locked") as refused:
            choose("desk.greeting", "还是要", scope, by=by)
        assert "平台运营单位" in str(refused.value.message)
    choose("desk.greeting", "全国一致", locked=False)
    assert said("desk.greeting", org_id=org_id) == "本社"  # the lock is gone, the choice is back


def test_a_lock_for_later_waits_for_its_day() -> None:
    choose("site.welcome", "深圳", SHENZHEN)
    choose("site.welcome", "全国", locked=True, on=TOMORROW)
    assert said("site.welcome") == "深圳"
    assert said("site.welcome", on=TOMORROW) == "全国"
    choose("site.welcome", "深圳今天", SHENZHEN)
    with pytest.raises(RuleViolation, match="setting_locked"):
        choose("site.welcome", "深圳明天", SHENZHEN, on=TOMORROW)
    assert [row.value for row in layers.coming("site.welcome", layers.chain_of(SHENZHEN))] == ["全国"]
    take_back("site.welcome", on=TOMORROW)
    assert said("site.welcome", on=TOMORROW) == "深圳今天"


def test_both_clocks_answer() -> None:
    first = insert(value="甲", valid_from=today())
    second = choose("site.welcome", "乙", SHENZHEN)
    assert said("site.welcome") == "乙"
    assert said("site.welcome", known_at=first.known_from) == "甲"
    assert said("site.welcome", on=today() - dt.timedelta(days=1)) == ""
    rows = layers.history("site.welcome", SHENZHEN)
    assert [row.pk for row in rows] == [second.pk, first.pk]
    assert rows[1].known_to == second.known_from


def test_resolution_is_one_query_whatever_stands_there() -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            layers.in_force(path=NANSHAN, org_id=actor.org_id)
        return len(seen)

    actor = actor_of("alice")
    assert count() == 1
    for scope in (NATION, GUANGDONG, SHENZHEN, NANSHAN):
        for code in ("site.welcome", "site.help_line", "desk.greeting"):
            choose(code, f"示例 {scope}", scope)
    assert count() == 1


def test_a_promise_is_never_longer_than_the_parameter() -> None:
    assert layers.days_within("privacy.question_answer_days", path=SHENZHEN) == 5
    choose("promise.question_days", "2", SHENZHEN)
    assert layers.days_within("privacy.question_answer_days", path=NANSHAN) == 2
    assert layers.days_within("privacy.question_answer_days", path=ZHEJIANG) == 5
    with pytest.raises(RuleViolation, match="setting_range"):
        choose("promise.question_days", "6", SHENZHEN)
    # The number goes down afterwards: a promise that has become longer than it does not count.
    insert(code="promise.question_days", scope="33/", value="9")
    assert layers.days_within("privacy.question_answer_days", path=ZHEJIANG) == 5


# --- who may ---


@pytest.mark.parametrize("name", ["dana", "edith", "rosa", "sena", "aude", "rita", "alice", "visitor"])
def test_who_keeps_no_division_sets_nothing_of_one(name: str) -> None:
    with pytest.raises(NotAllowed):
        choose("site.welcome", "示例", SHENZHEN, by=name)
    with pytest.raises(NotAllowed):
        take_back("site.welcome", SHENZHEN, by=name)
    assert not Setting.objects.exists()


def test_a_divisions_administrator_keeps_it_and_everything_below_and_nothing_else() -> None:
    victor = head(SHENZHEN)
    choose("site.welcome", "深圳", SHENZHEN, by=victor, locked=True)
    choose("site.help_line", "南山", NANSHAN, by=victor)
    for scope in (NATION, GUANGDONG, ZHEJIANG, house()):
        with pytest.raises(NotAllowed):
            choose("site.welcome", "别处", scope, by=victor)
    assert said("site.welcome", NANSHAN) == "深圳"


@pytest.mark.parametrize("kind", list(AgencyKind))
def test_one_voice_a_division_an_administrator_elsewhere_keeps_no_settings(kind: AgencyKind) -> None:
    victor = head(SHENZHEN, kind=kind)
    if kind in (AgencyKind.REGISTRY, AgencyKind.COMMUNITY, AgencyKind.OPERATOR):
        choose("site.welcome", "深圳", SHENZHEN, by=victor)
        return
    with pytest.raises(NotAllowed):
        choose("site.welcome", "深圳", SHENZHEN, by=victor)


def test_an_organization_chooses_for_itself_alone_and_never_locks() -> None:
    choose("desk.greeting", "本社", house(), by="alice")
    for by in ("bob", "carol", "adam", "dana"):
        with pytest.raises(NotAllowed):
            choose("desk.greeting", "别人", house(), by=by)
    with pytest.raises(NotAllowed):
        choose("desk.greeting", "锁定", house(), by="alice", locked=True)
    for code in ("site.name", "site.welcome", "module.loudspeaker", "notice.letter", "promise.identity_days"):
        value = {"module": "no", "notice": "no", "promise": "3"}.get(code.partition(".")[0], "本社")
        with pytest.raises(RuleViolation, match="setting_level"):
            choose(code, value, house(), by="alice")


def test_the_name_of_the_site_is_not_chosen_by_a_street() -> None:
    street = f"{NANSHAN}440305001/"
    with pytest.raises(RuleViolation, match="setting_level"):
        choose("site.name", "街道网", street)
    choose("site.welcome", "街道欢迎您", street)


def test_what_a_body_above_has_locked_here_one_below_does_not_open() -> None:
    victor = head(SHENZHEN)
    choose("site.welcome", "上级定的", SHENZHEN, by="adam", locked=True)
    with pytest.raises(RuleViolation, match="setting_locked"):
        choose("site.welcome", "自己定", SHENZHEN, by=victor)
    with pytest.raises(RuleViolation, match="setting_locked"):
        take_back("site.welcome", SHENZHEN, by=victor)
    choose("site.welcome", "上级定的", SHENZHEN, by="adam", locked=False)
    choose("site.welcome", "自己定", SHENZHEN, by=victor)
    assert said("site.welcome") == "自己定"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": " "}, "setting_reason"),
        ({"reason": "长" * 501}, "setting_reason_long"),
        ({"on": today() - dt.timedelta(days=1)}, "setting_day"),
        ({"on": today() + dt.timedelta(days=400)}, "setting_day"),
        ({"value": ""}, "setting_empty"),
        ({"scope": "44/99"}, "path_invalid"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_left_behind(changes: dict[str, Any], code: str) -> None:
    given: dict[str, Any] = {"code": "site.welcome", "value": "示例", "scope": SHENZHEN}
    with pytest.raises(RuleViolation, match=code):
        choose(**(given | changes))
    assert not Setting.objects.exists()
    assert not Event.objects.filter(event__startswith="rulebook.setting").exists()


def test_saying_the_same_again_and_taking_nothing_back_are_refused() -> None:
    choose("site.welcome", "示例", SHENZHEN)
    with pytest.raises(RuleViolation, match="nothing_changes"):
        choose("site.welcome", "示例", SHENZHEN)
    with pytest.raises(RuleViolation, match="nothing_said"):
        take_back("site.welcome", NANSHAN)


def test_each_change_is_recorded_with_the_body_and_never_with_the_text() -> None:
    row = choose("site.welcome", "欢迎", SHENZHEN, locked=True)
    gone = take_back("site.welcome", SHENZHEN)
    assert (row.set_by_name, row.set_by) == ("平台运营单位", f"agency:{actor_of('adam').agency_id}")
    events = Event.objects.filter(event__startswith="rulebook.setting").order_by("pk")
    assert [one.event for one in events] == ["rulebook.setting.chosen", "rulebook.setting.taken_back"]
    assert [one.subject_id for one in events] == [row.pk, gone.pk]
    assert all("欢迎" not in str(one.details) for one in events)
    assert events[0].details == {
        "code": "site.welcome",
        "scope": SHENZHEN,
        "valid_from": today().isoformat(),
        "locked": True,
    }


def test_a_process_sets_with_its_name() -> None:
    process = Actor.system("test", permissions=frozenset({"rulebook.keep_settings"}))
    row = choose("site.welcome", "示例", by=process)
    assert (row.set_by, row.set_by_name, row.reach) == ("process:test", "", "/")
