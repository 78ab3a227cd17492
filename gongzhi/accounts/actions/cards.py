"""Printed cards: giving, replacing and blocking them, a new PIN, and signing in with one.

The first card comes with the account it opens. Whatever lets somebody into an account that is there already needs two
officials.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import numbers, policies
from gongzhi.accounts.enums import CardState, WishFor, WishState
from gongzhi.accounts.models import Account, Card, CardWish, Person
from gongzhi.accounts.notifications import CARD_CHANGED
from gongzhi.audit import actions as audit
from gongzhi.audit.looks import reveal
from gongzhi.core import throttle
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import blind_index, seal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.network import bucket_of
from gongzhi.notify import actions as notices

SEALS: dict[str, str] = {
    "ask_card": "It is about a person.",
    "confirm_card": "It is about a person.",
    "drop_card": "It is about a person.",
    "make_card": "It is about a person.",
    "block_card": "It is about a person.",
    "sign_in_by_card": "It is about a person.",
}

SYSTEM: Final = "accounts.cards"
PIN_LENGTH: Final = 6
#: Wrong PINs of one card number that are taken within so many seconds: after three a pause of five minutes, after six
#: of an hour, after ten of a day. Counted for numbers no card has, too.
WAITS: Final = ((3, 300), (6, 3_600), (10, 86_400))
#: Wrong PINs in a row, over all days, after which a card opens nothing until its owner comes to a counter.
FAILURES: Final = 30
TRIES_PER_ADDRESS: Final = 60
WINDOW_S: Final = 900
#: A hash whose PIN was thrown away: an unknown card costs the same work as a known one.
_NOBODY: Final = (
    "argon2$argon2id$v=19$m=102400,t=2,p=8$VDdrT0pnVTR6QVVQTVE4cDRaeHo1QQ$g/Eb08wxSvWKmcnWwr1crS1ftXCnjws1drA0ouCS26o"
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A card with the number and the PIN that are printed now. The PIN is kept nowhere."""

    card: Card
    number: str
    pin: str


def draw_pin() -> str:
    """Six digits by chance, but none that people try first: one digit only, or counting up or down."""
    while True:
        pin = "".join(str(secrets.randbelow(10)) for _at in range(PIN_LENGTH))
        steps = {(int(then) - int(first)) % 10 for first, then in pairwise(pin)}
        if steps not in ({0}, {1}, {9}):
            return pin


def _index(number: str) -> bytes:
    return blind_index("accounts.card", number)


def make_card(*, actor: Actor, person: Person) -> Issued:
    """A new card in place of the one there is: part of actions that were allowed to."""
    number, pin, pk = numbers.draw(numbers.CARD), draw_pin(), next_pk(Card)
    with acting(Actor.system(SYSTEM)):
        Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
        first = not Card.objects.filter(person=person).exists()
        for old in Card.objects.filter(person=person).exclude(state=CardState.REPLACED):
            old.move_to(CardState.REPLACED)
            old.ended_at = old.ended_at or timezone.now()
            old.save(update_fields=["state", "ended_at"])
        card = Card.objects.create(
            pk=pk,
            person=person,
            path=person.path or "/",
            number_sealed=seal(number, where="accounts_card.number_sealed", pk=pk),
            number_masked=f"**** {number[-4:]}",
            number_index=_index(number),
            pin=make_password(pin),
            made_by=actor.person_id,
        )
    audit.record(actor=actor, event="accounts.card.issued", subject=card)
    if not first:  # who holds the first card knows it
        _tell(actor, card, "issued")
    return Issued(card, number, pin)


def _tell(actor: Actor, card: Card, what: str) -> None:
    notices.notify(
        actor=actor,
        person_id=card.person_id,
        kind=CARD_CHANGED.code,
        params={},
        key=f"accounts.card.{what}:{card.pk}:{timezone.now():%Y%m%d%H%M%S}",
        url_name="accounts:own_identity",
    )


