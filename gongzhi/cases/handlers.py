"""Answers the platform knows before it asks: who somebody is, and what the register says of their organization."""

from __future__ import annotations

from dataclasses import dataclass

from gongzhi.accounts.selectors import verified_name
from gongzhi.cases.contracts import PrefillSource
from gongzhi.core.actor import Actor
from gongzhi.orgs.contracts import representative_of
from gongzhi.orgs.models import Organization


class VerifiedName:
    """The name in the document that verified the applicant."""

    name = "person.verified_name"

    def value(self, *, actor: Actor, org_id: int | None) -> str:
        """Only for a person's own case: an organization's handler is not its subject."""
        if org_id is not None or actor.person_id is None:
            return ""
        return verified_name(actor.person_id) or ""


@dataclass
class OwnOrganization:
    """One column of the organization that applies."""

    name: str
    column: str

    def value(self, *, actor: Actor, org_id: int | None) -> str:
        """Empty for a person's own case."""
        found = Organization.objects.filter(pk=org_id or 0).values_list(self.column, flat=True).first()
        return str(found or "")


class LegalRepresentative:
    """The legal representative the register states today."""

    name = "org.legal_representative"

    def value(self, *, actor: Actor, org_id: int | None) -> str:
        """Empty for a person's own case."""
        return representative_of(org_id) if org_id is not None else ""


SOURCES: tuple[PrefillSource, ...] = (
    VerifiedName(),
    OwnOrganization("org.name", "name"),
    OwnOrganization("org.credit_code", "credit_code"),
    LegalRepresentative(),
)
