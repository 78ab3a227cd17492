"""What pages show of cases: services that are open, offices that take them in, a case for its applicant and its office."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from gongzhi.audit.looks import look, reveal
from gongzhi.cases import policies
from gongzhi.cases.contracts import Answers, handler_of
from gongzhi.cases.definitions import Definition, Field, Section
from gongzhi.cases.enums import BAD, CLOSED, Event, FieldType, Grade, State, TripReason
from gongzhi.cases.models import (
    Case,
    CaseFile,
    CaseLink,
    CaseType,
    Decision,
    Document,
    Draft,
    Rating,
    SealedText,
    Status,
    Submission,
    Tally,
)
from gongzhi.cases.questions import (
    Checked,
    Page,
    asked,
    check,
    plain_answers,
    row_keys,
    sections_asked,
    shown,
)
from gongzhi.cases.wording import Paper, read_paper
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.times import today
from gongzhi.files.models import Upload
from gongzhi.orgs.models import Agency
from gongzhi.reference import selectors as reference
from gongzhi.reference.models import Division
from gongzhi.rulebook import selectors as rulebook
from gongzhi.rulebook.enums import Verdict
from gongzhi.rulebook.judging import Finding, judge
from gongzhi.rulebook.models import Parameter

#: Offices a page offers at most.
OFFICES = 30
PURPOSE = "cases.own"
#: Divisions a typed place may mean.
PLACES = 20


def services() -> list[CaseType]:
    """Every service that is open, by its title. They are some dozens."""
    found = CaseType.objects.published().filter(path="").order_by("code")[:200]
    return sorted(found, key=lambda one: one.definition.title.zh)


def service(code: str) -> CaseType | None:
    """The version of a service that is in force."""
    return CaseType.objects.published().filter(code=code, path="").first()


def limits(definition: Definition, path: str = "") -> dict[str, Parameter]:
    """The time limits of a service as they hold at a division, by name: accept, decide, promised, correct. One query."""
    named = {
        name: code
        for name in ("accept", "decide", "promised", "correct")
        if (code := getattr(definition.limits, name)) is not None
    }
    found = rulebook.values(list(named.values()), path=path) if named else {}
    return {name: found[code] for name, code in named.items()}


def offices(definition: Definition, place: str) -> list[Agency]:
    """The offices that take a service in for a typed place, the nearest first; all of them where they are few."""
    rows = Agency.objects.filter(kind__in=definition.office.kinds)
    place = place.strip()
    if not place:
        return list(rows.order_by("path", "name", "pk")[: OFFICES + 1])
    paths: set[str] = set()
    for division in _divisions(place):
        parts = [part for part in division.path.split("/") if part]
        paths |= {"/".join(parts[: at + 1]) + "/" for at in range(len(parts))}
    found = list(rows.filter(path__in=paths)) if paths else []
    named = list(rows.filter(name__contains=place)[:OFFICES])
    every = {one.pk: one for one in (*found, *named)}
    return sorted(every.values(), key=lambda one: (-len(one.path), one.name))[:OFFICES]


def _divisions(place: str) -> list[Division]:
    code = place.split(" ", maxsplit=1)[0]
    if code.isdigit():
        one = reference.division(code)
        return [one] if one is not None else []
    return list(Division.objects.in_use().filter(name__startswith=place).order_by("path")[:PLACES])


# --- what was typed and handed in ---


def pages_of(case: Case) -> dict[str, Page]:
    """What stands on each page now."""
    return dict(Draft.objects.filter(case=case).values_list("section", "data"))


def files_of(case: Case) -> dict[str, int]:
    """How many files answer each question now, by `section.key`."""
    rows = CaseFile.objects.filter(case=case, removed_at=None).values("section", "field").annotate(n=Count("pk"))
    return {f"{one['section']}.{one['field']}": one["n"] for one in rows}


def numbers_in(pages: Mapping[str, Page]) -> list[int]:
    """The sealed texts that pages refer to."""
    return [int(raw["s"]) for page in pages.values() for raw in page.values() if isinstance(raw, dict) and "s" in raw]


def open_own(actor: Actor, case: Case, numbers: Sequence[int]) -> dict[int, str]:
    """Personal answers of a case in clear, by number, for the applicant: no look, because they are their own."""
    if not numbers:
        return {}
    rows = SealedText.objects.visible_to(actor).filter(case=case, pk__in=set(numbers))
    return {one.pk: reveal(actor, one, "text_sealed", purpose=PURPOSE, own=True) for one in rows}


def check_case(*, actor: Actor, case: Case, only: str = "") -> Checked:
    """Read everything the applicant has answered as what it is. Changes nothing."""
    pages = pages_of(case)
    opened = open_own(actor, case, numbers_in(pages))
    return check(case.type.definition, pages, opened, files_of(case), only=only)


def handed_in(case: Case) -> Mapping[str, Page]:
    """What was handed in last."""
    found = Submission.objects.filter(case=case).order_by("-round").values_list("data", flat=True).first()
    return found or {}


def open_answers(actor: Actor, case: Case, numbers: Sequence[int], *, purpose: str) -> dict[int, str]:
    """Personal answers that were handed in, in clear, by number: one recorded look for an official, none for the applicant."""
    rows = list(SealedText.objects.visible_to(actor).filter(case=case, pk__in=set(numbers)))
    if rows and not policies.is_applicant(actor, case):
        look(actor=actor, subject=case, purpose=purpose, fields=["answers"], case_id=case.pk)
    # The look above covers them all.
    return {one.pk: reveal(actor, one, "text_sealed", purpose=purpose, own=True, case_id=case.pk) for one in rows}


def answers_of(*, actor: Actor, case: Case) -> Answers:
    """What was handed in, typed; personal answers are opened by a recorded look."""
    pages = handed_in(case)
    opened = open_answers(actor, case, numbers_in(pages), purpose="cases.decide")
    files: dict[str, int] = {}
    for section, field in CaseFile.objects.filter(case=case, removed_at=None).values_list("section", "field"):
        files[f"{section}.{field}"] = files.get(f"{section}.{field}", 0) + 1
    return check(case.type.definition, pages, opened, files).answers


def facts_of(definition: Definition, answers: Answers) -> dict[str, Any]:
    """The facts a draft states, by the code its fields name: typed answers, and how many lines a group has."""
    found: dict[str, Any] = dict(definition.states)
    for section, field in definition.fields():
        if field.fact is not None:
            value = answers.get(f"{section.key}.{field.key}")
            found[field.fact] = len(value or ()) if field.is_group else value
    return found


def findings(case: Case, answers: Answers) -> list[Finding]:
    """What the rules a service names say of a draft, at the office's division and today. One query, or two."""
    definition = case.type.definition
    if not definition.rules:
        return []
    path = case.path or case.agency.path
    return judge(definition.rules, facts_of(definition, answers), on=today(), path=path)


