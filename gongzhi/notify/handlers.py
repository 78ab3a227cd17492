"""What this app registers: e-mail through Django's backend, other channels through gateways, deliveries gone wrong."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.waiting import Found, Waiting
from gongzhi.notify.contracts import Address, Courier
from gongzhi.notify.enums import Channel
from gongzhi.notify.gateways import ConsoleCourier, GatewayCourier
from gongzhi.notify.models import Outbox
from gongzhi.notify.policies import can_oversee


class MailCourier:
    """Plain text mail. The Message-ID is made of the reference, so a repeated mail is recognized as the same."""

    channel = Channel.MAIL.value

    def send(self, *, address: Address, subject: str, text: str, reference: str) -> None:
        """Send one mail. Whatever the backend raises is the caller's to count."""
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
        mail = EmailMessage(
            subject=" ".join(subject.split()),  # a header has one line
            body=text,
            to=[address.value],
            headers={"Message-ID": f"<{reference}@{domain}>", "Auto-Submitted": "auto-generated"},
        )
        mail.send()


def configured() -> list[Courier]:
    """The couriers of the other channels: a gateway where one is named, the console in the demonstration, else none."""
    found: list[Courier] = []
    for channel, (address, key, secret) in settings.NOTICE_GATEWAYS.items():
        if address:
            found.append(GatewayCourier(channel, address, key, secret))
        elif settings.DEMO:
            found.append(ConsoleCourier(channel))
    return found


class DeliveriesWrong:
    """Deliveries given up although somebody wanted them: one line for all, whose they are is left out. One query."""

    code = "notify.delivery"
    label = _("Notices that went wrong")

    def is_for(self, actor: Actor) -> bool:
        """The operator who oversees notices."""
        return can_oversee(actor)

    def find(self, *, actor: Actor, day: dt.date, limit: int) -> Found:
        """How many there are, counted in the platform's name: the second wall shows an operator none of the rows."""
        with acting(Actor.system("notify.oversight")):
            count = Outbox.objects.broken().count()
        line = Waiting(self.label, "", reverse("portal:notices_overview"), count=count)
        return Found([line] if count else [], count)

    def address(self, actor: Actor) -> str:
        """Their page."""
        return reverse("portal:notices_overview")


WAITING = (DeliveriesWrong(),)
