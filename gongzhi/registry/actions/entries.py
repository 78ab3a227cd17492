"""Changes to single entries of the register, each with its source, and what every change has in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.enums import ENDED
from gongzhi.orgs.models import Organization
from gongzhi.orgs.search.text import Known
from gongzhi.reference import selectors as reference
from gongzhi.registry import policies
from gongzhi.registry.enums import ENDINGS, EventKind, SourceKind
from gongzhi.registry.imports import STATED
from gongzhi.registry.lists import cells
from gongzhi.registry.models import Host, Objection, Officer, Source, Version
from gongzhi.tlog import actions as tlog
from gongzhi.tlog.contracts import SealedRow
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "seal_versions": "It is the sealing itself.",
    "write_items": EntryType.ORG_CHANGED,
    "write_event": EntryType.ORG_CHANGED,
    "correct_item": EntryType.ORG_CHANGED,
    "change_item": EntryType.ORG_CHANGED,
    "register_change": EntryType.ORG_CHANGED,
    "end_organization": EntryType.ORG_CHANGED,
    "recode": EntryType.ORG_CHANGED,
}


def seal_versions(
    *, actor: Actor, kind: EntryType, source: Source, versions: Sequence[Version], public: dict[str, str], org: str = ""
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


def copy_today(organization: Organization, changes: Mapping[str, Any]) -> None:
    for name in ("standing", "name", "registered_on"):
        if name in changes:
            setattr(organization, name, changes[name])


def known_of(org_ids: Sequence[int]) -> dict[int, Known]:
    """Organization id → what search finds it by besides its name: former names, hosts and officers of today, field."""
    former: dict[int, list[str]] = {pk: [] for pk in org_ids}
    present: dict[int, Version] = {}
    for version in Version.objects.current().filter(org__in=org_ids).order_by("org_id", "-valid_from"):
        newest = present.setdefault(version.org_id, version)
        if version.name != newest.name and version.name not in former[version.org_id]:
            former[version.org_id].append(version.name)
    hosts: dict[int, list[str]] = {pk: [] for pk in org_ids}
    leaning = Host.objects.known().on(today()).filter(org__in=org_ids).values_list("org_id", "name", "host__name")
    for org_id, *names in leaning:  # as the source writes it, and as the host is called today
        hosts[org_id] += [name for name in dict.fromkeys(names) if name]
    people: dict[int, list[str]] = {
        pk: [one.legal_representative] if (one := present.get(pk)) and one.legal_representative else []
        for pk in org_ids
    }
    for org_id, name in Officer.objects.known().on(today()).filter(org__in=org_ids).values_list("org_id", "name"):
        people[org_id].append(name)
    return {pk: Known(former[pk], hosts[pk], people[pk], present[pk].field if pk in present else "") for pk in org_ids}


def check_day(organization: Organization, on: dt.date, *, field: str = "on") -> None:
    """Refuse a day that has not come, and one before the register knows the body."""
    if on > today():
        raise RuleViolation("registry.day_in_future", _("This day has not come yet."), field=field)
    begins = Version.objects.current().filter(org=organization).order_by("valid_from").values_list("valid_from")[:1]
    if begins and on < begins[0][0]:
        raise RuleViolation(
            "registry.day_too_early", _("The register holds nothing about this organization on that day."), field=field
        )


def check_reason(reason: str) -> str:
    """The reason as it is kept; everybody can read it, so there must be one."""
    if not reason.strip():
        raise RuleViolation("registry.reason_missing", _("Give the reason; everybody can read it."), field="reason")
    return reason.strip()


def check_living(organization: Organization) -> None:
    """Refuse what can happen only to a body that exists."""
    if organization.standing in ENDED:
        raise RuleViolation("registry.has_ended", _("This registration has ended: nothing new can happen to it."))


def changes_of(item: str, value: Any) -> dict[str, Any]:
    """What writing one item changes. An authority is two columns: named, or registered directly without one."""
    if item != "business_authority":
        return {item: value}
    directly = cells.half_width(str(value)) in cells.DIRECT
    return {"business_authority": "" if directly else value, "registered_directly": directly}


def _follow(actor: Actor, organization: Organization, source: Source, versions: Sequence[Version], item: str) -> None:
    """After versions were appended: seal them, and bring today's copy and search up to date."""
    newest = Version.objects.current().filter(org=organization).order_by("-valid_from")[0]
    seal_versions(
        actor=actor,
        kind=EntryType.ORG_CHANGED,
        source=source,
        versions=versions,
        public={"item": item, "standing": str(newest.standing), "valid_from": versions[0].valid_from.isoformat()},
        org=organization.credit_code or "",
    )
    copy_today(organization, {name: getattr(newest, name) for name in ("standing", "name", "registered_on")})
    orgs.write_organizations(actor=actor, fresh=[], changed=[organization], known=known_of([organization.pk]))


