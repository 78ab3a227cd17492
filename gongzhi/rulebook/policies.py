"""Who may see the workbench page of the parameters, and who may change a number. Reading a number is open to all."""

from __future__ import annotations

from gongzhi.core.actor import Actor
from gongzhi.rulebook.enums import AMEND, LOAD


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
