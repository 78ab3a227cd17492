"""The volume of a closed case: whole, PDF/A, with catalogue, pages and hashes, for its own office, by a recorded look."""

from __future__ import annotations

import hashlib
import io
import re
from typing import cast

import pypdf
import pytest
from django.test import Client

from gongzhi.audit.models import Look
from gongzhi.cases import actions, exports
from gongzhi.cases.enums import Outcome
from gongzhi.cases.models import Case, CaseFile, Document
from gongzhi.cases.tests import people
from gongzhi.cases.tests.test_documents import herself
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.files.enums import ScanState
from gongzhi.files.models import Upload
from gongzhi.registry.models import Credential
from tests.test_access import signed_in as signed_in_as
from tests.world import account_of, actor_of

SYSTEM = Actor.system("tests")


def signed_in(name: str) -> Client:
    return signed_in_as(Client(), name)


def closed() -> Case:
    """A filing that was sent back once, came in again, was approved, and whose notice was received."""
    case = people.handed_in()
    with acting(actor_of("dana")) as dana:
        actions.return_case(actor=dana, case=case, faults={"group.name": "名称不全"}, reason="补齐街道名称")
    with acting(herself()) as rita:
        actions.confirm_receipt(actor=rita, document=Document.objects.get(case=case))
    people.hand_in(case)
    with acting(actor_of("dana")) as dana:
        case = Case.objects.select_related("type", "agency", "org").get(pk=case.pk)
        if case.state == "submitted":
            case = actions.accept_case(actor=dana, case=case)
        actions.finish_step(actor=dana, case=case, task=case.task_rows.get(done_at=None))
        actions.decide(actor=dana, case=case, outcome=Outcome.APPROVED, reason="符合条件")
        return Case.objects.select_related("type", "agency", "org").get(pk=case.pk)


def volume(case: Case) -> bytes:
    with acting(actor_of("dana")) as dana:
        return exports.volume_pdf(actor=dana, case=Case.objects.select_related("type", "agency", "org").get(pk=case.pk))


def enclosed(pdf: bytes) -> dict[str, bytes]:
    found = pypdf.PdfReader(io.BytesIO(pdf)).attachments
    return {name: bytes(contents[0]) for name, contents in found.items()}


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.django_db
def test_the_volume_is_pdf_a_and_holds_everything_that_was_said() -> None:
    case = closed()
    pdf = volume(case)
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    metadata = cast(pypdf.generic.StreamObject, reader.root_object["/Metadata"].get_object()).get_data().decode()
    assert re.search(r"pdfaid:part=\"3\"|<pdfaid:part>3<", metadata), metadata
    assert re.search(r"pdfaid:conformance=\"U\"|<pdfaid:conformance>U<", metadata), metadata
    root = reader.root_object
    assert "/OutputIntents" in root
    assert not reader.is_encrypted
    text = re.sub(r"\s", "", "".join(pages(pdf)))
    certificate = Credential.objects.get().number
    for word in (
        "卷宗", "卷内目录", "办理经过", "校验清单", "补正材料告知书", "备案回执", "送达回证", "名称不全", "补齐街道名称", "符合条件",
        "申请材料（第1次提交）", "申请材料（第2次提交）", "丰富居民文体生活", "李××", str(case.number), certificate,
    ):  # fmt: skip
        assert word in text, word
    assert volume(case) == pdf


@pytest.mark.django_db
def test_the_catalogue_names_the_page_of_each_part_and_every_page_has_its_number() -> None:
    pdf = volume(closed())
    found = pages(pdf)
    assert all(f"{number} / {len(found)}" in text for number, text in enumerate(found, 1))
    catalogue = found[1]
    assert "卷内目录" in catalogue
    rows = re.findall(r"^\s*(\d+) (.+?) (\d+)\s*$", catalogue, flags=re.M)
    named = {title.split(" ")[0]: int(page) for _number, title, page in rows}
    for title in ("办理经过", "校验清单", "备案回执", "送达回证"):
        at = next((page for name, page in named.items() if name.startswith(title)), 0)
        assert title in found[at - 1], (title, named, catalogue)


@pytest.mark.django_db
def test_every_enclosed_file_has_its_hash_and_a_changed_one_is_found() -> None:
    case = closed()
    pdf = volume(case)
    files = enclosed(pdf)
    sums = files.pop("SHA256SUMS").decode()
    listed = {name: sha256 for sha256, name in (line.split("  ") for line in sums.splitlines())}
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {"answers-1.json", "answers-2.json", "history.json", "document-1.json", "paper-1.pdf"} <= set(listed)
    text = re.sub(r"\s", "", "".join(pages(pdf)))
    for sha256 in (*listed.values(), hashlib.sha256(sums.encode()).hexdigest()):
        assert sha256 in text
    assert hashlib.sha256(files["history.json"] + b" ").hexdigest() not in text
    with acting(SYSTEM):
        paper = Upload.objects.get(pk=CaseFile.objects.get(case=case).upload_id)
        assert listed["paper-1.pdf"] == bytes(paper.sha256).hex()
    assert "丰富居民文体生活" in files["answers-2.json"].decode()


@pytest.mark.django_db
def test_a_paper_that_is_not_given_out_or_too_large_is_listed_with_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    case = closed()
    with acting(SYSTEM):
        paper = Upload.objects.get(pk=CaseFile.objects.get(case=case).upload_id)
    monkeypatch.setattr(exports, "MOST_ENCLOSED", 1)
    small = volume(case)
    assert "paper-1.pdf" not in enclosed(small)
    assert bytes(paper.sha256).hex() in "".join(pages(small)).replace("\n", "")
    monkeypatch.undo()
    with acting(SYSTEM):
        from django.utils import timezone

        Upload.objects.filter(pk=paper.pk).update(scan_state=ScanState.INFECTED, scanned_at=timezone.now())
    infected = volume(case)
    assert "paper-1.pdf" not in enclosed(infected)
    assert "未附入" in "".join(pages(infected))


@pytest.mark.django_db
def test_only_the_office_of_the_case_takes_the_volume_once_it_is_over_and_that_is_written_down() -> None:
    open_case = people.handed_in("victor")
    dana = signed_in("dana")
    assert dana.get(f"/workbench/cases/{open_case.public_id}/volume/").status_code == 403
    assert "volume/" not in dana.get(f"/workbench/cases/{open_case.public_id}/").content.decode()
    case = closed()
    address = f"/workbench/cases/{case.public_id}/volume/"
    assert address in dana.get(f"/workbench/cases/{case.public_id}/").content.decode()
    taken = dana.get(address)
    assert taken.status_code == 200
    assert taken.headers["Content-Type"] == "application/pdf"
    assert taken.headers["Content-Disposition"] == f'attachment; filename="{case.number}-volume.pdf"'
    with acting(SYSTEM):
        looks = Look.objects.filter(case_id=case.pk, person_id=account_of("dana").person_id, purpose="cases.archive")
        assert looks.filter(fields=["volume"]).exists()
        assert Look.objects.filter(purpose="cases.archive", fields__contains=["content"]).exists()
    for name, status in (("edith", 404), ("rosa", 403), ("rita", 403), ("victor", 403)):
        assert signed_in(name).get(address).status_code == status, name
