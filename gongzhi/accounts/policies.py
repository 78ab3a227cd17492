"""Who may change accounts."""

from __future__ import annotations

from gongzhi.accounts.enums import CREATE, DISABLE, KEEP_CLIENTS, RECOVER, CodePurpose
from gongzhi.accounts.models import Account, Recovery
from gongzhi.core.actor import Actor, ActorKind


def can_create_account(actor: Actor) -> bool:
    """A named process of the platform (first administrator, seeds), or an operator."""
    return actor.may(CREATE)


def can_disable_account(actor: Actor, account: Account) -> bool:
    """An operator, and not one's own account: nobody locks themself out."""
    return actor.may(DISABLE) and actor.person_id != account.person_id


def is_own_account(actor: Actor, account: Account) -> bool:
    """The person the account belongs to, in whatever capacity."""
    return actor.person_id is not None and actor.person_id == account.person_id


def can_keep_clients(actor: Actor) -> bool:
    """Who keeps the platform running, for every client: a client belongs to no division."""
    return actor.may(KEEP_CLIENTS)


def can_forget_contacts(actor: Actor) -> bool:
    """The platform's own process, after the time the model declares."""
    return actor.kind is ActorKind.PROCESS


def can_sign_up(actor: Actor) -> bool:
    """Whoever has not signed in."""
    return actor.kind is ActorKind.VISITOR


def can_ask_for_code(actor: Actor, purpose: str) -> bool:
    """A visitor for getting in, a signed-in person for an address of their own."""
    return actor.person_id is not None if purpose == CodePurpose.CONTACT else actor.kind is ActorKind.VISITOR


def can_send_codes(actor: Actor) -> bool:
    """The platform's own process."""
    return actor.kind is ActorKind.PROCESS


def can_open_session(actor: Actor, account: Account) -> bool:
    """A visitor who has proved who they are, or the person themself who signs in anew."""
    return actor.kind is ActorKind.VISITOR or is_own_account(actor, account)


def can_recover(actor: Actor, account: Account) -> bool:
    """An operator's official, for somebody else."""
    return actor.may(RECOVER) and actor.person_id is not None and actor.person_id != account.person_id


def can_confirm_recovery(actor: Actor, recovery: Recovery) -> bool:
    """A second official, who is another person than the one who asked and than the one who is let in."""
    return can_recover(actor, recovery.account) and actor.person_id != recovery.asked_by_id


def can_stop_recovery(actor: Actor, recovery: Recovery) -> bool:
    """The owner, or any official who may recover."""
    return is_own_account(actor, recovery.account) or actor.may(RECOVER)