def write_items(
    *,
    actor: Actor,
    organization: Organization,
    source: Source,
    event: EventKind,
    on: dt.date,
    changes: Mapping[str, Any],
) -> list[Version]:
    """From a day on the body has these items, by this source: sealed, copied to today's row, found by search.

    The calling action has locked the organization, judged who asks, and audits. Nothing changed: nothing is written.
    """
    versions = amend(
        Version,
        owner={"org_id": organization.pk},
        on=on,
        changes=changes,
        about={"source_id": source.pk, "source_row": None, "event": event},
    )
    if versions:
        _follow(actor, organization, source, versions, next(iter(changes)))
    return versions


def write_event(
    *, actor: Actor, organization: Organization, source: Source, event: EventKind, on: dt.date, item: str
) -> Version:
    """Something happened on a day that changes no item of a version, such as a new division: its own line of the
    history, with the items as they were. As `write_items` otherwise."""
    held = Version.objects.as_of(on).get(org=organization)
    now = max(Version.now(), held.known_from + dt.timedelta(microseconds=1))
    if held.valid_from == on:
        Version.objects.filter(pk=held.pk).update(known_to=now)
    version = Version.objects.create(
        org=organization,
        valid_from=on,
        known_from=now,
        source=source,
        event=event,
        **{name: getattr(held, name) for name in Version.facts},
    )
    _follow(actor, organization, source, [version], item)
    return version


def _check_item(item: str, value: Any) -> None:
    if item not in STATED or item in {"standing", "registered_directly"}:
        raise RuleViolation("registry.item_unknown", _("This item cannot be corrected here."), field="item")
    if item == "name" and not str(value).strip():
        raise RuleViolation("registry.name_missing", _("An organization always has a name."), field="value")


NOTHING_CHANGED = _("The register says this already.")


@transaction.atomic
def correct_item(*, actor: Actor, organization: Organization, item: str, value: Any, reason: str) -> list[Version]:
    """Correct one registered item from today on, with the reason that is shown to everybody.

    Raises `NotAllowed` outside the officer's division, `RuleViolation` for an unknown item, an empty name, or no reason.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if not policies.can_correct(actor, organization):
        raise NotAllowed("registry.correct")
    _check_item(item, value)
    source = Source.objects.create(
        kind=SourceKind.CORRECTION, items=[item], reason=check_reason(reason), dated_on=today(), rows=1
    )
    versions = write_items(
        actor=actor,
        organization=organization,
        source=source,
        event=EventKind.CORRECTED,
        on=today(),
        changes=changes_of(item, value),
    )
    if not versions:
        raise RuleViolation("registry.nothing_changed", NOTHING_CHANGED, field="value")
    audit.record(
        actor=actor, event="registry.item.corrected", subject=organization, details={"item": item, "source": source.pk}
    )
    return versions


@transaction.atomic
def change_item(
    *, actor: Actor, organization: Organization, item: str, value: Any, on: dt.date, reason: str
) -> list[Version]:
    """Enter a change that was registered by decision, from its effective day on.

    A correction says that the register was wrong; a change says that the body is different from that day. Raises
    `NotAllowed` outside the officer's division, `RuleViolation` for an unknown item, a day that has not come or lies
    before the register's knowledge, a body that has ended, a change that changes nothing, or no reason.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if not policies.can_correct(actor, organization):
        raise NotAllowed("registry.correct")
    _check_item(item, value)
    check_living(organization)
    check_day(organization, on)
    source = Source.objects.create(
        kind=SourceKind.RECORD, items=[item], reason=check_reason(reason), dated_on=on, rows=1
    )
    versions = write_items(
        actor=actor,
        organization=organization,
        source=source,
        event=EventKind.RENAMED if item == "name" else EventKind.CHANGED,
        on=on,
        changes=changes_of(item, value),
    )
    if not versions:
        raise RuleViolation("registry.nothing_changed", NOTHING_CHANGED, field="value")
    audit.record(
        actor=actor, event="registry.item.changed", subject=organization, details={"item": item, "source": source.pk}
    )
    return versions


