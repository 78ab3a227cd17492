"""Second factors: added, removed, used. Every use is counted when it fails, and written down when it succeeds."""

from __future__ import annotations

import logging
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import factors, policies
from gongzhi.accounts.actions.codes import tell
from gongzhi.accounts.models import Account
from gongzhi.audit import actions as audit
from gongzhi.core import throttle
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation

log = logging.getLogger("gongzhi.accounts")

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "add_authenticator": "It is about a person.",
    "add_passkey": "It is about a person.",
    "remove_factor": "It is about a person.",
    "renew_recovery_codes": "It is about a person.",
    "use_code": "It is about a person.",
    "use_passkey": "It is about a person.",
    "sign_in_with_passkey": "It is about a person.",
    "prove_by_password": "It is about a person.",
}

#: Wrong second factors an account survives in 15 minutes, by whatever way and in whatever process.
TRIES, WINDOW_S = 10, 900
MOST = 20

TOO_MANY = _("Too many tries. Wait 15 minutes, then try again.")

TYPES = {
    Authenticator.Type.TOTP: _("Authenticator app"),
    Authenticator.Type.WEBAUTHN: _("Passkey"),
    Authenticator.Type.RECOVERY_CODES: _("Recovery codes"),
}


def _wrong() -> RuleViolation:
    return RuleViolation(
        "accounts.factor_wrong",
        _("This code is wrong or was used already. Wait for the next one, or use another way."),
        field="code",
    )


def _bucket(account: Account) -> str:
    return f"second:{account.pk}"


def count_failed_factor(account: Account) -> None:
    """Count a wrong second factor, and log it. Runs in the door's second transaction."""
    log.warning("accounts.sign_in_failed", extra={"by": "factor", "account": account.pk})
    throttle.hit(_bucket(account), limit=TRIES, seconds=WINDOW_S)


def _own(actor: Actor, account: Account) -> Account:
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if not policies.is_own_account(actor, account):
        raise NotAllowed("accounts.own")
    return account


def _may_try(actor: Actor, account: Account) -> None:
    """Raise unless somebody may prove by a factor of this account: a visitor on the way in, or the person themself."""
    if not policies.can_open_session(actor, account):
        raise NotAllowed("accounts.own")
    if throttle.spent(_bucket(account), limit=TRIES, seconds=WINDOW_S):
        raise RuleViolation("accounts.too_many_tries", TOO_MANY)


def _added(actor: Actor, account: Account, row: Authenticator) -> list[str]:
    """Write down a new factor; recovery codes come with the first one."""
    audit.record(actor=actor, event="accounts.factor.added", subject=account, details={"type": str(row.type)})
    tell(actor, account, "factors_changed")
    if Authenticator.objects.filter(user_id=account.pk, type=Authenticator.Type.RECOVERY_CODES).exists():
        return []
    return factors.make_recovery_codes(account)


@transaction.atomic
def add_authenticator(*, actor: Actor, account: Account, secret: str, typed: str) -> list[str]:
    """Add an authenticator app whose first code proves that it has the secret. Returns recovery codes if they are new.

    Raises `RuleViolation` for a wrong code, or when the account has an authenticator already.
    """
    account = _own(actor, account)
    if Authenticator.objects.filter(user_id=account.pk, type=Authenticator.Type.TOTP).exists():
        raise RuleViolation("accounts.factor_there", _("This account has an authenticator app already."))
    step = factors.step_of(secret, typed)
    if step is None:
        raise _wrong()
    return _added(actor, account, factors.add_authenticator(account, secret, step))


@transaction.atomic
def add_passkey(*, actor: Actor, account: Account, name: str, answer: dict[str, Any]) -> list[str]:
    """Add a passkey a browser has just made. Returns recovery codes if they are new.

    Raises `RuleViolation` for an answer that does not fit this session's challenge, and beyond twenty.
    """
    account = _own(actor, account)
    if Authenticator.objects.filter(user_id=account.pk).count() >= MOST:
        raise RuleViolation("accounts.factors_many", _("An account has at most 20 passkeys."))
    try:
        row = factors.add_passkey(account, name.strip()[:60], answer)
    except factors.MALFORMED as error:
        raise RuleViolation(
            "accounts.passkey_refused", _("The passkey could not be added. Try again, or use another device.")
        ) from error
    return _added(actor, account, row)


