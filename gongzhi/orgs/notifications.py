"""Notices about organizations."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from gongzhi.notify.contracts import NoticeKind
from gongzhi.notify.enums import Category

SAVED_SEARCH_ANSWERED: Final = NoticeKind(
    code="orgs.saved_search_answered",
    label=_("A saved search has new answers"),
    purpose=_(
        "Tells you that organizations you look for were entered, changed or ended. You saved the search yourself."
    ),
    subject=_("Saved search: %(count)s organizations are new or have changed"),
    text=_(
        "%(count)s organizations that answer a search you saved were entered in the register, changed or ended since"
        " the last notice. Remove the search, and no more notices come."
    ),
    params=frozenset({"count"}),
    # Left on the platform only: who saves a search needs no address.
    channels=frozenset(),
    category=Category.NEWS,
)
