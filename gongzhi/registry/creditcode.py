"""The unified social credit code (统一社会信用代码), to the letter of GB 32100-2015.

Eighteen characters: who manages the registration (1), the category under it (2), the division of the body that
registered (3–8), the organization code of GB 11714 with its own check character (9–17), the check character (18).

Digits 3–8 say who registered the body when the code was given. They stay when a body moves and when divisions are
renumbered, so nothing here, and nothing elsewhere, may compare them with the domicile or with today's divisions.

What the check character (mod 31) finds, with 31 prime and the weights powers of 3, which generates all 30 non-zero
remainders:

- every change of one character into another of the alphabet;
- every transposition of two neighbours that differ, and of any two of the first 17 characters that differ;
- *not* a swap of characters 1 and 18 (both weigh 1): the first character, 5 for civil affairs, finds nearly all of
  those;
- *not* every pair of independent changes: one in 31 slips through, fewer once the organization code is judged too.

The check character of the organization code (mod 11) is weaker by itself: two characters whose values differ by a
multiple of 11 (`0` and `B`, `2` and `D`) look alike to it. Nothing here ever repairs a code: an `O` is not a zero.

Source: GB 32100-2015 with amendment 1 and GB 11714, as restated in the project's notes on identifiers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.orgs.enums import Kind

LENGTH: Final = 18
#: The 31 symbols, in the order of their values: no I, O, S, V, Z.
ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS: Final = tuple(pow(3, at, 31) for at in range(17))
ORGANIZATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
#: Digits 3–8 of what the Ministry of Civil Affairs registered.
NATIONAL_DIVISION: Final = "100000"
CIVIL_AFFAIRS: Final = "5"

_VALUES: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}
_KINDS: Final = {"1": Kind.SOCIAL_GROUP, "2": Kind.SERVICE, "3": Kind.FOUNDATION}

#: Full-width forms to ASCII and ASCII letters to capitals. Not NFKC and not `str.upper`: those also turn ①, ² or ß into
#: characters nobody wrote.
_FOLD: Final[dict[int, int | None]] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **{code: code - 0xFEE0 - 32 for code in range(ord("ａ"), ord("ｚ") + 1)},
    **{code: code - 32 for code in range(ord("a"), ord("z") + 1)},
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF), None),
}


class FaultCode(StrEnum):
    """What can be wrong with a code; the values are stable and may be stored."""

    LENGTH = "length"
    OLD_NUMBER = "old_number"
    ALPHABET = "alphabet"
    DIVISION = "division"
    CHECK_CHARACTER = "check_character"
    ORGANIZATION_CHECK = "organization_check"
    NOT_CIVIL_AFFAIRS = "not_civil_affairs"
    CATEGORY = "category"


MESSAGES: Final[dict[FaultCode, str | Promise]] = {
    FaultCode.LENGTH: _("A unified social credit code has 18 characters."),
    FaultCode.OLD_NUMBER: _("Fifteen digits are a registration number of the old kind, not a unified code."),
    FaultCode.ALPHABET: _("A unified social credit code holds digits and capital letters other than I, O, S, V and Z."),
    FaultCode.DIVISION: _("Characters 3 to 8 of the code name the registering authority and must be digits."),
    FaultCode.CHECK_CHARACTER: _("The last character does not fit the other 17: something was mistyped."),
    FaultCode.ORGANIZATION_CHECK: _("Characters 9 to 17 are not an organization code: their own check fails."),
    FaultCode.NOT_CIVIL_AFFAIRS: _("The code was not given by a civil-affairs authority: it does not begin with 5."),
    FaultCode.CATEGORY: _(
        "The code does not say social group (51), social service institution (52) or foundation (53)."
    ),
}

#: Codes that may well be right, but about which a person decides; they are kept, never refused.
FOR_A_PERSON: Final = frozenset({FaultCode.OLD_NUMBER, FaultCode.NOT_CIVIL_AFFAIRS, FaultCode.CATEGORY})


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one code. `position` counts from 1 and is 0 where the whole code is meant."""

    code: FaultCode
    position: int = 0

    @property
    def fatal(self) -> bool:
        """No such code can have been issued. Otherwise it is kept, and flagged for a person."""
        return self.code not in FOR_A_PERSON

    @property
    def message(self) -> str | Promise:
        """The sentence to show, translated when it is rendered."""
        return MESSAGES[self.code]


