"""Who may change the register."""

from __future__ import annotations

from gongzhi.core.actor import Actor
from gongzhi.orgs.models import Organization
from gongzhi.registry.enums import CORRECT, IMPORT


def can_import(actor: Actor) -> bool:
    """A registry officer, or the `import` and `seed` commands of the operator."""
    return actor.may(IMPORT)


def can_import_at(actor: Actor, path: str) -> bool:
    """Whether a body registered at this division path is the actor's to enter. A command has no division."""
    return can_import(actor) and (bool(actor.process) or actor.reaches(path))


def can_correct(actor: Actor, organization: Organization) -> bool:
    """An officer of the registration authority above the organization."""
    return actor.may(CORRECT) and actor.reaches(organization.path)
