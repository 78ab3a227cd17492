"""Bringing a list into the register: received, checked, taken in. Taking in is one action, one audit row, one sealed
entry; what a list does to the register is written set-based, whatever its length.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files.contracts import Owner, Readable
from gongzhi.files.enums import Purpose
from gongzhi.files.models import Upload
from gongzhi.notify import actions as notify
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.models import Organization
from gongzhi.orgs.search.text import Known
from gongzhi.registry import policies
from gongzhi.registry.actions.entries import known_of
from gongzhi.registry.enums import EventKind, IntakeState, SourceKind
from gongzhi.registry.imports.comparing import as_problem, compare, count, problems_of, set_based, tell_progress
from gongzhi.registry.imports.staging import stage
from gongzhi.registry.imports.stated import AS_AMENDED, AS_NEW, DIFFERS, IN_LIST, ITEM_OF_FIELD, STATED
from gongzhi.registry.imports.written import Written
from gongzhi.registry.lists import Chosen, ListFile, Problem, open_list
from gongzhi.registry.models import Host, Intake, Source, StagedRow, Version
from gongzhi.registry.notifications import LIST_IMPORTED
from gongzhi.tlog import actions as tlog
from gongzhi.tlog.contracts import SealedRow
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "receive_list": "Nothing of the register changes.",
    "receive_file": "Nothing of the register changes.",
    "check_list": "Nothing of the register changes.",
    "request_apply": "It is the asking; `apply_list` seals.",
    "apply_list": EntryType.REGISTER_IMPORTED,
    "prepare_search": "It is a copy; the calling action seals.",
    "fail_list": "Nothing of the register changes.",
    "take_in": EntryType.REGISTER_IMPORTED,
    "import_organizations": EntryType.REGISTER_IMPORTED,
}

#: Search rows written between two reports of progress.
BATCH: Final = 100_000
#: Bodies whose search rows are prepared anew at a time.
AT_ONCE: Final = 2000


@dataclass(frozen=True)
class ImportResult:
    """What a list did, or would do. `rows` counts every row that was not blank."""

    rows: int
    created: int
    changed: int
    unchanged: int
    flagged: int
    rejected: int
    vanished: int
    problems: Sequence[Problem]
    applied: bool
    source_id: int | None = None


# --- receiving and checking ---


@transaction.atomic
def receive_list(
    *, actor: Actor, stream: Readable, name: str, chosen: Chosen | None = None, dated_on: dt.date | None = None
) -> Intake:
    """Keep a file an officer hands in, and understand its header.

    Raises `NotAllowed`, `ListUnreadable` for a file that is no list, `RuleViolation` for one the store does not take or
    a day that has not come.
    """
    if not policies.can_import(actor):
        raise NotAllowed("registry.import")
    upload = files.receive(
        actor=actor, stream=stream, name=name, purpose=Purpose.TABLE, owner=Owner(path=actor.path or "/")
    )
    shown, _extension = files.clean_name(name)
    file = open_list(upload.place, filename=shown, chosen=chosen)
    return receive_file(actor=actor, file=file, chosen=chosen, dated_on=dated_on, upload_id=upload.pk)


@transaction.atomic
def receive_file(
    *,
    actor: Actor,
    file: ListFile,
    chosen: Chosen | None = None,
    dated_on: dt.date | None = None,
    upload_id: int | None = None,
) -> Intake:
    """Begin with a list whose header has been understood, kept in the store or not. Raises as `receive_list`."""
    if not policies.can_import(actor):
        raise NotAllowed("registry.import")
    _check_day(dated_on)
    return Intake.objects.create(
        path=actor.path or "/",
        person_id=actor.person_id,
        upload_id=upload_id,
        file_name=file.filename[:200],
        dated_on=dated_on or today(),
        **_understood(file, chosen or Chosen()),
    )


def _check_day(dated_on: dt.date | None) -> None:
    if dated_on is not None and dated_on > today():
        raise RuleViolation(
            "registry.list_from_future", _("A list cannot speak of a day that has not come."), field="dated_on"
        )


def _understood(file: ListFile, chosen: Chosen) -> dict[str, Any]:
    """What an intake keeps of how its file was understood."""
    mapping = file.columns.mapping()
    return {
        "file_sha256": file.sha256,
        "encoding": file.encoding,
        "delimiter": file.delimiter,
        "sheet": file.sheet[:120],
        "header": list(file.columns.headings),
        "mapping": {
            "columns": {heading: mapping.get(heading, "") for heading in file.columns.headings},
            "values": dict(chosen.values),
        },
    }


def _lock(actor: Actor, intake: Intake) -> Intake:
    intake = Intake.objects.select_for_update(of=("self",)).get(pk=intake.pk)
    if not policies.can_take_in(actor, intake):
        raise NotAllowed("registry.import")
    return intake


@transaction.atomic
def check_list(
    *,
    actor: Actor,
    intake: Intake,
    chosen: Chosen | None = None,
    dated_on: dt.date | None = None,
    file: ListFile | None = None,
) -> Intake:
    """Read every row of a list and say what would become of it. Nothing of the register changes.

    `chosen` is what a person says about its columns, in place of what was said before; earlier choices about single
    values are forgotten. `file` is the list where the store has not kept it. Raises `NotAllowed`, `ListUnreadable`, or
    `RuleViolation` for a list that has been taken in.
    """
    intake = _lock(actor, intake)
    intake.move_to(IntakeState.CHECKED)
    _check_day(dated_on)
    if file is None:
        chosen = chosen or Chosen.of(intake.mapping)
        file = open_list(_place_of(intake), filename=intake.file_name, chosen=chosen)
    intake.dated_on = dated_on or intake.dated_on
    for name, value in _understood(file, chosen or Chosen()).items():
        setattr(intake, name, value)
    rows = stage(intake=intake, file=file, actor=actor, today=today())
    compare(intake, rows)
    intake.counts = count(intake, rows)
    intake.message = ""
    intake.save()
    return intake


def _place_of(intake: Intake) -> Any:
    upload = Upload.objects.filter(pk=intake.upload_id).first() if intake.upload_id else None
    if upload is None:
        raise RuleViolation("registry.list_not_kept", _("The file is not in the store any more. Upload it again."))
    return upload.place


# --- taking in ---


@transaction.atomic
def request_apply(*, actor: Actor, intake: Intake) -> None:
    """Have a checked list taken in by a job. Raises `NotAllowed`, `RuleViolation` in another state."""
    intake = _lock(actor, intake)
    intake.move_to(IntakeState.APPLYING)
    intake.message = ""
    intake.save(update_fields=["state", "message"])
    audit.record(actor=actor, event="registry.list.requested", subject=intake, details={"sha256": intake.file_sha256})
    jobs.enqueue("registry.apply_list", intake_id=intake.pk)


@transaction.atomic
def fail_list(*, actor: Actor, intake: Intake, message: str) -> None:
    """Note why a list could not be taken in. It may be tried again."""
    intake = _lock(actor, intake)
    intake.move_to(IntakeState.FAILED)
    intake.message = message[:400]
    intake.save(update_fields=["state", "message"])
    audit.record(actor=actor, event="registry.list.failed", subject=intake)


@transaction.atomic
def apply_list(*, actor: Actor, intake: Intake) -> Intake:
    """Take a checked list into the register: all of it, or nothing.

    The register may have changed since the list was checked, so every row is compared again. The first load of a body
    writes one version; the same list again changes nothing. Nothing is deleted: a body the list leaves out stays.
    Raises `NotAllowed`, or `RuleViolation` in another state, while another list is being taken in, and where the rows
    have to be checked again.
    """
    one_at_a_time()
    intake = _lock(actor, intake)
    staged = StagedRow.objects.filter(intake_id=intake.pk)
    intake.move_to(IntakeState.APPLIED)
    if staged.count() < intake.counts["rows"] - intake.counts["rejected"]:
        raise RuleViolation("registry.rows_lost", _("The rows are not at hand any more. Check the list again."))
    compare(intake, intake.counts["rows"])
    return _apply(actor, intake)


def one_at_a_time() -> None:
    """Two lists at once would compare with the same past."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('registry.import'))")
        if not cursor.fetchone()[0]:
            raise RuleViolation(
                "registry.import_running",
                _("Another list is being taken into the register just now. Nothing was changed; try again later."),
            )


