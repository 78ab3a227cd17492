"""Who may change reference data. Everybody may read it."""

from __future__ import annotations

from gongzhi.core.actor import Actor
from gongzhi.reference.enums import ANNOUNCE_YEAR, ENTER_DIVISION, LOAD


def can_load(actor: Actor) -> bool:
    """Whether the actor may load the packaged editions."""
    return actor.may(LOAD)


def can_enter_division(actor: Actor) -> bool:
    """Whether the actor may enter a division of their own."""
    return actor.may(ENTER_DIVISION)


def can_announce_year(actor: Actor) -> bool:
    """Whether the actor may enter the holidays of a year."""
    return actor.may(ANNOUNCE_YEAR)
