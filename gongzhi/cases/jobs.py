"""What runs by the clock."""

from __future__ import annotations

import datetime as dt

from gongzhi.cases.actions.watching import watch_clocks
from gongzhi.core.actor import Actor
from gongzhi.core.jobs import job


@job("cases.watch_clocks", cron="1 16 * * *")
def watch(*, actor: Actor, at: dt.datetime | None = None) -> None:
    """A minute after midnight in China: silence accepts, and what was not completed in time lapses."""
    watch_clocks(actor=actor, at=at)
