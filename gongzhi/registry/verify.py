"""Is this certificate genuine? Pure: the caller brings the bytes and the public keys. Loads no Django and no database.

A certificate is a PDF that holds the signed statement as the attachment `statement.json`, and ends with one line that
signs every byte before it. So two things are signed: what is stated (it can be looked up by its number and stays true in
print), and the very file (no reader shows other words than those that were signed).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import rfc8785

from gongzhi.core.signing import VerifierKey

STATEMENT: Final = "gongzhi-statement/v1"
FILE: Final = "gongzhi-file/v1"
ATTACHMENT: Final = "statement.json"
#: What a certificate weighs at most; ours weigh a hundredth.
MOST_BYTES: Final = 5 * 1024 * 1024
_LINE: Final = re.compile(rb"\n%gongzhi-file/v1 ([0-9a-f]{8}) ([A-Za-z0-9+/]{86}==)\n\Z")


class Verdict(StrEnum):
    """What a check says of a file."""

    GENUINE = "genuine"
    #: The statement is genuine, and the file around it is not the one that was signed.
    CHANGED = "changed"
    FORGED = "forged"
    #: Signed by a key that is not among those given.
    UNKNOWN_KEY = "unknown_key"
    NO_CERTIFICATE = "no_certificate"
    TOO_LARGE = "too_large"


@dataclass(frozen=True)
class Checked:
    """A verdict, and what is stated where the statement itself is genuine."""

    verdict: Verdict
    statement: Mapping[str, Any] = field(default_factory=dict)
    key_id: str = ""

    @property
    def number(self) -> str:
        """The number of the certificate; empty where none can be believed."""
        return str(self.statement.get("number", ""))


def canonical(statement: Mapping[str, Any]) -> bytes:
    """A statement in the one form that is signed: JSON of RFC 8785."""
    return rfc8785.dumps(dict(statement))


def envelope(statement: Mapping[str, Any], *, key_id: str, signature: bytes) -> bytes:
    """The attachment: the statement, and who signed it."""
    return rfc8785.dumps(
        {"key": key_id, "signature": base64.b64encode(signature).decode(), "statement": dict(statement)}
    )


def closing_line(key_id: str, signature: bytes) -> bytes:
    """The last line of a signed file."""
    return f"\n%{FILE} {key_id} {base64.b64encode(signature).decode()}\n".encode()


def signed_hash(content: bytes) -> bytes:
    """What is signed of a file: the SHA-256 of every byte before the closing line."""
    return hashlib.sha256(content).digest()


def check_statement(content: bytes, keys: Mapping[str, VerifierKey]) -> Checked:
    """Whether an attachment's statement was signed by one of the keys."""
    try:
        found = json.loads(content)
        statement, key_id = dict(found["statement"]), str(found["key"])
        signature = base64.b64decode(str(found["signature"]), validate=True)
        message = canonical(statement)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error, rfc8785.CanonicalizationError):
        return Checked(Verdict.NO_CERTIFICATE)
    key = keys.get(key_id)
    if key is None:
        return Checked(Verdict.UNKNOWN_KEY, key_id=key_id)
    if not key.verifies(STATEMENT, message, signature):
        return Checked(Verdict.FORGED, key_id=key_id)
    return Checked(Verdict.GENUINE, statement, key_id)


def check_file(content: bytes, keys: Mapping[str, VerifierKey]) -> Checked:
    """Whether a file is a genuine certificate, byte by byte. Never raises for what somebody handed in."""
    if len(content) > MOST_BYTES:
        return Checked(Verdict.TOO_LARGE)
    if not content.startswith(b"%PDF-"):
        # The statement alone, as a program may keep it, is checked too; anything else is no certificate.
        return check_statement(content, keys) if content.lstrip()[:1] == b"{" else Checked(Verdict.NO_CERTIFICATE)
    stated = check_statement(_attached(content), keys)
    if stated.verdict is not Verdict.GENUINE:
        return stated
    line = _LINE.search(content)
    if line is None or line[1].decode() != stated.key_id:
        return Checked(Verdict.CHANGED, stated.statement, stated.key_id)
    whole = keys[stated.key_id].verifies(FILE, signed_hash(content[: line.start()]), base64.b64decode(line[2]))
    return Checked(Verdict.GENUINE if whole else Verdict.CHANGED, stated.statement, stated.key_id)


def _attached(content: bytes) -> bytes:
    """The attachment of a PDF; nothing where it has none or cannot be read."""
    import pypdf

    # A reader looks for the end of a PDF from behind; our line, and what somebody wrote after it, is none of it.
    end = content.rfind(f"\n%{FILE}".encode())
    try:
        reader = pypdf.PdfReader(io.BytesIO(content if end < 0 else content[:end]), strict=False)
        found = reader.attachments.get(ATTACHMENT, [])
        return bytes(found[0]) if found and len(found[0]) <= MOST_BYTES else b""
    except Exception:
        # A hostile file can break a reader in any way; whatever it is, it is no certificate of ours.
        return b""
