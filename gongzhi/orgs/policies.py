"""Who may change agencies and the register's copy of organizations."""

from __future__ import annotations

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.orgs.enums import APPOINT, WRITE_REGISTER
from gongzhi.orgs.models import Agency


def can_appoint(actor: Actor, agency: Agency) -> bool:
    """An administrator for the agencies in reach, or a named process (first administrator, seeds)."""
    return actor.may(APPOINT) and (bool(actor.process) or actor.reaches(agency.path))


def can_found_agency(actor: Actor, path: str) -> bool:
    """An administrator within reach, or a named process."""
    return actor.may(APPOINT) and (bool(actor.process) or actor.reaches(path))


def can_write_register(actor: Actor) -> bool:
    """Only the register's own actions, which have checked the official's right before."""
    return actor.may(WRITE_REGISTER) or actor.may("registry.import") or actor.may("registry.correct")


def can_save_searches(actor: Actor) -> bool:
    """A person for themself: what one looks for is one's own affair and no agency's."""
    return actor.scope.person is not None


def can_look_again(actor: Actor) -> bool:
    """The platform's own processes."""
    return actor.kind is ActorKind.PROCESS
