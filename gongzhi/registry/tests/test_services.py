"""Every service of the register from its first word to its effect, and what keeps it from having one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gongzhi.cases import actions
from gongzhi.cases.actions.types import read_types, type_files
from gongzhi.cases.enums import Nature, State
from gongzhi.cases.models import Case, CaseType, Status
from gongzhi.cases.selectors import advice, answers_of, check_case, files_of, findings
from gongzhi.cases.tests import people
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs.acting import for_self
from gongzhi.orgs.enums import AgencyKind, Kind, OrgRole, Role, Standing
from gongzhi.orgs.models import Mark, Membership, Organization
from gongzhi.registry import creditcode
from gongzhi.registry.actions.codes import add_code_block
from gongzhi.registry.enums import CredentialKind, EventKind, SourceKind
from gongzhi.registry.models import Branch, Certificate, CodeBlock, Credential, Lineage, Officer, Revocation, Version
from gongzhi.registry.tests import services
from tests.world import SHENZHEN, account_of, actor_of

BODY: dict[str, Any] = {
    "body.name": "深圳市示例助老服务中心",
    "body.domicile": "示例路 9 号",
    "management.route": "direct",
    "people.officers.r0001aaaa": "1",
    "people.officers.r0001aaaa.name": "钱××",
    "people.officers.r0001aaaa.post": "chair",
}
GROUP = {
    **BODY,
    "body.name": "深圳市示例志愿服务促进会",
    "members.individuals": "60",
    "members.units": "0",
    "people.other_social_groups": "0",
}
FOUNDATION = {
    **BODY,
    "body.name": "深圳市示例助老基金会",
    "body.is_public": "no",
    "body.privately_funded": "yes",
    "body.level": "city",
    "body.fund": "3,000,000",
    "body.paid_in": "3,000,000",
    "council.directors": "9",
    "council.term": "5",
    "council.relatives": "0",
    "council.paid": "0",
    "people.other_posts": "0",
    "people.overseas": "no",
}
CHARITY = {**FOUNDATION, "body.name": "深圳市示例慈善基金会", "body.kind": "foundation"}


def words(code: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What of `said` the form of a service asks."""
    definition = CaseType.objects.published().get(code=code).definition
    places = {f"{section.key}.{field.key}" for section, field in definition.fields()}
    return {key: value for key, value in said.items() if ".".join(key.split(".")[:2]) in places}


def walked(code: str, actor: Actor, said: Mapping[str, Any], *officials: Actor) -> Case:
    """A service decided."""
    case = services.fill(actor, services.begin(code, actor), words(code, said))
    return services.decide(services.hand_in(actor, case), *officials)


def body_of(case: Case) -> Organization:
    with acting(Actor.system("tests")):
        return Organization.objects.get(pk=Case.objects.get(pk=case.pk).subject_org_id or 0)


def newest(organization: Organization) -> Version:
    return Version.objects.as_of(today()).select_related("source").get(org=organization)


# --- establishment ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "said", "kind", "digits"),
    [
        ("social-group-establishment", GROUP, Kind.SOCIAL_GROUP, "51"),
        ("service-institution-establishment", BODY, Kind.SERVICE, "52"),
        ("foundation-establishment", FOUNDATION, Kind.FOUNDATION, "53"),
        ("charity-establishment", CHARITY, Kind.FOUNDATION, "53"),
    ],
)
def test_a_new_body_enters_the_register_with_its_code_items_officers_and_certificate(
    code: str, said: Mapping[str, Any], kind: Kind, digits: str
) -> None:
    services.allot_codes()
    case = walked(code, services.verified(), said)
    assert case.state == State.APPROVED
    body = body_of(case)
    assert (body.kind, body.name, body.path) == (kind, said["body.name"], "44/4403/")
    assert body.credit_code is not None
    assert creditcode.check(body.credit_code) == []
    assert body.credit_code.startswith(f"{digits}440300MJ500000")
    version = newest(body)
    assert version.source.kind == SourceKind.DECISION
    assert version.source.case_number == case.number
    assert version.source.seal is not None
    assert version.registered_directly
    assert version.domicile == "示例路 9 号"
    assert version.legal_representative == "李××"
    officer = Officer.objects.get(org=body)
    assert (officer.name, officer.post, officer.source.case_number) == ("钱××", "chair", case.number)
    assert Certificate.objects.get(org=body).valid_from == today()
    credential = Credential.objects.get(org=body)
    assert (credential.kind, credential.case_number) == (CredentialKind.REGISTRATION, case.number)
    assert body.credit_code in credential.statement
    assert Membership.objects.get(org=body, role=OrgRole.OWNER).person_id == account_of("rita").person_id
    marks = set(Mark.objects.filter(org=body).values_list("code", flat=True))
    assert marks == ({"charity"} if code == "charity-establishment" else set())