def _apply(actor: Actor, intake: Intake) -> Intake:
    """Write what the comparison found. The lock is held, the state has been judged."""
    rows = intake.counts["rows"]
    intake.counts = count(intake, rows)
    known = Source.objects.filter(kind=SourceKind.LIST, file_sha256=intake.file_sha256).order_by("-pk").first()
    if known is None or intake.counts["created"] or intake.counts["changed"]:
        intake.source = _source_of(intake)
        with set_based(rows):
            _write(actor, intake, intake.source)
    intake.state = IntakeState.APPLIED
    intake.message = ""
    intake.finished_at = timezone.now()
    intake.save()
    StagedRow.objects.filter(intake_id=intake.pk).delete()
    if intake.source is None:
        return intake  # the same file again proves nothing new
    details = {"sha256": intake.file_sha256, "intake": intake.pk, "officer": intake.person_id, **intake.counts}
    audit.record(actor=actor, event="registry.list.imported", subject=intake.source, details=details)
    if intake.person_id is not None:
        _tell_the_officer(actor, intake, intake.source)
    return intake


def _source_of(intake: Intake) -> Source:
    fields = intake.mapping["columns"].values()
    return Source.objects.create(
        kind=SourceKind.LIST,
        file_name=intake.file_name,
        file_sha256=intake.file_sha256,
        items=sorted({ITEM_OF_FIELD.get(field, field) for field in fields} & set(STATED)),
        rows=intake.counts["rows"],
        dated_on=intake.dated_on,
        upload_id=intake.upload_id,
    )


