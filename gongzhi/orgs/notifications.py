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

INVITATION_ACCEPTED: Final = NoticeKind(
    code="orgs.invitation_accepted",
    label=_("Your invitation was accepted"),
    purpose=_("Tells you that somebody you invited into your organization has joined it."),
    subject=_("Your invitation %(number)s was accepted"),
    text=_("Whom you invited has joined your organization (invitation %(number)s). The desk lists its members."),
    params=frozenset({"number"}),
)

INVITATION_REFUSED: Final = NoticeKind(
    code="orgs.invitation_refused",
    label=_("Your invitation was refused"),
    purpose=_("Tells you that somebody you invited into your organization does not want to join it."),
    subject=_("Your invitation %(number)s was refused"),
    text=_("Whom you invited does not join your organization (invitation %(number)s). The link works no more."),
    params=frozenset({"number"}),
)

MEMBERSHIP_CHANGED: Final = NoticeKind(
    code="orgs.membership_changed",
    label=_("Your role in an organization was changed"),
    purpose=_("Tells you that an organization gave you another role, scope or last day."),
    subject=_("Your role in the organization %(org)s was changed"),
    text=_(
        "The organization %(org)s has given you another role, scope or last day. It counts at once; its desk shows what"
        " you may do."
    ),
    params=frozenset({"org"}),
    may_be_switched_off=False,
)

MEMBERSHIP_ENDED: Final = NoticeKind(
    code="orgs.membership_ended",
    label=_("You were taken out of an organization"),
    purpose=_("Tells you that you act for an organization no more."),
    subject=_("You act for the organization %(org)s no more"),
    text=_(
        "The organization %(org)s has taken you out of its members. You act for it no more. What you did for it stays"
        " recorded. If this is wrong, ask its person in charge."
    ),
    params=frozenset({"org"}),
    may_be_switched_off=False,
)

DELEGATION_OVER: Final = NoticeKind(
    code="orgs.delegation_over",
    label=_("Your delegation is over"),
    purpose=_("Tells you that the last day of what an organization delegated to you has passed."),
    subject=_("What the organization %(org)s delegated to you has ended"),
    text=_(
        "The last day of what the organization %(org)s delegated to you has passed. You act for it no more. If you still"
        " handle things for it, its administrator can delegate anew."
    ),
    params=frozenset({"org"}),
    may_be_switched_off=False,
)

HOUSE_OPENED: Final = NoticeKind(
    code="orgs.house_opened",
    label=_("An authority has opened what your organization keeps for itself"),
    purpose=_("Tells those in charge at once that an official opened a kind of their own records, and on what ground."),
    subject=_("An authority has opened own records of your organization (%(number)s)"),
    text=_(
        "An official has opened records that your organization keeps for itself, on a legal ground (%(number)s). The desk"
        " names the office, the ground, the case, the reason and the last day, and every single look."
    ),
    params=frozenset({"number"}),
    may_be_switched_off=False,
)

HOUSE_FILED: Final = NoticeKind(
    code="orgs.house_filed",
    label=_("An organization has filed a record"),
    purpose=_("Tells the registration authority that an organization of its division handed in a record of its own."),
    subject=_("Record %(number)s was filed by an organization"),
    text=_("An organization of your division has filed a record of its own (%(number)s). The workbench shows it."),
    params=frozenset({"number"}),
)

APPOINTED: Final = NoticeKind(
    code="orgs.appointed",
    label=_("An agency gave you a role"),
    purpose=_("Tells you that you may work on the platform for an agency."),
    subject=_("An agency gave you a role on the platform"),
    text=_(
        "An agency gave you a role on the platform. Your page names it under “My agencies”: choose there that you act for it,"
        " and the workbench shows what waits. If this is wrong, tell the agency."
    ),
    params=frozenset(),
    may_be_switched_off=False,
)

APPOINTMENT_ENDED: Final = NoticeKind(
    code="orgs.appointment_ended",
    label=_("Your role at an agency ends"),
    purpose=_("Tells you that a role of yours at an agency has ended or was given a last day."),
    subject=_("A role of yours at an agency ends"),
    text=_(
        "A role of yours at an agency has ended or was given a last day. After it you work for the agency no more in this"
        " role. What you did stays recorded. Your page names the agencies you still act for."
    ),
    params=frozenset(),
    may_be_switched_off=False,
)

COVER_GIVEN: Final = NoticeKind(
    code="orgs.cover_given",
    label=_("Somebody stands in during leave"),
    purpose=_("Tells who is away and who stands in from when to when, and that what is done in that time is recorded."),
    subject=_("Leave cover %(number)s: from %(since)s to %(until)s"),
    text=_(
        "From %(since)s to %(until)s one of your agency stands in for a colleague on leave (%(number)s), and you are one of"
        " the two. It ends by itself. The workbench shows who stands in for whom, and either of you can end it early."
    ),
    params=frozenset({"number", "since", "until"}),
    may_be_switched_off=False,
)

COVER_ENDED: Final = NoticeKind(
    code="orgs.cover_ended",
    label=_("Standing in during leave was ended early"),
    purpose=_("Tells both that one of them has ended it before its last day."),
    subject=_("Leave cover %(number)s was ended"),
    text=_("Leave cover %(number)s was ended before its last day. From now on each of you holds the own roles only."),
    params=frozenset({"number"}),
    may_be_switched_off=False,
)

KINDS: Final = (
    SAVED_SEARCH_ANSWERED,
    APPOINTED,
    APPOINTMENT_ENDED,
    CLAIM_RAISED,
    CLAIM_TO_OWNER,
    CLAIM_PASSED_ON,
    CLAIM_DECIDED,
    OWNER_JOINED,
    INVITATION_ACCEPTED,
    INVITATION_REFUSED,
    MEMBERSHIP_CHANGED,
    MEMBERSHIP_ENDED,
    DELEGATION_OVER,
    HOUSE_OPENED,
    HOUSE_FILED,
    COVER_GIVEN,
    COVER_ENDED,
)
