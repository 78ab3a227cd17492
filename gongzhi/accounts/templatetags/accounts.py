"""Words for what a session was opened on."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def device_name(code: str) -> str:
    """`chrome-windows` in the reader's language; nothing is left out and no brand is translated by guess."""
    browser, _dash, system = code.partition("-")
    browsers = {
        "wechat": _("WeChat"), "edge": _("Edge browser"), "opera": _("Opera browser"), "firefox": _("Firefox browser"),
        "qq": _("QQ browser"), "chrome": _("Chrome browser"), "safari": _("Safari browser"),
    }  # fmt: skip
    systems = {
        "harmony": _("HarmonyOS device"), "android": _("Android device"), "iphone": _("Apple phone"),
        "ipad": _("Apple tablet"), "windows": _("Windows computer"), "mac": _("Apple computer"),
        "linux": _("Linux computer"),
    }  # fmt: skip
    parts = [systems.get(system, _("Unknown device")), browsers.get(browser, _("unknown browser"))]
    return " · ".join(parts)
