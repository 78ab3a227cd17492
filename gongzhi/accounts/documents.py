"""Identity documents: what is wrong with a number, who it says somebody is, and how it is shown. Pure.

The form of a number is no proof of identity: anybody can write down a number that fits. What is read in a standard is
refused when it does not hold; what is only generally known about other countries' or newer papers is a doubt, which
the reviewer sees and which refuses nobody (domain rules 2.2, 7.2, 8.2).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.enums import DocumentKind

WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS: Final = "10X98765432"
#: First two digits: the provinces.
PROVINCES: Final = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
    for code in range(first, last + 1)
)
#: Residence permits of people from Hong Kong, Macao and Taiwan begin with these instead of a division.
RESIDENCE_BEGINS: Final = ("810000", "820000", "830000")
EARLIEST: Final = dt.date(1900, 1, 1)


class Fault(Exception):
    """What keeps a number from being one of its kind: a stable code, and a sentence that says what to do."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(code, str(message))
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Document:
    """A number in the form in which it is kept and compared. `doubts` are codes of `DOUBTS`."""

    kind: str
    number: str
    born_on: dt.date | None = None
    doubts: tuple[str, ...] = ()

    @property
    def masked(self) -> str:
        """The first and the last character; so little that even two people of one village are not told apart by it."""
        return f"{self.number[0]}{'*' * (len(self.number) - 2)}{self.number[-1]}"


#: What a reviewer looks at twice, because the form is not laid down in anything that was read.
DOUBTS: Final[dict[str, str | Promise]] = {
    "form": _(
        "The number does not have the form this document usually has (to be verified). Compare it with the paper."
    ),
    "check": _(
        "The check digit does not fit, as far as the rule is known (to be verified). Compare it with the paper."
    ),
    "birth": _("The number names no possible day of birth, as far as its form is known (to be verified)."),
}

_LENGTH: Final = _("This number has 18 characters; %(n)s were typed. Compare it with the document.")


def clean_number(text: str) -> str:
    """What people type, without blanks and hyphens, full-width characters made plain, in capitals."""
    return re.sub(r"[\s\-·.]", "", unicodedata.normalize("NFKC", text)).upper()


def check_digit(body: str) -> str:
    """The eighteenth character of a resident identity number, from the first seventeen digits (GB 11643-1999)."""
    return CHECKS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


def age_on(born_on: dt.date, on: dt.date) -> int:
    """Full years. Who was born on 29 February is a year older on 1 March of other years: not before the day was over."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def read_document(kind: str, text: str, *, on: dt.date) -> Document:
    """The number as it is kept. Raises `Fault` with the first thing that is wrong; `on` is the present day."""
    number = clean_number(text)
    if not number:
        raise Fault("missing", _("Enter the number of the document."))
    return READERS[DocumentKind(kind)](number, on)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def _eighteen(number: str) -> None:
    """Eighteen characters, of which only the last may be an X."""
    if len(number) == 15 and number.isdigit():
        raise Fault(
            "old",
            _("Numbers of 15 digits belong to cards that are no longer valid. Enter the 18 characters of the card."),
        )
    if len(number) != 18:
        raise Fault("length", _LENGTH % {"n": len(number)})
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise Fault("characters", _("This number has digits only; the last place may be an X."))


def _mainland_form(number: str, on: dt.date) -> dt.date:
    """The day of birth of an 18-character number, whose check digit is checked last: it says least about the mistake."""
    born_on = _day(number[6:14])
    if born_on is None:
        raise Fault("birth", _("The 7th to 14th digit are no day that exists. Compare them with the day of birth."))
    if born_on > on:
        raise Fault("future", _("The day of birth in this number has not come yet. Compare the 7th to 14th digit."))
    if born_on < EARLIEST:
        raise Fault("birth", _("The day of birth in this number lies before 1900. Compare the 7th to 14th digit."))
    if check_digit(number[:17]) != number[17]:
        raise Fault(
            "check", _("The last character does not fit the others: one of them is mistyped. Compare them all.")
        )
    return born_on


def _resident(number: str, on: dt.date) -> Document:
    _eighteen(number)
    if number.startswith(RESIDENCE_BEGINS):
        raise Fault(
            "other_kind",
            _("This is the number of a residence permit for Hong Kong, Macao and Taiwan residents. Choose that."),
        )
    if number[0] == "9":
        raise Fault(
            "other_kind", _("This looks like the number of a permanent residence card for foreigners. Choose that.")
        )
    if number[:2] not in PROVINCES:
        raise Fault("division", _("The first two digits name no province. Compare them with the document."))
    return Document(DocumentKind.RESIDENT_ID, number, _mainland_form(number, on))


def _residence(number: str, on: dt.date) -> Document:
    _eighteen(number)
    if not number.startswith(RESIDENCE_BEGINS):
        raise Fault("other_kind", _("The number of this permit begins with 810000, 820000 or 830000."))
    return Document(DocumentKind.HMT_RESIDENCE, number, _mainland_form(number, on))


def _plain(kind: str, number: str, usual: str) -> Document:
    """A number whose form is only generally known: impossible characters are refused, an unusual form is a doubt."""
    if not re.fullmatch(r"[0-9A-Z()]{4,20}", number):
        raise Fault("characters", _("A number of this document has 4 to 20 letters of the Latin alphabet and digits."))
    return Document(kind, number, None, () if re.fullmatch(usual, number) else ("form",))


def _passport(number: str, on: dt.date) -> Document:
    return _plain(DocumentKind.PASSPORT, number, r"(?=.*[0-9])[0-9A-Z]{6,12}")


def _hk_macao(number: str, on: dt.date) -> Document:
    # The two digits behind the eight count how often the permit was renewed; the person's number is what stands before.
    found = re.fullmatch(r"([HM][0-9]{8})(?:[0-9]{2})?", number)
    return _plain(DocumentKind.HK_MACAO_PERMIT, found.group(1) if found else number, r"[HM][0-9]{8}")


def _taiwan(number: str, on: dt.date) -> Document:
    return _plain(DocumentKind.TAIWAN_PERMIT, number, r"[0-9]{8}|[0-9]{10}(\([A-Z]\)|[A-Z])?")


def _foreign(number: str, on: dt.date) -> Document:
    """The card of 2023 has 18 digits and begins with 9, the older one three letters and twelve digits."""
    kind = DocumentKind.FOREIGN_RESIDENCE
    if len(number) == 18 and re.fullmatch(r"[0-9]{17}[0-9X]", number):
        if number[0] != "9":
            return Document(kind, number, None, ("form",))
        born_on = _day(number[6:14])
        doubts: tuple[str, ...] = () if born_on and EARLIEST <= born_on <= on else ("birth",)
        doubts += () if check_digit(number[:17]) == number[17] else ("check",)
        return Document(kind, number, None if "birth" in doubts else born_on, doubts)
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", number):
        # Two digits for the year leave the century open, so the day of birth is asked for.
        return Document(
            kind, number, None, () if _day(f"20{number[7:13]}") or _day(f"19{number[7:13]}") else ("birth",)
        )
    return _plain(kind, number, r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]")


READERS: Final = {
    DocumentKind.RESIDENT_ID: _resident,
    DocumentKind.HMT_RESIDENCE: _residence,
    DocumentKind.PASSPORT: _passport,
    DocumentKind.HK_MACAO_PERMIT: _hk_macao,
    DocumentKind.TAIWAN_PERMIT: _taiwan,
    DocumentKind.FOREIGN_RESIDENCE: _foreign,
}
