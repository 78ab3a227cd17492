"""What accounts give to lower apps: the book in which `notify` finds addresses, and where `ui` keeps a display."""

from __future__ import annotations

from django.http import HttpRequest

from gongzhi.accounts import actions
from gongzhi.accounts.models import Account
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.notify.contracts import Address
from gongzhi.notify.enums import Channel


class AccountAddressBook:
    """Addresses of people who have an account. The e-mail address is the one field kept in clear (ADR 0007)."""

    def find(self, *, actor: Actor, person_id: int, channel: str) -> Address | None:
        """The person's e-mail address, for the delivering process only; a closed account is written to no more."""
        if actor.kind is not ActorKind.PROCESS or channel != Channel.MAIL:
            return None
        email = Account.objects.filter(person_id=person_id, is_active=True).values_list("email", flat=True).first()
        return Address(email) if email else None


ADDRESS_BOOK = AccountAddressBook()


def keep_display(request: HttpRequest, display: str) -> None:
    """Keep how a signed-in person wants pages to look in their account; a visitor's choice stands in the cookie alone.

    Named by `settings.DISPLAY_KEEPER`.
    """
    account = getattr(request, "user", None)
    if isinstance(account, Account):
        actions.choose_display(actor=request.actor, account=account, display=display)  # type: ignore[attr-defined]
