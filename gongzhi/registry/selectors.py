"""One organization as its page and the API show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.money import format_yuan
from gongzhi.core.times import local, today
from gongzhi.orgs.enums import Standing
from gongzhi.orgs.models import Mark, Organization
from gongzhi.reference.codes import code_list
from gongzhi.registry.enums import (
    FUND_LABEL,
    ITEMS,
    ITEMS_OF,
    MORE_ITEMS,
    REGISTRATION_ITEMS,
    CredentialKind,
    EventKind,
    ObjectionState,
)
from gongzhi.registry.models import (
    Branch,
    Certificate,
    Confirmation,
    Credential,
    Doubt,
    Host,
    Lineage,
    Objection,
    Officer,
    Source,
    Version,
)

#: What the page of an organization shows of a long list.
SHOWN_OF_MANY = 20

LABELS: dict[str, str | Promise] = {**ITEMS, **MORE_ITEMS, **REGISTRATION_ITEMS, "standing": _("Standing")}


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
    missing: ClassVar[bool] = False


@dataclass(frozen=True)
class Gap:
    """An item that should be there and that no source states."""

    item: str
    label: str | Promise
    now: str = ""
    missing: ClassVar[bool] = True


@dataclass(frozen=True)
class Happening:
    """One entry of the history: what changed, when it took effect, when the platform learned of it."""

    event: str
    label: str
    changes: Sequence[tuple[str | Promise, str, str]]
    valid_from: dt.date
    known_from: dt.datetime
    source: Source
    #: Whether the history begins with it.
    is_first: bool = False

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
        return self.event in {EventKind.CORRECTED, EventKind.SETTLED, EventKind.OBJECTION_UPHELD, EventKind.UNDONE}


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
    #: The registered items in the order of the certificate, gaps at their places; and what stands beside them.
    rows: Sequence[Fact | Gap] = ()
    more: Sequence[Fact | Gap] = ()
    #: On a page about a past day: the present name, if it is another.
    name_now: str = ""
    #: Since when the body stands as it does.
    standing_since: dt.date = dt.date.min

    @property
    def differs(self) -> int:
        """How many items of a past day are otherwise today."""
        return sum(bool(row.now) for row in (*self.rows, *self.more))


class NothingThen(LookupError):
    """The register held nothing about the organization on that day, or did not know it then."""


def label_of(item: str, kind: str) -> str | Promise:
    """What an item is called on the certificate of this kind; empty for none: the entry as a whole."""
    if not item:
        return _("The entry as a whole")
    return FUND_LABEL.get(kind, ITEMS[item]) if item == "fund_fen" else LABELS[item]


def more_items_of(kind: str) -> list[str]:
    """What the page shows beside the registered items of a kind."""
    beside = [*REGISTRATION_ITEMS, "standing", "business_authority", *MORE_ITEMS]
    return [item for item in beside if item not in ITEMS_OF[kind]]


def items_to_change(kind: str) -> list[str]:
    """Every item an official may write anew for a body of this kind; a standing ends by an action of its own."""
    return [*ITEMS_OF[kind], *(item for item in more_items_of(kind) if item != "standing")]


def shown(item: str, version: Version) -> str:
    """An item's value as text, empty where no source states it."""
    match item:
        case "fund_fen":
            text = "" if version.fund_fen is None else f"{format_yuan(version.fund_fen)} 元"
        case "business_authority" if version.registered_directly:
            text = str(_("None: registered directly"))
        case "domicile":
            text = version.domicile or version.province
        case "standing":
            text = "" if version.standing == Standing.UNKNOWN else version.get_standing_display()
        case "registered_on":
            text = version.registered_on.isoformat() if version.registered_on else ""
        case "field":
            text = code_list("fields").label(version.field) if version.field else ""
        case _:
            text = str(getattr(version, item))
    return text


def _stated_alike(item: str, one: Version, other: Version) -> bool:
    """Whether two versions say the same of an item; an authority is two columns."""
    columns = ("business_authority", "registered_directly") if item == "business_authority" else (item,)
    return all(getattr(one, column) == getattr(other, column) for column in columns)


