"""One-time codes, and what they open: signing in, signing up, a new password, a new address or number.

Whoever asks is answered the same whether or not somebody has the address: one row, one job, one page. Only the job,
which nobody waits for, knows the difference. A code that was typed wrong is counted after the rollback.
"""

from __future__ import annotations

import datetime as dt
import hmac
import logging
import re
import secrets
import sys
import unicodedata
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from gongzhi.accounts import policies
from gongzhi.accounts.actions import check_password_rules, clean_phone, find_account, make_account
from gongzhi.accounts.actions.sessions import end_other_sessions
from gongzhi.accounts.enums import CodePurpose
from gongzhi.accounts.models import Account, OneTimeCode, Person
from gongzhi.accounts.notifications import CHANGED
from gongzhi.audit import actions as audit
from gongzhi.audit.looks import reveal
from gongzhi.core import jobs, throttle
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.crypto import blind_index, seal, unseal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.masks import mask_email, mask_phone
from gongzhi.core.network import bucket_of
from gongzhi.notify.actions import notify
from gongzhi.notify.contracts import Address, courier_of
from gongzhi.notify.enums import Channel

log = logging.getLogger("gongzhi.accounts")

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "request_code": "It is about a person.",
    "send_code": "It is about a person.",
    "sign_in_with_code": "It is about a person.",
    "sign_up": "It is about a person.",
    "recover_password": "It is about a person.",
    "change_password": "It is about a person.",
    "change_contact": "It is about a person.",
    "forget_codes": "It is about a person.",
}

LIFETIME = dt.timedelta(minutes=10)
#: Wrong tries a code survives.
TRIES = 5
#: Codes for one address or number, and for one network address, in an hour.
CODES_PER_TARGET, CODES_PER_ADDRESS, CODES_WINDOW_S = 5, 30, 3600
#: Codes are kept this long, for whoever has to find out what happened.
KEPT = dt.timedelta(days=1)


@dataclass(frozen=True)
class Contact:
    """An e-mail address or a mobile number, as it is stored."""

    channel: str
    value: str

    @property
    def masked(self) -> str:
        """What pages show."""
        return mask_email(self.value) if self.channel == Channel.MAIL else mask_phone(self.value)


def contact_of(text: str) -> Contact:
    """What somebody typed, as an address or a number. Raises `RuleViolation` for neither."""
    text = unicodedata.normalize("NFKC", text).strip()
    try:
        return Contact(Channel.SMS, clean_phone(text))
    except ValueError:
        pass
    try:
        validate_email(text)
    except ValidationError as error:
        raise RuleViolation(
            "accounts.contact_invalid",
            _("Enter a mainland mobile number of eleven digits, or an e-mail address."),
            field="login",
        ) from error
    return Contact(Channel.MAIL, text.lower())


def _code_index(pk: int, code: str) -> bytes:
    return blind_index("account.code", f"{pk}:{code}")


@transaction.atomic
def request_code(*, actor: Actor, purpose: str, login: str, address: str) -> OneTimeCode:
    """Have a code sent to an address or a number, if there is reason to. The answer is the same if there is none.

    Raises `RuleViolation`: `accounts.contact_invalid`, or `accounts.too_many_codes` for the address, the number or the
    network address.
    """
    if not policies.can_ask_for_code(actor, purpose):
        raise NotAllowed("accounts.ask_for_code")
    contact = contact_of(login)
    target = f"code:target:{blind_index('throttle.name', contact.value).hex()}"
    network = bucket_of("code:address", address)
    if throttle.spent(target, limit=CODES_PER_TARGET, seconds=CODES_WINDOW_S) or throttle.spent(
        network, limit=CODES_PER_ADDRESS, seconds=CODES_WINDOW_S
    ):
        raise RuleViolation(
            "accounts.too_many_codes", _("Too many codes were asked for. Wait an hour, or sign in another way.")
        )
    throttle.hit(target, limit=CODES_PER_TARGET, seconds=CODES_WINDOW_S)
    throttle.hit(network, limit=CODES_PER_ADDRESS, seconds=CODES_WINDOW_S)
    code = _make(purpose, contact, find_account(contact.value))
    audit.record(actor=actor, event="accounts.code.requested", subject=code, details={"purpose": purpose})
    jobs.enqueue("accounts.send_code", code_id=code.pk)
    return code


def _make(purpose: str, contact: Contact, account: Account | None) -> OneTimeCode:
    """The row of a code, or of a message to an address that was replaced: where to, sealed, for ten minutes."""
    pk, digits = next_pk(OneTimeCode), f"{secrets.randbelow(1_000_000):06d}"
    return OneTimeCode.objects.create(
        pk=pk,
        purpose=purpose,
        channel=contact.channel,
        account=account,
        target_sealed=seal(contact.value, where="accounts_one_time_code.target_sealed", pk=pk),
        target_masked=contact.masked,
        code_sealed=seal(digits, where="accounts_one_time_code.code_sealed", pk=pk),
        code_index=_code_index(pk, digits),
        language=translation.get_language() or "",
        expires_at=timezone.now() + LIFETIME,
    )


