"""A passkey in software: makes a key pair, answers challenges as an authenticator does. For tests of the server's side."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


class SoftPasskey:
    """One passkey of one person on one site."""

    def __init__(self, origin: str = "https://testserver", *, verifies: bool = True) -> None:
        self.origin = origin
        self.flags = PRESENT | (VERIFIED if verifies else 0)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.number = os.urandom(32)
        self.handle = b""

    def _data(self, site: str, flags: int) -> bytes:
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + struct.pack(">I", 0)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def make(self, options: str) -> dict[str, Any]:
        """What a browser answers to `create`."""
        asked = json.loads(options)["publicKey"]
        self.handle = websafe_decode(asked["user"]["id"])
        public = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))  # type: ignore[no-untyped-call]
        data = self._data(asked["rp"]["id"], self.flags | ATTESTED)
        data += bytes(16) + struct.pack(">H", len(self.number)) + self.number + public
        attested = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            {
                "clientDataJSON": websafe_encode(self._client("webauthn.create", asked["challenge"])),
                "attestationObject": websafe_encode(attested),
            }
        )

    def answer(self, options: str) -> dict[str, Any]:
        """What a browser answers to `get`."""
        asked = json.loads(options)["publicKey"]
        data = self._data(asked["rpId"], self.flags)
        client = self._client("webauthn.get", asked["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(signature),
                "userHandle": websafe_encode(self.handle),
            }
        )

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        number = websafe_encode(self.number)
        extensions = {"credProps": {"rk": True}}
        return {
            "id": number, "rawId": number, "type": "public-key", "response": response,
            "clientExtensionResults": extensions,
        }  # fmt: skip
