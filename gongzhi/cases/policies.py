"""Who may begin, write, read, work on and decide a case."""

from __future__ import annotations

from gongzhi.cases.enums import APPLY, AT_OFFICE, DECIDE, PUBLISH, REVIEW
from gongzhi.cases.models import Case, CaseFile, CaseType, Decision, Message, Task
from gongzhi.core.actor import Actor, ActorKind


def can_start(actor: Actor, case_type: CaseType) -> bool:
    """A person for themself where persons apply; somebody who may apply for an organization where those do."""
    applicants = case_type.definition.applicants
    if actor.kind is ActorKind.PERSON:
        return applicants.persons
    return actor.kind is ActorKind.ORGANIZATION and bool(applicants.organizations) and actor.may(APPLY)


def is_applicant(actor: Actor, case: Case) -> bool:
    """Whether it is the actor's own case, or their organization's."""
    if actor.kind is ActorKind.PERSON:
        return case.person_id is not None and case.person_id == actor.person_id
    return actor.kind is ActorKind.ORGANIZATION and case.org_id is not None and case.org_id == actor.org_id


def can_write(actor: Actor, case: Case) -> bool:
    """Who applies: a person themself; of an organization those whose role or delegation holds it."""
    return is_applicant(actor, case) and (actor.kind is ActorKind.PERSON or actor.may(APPLY))


def can_read(actor: Actor, case: Case) -> bool:
    """The applicant; an official who reviews or decides, within reach, what was handed in; a process."""
    if actor.kind is ActorKind.PROCESS or is_applicant(actor, case):
        return True
    return (actor.may(REVIEW) or actor.may(DECIDE)) and bool(case.path) and actor.reaches(case.path)


def can_handle(actor: Actor, case: Case) -> bool:
    """An official of the office that has the case."""
    return actor.may(REVIEW) and actor.agency_id == case.agency_id and case.state in AT_OFFICE


def can_finish(actor: Actor, case: Case, task: Task) -> bool:
    """An official of the office the step waits for."""
    return actor.may(REVIEW) and actor.agency_id == task.agency_id and task.done_at is None and case.state in AT_OFFICE


def can_decide(actor: Actor, case: Case) -> bool:
    """An official of the office who may decide; never about a case they began themselves."""
    return (
        actor.may(DECIDE)
        and actor.agency_id == case.agency_id
        and actor.person_id is not None
        and actor.person_id not in {case.person_id, case.begun_by}
    )


def can_confirm(actor: Actor, case: Case, decision: Decision) -> bool:
    """Another official of the office who may decide."""
    return can_decide(actor, case) and actor.person_id != decision.by_person


def can_deliver(actor: Actor, case: Case) -> bool:
    """An official of the office that has the case, also after it is over."""
    return actor.may(REVIEW) and actor.agency_id is not None and actor.agency_id == case.agency_id


def can_see_file(actor: Actor, case: Case, file: CaseFile) -> bool:
    """Who may read the case, once the file was handed in; the applicant always."""
    return is_applicant(actor, case) or (can_read(actor, case) and bool(file.path))


def can_publish(actor: Actor) -> bool:
    """The platform's own processes, and who publishes services."""
    return actor.kind is ActorKind.PROCESS or actor.may(PUBLISH)


def can_ask(actor: Actor, case: Case) -> bool:
    """Whoever may write the application may write to the office about it, at any time."""
    return can_write(actor, case)


def can_answer(actor: Actor, message: Message) -> bool:
    """An official of the office a message is with."""
    return actor.may(REVIEW) and actor.agency_id is not None and actor.agency_id == message.agency_id


def can_write_to_applicant(actor: Actor, case: Case) -> bool:
    """An official of the office that has the case, also when it is over."""
    return actor.may(REVIEW) and actor.agency_id == case.agency_id and bool(case.path)


def can_note(actor: Actor, case: Case) -> bool:
    """An official who works on cases and reads this one. Never the applicant."""
    return actor.kind is ActorKind.AGENCY and actor.agency_id is not None and can_read(actor, case)


def can_link(actor: Actor, case: Case) -> bool:
    """Who writes the application, and the office that has it."""
    return bool(case.path) and (can_write(actor, case) or can_write_to_applicant(actor, case))
