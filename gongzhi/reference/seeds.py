"""Puts the packaged reference data into the database. Safe to run at every start of a new release."""

from __future__ import annotations

from gongzhi.core.actor import Actor
from gongzhi.reference import actions
from gongzhi.reference.actions import CalendarLoaded, DivisionsLoaded


def load_divisions(actor: Actor) -> DivisionsLoaded:
    """The divisions of the packaged edition."""
    return actions.load_divisions(actor=actor)


def load_calendar(actor: Actor) -> CalendarLoaded:
    """The packaged years of holidays that nobody entered yet."""
    return actions.load_calendar(actor=actor)


def load(actor: Actor) -> None:
    """Everything this app ships. The actor needs `reference.load`."""
    load_divisions(actor)
    load_calendar(actor)