@pytest.mark.django_db
def test_the_business_authority_an_application_names_consents_first_and_stands_in_the_register() -> None:
    services.allot_codes()
    overseer = services.official("pia", "深圳市××教育局", AgencyKind.AUTHORITY, Role.OVERSEER)
    other = services.official("ott", "深圳市××文化局", AgencyKind.AUTHORITY, Role.OVERSEER)
    rita = services.verified()
    said = {**BODY, "management.route": "dual", "management.authority": "深圳市××教育局"}
    case = services.fill(rita, services.begin("service-institution-establishment", rita), said)
    case = services.hand_in(rita, case)
    with acting(Actor.system("tests")):
        tasks = list(case.task_rows.filter(done_at=None))
    assert [(one.step, one.agency_id) for one in tasks] == [("consent", overseer.agency_id)]
    assert other.agency_id != overseer.agency_id
    case = services.decide(case, overseer)
    assert newest(body_of(case)).business_authority == "深圳市××教育局"
    with acting(Actor.system("tests")):
        events = list(Status.objects.filter(case=case).order_by("pk").values_list("event", flat=True))
    assert events == ["begun", "submitted", "accepted", "consented", "step_done", "proposed", "approved"]


@pytest.mark.django_db
def test_a_paper_is_asked_for_where_the_authority_does_not_work_here() -> None:
    rita = services.verified()
    said = {**BODY, "management.route": "dual", "management.authority_name": "某市××局"}
    case = services.begin("service-institution-establishment", rita)
    places = {
        f"{section.key}.{field.key}": field
        for section, field in case.type.definition.fields()
        if field.when is not None
    }
    services.fill(rita, case, said)
    with acting(rita):
        assert files_of(case).get("papers.consent") == 1
    assert places["papers.consent"].material == "consent"


@pytest.mark.django_db
def test_a_name_that_is_taken_is_told_to_both_sides_and_keeps_the_approval_from_taking_effect() -> None:
    services.allot_codes()
    first = body_of(walked("service-institution-establishment", services.verified(), BODY))
    rita = for_self(account_of("rita"), Actor.visitor().request_id)
    case = services.fill(rita, services.begin("service-institution-establishment", rita), BODY)
    case = services.hand_in(rita, case)
    with acting(actor_of("dana")) as dana:
        answers = answers_of(actor=dana, case=case)
        assert any(first.name in one or "第十六条" in one for one in advice(case, answers))
        assert actions.obstacles(actor=dana, case=case)


@pytest.mark.django_db
def test_without_a_code_nothing_is_established() -> None:
    rita = services.verified()
    case = services.hand_in(rita, services.fill(rita, services.begin("service-institution-establishment", rita), BODY))
    with acting(actor_of("dana")) as dana:
        assert any("code" in one.lower() or "代码" in one for one in actions.obstacles(actor=dana, case=case))
    before = Organization.objects.count()
    with pytest.raises(RuleViolation) as refused:
        services.decide(case)
    assert refused.value.code == "registry.no_code_left"
    assert Organization.objects.count() == before


@pytest.mark.django_db
def test_codes_are_given_in_order_each_once_and_only_to_who_was_allotted_them() -> None:
    with acting(actor_of("dana")) as dana:
        add_code_block(actor=dana, stem="mj", first=10, last=12)
        for first, last in ((12, 20), (0, 10), (11, 11)):
            with pytest.raises(RuleViolation) as twice:
                add_code_block(actor=dana, stem="MJ", first=first, last=last)
            assert twice.value.code == "registry.code_twice"
        add_code_block(actor=dana, stem="MK", first=10, last=12)
        for stem, first, last in (("I1", 1, 2), ("MJ", 9, 5)):
            with pytest.raises(RuleViolation):
                add_code_block(actor=dana, stem=stem, first=first, last=last)
    with acting(actor_of("rosa")) as rosa, pytest.raises(NotAllowed):
        add_code_block(actor=rosa, stem="MJ", first=100, last=200)
    assert CodeBlock.objects.count() == 2


