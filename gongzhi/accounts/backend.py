"""Where Django finds the account of a session. Signing in itself is an action (`accounts.actions.sign_in`)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from gongzhi.accounts.models import Account


class AccountBackend(BaseBackend):
    """Loads the account of a session; a disabled account is signed out by its next request."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Never: the platform signs in through one action, which counts attempts."""
        return

    def get_user(self, user_id: int) -> Account | None:
        return Account.objects.filter(pk=user_id, is_active=True).first()
