"""Cases that go to another office, belong together, come near the day of silence, or are overdue; and who stands in."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account
from gongzhi.audit.models import Event as AuditEvent
from gongzhi.cases import actions, clocks
from gongzhi.cases.actions.warning import escalate_overdue, warn_officers
from gongzhi.cases.enums import ClockKind, Event, Outcome
from gongzhi.cases.models import Case, CaseType, Clock, Decision, Message, Note, Status, Submission, Task
from gongzhi.cases.tests import people
from gongzhi.cases.tests.test_pages import signed_in, text_of
from gongzhi.config.seeds import SEEDER
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import SHANGHAI, today
from gongzhi.notify.models import Message as Notice
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.acting import for_agency
from gongzhi.orgs.actions import covers
from gongzhi.orgs.enums import AgencyKind, Role
from gongzhi.orgs.models import Agency
from gongzhi.reference import calendar
from gongzhi.rulebook import selectors as rulebook
from tests.world import PASSWORD, account_of, actor_of

SYSTEM = Actor.system("cases.watch_clocks")
HANGZHOU = "浙江省民政厅"


def at_noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=SHANGHAI)


def another(name: str, role: Role = Role.REGISTRAR) -> Account:
    """One more official of Dana's office."""
    with acting(SEEDER) as actor:
        account = accounts.create_account(
            actor=actor, name=name, password=PASSWORD, email=f"{uuid.uuid4().hex}@x.example"
        )
        orgs.appoint(actor=actor, person=account.person, agency=people.office(), role=role)
    return account


def told(person: int, kind: str) -> int:
    with acting(SYSTEM):
        return Notice.objects.filter(person_id=person, kind=kind).count()


def now(case: Case) -> Case:
    with acting(SYSTEM):
        return Case.objects.select_related("type", "agency").get(pk=case.pk)


# --- to another office ---


@pytest.mark.django_db
def test_a_case_goes_to_another_office_with_everything_and_its_time_runs_on() -> None:
    case = people.accepted()
    with acting(actor_of("rita")) as rita:
        question = actions.ask_office(actor=rita, case=case, text="何时办结？")
    with acting(actor_of("dana")) as dana:
        actions.add_note(actor=dana, case=case, text="已电话核实")
        before = [(one.clock.kind, one.due) for one in clocks.limits_of(now(case))]
        actions.transfer_case(actor=dana, case=case, agency=people.office(HANGZHOU), reason="属于贵厅管辖")
        assert not Case.objects.visible_to(dana).filter(pk=case.pk).exists()
        with pytest.raises(Case.DoesNotExist):
            actions.finish_step(actor=dana, case=case, task=Task(pk=0))
    with acting(actor_of("edith")) as edith:
        moved = Case.objects.visible_to(edith).select_related("type", "agency").get(pk=case.pk)
        assert (moved.agency.name, moved.assignee, moved.path) == (HANGZHOU, None, "33/")
        assert [(one.clock.kind, one.due) for one in clocks.limits_of(moved)] == before
        assert before
        for model in (Status, Submission, Clock, Note):
            assert model.objects.filter(case=case).exists(), model
        assert Message.objects.open_questions().get().agency_id == moved.agency_id
        task = Task.objects.get(case=case, done_at=None)
        actions.answer_question(actor=edith, question=question, text="两日内")
        actions.finish_step(actor=edith, case=moved, task=task)
        actions.decide(actor=edith, case=moved, outcome=Outcome.REFUSED, reason="不属社区社会组织")
    page = text_of(signed_in("rita").get(f"/cases/{case.public_id}/"))
    assert "属于贵厅管辖" in page
    assert f"深圳市民政局 → {HANGZHOU}" in page
    assert "属于贵厅管辖" in text_of(signed_in("edith").get(f"/workbench/cases/{case.public_id}/"))
    assert told(account_of("rita").person_id, "cases.case_transferred") == 1
    assert told(account_of("edith").person_id, "cases.case_waits") == 1
    assert AuditEvent.objects.filter(case_id=case.pk, event="cases.case.transferred").count() == 1


@pytest.mark.django_db
def test_a_transfer_is_refused_to_who_may_not_to_the_wrong_office_and_without_a_reason() -> None:
    case = people.handed_in()
    target = people.office(HANGZHOU)
    for name in ("rita", "rosa"):
        with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
            actions.transfer_case(actor=actor, case=case, agency=target, reason="x")
    with acting(actor_of("edith")) as edith, pytest.raises(Case.DoesNotExist):
        actions.transfer_case(actor=edith, case=case, agency=target, reason="x")
    with acting(actor_of("dana")) as dana:
        for agency, reason in (
            (people.office(), "x"),
            (people.office("平台运营单位"), "x"),
            (target, " "),
        ):
            with pytest.raises(RuleViolation):
                actions.transfer_case(actor=dana, case=case, agency=agency, reason=reason)
    with acting(actor_of("rita")) as rita:
        actions.withdraw_case(actor=rita, case=case)
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):
        actions.transfer_case(actor=dana, case=case, agency=target, reason="x")


