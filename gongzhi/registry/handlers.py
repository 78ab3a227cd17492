"""What the register answers for apps below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.accounts.models import Person
from gongzhi.cases.contracts import Answers, Effect
from gongzhi.cases.models import Case
from gongzhi.core import ids
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.door import acting
from gongzhi.core.times import local, today
from gongzhi.core.waiting import Found, Recent, Waiting, WaitingRows
from gongzhi.orgs.actions import members
from gongzhi.orgs.enums import ADMIT_OWNER, SEE_WORKBENCH, Kind
from gongzhi.orgs.models import Organization
from gongzhi.reference import selectors as reference
from gongzhi.registry.actions.credentials import issue_credential
from gongzhi.registry.actions.establishing import register_body
from gongzhi.registry.enums import CORRECT, IMPORT, CredentialKind, IntakeState
from gongzhi.registry.models import Doubt, Intake, Objection, Version


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
        certificate = issue_credential(
            actor=actor,
            organization=body,
            kind=CredentialKind.FILING,
            case_number=number,
            issuer=actor.acting_for[:120],
        )
        return Effect(org_id=body.pk, reference=filed, certificate=certificate.number, details={"path": path})


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


# --- what waits ---


class ObjectionsWaiting(WaitingRows[Objection]):
    """Objections to entries that nobody has answered."""

    code = "registry.objection"
    label = gettext_lazy("Objections to entries")
    order = ("made_at", "pk")
    page = "portal:objection_list"

    def is_for(self, actor: Actor) -> bool:
        """Registry officers."""
        return actor.kind is ActorKind.AGENCY and actor.may(CORRECT)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Objection]:
        """Those of the division."""
        waiting = Objection.objects.visible_to(actor).waiting().select_related("org")
        return waiting.defer("says", "evidence", "contact_sealed")

    def line(self, row: Objection, actor: Actor, day: dt.date) -> Waiting:
        """About which body."""
        url = reverse("portal:objection_answer", args=[row.public_id])
        return Waiting(gettext_lazy("Answer an objection"), row.org.name, url, since=local(row.made_at).date())


class ListsToDecide(WaitingRows[Intake]):
    """Lists somebody brought that are not taken in: columns to look at, rows to decide, a failure to see to."""

    code = "registry.intake"
    label = gettext_lazy("Lists to decide")
    order = ("received_at", "pk")
    page = "portal:intake_upload"

    def is_for(self, actor: Actor) -> bool:
        """Who may bring lists."""
        return actor.kind is ActorKind.AGENCY and actor.may(IMPORT)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Intake]:
        """Those of the division that go no further by themselves."""
        waits = [IntakeState.RECEIVED, IntakeState.CHECKED, IntakeState.FAILED]
        return Intake.objects.visible_to(actor).filter(state__in=waits).defer("header", "mapping")

    def line(self, row: Intake, actor: Actor, day: dt.date) -> Waiting:
        """How far it is, and the file's name."""
        url = reverse("portal:intake_detail", args=[row.public_id])
        return Waiting(row.get_state_display(), row.file_name, url, since=local(row.received_at).date())


class DoubtsWaiting:
    """Values of lists nobody could believe: one line for all of them, because there may be very many. One query."""

    code = "registry.doubt"
    label = gettext_lazy("Values that wait for a person")

    def is_for(self, actor: Actor) -> bool:
        """Every official who sees the register's doubts."""
        return actor.kind is ActorKind.AGENCY and bool(actor.path) and actor.may(SEE_WORKBENCH)

    def find(self, *, actor: Actor, day: dt.date, limit: int) -> Found:
        """How many there are within the division."""
        count = Doubt.objects.waiting_within(actor.path).count()
        line = Waiting(self.label, "", reverse("portal:doubt_list"), count=count)
        return Found([line] if count else [], count)

    def address(self, actor: Actor) -> str:
        """Their page."""
        return reverse("portal:doubt_list")


WAITING = (ObjectionsWaiting(), ListsToDecide(), DoubtsWaiting())


class OwnObjections:
    """Objections a person raised while signed in."""

    code = "registry.objection"

    def is_for(self, actor: Actor) -> bool:
        """Who acts for themself."""
        return actor.kind is ActorKind.PERSON

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Objection.objects.visible_to(actor).select_related("org").order_by("-made_at", "-pk")[:limit]
        return [
            Recent(
                gettext_lazy("Objection to an entry"),
                one.org.name,
                reverse("portal:objection", args=[one.public_id]),
                one.made_at,
                one.get_state_display(),
            )
            for one in rows
        ]


class ListsBrought:
    """Lists the official brought."""

    code = "registry.intake"

    def is_for(self, actor: Actor) -> bool:
        """Who may bring lists."""
        return actor.kind is ActorKind.AGENCY and actor.may(IMPORT)

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Intake.objects.visible_to(actor).filter(person_id=actor.person_id).defer("header", "mapping")
        return [
            Recent(
                gettext_lazy("List brought"),
                one.file_name,
                reverse("portal:intake_detail", args=[one.public_id]),
                one.received_at,
                one.get_state_display(),
            )
            for one in rows.order_by("-received_at", "-pk")[:limit]
        ]


RECENT = (OwnObjections(), ListsBrought())