# --- what happens to a registered body ---


def alice() -> Actor:
    """Alice for the service institution in Shenzhen."""
    return services.acting_for("alice", Organization.objects.get(credit_code=SHENZHEN))


@pytest.mark.django_db
def test_several_items_change_as_one_version_and_the_audit_is_a_step_of_the_case() -> None:
    case = walked(
        "registered-items-change",
        alice(),
        {
            "change.items": ["name", "legal_representative"],
            "change.name": "深圳市示例社工服务中心",
            "change.legal_representative": "赵××",
            "organization.has_authority": "no",
        },
    )
    assert case.state == State.APPROVED
    body = Organization.objects.get(credit_code=SHENZHEN)
    version = newest(body)
    assert (version.name, version.legal_representative) == ("深圳市示例社工服务中心", "赵××")
    assert (version.event, version.source.case_number) == (EventKind.RENAMED, case.number)
    assert body.name == "深圳市示例社工服务中心"
    with acting(Actor.system("tests")):
        steps = list(case.task_rows.order_by("pk").values_list("step", flat=True))
    assert steps == ["audit", "examine", "decide"]


@pytest.mark.django_db
def test_a_change_that_changes_nothing_is_named_before_the_decision() -> None:
    body = Organization.objects.get(credit_code=SHENZHEN)
    said = {"change.items": ["name"], "change.name": body.name, "organization.has_authority": "no"}
    case = services.hand_in(alice(), services.fill(alice(), services.begin("registered-items-change", alice()), said))
    with acting(actor_of("dana")) as dana:
        assert len(actions.obstacles(actor=dana, case=case)) == 1


@pytest.mark.django_db
def test_an_approved_charter_is_a_line_of_the_history() -> None:
    case = walked("charter-approval", alice(), {"organization.has_authority": "no"})
    version = newest(Organization.objects.get(credit_code=SHENZHEN))
    assert (version.event, version.source.case_number) == (EventKind.CHARTER_APPROVED, case.number)


@pytest.mark.django_db
def test_officers_leave_and_come_by_one_filing() -> None:
    coming = {
        "officers.coming.r0001aaaa": "1",
        "officers.coming.r0001aaaa.name": "孙××",
        "officers.coming.r0001aaaa.post": "chair",
    }
    walked("officers-change", alice(), coming)
    body = Organization.objects.get(credit_code=SHENZHEN)
    assert Officer.objects.known().get(org=body).valid_to is None
    leaving = {key.replace("coming", "leaving"): value for key, value in coming.items()}
    new = {key: "周××" if key.endswith("name") else value for key, value in coming.items()}
    case = walked("officers-change", alice(), {**leaving, **new})
    known = {one.name: one for one in Officer.objects.known().filter(org=body)}
    assert known["孙××"].valid_to == today()
    assert known["周××"].valid_to is None
    assert known["孙××"].source.case_number == case.number
    stranger = {key: "吴××" if key.endswith("name") else value for key, value in leaving.items()}
    waiting = services.fill(alice(), services.begin("officers-change", alice()), stranger)
    waiting = services.hand_in(alice(), waiting)
    with acting(actor_of("dana")) as dana:
        assert len(actions.obstacles(actor=dana, case=waiting)) == 1


@pytest.mark.django_db
def test_a_cancelled_body_stays_findable_and_can_do_nothing_more() -> None:
    case = walked("cancellation", alice(), {"organization.has_authority": "no"})
    body = Organization.objects.get(credit_code=SHENZHEN)
    assert body.standing == Standing.CANCELLED
    assert newest(body).source.case_number == case.number
    other = services.fill(alice(), services.begin("certificate-replacement", alice()), {})
    other = services.hand_in(alice(), other)
    with acting(actor_of("dana")) as dana:
        assert len(actions.obstacles(actor=dana, case=other)) == 1
    with pytest.raises(RuleViolation) as refused:
        services.decide(other)
    assert refused.value.code == "registry.no_effect"