def _target(code: OneTimeCode) -> str:
    return unseal(code.target_sealed, where="accounts_one_time_code.target_sealed", pk=code.pk)


def _words(code: OneTimeCode, digits: str) -> tuple[str, str] | None:
    """Subject and text of what goes out; None where nothing does."""
    if code.purpose in {CodePurpose.SIGN_UP, CodePurpose.CONTACT} and code.account_id is not None:
        return _("You already have an account"), _(
            "Somebody, probably you, wanted to use this address or number for an account. It already belongs to one:"
            " sign in, or set a new password from the sign-in page. No code was sent."
        )
    if code.purpose == CodePurpose.FAREWELL:
        return str(CHANGED["contact_changed"].subject), str(CHANGED["contact_changed"].text)
    if code.purpose in {CodePurpose.SIGN_IN, CodePurpose.RECOVER} and code.account_id is None:
        return None
    return _("Your code"), _(
        "Your code is %(code)s. It is good once, for 10 minutes. Give it to nobody: our staff never ask for it."
    ) % {"code": digits}


@transaction.atomic
def send_code(*, actor: Actor, code_id: int) -> bool:
    """Send a code, or say that there is an account already, or send nothing; whether anything went out.

    The code is forgotten in the same transaction, so it stands nowhere in clear and never twice in a queue.
    """
    if not policies.can_send_codes(actor):
        raise NotAllowed("accounts.send_codes")
    code = OneTimeCode.objects.select_for_update(of=("self",)).get(pk=code_id)
    if code.sent_at is not None or code.expires_at <= timezone.now():
        return False
    digits = unseal(code.code_sealed, where="accounts_one_time_code.code_sealed", pk=code.pk)
    with translation.override(code.language or settings.LANGUAGE_CODE):
        words = _words(code, digits)
    code.code_sealed, code.sent_at = b"", timezone.now()
    code.save(update_fields=["code_sealed", "sent_at"])
    if words is not None:
        _hand_over(code, *words)
    return words is not None


def _hand_over(code: OneTimeCode, subject: str, text: str) -> None:
    """Give the message to who delivers. Without anybody for text messages it is printed, on a demonstration only."""
    courier = courier_of(code.channel)
    if courier is not None:
        courier.send(
            address=Address(_target(code), code.language), subject=subject, text=text, reference=code.public_id
        )
    elif code.channel == Channel.MAIL:
        send_mail(subject, text, None, [_target(code)])
    elif settings.DEMO or settings.DEBUG:
        print(f"SMS {code.target_masked}: {text}", file=sys.stderr, flush=True)  # noqa: T201
    else:
        raise LookupError("nobody delivers text messages")


def count_failed_code(code_id: int) -> None:
    """Count a wrong try, and log it. Runs in the door's second transaction."""
    log.warning("accounts.sign_in_failed", extra={"by": "code", "code": code_id})
    OneTimeCode.objects.filter(pk=code_id, tries__lt=1000).update(tries=F("tries") + 1)


def _use(code_id: int, purpose: str, typed: str, *, known: bool) -> OneTimeCode:
    """The code, locked and used up. Whatever is wrong says the same. `known`: it must belong to an account."""
    code = OneTimeCode.objects.select_for_update(of=("self",)).get(pk=code_id)
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", typed))
    right = hmac.compare_digest(_code_index(code.pk, digits), bytes(code.code_index))
    living = code.used_at is None and code.expires_at > timezone.now() and code.tries < TRIES
    if not (right and living and code.purpose == purpose and (code.account_id is not None) is known):
        raise RuleViolation(
            "accounts.code_wrong",
            _("This code is wrong or no longer good. Check it, or ask for a new one."),
            field="code",
        )
    code.used_at = timezone.now()
    code.save(update_fields=["used_at"])
    return code


@transaction.atomic
def sign_in_with_code(*, actor: Actor, code_id: int, typed: str) -> Account:
    """The account a code was sent for. Raises `RuleViolation`; the caller counts (`count_failed_code`)."""
    code = _use(code_id, CodePurpose.SIGN_IN, typed, known=True)
    account = Account.objects.get(pk=code.account_id or 0)
    if not account.is_active:
        raise RuleViolation("accounts.code_wrong", _("This code is wrong or no longer good."), field="code")
    audit.record(actor=actor, event="accounts.account.signed_in", subject=account, details={"by": "code"})
    return account


@transaction.atomic
def sign_up(*, actor: Actor, code_id: int, typed: str, name: str, password: str) -> Account:
    """Make one's own account, with an address or number the code has proved. The password comes last, so that whoever
    guesses codes costs no hash.

    Raises `RuleViolation` naming `code`, `name` or `password`.
    """
    if not policies.can_sign_up(actor):
        raise NotAllowed("accounts.sign_up")
    code = _use(code_id, CodePurpose.SIGN_UP, typed, known=False)
    key = "email" if code.channel == Channel.MAIL else "phone"
    account = make_account(name=name, password=password, **{key: _target(code)})
    audit.record(actor=actor, event="accounts.account.signed_up", subject=account)
    return account


