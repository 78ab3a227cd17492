"""Settling what a list said and nobody could believe: a person chooses the value, or that there will be none."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization
from gongzhi.registry import policies
from gongzhi.registry.actions.entries import (
    changes_of,
    check_reason,
    known_of,
    seal_versions,
    write_event,
    write_items,
)
from gongzhi.registry.enums import EventKind, SourceKind
from gongzhi.registry.imports import STATED
from gongzhi.registry.lists import cells
from gongzhi.registry.models import Doubt, Source, Version
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "settle_doubt": EntryType.ORG_CHANGED,
    "dismiss_doubt": "Nothing of the register changes.",
    "settle_units": EntryType.ORG_CHANGED,
}

#: Doubts that only lack a unit: a person can say it for a whole column.
UNIT_RULES = frozenset({"import.amount_unit_missing", "import.amount_unit_ambiguous"})
UNITS = ("元", "万元", "亿元")
#: Settled in one step; what is left is settled in the next.
AT_ONCE = 500

_NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")


def _lock(actor: Actor, doubt: Doubt) -> tuple[Organization, Doubt]:
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=doubt.org_id)
    doubt = Doubt.objects.select_for_update(of=("self",)).select_related("source").get(pk=doubt.pk)
    if not policies.can_correct(actor, organization):
        raise NotAllowed("registry.correct")
    if doubt.settled_at is not None:
        raise RuleViolation("registry.doubt_settled", _("This has been settled already."))
    return organization, doubt


def _from_day(organization: Organization, source: Source) -> dt.date:
    """The day the list speaks of, or the first the register knows of the body."""
    first = Version.objects.current().filter(org=organization).order_by("valid_from")[0]
    return max(source.dated_on, first.valid_from)


def _settle(doubts: Sequence[Doubt]) -> None:
    Doubt.objects.filter(pk__in=[one.pk for one in doubts]).update(settled_at=timezone.now())


@transaction.atomic
def settle_doubt(*, actor: Actor, doubt: Doubt, item: str, value: Any, reason: str) -> Doubt:
    """Choose what a doubtful value means: from the day of its list on the item has this value, by a person's choice.

    `item` is a registered item, or `kind`, which the register never concludes by itself. A value the register holds
    already settles the doubt and changes nothing. Raises `NotAllowed` outside the officer's division, `RuleViolation`
    for a doubt that is settled, an unknown item, no value, or no reason.
    """
    organization, doubt = _lock(actor, doubt)
    if item != "kind" and (item not in STATED or item == "registered_directly"):
        raise RuleViolation("registry.item_unknown", _("This item cannot be corrected here."), field="item")
    if value in (None, "") or (item == "standing" and value not in set(Standing.values) - {Standing.VOID}):
        raise RuleViolation("registry.value_missing", _("Enter what it should say."), field="value")
    if item == "kind" and value not in set(Kind.values) - {Kind.UNCLEAR}:
        raise RuleViolation("registry.value_missing", _("Enter what it should say."), field="value")
    on = _from_day(organization, doubt.source)
    source = Source.objects.create(
        kind=SourceKind.CHOICE, items=[item], reason=check_reason(reason), dated_on=on, rows=1
    )
    if item == "kind":
        organization.kind = value
        write_event(actor=actor, organization=organization, source=source, event=EventKind.SETTLED, on=on, item=item)
    else:
        write_items(
            actor=actor,
            organization=organization,
            source=source,
            event=EventKind.SETTLED,
            on=on,
            changes=changes_of(item, value),
        )
    _settle([doubt])
    audit.record(
        actor=actor,
        event="registry.doubt.settled",
        subject=doubt,
        details={"org": organization.pk, "item": item, "source": source.pk},
    )
    return doubt


@transaction.atomic
def dismiss_doubt(*, actor: Actor, doubt: Doubt, reason: str) -> Doubt:
    """Decide that a doubtful value is never used. What stood in the list stays with the list."""
    organization, doubt = _lock(actor, doubt)
    source = Source.objects.create(kind=SourceKind.CHOICE, reason=check_reason(reason), dated_on=today(), rows=1)
    _settle([doubt])
    audit.record(
        actor=actor,
        event="registry.doubt.dismissed",
        subject=doubt,
        details={"org": organization.pk, "source": source.pk},
    )
    return doubt


def with_unit(text: str, unit: str) -> int | None:
    """The one amount a cell holds, read in `unit`, in fen; None where it holds no single amount."""
    numbers = _NUMBER.findall(cells.half_width(text))
    amount = cells.read_amount(f"{numbers[0]}{unit}") if len(numbers) == 1 else ""
    return amount if isinstance(amount, int) else None


@transaction.atomic
def settle_units(*, actor: Actor, like: Doubt, unit: str, reason: str) -> tuple[int, int]:
    """Say what unit a whole column of a list is in: every waiting amount of that list, column and complaint is settled
    alike, in the officer's division. How many were settled and how many of this step hold no single amount.

    At most `AT_ONCE` bodies a step; one source, one sealed entry over all versions, one audit row. Raises `NotAllowed`
    where nothing of it lies in reach, `RuleViolation` for doubts that are not about a unit, an unknown unit, nothing
    left, or no reason.
    """
    if not policies.can_correct(actor, like.org):
        raise NotAllowed("registry.correct")
    if like.rule not in UNIT_RULES:
        raise RuleViolation("registry.not_a_unit", _("These values do not wait for a unit: settle each by itself."))
    if unit not in UNITS:
        raise RuleViolation("registry.no_such_unit", _("Choose the unit."), field="unit")
    waiting = Doubt.objects.waiting_within(actor.path).filter(source=like.source, column=like.column, rule=like.rule)
    organizations = {
        one.pk: one
        for one in Organization.objects.filter(pk__in=waiting.values("org"))
        .order_by("pk")
        .select_for_update(of=("self",))[:AT_ONCE]
    }
    doubts = list(waiting.filter(org__in=organizations).order_by("org", "pk").select_for_update(of=("self",)))
    amounts = {one.pk: amount for one in doubts if (amount := with_unit(one.value, unit)) is not None}
    chosen = [one for one in doubts if one.pk in amounts]
    if not chosen:
        raise RuleViolation("registry.doubt_settled", _("Nothing of this is left to settle in this way."))
    source = Source.objects.create(
        kind=SourceKind.CHOICE,
        items=["fund_fen"],
        reason=check_reason(reason),
        dated_on=like.source.dated_on,
        rows=len(chosen),
    )
    versions = _write_amounts(organizations, {one.org_id: amounts[one.pk] for one in chosen}, source, like.source)
    seal_versions(
        actor=actor,
        kind=EntryType.ORG_CHANGED,
        source=source,
        versions=versions,
        public={"item": "fund_fen", "valid_from": like.source.dated_on.isoformat()},
    )
    changed = [organizations[pk] for pk in sorted({one.org_id for one in versions})]
    orgs.write_organizations(actor=actor, fresh=[], changed=changed, known=known_of([one.pk for one in changed]))
    _settle(chosen)
    audit.record(
        actor=actor,
        event="registry.doubts.settled",
        subject=source,
        details={"list": like.source.pk, "rule": like.rule, "settled": len(chosen), "unit": UNITS.index(unit)},
    )
    return len(chosen), len(doubts) - len(chosen)


def _write_amounts(
    organizations: Mapping[int, Organization], amounts: Mapping[int, int], source: Source, listed: Source
) -> list[Version]:
    versions: list[Version] = []
    for pk, amount in amounts.items():
        versions += amend(
            Version,
            owner={"org_id": pk},
            on=_from_day(organizations[pk], listed),
            changes={"fund_fen": amount},
            about={"source_id": source.pk, "source_row": None, "event": EventKind.SETTLED},
        )
    return versions
