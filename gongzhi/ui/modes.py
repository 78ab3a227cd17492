"""How a reader wants the pages: theme, large type, care version. Applied by the server on `<html>`.

No script and no flash: the choice stands in one cookie of known words, and a signed-in person's profile may go first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

COOKIE: Final = "__Host-display" if settings.HTTPS else "display"
COOKIE_AGE: Final = 365 * 24 * 3600
THEMES: Final = ("light", "dark", "auto")


@dataclass(frozen=True, slots=True)
class Modes:
    """`theme` is one of `THEMES`; `large` is type at 125 %; `elder` is the care version (关怀版) at 137.5 %;
    `keys` lets single letters move through the lists of the workbench."""

    theme: str = "light"
    large: bool = False
    elder: bool = False
    keys: bool = False

    @classmethod
    def parse(cls, text: str) -> Modes:
        """The modes a cookie names. Unknown words are ignored, so that rubbish is the default and never an error."""
        words = set(text[:64].split("-"))
        chosen = [theme for theme in THEMES if theme in words]
        return cls(
            theme=chosen[0] if len(chosen) == 1 else "light",
            large="large" in words,
            elder="elder" in words,
            keys="keys" in words,
        )

    @classmethod
    def chosen(cls, answers: Mapping[str, str]) -> Modes:
        """The modes the settings form was sent with."""
        theme = answers.get("theme", "")
        return cls(
            theme=theme if theme in THEMES else "light",
            large=answers.get("size") == "large",
            elder=answers.get("version") == "elder",
            keys=answers.get("keys") == "on",
        )

    @property
    def cookie(self) -> str:
        """What the cookie holds; `parse` reads it back."""
        return "-".join([self.theme, *(word for word in ("large", "elder", "keys") if getattr(self, word))])

    @property
    def attributes(self) -> SafeString:
        """The attributes of `<html>` that style sheets and scripts look at."""
        text = format_html('data-theme="{}"', self.theme)
        if self.large:
            text += mark_safe(' data-size="large"')
        if self.elder:
            text += mark_safe(' data-elder="on"')
        if self.keys:
            text += mark_safe(' data-keys="on"')
        return text


def modes_of(request: HttpRequest) -> Modes:
    """The modes of this request: what a signed-in person's profile says (if it says anything), else the cookie."""
    kept = getattr(request, "display_modes", None)
    if isinstance(kept, Modes):
        return kept
    return Modes.parse(str(kept) if kept else request.COOKIES.get(COOKIE, ""))