def _set_password(actor: Actor, account: Account, password: str) -> None:
    check_password_rules(password, account=account)
    account.password = make_password(password)
    account.save(update_fields=["password"])
    audit.record(actor=actor, event="accounts.account.password_changed", subject=account)
    tell(actor, account, "password_changed")


def tell(by: Actor, account: Account, what: str) -> None:
    """Leave the person a notice about their own account: one of `notifications.CHANGED`."""
    kind = CHANGED[what].code
    notify(
        actor=by, person_id=account.person_id, kind=kind, params={}, key=f"{kind}:{by.request_id}",
        url_name="accounts:security",
    )  # fmt: skip


@transaction.atomic
def recover_password(*, actor: Actor, code_id: int, typed: str, password: str) -> Account:
    """Set a new password with a code sent to oneself, and end every session. A second factor stays as it is.

    Raises `RuleViolation` naming `code` or `password`.
    """
    if not policies.can_sign_up(actor):
        raise NotAllowed("accounts.recover")
    code = _use(code_id, CodePurpose.RECOVER, typed, known=True)
    account = Account.objects.select_for_update(of=("self",)).get(pk=code.account_id or 0)
    if not account.is_active:
        raise RuleViolation("accounts.code_wrong", _("This code is wrong or no longer good."), field="code")
    _set_password(actor, account, password)
    end_other_sessions(actor=own(account, actor), account=account, but="")
    return account


def own(account: Account, by: Actor) -> Actor:
    """The person of an account acting for themself, in the request of `by`: for one's own record and nothing else."""
    person = account.person_id
    return Actor(kind=ActorKind.PERSON, scope=Scope(person=person), person_id=person, request_id=by.request_id)


@transaction.atomic
def change_password(*, actor: Actor, account: Account, old: str, new: str, keep: str = "") -> Account:
    """Change one's own password, knowing the old one; all sessions but `keep` (a stored key) end.

    An account that had none (it signs in otherwise) sets its first. Raises `RuleViolation` naming `old` or `new`.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if not policies.is_own_account(actor, account):
        raise NotAllowed("accounts.own")
    if account.has_usable_password() and not check_password(old, account.password):
        raise RuleViolation("accounts.password_wrong", _("This is not your present password."), field="old")
    try:
        _set_password(actor, account, new)
    except RuleViolation as error:
        raise RuleViolation(error.code, error.message, field="new") from error
    end_other_sessions(actor=actor, account=account, but=keep)
    return account


@transaction.atomic
def change_contact(*, actor: Actor, account: Account, code_id: int, typed: str) -> Account:
    """Put the address or number that a code has proved in place of the old one, which is told.

    Raises `RuleViolation` naming `code`, also when the address or number belongs to somebody by now.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if not policies.is_own_account(actor, account):
        raise NotAllowed("accounts.own")
    code = _use(code_id, CodePurpose.CONTACT, typed, known=False)
    value = _target(code)
    old = contact_at(account, code.channel, actor)
    if old is not None:  # the notice goes to the new one; the old one is told directly
        jobs.enqueue("accounts.send_code", code_id=_make(CodePurpose.FAREWELL, old, account).pk)
    tell(actor, account, "contact_changed")
    try:
        with transaction.atomic():
            set_contact(by=actor, account=account, contact=Contact(code.channel, value))
    except IntegrityError as error:
        raise RuleViolation("accounts.code_wrong", _("This code is wrong or no longer good."), field="code") from error
    audit.record(
        actor=actor, event="accounts.account.contact_changed", subject=account, details={"channel": code.channel}
    )
    return account


def contact_at(account: Account, channel: str, by: Actor) -> Contact | None:
    """The address or number an account has now; one's own, so no look is written."""
    if channel == Channel.MAIL:
        return Contact(channel, account.email) if account.email else None
    with acting(own(account, by)):
        person = Person.objects.get(pk=account.person_id)
    number = reveal(by, person, "phone_sealed", purpose="accounts.contact_changed", own=True)
    return Contact(channel, number) if number else None


def set_contact(*, by: Actor, account: Account, contact: Contact) -> None:
    """Write an address or number to the account and the person's record: part of an action that has checked it."""
    if contact.channel == Channel.MAIL:
        account.email = contact.value
        account.save(update_fields=["email"])
        return
    account.phone_index = blind_index("account.phone", contact.value)
    account.save(update_fields=["phone_index"])
    with acting(own(account, by)):
        Person.objects.filter(pk=account.person_id).update(
            phone_sealed=seal(contact.value, where="accounts_person.phone_sealed", pk=account.person_id),
            phone_masked=contact.masked,
        )


@transaction.atomic
def forget_codes(*, actor: Actor) -> int:
    """Remove codes that are older than a day. Returns how many."""
    if not policies.can_send_codes(actor):
        raise NotAllowed("accounts.send_codes")
    return OneTimeCode.objects.filter(made_at__lt=timezone.now() - KEPT).delete()[0]
