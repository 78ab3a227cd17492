"""What orgs answer for lower apps: what waits and ends, and which channels of notices a division or an organization uses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Account, Person
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.crypto import blind_index
from gongzhi.core.door import acting
from gongzhi.core.times import local
from gongzhi.core.waiting import ENDING_SOON, Found, Recent, Waiting, WaitingRows, nearest
from gongzhi.orgs.enums import (
    ADMIT_OWNER,
    APPOINT,
    INVITE,
    KEEP_MEMBERS,
    KEEP_STAFF,
    NAME_OWNERS,
    OPEN_HOUSE,
    READ_HOUSE,
    SEE_DESK,
    SEE_WORKBENCH,
    ClaimState,
)
from gongzhi.orgs.models import (
    LONGEST_REST,
    Agency,
    Appointment,
    Claim,
    Cover,
    HouseRecord,
    Invitation,
    Membership,
    Opening,
    Organization,
)
from gongzhi.rulebook import catalogue
from gongzhi.rulebook.selectors import layers

#: The platform looks for whom an open invitation was made: that person belongs to no organization yet.
FINDER = Actor.system("orgs.invitations")


def _masked(person: str) -> Subquery:
    """The masked name of the person in a column, from the account: a person's own record is open to them alone."""
    return Subquery(Account.objects.filter(person_id=OuterRef(person)).values("name_masked")[:1])


class ClaimsForOwner(WaitingRows[Claim]):
    """Claims the person in charge confirms or disputes by a day."""

    code = "orgs.claim_to_owner"
    label = _("Claims to be in charge")
    order = ("owner_due_on", "pk")

    def is_for(self, actor: Actor) -> bool:
        """Who answers for the organization."""
        return actor.kind is ActorKind.ORGANIZATION and actor.may(NAME_OWNERS)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Claim]:
        """Those the organization was asked about."""
        return Claim.objects.visible_to(actor).filter(state=ClaimState.WITH_OWNER)

    def line(self, row: Claim, actor: Actor, day: dt.date) -> Waiting:
        """Who claims, masked, and until when the answer counts."""
        due = row.owner_due_on
        rest = dt.timedelta(0) if row.owner_due_settled else LONGEST_REST
        return Waiting(
            _("Confirm or dispute that somebody is in charge"),
            f"{row.name_masked} {row.public_id}",
            reverse("portal:claim_answer", args=[row.public_id]),
            since=local(row.asked_at).date(),
            due_on=due,
            is_settled=row.owner_due_settled,
            is_late=due is not None and due + rest < day,
        )


class ClaimsForRegistry(WaitingRows[Claim]):
    """Claims the registration authority decides."""

    code = "orgs.claim"
    label = _("Claims to be in charge")
    order = ("asked_at", "pk")
    page = "portal:claim_list"

    def is_for(self, actor: Actor) -> bool:
        """Registry officers."""
        return actor.kind is ActorKind.AGENCY and actor.may(ADMIT_OWNER)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Claim]:
        """Those within reach that wait for the authority, but never one's own."""
        waiting = Claim.objects.visible_to(actor).filter(state=ClaimState.WAITING).select_related("org")
        return waiting.exclude(person_id=actor.person_id or 0)

    def line(self, row: Claim, actor: Actor, day: dt.date) -> Waiting:
        """The organization it is about."""
        url = reverse("portal:claim_decide", args=[row.public_id])
        return Waiting(_("Decide a claim to be in charge"), row.org.name, url, since=local(row.asked_at).date())


class DelegationsEnding(WaitingRows[Membership]):
    """Delegations to handlers whose last day is near: give them anew or let them end."""

    code = "orgs.delegation"
    label = _("Delegations that end")
    order = ("until", "pk")

    def is_for(self, actor: Actor) -> bool:
        """The handler, and on the desk whoever keeps its members."""
        return actor.kind is ActorKind.PERSON or (actor.kind is ActorKind.ORGANIZATION and actor.may(SEE_DESK))

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Membership]:
        """Those that end within a month; of the organization's, only who keeps members is shown others'."""
        living = Membership.objects.visible_to(actor).living(day).filter(until__lte=day + ENDING_SOON)
        if actor.kind is ActorKind.ORGANIZATION and not actor.may(KEEP_MEMBERS):
            living = living.filter(person_id=actor.person_id or 0)
        return living.select_related("org").annotate(who=_masked("person_id"))

    def line(self, row: Membership, actor: Actor, day: dt.date) -> Waiting:
        """One's own by the organization, another's by the masked name."""
        if actor.kind is ActorKind.PERSON:
            url = reverse("portal:my") + "#organizations"
            return Waiting(_("Your delegation ends"), row.org.name, url, since=row.since, due_on=row.until)
        if row.person_id == actor.person_id:
            url = reverse("portal:desk") + "#mine"
            return Waiting(_("Your delegation ends"), "", url, since=row.since, due_on=row.until)
        url = reverse("portal:member_detail", args=[row.pk])
        return Waiting(_("A delegation ends"), _who(row), url, since=row.since, due_on=row.until)

    def address(self, actor: Actor) -> str:
        """The members of the organization."""
        return reverse("portal:member_list") if actor.kind is ActorKind.ORGANIZATION else ""


