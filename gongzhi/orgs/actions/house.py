"""What an organization keeps for itself: written, changed, taken away, filed; opened by an official on a legal ground."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import seal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.times import SHANGHAI, today
from gongzhi.files import actions as files
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.files.models import Upload
from gongzhi.notify.actions import notify
from gongzhi.orgs import policies
from gongzhi.orgs.enums import KEEP_HOUSE, OPEN_HOUSE, HouseKind, OpeningGround
from gongzhi.orgs.models import LONGEST_OPENING_DAYS, HouseRecord, Opening, Organization
from gongzhi.orgs.notifications import HOUSE_FILED, HOUSE_OPENED
from gongzhi.orgs.selectors import officers_of, owners_of, registry_of

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "write_record": "It is the organization's own house.",
    "change_record": "It is the organization's own house.",
    "remove_record": "It is the organization's own house.",
    "file_record": "It is between the organization and its registry.",
    "open_house": "It is between the organization and an authority; both see it, and nobody else.",
    "close_opening": "It is between the organization and an authority; both see it, and nobody else.",
}

#: No official can touch a record before it is open; the platform writes its division anew where the registry changed.
KEEPER = Actor.system("orgs.own_house")
LONGEST_TITLE = 120
LONGEST_TEXT = 20_000
LONGEST_REASON = 2000


def _words(title: str, text: str, on: dt.date) -> tuple[str, str]:
    title, text = title.strip(), text.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise RuleViolation(
            "orgs.record_untitled",
            _("Give it a title of at most %(most)s characters.") % {"most": LONGEST_TITLE},
            field="title",
        )
    if len(text) > LONGEST_TEXT:
        raise RuleViolation(
            "orgs.text_too_long",
            _("This is too long: at most %(most)s characters.") % {"most": LONGEST_TEXT},
            field="text",
        )
    if on > today():
        raise RuleViolation("orgs.record_day", _("This day has not come yet."), field="on")
    return title, text


def _sealed(pk: int, title: str, text: str) -> dict[str, bytes]:
    return {
        "title_sealed": seal(title, where="orgs_house_record.title_sealed", pk=pk),
        "text_sealed": seal(text, where="orgs_house_record.text_sealed", pk=pk) if text else b"",
    }


def _locked(record: HouseRecord, actor: Actor) -> HouseRecord:
    rows = HouseRecord.objects.visible_to(actor).select_for_update(of=("self",)).select_related("org")
    return rows.get(pk=record.pk)


def _not_filed(record: HouseRecord) -> None:
    if record.filed_at is not None:
        raise RuleViolation("orgs.record_filed", _("This was filed to the authority and stays as it is."))


@transaction.atomic
def write_record(
    *,
    actor: Actor,
    organization: Organization,
    kind: HouseKind,
    title: str,
    text: str,
    on: dt.date,
    paper: UploadedFile[Any] | str | None = None,
) -> HouseRecord:
    """Keep something for the organization's own use, with a paper if there is one. No official sees it.

    `paper` is what a `PiecesField` gave. Raises `NotAllowed`, `RuleViolation` naming the field (`file` for the paper).
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if not policies.can_write_house(actor, organization.pk) or actor.person_id is None:
        raise NotAllowed(KEEP_HOUSE)
    title, text = _words(title, text, on)
    upload = None
    if paper:
        owner = Owner(org_id=organization.pk)
        upload = files.take_in(actor=actor, handed=paper, purpose=Purpose.EVIDENCE, owner=owner)
    pk = next_pk(HouseRecord)
    record = HouseRecord.objects.create(
        pk=pk,
        org=organization,
        path=organization.path,
        kind=HouseKind(kind),
        on=on,
        upload_id=upload.pk if upload is not None else None,
        written_by=actor.person_id,
        **_sealed(pk, title, text),
    )
    audit.record(actor=actor, event="orgs.house_record.written", subject=record, details={"kind": str(kind)})
    return record


@transaction.atomic
def change_record(*, actor: Actor, record: HouseRecord, title: str, text: str, on: dt.date) -> HouseRecord:
    """Write a record anew. What was filed stays as it is (`RuleViolation`)."""
    record = _locked(record, actor)
    if not policies.can_write_house(actor, record.org_id):
        raise NotAllowed(KEEP_HOUSE)
    _not_filed(record)
    title, text = _words(title, text, on)
    for name, value in _sealed(record.pk, title, text).items():
        setattr(record, name, value)
    record.on, record.changed_at = on, timezone.now()
    record.save(update_fields=["title_sealed", "text_sealed", "on", "changed_at"])
    audit.record(actor=actor, event="orgs.house_record.changed", subject=record)
    return record


