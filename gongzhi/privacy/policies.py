"""Who may ask what about personal data."""

from __future__ import annotations

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.privacy.enums import ANSWER, READ_OUT
from gongzhi.privacy.models import Question


def can_see_own_looks(actor: Actor) -> bool:
    """Who acts for themself. Looks belong to a person and to no agency."""
    return actor.kind is ActorKind.PERSON and actor.scope.person is not None


def can_see_organization_looks(actor: Actor) -> bool:
    """Whoever acts for an organization: what others saw of its own house."""
    return actor.kind is ActorKind.ORGANIZATION and actor.scope.org is not None


def can_read_out(actor: Actor) -> bool:
    """An official at any counter, wherever the person lives: they stand there and ask."""
    return actor.kind is ActorKind.AGENCY and actor.may(READ_OUT)


def can_ask_why(actor: Actor) -> bool:
    """Whose data were looked at: a person for themself, or whoever acts for the organization."""
    return can_see_own_looks(actor) or can_see_organization_looks(actor)


def can_answer(actor: Actor, question: Question) -> bool:
    """The office that looked, and no other: a higher one sees that it is late and cannot answer in its place."""
    if not actor.may(ANSWER):
        return False
    if question.agency_id is not None:
        return actor.kind is ActorKind.AGENCY and actor.agency_id == question.agency_id
    return actor.kind is ActorKind.ORGANIZATION and actor.org_id == question.to_org


def can_run_clocks(actor: Actor) -> bool:
    """The platform's own processes."""
    return actor.kind is ActorKind.PROCESS
