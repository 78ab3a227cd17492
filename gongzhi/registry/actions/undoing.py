"""Undoing a list: what it brought is known to be wrong from now on. Nothing is deleted; what was believed stays readable
as of its time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import actions as orgs
from gongzhi.registry import policies
from gongzhi.registry.actions.entries import check_reason
from gongzhi.registry.actions.lists import AT_ONCE, one_at_a_time, prepare_search
from gongzhi.registry.enums import EventKind, IntakeState, SourceKind
from gongzhi.registry.imports.comparing import set_based
from gongzhi.registry.imports.written import Written
from gongzhi.registry.models import Certificate, Doubt, Host, Intake, Source, Version
from gongzhi.tlog import actions as tlog
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "undo_list": EntryType.ORG_CHANGED,
}

#: Bodies this list alone speaks of: they were entered in error. One that anybody else has said something about stays.
_ENTERED: Final = """
    SELECT v.org_id AS id FROM registry_version AS v
    WHERE v.source_id = %(list)s AND v.event = 'listed' AND v.known_to IS NULL
      AND NOT EXISTS (SELECT FROM registry_version AS o WHERE o.org_id = v.org_id AND o.source_id <> %(list)s)
      AND NOT EXISTS (SELECT FROM registry_confirmation AS c WHERE c.org_id = v.org_id AND c.source_id <> %(list)s)
"""
#: Versions an old list put before what the register knew already.
_EARLIER: Final = """
    UPDATE registry_version AS v SET known_to = greatest(now(), v.known_from + interval '1 microsecond')
    WHERE v.source_id = %(list)s AND v.event = 'listed' AND v.known_to IS NULL
      AND EXISTS (SELECT FROM registry_version AS o WHERE o.org_id = v.org_id AND o.source_id <> v.source_id AND o.id < v.id)
"""
_OTHERS: Final = ", ".join(item for item in Version.facts if item != "standing")
_KNOWN: Final = "greatest(now(), v.known_from + interval '1 microsecond')"
_VOID: Final = f"""
    INSERT INTO registry_version (org_id, valid_from, known_from, source_id, event, standing, {_OTHERS})
    SELECT v.org_id, v.valid_from, {_KNOWN}, %(undo)s, 'undone', 'void', {", ".join(f"v.{i}" for i in _OTHERS.split(", "))}
    FROM registry_version AS v
    WHERE v.source_id = %(list)s AND v.known_to = {_KNOWN} AND v.org_id = ANY(%(bodies)s) ORDER BY v.id