def telling(found: Sequence[Finding]) -> list[Finding]:
    """Those a page shows: a rule that does not apply says nothing."""
    return [one for one in found if one.verdict != Verdict.DOES_NOT_APPLY]


def advice(case: Case, answers: Answers) -> list[str]:
    """What the handler of the decision advises to look at, such as a name that is near another."""
    name = case.type.definition.decision.handler
    if name is None:
        return []
    return list(handler_of(name).advise(path=case.path or case.agency.path, org_id=case.org_id, answers=answers))


# --- what was answered ---


@dataclass(frozen=True)
class Shown:
    """One answer as a page shows it. `place` is `section.key`, deeper for a line; `files` are uploads."""

    place: str
    label: str
    text: str
    files: Sequence[tuple[CaseFile, Upload | None]] = ()
    fault: str = ""
    #: What applicant and office wrote about it (`threads.Said`).
    said: Sequence[Any] = ()


@dataclass(frozen=True)
class ShownSection:
    """One page of answers."""

    section: Section
    answers: Sequence[Shown]


def shown_answers(
    definition: Definition,
    pages: Mapping[str, Page],
    opened: Mapping[int, str],
    files: Mapping[str, Sequence[tuple[CaseFile, Upload | None]]],
    faults: Mapping[str, str] | None = None,
) -> list[ShownSection]:
    """Every answer that is asked for, page by page."""
    answers = plain_answers(definition, pages)
    said = faults or {}
    found = []
    for section in sections_asked(definition, pages):
        rows: list[Shown] = []
        for field in section.fields:
            if asked(field.when, answers):
                rows.extend(_shown_field(section, field, pages.get(section.key, {}), opened, files, said))
        found.append(ShownSection(section, rows))
    return found


