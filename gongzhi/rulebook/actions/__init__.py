"""Every change of the rulebook: loading the packaged edition, and an operator's amendment."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.rulebook import packaged, policies, selectors
from gongzhi.rulebook.enums import AMEND, LOAD, PACKAGE, Evidence
from gongzhi.rulebook.models import Parameter, Statement
from gongzhi.rulebook.packaged import PATH, fault_of
from gongzhi.tlog import actions as tlog
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, EntryType | str] = {
    "load_parameters": "A packaged edition is hashed with the release.",
    "amend_parameter": EntryType.RULEBOOK_AMENDED,
}


FIRST_DAY = dt.date(1949, 10, 1)
#: No law announces a number further ahead than this.
AHEAD = dt.timedelta(days=3660)

#: Why a number cannot stand in its unit (`packaged.fault_of`), as a sentence.
FAULTS = {
    "range": _("The number must be between 0 and 1,000,000,000,000."),
    "places": _("The number has more than four decimals."),
    "whole": _("This is counted in whole numbers."),
    "month_day": _("Write the day as month and day in four digits: 0531 is 31 May."),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many versions a load appended and closed, and which operators' versions it left standing."""

    appended: int
    closed: int
    kept: tuple[selectors.Row, ...]

    @property
    def changed(self) -> bool:
        """Whether the load changed anything."""
        return bool(self.appended or self.closed)


def _one_at_a_time() -> None:
    """Loads and amendments wait for each other; released with the transaction. The first version has no row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('gongzhi.rulebook'))")


@transaction.atomic
def load_parameters(*, actor: Actor) -> Loaded:
    """Make the packaged versions equal to the edition of this release. The second time it changes nothing.

    An operator's version is never overwritten: from its day on, packaged versions of the same number and division do
    not enter, and what they would say is returned in `kept`. A packaged version the edition no longer holds is closed.
    Raises `BadEdition` when the files cannot be used; then nothing is loaded.
    """
    _one_at_a_time()
    if not policies.can_load(actor):
        raise NotAllowed(LOAD)
    wanted = {(one.code, one.path, one.valid_from): one for one in packaged.edition().versions()}
    current = list(Parameter.objects.current().order_by("valid_from"))
    stale = [row.pk for row in current if row.is_packaged and (row.code, row.path, row.valid_from) not in wanted]
    if stale:
        Parameter.objects.filter(pk__in=stale).update(known_to=Parameter.now())
    held: dict[tuple[str, str], list[Parameter]] = {}
    for row in current:
        if row.pk not in stale:
            held.setdefault((row.code, row.path), []).append(row)

    appended = 0
    for version in wanted.values():
        rows = held.setdefault((version.code, version.path), [])
        at = bisect_right([row.valid_from for row in rows], version.valid_from)
        before = rows[at - 1] if at else None
        statement = selectors.statement_of(version)
        if before is not None and (not before.is_packaged or before.statement == statement):
            continue
        fresh = amend(
            Parameter,
            owner={"code": version.code, "path": version.path},
            on=version.valid_from,
            changes={"statement": statement},
            about={"set_by": PACKAGE, "set_by_name": "", "reason": ""},
        )
        appended += len(fresh)
        replaced = [row for row in rows if row.valid_from not in {one.valid_from for one in fresh}]
        held[version.code, version.path] = sorted([*replaced, *fresh], key=lambda row: row.valid_from)
    loaded = Loaded(appended, len(stale), tuple(selectors.differences()))
    if loaded.changed:
        details = {"appended": appended, "closed": len(stale), "kept": len(loaded.kept)}
        audit.record(actor=actor, event="rulebook.parameters.loaded", details=details)
    return loaded


@transaction.atomic
def amend_parameter(
    *,
    actor: Actor,
    code: str,
    path: str,
    value: Decimal,
    valid_from: dt.date,
    article: str,
    source: str,
    evidence: str,
    reason: str,
) -> Parameter:
    """From a day on, a number is another for one division and everything below it that has no number of its own.

    `path` is empty for the nation. The number keeps its unit. Past days may be corrected: what was believed before
    stays readable. Later versions stay as they are. Raises `UnknownParameter` for a code the package does not know,
    `NotAllowed` without permission or reach, `RuleViolation` naming the field otherwise, also when nothing would change.
    """
    _one_at_a_time()
    if not policies.can_amend(actor, path):
        raise NotAllowed(AMEND)
    unit = selectors.definition(code).unit
    article, source, reason = article.strip(), source.strip(), reason.strip()
    _check(path, value, unit, valid_from, evidence)
    for field, text in (("article", article), ("source", source), ("reason", reason)):
        if not text:
            raise RuleViolation("rulebook.not_cited", _("Say where the number stands and why it changes."), field=field)
    fresh = amend(
        Parameter,
        owner={"code": code, "path": path},
        on=valid_from,
        changes={"statement": Statement(packaged.plain(value), unit.value, article, source, evidence)},
        about={
            "set_by": audit.acting_for(actor) or f"process:{actor.process}",
            "set_by_name": actor.acting_for,
            "reason": reason,
            "seal": tlog.seal(
                actor=actor,
                kind=EntryType.RULEBOOK_AMENDED,
                public={
                    "parameter": code,
                    "path": path or "/",
                    "valid_from": valid_from.isoformat(),
                    "value": str(packaged.plain(value)),
                },
            ),
        },
    )
    if not fresh:
        raise RuleViolation(
            "rulebook.nothing_changes",
            _("On that day the number, its article, source and evidence are already these."),
            field="value",
        )
    row = fresh[0]
    details = {"code": code, "path": path, "valid_from": valid_from.isoformat(), "value": str(row.number)}
    audit.record(actor=actor, event="rulebook.parameter.amended", subject=row, details=details)
    return row


def _check(path: str, value: Decimal, unit: str, valid_from: dt.date, evidence: str) -> None:
    """Raise `RuleViolation` for the first thing that cannot be right."""
    if not PATH.match(path):
        raise RuleViolation(
            "rulebook.path_invalid",
            _("Write the division as a chain of codes, such as 44/4403/, or leave it empty for the nation."),
            field="path",
        )
    fault = fault_of(value, unit)
    if fault:
        raise RuleViolation(f"rulebook.value_{fault}", FAULTS[fault], field="value")
    if not FIRST_DAY <= valid_from <= today() + AHEAD:
        raise RuleViolation(
            "rulebook.day_out_of_range",
            _("The day must lie between 1 October 1949 and ten years from now."),
            field="valid_from",
        )
    if evidence not in Evidence.values:
        raise RuleViolation("rulebook.evidence_unknown", _("Say how the number is known."), field="evidence")
