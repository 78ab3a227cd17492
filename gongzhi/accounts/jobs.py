"""Background work about people and clients."""

from __future__ import annotations

from gongzhi.accounts import actions
from gongzhi.core.actor import Actor
from gongzhi.core.jobs import job


@job("accounts.forget_contacts", cron="27 19 * * *")
def forget_contacts(*, actor: Actor) -> None:
    """Every night at 03:27 in China: remove contacts that are not needed any more."""
    actions.forget_contacts(actor=actor)
