"""What runs by the clock."""

from __future__ import annotations

import datetime as dt

from gongzhi.cases.actions.warning import escalate_overdue, warn_officers
from gongzhi.cases.actions.watching import watch_clocks
from gongzhi.core.actor import Actor
from gongzhi.core.jobs import job


@job("cases.watch_clocks", cron="1 16 * * *")
def watch(*, actor: Actor, at: dt.datetime | None = None) -> None:
    """A minute after midnight in China: silence accepts, what was not completed in time lapses; then officers are warned,
    and what is overdue goes to the head of its office."""
    watch_clocks(actor=actor, at=at)
    warn_officers(actor=actor, at=at)
    escalate_overdue(actor=actor, at=at)
