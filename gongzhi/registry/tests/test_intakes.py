"""A list on its way: received, checked, chosen about, taken in, undone. Nothing is lost and nothing is guessed."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.db import connection

from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs.enums import Standing
from gongzhi.orgs.models import Organization, OrganizationSearch, Tally
from gongzhi.registry import actions, imports
from gongzhi.registry.actions.lists import prepare_search
from gongzhi.registry.enums import EventKind, Fate, IntakeState, SourceKind
from gongzhi.registry.jobs import apply_list as apply_job
from gongzhi.registry.lists import Chosen, ListUnreadable, open_list
from gongzhi.registry.models import (
    Certificate,
    Confirmation,
    Doubt,
    Host,
    Intake,
    IntakeProblem,
    Source,
    StagedRow,
    Version,
)
from gongzhi.registry.selectors import record_of
from gongzhi.registry.tests.test_imports import IMPORTER, code, load
from gongzhi.tlog.contracts import SealedRow
from gongzhi.tlog.entries import row_leaf, text_of
from gongzhi.tlog.merkle import root
from gongzhi.tlog.models import BatchRow, Pending
from tests.world import actor_of

HEAD = "名称\t统一社会信用代码\t成立日期\t住所\t注册资金\t业务主管单位\t登记状态\t挂靠单位\t活动领域\t证书有效期"
JOB = Actor.system("registry.apply_list", permissions=frozenset({"registry.import"}))
REASON = "交来的是另一年度的名录"


def line(number: int = 1, **other: str) -> str:
    cells = {
        "name": f"深圳市××第{number}基金会",
        "code": code(number),
        "day": "2015-03-01",
        "domicile": "示例路 1 号",
        "fund": "200.00 万元",
        "authority": "",
        "standing": "正常",
        "host": "",
        "field": "",
        "certificate": "",
    }
    return "\t".join((cells | other).values())


def text(*lines: str) -> str:
    return "\n".join([HEAD, *lines])


def received(content: str, *, who: str = "dana", **more: Any) -> Intake:
    actor = actor_of(who)
    with acting(actor):
        return actions.receive_list(actor=actor, stream=io.BytesIO(content.encode()), name="名录.tsv", **more)


def checked(content: str, *, who: str = "dana", **more: Any) -> Intake:
    intake, actor = received(content, who=who, **more), actor_of(who)
    with acting(actor):
        return actions.check_list(actor=actor, intake=intake)


def applied(content: str, **more: Any) -> Intake:
    intake, actor = checked(content, **more), actor_of("dana")
    with acting(actor):
        return actions.apply_list(actor=actor, intake=intake)


def choose(intake: Intake, choice: dict[str, str], *, who: str = "dana", **where: Any) -> int:
    actor = actor_of(who)
    with acting(actor):
        return actions.choose(actor=actor, intake=intake, choice=choice, **where)


def undone(intake: Intake, *, who: str = "dana", reason: str = REASON) -> Intake:
    actor = actor_of(who)
    with acting(actor):
        return actions.undo_list(actor=actor, intake=intake, reason=reason)


def problem(intake: Intake, rule: str) -> IntakeProblem:
    return IntakeProblem.objects.get(intake=intake, rule=rule)


def body(number: int = 1) -> Organization:
    return Organization.objects.get(credit_code=code(number))


def now(number: int = 1) -> Version:
    return Version.objects.current().filter(org=body(number)).order_by("-valid_from")[0]


def register() -> list[list[Any]]:
    """Everything a list may touch."""
    rows = (Organization, Version, Source, Certificate, Host, Doubt, Confirmation, OrganizationSearch, Tally)
    return [list(model.objects.order_by("pk").values()) for model in rows]


# --- received and checked -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_list_is_received_with_its_mapping_and_checked_without_a_trace_in_the_register() -> None:
    before = register()
    intake = received(text(line(1), line(2)))
    assert (intake.state, intake.path, intake.mapping["columns"]["注册资金"]) == ("received", "44/4403/", "fund")
    intake = checked(text(line(1), line(2, day="1900-01-01")))
    assert intake.counts == {
        "rows": 2,
        "created": 2,
        "changed": 0,
        "unchanged": 0,
        "flagged": 1,
        "rejected": 0,
        "vanished": 0,
    }
    assert [imports.as_problem(one).rule for one in imports.problems_of(intake)] == ["import.date_placeholder"]
    assert [one.fate for one in imports.rows_of(intake)] == [Fate.NEW, Fate.NEW]
    assert register() == before


@pytest.mark.django_db
def test_a_list_may_be_checked_again_with_other_columns() -> None:
    intake, dana = checked(text(line(1, fund="200.00"))), actor_of("dana")
    with acting(dana):
        chosen = Chosen.of({"columns": {"住所": ""}, "values": {"fund": "万元"}})
        intake = actions.check_list(actor=dana, intake=intake, chosen=chosen, dated_on=dt.date(2026, 1, 1))
    row = imports.rows_of(intake).get()
    assert (row.domicile, row.fund_fen, intake.dated_on) == (None, 200 * 10_000 * 100, dt.date(2026, 1, 1))
    assert intake.mapping["columns"]["住所"] == ""
    assert not imports.problems_of(intake).exists()


@pytest.mark.django_db
def test_the_rows_of_the_fast_reader_and_of_the_careful_one_are_staged_alike() -> None:
    plain = checked(
        text(line(1, authority="示例局", host="示例大学", field="教育", certificate="2020-01-01 至 2024-01-01"))
    )
    padded = checked(
        text(
            line(
                1,
                name=" 深圳市××第1基金会",
                authority="示例局 ",
                host="示例大学",
                field="教育",
                certificate="2020-01-01 至 2024-01-01 ",
            )
        )
    )
    one, other = (StagedRow.objects.filter(intake_id=intake.pk).values().get() for intake in (plain, padded))
    for name in ("intake_id", "public_id"):
        del one[name], other[name]
    assert one == other
    assert one["field"] == "education"


@pytest.mark.django_db
def test_a_file_that_is_no_list_leaves_no_intake() -> None:
    with pytest.raises(ListUnreadable):
        received("名称\t住所\n甲\t乙\n")
    with pytest.raises(RuleViolation) as refused:
        received(text(line(1)), dated_on=dt.date(2999, 1, 1))
    assert refused.value.code == "registry.list_from_future"
    assert not Intake.objects.exclude(state=IntakeState.APPLIED).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["rosa", "rita", "adam", "visitor"])
def test_who_may_not_load_lists_can_do_none_of_it(who: str) -> None:
    intake, actor = checked(text(line(1, day="1900-01-01"))), actor_of(who)
    with pytest.raises(NotAllowed):
        received(text(line(1)), who=who)
    for attempt in (
        lambda: actions.check_list(actor=actor, intake=intake),
        lambda: actions.request_apply(actor=actor, intake=intake),
        lambda: actions.apply_list(actor=actor, intake=intake),
        lambda: actions.fail_list(actor=actor, intake=intake, message="x"),
        lambda: actions.choose(actor=actor, intake=intake, choice={"leave": "out"}, column="成立日期"),
        lambda: actions.undo_list(actor=actor, intake=intake, reason=REASON),
    ):
        with pytest.raises(NotAllowed), acting(actor):
            attempt()


@pytest.mark.django_db
def test_an_officer_elsewhere_neither_sees_nor_takes_in_the_list() -> None:
    intake, edith = checked(text(line(1))), actor_of("edith")
    assert not Intake.objects.visible_to(edith).filter(pk=intake.pk).exists()
    assert Intake.objects.visible_to(actor_of("dana")).filter(pk=intake.pk).exists()
    assert not Intake.objects.visible_to(actor_of("rita")).exists()
    with pytest.raises(NotAllowed), acting(edith):
        actions.apply_list(actor=edith, intake=intake)


# --- choices ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_unit_chosen_for_a_column_settles_every_amount_it_can() -> None:
    doubtful = "200.00 （单位：元 / 万元）"
    intake = checked(text(line(1, fund=doubtful), line(2, fund="300"), line(3, fund="5 美元")))
    assert choose(intake, {"unit": "万元"}, column="注册资金") == 2
    intake.refresh_from_db()
    assert intake.counts["flagged"] == 1
    with acting(actor_of("dana")) as dana:
        actions.apply_list(actor=dana, intake=intake)
    assert [now(number).fund_fen for number in (1, 2, 3)] == [200_000_000, 300_000_000, None]
    assert set(Doubt.objects.filter(org=body(3)).values_list("rule", flat=True)) == {"import.amount_currency"}
    assert not Doubt.objects.filter(org__in=[body(1), body(2)]).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cell", "wrong", "rule", "value", "item", "expected"),
    [
        ("day", "1900-01-01", "import.date_placeholder", "2014-02-03", "registered_on", dt.date(2014, 2, 3)),
        ("standing", "异常", "import.standing_unreadable", "注销", "standing", Standing.CANCELLED),
        ("authority", "无", "import.authority_unclear", "直接登记", "registered_directly", True),
        ("fund", "5", "import.amount_unit_missing", "5万元", "fund_fen", 5_000_000),
        ("field", "别的", "import.field_unreadable", "教育", "field", "education"),
        ("domicile", "示例??路", "import.characters_lost", "示例路 2 号", "domicile", "示例路 2 号"),
    ],
)
def test_a_value_chosen_for_one_cell_comes_in_and_leaves_no_doubt(
    cell: str, wrong: str, rule: str, value: str, item: str, expected: object
) -> None:
    intake = checked(text(line(1, **{cell: wrong})))
    assert choose(intake, {"value": value}, problem=problem(intake, rule)) == 1
    chosen = problem(intake, rule)
    assert (chosen.choice, chosen.chosen_by) == ({"value": value}, actor_of("dana").person_id)
    with acting(actor_of("dana")) as dana:
        actions.apply_list(actor=dana, intake=intake)
    assert getattr(now(), item) == expected
    assert not Doubt.objects.filter(org=body()).exists()


@pytest.mark.django_db
def test_a_choice_can_be_taken_back_and_a_row_left_out() -> None:
    intake = checked(text(line(1, day="1900-01-01"), line(2)))
    where: dict[str, Any] = {"problem": problem(intake, "import.date_placeholder")}
    choose(intake, {"value": "2014-02-03"}, **where)
    choose(intake, {"leave": "open"}, **where)
    assert imports.rows_of(intake)[0].established_on is None
    choose(intake, {"leave": "out"}, **where)
    assert [one.fate for one in imports.rows_of(intake)] == [Fate.REJECTED, Fate.NEW]
    choose(intake, {"leave": "open"}, **where)
    intake.refresh_from_db()
    assert (intake.counts["created"], intake.counts["flagged"]) == (2, 1)
    with acting(actor_of("dana")) as dana:
        actions.apply_list(actor=dana, intake=intake)
    assert Doubt.objects.filter(org=body(1)).count() == 1


@pytest.mark.django_db
def test_a_row_that_waits_for_its_code_comes_in_with_the_chosen_one() -> None:
    wrong = code(1)[:-1] + ("0" if code(1)[-1] != "0" else "1")
    intake = checked(text(line(1, code=wrong), line(2)))
    assert [one.fate for one in imports.rows_of(intake)] == [Fate.HELD, Fate.NEW]
    where: dict[str, Any] = {"problem": problem(intake, "import.code_check_character")}
    for value, rule in (
        (wrong, "import.code_check_character"),
        (code(2), "import.code_conflict"),
        ("", "import.identity_missing"),
        (code(1, "330100"), "import.out_of_reach"),
    ):
        with pytest.raises(RuleViolation) as refused:
            choose(intake, {"value": value}, **where)
        assert refused.value.code == rule
    choose(intake, {"value": code(1).lower()}, **where)
    with acting(actor_of("dana")) as dana:
        actions.apply_list(actor=dana, intake=intake)
    assert (body(1).path, body(1).kind) == ("44/4403/", "foundation")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("choice", "where"),
    [
        ({}, {"column": "注册资金"}),
        ({"unit": "斤"}, {"column": "注册资金"}),
        ({"unit": "万元", "value": "1"}, {"column": "注册资金"}),
        ({"value": "5万元"}, {"column": "注册资金"}),
        ({"leave": "out"}, {}),
        ({"leave": "alone"}, {"problem": "import.amount_unit_missing"}),
        ({"unit": "万元"}, {"problem": "import.date_placeholder"}),
    ],
)
def test_a_choice_that_cannot_be_is_refused(choice: dict[str, str], where: dict[str, str]) -> None:
    intake = checked(text(line(1, day="1900-01-01", fund="5")))
    meant: dict[str, Any] = {**where}
    if "problem" in where:
        meant["problem"] = problem(intake, where["problem"])
    with pytest.raises(RuleViolation) as refused:
        choose(intake, choice, **meant)
    assert refused.value.code == "registry.choice_impossible"
    assert not IntakeProblem.objects.filter(intake=intake, choice__isnull=False).exists()


@pytest.mark.django_db
def test_a_list_that_has_been_taken_in_waits_for_no_choice_and_no_check() -> None:
    intake, dana = applied(text(line(1, day="1900-01-01"))), actor_of("dana")
    with pytest.raises(RuleViolation) as refused:
        choose(intake, {"leave": "out"}, column="成立日期")
    assert refused.value.code == "registry.list_not_waiting"
    for attempt in (actions.check_list, actions.apply_list, actions.request_apply):
        with pytest.raises(RuleViolation) as refused, acting(dana):
            attempt(actor=dana, intake=intake)
        assert refused.value.code == "registry.intake.wrong_state"


# --- taken in -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_job_takes_in_what_an_officer_released() -> None:
    intake, dana = checked(text(line(1))), actor_of("dana")
    with acting(dana):
        actions.request_apply(actor=dana, intake=intake)
    assert imports.progress_of(intake) is None
    with acting(JOB):
        apply_job(actor=JOB, intake_id=intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.source_id, intake.counts["created"]) == ("applied", now().source_id, 1)
    assert not imports.rows_of(intake).exists()
    event = Event.objects.get(event="registry.list.imported", subject_id=intake.source_id)
    assert event.details["officer"] == dana.person_id


@pytest.mark.django_db
def test_a_list_whose_rows_were_forgotten_by_a_crash_is_checked_again() -> None:
    intake, dana = checked(text(line(1))), actor_of("dana")
    StagedRow.objects.filter(intake_id=intake.pk).delete()  # what PostgreSQL does to an unlogged table
    with acting(dana):
        actions.request_apply(actor=dana, intake=intake)
    with acting(JOB):
        apply_job(actor=JOB, intake_id=intake.pk)
    intake.refresh_from_db()
    assert intake.state == IntakeState.FAILED
    assert intake.message
    with acting(dana):
        actions.check_list(actor=dana, intake=intake)
        actions.apply_list(actor=dana, intake=intake)
    assert body(1).name == "深圳市××第1基金会"


@pytest.mark.django_db
def test_the_register_is_asked_again_when_the_list_is_taken_in() -> None:
    first, second = checked(text(line(1))), checked(text(line(1)))
    dana = actor_of("dana")
    with acting(dana):
        actions.apply_list(actor=dana, intake=first)
        second = actions.apply_list(actor=dana, intake=second)
    assert (second.counts["created"], second.counts["unchanged"], second.source) == (0, 1, None)
    assert Version.objects.filter(org=body(1)).count() == 1


@pytest.mark.django_db
def test_what_is_sealed_is_what_each_version_and_host_says() -> None:
    load(text(line(1, host="示例大学"), line(2, domicile="反\\斜\\N路", fund="", authority="直接登记")))
    load(text(line(1, name="深圳市××另一基金会", host="示例大学"), line(2)))
    for source in Source.objects.filter(file_name="list.tsv"):
        versions = [
            SealedRow("", one.pk, one.sealed_record()) for one in Version.objects.filter(source=source).order_by("pk")
        ]
        hosts = [
            SealedRow("", one.pk, one.sealed_record()) for one in Host.objects.filter(source=source).order_by("pk")
        ]
        leaves = [row_leaf(one.record, None) for one in (*versions, *hosts)]
        kept = BatchRow.objects.filter(seal=source.seal).order_by("position")  # type: ignore[misc]
        assert [bytes(leaf) for leaf in kept.values_list("leaf", flat=True)] == leaves
        entry = Pending.objects.get(seal=source.seal)  # type: ignore[misc]
        assert text_of(root(leaves)).encode() in bytes(entry.body)


@pytest.mark.django_db
def test_search_rows_copied_in_are_those_an_action_writes() -> None:
    load(text(line(1, host="示例大学", field="教育"), line(2, name="𬭎㼆䶮𠅤（Ａ）基金会", day="")))
    ids = [body(1).pk, body(2).pk]
    copied = list(OrganizationSearch.objects.filter(pk__in=ids).order_by("pk").values())
    with acting(IMPORTER):
        prepare_search(actor=IMPORTER, org_ids=ids)
    written = list(OrganizationSearch.objects.filter(pk__in=ids).order_by("pk").values())
    for one, other in zip(copied, written, strict=True):
        one.pop("changed"), other.pop("changed")  # type: ignore[misc]
        one["grams"].sort()  # an index of numbers knows no order of them
    assert copied == written


@pytest.mark.django_db
def test_a_host_is_recorded_once_and_found() -> None:
    content = text(line(1, host="示例大学"))
    assert load(content).created == 1
    assert load(content).unchanged == 1
    host = Host.objects.get(org=body())
    assert (host.name, host.host_id, host.valid_from) == ("示例大学", None, None)
    assert body() in Organization.objects.matching("示例大学")
    assert load(text(line(1, host="示例学院"))).changed == 1
    assert Version.objects.filter(org=body()).count() == 1
    assert body() in Organization.objects.matching("示例学院")


@pytest.mark.django_db
def test_an_older_list_changes_its_own_day_and_leaves_what_was_said_later() -> None:
    file = lambda content: open_list(content.encode(), filename="list.tsv")  # noqa: E731
    day, later = dt.date(2020, 1, 1), dt.date(2024, 1, 1)
    with acting(IMPORTER):
        for content, on in (
            (line(1), day),
            (line(1, domicile="三号"), later),
            (line(1, domicile="二号", name="××旧基金会"), dt.date(2022, 1, 1)),
        ):
            actions.import_organizations(actor=IMPORTER, file=file(text(content)), apply=True, dated_on=on)  # type: ignore[no-untyped-call]
    spans = list(
        Version.objects.current()
        .filter(org=body())
        .order_by("valid_from")
        .values_list("valid_from", "domicile", "name")
    )
    assert spans == [
        (dt.date(2015, 3, 1), "示例路 1 号", "深圳市××第1基金会"),
        (dt.date(2022, 1, 1), "二号", "××旧基金会"),
        (later, "三号", "××旧基金会"),
    ]
    assert body().name == "××旧基金会"
    with acting(IMPORTER):  # a list from before anything the register knows
        before = text(line(1, day="", name="××更旧基金会", domicile="零号"))
        first = actions.import_organizations(
            actor=IMPORTER,
            file=file(before),  # type: ignore[no-untyped-call]
            apply=True,
            dated_on=dt.date(2010, 1, 1),
        )
        again = actions.import_organizations(
            actor=IMPORTER,
            file=file(before),  # type: ignore[no-untyped-call]
            apply=True,
            dated_on=dt.date(2010, 1, 1),
        )
    assert (first.changed, again.unchanged) == (1, 1)
    assert Version.objects.as_of(dt.date(2016, 1, 1)).get(org=body()).domicile == "零号"
    assert body().name == "××旧基金会"


@pytest.mark.django_db
def test_who_is_missing_from_a_list_is_named_and_stays() -> None:
    load(text(line(1), line(2), line(3, standing="注销"), line(4, code=code(4, "330100"))))
    before = Organization.objects.count()
    intake = checked(text(line(1)))
    assert intake.counts["vanished"] == 1  # neither one that has ended nor another registry's
    assert list(imports.vanished_from(intake)) == [body(2)]
    with acting(actor_of("dana")) as dana:
        intake = actions.apply_list(actor=dana, intake=intake)
    assert list(imports.vanished_from(intake)) == [body(2)]
    assert (Organization.objects.count(), body(2).standing) == (before, Standing.NORMAL)
    assert load(text(line(1, domicile="二号"))).vanished == 0  # the list before named only this one


@pytest.mark.django_db
def test_two_numbers_that_would_collide_come_in_nowhere() -> None:
    head = "名称\t登记证号\t类型\t登记机关"
    result = load(
        f"{head}\n甲社\tBA-1\t社区社会组织\t甲街道\n乙社\tBA-1\t社区社会组织\t乙街道\n丙社\tBA-2\t社区社会组织\t乙街道"
    )
    assert (result.created, result.rejected) == (1, 2)
    assert {one.rule for one in result.problems} == {"import.number_conflict"}


@pytest.mark.django_db
def test_a_doubt_about_a_very_long_text_can_be_kept() -> None:
    scope = "".join(chr(0x4E00 + at * 7 % 20_000) for at in range(9000)) + "？？"
    head = "名称\t统一社会信用代码\t业务范围"
    assert load(f"{head}\n深圳市××一基金会\t{code(1)}\t{scope}").flagged == 1
    assert Doubt.objects.get(org=body()).value == scope
    assert load(f"{head}\n深圳市××一基金会\t{code(1)}\t{scope}").unchanged == 1


@pytest.mark.django_db
def test_texts_longer_than_their_item_are_doubts() -> None:
    head = "名称\t统一社会信用代码\t法定代表人\t登记证号"
    result = load(f"{head}\n深圳市××一基金会\t{code(1)}\t{'王' * 101}\t{'9' * 65}")
    assert [one.rule for one in result.problems] == ["import.text_too_long"] * 2
    assert (now().legal_representative, body().number) == ("", "")


@pytest.mark.django_db
def test_rare_characters_come_out_as_they_went_in() -> None:
    name = "深圳市𬭎㼆䶮𠅤基金会"
    for number, encoding in enumerate(("utf-8", "gb18030", "utf-16"), start=1):
        with acting(IMPORTER):
            file = open_list(text(line(number, name=f"{name}{number}")).encode(encoding), filename="list.tsv")
            actions.import_organizations(actor=IMPORTER, file=file, apply=True)
        assert body(number).name == f"{name}{number}"
        assert body(number) in Organization.objects.matching(f"䶮𠅤基金会{number}")


@pytest.mark.django_db
def test_a_second_import_at_the_same_time_is_told_so_and_changes_nothing(fresh_connection: Any) -> None:
    before = register()
    fresh_connection.execute("SELECT pg_advisory_lock(hashtext('registry.import'))")
    try:
        with pytest.raises(RuleViolation) as refused:
            load(text(line(1)))
        assert refused.value.code == "registry.import_running"
        assert load(text(line(1)), apply=False).created == 1  # looking is always possible
        assert register() == before
    finally:
        fresh_connection.execute("SELECT pg_advisory_unlock_all()")
    assert load(text(line(1))).created == 1


@pytest.fixture
def fresh_connection() -> Any:
    """Another session of the same database."""
    import psycopg

    settings = connection.settings_dict
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"] or 5432,
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        autocommit=True,
    ) as other:
        yield other


@pytest.mark.django_db
def test_progress_is_seen_from_another_session_and_ends_with_it(fresh_connection: Any) -> None:
    intake = checked(text(line(1)))
    fresh_connection.execute(
        "SELECT set_config('application_name', %s, false)", [f"gongzhi intake {intake.public_id} 30/120"]
    )
    found = imports.progress_of(intake)
    assert found is not None
    assert (found.done, found.total, found.percent) == (30, 120, 25)
    fresh_connection.execute("SELECT set_config('application_name', 'gongzhi', false)")
    with connection.cursor() as cursor:  # a transaction sees one state of the sessions
        cursor.execute("SELECT pg_stat_clear_snapshot()")
    assert imports.progress_of(intake) is None


# --- undone -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_bodies_a_list_alone_brought_are_void_from_their_first_day() -> None:
    intake = applied(text(line(1, host="示例大学", certificate="2020-01-01 至 2024-01-01", fund="5"), line(2)))
    number = body(1).pk
    intake = undone(intake)
    assert intake.state == IntakeState.UNDONE
    version = now(1)
    assert (version.standing, version.event, version.valid_from) == (
        Standing.VOID,
        EventKind.UNDONE,
        dt.date(2015, 3, 1),
    )
    assert (version.name, version.source.kind, version.source.reason) == ("深圳市××第1基金会", SourceKind.UNDO, REASON)
    assert body(1).pk == number  # nothing is deleted
    assert (body(1).standing, body(1).search.standing) == (Standing.VOID, Standing.VOID)
    assert body(1).search.rank >> 62 == 1
    assert sum(row.count for row in Tally.objects.all()) == Organization.objects.count()
    assert Tally.objects.get(standing=Standing.VOID).count == 2
    assert not Certificate.objects.filter(org=number, known_to__isnull=True).exists()
    assert not Host.objects.known().filter(org=number).exists()
    assert "示例大学" not in body(1).search.text
    assert not Doubt.objects.filter(org=number, settled_at__isnull=True).exists()
    known = Version.objects.get(org=number, event=EventKind.LISTED)
    assert known.known_to is not None
    assert record_of(body(1)).version.standing == Standing.VOID
    assert BatchRow.objects.filter(seal=version.source.seal).count() == 2  # type: ignore[misc]
    event = Event.objects.get(event="registry.list.undone")
    assert (event.details["voided"], event.details["kept"]) == (2, 0)


@pytest.mark.django_db
def test_a_void_body_comes_back_when_a_list_names_it_again() -> None:
    undone(applied(text(line(1, standing=""))))
    assert body(1).standing == Standing.VOID
    again = applied(text(line(1, standing="")))
    assert again.counts["changed"] == 1
    assert (body(1).standing, now(1).standing, body(1).search.standing) == (Standing.UNKNOWN,) * 3
    assert body(1).search.rank >> 62 == 0


@pytest.mark.django_db
def test_what_a_list_changed_says_again_what_it_said_unless_somebody_changed_it_since() -> None:
    load(text(line(1), line(2)))
    intake = applied(text(line(1, domicile="错路", name="错基金会"), line(2, domicile="错路")))
    dana = actor_of("dana")
    with acting(dana):
        actions.correct_item(actor=dana, organization=body(2), item="domicile", value="对路", reason="证书")
    undone(intake)
    assert (now(1).domicile, now(1).name, body(1).name) == ("示例路 1 号", "深圳市××第1基金会", "深圳市××第1基金会")
    assert now(1).event == EventKind.UNDONE
    assert (now(2).domicile, now(2).event) == ("对路", EventKind.CORRECTED)
    assert body(1) in Organization.objects.matching("深圳市××第1基金会")
    assert Event.objects.get(event="registry.list.undone").details["changed"] == 1


@pytest.mark.django_db
def test_a_body_others_have_confirmed_is_not_void_and_the_undone_list_confirms_nothing() -> None:
    intake = applied(text(line(1), line(2)))
    load(text(line(1)) + "\n")
    intake = undone(intake)
    assert (body(1).standing, body(2).standing) == (Standing.NORMAL, Standing.VOID)
    second = applied(text(line(1), line(3)), dated_on=dt.date(2026, 1, 5))
    confirmations = Confirmation.objects.filter(org=body(1)).count()
    undone(second)
    assert Confirmation.objects.filter(org=body(1)).count() == confirmations
    assert not Confirmation.objects.believed().filter(source=second.source).exists()


@pytest.mark.django_db
def test_a_list_is_undone_once_with_a_reason_and_only_if_it_brought_something() -> None:
    content = text(line(1))
    with pytest.raises(RuleViolation) as refused:
        undone(checked(content))
    assert refused.value.code == "registry.intake.wrong_state"
    intake = applied(content)
    with pytest.raises(RuleViolation) as refused:
        undone(intake, reason="  ")
    assert refused.value.code == "registry.reason_missing"
    with pytest.raises(RuleViolation) as refused:
        undone(applied(content))
    assert refused.value.code == "registry.nothing_to_undo"
    undone(intake)
    with pytest.raises(RuleViolation) as refused:
        undone(intake)
    assert refused.value.code == "registry.intake.wrong_state"


@pytest.mark.django_db
def test_a_list_from_before_everything_known_leaves_no_trace_in_what_is_believed_when_undone() -> None:
    load(text(line(1, day="")))
    before = list(Version.objects.current().filter(org=body()).values_list("pk", flat=True))
    intake = applied(text(line(1, day="", domicile="旧路")), dated_on=dt.date(2010, 1, 1))
    assert Version.objects.current().filter(org=body()).count() == 2
    undone(intake)
    assert list(Version.objects.current().filter(org=body()).values_list("pk", flat=True)) == before
