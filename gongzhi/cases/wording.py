"""What a document says: facts of a case in, the words of both languages out. Pure.

The words are written once, when the step happens, and kept with the facts. So a document reads the same for good, also
after a translation, a name or a law has changed; the version of the layout (`TEMPLATE`) does the rest.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gongzhi.cases.enums import Delivery, DocumentKind, Nature
from gongzhi.rulebook.enums import Unit

#: The layout new documents have: `templates/cases/documents/v1.html`. One that was used is never changed.
TEMPLATE: Final = 1
LANGUAGES: Final = {"zh": "zh-hans", "en": "en"}

Both = Mapping[str, str]


@dataclass(frozen=True)
class Ground:
    """An article a document rests on; `unverified` where it was not read in the text itself."""

    text: str
    unverified: bool = False


@dataclass(frozen=True)
class Time:
    """A time limit: how many of which unit, and the last day where it is certain."""

    number: int
    unit: str
    until: str = ""


@dataclass(frozen=True)
class Facts:
    """What a document tells, in codes, names, numbers and ISO days. `Both` is a text in both languages."""

    kind: str
    nature: str
    number: str
    on: str
    office: str
    to: str
    case: str
    service: Both
    handed_in_on: str
    title: Both | None = None
    subject: str = ""
    round: int = 1
    grounds: Sequence[Ground] = ()
    limit: Time | None = None
    faults: Sequence[tuple[Both, str]] = ()
    reason: str = ""
    result: Both | None = None
    reference: str = ""
    #: Who was on duty when nobody answered in time.
    on_duty: str = ""
    reconsideration: Time | None = None
    lawsuit: Time | None = None
    remedies_unverified: bool = False
    #: Of a receipt of delivery: the document, the way, the day, who received it.
    delivered: Both | None = None
    how: str = ""
    delivered_on: str = ""
    received_by: str = ""
    note: str = ""


@dataclass(frozen=True)
class Words:
    """A document as it is read in one language."""

    title: str
    number_label: str
    number: str
    to: str
    paragraphs: Sequence[str]
    points: Sequence[str]
    rows: Sequence[tuple[str, str]]
    closing: Sequence[str]
    grounds_label: str
    grounds: Sequence[str]
    office: str
    slot: str
    day: str


@dataclass(frozen=True)
class Paper:
    """A document whole: its facts and its words by language."""

    facts: Mapping[str, Any]
    words: Mapping[str, Words] = field(default_factory=dict)

    def as_json(self) -> str:
        """The one text that is kept."""
        body = {
            "v": TEMPLATE,
            "facts": dict(self.facts),
            "words": {key: asdict(one) for key, one in self.words.items()},
        }
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_paper(text: str) -> Paper:
    """What `as_json` wrote."""
    body = json.loads(text)
    return Paper(body["facts"], {key: Words(**one) for key, one in body["words"].items()})


def both(text: Any) -> Both:
    """A text of a case type, or a lazy one, in both languages."""
    found = {}
    for key, code in LANGUAGES.items():
        with translation.override(code):
            found[key] = str(text)
    return found


def number_of(kind: DocumentKind, *, office: str, year: int, serial: int) -> str:
    """The number as the office prints it (文号): office, what it is, year, serial."""
    with translation.override(LANGUAGES["zh"]):
        word = {
            DocumentKind.ACCEPTANCE: pgettext("word in a document number", "accepted"),
            DocumentKind.CORRECTION: pgettext("word in a document number", "to complete"),
            DocumentKind.NOT_ACCEPTED: pgettext("word in a document number", "not accepted"),
            DocumentKind.APPROVAL: pgettext("word in a document number", "approved"),
            DocumentKind.REFUSAL: pgettext("word in a document number", "refused"),
            DocumentKind.FILING_RECEIPT: pgettext("word in a document number", "filed"),
            DocumentKind.DELIVERY: pgettext("word in a document number", "delivered"),
        }[kind]
        return _("%(office)s %(word)s [%(year)s] No. %(serial)s") % {
            "office": office,
            "word": word,
            "year": year,
            "serial": serial,
        }


def write(facts: Facts) -> Paper:
    """The document these facts make."""
    kept = {key: value for key, value in asdict(facts).items() if value not in (None, "", (), [])}
    words = {}
    for key, code in LANGUAGES.items():
        with translation.override(code):
            words[key] = _words(facts, key)
    return Paper(kept, words)


def _day(iso: str) -> str:
    return formats.date_format(dt.date.fromisoformat(iso), "DATE_FORMAT")


def _time(time: Time) -> str:
    named = {"number": time.number, "unit": Unit(time.unit).label}
    return pgettext("time", "%(number)s %(unit)s") % named


def _title(facts: Facts, language: str) -> str:
    if facts.title is not None:
        return facts.title[language]
    if facts.nature == Nature.LICENCE and facts.kind == DocumentKind.APPROVAL:
        return pgettext("document", "Decision to grant a licence")
    if facts.nature == Nature.LICENCE and facts.kind == DocumentKind.REFUSAL:
        return pgettext("document", "Decision to refuse a licence")
    return str(DocumentKind(facts.kind).label)


def _words(facts: Facts, language: str) -> Words:
    paragraphs, points, rows, closing = _body(facts, language)
    unverified = pgettext("law", "to be verified")
    return Words(
        title=_title(facts, language),
        number_label=pgettext("document", "No."),
        number=facts.number,
        to=pgettext("addressee", "To %(name)s:") % {"name": facts.to},
        paragraphs=paragraphs,
        points=points,
        rows=rows,
        closing=closing,
        grounds_label=_("Legal ground"),
        grounds=[f"{one.text}（{unverified}）" if one.unverified else one.text for one in facts.grounds],
        office=facts.office,
        slot=pgettext("document", "(seal)"),
        day=_day(facts.on),
    )


Parts = tuple[list[str], list[str], list[tuple[str, str]], list[str]]


def _body(facts: Facts, language: str) -> Parts:
    named = {
        "service": facts.service[language],
        "case": facts.case,
        "day": _day(facts.handed_in_on),
        "subject": facts.subject,
    }
    match facts.kind:
        case DocumentKind.ACCEPTANCE:
            return _acceptance(facts, named)
        case DocumentKind.CORRECTION:
            return _correction(facts, named, language)
        case DocumentKind.DELIVERY:
            return _delivery(facts, language)
    if facts.kind == DocumentKind.NOT_ACCEPTED:
        said = [_("Your application “%(service)s” (%(case)s), handed in on %(day)s, is not accepted.") % named]
    else:
        said = [_("Your application “%(service)s” (%(case)s), handed in on %(day)s, was examined.") % named]
        result = facts.result[language] if facts.result else ""
        said.append(_("Decision: %(result)s.") % {"result": result})
    rows = [(_("Name"), facts.subject)] if facts.subject else []
    if facts.reference:
        rows.append((_("Number given"), facts.reference))
    if facts.reason:
        label = _("Reason") if facts.kind in {DocumentKind.NOT_ACCEPTED, DocumentKind.REFUSAL} else _("Opinion")
        rows.append((label, facts.reason))
    closing = _remedies(facts)
    return said, [], rows, closing


def _acceptance(facts: Facts, named: Mapping[str, str]) -> Parts:
    if facts.on_duty:
        said = _(
            "Your application “%(service)s” (%(case)s), handed in on %(day)s, was not answered within the time of the law."
            " It counts as accepted from the day it was received."
        )
    else:
        said = _(
            "Your application “%(service)s” (%(case)s), handed in on %(day)s, is complete and in the form the law asks for."
            " It is accepted."
        )
    rows = [(_("Name"), facts.subject)] if facts.subject else []
    if facts.on_duty:
        rows.append((_("On duty"), facts.on_duty))
    if facts.limit is not None:
        rows.append((_("Time to decide"), _time(facts.limit)))
        if facts.limit.until:
            rows.append((_("Decision by"), _day(facts.limit.until)))
    closing = (
        [_("Days in which the application is being completed or announced are not counted.")] if facts.limit else []
    )
    return [said % named], [], rows, closing


def _correction(facts: Facts, named: Mapping[str, str], language: str) -> Parts:
    said = [
        _("Something is missing or wrong in your application “%(service)s” (%(case)s), handed in on %(day)s.") % named,
        _("Everything is named here at once:"),
    ]
    points = [f"{label[language]}: {text}" for label, text in facts.faults]
    if facts.reason:
        points.append(facts.reason)
    closing = []
    if facts.limit is not None and facts.limit.until:
        closing.append(_("Complete it and hand it in again by %(day)s.") % {"day": _day(facts.limit.until)})
    elif facts.limit is not None:
        closing.append(_("Complete it and hand it in again within %(time)s.") % {"time": _time(facts.limit)})
    return said, points, [], closing


def _delivery(facts: Facts, language: str) -> Parts:
    rows = [
        (_("Document delivered"), facts.delivered[language] if facts.delivered else ""),
        (_("Application"), f"{facts.service[language]} {facts.case}"),
        (_("Addressee"), facts.to),
        (_("Way of delivery"), str(Delivery(facts.how).label)),
        (_("Delivered on"), _day(facts.delivered_on)),
    ]
    if facts.received_by:
        rows.append((_("Received by"), facts.received_by))
    if facts.note:
        rows.append((_("Remark"), facts.note))
    return [], [], rows, []


def _remedies(facts: Facts) -> list[str]:
    """How one can defend oneself; a refusal says it (行政许可法 Art 38)."""
    if facts.reconsideration is None or facts.lawsuit is None:
        return []
    said = _(
        "If you do not agree, you can apply for administrative reconsideration within %(reconsideration)s of learning of"
        " this decision, or sue in a people's court within %(lawsuit)s."
    ) % {"reconsideration": _time(facts.reconsideration), "lawsuit": _time(facts.lawsuit)}
    unverified = pgettext("law", "times to be verified")
    return [f"{said}（{unverified}）" if facts.remedies_unverified else said]