def normalise(text: str) -> str:
    """The code as it is compared and stored: half-width, capitals, no spaces, no zero-width characters."""
    return "".join(text.translate(_FOLD).split())


def check_character(body: str) -> str:
    """Character 18 for the first 17, already normalised. Anything but 17 characters of the alphabet: ValueError."""
    if len(body) != 17 or not _VALUES.keys() >= set(body):
        raise ValueError(f"{body[:40]!r} is not 17 characters of the alphabet")
    return ALPHABET[-sum(_VALUES[symbol] * weight for symbol, weight in zip(body, WEIGHTS, strict=True)) % 31]


def organization_check(body: str) -> str:
    """The ninth character of an organization code for its first eight: `0`–`9` or `X`.

    Anything but eight ASCII digits and capitals raises ValueError. Letters count A = 10 to Z = 35 (GB 11714).
    """
    if len(body) != 8 or not (body.isascii() and body.isalnum() and body == body.upper()):
        raise ValueError(f"{body[:40]!r} is not eight digits and capitals")
    remainder = sum(int(symbol, 36) * weight for symbol, weight in zip(body, ORGANIZATION_WEIGHTS, strict=True)) % 11
    return "0X987654321"[remainder]


def is_old_number(text: str) -> bool:
    """Fifteen digits: the registration number of the years before the unified code. Kept as a number, not a code."""
    code = normalise(text)
    return len(code) == 15 and code.isascii() and code.isdigit()


#: Judged in this order once length and alphabet are right; the first that applies is the one to explain.
_TESTS: Final[tuple[tuple[FaultCode, int, Callable[[str], bool]], ...]] = (
    (FaultCode.DIVISION, 3, lambda code: not code[2:8].isdigit()),
    (FaultCode.CHECK_CHARACTER, 18, lambda code: check_character(code[:17]) != code[17]),
    (FaultCode.ORGANIZATION_CHECK, 17, lambda code: organization_check(code[8:16]) != code[16]),
    (FaultCode.NOT_CIVIL_AFFAIRS, 1, lambda code: code[0] != CIVIL_AFFAIRS),
    # 54, 55 and 59 exist (grassroots self-governing bodies and others) but say nothing about the kind.
    (FaultCode.CATEGORY, 2, lambda code: code[0] == CIVIL_AFFAIRS and code[1] not in _KINDS),
)


def check(text: str) -> list[Fault]:
    """Everything wrong with a code, the gravest first; an empty list for a sound code of a social organization.

    The text is normalised first. Faults that are not `fatal` leave a code that is kept and shown to a person.
    """
    code = normalise(text)
    if is_old_number(code):
        return [Fault(FaultCode.OLD_NUMBER)]
    if len(code) != LENGTH:
        return [Fault(FaultCode.LENGTH)]
    for position, symbol in enumerate(code, start=1):
        if symbol not in _VALUES:
            return [Fault(FaultCode.ALPHABET, position)]
    return [Fault(fault, position) for fault, position, applies in _TESTS if applies(code)]


def is_sound(text: str) -> bool:
    """A code that may have been issued: 18 characters and nothing fatal. It need not be a social organization's."""
    return len(normalise(text)) == LENGTH and not any(fault.fatal for fault in check(text))


def kind_of(text: str) -> Kind | None:
    """The kind a sound code states: 51, 52 or 53. None for every other code, and for one that is not sound."""
    code = normalise(text)
    return _KINDS.get(code[1]) if is_sound(code) and code[0] == CIVIL_AFFAIRS else None


def registry_division(text: str) -> str:
    """Digits 3–8 of a sound code: the division of whoever registered the body at the time. "" if not sound."""
    code = normalise(text)
    return code[2:8] if is_sound(code) else ""
