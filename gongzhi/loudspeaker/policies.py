"""Who prepares, approves and withdraws broadcasts, and who keeps playing points."""

from __future__ import annotations

from gongzhi.core.actor import Actor
from gongzhi.loudspeaker.enums import APPROVE, KEEP_POINTS, PREPARE
from gongzhi.loudspeaker.models import Broadcast


def can_see(actor: Actor) -> bool:
    """Whoever has anything to do with broadcasts."""
    return any(actor.may(code) for code in (PREPARE, APPROVE, KEEP_POINTS))


def can_prepare(actor: Actor, path: str) -> bool:
    """For a division within the agency's reach."""
    return actor.may(PREPARE) and actor.reaches(path)


def can_approve(actor: Actor, broadcast: Broadcast) -> bool:
    """Somebody else than who made it, within reach."""
    return (
        actor.may(APPROVE)
        and actor.reaches(broadcast.path)
        and actor.person_id is not None
        and actor.person_id != broadcast.created_by_person
    )


def can_withdraw(actor: Actor, broadcast: Broadcast) -> bool:
    """Whoever may prepare or approve one for the place, also alone: stopping is never harder than starting."""
    return (actor.may(PREPARE) or actor.may(APPROVE)) and actor.reaches(broadcast.path)


def can_keep_points(actor: Actor, path: str) -> bool:
    """For a division within the agency's reach."""
    return actor.may(KEEP_POINTS) and actor.reaches(path)
