"""Couriers that hand notices to an HTTP gateway of the operator's own choice: text messages, WeChat templates.

The gateway speaks one small protocol, so that any provider can stand behind it:

- `POST {address}/messages` with `{"reference", "channel", "to", "subject", "text"}` as JSON; 2xx means accepted. A reference
  the gateway has already is answered 2xx or 409 and sent no second time.
- `GET {address}/messages/{reference}` answers `{"state": "accepted" | "delivered" | "undelivered"}`, or 404 for a reference it
  never received.

Every request is signed: `X-Gateway-Key`, `X-Gateway-Time` (seconds since 1970), `X-Gateway-Nonce` and `X-Gateway-Signature`, the
HMAC-SHA256 (hex) of method, path, time, nonce and the SHA-256 (hex) of the body, joined by line feeds, under the shared
secret. The gateway refuses what is older than five minutes and a nonce it has seen.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sys
import time
from dataclasses import dataclass
from typing import TextIO
from urllib.parse import urlsplit

import requests

from gongzhi.notify.contracts import Address, Fate

#: Seconds to reach the gateway, and to wait for its answer: a delivery holds its row meanwhile.
PATIENCE = (5, 15)
#: What a gateway may say of a reference; anything else is an answer we do not understand.
STATES = {"accepted": Fate.ACCEPTED, "delivered": Fate.DELIVERED, "undelivered": Fate.UNDELIVERED}


class GatewayRefused(Exception):
    """The gateway answered with a status that is no acceptance; the text holds the status and nothing of its words."""


def signature(secret: str, method: str, path: str, at: str, nonce: str, body: bytes) -> str:
    """The signature of one request, as both sides compute it."""
    said = "\n".join((method, path, at, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


@dataclass
class GatewayCourier:
    """Hands notices of one channel to a signed HTTP gateway, and asks it what became of them."""

    channel: str
    address: str
    key: str
    secret: str

    def send(self, *, address: Address, subject: str, text: str, reference: str) -> None:
        """Hand one notice over. Raises what `requests` raises, and `GatewayRefused`."""
        body = json.dumps(
            {"reference": reference, "channel": self.channel, "to": address.value, "subject": subject, "text": text},
            ensure_ascii=False,
        ).encode()
        answer = self._ask("POST", "/messages", body)
        if answer.status_code != 409 and answer.status_code // 100 != 2:
            raise GatewayRefused(str(answer.status_code))

    def fate_of(self, *, reference: str) -> Fate:
        """What became of a reference. Raises what `requests` raises, and `GatewayRefused` for an answer without sense."""
        answer = self._ask("GET", f"/messages/{reference}", b"")
        if answer.status_code == 404:
            return Fate.UNKNOWN
        try:
            return STATES[answer.json()["state"]] if answer.status_code == 200 else _refuse(answer)
        except (ValueError, KeyError, TypeError) as error:
            raise GatewayRefused("no state") from error

    def _ask(self, method: str, path: str, body: bytes) -> requests.Response:
        whole = f"{self.address.rstrip('/')}{path}"
        at, nonce = str(int(time.time())), secrets.token_hex(16)
        headers = {
            "Content-Type": "application/json",
            "X-Gateway-Key": self.key,
            "X-Gateway-Time": at,
            "X-Gateway-Nonce": nonce,
            "X-Gateway-Signature": signature(self.secret, method, urlsplit(whole).path, at, nonce, body),
        }
        # A redirect would carry the notice to somebody the operator did not name.
        return requests.request(method, whole, data=body, headers=headers, timeout=PATIENCE, allow_redirects=False)


def _refuse(answer: requests.Response) -> Fate:
    raise GatewayRefused(str(answer.status_code))


@dataclass
class ConsoleCourier:
    """Prints notices where a developer looks, as Django's console does with mail. For the demonstration only."""

    channel: str
    stream: TextIO | None = None

    def send(self, *, address: Address, subject: str, text: str, reference: str) -> None:
        """Print one notice."""
        print(f"[{self.channel}] {address.value}: {subject}\n{text}", file=self.stream or sys.stdout, flush=True)
