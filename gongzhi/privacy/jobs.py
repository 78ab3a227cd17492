"""Background work about personal data. A job that takes `at` can be seen to happen at another time."""

from __future__ import annotations

import contextlib
import datetime as dt

from gongzhi.core.actor import Actor
from gongzhi.core.errors import RuleViolation
from gongzhi.core.jobs import job
from gongzhi.core.times import local, today
from gongzhi.privacy import actions
from gongzhi.privacy.models import Export, Request


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


@job("privacy.make_export")
def make_export(*, actor: Actor, export_id: int) -> None:
    """Make a list an official asked for; one that is made already is left."""
    export = Export.objects.get(pk=export_id)
    with contextlib.suppress(RuleViolation):
        actions.make_export(actor=actor, export=export)


@job("privacy.remove_exports", cron="37 18 * * *")
def remove_exports(*, actor: Actor, at: dt.datetime | None = None) -> None:
    """Every night at 02:37 in China: remove lists that were made a week ago."""
    actions.remove_exports(actor=actor, now=at)


@job("privacy.release_holds", cron="27 16 * * *")
def release_holds(*, actor: Actor, at: dt.datetime | None = None) -> None:
    """Every night at 00:27 in China: tell people whose held-back looks came into sight."""
    actions.release_holds(actor=actor, day=_day(at))


@job("privacy.make_copy")
def make_copy(*, actor: Actor, request_id: int) -> None:
    """Make the copy of their data a person asked for; one that is made or taken back is left."""
    request = Request.objects.get(pk=request_id)
    with contextlib.suppress(RuleViolation):
        actions.make_copy(actor=actor, request=request)


@job("privacy.forget_expired", cron="47 18 * * *")
def forget_expired(*, actor: Actor, at: dt.datetime | None = None) -> None:
    """Every night at 02:47 in China: forget what was kept for its declared time."""
    actions.forget_expired(actor=actor, now=at)