class _Told:
    """Everything that was ever told about one organization: rows that are believed, and rows that were.

    A version is replaced whole when one item of it is written anew, and rows after it are carried along. Who said what
    about one item is therefore read from the first row each source wrote, not from the row that is believed now.
    """

    def __init__(self, rows: Sequence[Version], believed: Sequence[Version], agreeing: Sequence[Confirmation]) -> None:
        self.rows = sorted(rows, key=lambda one: (one.known_from, one.pk))
        self.believed = believed
        self.agreeing = agreeing
        self.said: dict[int, Version] = {}
        for row in self.rows:
            self.said.setdefault(row.source_id, row)

    def brought(self, item: str) -> Version:
        """The row that brought an item's present value."""
        began = self.believed[0]
        for version in self.believed:
            if not _stated_alike(item, version, self.believed[0]):
                break
            began = version
        return next(row for row in self.rows if row.valid_from == began.valid_from and _stated_alike(item, row, began))

    def confirmed(self, item: str, brought: Version) -> list[dt.date]:
        """The days on which a source said what the item says: who brought it, and those that agreed since."""
        present = self.believed[0]
        days = [brought.source.dated_on]
        days += [
            row.source.dated_on
            for row in self.said.values()
            if item in row.source.items and _stated_alike(item, row, present)
        ]
        for one in self.agreeing:
            then = self._believed_by(one)
            if item in one.source.items and then is not None and _stated_alike(item, then, present):
                days.append(one.confirmed_on)
        return [day for day in days if day >= brought.valid_from] or days[:1]

    def _believed_by(self, one: Confirmation) -> Version | None:
        """What the source agreed with: the version of its day as it was believed when the source came in."""
        then = [
            row
            for row in self.rows
            if row.valid_from <= one.confirmed_on
            and row.known_from <= one.source.at
            and (row.known_to is None or row.known_to > one.source.at)
        ]
        return max(then, key=lambda row: row.valid_from, default=None)

    def replaced(self, version: Version) -> list[Version]:
        """A believed version and what it took the place of on the same day, newest first: one row a source."""
        same_day = [row for row in self.rows if row.valid_from == version.valid_from]
        newest_of = {row.source_id: row for row in same_day}
        newest_of[version.source_id] = version
        return sorted(newest_of.values(), key=lambda row: (row.known_from, row.pk), reverse=True)


def record_of(organization: Organization, *, on: dt.date | None = None, known_at: dt.datetime | None = None) -> Record:
    """The register's page of one organization, as it stood on a day and as it was known at a moment.

    Without `on` as it stands, without `known_at` as it is known now. Four queries, whatever its history (five for a
    past day). Raises `NothingThen` when the register knew nothing of that day.
    """
    told = Version.objects.filter(org=organization)
    if known_at is not None:
        told = told.filter(known_from__lte=known_at)
    if on is not None:
        told = told.filter(valid_from__lte=on)
    rows_told = list(told.select_related("source").order_by("-valid_from"))
    versions = [row for row in rows_told if row.known_to is None or (known_at is not None and row.known_to > known_at)]
    if not versions:
        raise NothingThen(organization.reference)
    agreeing = Confirmation.objects.believed().filter(org=organization)
    if on is not None:
        agreeing = agreeing.filter(confirmed_on__lte=on)
    if known_at is not None:
        agreeing = agreeing.filter(source__at__lt=known_at)
    confirmations = list(agreeing.select_related("source").order_by("-confirmed_on", "-pk")[:50])
    present, known = versions[0], _Told(rows_told, versions, confirmations)
    newest = Version.objects.current().filter(org=organization).order_by("-valid_from").first() if on else None
    last = on or dt.date.max
    confirmed: list[dt.date] = []

    def row_of(item: str) -> Fact | Gap:
        value, label = shown(item, present), label_of(item, organization.kind)
        today_says = shown(item, newest) if newest is not None else value
        now = "" if today_says == value else today_says or str(_("not stated"))
        if not value:
            return Gap(item, label, now)
        brought = known.brought(item)
        days = [day for day in known.confirmed(item, brought) if day <= last]
        confirmed.extend(days)
        # A list tells what is so on its day, not since when: only a change tells that.
        since = None if brought.event == EventKind.LISTED else brought.valid_from
        return Fact(item, label, value, since, brought.source, max(days, default=None), now)

    rows = [row_of(item) for item in ITEMS_OF[organization.kind]]
    more = [row_of(item) for item in more_items_of(organization.kind)]
    certificates = Certificate.objects.filter(_known(known_at), org=organization)
    if on is not None:
        certificates = certificates.filter(_holds(on))
    return Record(
        organization=organization,
        version=present,
        facts=[row for row in rows if isinstance(row, Fact)],
        missing=[(row.item, row.label) for row in rows if row.missing],
        history=_history([row for one in versions for row in known.replaced(one)], organization.kind),
        former_names=_former_names(versions),
        certificates=list(certificates.order_by("-valid_from", "-pk")),
        doubts=list(
            Doubt.objects.filter(org=organization, settled_at__isnull=True).select_related("source").order_by("pk")
        ),
        confirmed_on=max(confirmed, default=None),
        rows=rows,
        more=more,
        name_now=newest.name if newest is not None and newest.name != present.name else "",
        standing_since=known.brought("standing").valid_from,
    )


def _known(at: dt.datetime | None) -> Q:
    if at is None:
        return Q(known_to__isnull=True)
    return Q(known_from__lte=at) & (Q(known_to__isnull=True) | Q(known_to__gt=at))


def _holds(day: dt.date) -> Q:
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    return begun & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))


#: What the history tells of: every fact that has a word on the page, in the page's order.
TOLD = (*ITEMS, *REGISTRATION_ITEMS, *MORE_ITEMS, "standing")


