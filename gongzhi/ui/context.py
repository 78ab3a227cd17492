"""What every template may use: modes, navigation, the operator's slots, who acts, and the other languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from gongzhi.ui.contracts import words_of
from gongzhi.ui.modes import modes_of
from gongzhi.ui.navigation import navigation_for

#: Browsers choose Chinese glyphs and voices by these tags, not by Django's.
HTML_LANGUAGES = {"zh-hans": "zh-CN", "zh-hant": "zh-TW"}


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """Another language of this page. `url` is empty when the page has one URL for all: then a POST switches."""

    code: str
    html_code: str
    name: str
    url: str


def other_languages(request: HttpRequest) -> list[OtherLanguage]:
    """Every language but the present one, with this same page's URL in it."""
    here = request.get_full_path()
    found = []
    for code, _name in settings.LANGUAGES:
        if code == get_language():
            continue
        there = translate_url(here, code)
        name = get_language_info(code)["name_local"]
        found.append(OtherLanguage(code, HTML_LANGUAGES.get(code, code), name, there if there != here else ""))
    return found


def site_of(request: HttpRequest) -> dict[str, Any]:
    """The operator's slots, with what the place of this request says instead: name, words of welcome, help line, words on the desk."""
    words = words_of(request)
    return {
        **settings.SITE,
        "name": words.name or _("Social Organization Service Platform"),
        "welcome": words.welcome,
        "greeting": words.greeting,
        "hotline": words.help_line or settings.SITE.get("hotline", ""),
    }


def interface(request: HttpRequest) -> dict[str, Any]:
    """The context processor. What asks for the settings of the place (one query a request) waits until a template uses it."""
    language = get_language() or settings.LANGUAGE_CODE
    return {
        "modes": modes_of(request),
        "navigation": SimpleLazyObject(lambda: navigation_for(request)),
        "site": SimpleLazyObject(lambda: site_of(request)),
        "DEMO": settings.DEMO,
        "actor": getattr(request, "actor", None),
        "html_language": HTML_LANGUAGES.get(language, language),
        "other_languages": other_languages(request),
    }