@pytest.mark.django_db
def test_a_case_is_handed_over_by_page_and_an_unclear_name_is_asked_back() -> None:
    case = people.handed_in()
    dana, act = signed_in("dana"), f"/workbench/cases/{case.public_id}/transfer/"
    nowhere = dana.post(act, {"to": "没有这个机关", "reason": "理由还在"})
    assert nowhere.status_code == 422
    assert "理由还在" in text_of(nowhere)
    with acting(SEEDER) as seeder:
        for path in ("11/", "12/"):
            orgs.found_agency(actor=seeder, name=f"示例民政局{path[:2]}", kind=AgencyKind.REGISTRY, path=path)
    several = dana.post(act, {"to": "示例民政局", "reason": "管辖"})
    assert several.status_code == 422
    assert "示例民政局11" in text_of(several)
    chosen = Agency.objects.get(name="示例民政局12")
    assert dana.post(act, {"to": "示例民政局", "reason": "管辖", "office": str(chosen.pk)}).status_code == 302
    assert now(case).agency_id == chosen.pk
    assert dana.get(f"/workbench/cases/{case.public_id}/").status_code == 404


# --- belonging together ---


@pytest.mark.django_db
def test_two_cases_of_one_applicant_are_linked_and_both_pages_say_so() -> None:
    one, two = people.handed_in(), people.handed_in()
    rita, dana = signed_in("rita"), signed_in("dana")
    assert rita.post(f"/cases/{one.public_id}/link/", {"number": "BA-2026-999999"}).status_code == 422
    assert rita.post(f"/cases/{one.public_id}/link/", {"number": one.number}).status_code == 422
    assert rita.post(f"/cases/{one.public_id}/link/", {"number": str(two.number).lower()}).status_code == 302
    assert rita.post(f"/cases/{one.public_id}/link/", {"number": two.number}).status_code == 302  # once more is once
    for here, there in ((one, two), (two, one)):
        assert str(there.number) in text_of(rita.get(f"/cases/{here.public_id}/"))
        assert str(there.number) in text_of(dana.get(f"/workbench/cases/{here.public_id}/"))
    with acting(actor_of("victor")) as victor, pytest.raises(Case.DoesNotExist):
        actions.link_cases(actor=victor, case=one, number=str(two.number))
    with acting(actor_of("rosa")) as rosa, pytest.raises(NotAllowed):
        actions.link_cases(actor=rosa, case=one, number=str(two.number))
    other = people.handed_in("victor")
    assert dana.post(f"/workbench/cases/{one.public_id}/link/", {"number": str(other.number)}).status_code == 422


# --- leave cover ---


@pytest.mark.django_db
def test_who_stands_in_handles_cases_for_the_time_of_the_cover_and_the_record_says_for_whom() -> None:
    deputy = another("代××", Role.READER)
    office = people.office()
    case = people.handed_in()
    alone = for_agency(deputy, office.pk, uuid.uuid4())
    assert alone is not None
    with acting(alone) as actor, pytest.raises(NotAllowed):
        actions.accept_case(actor=actor, case=case)
    with acting(actor_of("dana")) as dana:
        covers.give_cover(actor=dana, deputy=deputy.person_id, since=today(), until=today())
    standing_in = for_agency(deputy, office.pk, uuid.uuid4())
    assert standing_in is not None
    with acting(standing_in) as actor:
        actions.accept_case(actor=actor, case=case)
    recorded = AuditEvent.objects.get(case_id=case.pk, event="cases.case.accepted")
    assert recorded.covers == [account_of("dana").person_id]
    assert recorded.person_id == deputy.person_id


@pytest.mark.django_db
def test_a_cover_does_not_let_one_person_decide_as_two() -> None:
    case = people.examined()
    two = another("副××")
    with acting(SYSTEM):
        Task.objects.filter(case=case).update(assignee=None)
    with acting(actor_of("dana")) as dana:
        covers.give_cover(actor=dana, deputy=two.person_id, since=today(), until=today())
    covering = for_agency(two, people.office().pk, uuid.uuid4())
    assert covering is not None
    with acting(covering) as actor:
        proposed = Decision.objects.create(
            case=case, person_id=case.person_id, org_id=case.org_id, path=case.path, outcome="approved",
            by_person=two.person_id, needs_second=True,
        )  # fmt: skip
        with pytest.raises(NotAllowed):
            actions.confirm_decision(actor=actor, case=case)
        assert proposed.second_by is None