def _tell_the_officer(actor: Actor, intake: Intake, source: Source) -> None:
    names = ("created", "changed", "flagged", "rejected")
    notify.notify(
        actor=actor,
        person_id=intake.person_id or 0,
        kind=LIST_IMPORTED.code,
        params={"number": source.pk, **{name: intake.counts[name] for name in names}},
        key=f"registry.list.{source.pk}",
        url_name="portal:import_detail",
        url_args=(str(source.pk),),
    )


# --- writing ---

_ITEMS: Final = ", ".join(STATED)
#: The day from which a change of a body `body` holds.
_ON: Final = "greatest(%(on)s, coalesce(body.registered_on, %(on)s))"
_LATER: Final = f"""
    EXISTS (SELECT FROM registry_version AS later
            WHERE later.org_id = s.org_id AND later.known_to IS NULL AND later.valid_from > {_ON})
"""  # here and below: our own statements, values are parameters
#: The rows of this list; `body` is the organization.
_NEW: Final = "registry_staged AS s JOIN orgs_organization AS body ON body.public_id = s.public_id"
_OLD: Final = "registry_staged AS s JOIN orgs_organization AS body ON body.id = s.org_id"
_THIS: Final = "s.intake_id = %(intake)s"

_BODIES: Final = f"""
    SELECT public_id, coalesce(kind, 'unclear'), code, coalesce(number, ''), path, {AS_NEW["standing"]}, name, established_on
    FROM registry_staged AS s WHERE {_THIS} AND fate = 'new' ORDER BY "row"
"""
_VERSION: Final = (
    f"INSERT INTO registry_version (org_id, valid_from, known_from, source_id, source_row, event, {_ITEMS})"
)
_FIRST_VERSIONS: Final = f"""
    {_VERSION}
    SELECT body.id, coalesce(s.established_on, %(on)s), now(), %(source)s, s."row", 'listed', {", ".join(AS_NEW.values())}
    FROM {_NEW} WHERE {_THIS} AND s.fate = 'new' ORDER BY s."row"
"""
#: Lists older than anything the register knows of a body put a version before the others.
_EARLIER_VERSIONS: Final = f"""
    {_VERSION}
    SELECT body.id, {_ON}, now(), %(source)s, s."row", 'listed', {", ".join(AS_NEW.values())}
    FROM {_OLD} WHERE {_THIS} AND s.fate = 'changed' AND s.version_id IS NULL ORDER BY s."row"
"""
_AMENDED: Final = f"""
    FROM {_OLD} JOIN registry_version AS v ON v.id = s.version_id
    WHERE {_THIS} AND s.fate = 'changed' AND {DIFFERS}
"""
#: New knowledge is later than what it replaces, also when that became known while this transaction ran.
_KNOWN: Final = "greatest(now(), v.known_from + interval '1 microsecond')"
_CLOSE: Final = f"""
    UPDATE registry_version AS closed SET known_to = found.at
    FROM (SELECT v.id, {_KNOWN} AS at {_AMENDED} AND NOT {_LATER} AND v.valid_from = {_ON}) AS found
    WHERE closed.id = found.id
"""
_NEXT_VERSIONS: Final = f"""
    {_VERSION}
    SELECT body.id, {_ON}, {_KNOWN}, %(source)s, s."row", 'list_changed', {", ".join(AS_AMENDED.values())}
    {_AMENDED} AND NOT {_LATER} ORDER BY s."row"
"""
_BEFORE_LATER: Final = f'SELECT s."row", {_ON} {_AMENDED} AND {_LATER}'

