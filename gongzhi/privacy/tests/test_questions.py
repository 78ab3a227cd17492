"""Why did you look? Asked by whose data they are, answered by the office, late in sight; and the monthly notice."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.audit.looks import Looking
from gongzhi.audit.models import Event, Look
from gongzhi.config import commands
from gongzhi.core import jobs
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify.models import Message
from gongzhi.privacy import actions
from gongzhi.privacy.enums import QuestionState
from gongzhi.privacy.models import Question, ToldMonth
from gongzhi.privacy.selectors import Owner, first_of_month, looked
from gongzhi.privacy.tests.test_looked import SYSTEM, hold, rita, seen
from gongzhi.reference import calendar
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db


def asked(says: str = "为什么看我的手机号？") -> Question:
    """Dana looked, Rita asks why."""
    seen()
    with acting(actor_of("rita")) as actor:
        return actions.ask_why(actor=actor, look_id=Look.objects.latest("id").pk, says=says)


def messages(name: str) -> list[str]:
    with acting(SYSTEM):
        return list(
            Message.objects.filter(person_id=account_of(name).person_id, kind__startswith="privacy.")
            .order_by("pk")
            .values_list("kind", flat=True)
        )


# --- asking ---


def test_a_question_goes_to_the_office_that_looked_with_a_day_in_working_days() -> None:
    question = asked()
    assert question.agency_id == actor_of("dana").agency_id
    assert question.due_on == calendar.add_working_days(today(), 5).date
    assert messages("dana") == ["privacy.question_asked"]
    assert messages("edith") == messages("rosa") == []  # another office, and one who may not answer
    assert Event.objects.filter(event="privacy.question.asked", subject_id=question.pk).exists()


def test_one_look_is_asked_about_once_and_only_by_whose_data_they_are() -> None:
    question = asked()
    with pytest.raises(RuleViolation, match="asked_already"), acting(actor_of("rita")) as actor:
        actions.ask_why(actor=actor, look_id=question.look_id)
    with pytest.raises(NotAllowed), acting(actor_of("dana")) as actor:
        actions.ask_why(actor=actor, look_id=question.look_id)
    stranger = Actor(kind=ActorKind.PERSON, scope=Scope(person=account_of("rosa").person_id))
    with pytest.raises(Look.DoesNotExist), acting(stranger) as actor:
        actions.ask_why(actor=actor, look_id=question.look_id)
    with pytest.raises(RuleViolation, match="too_long"), acting(actor_of("rita")) as actor:
        seen()
        actions.ask_why(actor=actor, look_id=Look.objects.latest("id").pk, says="啊" * 2001)


def test_a_look_that_is_held_back_cannot_be_asked_about() -> None:
    seen(looking=Looking(hold_id=hold().pk))
    with pytest.raises(Look.DoesNotExist), acting(actor_of("rita")) as actor:
        actions.ask_why(actor=actor, look_id=Look.objects.latest("id").pk)


def test_what_the_platform_itself_read_is_asked_of_its_operator() -> None:
    from gongzhi.audit.looks import write_look

    write_look(actor=SYSTEM, subject_kind="accounts.person", subject_id=1, purpose="x", owner=(rita().pk, None))
    with acting(actor_of("rita")) as actor:
        question = actions.ask_why(actor=actor, look_id=Look.objects.latest("id").pk)
    assert question.agency_id == actor_of("adam").agency_id


def test_an_organization_asks_and_is_asked_likewise() -> None:
    from gongzhi.audit.looks import write_look

    ours = Actor(kind=ActorKind.ORGANIZATION, scope=Scope(org=12), org_id=12)
    theirs = Actor(
        kind=ActorKind.ORGANIZATION, scope=Scope(org=13), org_id=13, permissions=frozenset({"privacy.answer"})
    )
    write_look(actor=theirs, subject_kind="files.upload", subject_id=1, purpose="registry.list", owner=(None, 12))
    with acting(ours) as actor:
        question = actions.ask_why(actor=actor, look_id=Look.objects.latest("id").pk)
    with acting(theirs) as actor:
        assert Question.objects.visible_to(actor).get() == question
        actions.answer_why(actor=actor, question=question, answer="示例答复")
    with acting(ours):
        assert looked(Owner(org=12)).rows[0].question.answer == "示例答复"  # type: ignore[union-attr]


# --- answering ---


def test_the_office_answers_and_the_person_reads_it_beside_the_look(client: Client) -> None:
    question = asked()
    with acting(actor_of("dana")) as actor:
        actions.answer_why(actor=actor, question=question, answer="核对您的报名表。")
    assert messages("rita") == ["privacy.question_answered"]
    text = signed_in(client, "rita").get("/my/looked/", secure=True).content.decode()
    assert "核对您的报名表。" in text
    with pytest.raises(RuleViolation, match="wrong_state"), acting(actor_of("dana")) as actor:
        actions.answer_why(actor=actor, question=question, answer="又一个")


@pytest.mark.parametrize("name", ["adam", "rosa", "rita"])
def test_nobody_else_answers(name: str) -> None:
    question = asked()
    with pytest.raises((NotAllowed, Question.DoesNotExist)), acting(actor_of(name)) as actor:
        actions.answer_why(actor=actor, question=question, answer="示例")
    with pytest.raises(RuleViolation, match="answer_missing"), acting(actor_of("dana")) as actor:
        actions.answer_why(actor=actor, question=question, answer=" ")


def test_the_whole_way_by_page_without_a_script(client: Client) -> None:
    seen()
    person = signed_in(Client(), "rita")
    page = person.get("/my/looked/", secure=True).content.decode()
    address = re.search(r'href="(/my/looked/\d+/why/)"', page)
    assert address is not None
    assert (
        calendar.add_working_days(today(), 5).date.isoformat() in person.get(address[1], secure=True).content.decode()
    )
    assert person.post(address[1], {"says": "为什么？"}, secure=True).status_code == 302
    assert person.post(address[1], {"says": "留着这句"}, secure=True).status_code == 422
    office = signed_in(Client(), "dana")
    listed = office.get("/workbench/questions/", secure=True).content.decode()
    answer = re.search(r'href="(/workbench/questions/\w+/)"', listed)
    assert answer is not None
    assert "为什么？" in office.get(answer[1], secure=True).content.decode()
    assert office.post(answer[1], {"answer": ""}, secure=True).status_code == 422
    assert office.post(answer[1], {"answer": "为了核对。"}, secure=True).status_code == 302
    assert "为了核对。" in person.get("/my/looked/", secure=True).content.decode()
    assert signed_in(client, "edith").get(answer[1], secure=True).status_code == 404


def test_an_overdue_question_is_seen_by_both_sides_and_told_once(client: Client) -> None:
    question = asked()
    with acting(SYSTEM):
        Question.objects.filter(pk=question.pk).update(due_on=today() - dt.timedelta(days=1))
    for _twice in range(2):
        jobs.run_now("privacy.tell_overdue")
    assert messages("rita") == ["privacy.question_overdue"]
    assert messages("dana") == ["privacy.question_asked", "privacy.question_overdue"]
    assert "答复已超期" in signed_in(client, "rita").get("/my/looked/", secure=True).content.decode()
    assert "已超期" in signed_in(Client(), "dana").get("/workbench/questions/", secure=True).content.decode()
    with pytest.raises(NotAllowed), acting(actor_of("adam")) as actor:
        actions.tell_overdue(actor=actor)


def test_by_a_clock_that_was_moved_the_day_passes(client: Client) -> None:
    question = asked()
    jobs.run_now("privacy.tell_overdue")
    assert messages("rita") == []  # the control
    later = timezone.now() + dt.timedelta(days=40)
    jobs.run_now("privacy.tell_overdue", at=later)
    assert messages("rita") == ["privacy.question_overdue"]
    assert question.state == QuestionState.OPEN


def test_the_list_of_questions_costs_the_same_for_three_and_thirty(client: Client) -> None:
    for _at in range(3):
        asked()
    signed_in(client, "dana")
    with CaptureQueriesContext(connection) as few:
        client.get("/workbench/questions/", secure=True)
    for _at in range(27):
        asked()
    with CaptureQueriesContext(connection) as many:
        client.get("/workbench/questions/", secure=True)
    assert len(few) == len(many)


@pytest.mark.parametrize(
    "wrong",
    [
        {"org_id": 1},
        {"person_id": None},
        {"to_org": 1},
        {"agency": None},
        {"state": QuestionState.ANSWERED},
        {"answer": "x"},
    ],
)
def test_each_constraint_of_a_question_refuses_a_bad_row(wrong: dict[str, object]) -> None:
    good = asked()
    with acting(SYSTEM):
        values = {
            name: getattr(good, name)
            for name in ("look_at", "person_id", "org_id", "agency", "to_org", "path", "due_on", "state", "answer")
        }
        Question.objects.create(**{**values, "look_id": 10**9})
        with pytest.raises(IntegrityError), transaction.atomic():
            Question.objects.create(**{**values, "look_id": 10**9 + 1, **wrong})


# --- every month ---


def last_month() -> dt.datetime:
    return timezone.now().replace(day=1) - dt.timedelta(days=3)


def backdated(count: int, moment: dt.datetime) -> None:
    """Looks of another month: rows cannot be changed, so they are written as of then."""
    rita_pk = rita().pk
    with connection.cursor() as cursor:
        for _at in range(count):
            cursor.execute(
                "INSERT INTO audit_look (at, subject_kind, subject_id, purpose, request, acting_for, owner_person)"
                " VALUES (%s, 'accounts.person', %s, 'contact.matter', gen_random_uuid(), 'agency:1', %s)",
                [moment, rita_pk, rita_pk],
            )


def test_everybody_concerned_is_told_once_a_month_and_a_missed_month_is_made_up() -> None:
    backdated(2, last_month() - dt.timedelta(days=45))
    backdated(3, last_month())
    for _twice in range(2):
        jobs.run_now("privacy.monthly_notice")
    assert messages("rita").count("privacy.monthly") == 2
    assert messages("dana") == []
    with acting(SYSTEM):
        letters = Message.objects.filter(kind="privacy.monthly").order_by("pk").values_list("params", flat=True)
        assert [(one["seen"], one["held"]) for one in letters] == [(2, 0), (3, 0)]
    assert ToldMonth.objects.count() >= 2


def test_the_command_shows_next_months_notice_today(capsys: pytest.CaptureFixture[str]) -> None:
    seen(times=4)
    assert commands.run_job("privacy.monthly_notice", at="") == 0
    assert messages("rita") == []
    following = first_of_month(today(), -1)
    assert commands.run_job("privacy.monthly_notice", at=following.isoformat()) == 0
    assert messages("rita") == ["privacy.monthly"]
    assert commands.run_job("no.such", at="") == 2
    assert commands.run_job("privacy.monthly_notice", at="yesterday") == 2
    assert commands.run_job("core.forget_tries", at="2026-12-01") == 2
    assert commands.run_job("notify.deliver", at="") == 2
    assert commands.list_jobs() == 0
    assert "privacy.monthly_notice" in capsys.readouterr().out


def test_what_is_held_back_is_counted_and_not_told_of() -> None:
    backdated(1, last_month())
    waiting = hold()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_look (at, subject_kind, subject_id, purpose, request, acting_for, owner_person, hold_id)"
            " VALUES (%s, 'accounts.person', %s, 'x', gen_random_uuid(), 'agency:1', %s, %s)",
            [last_month(), rita().pk, rita().pk, waiting.pk],
        )
    jobs.run_now("privacy.monthly_notice")
    with acting(SYSTEM):
        params = Message.objects.get(kind="privacy.monthly").params
    assert (params["seen"], params["held"]) == (1, 1)


def test_only_the_platform_tells_months() -> None:
    with pytest.raises(NotAllowed), acting(actor_of("adam")) as actor:
        actions.tell_months(actor=actor)


@pytest.mark.parametrize("wrong", [{"first": dt.date(2026, 1, 2)}, {"people": -1}])
def test_a_told_month_is_a_month_with_counts(wrong: dict[str, object]) -> None:
    good = {"first": dt.date(2026, 1, 1), "people": 0, "looks": 0}
    with pytest.raises(IntegrityError), transaction.atomic():
        ToldMonth.objects.create(**{**good, **wrong})
    ToldMonth.objects.create(**good)


# --- an organization answers ---


def asked_of_a_house() -> Question:
    """Alice opened something of Rita's for her organization, Rita asks why."""
    from gongzhi.audit.looks import write_look

    person = rita().pk
    write_look(
        actor=actor_of("alice"),
        subject_kind="files.upload",
        subject_id=1,
        purpose="files.send",
        fields=["content"],
        owner=(person, None),
    )
    with acting(actor_of("rita")) as actor:
        return actions.ask_why(actor=actor, look_id=Look.objects.latest("id").pk)


