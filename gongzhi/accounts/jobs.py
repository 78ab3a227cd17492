"""Background work about people and clients."""

from __future__ import annotations

from gongzhi.accounts import actions
from gongzhi.accounts.actions import codes, errands, recovery, sessions, verification
from gongzhi.core.actor import Actor
from gongzhi.core.jobs import job


@job("accounts.forget_contacts", cron="27 19 * * *")
def forget_contacts(*, actor: Actor) -> None:
    """Every night at 03:27 in China: remove contacts that are not needed any more."""
    actions.forget_contacts(actor=actor)


@job("accounts.send_code")
def send_code(*, actor: Actor, code_id: int) -> None:
    """Send a one-time code."""
    codes.send_code(actor=actor, code_id=code_id)


@job("accounts.forget_codes", cron="37 19 * * *")
def forget_codes(*, actor: Actor) -> None:
    """Every night at 03:37 in China: remove yesterday's codes, and sessions of a year ago."""
    codes.forget_codes(actor=actor)
    sessions.forget_sign_ins(actor=actor)


@job("accounts.warn_of_recovery")
def warn_of_recovery(*, actor: Actor, recovery_id: int) -> None:
    """Tell the old ways to reach somebody that two officials let them in anew."""
    recovery.warn_of_recovery(actor=actor, recovery_id=recovery_id)


@job("accounts.finish_recoveries", cron="*/10 * * * *")
def finish_recoveries(*, actor: Actor) -> None:
    """Every ten minutes: end the waiting time of recoveries nobody stopped."""
    recovery.finish_recoveries(actor=actor)


@job("accounts.check_document")
def check_document(*, actor: Actor, verification_id: int) -> None:
    """Ask the source an operator named about a document that waits."""
    verification.check_document(actor=actor, verification_id=verification_id)


@job("accounts.make_errands", cron="*/10 * * * *")
def make_errands(*, actor: Actor) -> None:
    """Every ten minutes: write down letters and calls for who chose to be told so."""
    errands.make_errands(actor=actor)


@job("accounts.forget_proofs", cron="47 19 * * *")
def forget_proofs(*, actor: Actor) -> None:
    """Every night at 03:47 in China: delete pictures of documents that were decided about long enough ago."""
    verification.forget_proofs(actor=actor)