def _who(row: Any) -> str:
    """The masked name that `_masked` put beside a row."""
    return str(row.who or "–")


class InvitationsOpen(WaitingRows[Invitation]):
    """Invitations of the organization that nobody has answered and that run out."""

    code = "orgs.invitation"
    label = _("Open invitations")
    order = ("expires_at", "pk")
    page = "portal:invitation_list"

    def is_for(self, actor: Actor) -> bool:
        """Who may invite."""
        return actor.kind is ActorKind.ORGANIZATION and actor.may(INVITE)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Invitation]:
        """Those that can still be accepted."""
        return Invitation.objects.visible_to(actor).open(timezone.now())

    def line(self, row: Invitation, actor: Actor, day: dt.date) -> Waiting:
        """Whom it was made for, masked."""
        return Waiting(
            _("An invitation is not answered yet"),
            row.for_masked,
            reverse("portal:invitation_list"),
            since=local(row.made_at).date(),
            due_on=local(row.expires_at).date(),
        )


class InvitedInto:
    """Organizations that invited the person, found by the addresses they sign in with. Two queries.

    The link itself stands nowhere (only its hash does), so the line says who has it.
    """

    code = "orgs.invited"
    label = _("Invitations to me")

    def is_for(self, actor: Actor) -> bool:
        """Who acts for themself."""
        return actor.kind is ActorKind.PERSON and actor.person_id is not None

    def find(self, *, actor: Actor, day: dt.date, limit: int) -> Found:
        """Those that can still be accepted, read in the platform's name: the person is no member yet."""
        account = Account.objects.filter(person_id=actor.person_id or 0).first()
        own = [bytes(account.phone_index)] if account is not None and account.phone_index is not None else []
        if account is not None and account.email:
            own.append(blind_index("invitation.email", account.email.lower()))
        with acting(FINDER):
            open_ones = Invitation.objects.open(timezone.now()).filter(for_index__in=own).select_related("org")
            rows, total = nearest(open_ones, order=("expires_at", "pk"), limit=limit)
        lines = [
            Waiting(
                _("You are invited: open the link the organization gave you"),
                one.org.name,
                reverse("portal:organization_detail", args=[one.org.public_id]),
                since=local(one.made_at).date(),
                due_on=local(one.expires_at).date(),
            )
            for one in rows
        ]
        return Found(lines, total)

    def address(self, actor: Actor) -> str:
        """There is no page of them."""
        return ""


class CoversEnding(WaitingRows[Cover]):
    """Days on which somebody stands in that are nearly over."""

    code = "orgs.cover"
    label = _("Leave cover that ends")
    order = ("until", "pk")
    page = "portal:cover_list"
    soon = dt.timedelta(days=7)

    def is_for(self, actor: Actor) -> bool:
        """Every official."""
        return actor.kind is ActorKind.AGENCY and actor.may(SEE_WORKBENCH)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Cover]:
        """One's own, given or taken, that end within a week."""
        living = Cover.objects.visible_to(actor).living(day).filter(until__lte=day + self.soon)
        other = models.Case(
            models.When(absent_id=actor.person_id, then=_masked("deputy_id")), default=_masked("absent_id")
        )
        return living.annotate(who=other)

    def line(self, row: Cover, actor: Actor, day: dt.date) -> Waiting:
        """Who stands in for whom."""
        what = _("Somebody stands in for you") if row.absent_id == actor.person_id else _("You stand in for somebody")
        return Waiting(what, _who(row), reverse("portal:cover_list"), since=row.since, due_on=row.until)


