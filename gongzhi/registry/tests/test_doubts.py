"""What a list said and nobody could believe is settled by a person: one by one, or a column that lacks its unit."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gongzhi.audit.models import Event
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs.models import Organization
from gongzhi.registry import actions
from gongzhi.registry.actions.doubts import with_unit
from gongzhi.registry.forms import DoubtForm, item_of_column
from gongzhi.registry.models import Doubt, Source, Version
from gongzhi.registry.selectors import record_of
from gongzhi.registry.tests.test_imports import code, load
from gongzhi.tlog.models import Pending
from tests.world import actor_of

HEAD = "名称\t统一社会信用代码\t成立日期\t原始基金数额\t登记管理机关\t登记状态"
WHY = "电话核实"


def listed(*amounts: str, division: str = "440300", since: str = "2015-03-01") -> list[Organization]:
    """Foundations whose amounts a list gives as they stand here."""
    codes = [code(100 + number, division) for number in range(len(amounts))]
    rows = [
        f"示例××助学{number}基金会\t{codes[number]}\t{since}\t{amount}\t示例民政局\t正常"
        for number, amount in enumerate(amounts)
    ]
    load("\n".join([HEAD, *rows]))
    return [Organization.objects.get(credit_code=one) for one in codes]


def doubt_of(body: Organization) -> Doubt:
    return Doubt.objects.get(org=body, column="原始基金数额")


def settle(doubt: Doubt, who: str = "dana", **changes: Any) -> Doubt:
    asked = {"item": "fund_fen", "value": 200_0000_00, "reason": WHY, **changes}
    with acting(actor_of(who)) as actor:
        return actions.settle_doubt(actor=actor, doubt=doubt, **asked)


@pytest.mark.django_db
def test_a_chosen_value_holds_from_the_lists_day_and_the_choice_is_its_source() -> None:
    (body,) = listed("200.00")
    doubt = doubt_of(body)
    settle(doubt)
    doubt.refresh_from_db()
    assert doubt.settled_at is not None
    record = record_of(body)
    fund = next(one for one in record.facts if one.item == "fund_fen")
    assert (fund.value, fund.source.kind, fund.source.reason) == ("2,000,000.00 元", "choice", WHY)
    assert fund.since == doubt.source.dated_on
    assert not [one for one in record.doubts if one.column == "原始基金数额"]
    assert record_of(body, on=dt.date(2016, 1, 1)).missing, "before the list's day nobody knows"
    assert Event.objects.get(event="registry.doubt.settled").details["item"] == "fund_fen"


@pytest.mark.django_db
def test_a_doubt_is_settled_once_and_dismissed_for_ever() -> None:
    first, second = (doubt_of(body) for body in listed("200.00", "300.00"))
    settle(first)
    with acting(actor_of("dana")) as actor:
        actions.dismiss_doubt(actor=actor, doubt=second, reason="无法核实")
    assert Version.objects.filter(org=second.org).count() == 1
    for doubt in (first, second):
        with pytest.raises(RuleViolation) as caught:
            settle(doubt)
        assert caught.value.code == "registry.doubt_settled"
        with acting(actor_of("dana")) as actor, pytest.raises(RuleViolation):
            actions.dismiss_doubt(actor=actor, doubt=doubt, reason="无法核实")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("registry.item_unknown", {"item": "path"}),
        ("registry.value_missing", {"value": None}),
        ("registry.value_missing", {"item": "standing", "value": "void"}),
        ("registry.value_missing", {"item": "kind", "value": "unclear"}),
        ("registry.reason_missing", {"reason": " "}),
    ],
)
def test_a_choice_that_cannot_be_leaves_the_doubt_waiting(rule: str, changes: dict[str, Any]) -> None:
    (body,) = listed("200.00")
    with pytest.raises(RuleViolation) as caught:
        settle(doubt_of(body), **changes)
    assert caught.value.code == rule
    assert doubt_of(body).settled_at is None
    assert not Source.objects.filter(kind="choice").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["visitor", "rita", "rosa", "edith", "adam"])
def test_only_the_authority_settles(who: str) -> None:
    (body,) = listed("200.00")
    doubt = doubt_of(body)
    with pytest.raises(NotAllowed):
        settle(doubt, who)
    with acting(actor_of(who)) as actor, pytest.raises(NotAllowed):
        actions.dismiss_doubt(actor=actor, doubt=doubt, reason=WHY)
    with acting(actor_of(who)) as actor, pytest.raises(NotAllowed):
        actions.settle_units(actor=actor, like=doubt, unit="万元", reason=WHY)


@pytest.mark.django_db
def test_a_kind_nobody_may_conclude_is_chosen_by_a_person() -> None:
    (body,) = listed("200.00")
    Organization.objects.filter(pk=body.pk).update(kind="unclear")
    settle(doubt_of(body), item="kind", value="foundation")
    body.refresh_from_db()
    assert body.kind == "foundation"
    assert record_of(body).history[0].event == "settled"


@pytest.mark.django_db
def test_one_unit_settles_a_whole_column_in_one_act_within_reach_only() -> None:
    mine = listed("200.00", "1,000", "300.50", "50至60")
    theirs = Organization.objects.create(
        kind="foundation", credit_code=code(900, "330100"), path="33/3301/", standing="normal", name="示例××基金会"
    )
    like = doubt_of(mine[0])
    Version.objects.create(
        org=theirs, valid_from=dt.date(2015, 3, 1), known_from=Version.now(), standing="normal", name="示例××基金会",
        source=like.source, event="listed",
    )  # fmt: skip
    Doubt.objects.create(org=theirs, column=like.column, value="500", rule=like.rule, source=like.source, source_row=9)
    before = Pending.objects.count()
    with acting(actor_of("dana")) as actor:
        settled, left = actions.settle_units(actor=actor, like=like, unit="万元", reason="名录说明为万元")
    assert (settled, left) == (3, 0)
    funds = [Version.objects.as_of(dt.date.today()).get(org=one).fund_fen for one in mine[:3]]
    assert funds == [200_0000_00, 1000_0000_00, 300_5000_00]
    assert Pending.objects.count() == before + 1, "one sealed entry"
    assert Event.objects.filter(event="registry.doubts.settled").count() == 1
    assert doubt_of(theirs).settled_at is None
    assert doubt_of(mine[3]).settled_at is None, "two numbers in a cell are another complaint"
    with acting(actor_of("dana")) as actor, pytest.raises(RuleViolation) as caught:
        actions.settle_units(actor=actor, like=like, unit="万元", reason="再来一次")
    assert caught.value.code == "registry.doubt_settled"


@pytest.mark.django_db
def test_only_what_lacks_a_unit_is_settled_by_a_unit() -> None:
    unreadable, bare = (doubt_of(body) for body in listed("五万元整吧", "200.00"))
    for rule, like, unit in (
        ("registry.not_a_unit", unreadable, "万元"),
        ("registry.no_such_unit", bare, "千元"),
    ):
        with acting(actor_of("dana")) as actor, pytest.raises(RuleViolation) as caught:
            actions.settle_units(actor=actor, like=like, unit=unit, reason=WHY)
        assert caught.value.code == rule


@pytest.mark.parametrize(
    ("text", "unit", "fen"),
    [
        ("200.00 （单位：元 / 万元）", "万元", 200_0000_00),
        ("２００", "元", 200_00),
        ("1,000", "万元", 1000_0000_00),
        ("200至300", "元", None),
        ("", "元", None),
        ("0", "元", None),
        ("0.001", "元", None),
    ],
)
def test_a_cell_is_read_in_a_unit_only_where_it_holds_one_amount(text: str, unit: str, fen: int | None) -> None:
    assert with_unit(text, unit) == fen


@pytest.mark.parametrize(
    ("column", "item"),
    [("原始基金数额（万元）", "fund_fen"), ("成立日期", "registered_on"), ("登记状态", "standing"), ("备注", "")],
)
def test_a_column_says_which_item_it_means(column: str, item: str) -> None:
    assert item_of_column(column) == item


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("item", "typed", "value"),
    [
        ("fund_fen", "200 万元", 200_0000_00),
        ("fund_fen", "200", None),
        ("registered_on", "2019年3月1日", dt.date(2019, 3, 1)),
        ("registered_on", "1900-01-01", None),
        ("standing", "注销", "cancelled"),
        ("standing", "还行", None),
        ("kind", "社会团体", "social_group"),
        ("field", "教育", "education"),
        ("field", "天文", None),
        ("domicile", "示例路\u202e", None),
    ],
)
def test_a_choice_is_read_as_a_lists_cell_is(item: str, typed: str, value: object) -> None:
    (body,) = listed("200.00")
    form = DoubtForm(body, {"outcome": "use", "item": item, "value": typed, "reason": WHY})
    assert form.is_valid() is (value is not None), form.errors
    if value is not None:
        assert form.cleaned_data["value"] == value