"""


@transaction.atomic
def undo_list(*, actor: Actor, intake: Intake, reason: str) -> Intake:
    """Take back what a list brought, with the reason everybody can read.

    A body this list alone has named is said to have been entered in error, from the first day on; one that it changed
    says again what it said before, except where a later source has changed the item since; hosts and certificates it
    named are not believed any more, and its doubts are settled. Raises `NotAllowed`, or `RuleViolation` in another
    state, for a list that brought nothing, without a reason, and while a list is being taken in.
    """
    one_at_a_time()
    intake = Intake.objects.select_for_update(of=("self",)).select_related("source").get(pk=intake.pk)
    if not policies.can_take_in(actor, intake):
        raise NotAllowed("registry.import")
    intake.move_to(IntakeState.UNDONE)
    if intake.source is None:
        raise RuleViolation("registry.nothing_to_undo", _("This list brought nothing: the register said all of it."))
    intake.undone_by = Source.objects.create(
        kind=SourceKind.UNDO,
        file_name=intake.file_name,
        file_sha256=intake.file_sha256,
        items=intake.source.items,
        reason=check_reason(reason),
        dated_on=today(),
        rows=intake.source.rows,
    )
    with set_based(intake.source.rows):
        undone = _undo(actor, intake.source, intake.undone_by)
    intake.finished_at = timezone.now()
    intake.save()
    with Written(intake, intake.undone_by) as written:
        if written.versions:
            intake.undone_by.seal = tlog.seal_batch(
                actor=actor, kind=EntryType.ORG_CHANGED, rows=written.sealed(), ref=intake.source.seal
            )
            intake.undone_by.save(update_fields=["seal"])
    audit.record(
        actor=actor,
        event="registry.list.undone",
        subject=intake.source,
        details={"intake": intake.pk, "source": intake.undone_by.pk, **undone},
    )
    return intake


def _undo(actor: Actor, source: Source, undo: Source) -> dict[str, int]:
    """Write it; how many bodies were voided, changed back, and left as others have confirmed them."""
    values: dict[str, Any] = {"list": source.pk, "undo": undo.pk}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT body.id FROM orgs_organization AS body WHERE body.id IN"
            f" ({_ENTERED} UNION SELECT org_id FROM registry_version WHERE source_id = %(list)s AND event = 'list_changed')"
            " ORDER BY body.id FOR UPDATE",
            values,
        )
        cursor.execute(f"SELECT DISTINCT id FROM ({_ENTERED}) AS entered", values)
        values["bodies"] = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(
            f"UPDATE registry_version AS v SET known_to = {_KNOWN}"
            " WHERE v.source_id = %(list)s AND v.known_to IS NULL AND v.org_id = ANY(%(bodies)s)",
            values,
        )
        cursor.execute(_VOID, values)
        cursor.execute(_EARLIER, values)
    orgs.void_organizations(actor=actor, rows="SELECT unnest(%(bodies)s::bigint[])", values=values)
    changed = _change_back(source, undo)
    now = Version.now()
    hosts = Host.objects.filter(source=source, known_to__isnull=True)
    leaned = set(hosts.values_list("org_id", flat=True))
    hosts.update(known_to=now)
    Certificate.objects.filter(source=source, known_to__isnull=True).update(known_to=now)
    Doubt.objects.filter(source=source, settled_at__isnull=True).update(settled_at=timezone.now())
    if changed:
        orgs.renew_organizations(actor=actor, rows=_TODAY, values={"bodies": changed, "today": today()})
    again = sorted({*changed, *leaned})
    for at in range(0, len(again), AT_ONCE):
        prepare_search(actor=actor, org_ids=again[at : at + AT_ONCE])
    entered = Version.objects.filter(source=source, event=EventKind.LISTED).values("org_id").distinct().count()
    voided = len(values["bodies"])
    return {"voided": voided, "changed": len(changed), "kept": entered - voided}


_TODAY: Final = """
    SELECT DISTINCT ON (v.org_id) v.org_id AS id, v.standing, v.name, v.registered_on
    FROM registry_version AS v WHERE v.known_to IS NULL AND v.org_id = ANY(%(bodies)s)
    ORDER BY v.org_id, v.valid_from <= %(today)s DESC, v.valid_from DESC
"""


def _change_back(source: Source, undo: Source) -> list[int]:
    """Give bodies the list changed their earlier values; the ids of those that now say something else."""
    wrong = Version.objects.filter(source=source, event=EventKind.LIST_CHANGED).order_by("org_id", "pk")
    touched: list[int] = []
    for version in wrong.iterator(chunk_size=AT_ONCE):
        changes = _earlier(version)
        if changes and amend(
            Version,
            owner={"org_id": version.org_id},
            on=version.valid_from,
            changes=changes,
            about={"source_id": undo.pk, "source_row": None, "event": EventKind.UNDONE},
        ):
            touched.append(version.org_id)
    return touched


def _earlier(version: Version) -> dict[str, Any]:
    """What the register said of the day before the list came in, where it still says what the list said."""
    known = version.known_from - dt.timedelta(microseconds=1)
    whose = Version.objects.filter(org_id=version.org_id, valid_from__lte=version.valid_from)
    before = whose.known(known).order_by("-valid_from").first()
    present = whose.current().order_by("-valid_from").first()
    if before is None or present is None:
        return {}
    return {
        item: getattr(before, item)
        for item in Version.facts
        if getattr(version, item) != getattr(before, item) and getattr(present, item) == getattr(version, item)
    }
