"""Who may do what with notices. Leaving one needs no right of its own: the action that leaves it was allowed."""

from __future__ import annotations

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.notify.enums import OVERSEE


def can_read_messages(actor: Actor) -> bool:
    """A person in their own capacity."""
    return actor.scope.person is not None


def can_choose(actor: Actor) -> bool:
    """A person for themself."""
    return actor.scope.person is not None


def can_deliver(actor: Actor) -> bool:
    """The platform's own processes."""
    return actor.kind is ActorKind.PROCESS


def can_oversee(actor: Actor) -> bool:
    """Who keeps the platform running: kinds, channels and states of deliveries, never whose they are."""
    return actor.may(OVERSEE)
