"""Who may see the workbench page of the parameters, and who may change a number. Reading a number is open to all."""

from __future__ import annotations

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.rulebook.enums import AMEND, CHOOSE_SETTINGS, KEEP_SETTINGS, LOAD, ORGANIZATION


def can_see_parameters(actor: Actor) -> bool:
    """Everybody with a workbench."""
    return actor.may("orgs.see_workbench")


def can_amend(actor: Actor, path: str) -> bool:
    """An administrator for their own division and everything below it (the nation only with the whole country in
    reach), or a named process."""
    return actor.may(AMEND) and (bool(actor.process) or actor.reaches(path))


def can_load(actor: Actor) -> bool:
    """The platform's own processes: start, seeds."""
    return actor.may(LOAD)


def can_set(actor: Actor, scope: str) -> bool:
    """Divisions: a body that governs one, for it and everything below, or a named process. Organizations: their own."""
    if scope.startswith(ORGANIZATION):
        own = actor.kind is ActorKind.ORGANIZATION and scope == f"{ORGANIZATION}{actor.org_id}"
        return own and actor.may(CHOOSE_SETTINGS)
    return actor.may(KEEP_SETTINGS) and (bool(actor.process) or actor.reaches(scope))


def reaches_as_far(actor: Actor, reach: str) -> bool:
    """Whether an actor reaches as far as the body that set something: only then may a lock of it be opened."""
    return bool(actor.process) or actor.reaches(reach)
