"""Documents: written with their step, numbered without a gap, delivered once, the same again at any time."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import threading
import uuid
from pathlib import Path
from typing import Any

import pypdf
import pytest
import yaml
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from gongzhi.audit.models import Look
from gongzhi.cases import actions, exports, wording
from gongzhi.cases.actions.watching import watch_clocks
from gongzhi.cases.definitions import BadCaseType, read_text
from gongzhi.cases.enums import Delivery, DocumentKind, Outcome
from gongzhi.cases.models import Case, Document, SealedText
from gongzhi.cases.selectors import documents_of, open_paper
from gongzhi.cases.tests import people
from gongzhi.cases.tests.test_clocks import as_licence, at_noon
from gongzhi.cases.tests.test_types import GOOD
from gongzhi.cases.wording import Paper
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs.acting import for_self
from tests.test_access import signed_in as signed_in_as
from tests.world import account_of, actor_of

SYSTEM = Actor.system("tests")
CLOCK = Actor.system("cases.watch_clocks")
WRITERS = 6
#: SHA-256 of each layout that documents were printed with. A line is added, never changed: an old document keeps its look.
LAYOUTS = {
    "v1.html": "2ac965c14c5782bf0b23af317aea635b63ba9932d0878d2437553af1e471ed81",
    "v1.css": "5fe6ea55c151e67e3d5a8aba816e550360a60e1f159de6843b7a88d19dd7fbbf",
}


def signed_in(name: str) -> Client:
    return signed_in_as(Client(), name)


def herself() -> Actor:
    """Rita for herself: after an approval she acts for her group otherwise."""
    return for_self(account_of("rita"), uuid.uuid4())


def rita_signed_in() -> Client:
    client = Client()
    client.force_login(account_of("rita"))
    return client


def kinds(case: Case) -> list[str]:
    with acting(SYSTEM):
        return list(Document.objects.filter(case=case).order_by("pk").values_list("kind", flat=True))


def paper(case: Case, kind: DocumentKind) -> tuple[Document, Paper]:
    with acting(herself()) as rita:
        found = Document.objects.select_related("words", "about").get(case=case, kind=kind)
        return found, open_paper(rita, Case.objects.get(pk=case.pk), found)


def refused(case: Case, reason: str = "活动不在社区范围内") -> None:
    with acting(actor_of("dana")) as dana:
        actions.decide(actor=dana, case=case, outcome=Outcome.REFUSED, reason=reason)


def read(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")


def file_of(client: Client, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    return bytes(answer.content)


# --- written with the step ---


@pytest.mark.django_db
def test_every_step_of_a_licence_yields_its_document_in_the_same_transaction() -> None:
    case = people.handed_in()
    as_licence(case)
    with acting(actor_of("dana")) as dana:
        actions.return_case(actor=dana, case=case, faults={"group.name": "名称不全"}, reason="另附说明")
    people.hand_in(case)
    with acting(actor_of("dana")) as dana:
        case = actions.accept_case(actor=dana, case=Case.objects.get(pk=case.pk))
        actions.finish_step(actor=dana, case=case, task=case.task_rows.get(done_at=None))
    assert kinds(case) == ["correction", "acceptance"]
    refused(case)
    assert kinds(case) == ["correction", "acceptance", "refusal"]
    _document, said = paper(case, DocumentKind.CORRECTION)
    assert said.words["zh"].title == "补正材料告知书"
    assert said.words["zh"].points == ["组织名称: 名称不全", "另附说明"]
    assert said.words["en"].points[0] == "Name of the group: 名称不全"
    assert "前补齐并重新提交" in said.words["zh"].closing[0]
    document, said = paper(case, DocumentKind.REFUSAL)
    zh = said.words["zh"]
    assert zh.title == "不予行政许可决定书"
    assert zh.number == document.number == f"深圳市民政局不准字〔{today().year}〕1号"
    assert zh.to == "李××："
    assert ("理由", "活动不在社区范围内") in [tuple(one) for one in zh.rows]
    assert "60日" in zh.closing[0]
    assert "6个月" in zh.closing[0]
    assert "待核实" in zh.closing[0]  # nobody has read these two articles yet
    assert any("民发〔2017〕191号" in one for one in zh.grounds)


@pytest.mark.django_db
def test_a_step_that_is_rolled_back_leaves_no_document_and_gives_its_number_back() -> None:
    case = people.handed_in()
    as_licence(case)
    with acting(actor_of("dana")) as dana, pytest.raises(ZeroDivisionError):
        with transaction.atomic():
            actions.accept_case(actor=dana, case=case)
            raise ZeroDivisionError
    assert kinds(case) == []
    with acting(actor_of("dana")) as dana:
        actions.accept_case(actor=dana, case=case)
    assert paper(case, DocumentKind.ACCEPTANCE)[0].serial == 1


@pytest.mark.django_db
def test_not_accepting_a_licence_says_why_and_how_to_defend_oneself() -> None:
    case = people.handed_in()
    as_licence(case)
    with acting(actor_of("dana")) as dana:
        actions.refuse_acceptance(actor=dana, case=case, reason="不属于本机关职权范围")
    _document, said = paper(case, DocumentKind.NOT_ACCEPTED)
    assert said.words["zh"].title == "不予受理决定书"
    assert "行政复议" in said.words["zh"].closing[0]
    assert said.facts["reason"] == "不属于本机关职权范围"


@pytest.mark.django_db
def test_silence_writes_the_notice_of_acceptance_and_names_who_was_on_duty() -> None:
    case = people.handed_in()
    as_licence(case)
    with acting(CLOCK) as clock:
        due = Case.objects.get(pk=case.pk).due_on
        assert due is not None
        assert watch_clocks(actor=clock, at=at_noon(due + dt.timedelta(days=1))) == 1
    document, said = paper(case, DocumentKind.ACCEPTANCE)
    assert document.by == "process:cases.watch_clocks"
    assert "即为受理" in said.words["zh"].paragraphs[0]
    assert ("当值机关", "深圳市民政局") in [tuple(one) for one in said.words["zh"].rows]
    assert said.facts["grounds"][0]["text"]


@pytest.mark.django_db
def test_a_filing_yields_what_its_nature_or_its_file_says() -> None:
    case = people.approved()
    assert kinds(case) == ["filing_receipt"]
    _document, said = paper(case, DocumentKind.FILING_RECEIPT)
    assert said.words["zh"].title == "备案回执"
    assert said.facts["reference"].startswith("SQ440300-")
    assert ("编号", said.facts["reference"]) in [tuple(one) for one in said.words["zh"].rows]
    stated = read_text(
        f"{GOOD}documents:\n  - {{kind: acceptance}}\n  - {{kind: filing_receipt, title: {{zh: 示例回执, en: Example}}}}\n",
        name="x.yaml",
    )
    found = stated.document([DocumentKind.APPROVAL, DocumentKind.FILING_RECEIPT])
    assert found is not None
    assert str(found.title) == "示例回执"
    assert stated.document([DocumentKind.REFUSAL]) is None


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("documents:\n  - {kind: gift}\n", "kind", 2),
        ("documents:\n  - {kind: acceptance}\n  - {kind: delivery}\n", "receipt of delivery", 3),
        ("documents: [{kind: approval}, {kind: filing_receipt}]\n", "one document", 1),
        ("documents: [{kind: refusal}, {kind: refusal}]\n", "two documents are called refusal", 1),
        ("documents:\n  - {kind: refusal, text: x}\n", "text", 2),
    ],
)
def test_a_mistake_about_documents_is_named_with_its_line(text: str, said: str, line: int) -> None:
    with pytest.raises(BadCaseType) as found:
        read_text(GOOD + text, name="x.yaml")
    start = GOOD.count("\n")
    assert any(said in one and one.startswith(f"x.yaml:{start + line}:") for one in found.value.problems), (
        found.value.problems
    )


def test_a_licence_without_a_document_of_the_law_is_refused() -> None:
    body = yaml.safe_load(GOOD) | {"nature": "licence", "documents": [{"kind": "approval"}]}
    with pytest.raises(BadCaseType) as found:
        read_text(yaml.safe_dump(body, allow_unicode=True), name="x.yaml")
    assert "acceptance, correction, not_accepted, refusal" in found.value.problems[0]


# --- numbers ---


@pytest.mark.django_db
def test_numbers_are_counted_for_each_agency_and_kind() -> None:
    first, second = people.handed_in(), people.handed_in("victor")
    for case in (first, second):
        with acting(actor_of("dana")) as dana:
            actions.return_case(actor=dana, case=case, faults={"group.name": "不全"})
    with acting(SYSTEM):
        serials = list(Document.objects.filter(kind="correction").order_by("pk").values_list("serial", flat=True))
    assert serials == [1, 2]


@pytest.mark.usefixtures("committed")
def test_numbers_have_no_gap_and_no_double_when_many_write_at_once_and_some_fail() -> None:
    cases = [people.handed_in("rita" if number % 2 else "victor") for number in range(WRITERS * 2)]
    start = threading.Barrier(WRITERS * 2)
    wrong: list[BaseException] = []

    def write(number: int, case: Case) -> None:
        try:
            start.wait()
            with acting(actor_of("dana")) as dana:
                actions.return_case(actor=dana, case=case, faults={"group.name": "不全"})
                if number % 3 == 0:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        except BaseException as error:  # told by the main thread
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=one) for one in enumerate(cases)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    kept = len([number for number in range(len(cases)) if number % 3])
    with acting(SYSTEM):
        serials = sorted(Document.objects.filter(kind="correction").values_list("serial", flat=True))
    assert serials == list(range(1, kept + 1))


# --- what stays ---


@pytest.mark.django_db
def test_a_document_is_never_changed_and_holds_its_rules() -> None:
    case = people.approved()
    document, _said = paper(case, DocumentKind.FILING_RECEIPT)
    for change in ("UPDATE cases_document SET number = 'x'", "DELETE FROM cases_document"):
        with acting(SYSTEM), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    row = {
        "case_id": case.pk,
        "person_id": case.person_id,
        "path": document.path,
        "agency_id": document.agency_id,
        "year": document.year,
        "number": "x",
        "template": 1,
        "words_id": document.words_id,
        "on": document.on,
        "by": "x",
    }
    for bad in (
        {"kind": "filing_receipt", "serial": document.serial},  # the same number again
        {"kind": "approval", "serial": 0},
        {"kind": "delivery", "serial": 1},  # a receipt of nothing
        {"kind": "approval", "serial": 1, "about_id": document.pk},
        {"kind": "letter", "serial": 1},
    ):
        with acting(SYSTEM), pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.create(**row, **bad)
    with acting(SYSTEM):
        assert Document.objects.create(**row, kind="approval", serial=1).pk


@pytest.mark.django_db
def test_what_a_document_says_is_sealed_and_nobody_else_finds_it() -> None:
    case = people.approved()
    with acting(SYSTEM):
        words = SealedText.objects.get(case=case, place="document")
        assert bytes(words.text_sealed).find("备案".encode()) == -1
    for name in ("edith", "victor", "alice"):
        with acting(actor_of(name)):
            assert not Document.objects.filter(case_id=case.pk).exists(), name
    with acting(actor_of("dana")):
        assert Document.objects.filter(case_id=case.pk).exists()


def test_a_layout_that_was_used_is_never_changed() -> None:
    folder = Path(exports.__file__).parent / "templates" / "cases" / "documents"
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in LAYOUTS} == LAYOUTS
    assert {path.name for path in folder.glob("v*")} == set(LAYOUTS)
    assert f"v{wording.TEMPLATE}.html" in LAYOUTS


@pytest.mark.django_db
def test_the_same_document_makes_the_same_bytes_again_whatever_the_reader_speaks() -> None:
    case = people.approved()
    document, said = paper(case, DocumentKind.FILING_RECEIPT)
    first = exports.document_pdf(document, said)
    with translation.override("en"):
        assert exports.document_pdf(document, wording.read_paper(said.as_json())) == first
    changed = wording.read_paper(said.as_json().replace("备案回执", "备案证明"))
    assert exports.document_pdf(document, changed) != first
    text = read(first)
    for word in ("备案回执", "示例区××街道××社区舞蹈队", document.number, "深圳市民政局", "印章"):
        assert word in text, word


@pytest.mark.django_db
def test_markup_in_an_answer_stays_text_and_fetches_nothing() -> None:
    case = people.examined()
    refused(case, '<img src="file:///etc/passwd"><b>理由</b>')
    document, said = paper(case, DocumentKind.REFUSAL)
    assert '<imgsrc="file:///etc/passwd"><b>理由</b>' in read(exports.document_pdf(document, said)).replace(" ", "")


# --- delivery ---


@pytest.mark.django_db
def test_opening_a_document_receives_it_once_and_the_receipt_says_when_and_by_whom() -> None:
    case = people.approved()
    with acting(herself()) as rita:
        document = Document.objects.get(case=case)
        receipt = actions.confirm_receipt(actor=rita, document=document)
        assert actions.confirm_receipt(actor=rita, document=document) == receipt
        with pytest.raises(RuleViolation):
            actions.confirm_receipt(actor=rita, document=receipt)
        assert [one.receipt for one in documents_of(case)] == [receipt]
    assert kinds(case) == ["filing_receipt", "delivery"]
    _receipt, said = paper(case, DocumentKind.DELIVERY)
    rows = dict(said.words["zh"].rows)
    assert rows["送达文书"] == f"备案回执 {document.number}"
    assert rows["送达方式"] == "电子送达（在本平台打开）"
    assert rows["签收人"] == "李××"
    for name in ("victor", "dana", "edith"):
        with acting(actor_of(name)) as actor, pytest.raises((NotAllowed, Case.DoesNotExist)):
            actions.confirm_receipt(actor=actor, document=document)


@pytest.mark.django_db
def test_an_office_notes_a_delivery_on_paper_once_and_within_its_days() -> None:
    case = people.approved()
    with acting(SYSTEM):
        document = Document.objects.get(case=case)
    with acting(actor_of("dana")) as dana:
        wrong: list[dict[str, Any]] = [
            {"how": Delivery.ELECTRONIC, "on": today()},
            {"how": Delivery.POST, "on": today() + dt.timedelta(days=1)},
            {"how": Delivery.POST, "on": today() - dt.timedelta(days=1)},
            {"how": Delivery.IN_PERSON, "on": today()},
        ]
        for bad in wrong:
            with pytest.raises(RuleViolation):
                actions.record_delivery(actor=dana, document=document, **bad)
        actions.record_delivery(
            actor=dana, document=document, how=Delivery.IN_PERSON, on=today(), by="李××", note="窗口"
        )
        with pytest.raises(RuleViolation, match=r"cases\.delivered"):
            actions.record_delivery(actor=dana, document=document, how=Delivery.POST, on=today())
    for actor in (actor_of("edith"), herself()):
        with acting(actor), pytest.raises((NotAllowed, Case.DoesNotExist)):
            actions.record_delivery(actor=actor, document=document, how=Delivery.POST, on=today())


@pytest.mark.django_db
def test_the_applicant_receives_reads_and_saves_a_document_and_nobody_else_does() -> None:
    case = people.approved()
    with acting(SYSTEM):
        document = Document.objects.get(case=case)
    rita = rita_signed_in()
    page = f"/cases/{case.public_id}/documents/{document.public_id}/"
    assert page in rita.get(f"/cases/{case.public_id}/").content.decode()
    before = rita.get(page).content.decode()
    assert "签收并打开" in before
    assert "社区舞蹈队" not in before
    assert rita.get(f"{page}file/").status_code == 403
    assert signed_in("victor").post(f"{page}receive/").status_code == 404
    assert rita.get(f"{page}receive/").status_code == 405
    assert rita.post(f"{page}receive/").status_code == 302
    after = rita.get(page).content.decode()
    assert "社区舞蹈队" in after
    assert "备案回执" in after
    assert "以中文（PDF）为准" not in after
    english = rita.get(f"/en{page}").content.decode()
    assert "Receipt of filing" in english
    assert "备案回执" in read(file_of(rita, f"{page}file/"))
    assert "已送达" in rita.get(f"/cases/{case.public_id}/").content.decode()
    for name in ("victor", "alice", "dana"):
        assert signed_in(name).get(page).status_code == 404, name
    with acting(SYSTEM):
        assert not Look.objects.filter(case_id=case.pk, person_id=account_of("rita").person_id).exists()


@pytest.mark.django_db
def test_the_office_reads_a_document_by_a_recorded_look_and_notes_its_delivery() -> None:
    case = people.approved()
    with acting(SYSTEM):
        document = Document.objects.get(case=case)
    dana = signed_in("dana")
    page = f"/workbench/cases/{case.public_id}/documents/{document.public_id}/"
    assert page in dana.get(f"/workbench/cases/{case.public_id}/").content.decode()
    assert "备案回执" in dana.get(page).content.decode()
    with acting(SYSTEM):
        assert Look.objects.filter(subject_id=document.words_id, person_id=account_of("dana").person_id).exists()
    assert "备案回执" in read(file_of(dana, f"{page}file/"))
    day = {"on-year": "2001", "on-month": "2", "on-day": "30", "by": "李××"}
    kept = dana.post(page, {"how": "in_person", **day})
    assert kept.status_code == 422
    assert "李××" in kept.content.decode()
    on = today()
    good = {"how": "in_person", "on-year": on.year, "on-month": on.month, "on-day": on.day, "by": "李××", "note": ""}
    assert dana.post(page, good).status_code == 302
    assert "直接送达" in "".join(str(one) for one in paper(case, DocumentKind.DELIVERY)[1].words["zh"].rows)
    assert dana.post(page, good).status_code == 422  # delivered already
    assert signed_in("edith").get(page).status_code == 404
    assert signed_in("rosa").get(page).status_code == 403


@pytest.mark.django_db
def test_where_pdfs_cannot_be_made_the_page_says_so_and_everything_else_works(monkeypatch: pytest.MonkeyPatch) -> None:
    from gongzhi.ui.pdf import CannotMakePdf

    case = people.approved()
    with acting(SYSTEM):
        document = Document.objects.get(case=case)

    def fails(*_arguments: Any, **_options: Any) -> bytes:
        raise CannotMakePdf("no Pango")

    monkeypatch.setattr(exports, "make_pdf", fails)
    dana = signed_in("dana")
    page = f"/workbench/cases/{case.public_id}/documents/{document.public_id}/"
    assert dana.get(page).status_code == 200
    answer = dana.get(f"{page}file/")
    assert answer.status_code == 503
    assert "gongzhi doctor" in answer.content.decode()


@pytest.mark.django_db
def test_the_pages_of_a_case_ask_as_often_for_thirty_documents_as_for_three() -> None:
    case = people.approved()
    with acting(SYSTEM):
        first = Document.objects.get(case=case)
    rita, dana = rita_signed_in(), signed_in("dana")
    counts: dict[str, list[int]] = {"/cases/": [], "/workbench/cases/": []}
    for upto in (3, 30):
        with acting(SYSTEM):
            for serial in range(Document.objects.filter(case=case, kind="approval").count() + 1, upto):
                Document.objects.create(
                    case=case, person_id=case.person_id, path=first.path, kind="approval", agency=first.agency,
                    year=first.year, serial=serial, number=f"示例{serial}号", template=1, words_id=first.words_id,
                    on=first.on, by="agency:1",
                )  # fmt: skip
        for start, client in (("/cases/", rita), ("/workbench/cases/", dana)):
            client.get(f"{start}{case.public_id}/")
            with CaptureQueriesContext(connection) as queries:
                assert f"示例{upto - 1}号" in client.get(f"{start}{case.public_id}/").content.decode()
            counts[start].append(len(queries))
    assert all(three == thirty for three, thirty in counts.values()), counts
