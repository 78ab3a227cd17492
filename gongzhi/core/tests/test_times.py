"""Days are counted in China, moments are stored in UTC."""

import datetime as dt

import pytest
from django.utils import timezone

from gongzhi.core import times


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (dt.datetime(2026, 7, 1, 15, 59, 59, tzinfo=dt.UTC), dt.date(2026, 7, 1)),
        (dt.datetime(2026, 7, 1, 16, 0, 0, tzinfo=dt.UTC), dt.date(2026, 7, 2)),
        (dt.datetime(2026, 12, 31, 16, 0, 0, tzinfo=dt.UTC), dt.date(2027, 1, 1)),
    ],
)
def test_a_day_begins_at_midnight_in_china(monkeypatch: pytest.MonkeyPatch, moment: dt.datetime, day: dt.date) -> None:
    monkeypatch.setattr(timezone, "now", lambda: moment)
    assert times.today() == day


def test_a_stored_moment_is_shown_eight_hours_later_and_is_the_same_moment() -> None:
    moment = dt.datetime(2026, 7, 1, 16, 30, tzinfo=dt.UTC)
    shown = times.local(moment)
    assert (shown.isoformat(), shown == moment) == ("2026-07-02T00:30:00+08:00", True)
