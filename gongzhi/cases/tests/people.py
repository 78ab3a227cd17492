"""Invented cases for the tests: begun, filled in, handed in, decided."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from gongzhi.accounts.tests.people import born, resident_number
from gongzhi.cases import actions
from gongzhi.cases.enums import Outcome
from gongzhi.cases.models import Case, CaseType, Draft
from gongzhi.core.door import acting
from gongzhi.files.tests.samples import pdf
from gongzhi.orgs.models import Agency
from tests.world import actor_of

FILING = "community-group-filing"

#: A filing that lacks nothing, page by page; files apart.
FILLED: dict[str, dict[str, Any]] = {
    "group": {
        "name": "示例区××街道××社区舞蹈队",
        "category": "culture",
        "field": "culture",
        "purpose": "丰富居民文体生活",
        "scope": "每周两次排练，节日演出",
        "domicile": "示例路8号社区活动室",
        "begun": "2026-3-8",
        "hosted": "no",
    },
    "people": {
        "leader": "李××",
        "leader_id": resident_number(born(46)),
        "leader_phone": "13900000001",
        "members": "26",
        "founders.r0001aaaa": "1",
        "founders.r0001aaaa.name": "钱××",
    },
    "money": {"has_money": "yes", "amount": "1,200.50", "sources": ["members"]},
    "papers": {"declared": ["true"]},
}


def filing() -> CaseType:
    """The published filing of a community group."""
    return CaseType.objects.published().get(code=FILING)


def office(name: str = "深圳市民政局") -> Agency:
    """An office of the world."""
    return Agency.objects.get(name=name)


def begin(who: str = "rita") -> Case:
    """Somebody begins a filing at Dana's office."""
    with acting(actor_of(who)) as actor:
        return actions.start_case(actor=actor, case_type=filing(), agency=office())


def save(case: Case, section: str, changes: dict[str, Any], *, who: str = "rita", **more: Any) -> Any:
    """Somebody saves some answers of a page, as it stands now."""
    with acting(actor_of(who)) as actor:
        base = more.pop("base", None)
        if base is None:
            base = Draft.objects.filter(case=case, section=section).values_list("revision", flat=True)[0]
        page = case.type.definition.section(section)
        assert page is not None
        return actions.save_page(
            actor=actor,
            case=case,
            section=page,
            changes=changes,
            base=base,
            nonce=more.pop("nonce", uuid.uuid4()),
            **more,
        )


def fill(case: Case, *, who: str = "rita", **changes: dict[str, Any]) -> Case:
    """Everything that is needed, with some pages' answers changed."""
    for section, answers in FILLED.items():
        save(case, section, answers | changes.get(section, {}), who=who)
    attach(case, who=who)
    return case


def attach(case: Case, key: str = "rules", *, who: str = "rita") -> None:
    """The rules of the group as a file."""
    page = case.type.definition.section("papers")
    assert page is not None
    with acting(actor_of(who)) as actor:
        actions.add_file(
            actor=actor, case=case, section=page, key=key, handed=SimpleUploadedFile("活动规则.pdf", pdf())
        )


def hand_in(case: Case, *, who: str = "rita") -> Case:
    """Hand it in."""
    with acting(actor_of(who)) as actor:
        return actions.submit_case(actor=actor, case=case, nonce=uuid.uuid4())[0]


def handed_in(who: str = "rita") -> Case:
    """A filing that waits at Dana's office."""
    return hand_in(fill(begin(who), who=who), who=who)


def accepted(who: str = "rita") -> Case:
    """A filing Dana accepted."""
    case = handed_in(who)
    with acting(actor_of("dana")) as dana:
        return actions.accept_case(actor=dana, case=case)


def examined(who: str = "rita") -> Case:
    """A filing that waits for its decision."""
    case = accepted(who)
    with acting(actor_of("dana")) as dana:
        task = case.task_rows.get(done_at=None)
        return actions.finish_step(actor=dana, case=case, task=task)


def approved(who: str = "rita") -> Case:
    """A filing that was approved."""
    case = examined(who)
    with acting(actor_of("dana")) as dana:
        actions.decide(actor=dana, case=case, outcome=Outcome.APPROVED)
        return Case.objects.select_related("type", "agency").get(pk=case.pk)


def refused(who: str = "rita") -> Case:
    """A filing that was refused, so that its applicant has no group to act for."""
    case = examined(who)
    with acting(actor_of("dana")) as dana:
        actions.decide(actor=dana, case=case, outcome=Outcome.REFUSED, reason="不符合条件")
        return Case.objects.select_related("type", "agency").get(pk=case.pk)