@transaction.atomic
def remove_factor(*, actor: Actor, account: Account, number: int) -> bool:
    """Remove one factor of one's own; whether a second factor is left. Recovery codes go with the last one.

    Who acts for an agency keeps at least one. Raises `RuleViolation`, and `Authenticator.DoesNotExist`.
    """
    account = _own(actor, account)
    row = Authenticator.objects.get(user_id=account.pk, pk=number, type__in=factors.SECOND)
    last = not Authenticator.objects.filter(user_id=account.pk, type__in=factors.SECOND).exclude(pk=row.pk).exists()
    if last and actor.agency_id is not None:
        raise RuleViolation(
            "accounts.factor_needed", _("Who acts for an agency keeps a second factor. Add another one first.")
        )
    kind = str(row.type)
    row.delete()
    if last:
        Authenticator.objects.filter(user_id=account.pk).delete()
    audit.record(actor=actor, event="accounts.factor.removed", subject=account, details={"type": kind})
    tell(actor, account, "factors_changed")
    return not last


@transaction.atomic
def renew_recovery_codes(*, actor: Actor, account: Account) -> list[str]:
    """New recovery codes; the old ones open nothing any more. `RuleViolation` without a second factor."""
    account = _own(actor, account)
    if not factors.has_second_factor(account):
        raise RuleViolation("accounts.factor_missing", _("Set up a second factor first."))
    made = factors.make_recovery_codes(account)
    audit.record(actor=actor, event="accounts.factor.codes_renewed", subject=account)
    tell(actor, account, "factors_changed")
    return made


@transaction.atomic
def use_code(*, actor: Actor, account: Account, typed: str) -> None:
    """Prove by a code of the authenticator or by a recovery code, each good once.

    Raises `RuleViolation` `accounts.factor_wrong`, which the caller counts (`count_failed_factor`), or
    `accounts.too_many_tries`.
    """
    _may_try(actor, account)
    rows = Authenticator.objects.select_for_update(of=("self",)).filter(
        user_id=account.pk, type__in=[Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    )
    tries = {
        Authenticator.Type.TOTP: factors.use_authenticator,
        Authenticator.Type.RECOVERY_CODES: factors.use_recovery_code,
    }
    for row in rows.order_by("-type"):
        if tries[row.type](account, row, typed):
            _used(actor, account, row)
            return
    raise _wrong()


def _used(actor: Actor, account: Account, row: Authenticator) -> None:
    row.record_usage()
    throttle.clear(_bucket(account))
    audit.record(actor=actor, event="accounts.factor.used", subject=account, details={"type": str(row.type)})
    if row.type == Authenticator.Type.RECOVERY_CODES:
        tell(actor, account, "factors_changed")


@transaction.atomic
def use_passkey(*, actor: Actor, account: Account, answer: dict[str, Any]) -> None:
    """Prove by a passkey of this account. Raises `RuleViolation` as `use_code` does."""
    _may_try(actor, account)
    try:
        row = factors.use_passkey(account, answer)
    except factors.MALFORMED as error:
        raise refused() from error
    _used(actor, account, row)


def refused() -> RuleViolation:
    """What is said of every passkey that does not open."""
    return RuleViolation(
        "accounts.factor_wrong", _("The passkey was not accepted. Try again, or sign in another way."), field="code"
    )


@transaction.atomic
def sign_in_with_passkey(*, actor: Actor, answer: dict[str, Any]) -> Account:
    """The account a passkey opens by itself. Whatever is wrong says the same (`RuleViolation`)."""
    if not policies.can_sign_up(actor):
        raise NotAllowed("accounts.sign_in")
    try:
        account = factors.passkey_owner(answer)
    except factors.MALFORMED as error:
        raise refused() from error
    if not account.is_active:
        raise refused()
    use_passkey(actor=actor, account=account, answer=answer)
    audit.record(actor=actor, event="accounts.account.signed_in", subject=account, details={"by": "passkey"})
    return account


@transaction.atomic
def prove_by_password(*, actor: Actor, account: Account, password: str) -> None:
    """Prove again who one is, by the password of an account without second factor. Raises as `use_code` does."""
    if not policies.is_own_account(actor, account):
        raise NotAllowed("accounts.own")
    _may_try(actor, account)
    if not account.has_usable_password() or not check_password(password, account.password):
        raise RuleViolation("accounts.factor_wrong", _("This is not your present password."), field="password")
    throttle.clear(_bucket(account))
    audit.record(actor=actor, event="accounts.account.proved", subject=account)