#: Row → organization of every row that comes in.
_CAME: Final = f"""
    (SELECT s.*, body.id AS body_id FROM {_OLD} WHERE {_THIS} AND s.fate IN ('changed', 'unchanged')
     UNION ALL SELECT s.*, body.id FROM {_NEW} WHERE {_THIS} AND s.fate = 'new') AS s
"""
_CONFIRM: Final = f"""
    INSERT INTO registry_confirmation (org_id, confirmed_on, source_id)
    SELECT s.org_id, %(on)s, %(source)s FROM registry_staged AS s WHERE {_THIS} AND s.fate IN ('changed', 'unchanged')
"""
_CERTIFICATES: Final = f"""
    INSERT INTO registry_certificate (org_id, valid_from, valid_to, known_from, source_id)
    SELECT s.body_id, s.certificate_from, s.certificate_to, now(), %(source)s FROM {_CAME}
    WHERE s.certificate_from IS NOT NULL OR s.certificate_to IS NOT NULL
    ON CONFLICT DO NOTHING
"""
_HOSTS: Final = f"""
    INSERT INTO registry_host (org_id, name, known_from, source_id)
    SELECT s.body_id, s.host, now(), %(source)s FROM {_CAME}
    WHERE s.host IS NOT NULL AND NOT EXISTS (
        SELECT FROM registry_host AS h WHERE h.org_id = s.body_id AND h.name = s.host AND h.known_to IS NULL)
"""
#: The same doubt about the same value is one doubt.
_DOUBTS: Final = f"""
    INSERT INTO registry_doubt (org_id, "column", value, rule, source_id, source_row)
    SELECT s.body_id, left(p."column", 120), p.value, p.rule, %(source)s, p."row"
    FROM registry_intake_problem AS p JOIN {_CAME} ON s."row" = p."row"
    WHERE p.intake_id = %(intake)s AND p.severity = 'flagged' AND (p.choice IS NULL OR p.choice->>'leave' = 'open')
    ORDER BY p."row", p.id
    ON CONFLICT DO NOTHING
"""
_TODAY: Final = f"""
    SELECT DISTINCT ON (v.org_id) v.org_id AS id, v.standing, v.name, v.registered_on
    FROM registry_staged AS s JOIN registry_version AS v ON v.org_id = s.org_id AND v.known_to IS NULL
    WHERE {_THIS} AND s.fate = 'changed'
    ORDER BY v.org_id, v.valid_from <= %(today)s DESC, v.valid_from DESC
"""


def _write(actor: Actor, intake: Intake, source: Source) -> None:
    """Everything a list brings, in one transaction."""
    values: dict[str, Any] = {"intake": intake.pk, "source": source.pk, "on": source.dated_on, "today": today()}
    created, changed = intake.counts["created"], intake.counts["changed"]
    total = 2 * created + changed
    tell_progress(intake, 0, total)
    if changed:
        _lock_bodies(intake)
    with connection.cursor() as cursor:
        if created:
            orgs.enter_organizations(actor=actor, rows=_BODIES, values=values)
            cursor.execute(_FIRST_VERSIONS, values)
        if changed:
            cursor.execute(_EARLIER_VERSIONS, values)
            cursor.execute(_CLOSE, values)
            cursor.execute(_BEFORE_LATER, values)
            _amend(intake, source, dict(cursor.fetchall()))
            cursor.execute(_NEXT_VERSIONS, values)
        for statement in (_CERTIFICATES, _HOSTS, _DOUBTS, _CONFIRM):
            cursor.execute(statement, values)
        cursor.execute(f"SELECT s.org_id FROM registry_staged AS s WHERE {_THIS} AND s.fate = 'changed'", values)
        renewed = [pk for (pk,) in cursor.fetchall()]
    if renewed:
        orgs.renew_organizations(actor=actor, rows=_TODAY, values=values)
    tell_progress(intake, created, total)
    with Written(intake, source) as written:
        _seal(actor, source, written)
        done, entered = created, written.entered()
        while part := orgs.copy_search(actor=actor, rows=islice(entered, BATCH)):
            done += part
            tell_progress(intake, done, total)
    for at in range(0, len(renewed), AT_ONCE):
        prepare_search(actor=actor, org_ids=renewed[at : at + AT_ONCE])
        tell_progress(intake, done + at, total)


