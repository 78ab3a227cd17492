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

CLAIM_RAISED: Final = NoticeKind(
    code="orgs.claim_raised",
    label=_("Somebody says that they are in charge of an organization"),
    purpose=_("Tells the registration authority that proof of control waits to be looked at."),
    subject=_("Claim %(number)s: is this person in charge of the organization?"),
    text=_(
        "Somebody asks to be admitted as the person in charge of an organization of your division (%(number)s). What"
        " proves it waits on the workbench."
    ),
    params=frozenset({"number"}),
)

CLAIM_TO_OWNER: Final = NoticeKind(
    code="orgs.claim_to_owner",
    label=_("Somebody else says that they are in charge of your organization"),
    purpose=_("Asks you as person in charge to confirm or to dispute it before anything is decided."),
    subject=_("Claim %(number)s: somebody else wants to be in charge of your organization. Answer by %(day)s"),
    text=_(
        "Somebody asks to be admitted as a person in charge of your organization (%(number)s). Confirm or dispute it by"
        " %(day)s. Without an answer the registration authority decides."
    ),
    params=frozenset({"number", "day"}),
    may_be_switched_off=False,
)

CLAIM_PASSED_ON: Final = NoticeKind(
    code="orgs.claim_passed_on",
    label=_("Your claim waits for the registration authority"),
    purpose=_("Tells you that the person in charge has disputed your claim or let the time pass."),
    subject=_("Your claim %(number)s waits for the registration authority now"),
    text=_(
        "The person in charge of the organization did not confirm your claim %(number)s. The registration authority"
        " looks at it now. Your page shows where it stands."
    ),
    params=frozenset({"number"}),
)

CLAIM_DECIDED: Final = NoticeKind(
    code="orgs.claim_decided",
    label=_("Your claim to be in charge was decided"),
    purpose=_("Tells you whether you were admitted as the person in charge of an organization."),
    subject=_("Your claim %(number)s was decided"),
    text=_(
        "Your claim %(number)s to be in charge of an organization was decided. The decision and its reason stand on"
        " your page."
    ),
    params=frozenset({"number"}),
    may_be_switched_off=False,
)

OWNER_JOINED: Final = NoticeKind(
    code="orgs.owner_joined",
    label=_("Your organization has a further person in charge"),
    purpose=_("Tells those in charge that somebody was admitted beside them."),
    subject=_("Claim %(number)s: somebody was admitted as a person in charge of your organization"),
    text=_(
        "After the claim %(number)s somebody was admitted as a person in charge of your organization. The desk lists its"
        " people, and shows who decided."
    ),
    params=frozenset({"number"}),
    may_be_switched_off=False,
)

KINDS: Final = (
    SAVED_SEARCH_ANSWERED,
    CLAIM_RAISED,
    CLAIM_TO_OWNER,
    CLAIM_PASSED_ON,
    CLAIM_DECIDED,
    OWNER_JOINED,
)
