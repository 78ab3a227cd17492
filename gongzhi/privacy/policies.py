"""Who may ask what about personal data."""

from __future__ import annotations

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.privacy.enums import READ_OUT


def can_see_own_looks(actor: Actor) -> bool:
    """Who acts for themself. Looks belong to a person and to no agency."""
    return actor.kind is ActorKind.PERSON and actor.scope.person is not None


def can_see_organization_looks(actor: Actor) -> bool:
    """Whoever acts for an organization: what others saw of its own house."""
    return actor.kind is ActorKind.ORGANIZATION and actor.scope.org is not None


def can_read_out(actor: Actor) -> bool:
    """An official at any counter, wherever the person lives: they stand there and ask."""
    return actor.kind is ActorKind.AGENCY and actor.may(READ_OUT)
