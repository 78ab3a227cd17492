"""What people are asked to agree to: one text for each purpose and version. A changed text is a new version.

Nothing here is needed to use the platform: whatever a law or a contract already allows is not asked for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of what is agreed to."""

    version: int
    text: str | Promise

    def sha256(self) -> str:
        """Of the text in Chinese and in English, so that what was shown can be proven."""
        both = []
        for language in ("zh-hans", "en"):
            with translation.override(language):
                both.append(str(self.text))
        return hashlib.sha256("\n".join(both).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ConsentPurpose:
    """What consent is asked for, and every version of its text, the newest last."""

    title: str | Promise
    versions: tuple[ConsentText, ...]

    @property
    def current(self) -> ConsentText:
        """The text that is asked for now."""
        return self.versions[-1]


CONSENTS: Final[dict[str, ConsentPurpose]] = {
    "volunteer_calls": ConsentPurpose(
        _("Being asked to help nearby"),
        (
            ConsentText(
                1,
                _(
                    "Officials of my division may write to me when volunteers are looked for. They use my phone number"
                    " for nothing else, and every use stands on my page."
                ),
            ),
        ),
    ),
    "surveys": ConsentPurpose(
        _("Surveys about the services"),
        (
            ConsentText(
                1,
                _("The platform may ask me at most twice a year how its services were. My answers are counted only."),
            ),
        ),
    ),
}