def _lock_bodies(intake: Intake) -> None:
    """Nobody else amends the bodies this list changes; one that was amended a moment ago is compared again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT body.id FROM orgs_organization AS body JOIN registry_staged AS s ON s.org_id = body.id"
            " WHERE s.intake_id = %s AND s.fate = 'changed' ORDER BY body.id FOR UPDATE OF body",
            [intake.pk],
        )
    compare(intake, intake.counts["rows"])


def _amend(intake: Intake, source: Source, days: Mapping[int, dt.date]) -> None:
    """Changes that lie before what the register already knows of later days: those keep what they themselves changed."""
    lines = sorted(days)
    for at in range(0, len(lines), AT_ONCE):
        rows = list(StagedRow.objects.filter(intake_id=intake.pk, row__in=lines[at : at + AT_ONCE]))
        versions = Version.objects.in_bulk([row.version_id for row in rows])
        for row in rows:
            amend(
                Version,
                owner={"org_id": row.org_id},
                on=days[row.row],
                changes=_changes(row, versions[row.version_id]),
                about={"source_id": source.pk, "source_row": row.row, "event": EventKind.LIST_CHANGED},
            )


def _changes(row: StagedRow, version: Version) -> dict[str, Any]:
    """What a row states and the version does not say, as `AS_AMENDED` has it."""
    stated = {item: getattr(row, IN_LIST.get(item, item)) for item in STATED}
    changes = {item: value for item, value in stated.items() if value is not None and value != getattr(version, item)}
    if changes.get("registered_directly") and version.business_authority:
        changes["business_authority"] = ""
    if "business_authority" in changes and version.registered_directly:
        changes["registered_directly"] = False
    if version.standing == "void":
        changes["standing"] = stated["standing"] or "unknown"
    return changes


def _seal(actor: Actor, source: Source, written: Written) -> None:
    named = Host.objects.filter(source=source).select_related("org").order_by("pk")
    hosts = [SealedRow(Host._meta.label_lower, one.pk, one.sealed_record()) for one in named]
    if not written.versions and not hosts:
        return
    source.seal = tlog.seal_batch(
        actor=actor,
        kind=EntryType.REGISTER_IMPORTED,
        rows=chain(written.sealed(), hosts),
        public={"file": source.file_sha256},
    )
    source.save(update_fields=["seal"])


def prepare_search(*, actor: Actor, org_ids: Sequence[int]) -> None:
    """The search rows of some bodies anew, as the register knows them now."""
    bodies = Organization.objects.in_bulk(org_ids)
    known = known_of(list(bodies))
    orgs.write_search(actor=actor, rows=[(body, known.get(pk, Known())) for pk, body in bodies.items()])


# --- all at once ---


@transaction.atomic
def take_in(
    *,
    actor: Actor,
    file: ListFile,
    apply: bool,
    chosen: Chosen | None = None,
    dated_on: dt.date | None = None,
    upload_id: int | None = None,
) -> Intake:
    """Receive, check and, with `apply`, take in a list whose header has been understood: the way of the command.

    Without `apply` the list stays checked, and the caller rolls back what nobody is to see. Raises as the three do.
    """
    if apply:
        one_at_a_time()
    intake = receive_file(actor=actor, file=file, chosen=chosen, dated_on=dated_on, upload_id=upload_id)
    intake = check_list(actor=actor, intake=intake, chosen=chosen, file=file)
    return _apply(actor, intake) if apply else intake


@transaction.atomic
def import_organizations(
    *, actor: Actor, file: ListFile, apply: bool, dated_on: dt.date | None = None, upload_id: int | None = None
) -> ImportResult:
    """Bring a list into the register, or with `apply` false say what that would do and leave no trace.

    `dated_on` is the day the list speaks of (today if left out). For lists of moderate length: its problems are held in
    memory. Raises as `take_in`.
    """
    with transaction.atomic():
        intake = take_in(actor=actor, file=file, apply=apply, dated_on=dated_on, upload_id=upload_id)
        result = ImportResult(
            **intake.counts,
            problems=[as_problem(one) for one in problems_of(intake)],
            applied=intake.state == IntakeState.APPLIED,
            source_id=intake.source_id,
        )
        if not apply:
            transaction.set_rollback(True)
    return result
