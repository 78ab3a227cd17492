"""Time limits: counted in their unit, standing still while the applicant completes, and what happens when they run out."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.accounts.models import Account
from gongzhi.cases import actions, clocks
from gongzhi.cases.actions.watching import watch_clocks
from gongzhi.cases.clocks import Stillness, last_day
from gongzhi.cases.enums import ClockKind, Event, State
from gongzhi.cases.models import Case, CaseType, Clock, Pause, Status
from gongzhi.cases.tests import people
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import SHANGHAI, today
from gongzhi.notify.models import Message
from gongzhi.reference.calendar import Calendar
from tests.world import account_of, actor_of

SYSTEM = Actor.system("cases.watch_clocks")
#: Years without any special day: Saturdays and Sundays rest.
PLAIN = Calendar.of({2026: [], 2027: []})
MONDAY = dt.date(2026, 3, 2)


def at_noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=SHANGHAI)


@given(
    start=st.dates(dt.date(2026, 1, 1), dt.date(2026, 6, 30)),
    count=st.integers(0, 60),
    pauses=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 30)), max_size=3),
)
def test_a_limit_counts_exactly_its_days_and_no_day_it_stood_still(
    start: dt.date, count: int, pauses: list[tuple[int, int]]
) -> None:
    still = []
    for offset, length in pauses:
        begin = start + dt.timedelta(days=offset)
        still.append(Stillness(begin, begin + dt.timedelta(days=length)))
    for unit in ("working_day", "day"):
        due = last_day(PLAIN, start=start, count=count, unit=unit, still=still)
        assert due is not None
        counted = [
            day
            for number in range(1, (due.date - start).days + 1)
            if (day := start + dt.timedelta(days=number))
            and not any(one.covers(day) for one in still)
            and (unit == "day" or day.weekday() < 5)
        ]
        if unit == "working_day":
            assert len(counted) == count
        else:
            assert len(counted) >= count
            assert due.date.weekday() < 5


def test_five_working_days_from_monday_end_next_monday_and_a_pause_moves_them() -> None:
    assert last_day(PLAIN, start=MONDAY, count=5, unit="working_day").date == dt.date(2026, 3, 9)  # type: ignore[union-attr]
    pause = Stillness(dt.date(2026, 3, 3), dt.date(2026, 3, 5))
    moved = last_day(PLAIN, start=MONDAY, count=5, unit="working_day", still=[pause])
    assert moved is not None
    assert moved.date == dt.date(2026, 3, 11)
    assert last_day(PLAIN, start=MONDAY, count=5, unit="day", still=[Stillness(MONDAY, None)]) is None


@pytest.mark.django_db
def test_both_sides_see_the_same_day_and_it_stands_still_while_something_is_completed() -> None:
    case = people.handed_in()
    with acting(actor_of("dana")) as dana:
        due = clocks.limits_of(case)[0].due
        assert due is not None
        actions.return_case(actor=dana, case=case, faults={"group.name": "x"})
        limits = {one.clock.kind: one.due for one in clocks.limits_of(case)}
        assert limits[ClockKind.ACCEPT] is None
        assert limits[ClockKind.CORRECT] is not None
    with acting(actor_of("rita")):
        assert {one.clock.kind for one in clocks.limits_of(case)} == set(limits)
    people.hand_in(case)
    with acting(actor_of("dana")):
        assert Pause.objects.get(case=case).until_on == today()
        assert [one.clock.kind for one in clocks.limits_of(case)] == [ClockKind.ACCEPT]


@pytest.mark.django_db
def test_what_is_not_completed_in_time_lapses_and_the_words_stay() -> None:
    case = people.handed_in()
    with acting(actor_of("dana")) as dana:
        actions.return_case(actor=dana, case=case, faults={"group.name": "x"})
    with acting(SYSTEM) as clock:
        due = Case.objects.get(pk=case.pk).due_on
        assert due is not None
        assert watch_clocks(actor=clock, at=at_noon(due)) == 0  # the last day still counts
        assert watch_clocks(actor=clock, at=at_noon(due + dt.timedelta(days=1))) == 1
        assert watch_clocks(actor=clock, at=at_noon(due + dt.timedelta(days=2))) == 0
        assert Case.objects.get(pk=case.pk).state == State.LAPSED
        assert not Clock.objects.filter(case=case, stopped_on=None).exists()
        person: Account = account_of("rita")
        assert Message.objects.filter(person_id=person.person_id, kind="cases.case_lapsed").exists()
    with pytest.raises(RuleViolation, match=r"cases\.handed_in"):
        people.save(case, "group", {"name": "y"})


def as_licence(case: Case) -> None:
    """The same service as a licence."""
    with acting(Actor.system("tests")):
        body = {**case.type.body, "nature": "licence"}
        licence = CaseType.objects.create(code="licence-test", version=1, body=body, sha256=b"\1" * 32)
        Case.objects.filter(pk=case.pk).update(type=licence)


@pytest.mark.django_db
def test_silence_accepts_a_licence_and_names_the_article_and_who_was_on_duty() -> None:
    case = people.handed_in()
    as_licence(case)
    with acting(SYSTEM) as clock:
        due = Case.objects.get(pk=case.pk).due_on
        assert due is not None
        assert watch_clocks(actor=clock, at=at_noon(due)) == 0
        assert watch_clocks(actor=clock, at=at_noon(due + dt.timedelta(days=1))) == 1
        status = Status.objects.select_related("words").get(case=case, event=Event.SILENCE)
        assert status.words is not None
    with acting(actor_of("rita")) as rita:
        from gongzhi.cases.selectors import history

        said = history(rita, case)[-1].reason
    assert "深圳市民政局" in said
    with acting(SYSTEM):
        assert Case.objects.get(pk=case.pk).state == State.ACCEPTED


@pytest.mark.django_db
def test_silence_accepts_no_filing_and_nobody_else_moves_the_clock() -> None:
    case = people.handed_in()
    with acting(SYSTEM) as clock:
        assert watch_clocks(actor=clock, at=at_noon(today() + dt.timedelta(days=60))) == 0
        assert Case.objects.get(pk=case.pk).state == State.SUBMITTED
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):
        watch_clocks(actor=dana)


@pytest.mark.django_db
def test_a_licence_is_sent_back_once_only() -> None:
    case = people.handed_in()
    as_licence(case)
    with acting(actor_of("dana")) as dana:
        actions.return_case(actor=dana, case=case, faults={"group.name": "x"})
    people.hand_in(case)
    with acting(actor_of("dana")) as dana, pytest.raises(RuleViolation, match=r"cases\.returned_before"):
        actions.return_case(actor=dana, case=case, faults={"group.name": "y"})
