"""What decisions do in the register: a body is established, changed, recognised, or its registration ends.

Each handler writes through the register's own actions, in the transaction of the decision; the source of everything it
writes is the decision, with the number of the case.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.accounts.models import Person
from gongzhi.cases.contracts import Answers, DecisionHandler, Effect
from gongzhi.cases.models import Case
from gongzhi.core import ids
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs.actions import members
from gongzhi.orgs.enums import ADMIT_OWNER, ENDED, HELD, Kind, Standing
from gongzhi.orgs.models import Agency, Mark, Organization
from gongzhi.reference import selectors as reference
from gongzhi.registry.actions.codes import codes_left, next_credit_code
from gongzhi.registry.actions.credentials import issue_credential, replace_credential, revoke_credential
from gongzhi.registry.actions.entries import end_organization, register_change, write_event
from gongzhi.registry.actions.establishing import register_body
from gongzhi.registry.actions.records import (
    end_officer,
    record_branch,
    record_certificate,
    record_lineage,
    record_mark,
    record_officer,
)
from gongzhi.registry.enums import CORRECT, CredentialKind, EventKind, LineageKind, OwnMark, SourceKind
from gongzhi.registry.models import Certificate, Credential, Officer, Source, Version
from gongzhi.registry.names import check as check_name

CLERK = Actor.system("registry.decisions")
#: The questions of every form of establishment that are registered items of the body.
STATED = ("name", "domicile", "purpose", "scope", "area", "field", "party_body")


def registrar(actor: Actor) -> Actor:
    """Who decided a case of their office may write what it decides."""
    return replace(actor, permissions=actor.permissions | {CORRECT})


def reason_of(number: str) -> str:
    """What the register says everybody can read about why; kept in the language of the law."""
    return f"依据办件 {number} 的决定"


def office_of(actor: Actor) -> Agency:
    """The authority that decides. Raises `NotAllowed` for nobody's."""
    if actor.agency_id is None:
        raise NotAllowed("registry.correct")
    return Agency.objects.get(pk=actor.agency_id)


def living(name: str, path: str, kind: Kind) -> bool:
    """Whether a living body of this registry and kind has exactly this name."""
    return Organization.objects.filter(name=name, path=path, kind=kind).exclude(standing__in=ENDED).exists()


def name_advice(*, name: str, kind: Kind, path: str, field: str) -> list[str]:
    """What the name checker says of a proposed name: what is the same, what to look at, what is near."""
    try:
        found = check_name(name=name, kind=kind, registry=path, field=field)
    except RuleViolation:
        return []
    sentences = [
        f"{one.message} {one.article}".strip() for one in (*found.conflicts, *found.advice, *found.similar[:3])
    ]
    return [_("Name: %(sentence)s") % {"sentence": one} for one in sentences]


def authority(answers: Answers) -> dict[str, Any]:
    """The business authority of an application: one that works here, one named by its paper, or none."""
    name = answers.text("management.authority") or answers.text("management.authority_name")
    if name:
        return {"business_authority": name}
    return {"registered_directly": True, "industry_department": answers.text("management.industry_department")}


def certify(clerk: Actor, organization: Organization, kind: CredentialKind, number: str) -> str:
    """Sign a certificate of what the register says now, in place of the one that held; its number."""
    organization.refresh_from_db()
    issuer = clerk.acting_for[:120]
    made = replace_credential(actor=clerk, organization=organization, kind=kind, case_number=number, issuer=issuer)
    return made.number


# --- filing ---


