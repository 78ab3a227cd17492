"""What a password must be (ASVS 5.0, 6.2): long enough, not a common one, not made of the words around it.

No rule about kinds of characters, and none changes by age. Named by `settings.AUTH_PASSWORD_VALIDATORS`.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 128
#: Words everybody who sees this site would try first.
WORDS = ("gongzhi", "共治", "minzheng", "民政", "password", "mima", "密码", "admin", "welcome", "qwerty")


def _plain(text: str) -> str:
    """Only letters, lower case, with the usual replacements undone."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W\d_]", "", text.translate(str.maketrans("013457@$", "oieastas")))


class MaximumLength:
    """Long enough for every sentence, short enough to be hashed without harm."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise `ValidationError` above the limit."""
        if len(password) > LONGEST:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("A password has at most %(limit)s characters.") % {"limit": LONGEST}


class ContextWords:
    """Not a word of this site, its operator or its address with something around it."""

    def words(self) -> set[str]:
        """The words of this installation, as `_plain` writes them."""
        names = [*WORDS, str(settings.SITE.get("operator", "")), *settings.ALLOWED_HOSTS]
        parts = [part for name in names for part in name.split(".") if not part.isdigit()]  # 127.0.0.1 is no word
        return {word for part in parts if len(word := _plain(part)) > 1}

    def validate(self, password: str, user: Any = None) -> None:
        """Raise `ValidationError` when little is left without such words, digits and signs."""
        plain = bare = _plain(password)
        for word in sorted(self.words(), key=len, reverse=True):
            bare = bare.replace(word, "")
        if bare != plain and len(bare) < 8:
            raise ValidationError(self.get_help_text(), code="password_of_this_site")
        if len(set(password)) < 5:
            raise ValidationError(_("This password repeats the same few characters."), code="password_repeats")

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("A password is not made of the name of this site, of its operator, or of usual words.")


#: What pieces of a password weigh, and how much a password may weigh and still be refused: two common passwords and a
#: plain number between or behind them, or numbers only. Three words and more are a sentence, and are taken.
COMMON_WEIGHS: Final = 2
NUMBER_WEIGHS: Final = 1
TOO_LIGHT: Final = 5
#: Shorter entries of the list are parts of ordinary words.
SHORTEST_PIECE: Final = 4
#: A date or one digit over and over; other digits count as plain only up to four of them, as a year is written.
PLAIN_NUMBER = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(\d)\1+")
IN_ORDER: Final = "01234567890123456789"
LONGEST_PIECE: Final = 20
#: Signs that are written for letters inside words.
FOR_LETTERS = str.maketrans("@$!", "asi")


#: What that list, made of passwords from all over the world, lacks: words people here begin with, and long runs of keys.
BESIDES: Final = frozenset(
    [
        "abcdefghijkl",
        "abcdefghijklmn",
        "a1b2c3d4e5f6",
        "beijing",
        "changeme",
        "chengdu",
        "chongqing",
        "fujian",
        "gongyi",
        "guangdong",
        "guangxi",
        "guangzhou",
        "hangzhou",
        "henan",
        "huanying",
        "lijing",
        "liwei",
        "letmein",
        "mimamima",
        "nanjing",
        "nihao",
        "qwertyui",
        "sichuan",
        "shandong",
        "shanghai",
        "shenzhen",
        "shehui",
        "tianjin",
        "unitedstates",
        "wangfang",
        "wangjing",
        "wangwei",
        "woaizuguo",
        "wodemima",
        "wuhan",
        "xiaoming",
        "xinjiang",
        "yunnan",
        "zhangli",
        "zhangmin",
        "zhangwei",
        "zhejiang",
        "zhiyuan",
        "zhongguo",
        "zhonghua",
        "zuzhi",
    ]
)


@functools.cache
def common_passwords() -> frozenset[str]:
    """The 20,000 commonest passwords as Django ships them (by Royce Williams; part of Django, BSD licence), without those
    of a few characters."""
    return BESIDES | {one for one in CommonPasswordValidator().passwords if len(one) >= SHORTEST_PIECE}


def _is_plain_number(text: str, begin: int, end: int) -> bool:
    """Whether the digits between two places are a date, one digit repeated, digits in their order, or all the digits
    that stand there and no more than four."""
    piece = text[begin:end]
    if not (piece.isascii() and piece.isdigit()):
        return False
    if PLAIN_NUMBER.fullmatch(piece) or piece in IN_ORDER or piece in IN_ORDER[::-1]:
        return True
    whole = not text[begin - 1 : begin].isdigit() and not text[end : end + 1].isdigit()
    return len(piece) <= SHORTEST_PIECE and whole


def _weight(text: str) -> int | None:
    known = common_passwords()
    least: list[int | None] = [0] + [None] * len(text)
    for end in range(1, len(text) + 1):
        for begin in range(max(0, end - LONGEST_PIECE), end):
            before, here = least[begin], least[end]
            if before is None:
                continue
            if _is_plain_number(text, begin, end):
                weight = before + NUMBER_WEIGHS
            elif text[begin:end] in known:
                weight = before + COMMON_WEIGHS
            else:
                continue
            least[end] = weight if here is None else min(here, weight)
    return least[len(text)] if text else None


def weight_of(password: str) -> int | None:
    """The least weight of the pieces a password can be put together from; None where common pieces do not make it up.

    Signs and spaces between the pieces do not count. Bounded: a password is at most `LONGEST` characters.
    """
    typed = unicodedata.normalize("NFKC", password[:LONGEST]).casefold()
    found = [_weight(re.sub(r"[\W_]", "", one)) for one in {typed, typed.translate(FOR_LETTERS)}]
    return min((one for one in found if one is not None), default=None)


class CommonAtHeart:
    """Not put together from common passwords: lists of common passwords hold few of twelve characters, because people
    who need twelve write two of them, or one and a year. So a rule takes the place of a list (ASVS 5.0, 6.2.4)."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise `ValidationError` for one that is too light."""
        weight = weight_of(password)
        if weight is not None and weight <= TOO_LIGHT:
            raise ValidationError(
                _(
                    "This password is put together from passwords that are tried first. Write four words that have nothing"
                    " to do with each other."
                ),
                code="password_of_common_ones",
            )

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("A password is not put together from one or two common passwords and a number.")