def test_an_organization_that_looked_is_asked_and_its_person_in_charge_answers_on_the_desk(client: Client) -> None:
    question = asked_of_a_house()
    assert question.to_org == actor_of("alice").org_id
    assert messages("alice") == ["privacy.question_asked"]
    assert messages("bob") == messages("carol") == messages("dana") == []
    browser = signed_in(client, "alice")
    assert question.public_id in browser.get("/desk/questions/", secure=True).content.decode()
    desk = browser.get("/desk/", secure=True).content.decode()
    assert question.public_id in desk[desk.index('id="waits"') :]
    address = f"/desk/questions/{question.public_id}/"
    assert browser.get(f"/workbench/questions/{question.public_id}/", secure=True).status_code == 403
    assert signed_in(Client(), "carol").get(address, secure=True).status_code == 404
    assert signed_in(Client(), "bob").get(address, secure=True).status_code == 403
    assert browser.post(address, {"answer": ""}, secure=True).status_code == 422
    assert browser.post(address, {"answer": "为核对您交来的材料。"}, secure=True).status_code == 302
    assert "为核对您交来的材料。" in signed_in(Client(), "rita").get("/my/looked/", secure=True).content.decode()
    assert messages("rita") == ["privacy.question_answered"]
    with acting(actor_of("alice")) as alice, pytest.raises(RuleViolation, match="wrong_state"):
        actions.answer_why(actor=alice, question=question, answer="示例")


def test_an_organization_that_does_not_answer_in_time_is_told_like_an_office() -> None:
    question = asked_of_a_house()
    with acting(SYSTEM) as system:
        actions.tell_overdue(actor=system, day=question.due_on + dt.timedelta(days=20))
    assert messages("alice") == ["privacy.question_asked", "privacy.question_overdue"]
    assert messages("rita") == ["privacy.question_overdue"]


def test_three_questions_to_an_organization_and_thirty_need_the_same_queries(client: Client) -> None:
    browser = signed_in(client, "alice")
    counted = []
    for more in (3, 27):
        for _each in range(more):
            asked_of_a_house()
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/desk/questions/", secure=True).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]
