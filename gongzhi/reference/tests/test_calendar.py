"""Working days and deadlines, pure and against the announced years."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.reference import calendar
from gongzhi.reference.actions import packaged_years
from gongzhi.reference.calendar import Calendar, CalendarDay, Deadline, NotAnnounced

PACKAGED = {year: days for year, (days, _source) in packaged_years().items()}
CALENDAR = Calendar.of(PACKAGED)
FIRST, LAST = dt.date(2019, 1, 1), dt.date(2026, 12, 31)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def without(*years: int) -> Calendar:
    """The packaged calendar as if these years had not been announced."""
    return Calendar.of({year: days for year, days in PACKAGED.items() if year not in years})


def test_the_package_announces_2019_to_2026() -> None:
    assert sorted(PACKAGED) == list(range(2019, 2027))
    for year, (_days, source) in packaged_years().items():
        assert "gov.cn" in source, year


@pytest.mark.parametrize(
    ("date", "working"),
    [
        ("2024-02-10", False),  # Spring Festival, a Saturday
        ("2024-02-12", False),  # Spring Festival, a Monday
        ("2024-02-18", True),  # a Sunday made up for it
        ("2024-02-19", True),  # an ordinary Monday
        ("2024-02-24", False),  # an ordinary Saturday
        ("2018-12-29", True),  # a Saturday of the year before, made up for New Year 2019
        ("2018-12-31", False),
        ("2026-02-14", True),
        ("2026-02-23", False),
        ("2026-10-10", True),
    ],
)
def test_a_day_is_a_working_day_or_not(date: str, working: bool) -> None:
    assert CALENDAR.is_working_day(day(date)) is working


def test_a_year_without_notice_has_no_answer() -> None:
    with pytest.raises(NotAnnounced) as caught:
        CALENDAR.is_working_day(day("2027-06-01"))
    assert caught.value.year == 2027


def test_a_holiday_has_a_name() -> None:
    assert CALENDAR.holiday_name(day("2026-02-17")) == "春节"
    assert CALENDAR.holiday_name(day("2026-02-14")) == ""  # make-up day
    assert CALENDAR.holiday_name(day("2026-03-14")) == ""  # ordinary weekend


def test_the_day_of_the_event_is_not_counted() -> None:
    # Accepted on Monday 4 March 2024: five working days end on Monday 11 March.
    assert CALENDAR.add_working_days(day("2024-03-04"), 5) == Deadline(day("2024-03-11"), True)
    assert CALENDAR.add_working_days(day("2024-03-04"), 0) == Deadline(day("2024-03-04"), True)


def test_working_days_leave_out_holidays_and_count_make_up_days() -> None:
    # 20 working days from 1 February 2024 over Spring Festival; 4 and 18 February are working Sundays.
    assert CALENDAR.add_working_days(day("2024-02-01"), 20) == Deadline(day("2024-03-05"), True)


def test_a_period_of_calendar_days_ends_after_the_holiday() -> None:
    # 30 days from 3 September 2024 end on 3 October, a holiday: the period ends on 8 October.
    assert CALENDAR.add_calendar_days(day("2024-09-03"), 30) == Deadline(day("2024-10-08"), True)
    # A weekend is a day of rest as well; a make-up Saturday is not.
    assert CALENDAR.add_calendar_days(day("2024-03-01"), 1) == Deadline(day("2024-03-04"), True)
    assert CALENDAR.add_calendar_days(day("2024-09-13"), 1) == Deadline(day("2024-09-14"), True)


def test_a_deadline_in_a_year_without_notice_is_not_before_a_date() -> None:
    deadline = CALENDAR.add_working_days(day("2026-12-25"), 10)
    assert not deadline.settled
    assert not deadline.is_over(day("2030-01-01"))
    assert CALENDAR.add_calendar_days(day("2026-12-02"), 30) == Deadline(day("2027-01-02"), False)  # not 1 January
    assert CALENDAR.add_calendar_days(day("2026-12-01"), 30) == Deadline(day("2026-12-31"), True)


def test_a_settled_deadline_is_over_on_the_day_after() -> None:
    deadline = Deadline(day("2024-03-11"), True)
    assert not deadline.is_over(day("2024-03-11"))
    assert deadline.is_over(day("2024-03-12"))


@pytest.mark.parametrize("count", [-1, calendar.LONGEST + 1])
def test_an_absurd_number_of_days_is_refused(count: int) -> None:
    for add in (CALENDAR.add_working_days, CALENDAR.add_calendar_days):
        with pytest.raises(ValueError, match="0 to"):
            add(day("2024-03-04"), count)


# --- properties ---

DATES = st.dates(FIRST, LAST)
COUNTS = st.integers(0, 400)


def naive_working_days(start: dt.date, count: int) -> dt.date:
    """The oracle: walk day by day over the packaged facts, written without the calendar's own code."""
    rest = {entry.date for days in PACKAGED.values() for entry in days if entry.rest}
    work = {entry.date for days in PACKAGED.values() for entry in days if not entry.rest}
    at = start
    for _ in range(count):
        at += dt.timedelta(days=1)
        while at in rest or (at.isoweekday() > 5 and at not in work):
            at += dt.timedelta(days=1)
    return at


