"""What accounts register with lower apps: the book in which `notify` finds addresses."""

from __future__ import annotations

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
