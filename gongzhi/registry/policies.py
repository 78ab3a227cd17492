"""Who may change the register."""

from __future__ import annotations

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.orgs.models import Membership, Organization
from gongzhi.registry.enums import CORRECT, IMPORT, CredentialKind
from gongzhi.registry.models import Credential, Intake


def can_import(actor: Actor) -> bool:
    """A registry officer, or the `import` and `seed` commands of the operator."""
    return actor.may(IMPORT)


def can_import_at(actor: Actor, path: str) -> bool:
    """Whether a body registered at this division path is the actor's to enter. A command has no division."""
    return can_import(actor) and (bool(actor.process) or actor.reaches(path))


def can_take_in(actor: Actor, intake: Intake) -> bool:
    """A registry officer whose division holds that of the authority that brought the list; a command; its own job."""
    if actor.kind is ActorKind.PROCESS:
        return can_import(actor)
    return can_import(actor) and actor.reaches(intake.path)


def can_correct(actor: Actor, organization: Organization) -> bool:
    """An officer of the registration authority above the organization."""
    return actor.may(CORRECT) and actor.reaches(organization.path)


def can_register(actor: Actor, path: str) -> bool:
    """An official who decided a case of their office, for its division: who may decide is the case's own question."""
    return actor.kind is ActorKind.AGENCY and actor.may("cases.decide") and actor.reaches(path)


def can_allot_codes(actor: Actor) -> bool:
    """A registry officer, for their own authority."""
    return actor.kind is ActorKind.AGENCY and actor.may(CORRECT)


def can_take_credential(actor: Actor, credential: Credential) -> bool:
    """Everybody an extract; a certificate who belongs to the body, and its authority."""
    if credential.kind == CredentialKind.EXTRACT or actor.kind is ActorKind.PROCESS:
        return True
    if actor.kind is ActorKind.ORGANIZATION:
        return actor.org_id == credential.org_id
    if actor.kind is ActorKind.AGENCY:
        return (actor.may(CORRECT) or actor.may("cases.review")) and actor.reaches(credential.org.path)
    return (
        actor.kind is ActorKind.PERSON
        and Membership.objects.filter(org=credential.org_id, person_id=actor.person_id or 0, ended_at=None).exists()
    )


def can_make_downloads(actor: Actor) -> bool:
    """Writing, sealing and removing the dated files is the platform's own work; asking for one is everybody's."""
    return actor.kind is ActorKind.PROCESS


def can_forget_objectors(actor: Actor) -> bool:
    """The platform's own processes."""
    return actor.kind is ActorKind.PROCESS