def _shown_field(
    section: Section,
    field: Field,
    page: Page,
    opened: Mapping[int, str],
    files: Mapping[str, Sequence[tuple[CaseFile, Upload | None]]],
    faults: Mapping[str, str],
) -> list[Shown]:
    place = f"{section.key}.{field.key}"
    if field.type is FieldType.FILE:
        return [Shown(place, str(field.label), "", files.get(place, ()), faults.get(place, ""))]
    if not field.is_group:
        text = shown(field, page.get(field.key), opened)
        return [Shown(place, str(field.label), text, fault=faults.get(place, ""))]
    rows = []
    for number, row in enumerate(row_keys(field, page), 1):
        line = next((str(one.label) for one in field.lines if one.value == row), str(number))
        parts = [
            f"{column.label}: {text}"
            for column in field.fields
            if (text := shown(column, page.get(f"{field.key}.{row}.{column.key}"), opened))
        ]
        at = f"{place}.{row}"
        rows.append(Shown(at, f"{field.label} {line}", " · ".join(parts), fault=faults.get(at, "")))
    return rows or [Shown(place, str(field.label), "", fault=faults.get(place, ""))]


def files_by_place(
    actor: Actor, case: Case, *, handed: bool = False
) -> dict[str, list[tuple[CaseFile, Upload | None]]]:
    """The files of a case by `section.key`, with their uploads where the actor may know their names. Two queries."""
    rows = CaseFile.objects.filter(case=case, removed_at=None).order_by("pk")
    if handed:
        rows = rows.exclude(path="")
    found = list(rows)
    uploads = Upload.objects.visible_to(actor).in_bulk([one.upload_id for one in found])
    places: dict[str, list[tuple[CaseFile, Upload | None]]] = {}
    for one in found:
        places.setdefault(f"{one.section}.{one.field}", []).append((one, uploads.get(one.upload_id)))
    return places


@dataclass(frozen=True)
class Progress:
    """One page of the form in the list of tasks."""

    section: Section
    number: int
    state: str
    wrong: int


def progress(actor: Actor, case: Case) -> tuple[list[Progress], int]:
    """Each page that is asked for and how far it is, and how many pages are done."""
    definition = case.type.definition
    pages = pages_of(case)
    opened = open_own(actor, case, numbers_in(pages))
    checked = check(definition, pages, opened, files_of(case))
    by_section: dict[str, int] = {}
    for one in checked.wrong:
        by_section[one.section] = by_section.get(one.section, 0) + 1
    found = []
    for number, section in enumerate(sections_asked(definition, pages), 1):
        wrong = by_section.get(section.key, 0)
        begun = any(value not in ("", [], None) for value in pages.get(section.key, {}).values())
        state = "done" if not wrong else "begun" if begun else "todo"
        found.append(Progress(section, number, state, wrong))
    return found, sum(one.state == "done" for one in found)


# --- what happened ---


@dataclass(frozen=True)
class Happened:
    """One status as its reader sees it, with its words opened."""

    status: Status
    reason: str = ""
    faults: Mapping[str, str] | None = None


def history(actor: Actor, case: Case) -> list[Happened]:
    """What happened to a case, the oldest first, with the words; an official who reads the applicant's words looks."""
    own = policies.is_applicant(actor, case)
    found = []
    for status in Status.objects.filter(case=case).select_related("words").order_by("pk")[:200]:
        reason, faults = "", None
        if status.words is not None:
            text = reveal(
                actor, status.words, "text_sealed", purpose=PURPOSE if own else "cases.review", own=own, case_id=case.pk
            )
            reason = text
            if status.event == Event.RETURNED:
                said: dict[str, Any] = json.loads(text)
                reason, faults = str(said.get("reason", "")), dict(said.get("faults", {}))
        found.append(Happened(status, reason, faults))
    return found


def public_history(case: Case) -> list[Happened]:
    """What happened to a case without any words: for who looks it up with its code."""
    with acting(Actor.system("cases.look_up")):
        return [Happened(one) for one in Status.objects.filter(case=case).order_by("-pk")[:200]]


def last_faults(happened: Sequence[Happened]) -> Mapping[str, str]:
    """What the office found missing the last time."""
    return next((one.faults for one in reversed(happened) if one.faults is not None), {}) or {}


