"""Messages between applicant and office, about a case or one question of its form, and the office's own notes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.audit.models import Event as AuditEvent
from gongzhi.audit.models import Look
from gongzhi.cases import actions, threads
from gongzhi.cases.actions.talking import ANSWER_TIME
from gongzhi.cases.models import Case, Message, Note, SealedText
from gongzhi.cases.tests import people
from gongzhi.cases.tests.test_pages import signed_in
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.core.waiting import what_waits
from gongzhi.files.tests.samples import pdf
from gongzhi.notify.models import Message as Notice
from gongzhi.reference import calendar
from gongzhi.rulebook import selectors as rulebook
from tests.world import account_of, actor_of

SYSTEM = Actor.system("tests")
SECRET = "内部：此人材料可疑"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def ask(case: Case, text: str = "名称要写到街道吗？", *, who: str = "rita", **more: Any) -> Message:
    with acting(actor_of(who)) as actor:
        return actions.ask_office(actor=actor, case=case, text=text, **more)


def newest() -> Message:
    with acting(SYSTEM):
        return Message.objects.select_related("words").latest("pk")


# --- asking while the draft is still a draft ---


@pytest.mark.django_db
def test_a_question_about_a_draft_reaches_the_office_and_the_draft_does_not() -> None:
    case = people.begin()
    people.save(case, "group", {"name": "未交的名称"})
    question = ask(case, place="group.name", error="请填写名称")
    stated = rulebook.parameter(ANSWER_TIME, path=case.agency.path)
    assert question.due_on == calendar.add_working_days(today(), int(stated.number)).date
    assert stated.evidence == "G"
    dana = signed_in("dana")
    assert "社区社会组织备案" in text_of(dana.get("/workbench/asked/"))
    page = text_of(dana.get(f"/workbench/asked/{question.public_id}/"))
    assert "名称要写到街道吗？" in page
    assert "请填写名称" in page
    assert "未交的名称" not in page
    with acting(actor_of("dana")) as officer:
        assert not Case.objects.visible_to(officer).filter(pk=case.pk).exists()
        assert SealedText.objects.visible_to(officer).count() == 1
        waits = what_waits(officer, kind="cases.question")
        assert [one.due_on for one in waits.rows] == [question.due_on]
    answer = dana.post(f"/workbench/asked/{question.public_id}/", {"text": "要写到街道。"})
    assert answer.status_code == 302
    with acting(actor_of("dana")) as officer:
        assert not what_waits(officer, kind="cases.question").rows
    with acting(actor_of("rita")) as rita:
        assert [one.url for one in what_waits(rita, kind="cases.answer").rows] == [f"/cases/{case.public_id}/talk/"]
    client = signed_in("rita")
    for page in ("", "form/group/", "check/", "talk/"):
        assert "要写到街道。" in text_of(client.get(f"/cases/{case.public_id}/{page}")), page
    client.post(f"/cases/{case.public_id}/talk/", {"do": "read"})
    with acting(actor_of("rita")) as again:
        assert not what_waits(again, kind="cases.answer").rows
    with acting(SYSTEM):
        assert Notice.objects.filter(person_id=account_of("rita").person_id, kind="cases.office_wrote").count() == 1
        assert Notice.objects.filter(person_id=account_of("dana").person_id, kind="cases.question_asked").count() == 1
    assert AuditEvent.objects.filter(case_id=case.pk, event="cases.message.answered").exists()


@pytest.mark.django_db
def test_the_button_at_a_question_saves_what_is_typed_and_opens_the_message_with_page_question_and_error() -> None:
    case = people.begin()
    rita = signed_in("rita")
    form = rita.get(f"/cases/{case.public_id}/form/group/")
    assert 'value="ask:name"' in text_of(form)
    assert 'value="ask:rules"' in text_of(rita.get(f"/cases/{case.public_id}/form/papers/"))
    typed = {"shown": "name purpose", "name": "", "purpose": "宗旨写到一半", "base": form.context["base"]}
    sent = rita.post(f"/cases/{case.public_id}/form/group/", typed | {"do": "ask:name"})
    assert sent.headers["Location"] == f"/cases/{case.public_id}/talk/?about=group.name#write"
    page = rita.get(sent.headers["Location"])
    question = case.type.definition.field("group.name")
    assert question is not None
    assert page.context["label"].endswith(str(question.label))
    assert page.context["error"]
    assert page.context["error"] in text_of(page)
    assert "宗旨写到一半" in text_of(rita.get(f"/cases/{case.public_id}/form/group/"))
    empty = rita.post(f"/cases/{case.public_id}/talk/", {"do": "ask", "about": "group.name", "text": " "})
    assert empty.status_code == 422
    rita.post(f"/cases/{case.public_id}/talk/", {"do": "ask", "about": "group.name", "text": "写什么？"})
    with acting(SYSTEM):
        said = threads.thread(SYSTEM, case)
    assert [(one.message.place, one.text, one.error) for one in said] == [
        ("group.name", "写什么？", page.context["error"])
    ]


@pytest.mark.django_db
def test_a_file_goes_with_a_message_and_opens_to_both_sides_and_nobody_else() -> None:
    case = people.begin()
    rita, dana = signed_in("rita"), signed_in("dana")
    handed = SimpleUploadedFile("草稿.pdf", pdf())
    rita.post(f"/cases/{case.public_id}/talk/", {"do": "ask", "text": "这样行吗？", "file": handed})
    question = newest()
    opened = dana.get(f"/workbench/asked/{question.public_id}/file/")
    assert b"".join(opened).startswith(b"%PDF")
    assert Look.objects.filter(purpose="cases.answer", owner_person=account_of("rita").person_id).exists()
    dana.post(
        f"/workbench/asked/{question.public_id}/", {"text": "看附件", "file": SimpleUploadedFile("样表.pdf", pdf())}
    )
    answer = newest()
    own = f"/cases/{case.public_id}/talk/{answer.public_id}/file/"
    assert b"".join(rita.get(own)).startswith(b"%PDF")
    assert signed_in("victor").get(own).status_code == 404
    assert signed_in("edith").get(f"/workbench/asked/{question.public_id}/file/").status_code == 404
    assert rita.get(f"/cases/{case.public_id}/talk/nothing/file/").status_code == 404


@pytest.mark.django_db
def test_messages_of_a_case_stand_beside_the_question_on_the_page_of_the_office() -> None:
    case = people.handed_in()
    dana, rita = signed_in("dana"), signed_in("rita")
    act = f"/workbench/cases/{case.public_id}/"
    assert dana.post(f"{act}say/", {"say": "请看一下范围", "about": "group.scope"}).status_code == 302
    assert dana.post(f"{act}say/", {"say": "", "about": ""}).status_code == 422
    lost = dana.post(f"{act}say/", {"say": "还在", "about": "group.nothing"})
    assert lost.status_code == 422
    assert "还在" in text_of(lost)
    with acting(SYSTEM):
        case = Case.objects.get(pk=case.pk)
    assert case.state == "submitted"  # words change no state and no time
    page = text_of(dana.get(act))
    assert page.count("请看一下范围") == 2  # beside the answer and in the thread
    assert "请看一下范围" in text_of(rita.get(f"/cases/{case.public_id}/"))
    ask(case, "好的，谢谢", wants_answer=False)
    with acting(actor_of("dana")) as officer:
        assert not what_waits(officer, kind="cases.question").rows
    with acting(actor_of("rita")) as again:
        assert not what_waits(again, kind="cases.answer").rows  # who writes back has read


# --- notes ---


@pytest.mark.django_db
def test_a_note_is_read_by_the_office_and_reaches_the_applicant_by_no_way() -> None:
    case = people.handed_in()
    dana, rita = signed_in("dana"), signed_in("rita")
    before = Look.objects.count()
    with acting(SYSTEM):
        notices = Notice.objects.filter(person_id=account_of("rita").person_id).count()
    assert dana.post(f"/workbench/cases/{case.public_id}/note/", {"note": SECRET}).status_code == 302
    assert SECRET in text_of(dana.get(f"/workbench/cases/{case.public_id}/"))
    for page in (
        f"/cases/{case.public_id}/",
        f"/cases/{case.public_id}/talk/",
        "/cases/",
        "/my/",
        "/my/looked/",
        "/my/messages/",
        "/my/data/",
    ):
        assert SECRET not in text_of(rita.get(page)), page
    with acting(actor_of("rita")) as owner:
        assert not Note.objects.exists()  # the second wall, without any filter
        assert not Note.objects.visible_to(owner).exists()
        with pytest.raises(NotAllowed):
            actions.add_note(actor=owner, case=case, text="x")
        assert SECRET not in " ".join(one.text for one in threads.thread(owner, case))
    with acting(SYSTEM):
        assert Notice.objects.filter(person_id=account_of("rita").person_id).count() == notices
        assert Note.objects.count() == 1  # the control: it is there
    looks = Look.objects.order_by("pk")[before:]
    assert not [one for one in looks if one.subject_kind == "cases.note" and one.owner_person is not None]
    with acting(actor_of("edith")):
        assert not Note.objects.exists()


@pytest.mark.django_db
def test_messages_and_notes_are_appended_and_sealed() -> None:
    case = people.handed_in()
    question = ask(case, "电话13900000001")
    with acting(actor_of("dana")) as dana:
        actions.add_note(actor=dana, case=case, text=SECRET)
    with acting(SYSTEM):
        assert bytes(newest().words.text_sealed).find(b"13900000001") == -1
        assert bytes(Note.objects.get().text_sealed).find("可疑".encode()) == -1
        for statement in (
            "UPDATE cases_message SET place = 'group.name'",
            "DELETE FROM cases_message",
            "UPDATE cases_note SET office = 'x'",
            "DELETE FROM cases_note",
        ):
            with pytest.raises(DatabaseError, match=r"append-only|permission denied"):
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement)
        Message.objects.filter(pk=question.pk).update(closed_at=timezone.now())  # the control: this may change


# --- who may not ---


@pytest.mark.django_db
def test_each_message_is_refused_to_who_may_not_write_it() -> None:
    case = people.handed_in()
    question = ask(case)
    for name in ("victor", "dana", "alice"):
        with acting(actor_of(name)) as actor, pytest.raises((NotAllowed, Case.DoesNotExist)):
            actions.ask_office(actor=actor, case=case, text="x")
    for name in ("rita", "rosa"):
        with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
            actions.answer_question(actor=actor, question=question, text="x")
        with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
            actions.write_to_applicant(actor=actor, case=case, text="x")
    with acting(actor_of("edith")) as edith, pytest.raises(Message.DoesNotExist):
        actions.answer_question(actor=edith, question=question, text="x")
    with acting(actor_of("victor")) as victor, pytest.raises(NotAllowed):
        actions.mark_read(actor=victor, case=case)
    assert signed_in("edith").get(f"/workbench/asked/{question.public_id}/").status_code == 404
    assert Look.objects.filter(subject_kind="cases.message", refused=True).count() == 1
    assert signed_in("rosa").get(f"/workbench/asked/{question.public_id}/").status_code == 403
    with acting(actor_of("dana")) as dana:
        answer = actions.answer_question(actor=dana, question=question, text="好")
        with pytest.raises(RuleViolation):
            actions.answer_question(actor=dana, question=answer, text="好")


@pytest.mark.django_db
def test_bad_words_and_too_many_questions_are_refused_with_a_sentence() -> None:
    case = people.begin()
    for text, place in (("", ""), ("长" * 4001, ""), ("x", "group.nothing"), ("x", "../x")):
        with pytest.raises(RuleViolation):
            ask(case, text, place=place)
    for _number in range(20):
        ask(case)
    with pytest.raises(RuleViolation, match="20"):
        ask(case)


# --- how fast offices really answer ---


@pytest.mark.django_db
def test_the_guide_shows_how_fast_the_office_really_answered_and_says_nothing_from_too_few(client: Client) -> None:
    case = people.begin()
    guide = "/services/community-group-filing/"
    assert not client.get(guide).context["answering"]
    for number in range(5):
        question = ask(case, f"问题{number}")
        if number == 4:
            found = client.get(guide).context["answering"]
            assert [(one.asked, one.answered, one.median_h) for one in found] == [(5, 4, None)]
        with acting(actor_of("dana")) as dana:
            actions.answer_question(actor=dana, question=question, text="答")
    found = client.get(guide).context["answering"]
    assert [(one.office, one.asked, one.answered) for one in found] == [("深圳市民政局", 5, 5)]
    assert found[0].median_h == 0
    assert found[0].from_hour is not None
    assert re.search(r"\d+:00", text_of(client.get(guide)))


@pytest.mark.django_db
def test_a_thread_and_the_list_ask_as_often_for_three_messages_as_for_thirty() -> None:
    case = people.handed_in()
    counts = []
    for rounds in (3, 16):
        for number in range(rounds):
            ask(case, f"问题{number}", place="group.name")
            with acting(actor_of("dana")) as dana:
                actions.write_to_applicant(actor=dana, case=case, text="x")
                actions.add_note(actor=dana, case=case, text="x")
        found = []
        for name, url in (
            ("rita", f"/cases/{case.public_id}/talk/"),
            ("rita", f"/cases/{case.public_id}/"),
            ("dana", f"/workbench/cases/{case.public_id}/"),
            ("dana", "/workbench/asked/"),
            ("dana", f"/workbench/asked/{newest_question()}/"),
        ):
            client = signed_in(name)
            client.get(url)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]


def newest_question() -> str:
    with acting(SYSTEM):
        return Message.objects.filter(wants_answer=True).latest("pk").public_id
