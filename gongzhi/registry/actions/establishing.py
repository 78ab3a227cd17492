"""A new body enters the register by a decision: its first version, its source with the case's number, one sealed entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.enums import WRITE_REGISTER, Kind, Standing
from gongzhi.orgs.models import Organization
from gongzhi.registry import policies
from gongzhi.registry.actions.entries import known_of, seal_versions
from gongzhi.registry.enums import EventKind, SourceKind
from gongzhi.registry.lists import cells
from gongzhi.registry.models import Host, Source, Version
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {"register_body": EntryType.ORG_REGISTERED}

LONGEST_NAME = 200


@transaction.atomic
def register_body(
    *,
    actor: Actor,
    kind: Kind,
    path: str,
    number: str,
    items: Mapping[str, Any],
    case_number: str,
    on: dt.date | None = None,
    credit_code: str | None = None,
    host: str = "",
) -> Organization:
    """Enter a new body by decision: its registered items hold from `on` (today if None), its source names the case.

    Called by the handlers of decisions, whose official was allowed to decide the case; the body must lie in that official's
    reach. `items` are facts of a version; a name is needed. Raises `NotAllowed` out of reach, `RuleViolation` for a name
    that is missing or damaged, and for a number another body has.
    """
    if not policies.can_register(actor, path):
        raise NotAllowed("registry.correct")
    name = cells.trim(str(items.get("name") or ""))
    if not name or len(name) > LONGEST_NAME or cells.text_fault(name, lines=False):
        raise RuleViolation("registry.name_missing", _("Enter the name."), field="name")
    day = on or today()
    writer = replace(actor, permissions=actor.permissions | {WRITE_REGISTER})
    organization = Organization(
        kind=kind,
        credit_code=credit_code,
        number=number,
        path=path,
        standing=Standing.NORMAL,
        name=name,
        registered_on=day,
    )
    try:
        with transaction.atomic():
            orgs.write_organizations(actor=writer, fresh=[organization], changed=[])
    except IntegrityError as error:
        raise RuleViolation(
            "registry.number_taken", _("Another organization of that division has this number."), field="number"
        ) from error
    source = Source.objects.create(
        kind=SourceKind.DECISION, items=sorted(items), case_number=case_number, dated_on=day, rows=1
    )
    now = Version.now()
    version = Version.objects.create(
        org=organization,
        valid_from=day,
        known_from=now,
        standing=Standing.NORMAL,
        registered_on=day,
        source=source,
        event=EventKind.REGISTERED,
        **{**items, "name": name},
    )
    seal_versions(
        actor=actor,
        kind=EntryType.ORG_REGISTERED,
        source=source,
        versions=[version],
        public={"kind": str(kind), "path": path, "standing": str(Standing.NORMAL), "valid_from": day.isoformat()},
        org=credit_code or "",
    )
    if host:
        _lean_on(organization, host, source, day)
    orgs.write_search(actor=writer, rows=[(organization, known_of([organization.pk])[organization.pk])])
    audit.record(
        actor=actor,
        event="registry.organization.registered",
        subject=organization,
        details={"kind": str(kind), "source": source.pk},
    )
    return organization


def _lean_on(organization: Organization, host: str, source: Source, on: dt.date) -> None:
    """The body it leans on (挂靠单位), by its code where the register knows it, else by its name."""
    found = list(Organization.objects.named_by(host)[:2])
    body = found[0] if len(found) == 1 else None
    Host.objects.create(
        org=organization,
        host=body,
        name=body.name if body else host[:200],
        valid_from=on,
        known_from=Version.now(),
        source=source,
    )
