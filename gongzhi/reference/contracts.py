"""What other apps plug into the calendar: whoever keeps deadlines counts them anew when a year is announced."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from gongzhi.core.actor import Actor
from gongzhi.reference.calendar import Calendar


class DeadlineHolder(Protocol):
    """An app that keeps deadlines."""

    #: The app's label; a second holder of the same name is a programming error.
    name: str

    def resettle(self, *, actor: Actor, calendar: Calendar, since: dt.date) -> int:
        """Count anew every open deadline that is not settled, or that falls on or after `since`.

        `calendar` already holds the announcement and `since` is the first day it may change. Called inside the
        announcing transaction: an error undoes the announcement. Returns how many deadlines changed.
        """
        ...


_holders: dict[str, DeadlineHolder] = {}


def register_deadline_holder(holder: DeadlineHolder) -> None:
    """Add a holder; called from an app's `ready()`. Raises ValueError when the name is taken by another."""
    if _holders.setdefault(holder.name, holder) is not holder:
        raise ValueError(f"two deadline holders are called {holder.name}")


def deadline_holders() -> tuple[DeadlineHolder, ...]:
    """All holders in the order of their names."""
    return tuple(_holders[name] for name in sorted(_holders))