def handed_answers(actor: Actor, case: Case, faults: Mapping[str, str] | None = None) -> list[ShownSection]:
    """What was handed in, opened: a recorded look for an official, none for the applicant."""
    pages = handed_in(case)
    opened = open_answers(actor, case, numbers_in(pages), purpose="cases.review")
    return shown_answers(case.type.definition, pages, opened, files_by_place(actor, case, handed=True), faults)


# --- how it went ---


def may_rate(case: Case) -> bool:
    """Whether the applicant can say how it went: it is over, was not taken back, and was not rated."""
    return (
        case.state in CLOSED and case.state != State.WITHDRAWN and not Rating.objects.filter(case_id=case.pk).exists()
    )


def rated_words(actor: Actor, rating: Rating) -> dict[str, str]:
    """What was said and answered, in clear: a recorded look for an official, none for the applicant."""
    own = policies.is_applicant(actor, rating.case)
    found = {}
    for name, text in (("words", rating.words), ("answer", rating.answer)):
        if text is not None:
            purpose = PURPOSE if own else "cases.review"
            found[name] = reveal(actor, text, "text_sealed", purpose=purpose, own=own, case_id=rating.case_id)
    return found


def rated_years() -> list[int]:
    """The years from the first rating on, the newest first; no more than ten."""
    first = Tally.objects.order_by("year").values_list("year", flat=True).first()
    last = Tally.objects.order_by("-year").values_list("year", flat=True).first()
    return list(range(last, max(first, last - 9) - 1, -1)) if first and last else []


#: More rows of services and offices are not shown on one page.
MOST_RESULTS = 300


def results_of(year: int) -> list[dict[str, Any]]:
    """Each service at each office in a year: how many were satisfied, how often people came, what was answered."""
    rows = Tally.objects.filter(year=year).select_related("agency").order_by("-rated", "pk")[:MOST_RESULTS]
    titles = {one.code: one.definition.title for one in services()}
    found = []
    for one in rows:
        satisfied = sum(one.grades.get(str(grade), 0) for grade in Grade.values if grade > BAD)
        reasons = sorted(one.reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        found.append(
            {
                "tally": one,
                "title": titles.get(one.code, one.code),
                "satisfied": round(100 * satisfied / one.rated) if one.rated else 0,
                "trips": one.trips / one.rated if one.rated else 0,
                "promised": one.promised_trips / one.rated if one.rated else 0,
                "reasons": [(TripReason(code).label, count) for code, count in reasons if code in TripReason.values],
            }
        )
    return found


# --- documents ---


def certificate_of(case: Case) -> str:
    """The number of the certificate the decision brought; empty for none. One query."""
    found = Decision.objects.filter(case=case, dropped_at=None).exclude(decided_at=None).first()
    return str(found.effect.get("certificate", "")) if found else ""


@dataclass(frozen=True)
class Written:
    """A document of a case, and the receipt of its delivery once there is one."""

    document: Document
    receipt: Document | None


def documents_of(case: Case) -> list[Written]:
    """The documents of a case, the oldest first, without their words. One query."""
    rows = list(Document.objects.filter(case=case).order_by("pk")[:200])
    receipts = {one.about_id: one for one in rows if one.about_id is not None}
    return [Written(one, receipts.get(one.pk)) for one in rows if one.about_id is None]


def document(case: Case, public_id: str) -> Written | None:
    """One document of a case by its public name. Two queries."""
    found = Document.objects.select_related("words", "about").filter(case=case, public_id=public_id).first()
    if found is None:
        return None
    return Written(found, Document.objects.filter(about=found).first())


def open_paper(actor: Actor, case: Case, document: Document) -> Paper:
    """What a document says: the applicant's own, a recorded look for everybody else."""
    own = policies.is_applicant(actor, case)
    purpose = PURPOSE if own else "cases.review"
    return read_paper(reveal(actor, document.words, "text_sealed", purpose=purpose, own=own, case_id=case.pk))


def linked(actor: Actor, case: Case) -> list[Case]:
    """The cases that belong together with this one and that the actor may see, the newest first."""
    others = CaseLink.objects.filter(case=case).values("other_id")
    rows = Case.objects.visible_to(actor).filter(pk__in=others).select_related("type", "agency")
    return list(rows.order_by("-pk")[:OFFICES])
