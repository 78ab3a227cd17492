"""Who acts in a request: a visitor, a person for themself, for an agency they are appointed to or for an organization
they belong to, a client of the API."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from gongzhi.accounts.models import Account, ApiClient
from gongzhi.accounts.sessions import by_card_alone
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.times import today
from gongzhi.orgs.enums import FROM_ABOVE, GOVERNING
from gongzhi.orgs.models import Agency, Appointment, Cover, Membership
from gongzhi.orgs.roles import EVERY_OFFICIAL, permissions_held, permissions_of
from gongzhi.rulebook.enums import KEEP_SETTINGS

#: Session key that holds the capacity a person chose: `agency:<id>`, `org:<id>`, or empty for oneself.
ACTING_FOR = "acting_for"


def actor_of(request: HttpRequest, request_id: uuid.UUID) -> Actor:
    """The actor of a request. Without a session cookie no query is made. Built anew each time, so that a closed
    account or an ended appointment counts from the next request on. The doorstep of the API (`api.middleware`) has
    looked up the client by its key."""
    client = getattr(request, "api_client", None)
    if isinstance(client, ApiClient):
        return for_client(client, request_id)
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return Actor.visitor(request_id=request_id)
    account = request.user
    if not isinstance(account, Account):
        return Actor.visitor(request_id=request_id)
    request.display_modes = account.display  # type: ignore[attr-defined]  # the look follows the person
    # A printed card opens what is one's own and no office (`accounts.sessions`).
    chosen = "" if by_card_alone(request) else str(request.session.get(ACTING_FOR, ""))
    if chosen.startswith("agency:"):
        actor = for_agency(account, int(chosen.removeprefix("agency:")), request_id)
        if actor is not None:
            return actor
    if chosen.startswith("org:"):
        actor = for_organization(account, int(chosen.removeprefix("org:")), request_id)
        if actor is not None:
            return actor
    return for_self(account, request_id)


def for_client(client: ApiClient, request_id: uuid.UUID) -> Actor:
    """A program with a key of its own. It has no permission and no scope: a key opens what everybody may read."""
    return Actor(kind=ActorKind.CLIENT, client_id=client.pk, label=client.name, channel="api", request_id=request_id)


def for_self(account: Account, request_id: uuid.UUID) -> Actor:
    """The person, for themself."""
    return Actor(
        kind=ActorKind.PERSON,
        scope=Scope(person=account.person_id),
        person_id=account.person_id,
        label=account.name_masked,
        request_id=request_id,
    )


def for_agency(account: Account, agency_id: int, request_id: uuid.UUID) -> Actor | None:
    """The person, for an agency; None if no appointment there holds today.

    During a colleague's leave the deputy holds the colleague's permissions besides the own ones; `covers` names the
    colleagues who bring any.
    """
    day = today()
    lent = Cover.objects.living(day).filter(agency_id=agency_id, deputy_id=account.person_id).values("absent_id")
    # Of a colleague on leave all roles but those given from above only, and only what the colleague holds today.
    held = Q(person_id=account.person_id) | (Q(person_id__in=lent) & ~Q(role__in=FROM_ABOVE))
    found = list(Appointment.objects.on(day).filter(held, agency_id=agency_id).select_related("agency").order_by("pk"))
    appointments = [one for one in found if one.person_id == account.person_id]
    if not appointments:
        return None
    agency = appointments[0].agency
    own = EVERY_OFFICIAL.union(*(permissions_of(one.role) for one in appointments))
    return Actor(
        kind=ActorKind.AGENCY,
        scope=Scope(path=agency.path),
        person_id=account.person_id,
        agency_id=agency.pk,
        path=agency.path,
        place=agency.path,
        permissions=own.union(*(permissions_of(one.role) for one in found)) - _withheld(agency),
        label=account.name_masked,
        acting_for=agency.name,
        covers=tuple(sorted({one.person_id for one in found if not permissions_of(one.role) <= own})),
        request_id=request_id,
    )


def _withheld(agency: Agency) -> frozenset[str]:
    """What a role does not bring at an agency of this kind: only those that govern a division keep its settings."""
    return frozenset() if agency.kind in GOVERNING else frozenset({KEEP_SETTINGS})


def for_organization(account: Account, org_id: int, request_id: uuid.UUID) -> Actor | None:
    """The person, for an organization; None if no membership there holds today."""
    living = Membership.objects.living(today()).select_related("org")
    membership = living.filter(person_id=account.person_id, org_id=org_id).first()
    if membership is None:
        return None
    return Actor(
        kind=ActorKind.ORGANIZATION,
        scope=Scope(org=org_id),
        person_id=account.person_id,
        org_id=org_id,
        place=membership.org.path,
        permissions=permissions_held(membership.role, membership.delegated),
        label=account.name_masked,
        acting_for=membership.org.name,
        request_id=request_id,
    )


def memberships_of(account: Account) -> list[Membership]:
    """The memberships a person holds today, with their organizations, by name."""
    living = Membership.objects.living(today()).select_related("org")
    return list(living.filter(person_id=account.person_id).order_by("org__name", "pk"))


def capacities(account: Account) -> list[Agency]:
    """The agencies a person may act for today."""
    return list(
        Agency.objects.filter(
            pk__in=Appointment.objects.on(today()).filter(person_id=account.person_id).values("agency_id")
        ).order_by("name")
    )
