"""Taking a list in by page: upload, columns, trial, apply; nothing is in the register before the button."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.core.door import acting
from gongzhi.orgs.enums import Standing
from gongzhi.orgs.models import Organization
from gongzhi.portal.intake import FIELDS
from gongzhi.registry import actions
from gongzhi.registry.enums import IntakeState
from gongzhi.registry.lists.columns import HEADINGS
from gongzhi.registry.models import Intake, Version
from gongzhi.registry.tests.test_imports import code
from tests.test_access import signed_in
from tests.world import actor_of

UPLOAD = "/workbench/import/"
HEAD = "名称\t统一社会信用代码\t成立日期\t住所\t原始基金数额\t备注"
DAY = {"dated_on-year": "2026", "dated_on-month": "5", "dated_on-day": "12"}


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def hand_in(client: Client, *rows: str, head: str = HEAD, name: str = "名录.tsv", status: int = 302) -> Intake | str:
    file = SimpleUploadedFile(name, "\n".join([head, *rows]).encode(), content_type="text/tab-separated-values")
    answer = client.post(UPLOAD, {"file": file, **DAY}, secure=True)
    assert answer.status_code == status, text_of(answer.content.decode())[:600]
    return Intake.objects.order_by("-pk")[0] if status == 302 else answer.content.decode()


def tried(client: Client, *rows: str) -> Intake:
    """A list handed in and tried with the columns as they were guessed."""
    intake = hand_in(client, *rows)
    assert isinstance(intake, Intake)
    page = client.get(f"{UPLOAD}{intake.public_id}/columns/", secure=True).content.decode()
    answer = client.post(f"{UPLOAD}{intake.public_id}/columns/", columns_of(page), secure=True)
    assert answer.status_code == 302, text_of(answer.content.decode())[:600]
    intake.refresh_from_db()
    return intake


def columns_of(page: str) -> dict[str, str]:
    """What the form would send as it stands."""
    sent = {}
    for name, options in re.findall(r'<select class="inp" id="([a-z0-9-]+)"[^>]*>(.*?)</select>', page, flags=re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


def row(number: int, *, name: str = "", home: str = "深圳示例路 1 号", fund: str = "200.00 万元") -> str:
    return f"{name or f'深圳市××第{number}助老基金会'}\t{code(number)}\t2015-03-01\t{home}\t{fund}\t甲"


@pytest.fixture
def dana(client: Client) -> Client:
    return signed_in(client, "dana")


def test_every_field_the_reader_knows_can_be_chosen() -> None:
    assert set(FIELDS) == set(HEADINGS)


@pytest.mark.django_db
def test_a_list_goes_from_the_file_to_the_register_by_page(dana: Client) -> None:
    intake = tried(dana, row(1), row(2, fund="100.00 （单位：元 / 万元）"))
    here = f"{UPLOAD}{intake.public_id}/"
    assert intake.state == IntakeState.CHECKED
    assert not Organization.objects.filter(credit_code=code(1)).exists()
    assert "100.00 （单位：元 / 万元）" in text_of(dana.get(here, secure=True).content.decode())
    assert dana.post(f"{here}apply/", secure=True).status_code == 302
    assert "http-equiv" in dana.get(here, secure=True).content.decode()
    with acting(actor_of("dana")) as actor:
        actions.apply_list(actor=actor, intake=Intake.objects.get(pk=intake.pk))
    body = Organization.objects.get(credit_code=code(2))
    assert Version.objects.get(org=body).fund_fen is None  # nobody has said which unit was meant
    assert body.doubts.filter(settled_at__isnull=True).exists()
    assert "名录已写入" in text_of(dana.get(here, secure=True).content.decode())
    assert dana.post(f"{here}apply/", secure=True).status_code == 422
    file = dana.get(f"{here}problems.csv", secure=True)
    assert "100.00" in file.content.decode("utf-8-sig")


@pytest.mark.django_db
def test_a_persons_choice_comes_in_with_the_list_and_the_list_can_be_taken_back(dana: Client) -> None:
    intake = tried(dana, row(1), row(2, fund="100.00 （单位：元 / 万元）"))
    here = f"{UPLOAD}{intake.public_id}/"
    assert intake.state == IntakeState.CHECKED
    assert not Organization.objects.filter(credit_code=code(1)).exists()
    page = dana.get(here, secure=True).content.decode()
    assert "金额" in text_of(page)
    chosen = re.search(r'name="(choice-\d+)"', page)
    assert chosen is not None
    answer = dana.post(here, {chosen[1]: "unit:万元"}, secure=True)
    assert answer.status_code == 302
    assert dana.post(f"{here}apply/", secure=True).status_code == 302
    assert "http-equiv" in dana.get(here, secure=True).content.decode()
    with acting(actor_of("dana")) as actor:
        actions.apply_list(actor=actor, intake=Intake.objects.get(pk=intake.pk))
    body = Organization.objects.get(credit_code=code(2))
    assert Version.objects.get(org=body).fund_fen == 100_000_000
    assert "名录已写入" in text_of(dana.get(here, secure=True).content.decode())
    assert dana.post(f"{here}undo/", {"reason": ""}, secure=True).status_code == 422
    assert dana.post(f"{here}undo/", {"reason": "送错了文件"}, secure=True).status_code == 302
    body.refresh_from_db()
    assert body.standing == Standing.VOID
    assert "已撤回" in text_of(dana.get(here, secure=True).content.decode())


@pytest.mark.django_db
def test_a_column_can_be_given_another_meaning_and_never_two_the_same(dana: Client) -> None:
    intake = hand_in(dana, row(1))
    assert isinstance(intake, Intake)
    address = f"{UPLOAD}{intake.public_id}/columns/"
    sent = columns_of(dana.get(address, secure=True).content.decode())
    twice = {**sent, "column-5": "domicile"}
    answer = dana.post(address, twice, secure=True)
    assert answer.status_code == 422
    assert "住所" in text_of(answer.content.decode())
    assert columns_of(answer.content.decode())["column-5"] == "domicile"  # nothing chosen is lost
    assert dana.post(address, {**sent, "column-5": "scope"}, secure=True).status_code == 302
    page = dana.get(f"{UPLOAD}{intake.public_id}/?show=new", secure=True).content.decode()
    assert "深圳市××第1助老基金会" in page


@pytest.mark.django_db
def test_what_a_list_would_change_is_shown_item_by_item(dana: Client) -> None:
    rows = [row(1), row(2)]
    first = tried(dana, *rows)
    with acting(actor_of("dana")) as actor:
        actions.request_apply(actor=actor, intake=first)
        actions.apply_list(actor=actor, intake=Intake.objects.get(pk=first.pk))
    second = tried(dana, row(1, home="深圳示例路 9 号"))
    page = text_of(dana.get(f"{UPLOAD}{second.public_id}/?show=changed", secure=True).content.decode())
    assert "深圳示例路 1 号" in page
    assert "深圳示例路 9 号" in page
    gone = text_of(dana.get(f"{UPLOAD}{second.public_id}/?show=vanished", secure=True).content.decode())
    assert "深圳市××第2助老基金会" in gone
    assert Organization.objects.filter(credit_code=code(2)).exists()


@pytest.mark.django_db
def test_one_doubt_has_a_page_and_all_of_its_kind_can_be_decided_alike(dana: Client) -> None:
    intake = tried(dana, *(row(number, fund="5.00") for number in (1, 2, 3)))
    page = dana.get(f"{UPLOAD}{intake.public_id}/", secure=True).content.decode()
    found = re.search(r'href="([^"]+/problems/\d+/)"', page)
    assert found is not None
    doubt = dana.get(found[1], secure=True).content.decode()
    assert "另外 2 行" in text_of(doubt)
    assert dana.post(found[1], {"choice": "unit:万元", "alike": "on"}, secure=True).status_code == 302
    assert not intake.problems.filter(choice__isnull=True).exclude(rule="import.column_unknown").exists()
    file = dana.get(f"{UPLOAD}{intake.public_id}/problems.csv", secure=True)
    assert file.content.decode("utf-8-sig").count("5.00") == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("head", "row_", "said"),
    [
        ("甲\t乙", "一\t二", "名称"),
        ("名称\t名称", "一\t二", "两次"),
    ],
)
def test_a_file_that_is_no_list_is_answered_on_the_same_page(dana: Client, head: str, row_: str, said: str) -> None:
    before = Intake.objects.count()
    page = hand_in(dana, row_, head=head, status=422)
    assert isinstance(page, str)
    assert said in text_of(page)
    assert 'value="2026"' in page  # the day typed is still there
    assert Intake.objects.count() == before


@pytest.mark.django_db
def test_another_registrys_list_does_not_exist_for_an_officer_elsewhere(client: Client) -> None:
    signed_in(client, "dana")
    intake = tried(client, row(1))
    signed_in(client, "edith")
    for tail in ("", "columns/", "undo/", "problems.csv"):
        assert client.get(f"{UPLOAD}{intake.public_id}/{tail}", secure=True).status_code == 404
    signed_in(client, "rosa")
    assert client.get(f"{UPLOAD}{intake.public_id}/", secure=True).status_code == 403


@pytest.mark.django_db
def test_many_problems_cost_no_more_questions_than_few(dana: Client) -> None:
    def questions(intake: Intake) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert dana.get(f"{UPLOAD}{intake.public_id}/", secure=True).status_code == 200
        return len(asked)

    few = tried(dana, *(row(number, fund="5.00") for number in range(1, 4)))
    many = tried(dana, *(row(number, fund="5.00") for number in range(1, 31)))
    assert questions(few) == questions(many)
