"""Pages by cursor: every row once, in order, in both directions; a cursor opens its own list only.

Columns that may be null cannot order a list: nothing comes after null, so the walk would end early. `page_of` says so
with ValueError instead of losing rows.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import signing
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhi.core.models import Throttle
from gongzhi.core.paging import LARGEST_PAGE, BadCursor, Page, page_of, page_or_first
from gongzhi.orgs.models import Organization

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ORDERS = [
    ("bucket",),
    ("-bucket",),
    ("count", "bucket"),
    ("-count", "bucket"),
    ("window_start", "-count", "-bucket"),
    ("-window_start", "count", "pk"),
]
#: Few different values, so that most rows are equal in all but the last column.
ROWS = st.lists(
    st.tuples(
        st.text(alphabet="ab一二'\"%_ \\", min_size=1, max_size=4),
        st.integers(0, 2),
        st.sampled_from([0, 1, 10**6 - 1]),
    ),
    max_size=14,
    unique_by=lambda row: row[0],
)


def make(rows: list[tuple[str, int, int]]) -> None:
    Throttle.objects.bulk_create(
        [
            Throttle(bucket=f"page:{bucket}", count=count, window_start=BEGIN + dt.timedelta(microseconds=later))
            for bucket, count, later in rows
        ]
    )


def page(order: tuple[str, ...], cursor: str = "", size: int = 3, name: str = "test") -> Page[Throttle]:
    ours = Throttle.objects.filter(bucket__startswith="page:")
    return page_of(ours, name=name, order=order, cursor=cursor, size=size)


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from(ORDERS), st.integers(1, 5))
def test_walking_there_and_back_meets_every_row_once_in_order(
    rows: list[tuple[str, int, int]], order: tuple[str, ...], size: int
) -> None:
    with transaction.atomic():
        make(rows)
        expected = [row.bucket for row in Throttle.objects.filter(bucket__startswith="page:").order_by(*order)]
        pages = [page(order, size=size)]
        while (onward := pages[-1].next) is not None:
            pages.append(page(order, onward, size))
            assert len(pages) <= len(rows) + 1
        assert [row.bucket for one in pages for row in one.rows] == expected
        assert pages[0].previous is None
        back = [pages[-1]]
        while (backward := back[-1].previous) is not None:
            back.append(page(order, backward, size))
            assert len(back) <= len(rows) + 1
        assert [row.bucket for one in reversed(back) for row in one.rows] == expected
        assert (back[-1].next is None) is (len(back) == 1)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_forth_and_back_again_is_the_same_page() -> None:
    make([(str(number), number // 4, 0) for number in range(10)])
    order = ("count", "bucket")
    first = page(order)
    second = page(order, first.next or "")
    again = page(order, second.previous or "")
    assert [row.pk for row in again.rows] == [row.pk for row in first.rows]
    assert (again.previous, again.next is None) == (None, False)


@pytest.mark.django_db
def test_a_row_that_comes_in_between_is_neither_skipped_nor_met_twice() -> None:
    make([(letter, 0, 0) for letter in "bdfh"])
    first = page(("bucket",), size=2)
    make([("a", 0, 0), ("e", 0, 0)])
    assert [row.bucket for row in page(("bucket",), first.next or "", size=2).rows] == ["page:e", "page:f"]


@pytest.mark.django_db
def test_a_page_has_at_least_one_row_and_at_most_a_hundred() -> None:
    make([(f"{number:03}", 0, 0) for number in range(LARGEST_PAGE + 5)])
    assert [len(page(("bucket",), size=size).rows) for size in (-1, 0, 1, 10**6)] == [1, 1, 1, LARGEST_PAGE]


@pytest.mark.django_db
def test_a_cursor_opens_its_own_list_in_its_own_order_only() -> None:
    make([(letter, 0, 0) for letter in "abcdef"])
    cursor = page(("count", "bucket")).next
    assert cursor is not None
    assert page(("count", "bucket"), cursor).rows  # the negative control
    for order, name in (
        (("count", "bucket"), "other"),
        (("window_start", "bucket"), "test"),
        (("-count", "bucket"), "test"),
        (("bucket",), "test"),
        (("bucket", "count"), "test"),
    ):
        with pytest.raises(BadCursor):
            page(order, cursor, name=name)


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", ":", "::", "页", "\ud800", "eyJ9:1:2", " ", "\0", "a" * 5000])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        page(("bucket",), cursor)


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["", "x", "\0"])
def test_an_old_or_damaged_link_shows_the_first_page_and_a_good_one_its_own(cursor: str) -> None:
    make([(letter, 0, 0) for letter in "abcdef"])
    rows, first = Throttle.objects.filter(bucket__startswith="page:"), page(("bucket",))
    assert page_or_first(rows, name="test", order=("bucket",), cursor=cursor, size=3).rows == first.rows
    further = page_or_first(rows, name="test", order=("bucket",), cursor=first.next or "", size=3)
    assert further.rows[0].bucket == "page:d"


@pytest.mark.django_db
def test_a_changed_cursor_and_one_of_another_shape_are_refused() -> None:
    make([(letter, 0, 0) for letter in "abcdef"])
    cursor = page(("bucket",)).next or ""
    for at in range(len(cursor)):
        changed = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        with pytest.raises(BadCursor):
            page(("bucket",), changed)
    shapes: tuple[Any, ...] = (1, None, [], [[]], [["a", "b"], False], [["a"], False, 1], {"a": 1})
    for shape in shapes:
        with pytest.raises(BadCursor):
            page(("bucket",), signing.dumps(shape, salt="cursor:test:bucket"))
    assert page(("bucket",), signing.dumps([["page:e"], False], salt="cursor:test:bucket")).rows[0].bucket == "page:f"


@pytest.mark.django_db
def test_a_column_that_may_be_null_cannot_order_a_list() -> None:
    Organization.objects.update(registered_on=None)
    rows = Organization.objects.all()
    with pytest.raises(ValueError, match="such a column cannot order"):
        page_of(rows, name="test", order=("registered_on", "pk"), size=1)
    # The way out: an annotated value that stands for "unknown".
    known = rows.annotate(since=F("search__since"))
    assert page_of(known, name="test", order=("since", "pk"), size=1).next
