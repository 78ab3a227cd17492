"""Signing in by a provider that vouches for somebody, and connecting it with an account once."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import policies
from gongzhi.accounts.actions.codes import tell
from gongzhi.accounts.models import Account, LegalIdentity
from gongzhi.accounts.providers import Vouched
from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "sign_in_with_identity": "It is about a person.",
    "connect_identity": "It is about a person.",
    "disconnect_identity": "It is about a person.",
}


def _keep_legal(account: Account, vouched: Vouched) -> None:
    """Keep for which legal person the provider vouched, and when last."""
    if vouched.credit_code:
        LegalIdentity.objects.update_or_create(
            account=account,
            provider=vouched.provider,
            credit_code=vouched.credit_code,
            defaults={"name": vouched.legal_name, "last_seen_at": timezone.now()},
        )


@transaction.atomic
def sign_in_with_identity(*, actor: Actor, vouched: Vouched) -> Account | None:
    """The account this identity is connected with; None if it is with none. `RuleViolation` for a closed account."""
    if not policies.can_sign_up(actor):
        raise NotAllowed("accounts.sign_in")
    found = SocialAccount.objects.filter(provider=vouched.provider, uid=vouched.uid).select_related("user").first()
    if found is None:
        return None
    account: Account = found.user
    if not account.is_active:
        raise RuleViolation("accounts.closed", _("This account is closed."))
    _keep_legal(account, vouched)
    audit.record(actor=actor, event="accounts.account.signed_in", subject=account, details={"by": vouched.provider})
    return account


@transaction.atomic
def connect_identity(*, actor: Actor, account: Account, vouched: Vouched) -> None:
    """Let this identity open one's own account from now on.

    Raises `RuleViolation` when it opens another account, or when this account has another one of the same provider.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if not policies.is_own_account(actor, account):
        raise NotAllowed("accounts.own")
    mine = SocialAccount.objects.filter(user_id=account.pk, provider=vouched.provider).first()
    if mine is not None and mine.uid == vouched.uid:
        _keep_legal(account, vouched)
        return
    try:
        with transaction.atomic():
            if mine is not None:
                raise IntegrityError
            SocialAccount.objects.create(user=account, provider=vouched.provider, uid=vouched.uid, extra_data={})
    except IntegrityError as error:
        raise RuleViolation(
            "accounts.identity_used", _("This identity opens another account, or this account has another one already.")
        ) from error
    _keep_legal(account, vouched)
    audit.record(
        actor=actor, event="accounts.identity.connected", subject=account, details={"provider": vouched.provider}
    )
    tell(actor, account, "factors_changed")


@transaction.atomic
def disconnect_identity(*, actor: Actor, account: Account, provider: str) -> None:
    """Let a provider open one's own account no more. Raises `SocialAccount.DoesNotExist`."""
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if not policies.is_own_account(actor, account):
        raise NotAllowed("accounts.own")
    SocialAccount.objects.get(user_id=account.pk, provider=provider).delete()
    LegalIdentity.objects.filter(account=account, provider=provider).delete()
    audit.record(actor=actor, event="accounts.identity.disconnected", subject=account, details={"provider": provider})
    tell(actor, account, "factors_changed")