@transaction.atomic
def ask_card(*, actor: Actor, person: Person, what: str, present: bool) -> CardWish:
    """Ask for a new card or PIN for somebody who stands at the counter and has an account; another official confirms.

    Only for who stands verified and has an open account. The owner is told at once. Raises `NotAllowed`, `RuleViolation`.
    """
    if not policies.can_serve_person(actor, person):
        raise NotAllowed("accounts.serve_counter", about=person)
    _present(present)
    if not person.verifications.standing().exists():
        raise RuleViolation("accounts.not_verified", _("A card is for who has been verified."))
    if not Account.objects.filter(person=person, is_active=True).exists():
        raise RuleViolation("accounts.no_account", _("This person has no account, or it is closed."))
    active = Card.objects.visible_to(actor).active().filter(person=person).first()
    if what not in WishFor.values or (what == WishFor.PIN and active is None):
        raise RuleViolation("accounts.card_ended", _("This card is not in use. Print a new one."))
    try:
        with transaction.atomic():
            wish = CardWish.objects.create(
                person=person, path=person.path or "/", what=what, asked_by=actor.person_id or 0
            )
    except IntegrityError as error:
        raise RuleViolation(
            "accounts.wish_waits", _("A card or PIN of this person waits for a second official already.")
        ) from error
    audit.record(actor=actor, event="accounts.card.asked", subject=wish, details={"what": what})
    notices.notify(
        actor=actor,
        person_id=person.pk,
        kind=CARD_CHANGED.code,
        params={},
        key=f"accounts.card.asked:{wish.pk}",
        url_name="accounts:own_identity",
    )
    return wish


@transaction.atomic
def confirm_card(*, actor: Actor, wish: CardWish, present: bool) -> Issued:
    """Confirm as a second official that the person stands here, and print: a new card, or the same one with a new PIN.

    Raises `NotAllowed` for who asked, `RuleViolation` when it waits no more.
    """
    wish = CardWish.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=wish.pk)
    person = Person.objects.visible_to(actor).get(pk=wish.person_id)
    if not policies.can_confirm_card(actor, wish):
        raise NotAllowed("accounts.serve_counter", about=wish)
    _present(present)
    wish.move_to(WishState.DONE)
    wish.confirmed_by, wish.ended_at = actor.person_id, timezone.now()
    wish.save(update_fields=["state", "confirmed_by", "ended_at"])
    audit.record(actor=actor, event="accounts.card.confirmed", subject=wish)
    if wish.what == WishFor.CARD:
        return make_card(actor=actor, person=person)
    return _new_pin(actor, person)


@transaction.atomic
def drop_card(*, actor: Actor, wish: CardWish) -> None:
    """Drop a wish that waits: by any official of the counter, or by the person, who was told of it."""
    wish = CardWish.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=wish.pk)
    if not policies.can_drop_card(actor, wish):
        raise NotAllowed("accounts.serve_counter", about=wish)
    wish.move_to(WishState.DROPPED)
    wish.ended_at = timezone.now()
    wish.save(update_fields=["state", "ended_at"])
    audit.record(actor=actor, event="accounts.card.dropped", subject=wish)


def _new_pin(actor: Actor, person: Person) -> Issued:
    card = Card.objects.visible_to(actor).active().select_for_update(of=("self",)).filter(person=person).first()
    if card is None:
        raise RuleViolation("accounts.card_ended", _("This card is not in use. Print a new one."))
    pin = draw_pin()
    card.pin, card.failures = make_password(pin), 0
    card.save(update_fields=["pin", "failures"])
    audit.record(actor=actor, event="accounts.card.pin_reset", subject=card)
    _tell(actor, card, "pin")
    for bucket, _limit, _seconds in _buckets(card.number_index):
        throttle.clear(bucket)
    return Issued(card, reveal(actor, card, "number_sealed", purpose="card.print"), pin)


