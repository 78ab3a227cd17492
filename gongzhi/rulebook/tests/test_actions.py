"""Loading the package, amending a number, and reading what holds where and when."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.rulebook import actions, packaged, selectors
from gongzhi.rulebook.enums import AMEND
from gongzhi.rulebook.models import Parameter, path_chain
from gongzhi.rulebook.packaged import Edition
from gongzhi.rulebook.selectors import UnknownParameter
from gongzhi.rulebook.tests.conftest import PROCESS
from tests.world import actor_of

CODE = "establishment.social_group.individual_members"
DAYS = "complaint.finish_days"


def amend(actor: Actor, **changes: Any) -> Parameter:
    values: dict[str, Any] = {
        "code": CODE,
        "path": "",
        "value": Decimal(40),
        "valid_from": dt.date(2026, 3, 20),
        "article": "《社会团体登记管理条例》第十条",
        "source": "2026年修订",
        "evidence": "V",
        "reason": "新文本",
    }
    with acting(actor):
        return actions.amend_parameter(actor=actor, **(values | changes))


def edition_with(monkeypatch: pytest.MonkeyPatch, code: str, **changes: Any) -> None:
    """Pretend that the package says something else about the first version of a code."""
    real = packaged.edition()
    meant = real.definitions[code]
    versions = (replace(meant.versions[0], **changes), *meant.versions[1:])
    other = Edition(real.definitions | {code: replace(meant, versions=versions)}, real.instruments, real.rule_sets)
    monkeypatch.setattr(packaged, "edition", lambda: other)


def load() -> actions.Loaded:
    with acting(PROCESS):
        return actions.load_parameters(actor=PROCESS)


# --- loading ---


def test_a_second_load_changes_nothing(loaded: None) -> None:
    before = Parameter.objects.count()
    assert before == len(list(packaged.edition().versions()))
    again = load()
    assert (again.appended, again.closed, again.kept, again.changed) == (0, 0, (), False)
    assert Parameter.objects.count() == before


def test_only_a_process_with_the_right_loads(db: None) -> None:
    for actor in (actor_of("adam"), actor_of("dana"), Actor.visitor(), Actor.system("other")):
        with pytest.raises(NotAllowed):
            actions.load_parameters(actor=actor)


def test_a_new_edition_corrects_a_packaged_number_and_keeps_the_old_belief(
    loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition_with(monkeypatch, DAYS, value=Decimal(90))
    assert (load().appended, selectors.value(DAYS)) == (1, Decimal(90))
    old = Parameter.objects.get(code=DAYS, known_to__isnull=False)
    assert old.number == 60


def test_a_version_the_edition_no_longer_holds_is_closed(loaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    edition_with(monkeypatch, DAYS, valid_from=dt.date(2017, 1, 1))
    done = load()
    assert (done.appended, done.closed) == (1, 1)
    assert selectors.value(DAYS, on=dt.date(2017, 1, 1)) == 60
    with pytest.raises(UnknownParameter):
        selectors.value(DAYS, on=dt.date(2016, 12, 31))


def test_the_package_never_overwrites_an_amendment_and_the_difference_is_shown(
    loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    adam = actor_of("adam")
    first = selectors.parameter(DAYS).valid_from
    amend(adam, code=DAYS, value=Decimal(45), valid_from=first)
    edition_with(monkeypatch, DAYS, value=Decimal(90))
    done = load()
    assert (done.appended, done.closed, selectors.value(DAYS)) == (0, 0, Decimal(45))
    assert [(row.parameter.code, row.differences[0].value) for row in done.kept] == [(DAYS, Decimal(90))]


def test_a_later_packaged_version_does_not_end_an_amendment(loaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    amend(actor_of("adam"), value=Decimal(45))
    real = packaged.edition()
    meant = real.definitions[CODE]
    later = replace(meant.versions[0], valid_from=dt.date(2026, 5, 1), value=Decimal(30))
    changed = replace(meant, versions=(*meant.versions, later))
    edition = Edition(real.definitions | {CODE: changed}, real.instruments, real.rule_sets)
    monkeypatch.setattr(packaged, "edition", lambda: edition)
    done = load()
    assert (done.appended, selectors.value(CODE, on=dt.date(2026, 6, 1))) == (0, Decimal(45))
    assert [one.value for one in done.kept[0].differences] == [Decimal(50), Decimal(30)]


def test_without_amendments_there_is_no_difference(loaded: None) -> None:
    assert selectors.differences() == []


# --- amending ---


def test_an_amendment_holds_from_its_day_and_says_who_and_why(loaded: None) -> None:
    adam = actor_of("adam")
    row = amend(adam)
    assert (row.set_by, row.set_by_name, row.reason) == (f"agency:{adam.agency_id}", adam.acting_for, "新文本")
    assert selectors.value(CODE, on=dt.date(2026, 3, 19)) == 50
    assert selectors.value(CODE, on=dt.date(2026, 3, 20)) == 40
    event = Event.objects.get(event="rulebook.parameter.amended")
    assert (event.subject_id, event.details["code"], event.details["value"]) == (row.pk, CODE, "40")


def test_what_was_believed_before_stays_readable(fresh_database: str) -> None:
    load()
    before = timezone.now()
    amend(actor_of("adam"), valid_from=dt.date(2020, 1, 1))
    day = dt.date(2021, 1, 1)
    assert (selectors.value(CODE, on=day), selectors.value(CODE, on=day, known_at=before)) == (Decimal(40), Decimal(50))


def test_a_verified_number_is_an_amendment_even_when_the_number_stays(loaded: None) -> None:
    row = selectors.parameter(DAYS)
    assert row.is_unverified
    amend(actor_of("adam"), code=DAYS, value=row.number, valid_from=row.valid_from, evidence="V")
    verified = selectors.parameter(DAYS)
    assert (verified.number, verified.is_unverified, verified.article) == (
        Decimal(60),
        False,
        "《社会团体登记管理条例》第十条",
    )


def test_a_later_version_keeps_its_own_number_and_article(loaded: None) -> None:
    adam = actor_of("adam")
    amend(adam, value=Decimal(30), valid_from=dt.date(2027, 1, 1), article="《后法》第一条")
    amend(adam, value=Decimal(45), valid_from=dt.date(2026, 6, 1), article="《前法》第一条")
    later = selectors.parameter(CODE, on=dt.date(2027, 1, 1))
    assert (later.number, later.article) == (Decimal(30), "《后法》第一条")
    assert selectors.parameter(CODE, on=dt.date(2026, 12, 31)).article == "《前法》第一条"


def test_a_province_amends_for_itself_only(loaded: None) -> None:
    edith = replace(actor_of("edith"), permissions=frozenset({AMEND}))
    amend(edith, path="33/3301/", value=Decimal(20))
    assert selectors.value(CODE, path="33/3301/330106/") == 20
    assert selectors.value(CODE, path="33/") == 50
    for path in ("", "44/", "3/"):
        with pytest.raises(NotAllowed):
            amend(edith, path=path, value=Decimal(20))


def test_without_the_permission_nobody_amends(loaded: None) -> None:
    for name in ("dana", "rosa", "rita", "visitor"):
        with pytest.raises(NotAllowed):
            amend(actor_of(name))
    amend(actor_of("adam"))  # the negative control


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"value": Decimal("1.5")}, "rulebook.value_whole", "value"),
        ({"value": Decimal(-1)}, "rulebook.value_range", "value"),
        ({"value": Decimal("NaN")}, "rulebook.value_range", "value"),
        (
            {"code": "ratio.group.bracket_1_spending_percent", "value": Decimal("1.00001")},
            "rulebook.value_places",
            "value",
        ),
        (
            {"code": "annual_report.social_group.registry_deadline", "value": Decimal(631)},
            "rulebook.value_month_day",
            "value",
        ),
        ({"path": "4403"}, "rulebook.path_invalid", "path"),
        ({"path": "/"}, "rulebook.path_invalid", "path"),
        ({"valid_from": dt.date(1900, 1, 1)}, "rulebook.day_out_of_range", "valid_from"),
        ({"valid_from": dt.date(2090, 1, 1)}, "rulebook.day_out_of_range", "valid_from"),
        ({"evidence": "X"}, "rulebook.evidence_unknown", "evidence"),
        ({"article": " "}, "rulebook.not_cited", "article"),
        ({"source": ""}, "rulebook.not_cited", "source"),
        ({"reason": ""}, "rulebook.not_cited", "reason"),
    ],
)
def test_what_cannot_be_right_is_refused(loaded: None, changes: dict[str, Any], code: str, field: str) -> None:
    before = Parameter.objects.count()
    with pytest.raises(RuleViolation) as caught:
        amend(actor_of("adam"), **changes)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert Parameter.objects.count() == before


def test_an_amendment_that_changes_nothing_is_refused(loaded: None) -> None:
    amend(actor_of("adam"))
    with pytest.raises(RuleViolation) as caught:
        amend(actor_of("adam"))
    assert caught.value.code == "rulebook.nothing_changes"


def test_a_code_the_package_does_not_know_cannot_be_amended(loaded: None) -> None:
    with pytest.raises(UnknownParameter):
        amend(actor_of("adam"), code="no.such_number")


# --- reading ---


def test_the_deepest_division_wins(loaded: None) -> None:
    code = "volunteer.star.one_hours"
    assert selectors.value(code, path="32/3205/320582/320582100/") == 30
    assert selectors.value(code, path="32/3205/") == 100
    assert selectors.value(code) == 100
    assert selectors.value(code, path="/") == 100


def test_a_number_that_exists_only_locally_is_unknown_elsewhere(loaded: None) -> None:
    code = "establishment.community_group.individual_members"
    assert selectors.value(code, path="32/3210/321003/") == 20
    with pytest.raises(UnknownParameter, match="44/"):
        selectors.value(code, path="44/")


@pytest.mark.parametrize(("code", "on"), [("no.such_number", None), (CODE, dt.date(1950, 1, 1))])
def test_an_unknown_number_is_said_so(loaded: None, code: str, on: dt.date | None) -> None:
    with pytest.raises(UnknownParameter) as caught:
        selectors.value(code, on=on)
    assert isinstance(caught.value, KeyError)
    assert code in str(caught.value)


def test_reading_takes_one_query(loaded: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert selectors.value(CODE, path="44/4403/440305/") == 50
    with django_assert_num_queries(1):
        assert selectors.parameter(CODE, known_at=timezone.now()).article == "《社会团体登记管理条例》第十条"
    with django_assert_num_queries(1):
        assert set(selectors.values([CODE, DAYS])) == {CODE, DAYS}
    with django_assert_num_queries(1):
        selectors.differences()


def test_nothing_was_known_before_the_first_load(loaded: None) -> None:
    with pytest.raises(UnknownParameter):
        selectors.value(CODE, known_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))


def test_the_filters_of_the_list(loaded: None) -> None:
    amend(actor_of("adam"))
    assert [row.parameter.code for row in selectors.listed(text="individual_members", evidence="V")] == [CODE]
    assert selectors.listed(text="《慈善法》第七十九条")
    assert selectors.listed(text="没有这样的词") == []
    assert {row.parameter.evidence for row in selectors.listed(evidence="D")} == {"D"}
    assert [row.parameter.code for row in selectors.listed(changed=True)] == [CODE]
    assert {row.definition.section for row in selectors.listed(section="name") if row.definition} == {"name"}
    shown = selectors.listed(text=CODE)
    assert [row.parameter.number for row in shown] == [40]  # what ended is not in the list
    assert [one.value for one in shown[0].differences] == [50]


def test_a_number_that_begins_later_stands_beside_the_one_that_holds(loaded: None) -> None:
    amend(actor_of("adam"), valid_from=dt.date(2028, 1, 1))
    assert [(row.parameter.number, row.begins_later) for row in selectors.listed(text=CODE)] == [
        (Decimal(50), False),
        (Decimal(40), True),
    ]


def test_days_of_the_year_become_dates(loaded: None) -> None:
    row = selectors.parameter("annual_report.social_group.registry_deadline")
    assert (row.day_in(2027), row.shown) == (dt.date(2027, 5, 31), "0531")
    with pytest.raises(ValueError, match="no day"):
        selectors.parameter(CODE).day_in(2027)


def test_the_rule_set_of_an_amended_number_is_not_the_packages(loaded: None) -> None:
    before = selectors.rule_set_of(selectors.parameter(CODE))
    assert before is not None
    assert before.code == "SG-2016"
    amend(actor_of("adam"))
    assert selectors.rule_set_of(selectors.parameter(CODE)) is None


@pytest.mark.parametrize(
    ("path", "chain"),
    [("", [""]), ("/", [""]), ("44/", ["", "44/"]), ("44/4403/440305/", ["", "44/", "44/4403/", "44/4403/440305/"])],
)
def test_a_place_asks_every_division_above_it(path: str, chain: list[str]) -> None:
    assert path_chain(path) == chain
