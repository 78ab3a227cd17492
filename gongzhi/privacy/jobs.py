"""Background work about personal data. A job that takes `at` can be seen to happen at another time."""

from __future__ import annotations

import datetime as dt

from gongzhi.core.actor import Actor
from gongzhi.core.jobs import job
from gongzhi.core.times import local, today
from gongzhi.privacy import actions


def _day(at: dt.datetime | None) -> dt.date:
    return local(at).date() if at is not None else today()


@job("privacy.tell_overdue", cron="17 0 * * *")
def tell_overdue(*, actor: Actor, at: dt.datetime | None = None) -> None:
    """Every morning at 08:17 in China: say which answers are overdue."""
    actions.tell_overdue(actor=actor, day=_day(at))


@job("privacy.monthly_notice", cron="7 1 * * *")
def monthly_notice(*, actor: Actor, at: dt.datetime | None = None) -> None:
    """Every morning at 09:07 in China: tell people who looked in the months that are over and were not told yet."""
    actions.tell_months(actor=actor, day=_day(at))