# --- before silence, and after the day ---


@pytest.fixture
def licence() -> None:
    """The filing as a licence, for whose application silence counts."""
    row = CaseType.objects.published().get(code=people.FILING)
    body = row.body | {"nature": "licence"}
    with acting(SEEDER):
        CaseType.objects.filter(pk=row.pk).update(state="retired")
        CaseType.objects.create(
            code=row.code, version=row.version + 1, body=body, sha256=b"l" * 32, state="published",
            published_at=row.published_at,
        )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.usefixtures("licence")
def test_officer_and_deputy_are_warned_on_the_two_days_of_the_rulebook_each_once() -> None:
    case = people.handed_in()
    deputy = another("代××")
    dana = account_of("dana").person_id
    with acting(actor_of("dana")) as officer:
        actions.take_case(actor=officer, case=case)
    with acting(SYSTEM):
        start = Clock.objects.get(case=case, kind=ClockKind.ACCEPT).started_on
    first, second = (
        calendar.add_working_days(start, int(rulebook.parameter(code).number)).date
        for code in ("licence.warn_first_days", "licence.warn_second_days")
    )
    with acting(actor_of("dana")) as officer:
        covers.give_cover(actor=officer, deputy=deputy.person_id, since=second, until=second)
    with acting(SYSTEM) as clock:
        assert warn_officers(actor=clock, at=at_noon(first - dt.timedelta(days=1))) == 0
        assert warn_officers(actor=clock, at=at_noon(first)) == 1
        assert warn_officers(actor=clock, at=at_noon(first)) == 0
        assert warn_officers(actor=clock, at=at_noon(second)) == 2
        assert warn_officers(actor=clock, at=at_noon(second)) == 0
    assert (told(dana, "cases.silence_near"), told(deputy.person_id, "cases.silence_near")) == (2, 1)
    with acting(actor_of("dana")) as officer:
        actions.accept_case(actor=officer, case=case)
        with pytest.raises(NotAllowed):
            warn_officers(actor=officer)
    with acting(SYSTEM) as clock:
        assert warn_officers(actor=clock, at=at_noon(second + dt.timedelta(days=1))) == 0


@pytest.mark.django_db
def test_a_filing_is_not_warned_about_because_silence_does_not_accept_it() -> None:
    people.handed_in()
    with acting(SYSTEM) as clock:
        assert warn_officers(actor=clock, at=at_noon(today() + dt.timedelta(days=5))) == 0


@pytest.mark.django_db
def test_what_is_overdue_goes_to_the_head_once_and_both_sides_read_it() -> None:
    case, other = people.handed_in(), people.handed_in()
    head = another("首××", Role.HEAD)
    with acting(SYSTEM) as clock:
        Case.objects.filter(pk=case.pk).update(due_on=today() - dt.timedelta(days=1), due_settled=True)
        assert escalate_overdue(actor=clock) == 1
        assert escalate_overdue(actor=clock) == 0
        assert list(Status.objects.filter(event=Event.ESCALATED).values_list("case_id", flat=True)) == [case.pk]
    assert told(head.person_id, "cases.case_overdue") == 1
    assert told(account_of("dana").person_id, "cases.case_overdue") == 0
    for name, page in (("rita", f"/cases/{case.public_id}/"), ("dana", f"/workbench/cases/{case.public_id}/")):
        assert "已告知机关负责人" in text_of(signed_in(name).get(page)), name
    assert "已告知机关负责人" not in text_of(signed_in("rita").get(f"/cases/{other.public_id}/"))
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):
        escalate_overdue(actor=dana)


# --- what figures are made of ---


@pytest.mark.django_db
def test_a_decided_case_keeps_how_long_it_took_and_whether_that_was_in_time() -> None:
    late = people.examined()
    with acting(SYSTEM):
        Clock.objects.filter(case=late).update(started_on=today() - dt.timedelta(days=90))
    with acting(actor_of("dana")) as dana:
        actions.decide(actor=dana, case=late, outcome=Outcome.REFUSED, reason="x")
    assert now(late).was_on_time is False
    withdrawn = people.handed_in()
    with acting(actor_of("rita")) as rita:
        actions.withdraw_case(actor=rita, case=withdrawn)
    assert now(withdrawn).was_on_time is None
    assert now(withdrawn).closed_at is not None
    case = now(people.approved())
    assert (case.days_used, case.was_on_time, case.findings) == (0, True, 0)