@transaction.atomic
def remove_record(*, actor: Actor, record: HouseRecord) -> None:
    """Take a record and its paper away for good. Not what was filed, and nothing while an opening covers its kind: who is
    being inspected does not clear the shelf (`RuleViolation`)."""
    record = _locked(record, actor)
    if not policies.can_write_house(actor, record.org_id):
        raise NotAllowed(KEEP_HOUSE)
    _not_filed(record)
    openings = Opening.objects.visible_to(actor).open_at(timezone.now())
    if openings.filter(org_id=record.org_id, kind=record.kind).exists():
        raise RuleViolation(
            "orgs.record_opened", _("An authority has opened records of this kind. Until it ends, none is taken away.")
        )
    upload = Upload.objects.visible_to(actor).filter(pk=record.upload_id or 0).first()
    if upload is not None:
        files.discard(actor=actor, upload=upload)
    audit.record(actor=actor, event="orgs.house_record.removed", subject=record, details={"kind": record.kind})
    record.delete()


@transaction.atomic
def file_record(*, actor: Actor, record: HouseRecord) -> None:
    """File a record to the authority: from now on the registry above sees it, and it is not changed any more."""
    record = _locked(record, actor)
    if not policies.can_write_house(actor, record.org_id):
        raise NotAllowed(KEEP_HOUSE)
    _not_filed(record)
    record.filed_at, record.filed_by, record.path = timezone.now(), actor.person_id, record.org.path
    record.save(update_fields=["filed_at", "filed_by", "path"])
    audit.record(actor=actor, event="orgs.house_record.filed", subject=record, details={"kind": record.kind})
    for person_id in officers_of(registry_of(record.org), OPEN_HOUSE):
        notify(
            actor=actor,
            person_id=person_id,
            kind=HOUSE_FILED.code,
            params={"number": record.public_id},
            key=f"{HOUSE_FILED.code}.{record.pk}",
            url_name="portal:house_record_opened",
            url_args=(record.org.public_id, record.public_id),
        )


@transaction.atomic
def open_house(
    *,
    actor: Actor,
    organization: Organization,
    kind: HouseKind,
    ground: OpeningGround,
    matter: str,
    reason: str,
    until: dt.date,
) -> Opening:
    """Open one kind of what an organization keeps for itself to one's agency, to the end of the day `until`.

    Needs a legal ground, the case's reference and a reason; the persons in charge are told at once, and each look that is
    then made stands on their desk. A term beyond the parameter `orgs.opening_longest_days` is allowed and shown as such:
    the number is unverified. Raises `NotAllowed`, `RuleViolation` naming the field.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if not policies.can_open_house(actor, organization) or actor.agency_id is None or actor.person_id is None:
        raise NotAllowed(OPEN_HOUSE)
    matter, reason = matter.strip(), reason.strip()
    for field, text, most in (("matter", matter, 60), ("reason", reason, LONGEST_REASON)):
        if not text or len(text) > most:
            raise RuleViolation(
                "orgs.opening_incomplete",
                _("Say it in at most %(most)s characters; the organization reads it.") % {"most": most},
                field=field,
            )
    if not today() <= until < today() + dt.timedelta(days=LONGEST_OPENING_DAYS):
        raise RuleViolation("orgs.opening_term", _("Set a last day from today on, within a year."), field="until")
    now = timezone.now()
    mine = Opening.objects.visible_to(actor).open_at(now).filter(org=organization, agency_id=actor.agency_id)
    if mine.filter(kind=kind).exists():
        raise RuleViolation("orgs.opened_already", _("Your agency has opened this already."), field="kind")
    opening = Opening.objects.create(
        org=organization,
        agency_id=actor.agency_id,
        path=actor.path,
        kind=HouseKind(kind),
        ground=OpeningGround(ground),
        matter=matter,
        reason=reason,
        official_id=actor.person_id,
        opened_at=now,
        until=dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), SHANGHAI),
    )
    with acting(KEEPER):  # the wall compares the division the registry has today
        moved = HouseRecord.objects.filter(org=organization, kind=kind).exclude(path=organization.path)
        moved.update(path=organization.path)
    details = {"kind": str(kind), "ground": str(ground), "until": until.isoformat()}
    audit.record(actor=actor, event="orgs.house.opened", subject=opening, details=details)
    for person_id in owners_of(organization.pk):
        notify(
            actor=actor,
            person_id=person_id,
            kind=HOUSE_OPENED.code,
            params={"number": opening.public_id},
            key=f"{HOUSE_OPENED.code}.{opening.pk}",
            url_name="portal:desk_seen",
            org_id=organization.pk,
        )
    return opening


@transaction.atomic
def close_opening(*, actor: Actor, opening: Opening) -> None:
    """End an opening before its last day, as any official of the agency may. Raises `RuleViolation` when it is over."""
    row = Opening.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=opening.pk)
    if not policies.can_close_opening(actor, row):
        raise NotAllowed(OPEN_HOUSE)
    if not row.opens_at(timezone.now()):
        raise RuleViolation("orgs.opening_over", _("This is over: nothing is open by it any more."))
    row.closed_at = timezone.now()
    row.save(update_fields=["closed_at"])
    audit.record(actor=actor, event="orgs.house.closed", subject=row)
