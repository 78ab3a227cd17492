"""Numbers the platform itself gives to people: drawn by chance, so that nobody counts on from theirs, with a check digit."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Final

VOLUNTEER: Final = 12
CARD: Final = 16


def check_digit(body: str) -> str:
    """ISO 7064 MOD 11,10: finds every single wrong digit and every two neighbours that changed places, but one in ten."""
    carry = 10
    for digit in body:
        carry = ((carry + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - carry) % 10)


def draw(length: int) -> str:
    """A new number of this many digits, the last being the check digit. It does not begin with 0 or 1."""
    body = str(2 + secrets.randbelow(8)) + "".join(str(secrets.randbelow(10)) for _at in range(length - 2))
    return body + check_digit(body)


def fits(number: str, length: int) -> bool:
    """Whether a text is a number of this length with the right check digit."""
    return bool(re.fullmatch(rf"[0-9]{{{length}}}", number)) and check_digit(number[:-1]) == number[-1]


def clean(text: str) -> str:
    """What people type: blanks and hyphens go, full-width digits become plain."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text))


def grouped(number: str) -> str:
    """In groups of four, as it is printed and read out."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
