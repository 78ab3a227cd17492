"""Bringing a list into the register: one action, one audit row, one sealed entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from gongzhi.registry.actions.entries import copy_today, known_of, seal_versions
from gongzhi.registry.enums import EventKind, SourceKind
from gongzhi.registry.imports import STATED, Plan, Planned, kind_of, plan
from gongzhi.registry.lists import ListReading, Problem, Severity
from gongzhi.registry.models import Certificate, Confirmation, Doubt, Source, Version
from gongzhi.registry.notifications import LIST_IMPORTED
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "import_organizations": EntryType.REGISTER_IMPORTED,
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
    seal_versions(
        actor=actor,
        kind=EntryType.REGISTER_IMPORTED,
        source=source,
        versions=versions,
        public={"file": reading.sha256},
    )
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
    orgs.write_organizations(actor=actor, fresh=list(fresh.values()), changed=[])
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
    known = known_of([one.pk for one in fresh.values()])
    orgs.write_search(actor=actor, rows=[(one, known[one.pk]) for one in fresh.values()])
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
        copy_today(locked[one.organization.pk], one.changes)
    orgs.write_organizations(actor=actor, fresh=[], changed=list(locked.values()), known=known_of(list(locked)))
    return versions


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
