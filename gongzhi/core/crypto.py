"""Personal data at rest: authenticated encryption bound to its row, and a blind index for equality.

A sealed value is `algorithm(1) | key version(1) | nonce(12) | ciphertext | tag(16)`, so a leaked backup shows nothing
and a value moved to another row does not open. The associated data is `table.column:pk`. The algorithm is a byte in
the value, not a constant of the program, so AES-256-GCM and SM4-GCM (GB/T 39786) can stand side by side.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

AES_256_GCM = 1
SM4_GCM = 2
ALGORITHMS = {"AES-256-GCM": AES_256_GCM, "SM4-GCM": SM4_GCM}
NONCE = 12
TAG = 16


class CannotOpen(Exception):
    """The value was changed, moved to another row, or sealed with a key this platform does not hold."""


def _sm4_key(key: bytes) -> bytes:
    """SM4 takes 16 bytes: derived from the 32 of the key ring, under its own label."""
    return hmac.new(key, b"gongzhi/sm4", hashlib.sha256).digest()[:16]


def seal(text: str, *, where: str, pk: int) -> bytes:
    """Encrypt `text` for the column `where` (`table.column`) of row `pk`."""
    version = max(settings.KEYS.encryption)
    key = settings.KEYS.encryption[version]
    algorithm = ALGORITHMS[settings.FIELD_CIPHER]
    nonce = os.urandom(NONCE)
    bound = f"{where}:{pk}".encode()
    plain = text.encode()
    if algorithm == AES_256_GCM:
        body = AESGCM(key).encrypt(nonce, plain, bound)
    else:
        encryptor = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound)
        body = encryptor.update(plain) + encryptor.finalize() + encryptor.tag
    return bytes([algorithm, version]) + nonce + body


def unseal(value: bytes | memoryview, *, where: str, pk: int) -> str:
    """Decrypt what `seal` made for the same column and row; anything else raises `CannotOpen`."""
    raw = bytes(value)
    if len(raw) < 2 + NONCE + TAG:
        raise CannotOpen("too short")
    algorithm, version, nonce, body = raw[0], raw[1], raw[2 : 2 + NONCE], raw[2 + NONCE :]
    key = settings.KEYS.encryption.get(version)
    if key is None:
        raise CannotOpen(f"no key of version {version}")
    bound = f"{where}:{pk}".encode()
    try:
        if algorithm == AES_256_GCM:
            return AESGCM(key).decrypt(nonce, body, bound).decode()
        if algorithm == SM4_GCM:
            decryptor = Cipher(algorithms.SM4(_sm4_key(key)), modes.GCM(nonce, body[-TAG:])).decryptor()
            decryptor.authenticate_additional_data(bound)
            return (decryptor.update(body[:-TAG]) + decryptor.finalize()).decode()
    except InvalidTag as error:
        raise CannotOpen("the seal is broken") from error
    raise CannotOpen(f"unknown algorithm {algorithm}")


def blind_index(purpose: str, value: str) -> bytes:
    """16 bytes that are equal when `value` is equal, and tell nothing without the key. Never a bare hash.

    Mobile numbers and ID numbers can be enumerated in minutes; the keyed hash cannot without the key.
    """
    message = purpose.encode() + b"\x00" + value.encode()
    return hmac.new(settings.KEYS.blind_index, message, hashlib.sha256).digest()[:16]
