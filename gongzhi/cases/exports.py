"""Documents of a case as files, and a closed case as one volume for the archive (PDF/A)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from gongzhi.audit.looks import look
from gongzhi.cases import selectors
from gongzhi.cases.models import Case, CaseFile, Document, Submission
from gongzhi.cases.wording import Paper, Words
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import RuleViolation
from gongzhi.core.times import SHANGHAI, local
from gongzhi.files import actions as files
from gongzhi.files.models import Upload
from gongzhi.ui.pdf import Attached, make_pdf

#: PDF/A that may hold other files and whose text can be read out again.
ARCHIVE: Final = "pdf/a-3u"
#: Bytes of papers a volume encloses; what is beyond is listed with its hash.
MOST_ENCLOSED: Final = 64 * 1024 * 1024
SUMS: Final = "SHA256SUMS"
PURPOSE: Final = "cases.archive"
#: The platform finds the papers an official may read through their case.
FINDER: Final = Actor.system("cases.archive")


def layout(template: int) -> tuple[str, str]:
    """The names of the markup and the stylesheet of a version of the layout."""
    return f"cases/documents/v{template}.html", f"cases/documents/v{template}.css"


def document_pdf(document: Document, paper: Paper) -> bytes:
    """A document as PDF in its legal language, the same bytes each time. Raises `CannotMakePdf`."""
    words: Words = paper.words["zh"]
    markup, style = layout(document.template)
    with override("zh-hans"):
        html = render_to_string("cases/documents/sheet.html", {"words": words, "layout": markup})
    noon = dt.datetime.combine(document.on, dt.time(12), tzinfo=SHANGHAI)
    return make_pdf(html, render_to_string(style), made_at=noon)


# --- the volume of a closed case ---


@dataclass(frozen=True)
class Item:
    """One part of a volume, in the order of the catalogue. `anchor` is where it begins."""

    anchor: str
    title: str
    number: str
    day: str
    sections: Sequence[selectors.ShownSection] = ()
    words: Words | None = None
    layout: str = ""
    happened: Sequence[tuple[str, str, str, str]] = ()
    papers: Sequence[Paperwork] = ()


@dataclass(frozen=True)
class Paperwork:
    """A paper the applicant handed in: the question it answers, and what became of it in the volume."""

    question: str
    name: str
    size: int
    sha256: str
    enclosed: bool
    why_not: str = ""


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()


def volume_pdf(*, actor: Actor, case: Case) -> bytes:
    """A closed case whole as PDF/A: cover, catalogue with pages, what was handed in each time, what happened, every
    document, every paper, and a list of hashes of all that is enclosed.

    A recorded look at the case, its answers, documents and papers. Raises `CannotMakePdf`.
    """
    look(actor=actor, subject=case, purpose=PURPOSE, fields=["volume"], case_id=case.pk)
    with override("zh-hans"):
        enclosed: list[Attached] = []
        items = [
            *_rounds(actor, case, enclosed),
            _history(actor, case, enclosed),
            *_documents(actor, case, enclosed),
            *_papers(actor, case, enclosed),
        ]
        hashes = [(one.name, one.about, hashlib.sha256(one.content).hexdigest()) for one in enclosed]
        sums = "".join(f"{sha256}  {name}\n" for name, _about, sha256 in hashes).encode()
        context = {
            "case": case,
            "title": case.type.definition.title.zh,
            "applicant": _applicant(actor, case),
            "opened": _day(case.submitted_at or case.begun_at),
            "closed": _day(case.state_since),
            "certificate": selectors.certificate_of(case),
            "items": items,
            "hashes": hashes,
            "left_out": [one for item in items for one in item.papers if not one.enclosed],
            "sums": hashlib.sha256(sums).hexdigest(),
            "sums_name": SUMS,
        }
        html = render_to_string("cases/volume.html", context)
        style = render_to_string(layout(1)[1]) + render_to_string("cases/volume.css")
    return make_pdf(html, style, made_at=case.state_since, attached=[*enclosed, Attached(SUMS, sums)], variant=ARCHIVE)


def _day(moment: dt.datetime) -> str:
    return formats.date_format(local(moment), "DATE_FORMAT")


def _applicant(actor: Actor, case: Case) -> str:
    """As the newest document is addressed; as lists show it where there is none."""
    from gongzhi.accounts.selectors import masked_names

    newest = Document.objects.filter(case=case).select_related("words").order_by("-pk").first()
    if newest is not None:
        return str(selectors.open_paper(actor, case, newest).facts.get("to", ""))
    if case.org is not None:
        return case.org.name
    return masked_names([case.person_id or 0]).get(case.person_id or 0, "")


def _rounds(actor: Actor, case: Case, enclosed: list[Attached]) -> Iterator[Item]:
    """What was handed in, each time whole."""
    for one in Submission.objects.filter(case=case).order_by("round"):
        opened = selectors.open_answers(actor, case, selectors.numbers_in(one.data), purpose=PURPOSE)
        sections = selectors.shown_answers(case.type.definition, one.data, opened, {})
        title = _("Application, handed in for the %(n)s. time") % {"n": one.round}
        answers = {
            "case": case.number,
            "round": one.round,
            "handed_in_at": local(one.at).isoformat(),
            "kept_sha256": bytes(one.sha256).hex(),
            "answers": [[answer.place, answer.label, answer.text] for part in sections for answer in part.answers],
        }
        enclosed.append(Attached(f"answers-{one.round}.json", _json(answers), title))
        yield Item(f"round-{one.round}", title, case.number or "", _day(one.at), sections=sections)


def _history(actor: Actor, case: Case, enclosed: list[Attached]) -> Item:
    """What happened, step by step."""
    title, rows, kept = pgettext("archive", "What happened"), [], []
    for one in selectors.history(actor, case):
        said = "\n".join(part for part in (one.reason, *(one.faults or {}).values()) if part)
        event, office = one.status.get_event_display(), one.status.office
        rows.append((_day(one.status.at), event, office, said))
        kept.append([local(one.status.at).isoformat(), one.status.event, office, said])
    enclosed.append(Attached("history.json", _json(kept), title))
    return Item("history", title, "", _day(case.state_since), happened=rows)


def _documents(actor: Actor, case: Case, enclosed: list[Attached]) -> Iterator[Item]:
    """Every document, and every receipt of delivery."""
    for number, one in enumerate(Document.objects.filter(case=case).select_related("words").order_by("pk"), 1):
        paper = selectors.open_paper(actor, case, one)
        words: Words = paper.words["zh"]
        enclosed.append(Attached(f"document-{number}.json", paper.as_json().encode(), f"{words.title} {words.number}"))
        yield Item(
            f"document-{number}", words.title, words.number, words.day, words=words, layout=layout(one.template)[0]
        )


def _papers(actor: Actor, case: Case, enclosed: list[Attached]) -> Iterator[Item]:
    """The papers that were handed in: enclosed as they are, or listed with the reason why not."""
    rows = list(CaseFile.objects.filter(case=case).exclude(path="").order_by("pk"))
    with acting(FINDER) as finder:
        uploads = Upload.objects.visible_to(finder).in_bulk([one.upload_id for one in rows])
    found, room = [], MOST_ENCLOSED
    for number, row in enumerate(rows, 1):
        upload = uploads.get(row.upload_id)
        if upload is None:
            continue
        field = case.type.definition.field(f"{row.section}.{row.field}")
        question, name, why = (field.label.zh if field else row.field), f"paper-{number}.{upload.format}", ""
        content = b""
        if upload.size > room:
            why = _("too large to be enclosed")
        else:
            try:
                answer = files.send(upload, actor=actor, purpose=PURPOSE, granted=True)
                # The stream alone is closed: closing the answer would tell Django that the request is over.
                stream = answer.file_to_stream
                content = stream.read() if stream is not None else b""
                if stream is not None:
                    stream.close()
            except RuleViolation as error:
                why = str(error.message)
        if content:
            room -= len(content)
            enclosed.append(Attached(name, content, question))
        found.append(Paperwork(question, name, upload.size, bytes(upload.sha256).hex(), bool(content), why))
    if found:
        yield Item("papers", pgettext("archive", "Papers handed in"), "", _day(case.state_since), papers=found)
