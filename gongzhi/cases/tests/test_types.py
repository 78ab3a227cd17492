"""Case types: every mistake named by its line, published once, frozen, and a new service from a file alone."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from pathlib import Path

import pytest
import yaml
from django.test import Client, override_settings

from gongzhi.accounts import actions as accounts
from gongzhi.cases import actions
from gongzhi.cases.actions.types import type_files
from gongzhi.cases.actions.watching import watch_clocks
from gongzhi.cases.commands import check_types
from gongzhi.cases.definitions import BadCaseType, Condition, read_file, read_text
from gongzhi.cases.definitions.schema import NUMBERS
from gongzhi.cases.enums import Event, Outcome, State
from gongzhi.cases.models import Case, CaseType, Task
from gongzhi.cases.selectors import check_case, facts_of, findings
from gongzhi.cases.tests import people
from gongzhi.config.seeds import SEEDER
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.acting import for_agency
from gongzhi.orgs.enums import AgencyKind, Role
from gongzhi.orgs.models import Agency
from gongzhi.rulebook.enums import Verdict
from tests.test_access import signed_in
from tests.world import PASSWORD, actor_of

FILING = next(one for one in type_files() if one.stem == "community-group-filing")
GOOD = FILING.read_text(encoding="utf-8")


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadCaseType) as found:
        read_text(text, name="x.yaml")
    return list(found.value.problems)


def line_of(text: str, part: str) -> int:
    return next(at for at, line in enumerate(text.splitlines(), 1) if part in line)


def test_every_packaged_file_can_be_published() -> None:
    assert check_types([], as_json=False) == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("nature: filing", "nature: gift", "nature"),
        ("    fields:\n      - key: name", "    fields:\n      - kez: name", "kez"),
        ("        type: date", "        type: dat", "type"),
        ("prefix: BA", "prefix: ba", "prefix"),
        ("named_by: group.name", "named_by: people.leader", "named_by"),
        ("when: {field: group.hosted", "when: {field: group.nothing", "no question asked before"),
        ("material: rules", "material: nothing", "material"),
        ("kind: decide", "kind: review", "decision"),
        ("kinds: [registry, community]", "kinds: []", "kinds"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, said: str) -> None:
    assert old in GOOD
    found = mistakes(GOOD.replace(old, new, 1))
    assert any(said in one for one in found), found
    assert all(one.startswith("x.yaml:") and one.split(":")[1].isdigit() for one in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: review, title", "kind: consent, title", "say who is asked"),
        ("kind: review, title", "kind: consent, of: group.name, title", "no question that names an agency"),
        ("kind: review, title", "kind: consent, of: group.name, by: [authority], title", "either kinds of agency"),
        ("kind: review, title", "kind: review, when: {field: group.nobody, filled: true}, title", "no question asked"),
        ("kind: decide, title", "kind: decide, when: {field: group.hosted, is: 'yes'}, title", "decides, always"),
        ("        type: text", "        type: agency", "kinds of agency"),
    ],
)
def test_a_step_names_a_question_that_names_an_agency(old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert any(said in one for one in mistakes(GOOD.replace(old, new, 1)))


def test_the_line_is_the_right_one() -> None:
    text = GOOD.replace("type: date", "type: dat", 1)
    assert mistakes(text)[0].startswith(f"x.yaml:{line_of(text, 'type: dat')}:")
    twice = GOOD.replace("prefix: BA", "prefix: BA\nprefix: BB", 1)
    assert mistakes(twice)[0].startswith(f"x.yaml:{line_of(twice, 'prefix: BB')}:")
    assert "not YAML" in mistakes("a: [")[0] or "expected" in mistakes("a: [")[0]


def test_a_number_of_the_law_in_a_sentence_is_refused() -> None:
    for words in ("收到之日起30日内", "五个工作日内", "不少于3万元", "within 20 working days"):
        assert NUMBERS.search(words), words
    for words in ("2023年", "第三十二条", "日常活动", "18岁以上"):
        assert not NUMBERS.search(words), words
    assert any("number of the law" in one for one in mistakes(GOOD.replace("没有固定格式", "30日内提交", 1)))


def test_nothing_in_a_file_is_evaluated() -> None:
    for text in ("a: !!python/object/apply:os.system [ls]", "a: &x 1\nb: *x"):
        mistakes(text)
    with pytest.raises(ValueError, match="compares one field"):
        Condition.model_validate({"field": "a.b", "is": "1", "filled": True})


def test_conditions_hold_for_texts_and_several_choices() -> None:
    condition = Condition.model_validate(
        {"any": [{"field": "a.b", "in": ["x", "y"]}, {"not": {"field": "a.c", "filled": True}}]}
    )
    assert condition.holds({"a.b": "x", "a.c": "1"})
    assert condition.holds({"a.b": ["z", "y"], "a.c": "1"})
    assert condition.holds({})
    assert not condition.holds({"a.b": "z", "a.c": "1"})


def test_the_command_says_what_is_wrong_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        GOOD.replace("handler: registry.file_community_group", "handler: registry.nothing"), encoding="utf-8"
    )
    assert check_types([bad], as_json=False) == 3
    assert f"bad.yaml:{line_of(bad.read_text(encoding='utf-8'), 'registry.nothing')}:" in capsys.readouterr().err
    assert check_types([], as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    filing = next(one for one in told["services"] if one["code"] == people.FILING)
    assert filing["handler"] == "registry.file_community_group"
    assert filing["fields"] > 15


@pytest.mark.django_db
def test_publishing_the_same_again_changes_nothing_and_a_change_is_a_new_version() -> None:
    before = people.filing()
    case = people.begin()
    definition = read_file(FILING)
    with acting(SEEDER) as seeder:
        assert actions.publish_type(actor=seeder, definition=definition).pk == before.pk
        changed = read_text(GOOD.replace("不收费", "免费", 1), name="x")
        after = actions.publish_type(actor=seeder, definition=changed)
    assert (after.version, after.pk != before.pk) == (before.version + 1, True)
    assert people.filing().pk == after.pk
    with acting(Actor.system("tests")):
        assert Case.objects.get(pk=case.pk).type_id == before.pk
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):
        actions.publish_type(actor=dana, definition=definition)
    with acting(actor_of("rita")) as rita, pytest.raises(RuleViolation, match="not_published"):
        actions.start_case(actor=rita, case_type=CaseType.objects.get(pk=before.pk), agency=people.office())


@pytest.mark.django_db
def test_a_new_service_of_fifteen_fields_is_a_file_and_no_python(tmp_path: Path) -> None:
    fields = [
        {"key": f"q{number}", "type": "text", "label": {"zh": f"问题{number}", "en": f"Question {number}"}}
        for number in range(15)
    ]
    body = {
        "code": "quick-report",
        "title": {"zh": "示例报告", "en": "Example report"},
        "nature": "report",
        "prefix": "SL",
        "applicants": {"persons": True},
        "office": {"kinds": ["registry"]},
        "guide": {
            "summary": {"zh": "示例", "en": "Example"},
            "result": {"zh": "回执", "en": "A receipt"},
            "conditions": [{"text": {"zh": "没有", "en": "None"}}],
            "fee": {"zh": "不收费", "en": "Free"},
            "basis": [{"law": "示例规定", "evidence": "G"}],
            "visits": 0,
        },
        "named_by": "main.q0",
        "sections": [{"key": "main", "title": {"zh": "内容", "en": "Content"}, "fields": fields}],
        "steps": [{"key": "decide", "kind": "decide", "title": {"zh": "决定", "en": "Decision"}}],
        "decision": {"approved": {"zh": "同意", "en": "Agreed"}, "refused": {"zh": "不同意", "en": "Not agreed"}},
    }
    (tmp_path / "quick.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    with override_settings(CASE_TYPES=[str(tmp_path)]), acting(SEEDER) as seeder:
        assert [one.code for one in actions.load_types(actor=seeder)] == ["quick-report"]
    rita, dana = signed_in(Client(), "rita"), signed_in(Client(), "dana")
    assert "示例报告" in rita.get("/services/quick-report/").content.decode()
    begun = rita.post("/services/quick-report/begin/", {"office": str(people.office().pk)})
    url = begun.headers["Location"]
    shown = " ".join(f"q{number}" for number in range(15))
    answers = {f"q{number}": f"答{number}" for number in range(15)}
    assert rita.post(f"{url}form/main/", {"shown": shown, "base": "0", "do": "next", **answers}).status_code == 302
    assert rita.post(f"{url}check/", {}).status_code == 302
    office = f"/workbench/cases/{url.strip('/').rpartition('/')[2]}/"
    assert dana.post(f"{office}return/", {"fault:main.q3": "不完整"}).status_code == 302
    assert rita.post(f"{url}form/main/", {"shown": "q3", "q3": "完整", "base": "99", "do": "next"}).status_code == 302
    assert rita.post(f"{url}check/", {}).status_code == 302
    for verb in ("accept", "approve"):
        assert dana.post(f"{office}{verb}/", {}).status_code == 302, verb
    with acting(Actor.system("tests")):
        assert Case.objects.get().state == "approved"


@pytest.mark.django_db
def test_rules_judge_a_draft_by_the_facts_its_fields_name_and_advice_refuses_nothing() -> None:
    case = people.fill(people.begin(), people={"members": "3"})
    with acting(actor_of("rita")) as rita:
        checked = check_case(actor=rita, case=case)
        assert facts_of(case.type.definition, checked.answers) == {"community_group.members": 3}
        found = findings(case, checked.answers)
        assert [one.rule_id for one in found] == ["community_group.members"]
        assert found[0].verdict == Verdict.DOES_NOT_APPLY  # the number is a local one, and Shenzhen has none
        case.agency.path = "32/3210/321002/"
        found = findings(case, checked.answers)
        assert found[0].verdict == Verdict.BROKEN
        assert not found[0].refuses
    people.hand_in(case)


@pytest.mark.parametrize(
    ("old", "new"), [("community_group.members]", "nothing.here]"), ("fact: community", "fact: nobody")]
)
def test_a_rule_or_a_fact_nobody_knows_is_named(tmp_path: Path, old: str, new: str) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    assert check_types([bad], as_json=False) == 3


def consenting(tmp_path: Path) -> None:
    """A service in which the province's business authority and an industry department are asked before the decision."""
    body = yaml.safe_load(GOOD)
    body |= {"code": "asked-first", "prefix": "XS"}
    body["steps"] = [
        {"key": "consent", "kind": "consent", "by": ["authority"], "title": {"zh": "主管单位同意", "en": "Consent"}},
        {
            "key": "together",
            "kind": "together",
            "by": ["authority", "industry"],
            "title": {"zh": "会签", "en": "Together"},
        },
        {"key": "decide", "kind": "decide", "two_persons": True, "title": {"zh": "决定", "en": "Decision"}},
    ]
    (tmp_path / "asked.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    with override_settings(CASE_TYPES=[str(tmp_path)]), acting(SEEDER) as seeder:
        actions.load_types(actor=seeder)


def official(login: str, agency: str, kind: AgencyKind, path: str, role: Role) -> Actor:
    """Somebody of another office."""
    with acting(SEEDER) as seeder:
        account = accounts.create_account(actor=seeder, name="周××", password=PASSWORD, email=f"{login}@world.example")
        found = Agency.objects.filter(name=agency).first()
        office = found or orgs.found_agency(actor=seeder, name=agency, kind=kind, path=path)
        orgs.appoint(actor=seeder, person=account.person, agency=office, role=role)
    actor = for_agency(account, office.pk, uuid.uuid4())
    assert actor is not None
    return actor


@pytest.mark.django_db
def test_other_authorities_are_asked_one_after_the_other_and_side_by_side_and_two_people_decide(tmp_path: Path) -> None:
    consenting(tmp_path)
    above = official("pia", "广东省××厅", AgencyKind.AUTHORITY, "44/", Role.OVERSEER)
    beside = official("ina", "深圳市××局", AgencyKind.INDUSTRY, "44/4403/", Role.INDUSTRY_OFFICER)
    second = official("dong", "深圳市民政局", AgencyKind.REGISTRY, "44/4403/", Role.REGISTRAR)
    with acting(actor_of("rita")) as rita:
        case = actions.start_case(
            actor=rita, case_type=CaseType.objects.published().get(code="asked-first"), agency=people.office()
        )
    people.hand_in(people.fill(case))
    with acting(actor_of("dana")) as dana:
        case = actions.accept_case(actor=dana, case=case)
        assert not Task.objects.filter(case=case, agency_id=dana.agency_id or 0).exists()
        with pytest.raises(RuleViolation):
            actions.decide(actor=dana, case=case, outcome=Outcome.APPROVED)
    with acting(above):
        assert Case.objects.visible_to(above).with_office(above.agency_id or 0).filter(pk=case.pk).exists()
        task = Task.objects.get(case=case, agency_id=above.agency_id or 0, done_at=None)
        with pytest.raises(RuleViolation) as refused:
            actions.finish_step(actor=above, case=case, task=task, agrees=False)
        assert refused.value.field == "reason"
        case = actions.finish_step(actor=above, case=case, task=task, opinion="同意")
    with acting(beside), pytest.raises(Task.DoesNotExist):  # another office's task is not even seen
        with acting(above) as other:
            task = Task.objects.get(case=case, agency_id=above.agency_id or 0, done_at=None)
        assert other
        actions.finish_step(actor=beside, case=case, task=task)
    for actor in (above, beside):
        with acting(actor):
            task = Task.objects.get(case=case, agency_id=actor.agency_id or 0, done_at=None)
            case = actions.finish_step(actor=actor, case=case, task=task, opinion="会签意见")
    with acting(actor_of("dana")) as dana:
        actions.decide(actor=dana, case=case, outcome=Outcome.APPROVED)
        with pytest.raises(NotAllowed):
            actions.confirm_decision(actor=dana, case=case)
        assert Case.objects.get(pk=case.pk).state == "accepted"
    with acting(second):
        actions.drop_proposal(actor=second, case=case, reason="再核对一次")
    with acting(actor_of("dana")) as dana:
        actions.decide(actor=dana, case=case, outcome=Outcome.APPROVED)
    with acting(second):
        actions.confirm_decision(actor=second, case=case)
        decided = Case.objects.get(pk=case.pk)
    assert decided.state == "approved"
    assert decided.subject_org_id is not None


@pytest.mark.django_db
def test_the_time_for_objections_ends_by_itself_and_the_office_goes_on(tmp_path: Path) -> None:
    body = yaml.safe_load(GOOD)
    body |= {"code": "announced-first", "prefix": "GS"}
    said = {"zh": "公示", "en": "Announcement"}
    body["steps"].insert(
        1, {"key": "announce", "kind": "publicity", "limit": "assessment.publicity_days", "title": said}
    )
    (tmp_path / "announced.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    with override_settings(CASE_TYPES=[str(tmp_path)]), acting(SEEDER) as seeder:
        actions.load_types(actor=seeder)
    with acting(actor_of("rita")) as rita:
        case_type = CaseType.objects.published().get(code="announced-first")
        case = actions.start_case(actor=rita, case_type=case_type, agency=people.office())
    people.hand_in(people.fill(case))
    with acting(actor_of("dana")) as dana:
        case = actions.accept_case(actor=dana, case=case)
        actions.finish_step(actor=dana, case=case, task=case.task_rows.get(done_at=None))
        case = Case.objects.select_related("type", "agency").get(pk=case.pk)
        assert case.state == State.PUBLICITY
        with pytest.raises(RuleViolation):
            actions.decide(actor=dana, case=case, outcome=Outcome.APPROVED)
        last = case.due_on
    assert last is not None
    with acting(Actor.system("cases.watch_clocks")) as clock:
        assert watch_clocks(actor=clock, at=dt.datetime.combine(last, dt.time(4), dt.UTC)) == 0
        following = last + dt.timedelta(days=1)
        assert watch_clocks(actor=clock, at=dt.datetime.combine(following, dt.time(4), dt.UTC)) == 1
        assert watch_clocks(actor=clock, at=dt.datetime.combine(following, dt.time(4), dt.UTC)) == 0
        case = Case.objects.select_related("type", "agency").get(pk=case.pk)
        assert (case.state, case.step) == (State.ACCEPTED, "decide")
        assert list(case.status_rows.order_by("-pk").values_list("event", flat=True))[:2] == [
            Event.PUBLICITY_OVER,
            Event.ANNOUNCED,
        ]
        assert [one.step for one in case.task_rows.filter(done_at=None)] == ["decide"]
    with acting(actor_of("dana")) as dana:
        actions.decide(actor=dana, case=case, outcome=Outcome.APPROVED)
