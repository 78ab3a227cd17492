"""One organization as its page and the API show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.core.money import format_yuan
from gongzhi.core.times import local
from gongzhi.orgs.models import Organization
from gongzhi.registry.enums import FUND_LABEL, ITEMS, ITEMS_OF, EventKind
from gongzhi.registry.models import Certificate, Confirmation, Doubt, Source, Version


@dataclass(frozen=True)
class Fact:
    """One registered item: what, since when, by whose word, and when that was last confirmed."""

    item: str
    label: str | Promise
    value: str
    #: Since when the item has this value; None where the list states the value but not its beginning.
    since: dt.date | None
    source: Source
    confirmed_on: dt.date | None
    #: On a page about a past day: what the item says today, if that is something else.
    now: str = ""


@dataclass(frozen=True)
class Happening:
    """One entry of the history: what changed, when it took effect, when the platform learned of it."""

    event: str
    label: str
    changes: Sequence[tuple[str | Promise, str, str]]
    valid_from: dt.date
    known_from: dt.datetime
    source: Source

    @property
    def known_on(self) -> dt.date:
        """The day in China on which the platform knew."""
        return local(self.known_from).date()

    @property
    def text(self) -> str:
        """Why it was corrected, in the words of the official."""
        return self.source.reason

    @property
    def late_days(self) -> int:
        """How many days later than the fact the platform learned of it; a list's first telling is no lateness."""
        if self.event == EventKind.LISTED:
            return 0
        return max(0, (self.known_on - self.valid_from).days)

    @property
    def is_correction(self) -> bool:
        """Whether this changes what had been wrong, not what had been so."""
        return self.event == EventKind.CORRECTED


@dataclass(frozen=True)
class Record:
    """Everything the register holds about one organization, for one page."""

    organization: Organization
    version: Version
    facts: Sequence[Fact]
    missing: Sequence[tuple[str, str | Promise]]
    history: Sequence[Happening]
    former_names: Sequence[tuple[str, dt.date, dt.date]]
    certificates: Sequence[Certificate]
    doubts: Sequence[Doubt]
    confirmed_on: dt.date | None


class NothingThen(LookupError):
    """The register held nothing about the organization on that day, or did not know it then."""


def label_of(item: str, kind: str) -> str | Promise:
    """What an item is called on the certificate of this kind."""
    return FUND_LABEL.get(kind, ITEMS[item]) if item == "fund_fen" else ITEMS[item]


def shown(item: str, version: Version) -> str:
    """An item's value as text, empty where no source states it."""
    if item == "fund_fen":
        return "" if version.fund_fen is None else f"{format_yuan(version.fund_fen)} 元"
    if item == "business_authority" and version.registered_directly:
        return str(_("None: registered directly"))
    if item == "domicile" and not version.domicile and version.province:
        return version.province
    return str(getattr(version, item))


def _began(item: str, versions: Sequence[Version]) -> Version:
    """The version that brought an item's present value; `versions` newest first."""
    found = versions[0]
    for version in versions[1:]:
        if getattr(version, item) != getattr(found, item):
            break
        found = version
    return found


def record_of(organization: Organization, *, on: dt.date | None = None, known_at: dt.datetime | None = None) -> Record:
    """The register's page of one organization, as it stood on a day and as it was known at a moment.

    Without `on` as it stands, without `known_at` as it is known now. Four queries, whatever its history (five for a past day). Raises
    `NothingThen` when the register knew nothing of that day.
    """
    believed = Version.objects.known(known_at).filter(org=organization)
    if on is not None:
        believed = believed.filter(valid_from__lte=on)
    versions = list(believed.select_related("source").order_by("-valid_from"))
    if not versions:
        raise NothingThen(organization.reference)
    agreeing = Confirmation.objects.filter(org=organization)
    if on is not None:
        agreeing = agreeing.filter(confirmed_on__lte=on)
    confirmations = list(agreeing.select_related("source").order_by("-confirmed_on", "-pk")[:50])
    present = versions[0]
    newest = Version.objects.current().filter(org=organization).order_by("-valid_from").first() if on else None
    facts: list[Fact] = []
    missing: list[tuple[str, str | Promise]] = []
    for item in ITEMS_OF[organization.kind]:
        value = shown(item, present)
        if not value:
            missing.append((item, label_of(item, organization.kind)))
            continue
        began = _began(item, versions)
        confirmed = next((one.confirmed_on for one in confirmations if item in one.source.items), None)
        # A list tells what is so on its day, not since when: only a change tells that.
        since = None if began.event == EventKind.LISTED else began.valid_from
        today_says = shown(item, newest) if newest is not None else value
        now = "" if today_says == value else today_says or str(_("not stated"))
        facts.append(Fact(item, label_of(item, organization.kind), value, since, began.source, confirmed, now))
    return Record(
        organization=organization,
        version=present,
        facts=facts,
        missing=missing,
        history=_history(versions, organization.kind),
        former_names=_former_names(versions),
        certificates=list(
            Certificate.objects.filter(org=organization, known_to__isnull=True).order_by("-valid_from", "-pk")
        ),
        doubts=list(
            Doubt.objects.filter(org=organization, settled_at__isnull=True).select_related("source").order_by("pk")
        ),
        confirmed_on=confirmations[0].confirmed_on if confirmations else None,
    )


def _history(versions: Sequence[Version], kind: str) -> list[Happening]:
    happenings = []
    for newer, older in zip(versions, [*versions[1:], None], strict=True):
        changes: list[tuple[str | Promise, str, str]] = []
        if older is not None:
            changes = [
                (label_of(item, kind), shown(item, older), shown(item, newer))
                for item in ITEMS
                if getattr(newer, item) != getattr(older, item)
            ]
            if newer.standing != older.standing:
                changes.append((_("Standing"), older.get_standing_display(), newer.get_standing_display()))
            if not changes:
                continue
        happenings.append(
            Happening(
                event=newer.event,
                label=newer.get_event_display(),
                changes=changes,
                valid_from=newer.valid_from,
                known_from=newer.known_from,
                source=newer.source,
            )
        )
    return happenings


def _former_names(versions: Sequence[Version]) -> list[tuple[str, dt.date, dt.date]]:
    """Names before the present one, newest first, each with its first day and the day it ended."""
    spans: list[list[Any]] = []
    until: dt.date | None = None
    for version in versions:
        if spans and spans[-1][0] == version.name:
            spans[-1][1] = version.valid_from
        else:
            spans.append([version.name, version.valid_from, until])
        until = version.valid_from
    return [(name, begun, ended) for name, begun, ended in spans[1:] if ended is not None]
