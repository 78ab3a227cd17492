"""Background entry points of organizations."""

from __future__ import annotations

import datetime as dt

from gongzhi.core.actor import Actor
from gongzhi.core.jobs import job
from gongzhi.core.times import local, today
from gongzhi.orgs import actions
from gongzhi.orgs.actions import claims, members


@job("orgs.look_again", cron="20 * * * *")
def look_again(*, actor: Actor, until: int | None = None) -> None:
    """Tell people once an hour what is new in the searches they saved."""
    actions.look_again(actor=actor, until=until)


@job("orgs.forget_invited", cron="31 19 * * *")
def forget_invited(*, actor: Actor) -> None:
    """Every night at 03:31 in China: remove invited addresses that are not needed any more."""
    members.forget_invited(actor=actor)


@job("orgs.pass_claims_on", cron="47 16 * * *")
def pass_claims_on(*, actor: Actor, at: dt.datetime | None = None) -> None:
    """Every night at 00:47 in China: what a person in charge did not answer in time goes to the registry."""
    claims.pass_claims_on(actor=actor, day=local(at).date() if at is not None else today())


@job("orgs.end_delegations", cron="37 16 * * *")
def end_delegations(*, actor: Actor, at: dt.datetime | None = None) -> None:
    """Every night at 00:37 in China: close delegations whose last day is over, and tell each handler."""
    members.end_delegations(actor=actor, day=local(at).date() if at is not None else today())