class FileCommunityGroup:
    """Filing (备案) of a community group: it enters the register with a number of its own and no legal personality.

    Who handed it in becomes its person in charge on the platform, so that the group has a desk from its first day.
    """

    name = "registry.file_community_group"

    def check(self, *, actor: Actor, case_id: int, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """A name that a living community group of the same division has."""
        name = answers.text("group.name")
        if name and living(name, path, Kind.COMMUNITY_GROUP):
            return [_("A filed community group of this division has this name already.")]
        return []

    def advise(self, *, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """No rule on names speaks of filed groups."""
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
    """Who began the case for themself, or for the group that goes on in it, becomes the person in charge of the new body.

    Of a body that another one founded, its legal representative takes charge by their own proof.
    """
    # A person's own record is open to that person alone, so the platform finds who is meant.
    with acting(CLERK):
        case = Case.objects.select_related("person", "org").get(pk=case_id)
        person: Person | None = case.person
        if case.org is not None and case.org.kind == Kind.COMMUNITY_GROUP:
            person = Person.objects.get(pk=case.begun_by)
    if person is None or person.pk == actor.person_id:
        return
    clerk = replace(actor, permissions=actor.permissions | {ADMIT_OWNER})
    members.admit_owner(actor=clerk, organization=organization, person=person, basis="decision")


# --- establishment ---


@dataclass
class Establish:
    """Registration of a new body: its credit code, registered items, officers and certificate; a charity's mark too.

    `kind` is what it makes; None where the application says it (`body.kind`). A filed group that is promoted ends as a
    group and goes on as the new body.
    """

    name: str
    kind: Kind | None = None
    charity: bool = False
    promotes: bool = False

    def kind_of(self, answers: Answers) -> Kind:
        """What the application makes."""
        return self.kind or Kind(answers.text("body.kind"))

    def check(self, *, actor: Actor, case_id: int, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """A name a living body of the registry has; no code left to give; a group out of reach."""
        found = []
        if living(answers.text("body.name"), path, self.kind_of(answers)):
            found.append(_("A body of this kind registered here has this name already."))
        if not codes_left(office_of(actor)):
            found.append(_("No credit code is left to give. Enter the codes your authority was allotted."))
        if self.promotes:
            found.extend(standing_faults(actor, Organization.objects.get(pk=org_id or 0)))
        return found

    def advise(self, *, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """What the name checker says."""
        if not answers.text("body.name") or (self.kind is None and not answers.text("body.kind")):
            return []
        return name_advice(
            name=answers.text("body.name"),
            kind=self.kind_of(answers),
            path=path,
            field=answers.text("body.field"),
        )

    def apply(
        self, *, actor: Actor, case_id: int, path: str, org_id: int | None, number: str, answers: Answers
    ) -> Effect:
        """Enter the body and everything the application states about it."""
        clerk, kind = registrar(actor), self.kind_of(answers)
        code = next_credit_code(actor=clerk, agency=office_of(actor), kind=kind)
        body = register_body(
            actor=actor,
            kind=kind,
            path=path,
            number="",
            credit_code=code,
            items={
                **{item: answers.text(f"body.{item}") for item in STATED},
                "fund_fen": answers.get("body.fund"),
                "legal_representative": answers.text("people.legal_representative"),
                "registry_name": actor.acting_for[:120],
                **authority(answers),
            },
            case_number=number,
        )
        reason = reason_of(number)
        for row in answers.rows("people.officers"):
            record_officer(
                actor=clerk,
                organization=body,
                name=str(row.values["name"]),
                post=str(row.values["post"]),
                since=today(),
                reason=reason,
                case_number=number,
            )
        record_certificate(actor=clerk, organization=body, since=today(), until=None, reason=reason, case_number=number)
        if self.charity:
            record_mark(
                actor=clerk,
                organization=body,
                mark=OwnMark.CHARITY,
                held=True,
                on=today(),
                reason=reason,
                case_number=number,
            )
        if self.promotes:
            record_lineage(
                actor=clerk,
                origin=Organization.objects.get(pk=org_id or 0),
                successor=body,
                kind=LineageKind.SUCCESSION,
                on=today(),
                reason=reason,
                case_number=number,
                ends_origin=True,
            )
        admit_applicant(actor=actor, case_id=case_id, organization=body)
        certificate = certify(clerk, body, CredentialKind.REGISTRATION, number)
        return Effect(org_id=body.pk, reference=code, certificate=certificate, details={"path": path})


# --- what happens to a registered body ---


def standing_faults(actor: Actor, organization: Organization, *, liquidating: bool = False) -> Iterator[str]:
    """Why nothing can be registered about a body now: it lies out of reach, it has ended, or it is being wound up."""
    if not actor.reaches(organization.path):
        yield _("This organization is registered with another authority.")
    if organization.standing in ENDED:
        yield _("This registration has ended: nothing new can happen to it.")
    elif organization.standing == Standing.LIQUIDATION and not liquidating:
        yield _("This organization is being wound up: nothing but its cancellation can be registered.")


class OfOrganization(ABC):
    """A decision about the organization that applied."""

    name: str
    #: Whether a body in liquidation may still do it.
    liquidating = False
    #: The certificate that says what holds afterwards, if there is one.
    certifies: CredentialKind | None = None

    def check(self, *, actor: Actor, case_id: int, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """Its standing, and whatever the kind of decision adds."""
        organization = Organization.objects.get(pk=org_id or 0)
        faults = list(standing_faults(actor, organization, liquidating=self.liquidating))
        return [*faults, *self.faults(organization, answers)]

    def faults(self, organization: Organization, answers: Answers) -> Iterator[str]:
        """What else would keep it from taking effect."""
        yield from ()

    def advise(self, *, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """Nothing by itself."""
        return []

    def apply(
        self, *, actor: Actor, case_id: int, path: str, org_id: int | None, number: str, answers: Answers
    ) -> Effect:
        """Write it. A body that cannot have it any more raises `RuleViolation`."""
        organization = Organization.objects.get(pk=org_id or 0)
        for fault in standing_faults(actor, organization, liquidating=self.liquidating):
            raise RuleViolation("registry.no_effect", fault)
        clerk = registrar(actor)
        reference = self.write(clerk, organization, answers, number)
        certificate = certify(clerk, organization, self.certifies, number) if self.certifies else ""
        details = {"path": organization.path}
        return Effect(org_id=organization.pk, reference=reference, certificate=certificate, details=details)

    @abstractmethod
    def write(self, clerk: Actor, organization: Organization, answers: Answers, number: str) -> str:
        """The effect; what the record calls it."""


#: Question of the form of changes → registered item.
CHANGES: Mapping[str, str] = {
    "name": "change.name",
    "domicile": "change.domicile",
    "purpose": "change.purpose",
    "scope": "change.scope",
    "area": "change.area",
    "fund_fen": "change.fund",
    "legal_representative": "change.legal_representative",
    "business_authority": "change.business_authority",
}


class ChangeItems(OfOrganization):
    """Change of registered items (变更登记): those the application chose, as one version."""

    name = "registry.change_items"
    certifies = CredentialKind.REGISTRATION

    def changes(self, answers: Answers) -> dict[str, Any]:
        """Item → its new value, of those that were chosen."""
        chosen = set(answers.get("change.items") or ())
        return {item: answers.get(place) for item, place in CHANGES.items() if item in chosen}

    def faults(self, organization: Organization, answers: Answers) -> Iterator[str]:
        """Nothing differs, or the new name is taken."""
        changes = self.changes(answers)
        held = Version.objects.as_of(today()).filter(org=organization).first()
        if held is not None and all(getattr(held, item) == value for item, value in changes.items()):
            yield _("The register says this already.")
        new = str(changes.get("name") or "")
        if new and new != organization.name and living(new, organization.path, Kind(organization.kind)):
            yield _("A body of this kind registered here has this name already.")

    def advise(self, *, path: str, org_id: int | None, answers: Answers) -> Sequence[str]:
        """What the name checker says of a new name."""
        new = str(self.changes(answers).get("name") or "")
        organization = Organization.objects.filter(pk=org_id or 0).first()
        if not new or organization is None:
            return []
        return name_advice(name=new, kind=Kind(organization.kind), path=organization.path, field="")

    def write(self, clerk: Actor, organization: Organization, answers: Answers, number: str) -> str:
        """One version with all of them."""
        changes = self.changes(answers)
        register_change(
            actor=clerk, organization=organization, changes=changes, case_number=number, reason=reason_of(number)
        )
        return ",".join(sorted(changes))


class ApproveCharter(OfOrganization):
    """Approval of a charter (章程核准): a line of the body's history with its day and the decision behind it."""

    name = "registry.approve_charter"

    def write(self, clerk: Actor, organization: Organization, answers: Answers, number: str) -> str:
        """An event that changes no registered item."""
        source = Source.objects.create(
            kind=SourceKind.DECISION,
            items=["charter"],
            reason=reason_of(number),
            case_number=number,
            dated_on=today(),
            rows=1,
        )
        organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
        write_event(
            actor=clerk,
            organization=organization,
            source=source,
            event=EventKind.CHARTER_APPROVED,
            on=today(),
            item="charter",
        )
        return "charter"


class ChangeOfficers(OfOrganization):
    """Change of officers after an election: who leaves has a last day, who comes a first one."""

    name = "registry.change_officers"

    def faults(self, organization: Organization, answers: Answers) -> Iterator[str]:
        """Somebody who leaves does not hold that post."""
        for row in answers.rows("officers.leaving"):
            name, post = str(row.values["name"]), str(row.values["post"])
            if not self.held(organization, name, post):
                yield _("The register knows nobody called %(name)s in this post.") % {"name": name}

    def held(self, organization: Organization, name: str, post: str) -> Officer | None:
        """The post somebody holds today."""
        return (
            Officer.objects.known()
            .on(today())
            .filter(org=organization, name=name, post=post, valid_to=None)
            .order_by("-pk")
            .first()
        )

    def write(self, clerk: Actor, organization: Organization, answers: Answers, number: str) -> str:
        """Ends first, so that somebody may come back in another post."""
        reason = reason_of(number)
        for row in answers.rows("officers.leaving"):
            found = self.held(organization, str(row.values["name"]), str(row.values["post"]))
            if found is None:
                raise RuleViolation(
                    "registry.no_such_officer",
                    _("The register knows nobody called %(name)s in this post.") % {"name": row.values["name"]},
                )
            end_officer(actor=clerk, officer=found, until=today(), reason=reason, case_number=number)
        for row in answers.rows("officers.coming"):
            record_officer(
                actor=clerk,
                organization=organization,
                name=str(row.values["name"]),
                post=str(row.values["post"]),
                since=today(),
                reason=reason,
                case_number=number,
            )
        return "officers"


class RecordBranch(OfOrganization):
    """A branch the organization set up by itself and makes known (待核实: no approval since 2014)."""

    name = "registry.record_branch"

    def write(self, clerk: Actor, organization: Organization, answers: Answers, number: str) -> str:
        """The record; the register's own rules on branches hold."""
        branch = record_branch(
            actor=clerk,
            organization=organization,
            kind=answers.text("branch.kind"),
            name=answers.text("branch.name"),
            since=answers.get("branch.since"),
            reason=reason_of(number),
            case_number=number,
        )
        return branch.name[:100]


class CancelRegistration(OfOrganization):
    """Cancellation (注销登记) after liquidation: the registration ends with its day; nothing is deleted."""

    name = "registry.cancel"
    liquidating = True

    def write(self, clerk: Actor, organization: Organization, answers: Answers, number: str) -> str:
        """The end; its certificates hold no more."""
        for one in Credential.objects.filter(org=organization, revocation=None).exclude(kind=CredentialKind.EXTRACT):
            revoke_credential(actor=clerk, credential=one, reason=reason_of(number))
        end_organization(
            actor=clerk,
            organization=organization,
            standing=Standing.CANCELLED,
            on=today(),
            reason=reason_of(number),
            case_number=number,
        )
        return organization.reference


class ReplaceCertificate(OfOrganization):
    """A new certificate instead of one that ran out, was lost or damaged."""

    name = "registry.replace_certificate"
    certifies = CredentialKind.REGISTRATION

    def write(self, clerk: Actor, organization: Organization, answers: Answers, number: str) -> str:
        """The period of the new one begins today."""
        if Certificate.objects.filter(org=organization, valid_from=today(), valid_to=None, known_to=None).exists():
            return organization.reference  # the second one of a day: only the signed certificate is new
        record_certificate(
            actor=clerk,
            organization=organization,
            since=today(),
            until=None,
            reason=reason_of(number),
            case_number=number,
        )
        return organization.reference


@dataclass
class GiveMark(OfOrganization):
    """Recognition as a charity, or the qualification for public fundraising."""

    name: str
    mark: OwnMark
    certifies: CredentialKind | None = None

    def faults(self, organization: Organization, answers: Answers) -> Iterator[str]:
        """It has it already."""
        newest = Mark.objects.as_of(today()).filter(org=organization, code=self.mark).first()
        if newest is not None and newest.value == HELD:
            yield _("The register says this already.")

    def write(self, clerk: Actor, organization: Organization, answers: Answers, number: str) -> str:
        """The mark holds from today on."""
        record_mark(
            actor=clerk,
            organization=organization,
            mark=self.mark,
            held=True,
            on=today(),
            reason=reason_of(number),
            case_number=number,
        )
        return str(self.mark)


HANDLERS: tuple[DecisionHandler, ...] = (
    FileCommunityGroup(),
    Establish("registry.establish_social_group", Kind.SOCIAL_GROUP),
    Establish("registry.establish_service", Kind.SERVICE),
    Establish("registry.establish_foundation", Kind.FOUNDATION),
    Establish("registry.establish_charity", charity=True),
    Establish("registry.promote_community_group", promotes=True),
    ChangeItems(),
    ApproveCharter(),
    ChangeOfficers(),
    RecordBranch(),
    CancelRegistration(),
    ReplaceCertificate(),
    GiveMark("registry.recognise_charity", OwnMark.CHARITY),
    GiveMark("registry.permit_public_fundraising", OwnMark.PUBLIC_FUNDRAISING, CredentialKind.FUNDRAISING),
)
