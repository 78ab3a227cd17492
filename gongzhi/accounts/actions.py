"""Changes to people and accounts."""

from __future__ import annotations

import re
import unicodedata

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import policies
from gongzhi.accounts.models import Account, Person
from gongzhi.audit import actions as audit
from gongzhi.core import throttle
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import blind_index, seal
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.masks import mask_name, mask_phone

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "create_account": "It is about a person.",
    "sign_in": "It is about a person.",
    "sign_out": "It is about a person.",
    "disable_account": "It is about a person.",
    "choose_display": "It is about a person.",
}


#: Tries per name and per network address in 15 minutes. A success clears the name's count, never the address's.
TRIES_PER_NAME = 10
TRIES_PER_ADDRESS = 60
WINDOW_S = 900

_MOBILE = re.compile(r"^1[3-9]\d{9}$")
#: A hash whose password was thrown away: an unknown name costs the same work as a known one.
_NOBODY = (
    "argon2$argon2id$v=19$m=102400,t=2,p=8$VDdrT0pnVTR6QVVQTVE4cDRaeHo1QQ$g/Eb08wxSvWKmcnWwr1crS1ftXCnjws1drA0ouCS26o"
)


def clean_phone(text: str) -> str:
    """A mainland mobile number as eleven digits, from what people type (`+86 138-1234-0013`); ValueError otherwise."""
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text)).removeprefix("+86")
    if not _MOBILE.match(digits):
        raise ValueError("not a mobile number")
    return digits


@transaction.atomic
def create_account(*, actor: Actor, name: str, password: str, email: str = "", phone: str = "") -> Account:
    """Make a person and the account to sign in with. The password must pass the rules; there is no default one.

    Raises `RuleViolation` naming the field: a missing name, an unusable address or number, a weak password, an address
    or number that another account has.
    """
    if not policies.can_create_account(actor):
        raise NotAllowed("accounts.create")
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise RuleViolation("accounts.name_missing", _("Give the person's name."), field="name")
    email = email.strip().lower()
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise RuleViolation("accounts.email_invalid", error.messages[0], field="email") from error
    digits = ""
    if phone:
        try:
            digits = clean_phone(phone)
        except ValueError as error:
            raise RuleViolation(
                "accounts.phone_invalid", _("Give a mainland mobile number of eleven digits."), field="phone"
            ) from error
    if not email and not digits:
        raise RuleViolation("accounts.unreachable", _("Give an e-mail address or a phone number."), field="email")
    try:
        validate_password(password)
    except ValidationError as error:
        raise RuleViolation("accounts.password_weak", " ".join(error.messages), field="password") from error

    pk = next_pk(Person)
    person = Person.objects.create(
        pk=pk,
        name_sealed=seal(name, where="accounts_person.name_sealed", pk=pk),
        name_masked=mask_name(name),
        phone_sealed=seal(digits, where="accounts_person.phone_sealed", pk=pk) if digits else b"",
        phone_masked=mask_phone(digits) if digits else "",
    )
    try:
        with transaction.atomic():
            account = Account.objects.create(
                person=person,
                email=email or None,
                phone_index=blind_index("account.phone", digits) if digits else None,
                name_masked=person.name_masked,
                password=make_password(password),
            )
    except IntegrityError as error:
        raise RuleViolation(
            "accounts.already_used", _("Another account already uses this address or number."), field="email"
        ) from error
    audit.record(actor=actor, event="accounts.account.created", subject=account)
    return account


def find_account(login: str) -> Account | None:
    """The active account with this e-mail address or phone number."""
    login = unicodedata.normalize("NFKC", login).strip()
    try:
        index = blind_index("account.phone", clean_phone(login))
    except ValueError:
        return Account.objects.filter(email=login.lower(), is_active=True).first()
    return Account.objects.filter(phone_index=index, is_active=True).first()


def throttled(login: str, address: str) -> bool:
    """Whether this name or this network address has used up its tries. Counts nothing."""
    name_bucket, address_bucket = _buckets(login, address)
    return throttle.spent(name_bucket, limit=TRIES_PER_NAME, seconds=WINDOW_S) or throttle.spent(
        address_bucket, limit=TRIES_PER_ADDRESS, seconds=WINDOW_S
    )


def _buckets(login: str, address: str) -> tuple[str, str]:
    name = blind_index("throttle.name", unicodedata.normalize("NFKC", login).strip().lower()).hex()
    return f"sign_in:name:{name}", f"sign_in:address:{blind_index('throttle.address', address).hex()}"


def count_failed_sign_in(*, login: str, address: str) -> None:
    """Count a failed try against the name and the address. Runs in the door's second transaction."""
    for bucket, limit in zip(_buckets(login, address), (TRIES_PER_NAME, TRIES_PER_ADDRESS), strict=True):
        throttle.hit(bucket, limit=limit, seconds=WINDOW_S)


@transaction.atomic
def sign_in(*, actor: Actor, login: str, password: str, address: str) -> Account:
    """Check name and password. Every failure says the same, costs one password hash, and runs the same queries.

    Raises `RuleViolation`: `accounts.too_many_tries` or `accounts.sign_in_failed`. The caller counts the failure after
    the rollback (`count_failed_sign_in`) and opens the session.
    """
    if throttled(login, address):
        raise RuleViolation(
            "accounts.too_many_tries",
            _("Too many tries. Wait 15 minutes, then try again, or ask the registration authority for help."),
        )
    account = find_account(login)
    right = check_password(password, account.password if account else _NOBODY)
    if account is None or not right:
        raise RuleViolation(
            "accounts.sign_in_failed", _("The address or number and the password do not belong together. Try again.")
        )
    throttle.clear(_buckets(login, address)[0])
    account.last_login = timezone.now()
    account.save(update_fields=["last_login"])
    audit.record(actor=actor, event="accounts.account.signed_in", subject=account)
    return account


@transaction.atomic
def sign_out(*, actor: Actor, account: Account) -> None:
    """Write down that a session ended; the caller flushes it."""
    audit.record(actor=actor, event="accounts.account.signed_out", subject=account)


@transaction.atomic
def disable_account(*, actor: Actor, account: Account) -> None:
    """Close an account: its sessions end with their next request. Nothing is deleted."""
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if not policies.can_disable_account(actor, account):
        raise NotAllowed("accounts.disable")
    if not account.is_active:
        raise RuleViolation("accounts.already_disabled", _("This account is closed already."))
    account.is_active = False
    account.save(update_fields=["is_active"])
    audit.record(actor=actor, event="accounts.account.disabled", subject=account)


@transaction.atomic
def choose_display(*, actor: Actor, account: Account, display: str) -> None:
    """Keep how a person wants pages to look, so that it follows them to the next device."""
    if not policies.is_own_account(actor, account):
        raise NotAllowed("accounts.own")
    account.display = display
    account.save(update_fields=["display"])
    audit.record(actor=actor, event="accounts.account.display_chosen", subject=account)