@transaction.atomic
def register_change(
    *, actor: Actor, organization: Organization, changes: Mapping[str, Any], case_number: str, reason: str
) -> list[Version]:
    """Register changes by decision of a case, from today on, as one version whose source names the case.

    `changes` are new values by item. Raises as `change_item` does.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if not policies.can_correct(actor, organization):
        raise NotAllowed("registry.correct")
    check_living(organization)
    written: dict[str, Any] = {}
    for item, value in changes.items():
        _check_item(item, value)
        written |= changes_of(item, value)
    source = Source.objects.create(
        kind=SourceKind.DECISION,
        items=sorted(changes),
        reason=check_reason(reason),
        case_number=case_number,
        dated_on=today(),
        rows=1,
    )
    event = EventKind.RENAMED if "name" in changes else EventKind.CHANGED
    versions = write_items(
        actor=actor, organization=organization, source=source, event=event, on=today(), changes=written
    )
    if not versions:
        raise RuleViolation("registry.nothing_changed", NOTHING_CHANGED, field="value")
    audit.record(
        actor=actor,
        event="registry.item.changed",
        subject=organization,
        details={"items": ",".join(sorted(changes)), "source": source.pk},
    )
    return versions


@transaction.atomic
def end_organization(
    *,
    actor: Actor,
    organization: Organization,
    standing: str,
    on: dt.date,
    reason: str,
    case_number: str = "",
    event: EventKind = EventKind.ENDED,
) -> Version:
    """Enter that a registration ended: cancelled, its certificate revoked, or the registration withdrawn.

    An end is a version with its day and its reason, never a deletion; the body stays findable for ever. Raises
    `NotAllowed`, and `RuleViolation` for another standing, a body that has ended, an impossible day, or no reason.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if not policies.can_correct(actor, organization):
        raise NotAllowed("registry.correct")
    if standing not in ENDINGS:
        raise RuleViolation("registry.no_ending", _("A registration does not end this way."), field="standing")
    check_living(organization)
    check_day(organization, on)
    source = Source.objects.create(
        kind=SourceKind.DECISION if case_number else SourceKind.RECORD,
        items=["standing"],
        reason=check_reason(reason),
        case_number=case_number,
        dated_on=on,
        rows=1,
    )
    versions = write_items(
        actor=actor, organization=organization, source=source, event=event, on=on, changes={"standing": standing}
    )
    if not versions or Organization.objects.get(pk=organization.pk).standing not in ENDED:
        raise RuleViolation(
            "registry.stood_later",
            _("The register says of a later day that this organization exists. Choose a day after that."),
            field="on",
        )
    audit.record(
        actor=actor,
        event="registry.organization.ended",
        subject=organization,
        details={"standing": standing, "source": source.pk},
    )
    return versions[0]


@transaction.atomic
def recode(*, actor: Actor, organization: Organization, division: str, on: dt.date, reason: str) -> Organization:
    """File a body under another division, because its own was given a new code, merged or divided.

    Never concluded from digits 3 to 8 of the credit code: they say who registered the body when the code was given, and
    stay as they are. Raises `NotAllowed` unless both divisions lie in reach, `RuleViolation` for a division that is not
    in use, the same one, an impossible day, a number that another body has there, or no reason.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    found = reference.division(division)
    if not policies.can_correct(actor, organization) or (found is not None and not actor.reaches(found.path)):
        raise NotAllowed("registry.correct")
    if found is None or not found.is_in_use:
        raise RuleViolation("registry.no_division", _("No division in use has this code."), field="division")
    if found.path == organization.path:
        raise RuleViolation("registry.nothing_changed", NOTHING_CHANGED, field="division")
    if (
        organization.credit_code is None
        and Organization.objects.filter(number=organization.number, path=found.path, credit_code=None).exists()
    ):
        raise RuleViolation(
            "registry.number_taken", _("Another organization of that division has this number."), field="division"
        )
    check_day(organization, on)
    before = organization.path
    was = f"{reference.name_of_path(before)}（{reference.code_of(before)}）"
    now = f"{reference.name_of_path(found.path)}（{found.code}）"
    source = Source.objects.create(
        kind=SourceKind.RECORD, reason=f"{was} → {now}。{check_reason(reason)}", dated_on=on, rows=1
    )
    organization.path = found.path
    write_event(actor=actor, organization=organization, source=source, event=EventKind.CHANGED, on=on, item="path")
    Objection.objects.filter(org=organization).update(path=found.path)
    audit.record(
        actor=actor,
        event="registry.organization.recoded",
        subject=organization,
        details={"from": before, "to": found.path, "source": source.pk},
    )
    return organization
