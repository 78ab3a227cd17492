"""Ed25519 signatures that stand for themselves: the text that was signed, the key's short name, the signature.

A verifier key is one line, `name+keyid+base64`, in the form of signed notes (C2SP): whoever has the line can check
without this platform. Pure; loads no Django.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ED25519: Final = b"\x01"


class BadKey(ValueError):
    """The text is no verifier key; the sentence says how one looks."""

    def __init__(self) -> None:
        super().__init__("a key is one line such as gongzhi-certificates+1a2b3c4d+AbC…=")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name; `key_id` is what signatures refer to."""

    name: str
    public: bytes

    @property
    def key_id(self) -> str:
        """Eight hexadecimal digits that follow from the name and the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).hexdigest()[:8]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def verifies(self, purpose: str, message: bytes, signature: bytes) -> bool:
        """Whether the holder of the private key signed this message for this purpose."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, _bound(purpose, message))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its name: 32 secret bytes."""

    name: str
    seed: bytes

    def sign(self, purpose: str, message: bytes) -> bytes:
        """64 bytes. A signature for one purpose is none for another."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(_bound(purpose, message))

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return VerifierKey(self.name, public.public_bytes(Encoding.Raw, PublicFormat.Raw))


def _bound(purpose: str, message: bytes) -> bytes:
    return purpose.encode() + b"\n" + message


def read_key(line: str) -> VerifierKey:
    """A verifier key from its line. Raises `BadKey`, also when its short name does not follow from the key."""
    name, _plus, rest = line.strip().partition("+")
    key_id, _plus, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey from error
    if not name or len(raw) != 33 or raw[:1] != _ED25519:
        raise BadKey
    key = VerifierKey(name, raw[1:])
    if key.key_id != key_id:
        raise BadKey
    return key


def read_keys(text: str) -> dict[str, VerifierKey]:
    """Verifier keys by their short name, one a line; empty lines and those that begin with # say nothing."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise BadKey
    return by_id(read_key(line) for line in lines)


def by_id(keys: Iterable[VerifierKey]) -> dict[str, VerifierKey]:
    """Verifier keys by their short name."""
    return {one.key_id: one for one in keys}