def _history(versions: Sequence[Version], kind: str) -> list[Happening]:
    happenings = []
    for newer, older in zip(versions, [*versions[1:], None], strict=True):
        changes: list[tuple[str | Promise, str, str]] = []
        if older is not None:
            changes = [
                (label_of(item, kind), shown(item, older), shown(item, newer))
                for item in TOLD
                if not _stated_alike(item, newer, older)
            ]
            if not changes and newer.event in {EventKind.LISTED, EventKind.LIST_CHANGED}:
                continue  # an official's act without a changed item, such as a new division, tells of itself
        happenings.append(
            Happening(
                event=newer.event,
                label=newer.get_event_display(),
                changes=changes,
                valid_from=newer.valid_from,
                known_from=newer.known_from,
                source=newer.source,
                is_first=older is None,
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


# --- what stands around the registered items ---


@dataclass(frozen=True)
class Kin:
    """Another body this one came out of, or that came out of it."""

    kind: str
    label: str
    other: Organization
    #: Whether the other came first.
    is_origin: bool
    on_date: dt.date
    source: Source


@dataclass(frozen=True)
class AnsweredObjection:
    """An objection and what was answered, as everybody may read it: nothing of who raised it."""

    label: str | Promise
    says: str
    answer: str
    upheld: bool
    answered_at: dt.datetime | None


@dataclass(frozen=True)
class Surroundings:
    """What the register holds about an organization besides its registered items."""

    officers: Sequence[Officer] = ()
    branches: Sequence[Branch] = ()
    hosts: Sequence[Host] = ()
    #: Bodies and groups that lean on this one, the first of them.
    hosted: Sequence[Host] = ()
    more_hosted: bool = False
    lineage: Sequence[Kin] = ()
    marks: Sequence[Mark] = ()
    open_objections: int = 0
    answered: Sequence[AnsweredObjection] = field(default=())


def surroundings_of(
    organization: Organization, *, on: dt.date | None = None, known_at: dt.datetime | None = None
) -> Surroundings:
    """Officers, branches, hosts, kin, marks and objections on a day (today if None), as known at a moment (now if None).

    The same number of queries whatever there is. A past day shows no objections: they are about today's entry.
    """
    day = on or today()
    hosted = list(
        Host.objects.known(known_at)
        .on(day)
        .filter(host=organization)
        .select_related("org")
        .order_by("org__name", "pk")[: SHOWN_OF_MANY + 1]
    )
    kin = Lineage.objects.filter(
        _known(known_at), Q(from_org=organization) | Q(to_org=organization), on_date__lte=day
    ).select_related("from_org", "to_org", "source")
    waiting, answered = (0, []) if on is not None else _objections(organization)
    return Surroundings(
        officers=list(
            Officer.objects.known(known_at).on(day).filter(org=organization).select_related("source").order_by("pk")
        ),
        branches=list(
            Branch.objects.known(known_at).on(day).filter(org=organization).select_related("source").order_by("name")
        ),
        hosts=list(
            Host.objects.known(known_at)
            .on(day)
            .filter(org=organization)
            .select_related("host", "source")
            .order_by("valid_from", "pk")
        ),
        hosted=hosted[:SHOWN_OF_MANY],
        more_hosted=len(hosted) > SHOWN_OF_MANY,
        lineage=[
            Kin(
                one.kind,
                one.get_kind_display(),
                one.from_org if one.to_org_id == organization.pk else one.to_org,
                one.to_org_id == organization.pk,
                one.on_date,
                one.source,
            )
            for one in kin.order_by("-on_date", "-pk")
        ],
        marks=list(Mark.objects.as_of(day, known_at).filter(org=organization).exclude(value="").order_by("code")),
        open_objections=waiting,
        answered=answered,
    )


def _objections(organization: Organization) -> tuple[int, list[AnsweredObjection]]:
    """How many objections wait, and the newest answered ones.

    Everybody may know that much, while the rows themselves stand behind the second wall: the columns that are public
    are read in the platform's own scope, and no others.
    """
    with acting(Actor.system("registry.objections")):
        mine = Objection.objects.filter(org=organization)
        waiting = mine.waiting().count()
        rows = list(
            mine.exclude(state=ObjectionState.OPEN)
            .order_by("-answered_at", "-pk")
            .values("item", "says", "answer", "state", "answered_at")[:SHOWN_OF_MANY]
        )
    return waiting, [
        AnsweredObjection(
            label=label_of(row["item"], organization.kind),
            says=row["says"],
            answer=row["answer"],
            upheld=row["state"] == ObjectionState.UPHELD,
            answered_at=row["answered_at"],
        )
        for row in rows
    ]


def issued_to(organization: Organization) -> list[Credential]:
    """The certificates the platform signed for a body, the newest first; extracts apart. One query."""
    rows = Credential.objects.filter(org=organization).exclude(kind=CredentialKind.EXTRACT).select_related("revocation")
    return list(rows.order_by("-pk")[:SHOWN_OF_MANY])
