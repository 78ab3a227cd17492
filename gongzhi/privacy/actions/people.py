"""Officials and people's contact data: opened on a page, by emergency access, in an exported list."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Person
from gongzhi.audit import actions as audit
from gongzhi.audit.enums import How
from gongzhi.audit.looks import Looking, concerns, look, reveal, write_look
from gongzhi.core import jobs
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.crypto import seal
from gongzhi.core.door import after
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify import actions as notify
from gongzhi.privacy import policies
from gongzhi.privacy.enums import EXPORT_PEOPLE, OPEN_EMERGENCY, REVIEW_ACCESS, SEE_PEOPLE, ExportState
from gongzhi.privacy.models import Export, Grant, Hold
from gongzhi.privacy.notifications import EMERGENCY_OPENED, EMERGENCY_REVIEWED, EXPORT_READY
from gongzhi.privacy.purposes import CONTACT
from gongzhi.privacy.selectors import live_grant
from gongzhi.rulebook import selectors as rulebook

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "open_contact": "It is about a person; the look says it.",
    "open_emergency": "It is about a person.",
    "review_emergency": "It is about a person.",
    "ask_export": "It is about persons.",
    "make_export": "It is about persons; each of them sees the look.",
    "take_export": "Each person in the list saw the look when it was made.",
    "remove_exports": "It is about persons.",
}

LONGEST_TEXT: Final = 2000
SHORTEST_REASON: Final = 5
#: People in one list at most.
MOST_PEOPLE: Final = 5000
EXPORT_KEPT: Final = dt.timedelta(days=7)
#: What opens a spreadsheet's formula: such a value gets an apostrophe in front.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

CONTACT_FIELDS: Final = ("name_sealed", "phone_sealed")


def _reason(text: str) -> str:
    text = text.strip()
    if not SHORTEST_REASON <= len(text) <= LONGEST_TEXT:
        raise RuleViolation(
            "privacy.reason_missing",
            _("Give the reason in a sentence; the person concerned reads it."),
            field="reason",
        )
    return text


def open_contact(
    *, actor: Actor, person: Person, purpose: str, how: How | str = "", hold: Hold | None = None
) -> dict[str, str]:
    """Open a person's name and phone number: column → clear text. It is a look that the person sees.

    Allowed within the agency's divisions, or under an emergency access, whose look says so. With `hold` the look is
    shown only when that investigation closes. Raises `NotAllowed`, `RuleViolation` for a purpose nobody knows or a hold
    that does not hold.
    """
    grant = None
    if not policies.can_open_contact(actor, person):
        grant = live_grant(actor, person)
        if grant is None:
            raise NotAllowed(SEE_PEOPLE, about=person)
    if grant is not None:
        purpose, how = "privacy.emergency", How.EMERGENCY
    elif purpose not in CONTACT:
        raise RuleViolation("privacy.purpose_unknown", _("Choose what you need it for."), field="purpose")
    if hold is not None and (not hold.holds_on(today()) or hold.agency_id != actor.agency_id):
        raise RuleViolation("privacy.hold_over", _("This investigation does not hold back notices (any more)."))
    looking = Looking(how, hold_id=hold.pk if hold else None, grant_id=grant.pk if grant else None)
    look(actor=actor, subject=person, purpose=purpose, fields=CONTACT_FIELDS, looking=looking)
    # The look above covers both.
    return {field: reveal(actor, person, field, purpose=purpose, own=True) for field in CONTACT_FIELDS}


@transaction.atomic
def open_emergency(*, actor: Actor, person: Person, reason: str) -> Grant:
    """Open a record outside one's divisions for some hours. The person is told at once, an administrator judges it.

    The hours are the parameter `privacy.emergency_access_hours`. Raises `NotAllowed` for whoever lacks the task and for
    one's own record, `RuleViolation` without a reason and while an access is open already.
    """
    if not policies.can_open_emergency(actor, person):
        raise NotAllowed(OPEN_EMERGENCY, about=person)
    reason = _reason(reason)
    if live_grant(actor, person) is not None:
        raise RuleViolation("privacy.already_open", _("You have opened this record already; it is still open."))
    agency_id, official_id = policies.office_of(actor)
    now = timezone.now()
    hours = int(rulebook.value("privacy.emergency_access_hours", path=actor.path))
    grant = Grant.objects.create(
        person=person,
        agency_id=agency_id,
        path=actor.path,
        official_id=official_id,
        reason=reason,
        opened_at=now,
        until=now + dt.timedelta(hours=hours),
    )
    looking = Looking(How.EMERGENCY, grant_id=grant.pk)
    look(actor=actor, subject=person, purpose="privacy.emergency", fields=[], looking=looking)
    audit.record(actor=actor, event="privacy.emergency.opened", subject=grant, details={"person": person.pk})
    _tell(actor, person.pk, EMERGENCY_OPENED.code, grant, "privacy:looked")
    return grant


def _tell(actor: Actor, person_id: int, kind: str, grant: Grant, page: str) -> None:
    notify.notify(
        actor=actor,
        person_id=person_id,
        kind=kind,
        params={"number": grant.public_id},
        key=f"{kind}.{grant.pk}",
        url_name=page,
    )


@transaction.atomic
def review_emergency(*, actor: Actor, grant: Grant, in_order: bool, review: str) -> Grant:
    """Judge an emergency access afterwards; the person and the official are told.

    Raises `NotAllowed` for whoever is no administrator or opened it themself, `RuleViolation` when it was judged
    already or without a text.
    """
    grant = Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if not policies.can_review_access(actor, grant):
        raise NotAllowed(REVIEW_ACCESS)
    if grant.reviewed_at is not None:
        raise RuleViolation("privacy.reviewed_already", _("This access was judged already."))
    if not review.strip() or len(review) > LONGEST_TEXT:
        raise RuleViolation("privacy.review_missing", _("Write what you found; the person reads it."), field="review")
    grant.in_order, grant.review = in_order, review.strip()
    grant.reviewed_by_id, grant.reviewed_at = actor.person_id, timezone.now()
    grant.save(update_fields=["in_order", "review", "reviewed_by", "reviewed_at"])
    audit.record(actor=actor, event="privacy.emergency.reviewed", subject=grant, details={"in_order": in_order})
    _tell(actor, grant.person_id, EMERGENCY_REVIEWED.code, grant, "privacy:looked")
    _tell(actor, grant.official_id, EMERGENCY_REVIEWED.code, grant, "privacy:people")
    return grant


@transaction.atomic
def ask_export(*, actor: Actor, purpose: str, reason: str) -> Export:
    """Ask for a list of the contact data of the people of one's divisions. A job makes it; each of them sees it.

    Raises `NotAllowed`, `RuleViolation` for a purpose nobody knows, without a reason, or while one is being made.
    """
    if not policies.can_export_people(actor):
        raise NotAllowed(EXPORT_PEOPLE)
    if purpose not in CONTACT:
        raise RuleViolation("privacy.purpose_unknown", _("Choose what you need it for."), field="purpose")
    reason = _reason(reason)
    if Export.objects.visible_to(actor).filter(official_id=actor.person_id, state=ExportState.WAITING).exists():
        raise RuleViolation("privacy.export_waiting", _("A list you asked for is still being made."))
    agency_id, official_id = policies.office_of(actor)
    export = Export.objects.create(
        agency_id=agency_id, path=actor.path, official_id=official_id, purpose=purpose, reason=reason
    )
    audit.record(actor=actor, event="privacy.export.asked", subject=export, details={"purpose": purpose})
    jobs.enqueue("privacy.make_export", export_id=export.pk)
    return export


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


@transaction.atomic
def make_export(*, actor: Actor, export: Export) -> None:
    """Write the list and, for each person in it, the look; both or neither. `RuleViolation` when it does not wait.

    Whose data may not be used stands in no list. The file is sealed in the row and removed after a week.
    """
    export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if not policies.can_run_clocks(actor):
        raise NotAllowed("privacy.make_export")
    export.move_to(ExportState.READY)
    official = Actor(
        kind=ActorKind.AGENCY,
        person_id=export.official_id,
        agency_id=export.agency_id,
        path=export.path,
        request_id=actor.request_id,
    )
    reach = Person.objects.filter(path__isnull=False, restricted_at__isnull=True)
    if export.path != "/":
        reach = reach.filter(path__gte=export.path, path__lt=export.path + chr(1114111))
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["编号", "姓名", "手机号", "区划"])
    people = list(reach.order_by("path", "pk")[:MOST_PEOPLE])
    for person in people:
        name, phone = (reveal(actor, person, one, purpose=export.purpose, own=True) for one in CONTACT_FIELDS)
        sheet.writerow([_plain(one) for one in (person.public_id, name, phone, person.path or "")])
        write_look(
            actor=official,
            subject_kind=person._meta.label_lower,
            subject_id=person.pk,
            purpose=export.purpose,
            fields=CONTACT_FIELDS,
            owner=concerns(person),
            looking=Looking(How.EXPORT, batch_id=export.pk),
        )
    sheet.writerow([f"导出 {export.public_id}", f"{today():%Y-%m-%d}", f"{len(people)}", "仅限所写用途，用后销毁"])
    export.content_sealed = seal(text.getvalue(), where="privacy_export.content_sealed", pk=export.pk)
    export.people, export.made_at = len(people), timezone.now()
    export.save(update_fields=["state", "content_sealed", "people", "made_at"])
    audit.record(actor=actor, event="privacy.export.made", subject=export, details={"people": len(people)})
    notify.notify(
        actor=actor,
        person_id=export.official_id,
        kind=EXPORT_READY.code,
        params={"number": export.public_id, "people": len(people)},
        key=f"privacy.export.{export.pk}",
        url_name="privacy:exports",
    )


def take_export(*, actor: Actor, export: Export) -> str:
    """The list itself, for the official who asked for it. Raises `NotAllowed`, `RuleViolation` when there is none."""
    if not policies.can_take_export(actor, export):
        raise NotAllowed(EXPORT_PEOPLE)
    if export.state != ExportState.READY:
        raise RuleViolation("privacy.no_file", _("This list is not made yet, or was removed after its time."))
    audit_note = {"people": export.people}
    # The looks were written when it was made; that it was taken is an event.
    after(lambda: audit.record(actor=actor, event="privacy.export.taken", subject=export, details=audit_note))
    return reveal(actor, export, "content_sealed", purpose=export.purpose, own=True)


@transaction.atomic
def remove_exports(*, actor: Actor, now: dt.datetime | None = None) -> int:
    """Remove the lists that were made a week ago; that they were made stays known. How many."""
    if not policies.can_run_clocks(actor):
        raise NotAllowed("privacy.remove_exports")
    old = Export.objects.filter(state=ExportState.READY, made_at__lt=(now or timezone.now()) - EXPORT_KEPT)
    removed = old.update(state=ExportState.REMOVED, content_sealed=b"")
    if removed:
        audit.record(actor=actor, event="privacy.exports.removed", details={"exports": removed})
    return removed
