"""What a password must be (ASVS 5.0, 6.2): long enough, not a common one, not made of the words around it.

No rule about kinds of characters, and none changes by age. Named by `settings.AUTH_PASSWORD_VALIDATORS`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.conf import settings
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
