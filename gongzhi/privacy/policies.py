"""Who may ask what about personal data."""

from __future__ import annotations

from gongzhi.accounts.models import Person
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.errors import NotAllowed
from gongzhi.privacy.enums import (
    ANSWER,
    DECIDE_REQUESTS,
    EXPORT_PEOPLE,
    HOLD,
    OPEN_EMERGENCY,
    READ_OUT,
    REVIEW_ACCESS,
    SEE_PEOPLE,
)
from gongzhi.privacy.models import Export, Grant, Hold, Question, Request


def office_of(actor: Actor) -> tuple[int, int]:
    """The agency acted for and the official, by number. `NotAllowed` for whoever acts for none."""
    if actor.agency_id is None or actor.person_id is None:
        raise NotAllowed("orgs.see_workbench")
    return actor.agency_id, actor.person_id


def can_see_own_looks(actor: Actor) -> bool:
    """Who acts for themself. Looks belong to a person and to no agency."""
    return actor.kind is ActorKind.PERSON and actor.scope.person is not None


def can_see_organization_looks(actor: Actor) -> bool:
    """Whoever acts for an organization: what others saw of its own house."""
    return actor.kind is ActorKind.ORGANIZATION and actor.scope.org is not None


def can_read_out(actor: Actor) -> bool:
    """An official at any counter, wherever the person lives: they stand there and ask."""
    return actor.kind is ActorKind.AGENCY and actor.may(READ_OUT)


def can_ask_why(actor: Actor) -> bool:
    """Whose data were looked at: a person for themself, or whoever acts for the organization."""
    return can_see_own_looks(actor) or can_see_organization_looks(actor)


def can_answer(actor: Actor, question: Question) -> bool:
    """The office that looked, and no other: a higher one sees that it is late and cannot answer in its place."""
    if not actor.may(ANSWER):
        return False
    if question.agency_id is not None:
        return actor.kind is ActorKind.AGENCY and actor.agency_id == question.agency_id
    return actor.kind is ActorKind.ORGANIZATION and actor.org_id == question.to_org


def can_run_clocks(actor: Actor) -> bool:
    """The platform's own processes."""
    return actor.kind is ActorKind.PROCESS


def can_see_person(actor: Actor, person: Person) -> bool:
    """An official who looks after people, of the division the person named. Emergency access is another question."""
    return (
        actor.kind is ActorKind.AGENCY
        and actor.may(SEE_PEOPLE)
        and bool(person.path)
        and actor.reaches(person.path or "")
    )


def can_open_contact(actor: Actor, person: Person) -> bool:
    """Who may see the record, while its use is not restricted."""
    return can_see_person(actor, person) and person.restricted_at is None


def can_open_emergency(actor: Actor, person: Person) -> bool:
    """An official with that task, for anybody's record but their own."""
    return actor.kind is ActorKind.AGENCY and actor.may(OPEN_EMERGENCY) and actor.person_id != person.pk


def can_review_access(actor: Actor, grant: Grant) -> bool:
    """An administrator, who was not the one that opened it."""
    return actor.may(REVIEW_ACCESS) and actor.reaches(grant.path) and actor.person_id != grant.official_id


def can_export_people(actor: Actor) -> bool:
    """An official with that task, for the people of their divisions."""
    return actor.kind is ActorKind.AGENCY and actor.may(EXPORT_PEOPLE) and bool(actor.path)


def can_take_export(actor: Actor, export: Export) -> bool:
    """The official who asked for it, while acting for the same agency."""
    return can_export_people(actor) and actor.person_id == export.official_id and actor.agency_id == export.agency_id


def can_propose_hold(actor: Actor) -> bool:
    """An official who may hold back notices, for an investigation of their agency."""
    return actor.kind is ActorKind.AGENCY and actor.may(HOLD) and actor.agency_id is not None


def can_decide_hold(actor: Actor, hold: Hold) -> bool:
    """A second official of the same agency or of one above it, never the one who proposed it."""
    return can_propose_hold(actor) and actor.reaches(hold.path) and actor.person_id != hold.proposed_by_id


def can_close_hold(actor: Actor, hold: Hold) -> bool:
    """Any official of the agency with that task: closing shows more, never less."""
    return can_propose_hold(actor) and actor.reaches(hold.path)


def can_use_own_rights(actor: Actor) -> bool:
    """Every person for themself, whatever their standing."""
    return can_see_own_looks(actor)


def can_decide_request(actor: Actor, request: Request) -> bool:
    """The operator of the platform, and nobody about their own."""
    return actor.may(DECIDE_REQUESTS) and actor.reaches(request.path) and actor.person_id != request.person_id
