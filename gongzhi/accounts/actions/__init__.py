"""Changes to people and accounts."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
import unicodedata
from contextlib import suppress
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import policies
from gongzhi.accounts.models import Account, ApiClient, Person, SignIn
from gongzhi.audit import actions as audit
from gongzhi.core import throttle
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.crypto import blind_index, seal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk, unguessable
from gongzhi.core.masks import mask_email, mask_name, mask_phone
from gongzhi.core.network import bucket_of

log = logging.getLogger("gongzhi.accounts")

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "create_account": "It is about a person.",
    "sign_in": "It is about a person.",
    "sign_out": "It is about a person.",
    "disable_account": "It is about a person.",
    "choose_display": "It is about a person.",
    "register_client": "A key opens no more than everybody may read, only more often.",
    "renew_key": "A key opens no more than everybody may read, only more often.",
    "end_client": "A key opens no more than everybody may read, only more often.",
    "forget_contacts": "It is about a person.",
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
    account = make_account(name=name, password=password, email=email, phone=phone)
    audit.record(actor=actor, event="accounts.account.created", subject=account)
    return account


def check_password_rules(password: str, *, email: str = "", account: Account | None = None) -> None:
    """Raise `RuleViolation` naming `password` for one the rules refuse (`accounts.passwords`)."""
    try:
        validate_password(password, account or Account(email=email or None))
    except ValidationError as error:
        raise RuleViolation("accounts.password_weak", " ".join(error.messages), field="password") from error


def make_account(*, name: str, password: str | None, email: str = "", phone: str = "") -> Account:
    """The person and the account, checked but neither allowed nor recorded: part of the actions that make one.

    `password` None makes an account that no password opens. Raises `RuleViolation` naming the field.
    """
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
    if password is not None:
        check_password_rules(password, email=email)

    pk = next_pk(Person)
    owner = Actor(kind=ActorKind.PERSON, scope=Scope(person=pk), person_id=pk)
    with acting(owner):  # the second wall lets a visitor write no one's record but the one being made
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
    """A number typed in five ways is one name, and who holds one IPv6 address holds its whole /64."""
    login = unicodedata.normalize("NFKC", login).strip().lower()
    with suppress(ValueError):
        login = clean_phone(login)
    return f"sign_in:name:{blind_index('throttle.name', login).hex()}", bucket_of("sign_in:address", address)


def count_failed_sign_in(*, login: str, address: str) -> None:
    """Count a failed try against the name and the address, and log it by their keyed hashes. Runs in the door's second
    transaction."""
    buckets = _buckets(login, address)
    name, network = (bucket.rpartition(":")[2][:12] for bucket in buckets)
    log.warning("accounts.sign_in_failed", extra={"login": name, "network": network})
    for bucket, limit in zip(buckets, (TRIES_PER_NAME, TRIES_PER_ADDRESS), strict=True):
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
def sign_out(*, actor: Actor, account: Account, stored_key: str = "") -> None:
    """Write down that a session ended; the caller flushes it."""
    SignIn.objects.open().filter(account=account, stored_key=stored_key).update(ended_at=timezone.now())
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


#: What every key begins with, so that one that was published by mistake can be searched for.
KEY_PREFIX: Final = "gz_"
#: How long the contact of an ended client is kept: as `ApiClient.personal_fields` declares.
CONTACT_KEPT = dt.timedelta(days=365)


def _new_key() -> dict[str, str]:
    """A key of 256 random bits: what is stored of it, and under `key` what is shown once."""
    key = KEY_PREFIX + unguessable()
    return {"key": key, "key_sha256": hashlib.sha256(key.encode()).hexdigest(), "key_hint": key[:8]}


@transaction.atomic
def register_client(
    *, actor: Actor, name: str, purpose: str, contact: str, per_minute: int | None = None
) -> tuple[ApiClient, str]:
    """Give a program a name and a key. Returns the client and the key, which is kept nowhere and cannot be shown again.

    `contact` is an e-mail address or a telephone number of who runs the program. `per_minute` is its limit; None takes
    the platform's own. Raises `RuleViolation` for a missing text, a limit below one, a name a living client has.
    """
    if not policies.can_keep_clients(actor):
        raise NotAllowed("accounts.keep_clients")
    name, purpose, contact = name.strip(), purpose.strip(), contact.strip()
    for field, text in (("name", name), ("purpose", purpose), ("contact", contact)):
        if not text:
            raise RuleViolation("accounts.client_incomplete", _("Give a name, a purpose and a contact."), field=field)
    if per_minute is not None and per_minute < 1:
        raise RuleViolation("accounts.client_limit", _("A limit is at least one request a minute."), field="per_minute")
    if ApiClient.objects.living().filter(name=name).exists():
        raise RuleViolation("accounts.client_name_used", _("Another client has this name already."), field="name")
    made = _new_key()
    pk = next_pk(ApiClient)
    client = ApiClient.objects.create(
        pk=pk,
        name=name,
        purpose=purpose,
        contact_sealed=seal(contact, where="accounts_api_client.contact_sealed", pk=pk),
        contact_masked=mask_email(contact) if "@" in contact else mask_phone(contact),
        key_sha256=made["key_sha256"],
        key_hint=made["key_hint"],
        per_minute=per_minute,
    )
    audit.record(actor=actor, event="accounts.client.registered", subject=client)
    return client, made["key"]


def _living_client(actor: Actor, client: ApiClient) -> ApiClient:
    """The client, locked; `NotAllowed`, or `RuleViolation` for one that ended."""
    client = ApiClient.objects.select_for_update(of=("self",)).get(pk=client.pk)
    if not policies.can_keep_clients(actor):
        raise NotAllowed("accounts.keep_clients")
    if client.ended_at is not None:
        raise RuleViolation("accounts.client_ended", _("This client has ended already."))
    return client


@transaction.atomic
def renew_key(*, actor: Actor, client: ApiClient) -> str:
    """Give a client a new key and return it; the old one opens nothing from this moment on. `RuleViolation` if ended."""
    client = _living_client(actor, client)
    made = _new_key()
    client.key_sha256, client.key_hint = made["key_sha256"], made["key_hint"]
    client.save(update_fields=["key_sha256", "key_hint"])
    audit.record(actor=actor, event="accounts.client.key_renewed", subject=client)
    return made["key"]


@transaction.atomic
def end_client(*, actor: Actor, client: ApiClient) -> None:
    """Close a client for ever: its key is refused from this moment on. `RuleViolation` if it has ended already."""
    client = _living_client(actor, client)
    client.ended_at = timezone.now()
    client.save(update_fields=["ended_at"])
    audit.record(actor=actor, event="accounts.client.ended", subject=client)


@transaction.atomic
def forget_contacts(*, actor: Actor) -> int:
    """Remove the contacts of clients that ended a year ago. Returns how many."""
    if not policies.can_forget_contacts(actor):
        raise NotAllowed("accounts.forget_contacts")
    forgotten = (
        ApiClient.objects.filter(ended_at__lt=timezone.now() - CONTACT_KEPT)
        .exclude(contact_masked="")
        .update(contact_sealed=b"", contact_masked="")
    )
    if forgotten:
        audit.record(actor=actor, event="accounts.client.contacts_forgotten", details={"clients": forgotten})
    return forgotten