class RolesEnding(WaitingRows[Appointment]):
    """Officials' roles whose last day is near."""

    code = "orgs.appointment"
    label = _("Roles that end")
    order = ("until", "pk")

    def is_for(self, actor: Actor) -> bool:
        """Every official for themself; who names staff for theirs."""
        return actor.kind is ActorKind.AGENCY

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Appointment]:
        """Within a month: one's own; those of one's agency; those of the agencies within reach."""
        ending = Appointment.objects.on(day).filter(until__lte=day + ENDING_SOON)
        mine = Q(person_id=actor.person_id, agency_id=actor.agency_id)
        if actor.may(APPOINT):
            mine |= Q(agency__in=Agency.objects.within(actor.path))
        elif actor.may(KEEP_STAFF):
            mine |= Q(agency_id=actor.agency_id)
        return ending.filter(mine).select_related("agency").annotate(who=_masked("person_id"))

    def line(self, row: Appointment, actor: Actor, day: dt.date) -> Waiting:
        """One's own by the role; another's by the masked name and the agency."""
        if row.person_id == actor.person_id:
            about, what, url = str(row.get_role_display()), _("Your role ends"), reverse("portal:workbench")
        else:
            about, what = f"{_who(row)} · {row.get_role_display()} · {row.agency.name}", _("An official's role ends")
            url = reverse("portal:agency_detail", args=[row.agency.public_id])
        return Waiting(what, about, url, since=row.since, due_on=row.until)

    def address(self, actor: Actor) -> str:
        """Where staff is named."""
        if actor.may(APPOINT):
            return reverse("portal:agency_list")
        return reverse("portal:own_staff") if actor.may(KEEP_STAFF) else ""


class OpeningsEnding(WaitingRows[Opening]):
    """What the official has opened of organizations and that closes by itself soon: close it, or open it anew."""

    code = "orgs.opening"
    label = _("Openings that end")
    order = ("until", "pk")
    soon = dt.timedelta(days=7)

    def is_for(self, actor: Actor) -> bool:
        """Who may open what organizations keep for themselves."""
        return actor.kind is ActorKind.AGENCY and actor.may(OPEN_HOUSE)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Opening]:
        """One's own."""
        now = timezone.now()
        mine = Opening.objects.visible_to(actor).open_at(now).filter(official_id=actor.person_id)
        return mine.filter(until__lte=now + self.soon).select_related("org")

    def line(self, row: Opening, actor: Actor, day: dt.date) -> Waiting:
        """Of which organization, and of what kind."""
        return Waiting(
            _("An opening ends"),
            f"{row.org.name} · {row.get_kind_display()}",
            reverse("portal:house_opened", args=[row.org.public_id]),
            since=local(row.opened_at).date(),
            due_on=local(row.until).date(),
        )


WAITING = (
    ClaimsForOwner(),
    ClaimsForRegistry(),
    DelegationsEnding(),
    InvitationsOpen(),
    InvitedInto(),
    CoversEnding(),
    RolesEnding(),
    OpeningsEnding(),
)


class OwnClaims:
    """Claims a person made to be in charge."""

    code = "orgs.claim"

    def is_for(self, actor: Actor) -> bool:
        """Who acts for themself."""
        return actor.kind is ActorKind.PERSON

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Claim.objects.visible_to(actor).select_related("org").order_by("-asked_at", "-pk")[:limit]
        return [
            Recent(
                _("Claim to be in charge"),
                one.org.name,
                reverse("portal:claim", args=[one.public_id]),
                one.asked_at,
                one.get_state_display(),
                one.owner_due_on if one.state == ClaimState.WITH_OWNER else None,
            )
            for one in rows
        ]


class HouseWritten:
    """What the organization wrote down for itself. The title is sealed, so kind and number stand for it."""

    code = "orgs.house_record"

    def is_for(self, actor: Actor) -> bool:
        """Who may read it."""
        return actor.kind is ActorKind.ORGANIZATION and actor.may(READ_HOUSE)

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = HouseRecord.objects.visible_to(actor).defer("text_sealed", "title_sealed")
        return [
            Recent(
                one.get_kind_display(),
                one.public_id,
                reverse("portal:house_record", args=[one.public_id]),
                one.written_at,
                _("Filed to the authority") if one.filed_at else _("Own record"),
            )
            for one in rows.order_by("-pk")[:limit]
        ]


RECENT = (OwnClaims(), HouseWritten())


class SettingsGate:
    """Asks the settings: for an organization its own and those above it, else those of where the person lives."""

    def is_open(self, *, person_id: int, org_id: int | None, channel: str) -> bool:
        """Two queries. A person whose division nobody knows has the nation's."""
        if org_id is not None:
            path = Organization.objects.filter(pk=org_id).values_list("path", flat=True).first()
        else:
            path = Person.objects.filter(pk=person_id).values_list("path", flat=True).first()
        return layers.held(catalogue.channel(channel), path=path or "", org_id=org_id).is_on


GATE: Final = SettingsGate()
