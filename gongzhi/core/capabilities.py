"""What this machine's system libraries allow. Whatever is missing is off, and says which Debian package brings it."""

from __future__ import annotations

import ctypes.util
import shutil
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Off:
    """Something that is off on this machine: a stable id, a sentence, the Debian package that turns it on."""

    id: str
    text: str | Promise
    package: str


def switched_off() -> list[Off]:
    """What is off on this machine; everything else works without it."""
    found = []
    if not (ctypes.util.find_library("pango-1.0") and ctypes.util.find_library("pangoft2-1.0")):
        found.append(Off("pdf", _("PDF files cannot be made here; pages can be printed instead."), "libpangoft2-1.0-0"))
    if shutil.which("espeak-ng") is None:
        found.append(Off("speech", _("Texts cannot be spoken here; recordings can be uploaded instead."), "espeak-ng"))
    if not settings.CLAMD_SOCKET:
        found.append(
            Off("virus_scan", _("Uploaded files are checked by their form but not for viruses."), "clamav-daemon")
        )
    return found
