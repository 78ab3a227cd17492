"""What the register answers for apps below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from gongzhi.accounts.models import Person
from gongzhi.cases.contracts import Answers, Effect
from gongzhi.cases.models import Case
from gongzhi.core import ids
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.times import today
from gongzhi.orgs.actions import members
from gongzhi.orgs.enums import ADMIT_OWNER, Kind
from gongzhi.orgs.models import Organization
from gongzhi.reference import selectors as reference
from gongzhi.registry.actions.establishing import register_body
from gongzhi.registry.models import Version


class RegisterRepresentatives:
    """The legal representative as the register states it today (`orgs.contracts.Representatives`)."""

    def name_of(self, *, org_id: int) -> str:
        """Public by law; empty where no source states it."""
        row = Version.objects.as_of(today()).filter(org_id=org_id).first()
        return row.legal_representative if row is not None else ""


CLERK = Actor.system("registry.decisions")


class FileCommunityGroup:
    """Filing (备案) of a community group: it enters the register with a number of its own and no legal personality.

    Who handed it in becomes its person in charge on the platform, so that the group has a desk from its first day.
    """

    name = "registry.file_community_group"

    def check(self, *, actor: Actor, case_id: int, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """A name that a living community group of the same division has."""
        name = answers.text("group.name")
        same = Organization.objects.filter(name=name, path=path, kind=Kind.COMMUNITY_GROUP).exclude(
            standing__in=["cancelled", "revoked", "withdrawn", "void"]
        )
        if name and same.exists():
            return [_("A filed community group of this division has this name already.")]
        return []

    def apply(
        self, *, actor: Actor, case_id: int, path: str, org_id: int | None, number: str, answers: Answers
    ) -> Effect:
        """Enter the group, with its host if it has one, and admit who applied."""
        series = f"SQ{reference.code_of(path)}"[:16]
        filed = ids.next_number(series, today().year)
        body = register_body(
            actor=actor,
            kind=Kind.COMMUNITY_GROUP,
            path=path,
            number=filed,
            items={
                "name": answers.text("group.name"),
                "domicile": answers.text("group.domicile"),
                "purpose": answers.text("group.purpose"),
                "scope": answers.text("group.scope"),
                "legal_representative": answers.text("people.leader"),
                "field": answers.text("group.field"),
                "registry_name": actor.acting_for[:120],
            },
            case_number=number,
            host=answers.text("group.host"),
        )
        admit_applicant(actor=actor, case_id=case_id, organization=body)
        return Effect(org_id=body.pk, reference=filed, details={"path": path})


def admit_applicant(*, actor: Actor, case_id: int, organization: Organization) -> None:
    """Who began the case for themself becomes the person in charge of the body it made."""
    # A person's own record is open to that person alone, so the platform finds who is meant.
    with acting(CLERK):
        case = Case.objects.select_related("person").get(pk=case_id)
    person: Person | None = case.person
    if person is None or person.pk == actor.person_id:
        return
    clerk = replace(actor, permissions=actor.permissions | {ADMIT_OWNER})
    members.admit_owner(actor=clerk, organization=organization, person=person, basis="decision")
