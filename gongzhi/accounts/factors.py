"""Second factors of an account, on the models and primitives of `allauth.mfa`: authenticator, recovery codes, passkeys.

What the library lacks stands here: its secrets are sealed and bound to the account, a code of an authenticator is
remembered with the row and never good twice in whatever process, and a code is good one step of 30 seconds early or late.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.core.exceptions import ValidationError

from gongzhi.accounts.models import Account
from gongzhi.core.crypto import seal, unseal

SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
WHERE = "mfa_authenticator.data"
#: Whatever a hostile answer of a browser makes the library's parsers raise.
MALFORMED = (ValidationError, ValueError, TypeError, KeyError, AttributeError, IndexError)
_owner: ContextVar[int] = ContextVar("gongzhi_factor_owner")


class SealedAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals what the library keeps, bound to the account. Named by `settings.MFA_ADAPTER`."""

    def encrypt(self, text: str) -> str:
        """Seal a secret for the account named by `bound_to`."""
        return base64.b64encode(seal(text, where=WHERE, pk=_owner.get())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open it again, for the same account only."""
        return unseal(base64.b64decode(encrypted_text), where=WHERE, pk=_owner.get())

    def _get_site_name(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)

    def _get_user_identifier(self, user: Any) -> str:
        return str(user)  # the masked name: what stands in an authenticator may be seen by others


@contextmanager
def bound_to(account: Account) -> Iterator[None]:
    """Whose secrets are sealed and opened."""
    token = _owner.set(account.pk)
    try:
        yield
    finally:
        _owner.reset(token)


def has_second_factor(account: Account) -> bool:
    """Whether signing in to this account takes a second step."""
    return bool(Authenticator.objects.filter(user_id=account.pk, type__in=SECOND).exists())


def factors_of(account: Account) -> list[Authenticator]:
    """Every factor, oldest first; recovery codes are among them."""
    return list(Authenticator.objects.filter(user_id=account.pk).order_by("pk"))


def unused_recovery_codes(account: Account) -> int:
    """How many recovery codes are left."""
    row = Authenticator.objects.filter(user_id=account.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    if row is None:
        return 0
    with bound_to(account):
        return len(RecoveryCodes(row).get_unused_codes())


# --- authenticator (TOTP) ---


def new_secret() -> str:
    """A secret for an authenticator that is being set up."""
    return str(totp.generate_totp_secret())


def picture_of(account: Account, secret: str) -> tuple[str, str]:
    """The address an authenticator reads, and its QR code as a `data:` picture."""
    adapter = SealedAdapter()
    address = adapter.build_totp_url(account, secret)
    svg = adapter.build_totp_svg(address)
    return address, "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def step_of(secret: str, typed: str) -> int | None:
    """The step of 30 seconds a typed code belongs to: this one, the one before or the one after; None for no code."""
    for counter in totp.yield_hotp_counters_from_time():
        if compare_user_code(actual=typed, expected=totp.format_hotp_value(totp.hotp_value(secret, counter))):
            return int(counter)
    return None


def add_authenticator(account: Account, secret: str, step: int) -> Authenticator:
    """Keep the secret, sealed. `step` is that of the code that proved it and is used up."""
    with bound_to(account):
        row = totp.TOTP.activate(account, secret).instance
    row.data["last_step"] = step
    row.save(update_fields=["data"])
    return row


def use_authenticator(account: Account, row: Authenticator, typed: str) -> bool:
    """Whether `typed` is a code of this authenticator, newer than the last one used. `row` is locked by the caller."""
    with bound_to(account):
        secret = SealedAdapter().decrypt(row.data["secret"])
    step = step_of(secret, typed)
    if step is None or step <= row.data.get("last_step", -1):
        return False
    row.data["last_step"] = step
    row.save(update_fields=["data"])
    return True


# --- recovery codes ---


def make_recovery_codes(account: Account) -> list[str]:
    """New recovery codes in place of the old ones; they are shown once."""
    Authenticator.objects.filter(user_id=account.pk, type=Authenticator.Type.RECOVERY_CODES).delete()
    with bound_to(account):
        return [str(code) for code in RecoveryCodes.activate(account).generate_codes()]


def use_recovery_code(account: Account, row: Authenticator, typed: str) -> bool:
    """Whether `typed` is a recovery code that was not used; it is used now."""
    with bound_to(account):
        return bool(RecoveryCodes(row).validate_code(typed))


# --- passkeys (WebAuthn) ---


def _as_text(options: Any) -> str:
    return json.dumps(dict(options), default=dict)


def ask_for_passkey(account: Account | None) -> str:
    """What a browser needs to answer with a passkey, as JSON: of this account, or of whomever the key belongs to."""
    return _as_text(webauthn.begin_authentication(account))


def ask_for_new_passkey(account: Account) -> str:
    """What a browser needs to make a passkey that is found without a name and checks the person."""
    return _as_text(webauthn.begin_registration(account, passwordless=True))


def read_answer(text: str) -> dict[str, Any]:
    """A browser's answer. Raises ValueError for what is none."""
    found = json.loads(text)
    if not isinstance(found, dict) or len(text) > 20_000:
        raise ValueError("no answer of a browser")
    return found


def add_passkey(account: Account, name: str, answer: dict[str, Any]) -> Authenticator:
    """Keep a new passkey. Raises one of `MALFORMED` unless it answers this session's challenge and checked the person."""
    webauthn.parse_registration_response(answer)
    if not webauthn.complete_registration(answer).is_user_verified():
        raise ValueError("the person was not checked")
    return webauthn.WebAuthn.add(account, name, answer).instance


def passkey_owner(answer: dict[str, Any]) -> Account:
    """The account a passkey says it belongs to. Raises one of `MALFORMED`."""
    account = webauthn.extract_user_from_response(answer)
    if not isinstance(account, Account):
        raise TypeError("no account")
    return account


def use_passkey(account: Account, answer: dict[str, Any]) -> Authenticator:
    """The passkey of this account that answered this session's challenge. Raises one of `MALFORMED`."""
    webauthn.parse_authentication_response(answer)
    return webauthn.complete_authentication(account, answer)
