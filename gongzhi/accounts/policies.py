"""Who may change accounts."""

from __future__ import annotations

from gongzhi.accounts.enums import (
    CREATE,
    DISABLE,
    KEEP_CLIENTS,
    RECOVER,
    REVIEW_IDENTITY,
    SERVE_COUNTER,
    CodePurpose,
)
from gongzhi.accounts.models import Account, CardWish, Errand, Guardianship, Person, Recovery, Verification
from gongzhi.core.actor import Actor, ActorKind


def can_create_account(actor: Actor) -> bool:
    """A named process of the platform (first administrator, seeds), or an operator."""
    return actor.may(CREATE)


def can_disable_account(actor: Actor, account: Account) -> bool:
    """An operator, and not one's own account: nobody locks themself out."""
    return actor.may(DISABLE) and actor.person_id != account.person_id


def can_end_sessions_of(actor: Actor, account: Account) -> bool:
    """Who may close accounts may do less: end their sessions. One's own are ended under "Sign-in and security"."""
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


def can_ask_verification(actor: Actor) -> bool:
    """A person for themself, in their own capacity."""
    return actor.kind is ActorKind.PERSON and actor.scope.person is not None


def can_withdraw_verification(actor: Actor, verification: Verification) -> bool:
    """Who asked for it."""
    return can_ask_verification(actor) and verification.person_id == actor.scope.person


def can_review_identity(actor: Actor, verification: Verification) -> bool:
    """An official whose division holds the one that decides; nobody decides about themself."""
    return actor.may(REVIEW_IDENTITY) and actor.reaches(verification.path) and actor.person_id != verification.person_id


def can_serve(actor: Actor, path: str) -> bool:
    """An official of the counter, for a division within their reach."""
    return actor.may(SERVE_COUNTER) and actor.reaches(path)


def can_serve_person(actor: Actor, person: Person) -> bool:
    """An official of the counter, for somebody else who lives in their reach."""
    return person.path is not None and can_serve(actor, person.path) and actor.person_id != person.pk


def can_move_reviews(actor: Actor) -> bool:
    """The platform's own process, when another app takes the queue over."""
    return actor.kind is ActorKind.PROCESS


def can_end_guardianship(actor: Actor, row: Guardianship) -> bool:
    """An official of the counter of the child's division, about others."""
    return can_serve(actor, row.path) and actor.person_id not in {row.ward_id, row.guardian_id}


def can_agree_as_guardian(actor: Actor, row: Guardianship) -> bool:
    """The guardian, in their own capacity."""
    return can_ask_verification(actor) and row.guardian_id == actor.scope.person


def can_make_errands(actor: Actor) -> bool:
    """The platform's own process, from the notices it left."""
    return actor.kind is ActorKind.PROCESS


def can_finish_errand(actor: Actor, errand: Errand) -> bool:
    """An official of the counter of the person's division, for somebody else."""
    return can_serve(actor, errand.path) and actor.person_id != errand.person_id


def can_confirm_card(actor: Actor, wish: CardWish) -> bool:
    """Another official of the counter than who asked, for somebody else."""
    return can_serve(actor, wish.path) and actor.person_id not in {wish.asked_by, wish.person_id}


def can_drop_card(actor: Actor, wish: CardWish) -> bool:
    """The person, in their own capacity, and any official of the counter."""
    own = can_ask_verification(actor) and wish.person_id == actor.scope.person
    return own or can_serve(actor, wish.path)


def can_check_documents(actor: Actor) -> bool:
    """The platform's own process, where an operator named a source."""
    return actor.kind is ActorKind.PROCESS


def can_forget_proofs(actor: Actor) -> bool:
    """The platform's own process, after the term of the parameter."""
    return actor.kind is ActorKind.PROCESS