@pytest.mark.django_db
def test_in_liquidation_nothing_but_the_cancellation_takes_effect() -> None:
    body = Organization.objects.get(credit_code=SHENZHEN)
    Organization.objects.filter(pk=body.pk).update(standing=Standing.LIQUIDATION)
    case = services.hand_in(alice(), services.fill(alice(), services.begin("certificate-replacement", alice()), {}))
    with acting(actor_of("dana")) as dana:
        assert len(actions.obstacles(actor=dana, case=case)) == 1
    assert walked("cancellation", alice(), {"organization.has_authority": "no"}).state == State.APPROVED


@pytest.mark.django_db
def test_a_replaced_certificate_follows_the_old_one() -> None:
    walked("certificate-replacement", alice(), {})
    walked("certificate-replacement", alice(), {})
    body = Organization.objects.get(credit_code=SHENZHEN)
    old, new = Credential.objects.filter(org=body).order_by("pk")
    assert new.number in Revocation.objects.get(credential=old).reason
    assert not Revocation.objects.filter(credential=new).exists()
    assert Certificate.objects.filter(org=body, valid_from=today()).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "mark"), [("charity-recognition", "charity"), ("public-fundraising-certificate", "public_fundraising")]
)
def test_a_body_is_recognised_once(code: str, mark: str) -> None:
    said = {"organization.since": "2020-1-2", "council.directors": "9", "council.supervisors": "3"}
    said |= {"council.related": "0", "council.overseas": "0"}
    walked(code, alice(), said)
    body = Organization.objects.get(credit_code=SHENZHEN)
    assert Mark.objects.as_of(today()).get(org=body, code=mark).value == "yes"
    again = services.hand_in(alice(), services.fill(alice(), services.begin(code, alice()), words(code, said)))
    with acting(actor_of("dana")) as dana:
        assert len(actions.obstacles(actor=dana, case=again)) == 1


@pytest.mark.django_db
def test_a_social_group_makes_its_branch_known_and_a_service_institution_may_not() -> None:
    services.allot_codes()
    group = body_of(walked("social-group-establishment", services.verified(), GROUP))
    rita = services.acting_for("rita", group)
    said = {"branch.kind": "branch", "branch.name": f"{group.name}老年工作委员会", "branch.since": "2026-5-6"}
    case = walked("branch-record", rita, said)
    branch = Branch.objects.get(org=group)
    assert (branch.name, branch.source.case_number) == (said["branch.name"], case.number)
    with pytest.raises(RuleViolation) as refused:
        services.begin("branch-record", alice())
    assert refused.value.code == "cases.wrong_kind"


@pytest.mark.django_db
def test_a_filed_group_becomes_a_registered_body_and_its_past_stays() -> None:
    services.allot_codes()
    group = body_of(people.approved())
    rita = services.acting_for("rita", group)
    case = walked("community-group-promotion", rita, {**BODY, "body.kind": "service"})
    body = body_of(case)
    group.refresh_from_db()
    assert (body.kind, group.standing) == (Kind.SERVICE, Standing.CANCELLED)
    line = Lineage.objects.get(from_org=group)
    assert (line.to_org_id, line.source.case_number) == (body.pk, case.number)
    assert Membership.objects.get(org=body).person_id == account_of("rita").person_id


@pytest.mark.django_db
def test_a_major_activity_is_made_known_and_changes_nothing_in_the_register() -> None:
    before = Version.objects.count()
    assert walked("major-activity-filing", alice(), {}).state == State.APPROVED
    assert Version.objects.count() == before


# --- all of them ---


def test_every_service_has_a_guide_with_its_basis_and_a_social_group_names_its_rule_set() -> None:
    found = read_types(type_files())
    assert len(found) >= 15
    for definition in found.values():
        assert definition.guide.basis
        of_groups = [one for one in definition.guide.basis if "社会团体登记管理条例" in one.law]
        assert bool(of_groups) <= (definition.guide.rule_set == "SG-2016"), definition.code
        if definition.nature is Nature.LICENCE:
            assert definition.limits.accept == "licence.correction_days", definition.code
            assert definition.limits.decide, definition.code


@pytest.mark.django_db
def test_the_rules_of_a_service_judge_its_draft() -> None:
    services.allot_codes()
    rita = services.verified()
    said = {**GROUP, "members.individuals": "3"}
    case = services.fill(rita, services.begin("social-group-establishment", rita), said)
    with acting(rita):
        broken = [one.rule_id for one in findings(case, check_case(actor=rita, case=case).answers) if one.is_broken]
    assert "social_group.members" in broken