@given(start=DATES, count=COUNTS)
def test_working_days_agree_with_a_walk_day_by_day(start: dt.date, count: int) -> None:
    expected = naive_working_days(start, count)
    found = CALENDAR.add_working_days(start, count)
    if expected <= LAST:
        assert found == Deadline(expected, True)
    else:
        assert not found.settled
        assert found.date <= expected  # the walk knows no holidays of 2027, so the earliest day is earlier still


def test_the_oracle_is_no_copy_of_a_plain_week() -> None:
    """Negative control: against weekends alone the comparison fails."""
    plain = Calendar.of({year: [] for year in PACKAGED})
    assert plain.add_working_days(day("2024-02-01"), 20).date != naive_working_days(day("2024-02-01"), 20)


@given(start=DATES, count=COUNTS, more=st.integers(1, 30))
def test_more_days_never_end_earlier(start: dt.date, count: int, more: int) -> None:
    for add in (CALENDAR.add_working_days, CALENDAR.add_calendar_days):
        assert add(start, count).date <= add(start, count + more).date


@given(start=DATES, count=COUNTS)
def test_calendar_days_end_on_the_first_working_day_from_the_last_day_on(start: dt.date, count: int) -> None:
    last = start + dt.timedelta(days=count)
    found = CALENDAR.add_calendar_days(start, count)
    if found.settled:
        assert found.date >= last
        assert CALENDAR.is_working_day(found.date)
        between = (found.date - last).days
        assert not any(CALENDAR.is_working_day(last + dt.timedelta(days=step)) for step in range(between))


@given(start=DATES, count=COUNTS, year=st.sampled_from(sorted(PACKAGED)))
def test_an_announcement_never_makes_a_deadline_earlier_than_was_promised(
    start: dt.date, count: int, year: int
) -> None:
    """ "Not before" is true: held against every announced year as if it had not been announced yet."""
    ignorant = without(*range(year, 2027))
    for add in ("add_working_days", "add_calendar_days"):
        before: Deadline = getattr(ignorant, add)(start, count)
        after: Deadline = getattr(CALENDAR, add)(start, count)
        if before.settled and before.date < dt.date(year - 1, 12, 25):
            assert after == before
        elif not before.settled:
            assert before.date <= after.date


# --- the database ---


def test_one_query_reads_the_announced_years(register: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert calendar.add_working_days(day("2024-02-01"), 20) == Deadline(day("2024-03-05"), True)
    assert len(asked) == 1
    assert calendar.is_working_day(day("2026-02-14"))
    assert calendar.add_calendar_days(day("2024-09-03"), 30) == Deadline(day("2024-10-08"), True)


def test_a_stored_day_reads_back_the_same() -> None:
    entry = CalendarDay(day("2026-02-14"), False, "春节")
    assert CalendarDay.from_json(json.loads(json.dumps(entry.as_json()))) == entry


@pytest.mark.real_data
def test_the_package_says_the_same_as_the_published_lists(real_data: Path) -> None:
    files = sorted((real_data / "holidays").glob("????.json"))
    assert files, "no year in REAL_DATA/holidays"
    for file in files:
        for entry in json.loads(file.read_text("utf-8"))["days"]:
            date = day(entry["date"])
            assert CALENDAR.is_working_day(date) is not entry["isOffDay"], entry
