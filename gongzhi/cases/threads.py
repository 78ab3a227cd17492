"""What pages show of messages and notes: a case's thread opened for its reader, and how fast offices really answer."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, models
from django.utils import timezone

from gongzhi.accounts.selectors import masked_names
from gongzhi.audit.looks import look, reveal
from gongzhi.cases import policies
from gongzhi.cases.definitions import Definition
from gongzhi.cases.enums import Side
from gongzhi.cases.models import Case, Message, Note
from gongzhi.cases.selectors import PURPOSE, ShownSection
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.door import acting
from gongzhi.core.times import today

#: Messages and notes of one case that a page shows, the newest of them.
SHOWN = 200
#: Questions of so many days back say how fast an office answers, when there are at least so many.
LOOKED_BACK = dt.timedelta(days=90)
FEWEST = 5
#: Offices a guide lists.
OFFICES = 8
HOURS = Actor.system("cases.answering_hours")


@dataclass(frozen=True)
class Said:
    """One message as its reader sees it. `label` is the question of the form it is about, empty for the whole case."""

    message: Message
    text: str
    error: str = ""
    label: str = ""
    section: str = ""
    who: str = ""
    is_late: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is a question that waits for an answer."""
        return self.message.wants_answer and self.message.closed_at is None


def label_of(definition: Definition, place: str) -> str:
    """The question at `section.key` with its page, in words; empty for none."""
    section, field = definition.section(place.partition(".")[0]), definition.field(place)
    return f"{section.title} · {field.label}" if section is not None and field is not None else ""


def thread(actor: Actor, case: Case) -> list[Said]:
    """The messages of a case, the oldest first, opened: one recorded look for an official, none for the applicant."""
    rows = list(
        Message.objects.visible_to(actor)
        .filter(case_id=case.pk)
        .select_related("words", "agency")
        .order_by("-pk")[:SHOWN]
    )
    own = policies.is_applicant(actor, case)
    if rows and not own and actor.kind is not ActorKind.PROCESS:
        look(actor=actor, subject=case, purpose="cases.answer", fields=["messages"], case_id=case.pk)
    names = masked_names({one.by_person for one in rows})
    day, definition = today(), case.type.definition
    found = []
    for one in reversed(rows):
        # The look above covers them all.
        words = json.loads(reveal(actor, one.words, "text_sealed", purpose=PURPOSE, own=True, case_id=case.pk))
        late = one.wants_answer and one.closed_at is None and one.due_settled and one.due_on is not None
        found.append(
            Said(
                one,
                str(words["text"]),
                str(words.get("error", "")),
                label_of(definition, one.place),
                one.place.partition(".")[0],
                one.office if one.side == Side.OFFICE else names.get(one.by_person, ""),
                bool(late and one.due_on is not None and one.due_on < day),
            )
        )
    return found


def by_place(said: Sequence[Said]) -> dict[str, list[Said]]:
    """Messages by the question they are about, `section.key`."""
    found: dict[str, list[Said]] = {}
    for one in said:
        if one.message.place:
            found.setdefault(one.message.place, []).append(one)
    return found


def with_said(sections: Sequence[ShownSection], said: Sequence[Said]) -> list[ShownSection]:
    """Answers with what was written about their questions beside them; of several lines beside the first."""
    places = by_place(said)
    found = []
    for one in sections:
        answers = [
            replace(answer, said=places.pop(".".join(answer.place.split(".")[:2]), ())) for answer in one.answers
        ]
        found.append(ShownSection(one.section, answers))
    return found


@dataclass(frozen=True)
class Noted:
    """One note as the office reads it."""

    note: Note
    text: str
    who: str


def notes(actor: Actor, case: Case) -> list[Noted]:
    """The notes on a case that the actor's office may read, the oldest first: one recorded look that names no applicant."""
    rows = list(Note.objects.visible_to(actor).filter(case=case).order_by("-pk")[:SHOWN])
    if not rows or not policies.can_note(actor, case):
        return []
    look(actor=actor, subject=rows[0], purpose="cases.review", fields=["text_sealed"])
    names = masked_names({one.by_person for one in rows})
    # The look above covers them all.
    return [
        Noted(one, reveal(actor, one, "text_sealed", purpose="cases.review", own=True), names.get(one.by_person, ""))
        for one in reversed(rows)
    ]


def open_for(actor: Actor) -> models.QuerySet[Message]:
    """The questions that wait for the actor's office."""
    rows = Message.objects.visible_to(actor).open_questions().filter(agency_id=actor.agency_id or 0)
    return rows.select_related("type", "agency")


@dataclass(frozen=True)
class Answering:
    """How an office really answered of late: how many questions, how many of them, and when.

    `median_h` is the middle of the hours between question and answer; `from_hour` and `to_hour` are the hours of the day
    between which four of five answers came (Chinese time). None with fewer answers than `FEWEST`.
    """

    office: str
    asked: int
    answered: int
    median_h: float | None = None
    from_hour: int | None = None
    to_hour: int | None = None

    @property
    def alone(self) -> tuple[Answering, ...]:
        """This office by itself, for the words that tell of one or several."""
        return (self,)


_ANSWERED = """
SELECT a.name, count(*) AS asked, count(m.closed_at) AS answered,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM m.closed_at - m.at) / 3600.0),
  percentile_disc(0.1) WITHIN GROUP (ORDER BY extract(hour FROM m.closed_at AT TIME ZONE 'Asia/Shanghai')),
  percentile_disc(0.9) WITHIN GROUP (ORDER BY extract(hour FROM m.closed_at AT TIME ZONE 'Asia/Shanghai'))
FROM cases_message m JOIN orgs_agency a ON a.id = m.agency_id
"""
_LATELY = " AND m.wants_answer AND m.at >= %(since)s "
_BY_OFFICE = """
GROUP BY a.id, a.name ORDER BY count(*) DESC, a.id LIMIT %(most)s
"""
OF_SERVICE = _ANSWERED + "JOIN cases_type t ON t.id = m.type_id WHERE t.code = %(code)s" + _LATELY + _BY_OFFICE
OF_OFFICE = _ANSWERED + "WHERE m.agency_id = %(agency)s" + _LATELY + _BY_OFFICE


def answering(*, code: str = "", agency_id: int | None = None) -> list[Answering]:
    """How offices answered questions about a service, or how one office answered. Numbers only, so everybody may read them."""
    arguments: dict[str, Any] = {
        "since": timezone.now() - LOOKED_BACK,
        "most": OFFICES,
        "code": code,
        "agency": agency_id,
    }
    with acting(HOURS), connection.cursor() as cursor:
        cursor.execute(OF_SERVICE if code else OF_OFFICE, arguments)
        rows = cursor.fetchall()
    found = []
    for name, asked, answered, median, first, last in rows:
        if answered < FEWEST:
            found.append(Answering(name, asked, answered))
        else:
            found.append(Answering(name, asked, answered, round(float(median), 1), int(first), int(last) + 1))
    return found


def unread_in(said: Sequence[Said]) -> int:
    """How many of these the applicant has not said they read."""
    return sum(one.message.side == Side.OFFICE and one.message.closed_at is None for one in said)
