"""What accounts give to lower apps: the book in which `notify` finds addresses, and where `ui` keeps a display."""

from __future__ import annotations

from django.http import HttpRequest

from gongzhi.accounts import actions
from gongzhi.accounts.models import Account
from gongzhi.audit.looks import reveal
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.notify.contracts import Address
from gongzhi.notify.enums import Channel


class AccountAddressBook:
    """Addresses of people who have an account. The e-mail address is the one field kept in clear (ADR 0007)."""

    def find(self, *, actor: Actor, person_id: int, channel: str) -> Address | None:
        """The person's e-mail address or phone number, for the delivering process only; a closed account is written to no
        more. Opening the number to write to its owner is no look.
        """
        if actor.kind is not ActorKind.PROCESS or channel not in {Channel.MAIL, Channel.SMS}:
            return None
        account = Account.objects.filter(person_id=person_id, is_active=True).select_related("person").first()
        if account is None:
            return None
        if channel == Channel.MAIL:
            return Address(account.email) if account.email else None
        phone = reveal(actor, account.person, "phone_sealed", purpose="notify.deliver", own=True)
        return Address(phone) if phone else None


ADDRESS_BOOK = AccountAddressBook()


def keep_display(request: HttpRequest, display: str) -> None:
    """Keep how a signed-in person wants pages to look in their account; a visitor's choice stands in the cookie alone.

    Named by `settings.DISPLAY_KEEPER`.
    """
    account = getattr(request, "user", None)
    if isinstance(account, Account):
        actions.choose_display(actor=request.actor, account=account, display=display)  # type: ignore[attr-defined]
