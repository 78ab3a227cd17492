"""What this app registers with its own contracts: e-mail through Django's backend, other channels through gateways."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage

from gongzhi.notify.contracts import Address, Courier
from gongzhi.notify.enums import Channel
from gongzhi.notify.gateways import ConsoleCourier, GatewayCourier


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
