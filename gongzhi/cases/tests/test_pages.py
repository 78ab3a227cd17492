"""The pages of services and cases, as the applicant and as the office."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.audit.models import Look
from gongzhi.cases import actions
from gongzhi.cases.enums import State
from gongzhi.cases.models import Case, CaseFile, Draft, Submission
from gongzhi.cases.tests import people
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.files.tests.samples import pdf
from tests.test_access import signed_in as signed_in_as
from tests.world import account_of, actor_of

SYSTEM = Actor.system("tests")


def signed_in(name: str) -> Client:
    return signed_in_as(Client(), name)


def text_of(response: Any) -> str:
    return str(response.content.decode())


def draft(case: Case, section: str) -> dict[str, Any]:
    with acting(SYSTEM):
        return dict(Draft.objects.filter(case=case, section=section).values_list("data", flat=True)[0])


def send(client: Client, case: Case, section: str, answers: dict[str, Any], *, do: str = "next", **more: Any) -> Any:
    """Press a button on a page, with what a browser sends: every control the page shows."""
    page = client.get(f"/cases/{case.public_id}/form/{section}/")
    form = page.context["form"]
    body: dict[str, Any] = {
        "shown": page.context["shown"],
        "base": page.context["base"],
        "nonce": str(uuid.uuid4()),
        "do": do,
    }
    for name in form.fields:
        value = form[name].value()
        if isinstance(value, tuple):
            body |= {f"{name}-{box}": part for box, part in zip(("year", "month", "day"), value, strict=True)}
        elif value not in (None, "", []):
            body[name] = value
    return client.post(f"/cases/{case.public_id}/form/{section}/", body | answers | more)


# --- before one begins ---


@pytest.mark.django_db
def test_everybody_reads_the_list_and_the_guide_and_finds_the_office(client: Client) -> None:
    assert "社区社会组织备案" in text_of(client.get("/services/"))
    assert "没有叫这个名字的事项" not in text_of(client.get("/services/?q=备案"))
    guide = text_of(client.get("/services/community-group-filing/"))
    assert "10" in guide
    assert "待核实" in guide
    assert "191" in guide
    assert client.get("/services/nothing/").status_code == 404
    english = text_of(client.get("/en/services/community-group-filing/"))
    assert "Filing of a community group" in english
    rita = signed_in("rita")
    for place in ("440300", "深圳", "深圳市民政局"):
        assert "深圳市民政局" in text_of(rita.get("/services/community-group-filing/begin/", {"place": place})), place
    none = rita.get("/services/community-group-filing/begin/", {"place": "不存在的地方"})
    assert "深圳市民政局" not in text_of(none)
    assert none.status_code == 200


@pytest.mark.django_db
def test_who_acts_for_a_body_is_told_that_this_is_for_people() -> None:
    page = signed_in("alice").get("/services/community-group-filing/begin/")
    assert page.status_code == 200
    assert "请选择" not in text_of(page)
    assert signed_in("alice").post("/services/community-group-filing/begin/", {"office": "1"}).status_code == 403


# --- filling in ---


@pytest.mark.django_db
def test_a_filing_is_filled_in_and_handed_in_without_a_script() -> None:
    rita = signed_in("rita")
    begun = rita.post("/services/community-group-filing/begin/", {"office": str(people.office().pk)})
    with acting(SYSTEM):
        case = Case.objects.get()
    assert begun.headers["Location"] == f"/cases/{case.public_id}/"
    typed = {**people.FILLED["group"]}
    year, month, day = str(typed.pop("begun")).split("-")
    answer = send(rita, case, "group", typed | {"begun-year": year, "begun-month": month, "begun-day": day})
    assert answer.headers["Location"].endswith("/form/people/")
    assert draft(case, "group")["begun"] == "2026-3-8"
    answer = send(rita, case, "people", {"members": "26"}, do="add:founders")
    assert answer.headers["Location"].endswith("/form/people/#founders")
    row = next(key for key in draft(case, "people") if key.startswith("founders."))
    persons = {key: value for key, value in people.FILLED["people"].items() if not key.startswith("founders")}
    answer = send(rita, case, "people", {**persons, f"{row}.name": "钱××"})
    assert answer.headers["Location"].endswith("/form/money/")
    assert send(rita, case, "money", people.FILLED["money"]).headers["Location"].endswith("/form/papers/")
    handed = SimpleUploadedFile("活动规则.pdf", pdf())
    answer = send(rita, case, "papers", {"declared": "true"}, rules=handed)
    assert answer.headers["Location"].endswith("/check/")
    page = rita.get(f"/cases/{case.public_id}/check/")
    assert people.FILLED["people"]["leader_id"] in text_of(page)  # one's own
    done = rita.post(f"/cases/{case.public_id}/check/", {"nonce": page.context["nonce"]}, follow=True)
    with acting(SYSTEM):
        case = Case.objects.get()
    assert case.state == State.SUBMITTED
    assert str(case.number) in text_of(done)
    assert len(done.context["code"]) == 12
    again = rita.post(f"/cases/{case.public_id}/check/", {"nonce": page.context["nonce"]})
    assert again.status_code == 302
    with acting(SYSTEM):
        assert Submission.objects.count() == 1


@pytest.mark.django_db
def test_what_is_wrong_is_kept_and_told_at_its_question() -> None:
    case = people.begin()
    rita = signed_in("rita")
    answer = send(rita, case, "group", {"name": "队", "begun-year": "2026", "begun-month": "13", "begun-day": ""})
    assert answer.headers["Location"].endswith("/form/group/?check=1")
    page = rita.get(answer.headers["Location"])
    said = text_of(page)
    assert 'value="13"' in said
    assert "月份" in said
    assert said.count("govuk-error-message") >= 5
    assert "govuk-error-summary" in said
    later = send(rita, case, "group", {"name": "x" * 3000}, do="later")
    assert later.headers["Location"] == f"/cases/{case.public_id}/"
    assert len(draft(case, "group")["name"]) == 3000


@pytest.mark.django_db
def test_lines_come_and_go_and_a_hostile_key_changes_nothing() -> None:
    case = people.begin()
    rita = signed_in("rita")
    send(rita, case, "people", {}, do="add:founders")
    send(rita, case, "people", {}, do="add:founders")
    rows = sorted(key for key in draft(case, "people") if key.count(".") == 1)
    assert len(rows) == 2
    send(rita, case, "people", {f"{rows[0]}.name": "甲"}, do=f"rm:{rows[1]}")
    assert sorted(draft(case, "people")) == sorted(["leader", rows[0], f"{rows[0]}.name"]) or set(
        draft(case, "people")
    ) == {rows[0], f"{rows[0]}.name"}
    for do in ("add:nothing", "add:leader", "rm:founders", "rm:founders.r9999zzzz", "drop:1", "drop:9" * 30, "x"):
        assert send(rita, case, "people", {}, do=do).status_code == 302, do
    url = f"/cases/{case.public_id}/form/people/"
    for shown in ("nothing", "founders.r1.name", "leader.x", "rules", "../x", "founders.rzzzzaaaa.name"):
        assert rita.post(url, {"shown": shown, shown: "x", "base": "0"}).status_code == 302
    assert "nothing" not in draft(case, "people")
    assert rita.post(url, {"base": "-5", "nonce": "no"}).status_code == 302


@pytest.mark.django_db
def test_files_are_added_one_by_one_and_taken_away_and_a_bad_one_is_named() -> None:
    case = people.begin()
    rita = signed_in("rita")
    send(rita, case, "papers", {}, do="upload:rules", rules=SimpleUploadedFile("规则.pdf", pdf()))
    with acting(SYSTEM):
        kept = CaseFile.objects.get(case=case)
    opened = rita.get(f"/cases/{case.public_id}/files/{kept.pk}/")
    assert opened.status_code == 200
    assert b"".join(opened).startswith(b"%PDF")
    assert signed_in("victor").get(f"/cases/{case.public_id}/files/{kept.pk}/").status_code == 404
    bad = send(
        rita, case, "papers", {"declared": "true"}, do="upload:rules", rules=SimpleUploadedFile("a.exe", b"MZ" * 99)
    )
    assert bad.status_code == 200
    assert "govuk-error-message" in text_of(bad)
    assert draft(case, "papers")["declared"] == ["true"]
    send(rita, case, "papers", {}, do=f"drop:{kept.pk}")
    with acting(SYSTEM):
        assert not CaseFile.objects.filter(removed_at=None).exists()


@pytest.mark.django_db
def test_who_is_signed_out_gets_back_everything_that_was_typed(client: Client) -> None:
    case = people.begin()
    url = f"/cases/{case.public_id}/form/group/"
    assert client.get(url).headers["Location"].startswith("/accounts/sign-in/")
    answer = client.post(url, {"name": "示例舞蹈队", "purpose": "第一行\n第二行", "shown": "name purpose", "base": "0"})
    assert answer.status_code == 401
    said = text_of(answer)
    assert 'value="示例舞蹈队"' in said
    assert "第二行" in said
    assert "/accounts/sign-in/" in said
    assert draft(case, "group") == {}
    kept = dict(answer.context["kept"])
    assert signed_in("rita").post(url, kept).status_code == 302
    assert draft(case, "group")["name"] == "示例舞蹈队"
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in("rita").cookies
    expired = strict.post(
        url,
        {"name": "新名字", "shown": "name", "csrfmiddlewaretoken": "x" * 64},
        headers={"origin": "http://testserver"},
    )
    assert expired.status_code == 403
    assert 'value="新名字"' in text_of(expired)
    foreign = strict.post(url, {"name": "新名字"}, headers={"origin": "http://elsewhere.example"})
    assert foreign.status_code == 403
    assert "新名字" not in text_of(foreign)


# --- the page's script ---


@pytest.mark.django_db
def test_the_script_saves_what_changed_and_a_repeated_save_counts_once() -> None:
    case = people.begin()
    rita = signed_in("rita")
    url = f"/cases/{case.public_id}/form/group/save/"
    nonce = str(uuid.uuid4())
    body = {"shown": "name", "name": "队名", "base": "0", "nonce": nonce}
    first, second = rita.post(url, body).json(), rita.post(url, body | {"name": "队名"}).json()
    assert first["revision"] == 1
    assert first["at"]
    assert second["saved"] is False or second["revision"] == 1
    assert rita.post(url, {"shown": "name", "name": "队名", "base": "1"}).json()["saved"] is False
    people.save(case, "group", {"name": "别人写的"})
    clash = rita.post(url, {"shown": "name", "name": "我写的", "base": "1", "nonce": str(uuid.uuid4())})
    assert clash.status_code == 409
    assert clash.json()["clashes"][0]["key"] == "name"
    assert draft(case, "group")["name"] == "别人写的"
    other = rita.post(url, {"shown": "purpose", "purpose": "宗旨", "base": "1", "nonce": str(uuid.uuid4())}).json()
    assert other["revision"] == 3
    assert other["others"] == ["name"]


@pytest.mark.django_db
def test_two_people_choose_field_by_field() -> None:
    case = people.begin()
    rita = signed_in("rita")
    page = rita.get(f"/cases/{case.public_id}/form/group/")
    people.save(case, "group", {"name": "别人写的", "scope": "别人的范围"})
    body = {
        "shown": "name purpose",
        "name": "我写的",
        "purpose": "我的宗旨",
        "base": page.context["base"],
        "do": "next",
    }
    answer = rita.post(f"/cases/{case.public_id}/form/group/", body)
    said = text_of(answer)
    assert answer.status_code == 200
    assert "别人写的" in said
    assert "我写的" in said
    assert draft(case, "group") == {"name": "别人写的", "scope": "别人的范围", "purpose": "我的宗旨"}
    row = answer.context["rows"][0]
    chosen = {
        "base": answer.context["base"],
        f"pick-{row['key']}": "mine",
        f"mine-{row['key']}": row["raw"],
        "do": "upload",
    }
    assert rita.post(f"/cases/{case.public_id}/form/group/", chosen).status_code == 302
    assert draft(case, "group")["name"] == "我写的"


# --- the office ---


@pytest.mark.django_db
def test_the_office_reads_sends_back_accepts_and_decides_by_page() -> None:
    case = people.handed_in()
    dana, rita = signed_in("dana"), signed_in("rita")
    assert case.name in text_of(dana.get("/workbench/cases/"))
    page = text_of(dana.get(f"/workbench/cases/{case.public_id}/"))
    assert people.FILLED["people"]["leader_id"] in page
    assert Look.objects.filter(subject_kind="cases.case", purpose="cases.review").exists()
    with acting(SYSTEM):
        paper = CaseFile.objects.get(case=case)
    opened = dana.get(f"/workbench/cases/{case.public_id}/papers/{paper.pk}/")
    assert opened.status_code == 200
    assert b"".join(opened).startswith(b"%PDF")
    act = f"/workbench/cases/{case.public_id}/"
    empty = dana.post(f"{act}return/", {"reason": ""})
    assert empty.status_code == 422
    refused = dana.post(f"{act}not-accept/", {"reason": "", "fault:group.name": "名称不全"})
    assert refused.status_code == 422
    assert "名称不全" in text_of(refused)
    assert dana.post(f"{act}return/", {"fault:group.name": "名称里缺少街道", "reason": ""}).status_code == 302
    assert "名称里缺少街道" in text_of(rita.get(f"/cases/{case.public_id}/"))
    assert "名称里缺少街道" in text_of(rita.get(f"/cases/{case.public_id}/form/group/"))
    people.hand_in(case)
    for verb in ("take", "accept", "step", "approve"):
        assert dana.get(act).status_code == 200, verb
        assert dana.post(f"{act}{verb}/", {}).status_code == 302, verb
    done = text_of(rita.get(f"/cases/{case.public_id}/"))
    assert "SQ440300-" in done
    assert dana.post(f"{act}approve/", {}).status_code == 422
    assert dana.post(f"{act}dance/", {}).status_code == 404
    assert "已办结" in text_of(dana.get("/workbench/cases/?view=closed"))


@pytest.mark.django_db
def test_another_division_finds_nothing_and_the_applicant_sees_the_try() -> None:
    case = people.handed_in()
    assert signed_in("edith").get(f"/workbench/cases/{case.public_id}/").status_code == 404
    assert Look.objects.filter(subject_kind="cases.case", refused=True).count() == 1
    assert signed_in("rosa").get(f"/workbench/cases/{case.public_id}/").status_code == 403
    for name in ("victor", "alice", "dana"):
        assert signed_in(name).get(f"/cases/{case.public_id}/").status_code == 404, name


@pytest.mark.django_db
def test_lists_ask_as_often_for_three_cases_as_for_thirty() -> None:
    counts = []
    made = [people.handed_in() for _number in range(3)]
    for rounds in (0, 9):
        made += [people.handed_in() for _number in range(rounds)]
        found = []
        for name, url in (("rita", "/cases/"), ("dana", "/workbench/cases/")):
            client = signed_in(name)
            client.get(url)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(url).status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_a_long_name_and_a_case_without_a_name_are_shown() -> None:
    case = people.begin()
    assert signed_in("rita").get("/cases/").status_code == 200
    people.save(case, "group", {"name": "很" * 300})
    assert signed_in("rita").get(f"/cases/{case.public_id}/").status_code == 200
    with acting(actor_of("rita")) as rita:
        actions.withdraw_case(actor=rita, case=case)
    assert signed_in("rita").get(f"/cases/{case.public_id}/").status_code == 200
    assert account_of("rita").person_id


@pytest.mark.django_db
def test_anybody_with_number_and_code_sees_where_it_stands_and_no_answer(client: Client) -> None:
    case = people.fill(people.begin())
    with acting(actor_of("rita")) as rita:
        case, code = actions.submit_case(actor=rita, case=case, nonce=uuid.uuid4())
    with acting(actor_of("dana")) as dana:
        actions.return_case(actor=dana, case=case, faults={"group.name": "名称里缺少街道"})
    asked = {"number": f" {str(case.number).lower()} ", "code": f"{code[:4]}-{code[4:].lower()}"}
    page = client.post("/services/progress/", asked)
    said = text_of(page)
    assert page.status_code == 200
    assert "待补正" in said
    assert "深圳市民政局" in said
    for secret in ("名称里缺少街道", "李××", people.FILLED["group"]["name"], people.FILLED["people"]["leader_id"]):
        assert secret not in said, secret
    for wrong in (
        {"number": case.number, "code": "AAAABBBBCCCC"},
        {"number": "BA-2026-999999", "code": code},
        {"number": "", "code": ""},
    ):
        assert client.post("/services/progress/", wrong).status_code == 422, wrong


@pytest.mark.django_db
def test_codes_cannot_be_tried_without_end(client: Client) -> None:
    case = people.handed_in()
    for _number in range(20):
        client.post("/services/progress/", {"number": case.number, "code": "AAAABBBBCCCC"})
    answer = client.post("/services/progress/", {"number": case.number, "code": "AAAABBBBCCCC"})
    assert answer.status_code == 429


@pytest.mark.django_db
def test_can_we_do_this_says_what_is_missing_and_the_nearest_way_that_is_open(client: Client) -> None:
    address = "/services/social-group-establishment/can-we/"
    fresh = client.get(address, secure=True).content.decode()
    assert "/services/community-group-filing/" not in fresh
    missing = client.get(f"{address}?c1=no&c2=yes&c3=yes", secure=True).content.decode()
    assert "会员数达到条例的规定" in missing
    assert "/services/community-group-filing/" in missing
    assert "/services/social-group-establishment/begin/" not in missing
    met = client.get(f"{address}?c1=yes&c2=yes&c3=yes&c4=yes", secure=True).content.decode()
    assert "/services/social-group-establishment/begin/" in met
    half = client.get(f"{address}?c1=yes&c9=<script>", secure=True).content.decode()
    assert "/begin/" not in half
    assert "<script>" not in half
