"""Who answers for an organization, inside it and above it, and what a claim to be in charge of it can rest on."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from gongzhi.accounts.selectors import verified_name
from gongzhi.core.actor import Actor
from gongzhi.core.times import today
from gongzhi.orgs.contracts import representative_of
from gongzhi.orgs.enums import THREE_DUTIES, AgencyKind, OrgRole, Role
from gongzhi.orgs.models import Agency, Appointment, Membership, Organization
from gongzhi.orgs.roles import ROLES, permissions_held

#: More people than this are not told of one matter.
TOLD_AT_MOST: Final = 20
#: More colleagues than this are not offered to choose from.
COLLEAGUES: Final = 500


def lines_above(path: str) -> list[str]:
    """The division path itself and all above it, the nearest last: `44/4403/` gives `/`, `44/`, `44/4403/`."""
    parts = [part for part in path.split("/") if part]
    return ["/", *("/".join(parts[:length]) + "/" for length in range(1, len(parts) + 1))]


def registry_of(organization: Organization) -> Agency | None:
    """The registration authority that works on the platform and reaches the organization, the nearest of them."""
    above = Agency.objects.filter(kind=AgencyKind.REGISTRY, path__in=lines_above(organization.path))
    return max(above, key=lambda one: (len(one.path), -one.pk), default=None)


def officers_of(agency: Agency | None, permission: str) -> list[int]:
    """Who of an agency holds a permission today, for a notice."""
    if agency is None:
        return []
    roles = [role for role, definition in ROLES.items() if permission in definition.permissions]
    held = Appointment.objects.on(today()).filter(agency=agency, role__in=roles)
    return sorted(set(held.values_list("person_id", flat=True)))[:TOLD_AT_MOST]


def duties_vacant() -> list[Role]:
    """Which of the three administrators' roles nobody holds today at the operator, who reaches the whole country."""
    held = Appointment.objects.on(today()).filter(role__in=THREE_DUTIES, agency__kind=AgencyKind.OPERATOR)
    taken = set(held.values_list("role", flat=True).distinct())
    return [duty for duty in THREE_DUTIES if duty not in taken]


def colleagues_of(actor: Actor) -> dict[int, set[str]]:
    """Who else works today at the agency somebody acts for: person → roles. At most `COLLEAGUES` appointments."""
    found: dict[int, set[str]] = {}
    if actor.agency_id is None or actor.person_id is None:
        return found
    rows = Appointment.objects.on(today()).filter(agency_id=actor.agency_id).exclude(person_id=actor.person_id)
    for person, role in rows.order_by("pk").values_list("person_id", "role")[:COLLEAGUES]:
        found.setdefault(person, set()).add(role)
    return found


def owners_of(org_id: int) -> list[int]:
    """Who is in charge of an organization's account today."""
    owners = Membership.objects.living(today()).filter(org_id=org_id, role=OrgRole.OWNER)
    return sorted(owners.values_list("person_id", flat=True))[:TOLD_AT_MOST]


def people_with(org_id: int, permission: str) -> list[int]:
    """Who of an organization holds a permission today, for a notice."""
    living = Membership.objects.living(today()).filter(org_id=org_id).order_by("pk")[:500]
    held = (one.person_id for one in living if permission in permissions_held(one.role, one.delegated))
    return sorted(set(held))[:TOLD_AT_MOST]


def same_name(one: str, other: str) -> bool:
    """Whether two writings are the same name: width, spaces and the middle dot of long names do not count."""

    def plain(text: str) -> str:
        shown = unicodedata.normalize("NFKC", text)
        return "".join(sign for sign in shown if sign not in "·•・." and not sign.isspace()).casefold()

    return bool(plain(one)) and plain(one) == plain(other)


@dataclass(frozen=True, slots=True)
class ByIdentity:
    """Whether a verified identity can prove control, and what is missing where it cannot."""

    verified: bool
    stated: bool
    same: bool

    @property
    def holds(self) -> bool:
        """Whether the verified name is that of the legal representative in the register."""
        return self.verified and self.stated and self.same


def by_identity(organization: Organization, person_id: int) -> ByIdentity:
    """Compare a person's verified name with the legal representative the register states. A name alone is no proof: an
    officer still decides."""
    name, stated = verified_name(person_id), representative_of(organization.pk)
    return ByIdentity(name is not None, bool(stated), name is not None and same_name(name, stated))