def _present(present: bool) -> None:
    if not present:
        raise RuleViolation(
            "accounts.not_present", _("Only with the person present, and their document compared."), field="present"
        )


@transaction.atomic
def block_card(*, actor: Actor, card: Card) -> None:
    """Let a card open nothing any more: by its owner, or by an official of the counter."""
    card = Card.objects.visible_to(actor).select_related("person").select_for_update(of=("self",)).get(pk=card.pk)
    own = actor.scope.person is not None and actor.scope.person == card.person_id
    if not own and not policies.can_serve_person(actor, card.person):
        raise NotAllowed("accounts.serve_counter", about=card.person)
    card.move_to(CardState.BLOCKED)
    card.ended_at = timezone.now()
    card.save(update_fields=["state", "ended_at"])
    audit.record(actor=actor, event="accounts.card.blocked", subject=card)
    _tell(actor, card, "blocked")


def _buckets(index: bytes | memoryview) -> list[tuple[str, int, int]]:
    return [(f"card:{seconds}:{bytes(index).hex()}", limit, seconds) for limit, seconds in WAITS]


@transaction.atomic
def sign_in_by_card(*, actor: Actor, number: str, pin: str, address: str) -> Account:
    """Check card number and PIN. Every failure says the same, costs one hash and runs the same queries.

    Raises `RuleViolation`: `accounts.too_many_tries` or `accounts.card_failed`; the caller counts the failure after the
    rollback (`count_failed_card`) and opens the session.
    """
    if not policies.can_sign_up(actor):
        raise NotAllowed("accounts.sign_in")
    index = _index(numbers.clean(number))
    spent = [throttle.spent(bucket, limit=limit, seconds=seconds) for bucket, limit, seconds in _buckets(index)]
    from_here = throttle.spent(bucket_of("card:address", address), limit=TRIES_PER_ADDRESS, seconds=WINDOW_S)
    if any(spent) or from_here:
        raise RuleViolation(
            "accounts.too_many_tries",
            _(
                "Too many wrong tries. Wait: five minutes after three, an hour after six, a day after ten. Or ask at a counter."
            ),
        )
    with acting(Actor.system(SYSTEM)):
        card = Card.objects.active().filter(number_index=index).first()
    account = Account.objects.filter(person_id=card.person_id if card else 0, is_active=True).first()
    right = check_password(numbers.clean(pin), card.pin if card else _NOBODY)
    if card is None or account is None or not right:
        raise RuleViolation("accounts.card_failed", _("Card number and PIN do not belong together. Try again."))
    for bucket, _limit, _seconds in _buckets(index):
        throttle.clear(bucket)
    with acting(Actor.system(SYSTEM)):
        Card.objects.filter(pk=card.pk).exclude(failures=0).update(failures=0)
    account.last_login = timezone.now()
    account.save(update_fields=["last_login"])
    audit.record(actor=actor, event="accounts.account.signed_in", subject=account, details={"by": "card"})
    return account


def count_failed_card(*, number: str, address: str) -> None:
    """Count a wrong try against the number and the address; a card with too many is blocked. Runs in the door's second
    transaction."""
    index = _index(numbers.clean(number))
    for bucket, limit, seconds in _buckets(index):
        throttle.hit(bucket, limit=limit, seconds=seconds)
    throttle.hit(bucket_of("card:address", address), limit=TRIES_PER_ADDRESS, seconds=WINDOW_S)
    with acting(Actor.system(SYSTEM)) as actor:
        Card.objects.active().filter(number_index=index).update(failures=F("failures") + 1)
        card = Card.objects.active().filter(number_index=index, failures__gte=FAILURES).first()
        if card is not None:
            card.move_to(CardState.BLOCKED)
            card.ended_at = timezone.now()
            card.save(update_fields=["state", "ended_at"])
            audit.record(actor=actor, event="accounts.card.blocked", subject=card, details={"failures": card.failures})
            _tell(actor, card, "blocked")
