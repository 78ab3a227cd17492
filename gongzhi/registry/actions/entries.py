"""Changes to single entries of the register, each with its source, and what every change has in common."""

from __future__ import annotations

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
from gongzhi.orgs.models import Organization
from gongzhi.orgs.search.text import Known
from gongzhi.registry import policies
from gongzhi.registry.enums import EventKind, SourceKind
from gongzhi.registry.imports import STATED
from gongzhi.registry.models import Confirmation, Host, Officer, Source, Version
from gongzhi.tlog import actions as tlog
from gongzhi.tlog.contracts import SealedRow
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "seal_versions": "It is the sealing itself.",
    "correct_item": EntryType.ORG_CHANGED,
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
    for org_id, name in Host.objects.known().on(today()).filter(org__in=org_ids).values_list("org_id", "name"):
        hosts[org_id].append(name)
    people: dict[int, list[str]] = {
        pk: [one.legal_representative] if (one := present.get(pk)) and one.legal_representative else []
        for pk in org_ids
    }
    for org_id, name in Officer.objects.known().on(today()).filter(org__in=org_ids).values_list("org_id", "name"):
        people[org_id].append(name)
    return {pk: Known(former[pk], hosts[pk], people[pk], present[pk].field if pk in present else "") for pk in org_ids}


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
    seal_versions(
        actor=actor,
        kind=EntryType.ORG_CHANGED,
        source=source,
        versions=versions,
        public={"item": item, "valid_from": today().isoformat()},
        org=organization.credit_code or "",
    )
    copy_today(organization, {item: value})
    orgs.write_organizations(actor=actor, fresh=[], changed=[organization], known=known_of([organization.pk]))
    Confirmation.objects.create(org=organization, confirmed_on=today(), source=source)
    audit.record(
        actor=actor, event="registry.item.corrected", subject=organization, details={"item": item, "source": source.pk}
    )
    return versions
