"""Background entry points of organizations."""

from __future__ import annotations

from gongzhi.core.actor import Actor
from gongzhi.core.jobs import job
from gongzhi.orgs import actions
from gongzhi.orgs.actions import members


@job("orgs.look_again", cron="20 * * * *")
def look_again(*, actor: Actor, until: int | None = None) -> None:
    """Tell people once an hour what is new in the searches they saved."""
    actions.look_again(actor=actor, until=until)


@job("orgs.forget_invited", cron="31 19 * * *")
def forget_invited(*, actor: Actor) -> None:
    """Every night at 03:31 in China: remove invited addresses that are not needed any more."""
    members.forget_invited(actor=actor)
