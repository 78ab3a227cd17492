"""Changes to the register: one list, one correction, each with its source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify import actions as notify
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.models import Organization
from gongzhi.registry import policies
from gongzhi.registry.enums import EventKind, SourceKind
from gongzhi.registry.imports import STATED, Plan, Planned, kind_of, plan
from gongzhi.registry.lists import ListReading, Problem, Severity
from gongzhi.registry.models import Certificate, Confirmation, Doubt, Source, Version
from gongzhi.registry.notifications import LIST_IMPORTED
from gongzhi.tlog import actions as tlog
from gongzhi.tlog.contracts import SealedRow
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "import_organizations": EntryType.REGISTER_IMPORTED,
    "correct_item": EntryType.ORG_CHANGED,
}

BATCH = 2000


@dataclass(frozen=True)
class ImportResult:
    """What a list did, or would do. `rows` counts every row that was not blank."""

    rows: int
    created: int
    changed: int
    unchanged: int
    flagged: int
    rejected: int
    problems: Sequence[Problem]
    applied: bool
    source_id: int | None = None


def result_of(planned: Plan, *, source: Source | None = None) -> ImportResult:
    """The counts of a plan."""
    return ImportResult(
        rows=planned.reading.total,
        created=len(planned.created),
        changed=len(planned.changed),
        unchanged=len(planned.unchanged),
        flagged=planned.flagged,
        rejected=planned.rejected,
        problems=planned.problems,
        applied=source is not None,
        source_id=source.pk if source else None,
    )


@transaction.atomic
def import_organizations(
    *,
    actor: Actor,
    reading: ListReading,
    apply: bool,
    dated_on: dt.date | None = None,
    upload_id: int | None = None,
) -> ImportResult:
    """Bring a list into the register, or with `apply` false say what that would do.

    `dated_on` is the day the list speaks of (today if left out). One action, one audit row with the file's hash and counts. The first load of a body writes one version; the same
    list again changes nothing but the day of confirmation. Nothing is deleted: a body the list leaves out stays.
    """
    if not policies.can_import(actor):
        raise NotAllowed("registry.import")
    if apply:
        with connection.cursor() as cursor:  # two lists at once would compare with the same past
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('registry.import'))")
    if dated_on is not None and dated_on > today():
        raise RuleViolation("registry.list_from_future", _("A list cannot speak of a day that has not come."))
    planned = plan(actor=actor, reading=reading, dated_on=dated_on)
    if not apply:
        return result_of(planned)
    known = Source.objects.filter(kind=SourceKind.LIST, file_sha256=reading.sha256).order_by("-pk").first()
    if known is not None and not planned.created and not planned.changed:
        return result_of(planned, source=known)  # the same file again proves nothing new
    source = Source.objects.create(
        kind=SourceKind.LIST,
        file_name=reading.filename[:200],
        file_sha256=reading.sha256,
        items=sorted({_ITEM_OF_COLUMN.get(field, field) for field in reading.columns.values()} & set(STATED)),
        rows=reading.total,
        dated_on=planned.dated_on,
        upload_id=upload_id,
    )
    organizations, versions = _enter(actor, planned.created, source)
    versions += _change(actor, planned.changed, source)
    _seal(actor, EntryType.REGISTER_IMPORTED, source, versions, public={"file": reading.sha256})
    for one in (*planned.changed, *planned.unchanged):
        if one.organization is not None:
            organizations[one.listed.row] = one.organization
    _confirm(organizations, source)
    _keep_certificates(planned, organizations, source)
    _keep_doubts(planned.problems, organizations, source)
    result = result_of(planned, source=source)
    audit.record(
        actor=actor,
        event="registry.list.imported",
        subject=source,
        details={
            "sha256": reading.sha256,
            "rows": result.rows,
            "created": result.created,
            "changed": result.changed,
            "unchanged": result.unchanged,
            "flagged": result.flagged,
            "rejected": result.rejected,
        },
    )
    if actor.person_id is not None:
        _tell_the_officer(actor, result, source)
    return result


def _tell_the_officer(actor: Actor, result: ImportResult, source: Source) -> None:
    notify.notify(
        actor=actor,
        person_id=actor.person_id or 0,
        kind=LIST_IMPORTED.code,
        params={
            "number": source.pk,
            "created": result.created,
            "changed": result.changed,
            "flagged": result.flagged,
            "rejected": result.rejected,
        },
        key=f"registry.list.{source.pk}",
        url_name="portal:import_detail",
        url_args=(str(source.pk),),
    )


#: Fields of the list's reader that are called otherwise in the register.
_ITEM_OF_COLUMN = {"established_on": "registered_on", "fund": "fund_fen"}


def _seal(
    actor: Actor, kind: EntryType, source: Source, versions: Sequence[Version], *, public: dict[str, str], org: str = ""
) -> None:
    """One sealed entry over everything a source brought; the source keeps the seal."""
    if not versions:
        return
    source.seal = tlog.seal_batch(
        actor=actor,
        kind=kind,
        rows=[SealedRow(Version._meta.label_lower, one.pk, one.sealed_record()) for one in versions],
        public=public,
        org=org or None,
    )
    source.save(update_fields=["seal"])


def _enter(actor: Actor, rows: Sequence[Planned], source: Source) -> tuple[dict[int, Organization], list[Version]]:
    """New bodies with their first version. Returns list row → organization, and the versions."""
    fresh = {
        one.listed.row: Organization(
            kind=kind_of(one.listed),
            credit_code=one.listed.code or None,
            number=one.listed.number,
            path=one.path,
            standing=one.listed.standing,
            name=one.listed.name,
            registered_on=one.listed.established_on,
        )
        for one in rows
    }
    orgs.write_organizations(actor=actor, fresh=list(fresh.values()), changed=[], former_names={})
    known_from = Version.now()
    versions = Version.objects.bulk_create(
        [
            Version(
                org=fresh[one.listed.row],
                valid_from=one.listed.established_on or source.dated_on,
                known_from=known_from,
                source=source,
                source_row=one.listed.row,
                event=EventKind.LISTED,
                **{**STATED, **one.changes},
            )
            for one in rows
        ],
        batch_size=BATCH,
    )
    return fresh, versions


def _change(actor: Actor, rows: Sequence[Planned], source: Source) -> list[Version]:
    """What the list says otherwise, from the list's day on; today's copy and search follow."""
    organizations = [one.organization for one in rows if one.organization is not None]
    locked = Organization.objects.select_for_update(of=("self",)).in_bulk([one.pk for one in organizations])
    versions: list[Version] = []
    for one in rows:
        if one.organization is None:
            continue
        on = max(source.dated_on, one.organization.registered_on or source.dated_on)
        versions += amend(
            Version,
            owner={"org_id": one.organization.pk},
            on=on,
            changes=one.changes,
            about={"source_id": source.pk, "source_row": one.listed.row, "event": EventKind.LIST_CHANGED},
        )
        _copy_today(locked[one.organization.pk], one.changes)
    orgs.write_organizations(
        actor=actor, fresh=[], changed=list(locked.values()), former_names=former_names(list(locked))
    )
    return versions


def _copy_today(organization: Organization, changes: Mapping[str, Any]) -> None:
    for name in ("standing", "name", "registered_on"):
        if name in changes:
            setattr(organization, name, changes[name])


def former_names(org_ids: Sequence[int]) -> dict[int, list[str]]:
    """Organization id → every name it had and has no more, newest first."""
    found: dict[int, list[str]] = {pk: [] for pk in org_ids}
    rows = (
        Version.objects.current()
        .filter(org__in=org_ids)
        .order_by("org_id", "-valid_from")
        .values_list("org_id", "name")
    )
    present: dict[int, str] = {}
    for org_id, name in rows:
        if name != present.setdefault(org_id, name) and name not in found[org_id]:
            found[org_id].append(name)
    return found


def _confirm(organizations: Mapping[int, Organization], source: Source) -> None:
    Confirmation.objects.bulk_create(
        [Confirmation(org=one, confirmed_on=source.dated_on, source=source) for one in organizations.values()],
        batch_size=BATCH,
    )


def _keep_certificates(planned: Plan, organizations: Mapping[int, Organization], source: Source) -> None:
    known_from = Version.now()
    Certificate.objects.bulk_create(
        [
            Certificate(
                org=organizations[one.row],
                valid_from=one.certificate_from,
                valid_to=one.certificate_to,
                known_from=known_from,
                source=source,
            )
            for one in planned.reading.rows
            if one.row in organizations and (one.certificate_from or one.certificate_to)
        ],
        batch_size=BATCH,
        ignore_conflicts=True,  # the same period again is the same certificate
    )


def _keep_doubts(problems: Sequence[Problem], organizations: Mapping[int, Organization], source: Source) -> None:
    Doubt.objects.bulk_create(
        [
            Doubt(
                org=organizations[problem.row],
                column=problem.column[:120],
                value=problem.value,
                rule=problem.rule,
                source=source,
                source_row=problem.row,
            )
            for problem in problems
            if problem.severity == Severity.FLAGGED and problem.row in organizations
        ],
        batch_size=BATCH,
        ignore_conflicts=True,  # the same doubt about the same value is one doubt
    )


@transaction.atomic
def correct_item(*, actor: Actor, organization: Organization, item: str, value: Any, reason: str) -> list[Version]:
    """Correct one registered item from today on, with the reason that is shown to everybody.

    Raises `NotAllowed` outside the officer's division, `RuleViolation` for an unknown item, an empty name, or no reason.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if not policies.can_correct(actor, organization):
        raise NotAllowed("registry.correct")
    if item not in STATED or item in {"standing", "registered_directly"}:
        raise RuleViolation("registry.item_unknown", _("This item cannot be corrected here."), field="item")
    if not reason.strip():
        raise RuleViolation("registry.reason_missing", _("Give the reason; everybody can read it."), field="reason")
    if item == "name" and not str(value).strip():
        raise RuleViolation("registry.name_missing", _("An organization always has a name."), field="value")
    source = Source.objects.create(
        kind=SourceKind.CORRECTION, items=[item], reason=reason.strip(), dated_on=today(), rows=1
    )
    versions = amend(
        Version,
        owner={"org_id": organization.pk},
        on=today(),
        changes={item: value},
        about={"source_id": source.pk, "source_row": None, "event": EventKind.CORRECTED},
    )
    if not versions:
        raise RuleViolation("registry.nothing_changed", _("The register says this already."), field="value")
    _seal(
        actor,
        EntryType.ORG_CHANGED,
        source,
        versions,
        public={"item": item, "valid_from": today().isoformat()},
        org=organization.credit_code or "",
    )
    _copy_today(organization, {item: value})
    orgs.write_organizations(
        actor=actor, fresh=[], changed=[organization], former_names=former_names([organization.pk])
    )
    Confirmation.objects.create(org=organization, confirmed_on=today(), source=source)
    audit.record(
        actor=actor, event="registry.item.corrected", subject=organization, details={"item": item, "source": source.pk}
    )
    return versions
