"""Walking a service from its first word to its decision, whatever its form asks: for the tests of every service."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account
from gongzhi.accounts.tests import people as identity
from gongzhi.accounts.tests.people import born, resident_number
from gongzhi.cases import actions
from gongzhi.cases.definitions import Definition, Field, Section
from gongzhi.cases.enums import FieldType, Outcome, State, StepKind
from gongzhi.cases.models import Case, CaseType, Draft
from gongzhi.cases.questions import asked, choices_of, plain_answers
from gongzhi.cases.selectors import pages_of
from gongzhi.config.seeds import SEEDER
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.files.tests.samples import pdf
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.acting import for_agency, for_organization
from gongzhi.orgs.enums import AgencyKind, Role
from gongzhi.orgs.models import Agency, Organization
from gongzhi.registry.actions.codes import add_code_block
from tests.world import PASSWORD, account_of, actor_of

OFFICE = "深圳市民政局"
SIMPLE: Mapping[FieldType, Any] = {
    FieldType.TEXT: "示例",
    FieldType.LONG_TEXT: "示例文字",
    FieldType.INTEGER: "1",
    FieldType.MONEY: "100,000",
    FieldType.DATE: "2026-5-6",
    FieldType.YES_NO: "no",
    FieldType.PERSON: "李××",
    FieldType.PHONE: "13900000001",
}


def answer(field: Field) -> Any:
    """Something a form accepts."""
    if field.type is FieldType.ID_NUMBER:
        return resident_number(born(46))
    if field.type in {FieldType.CHOICE, FieldType.CHOICES}:
        first = str(choices_of(field)[0][0])
        return [first] if field.type is FieldType.CHOICES else first
    return SIMPLE[field.type]


def begin(code: str, actor: Actor) -> Case:
    """Somebody begins a service at Dana's office."""
    with acting(actor):
        return actions.start_case(
            actor=actor,
            case_type=CaseType.objects.published().get(code=code),
            agency=Agency.objects.get(name=OFFICE),
        )


def save(actor: Actor, case: Case, section: Section, changes: Mapping[str, Any]) -> None:
    """Save some answers of a page as it stands."""
    with acting(actor):
        base = Draft.objects.values_list("revision", flat=True).get(case=case, section=section.key)
        actions.save_page(actor=actor, case=case, section=section, changes=dict(changes), base=base, nonce=uuid.uuid4())


def fill(actor: Actor, case: Case, said: Mapping[str, Any]) -> Case:
    """Answer everything that is asked for and needed; `said` by `section.key` goes before what a form merely accepts."""
    definition: Definition = case.type.definition
    for section in definition.sections:
        save(actor, case, section, {key[len(section.key) + 1 :]: value for key, value in said.items()
                                    if key.startswith(f"{section.key}.")})  # fmt: skip
        for field in section.fields:
            with acting(actor):
                pages = pages_of(case)
            given = plain_answers(definition, pages)
            place = f"{section.key}.{field.key}"
            if not field.required or not asked(field.when, given) or not asked(section.when, given):
                continue
            if any(key == place or key.startswith(f"{place}.") for key in said) or pages[section.key].get(field.key):
                continue
            if field.type is FieldType.FILE:
                with acting(actor):
                    handed = SimpleUploadedFile("材料.pdf", pdf())
                    actions.add_file(actor=actor, case=case, section=section, key=field.key, handed=handed)
            elif field.is_group:
                row = f"{field.key}.r0001aaaa"
                columns = {f"{row}.{one.key}": answer(one) for one in field.fields if one.required}
                save(actor, case, section, {row: "1", **columns})
            else:
                save(actor, case, section, {field.key: answer(field)})
    return case


def hand_in(actor: Actor, case: Case) -> Case:
    """Hand it in, and let Dana accept it."""
    with acting(actor):
        case = actions.submit_case(actor=actor, case=case, nonce=uuid.uuid4())[0]
    with acting(actor_of("dana")) as dana:
        return actions.accept_case(actor=dana, case=case)


def official(login: str, agency: str, kind: AgencyKind, role: Role, path: str = "44/4403/") -> Actor:
    """Somebody of another office of Shenzhen; the same one when asked again."""
    known = Account.objects.filter(email=f"{login}@world.example").first()
    with acting(SEEDER) as seeder:
        office = Agency.objects.filter(name=agency).first()
        office = office or orgs.found_agency(actor=seeder, name=agency, kind=kind, path=path)
        if known is None:
            known = accounts.create_account(
                actor=seeder, name="周××", password=PASSWORD, email=f"{login}@world.example"
            )
            orgs.appoint(actor=seeder, person=known.person, agency=office, role=role)
    actor = for_agency(known, office.pk, uuid.uuid4())
    assert actor is not None
    return actor


def decide(case: Case, *officials: Actor, outcome: Outcome = Outcome.APPROVED) -> Case:
    """Every step of it by whom it waits for (Dana's office, or one of `officials`), then the decision, by two where two decide."""
    dana = actor_of("dana")
    hands = {one.agency_id: one for one in (*officials, dana)}
    for _turn in range(20):
        with acting(Actor.system("tests")):
            case = Case.objects.select_related("type", "agency").get(pk=case.pk)
            step = case.type.definition.step(case.step)
            waiting = list(case.task_rows.filter(done_at=None))
        if case.state != State.ACCEPTED:
            return case
        assert step is not None
        if step.kind is StepKind.DECIDE:
            reason = "" if outcome == Outcome.APPROVED else "不符合条件"
            with acting(dana):
                actions.decide(actor=dana, case=case, outcome=outcome, reason=reason)
            if step.two_persons:
                with acting(identity.second()) as second:
                    actions.confirm_decision(actor=second, case=case)
            continue
        for task in waiting:
            with acting(hands[task.agency_id]) as hand:
                actions.finish_step(actor=hand, case=case, task=task, opinion="同意")
    raise AssertionError(f"still at {case.step}")


def allot_codes(first: int = 500_000) -> None:
    """Dana's authority was allotted a hundred codes."""
    with acting(actor_of("dana")) as dana:
        add_code_block(actor=dana, stem="MJ", first=first, last=first + 99)


def verified(who: str = "rita") -> Actor:
    """One of the cast whose name was verified."""
    identity.approve(identity.ask(who))
    return actor_of(who)


def acting_for(who: str, organization: Organization) -> Actor:
    """One of the cast for an organization."""
    actor = for_organization(account_of(who), organization.pk, uuid.uuid4())
    assert actor is not None
    return actor
