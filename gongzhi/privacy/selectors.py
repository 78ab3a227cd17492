"""Who looked: typed read models for pages, the monthly notice and the counter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.http import Http404
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Account, ApiClient, Person
from gongzhi.audit.enums import How
from gongzhi.audit.models import Look, LookQuerySet
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotVisible
from gongzhi.core.paging import Page, page_or_first
from gongzhi.core.times import SHANGHAI, local, today
from gongzhi.orgs.models import Agency, Organization
from gongzhi.privacy import policies
from gongzhi.privacy.enums import Shown
from gongzhi.privacy.models import Export, Grant, Hold, Question
from gongzhi.privacy.purposes import FIELDS, KINDS, NOT_STATED, OTHER_FIELD, PURPOSES

PAGE: Final = 20
MONTHS: Final = 12
#: The platform itself reads what no single official may see, such as how many notices are held back.
PLATFORM: Final = "privacy.looked"

PLATFORM_ITSELF: Final = _("The platform itself, by a program")
A_PERSON: Final = _("A person acting for themself")
GONE: Final = _("An office that is not kept any more")

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose data are asked about: one person or one organization."""

    person: int | None = None
    org: int | None = None

    @classmethod
    def of(cls, actor: Actor) -> Owner:
        """The person or the organization an actor acts for."""
        return cls(person=actor.scope.person, org=actor.scope.org)


@dataclass(frozen=True)
class Row:
    """One look, in words."""

    look: Look
    shown: Shown
    office: Text
    by: str
    saw: Sequence[Text]
    purpose: Text
    basis: Text
    how: Text
    month: str
    question: Question | None = None
    grant: Grant | None = None
    #: How many people stood in the same list.
    among: int = 0

    @property
    def at(self) -> dt.datetime:
        """When it was."""
        return self.look.at

    @property
    def is_overdue(self) -> bool:
        """Whether somebody asked why and the answer is late."""
        return self.question is not None and self.question.is_overdue(today())

    @property
    def is_refused(self) -> bool:
        """Whether nothing was seen."""
        return self.shown is Shown.REFUSED


@dataclass(frozen=True)
class Month:
    """How often in one month, by what is shown."""

    first: dt.date
    seen: int
    export: int
    refused: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.seen + self.export + self.refused


@dataclass(frozen=True)
class HeldBack:
    """Looks that wait for an investigation: how many, and for each group the last day."""

    count: int
    last_days: Sequence[tuple[int, dt.date]]


@dataclass(frozen=True)
class Looked:
    """The page: lines, months, what is held back."""

    rows: Sequence[Row]
    page: Page[Look]
    months: Sequence[Month]
    held: HeldBack
    only: str

    @property
    def total(self) -> Month:
        """The twelve months together."""
        return Month(
            self.months[0].first,
            sum(month.seen for month in self.months),
            sum(month.export for month in self.months),
            sum(month.refused for month in self.months),
        )


#: What a filter keeps.
ONLY: Final[dict[str, Q]] = {
    "": Q(),
    Shown.SEEN: Q(refused=False) & ~Q(how=How.EXPORT),
    Shown.EXPORT: Q(refused=False, how=How.EXPORT),
    Shown.REFUSED: Q(refused=True),
}


def _holds_of(owner: Owner) -> dict[int, Hold]:
    """The holds any look about this owner was made under. Read by the platform: no official's row is shown."""
    used = (
        Look.objects.about(person=owner.person, org=owner.org)
        .filter(hold_id__isnull=False)
        .values_list("hold_id", flat=True)
        .distinct()
    )
    numbers = list(used)
    if not numbers:
        return {}
    with acting(Actor.system(PLATFORM)) as platform:
        return Hold.objects.visible_to(platform).in_bulk(numbers)


def _held_ids(owner: Owner) -> list[int]:
    day = today()
    return [number for number, hold in _holds_of(owner).items() if hold.holds_on(day)]


def looks_at(owner: Owner, *, without_held: bool = True) -> LookQuerySet:
    """Every look at this owner's data by somebody else, without those a notice is held back for."""
    rows = Look.objects.about(person=owner.person, org=owner.org).by_others(owner.person)
    return rows.exclude(hold_id__in=_held_ids(owner)) if without_held else rows


def held_back(owner: Owner) -> HeldBack:
    """How many looks are not shown yet, and by which day each is shown at the latest."""
    day = today()
    holds = {number: hold for number, hold in _holds_of(owner).items() if hold.holds_on(day)}
    if not holds:
        return HeldBack(0, ())
    rows = (
        looks_at(owner, without_held=False)
        .filter(hold_id__in=holds)
        .order_by()
        .values("hold_id")
        .annotate(n=Count("id"))
        .values_list("hold_id", "n")
    )
    counted = sorted(((holds[number].until, n) for number, n in rows if number is not None), key=lambda one: one[0])
    return HeldBack(sum(n for _until, n in counted), [(n, until) for until, n in counted])


def first_of_month(day: dt.date, back: int = 0) -> dt.date:
    """The first day of the month that lies `back` months before `day`'s."""
    number = day.year * 12 + day.month - 1 - back
    return dt.date(number // 12, number % 12 + 1, 1)


def moment(day: dt.date) -> dt.datetime:
    """The beginning of a day in China."""
    return dt.datetime.combine(day, dt.time(), SHANGHAI)


def by_month(rows: LookQuerySet) -> list[Month]:
    """The last twelve months, the present one first. One query."""
    since = first_of_month(today(), MONTHS - 1)
    counted = (
        rows.filter(at__gte=moment(since))
        .order_by()
        .annotate(month=TruncMonth("at", tzinfo=SHANGHAI))
        .values("month")
        .annotate(
            seen=Count("id", filter=ONLY[Shown.SEEN]),
            export=Count("id", filter=ONLY[Shown.EXPORT]),
            refused=Count("id", filter=ONLY[Shown.REFUSED]),
        )
        .values_list("month", "seen", "export", "refused")
    )
    found = {month.date(): (seen, export, refused) for month, seen, export, refused in counted}
    firsts = [first_of_month(today(), back) for back in range(MONTHS)]
    return [Month(first, *found.get(first, (0, 0, 0))) for first in firsts]


def looked(owner: Owner, *, only: str = "", cursor: str = "", size: int = PAGE) -> Looked:
    """Who looked at this owner's data, newest first. The same number of queries for 3 rows and 30."""
    only = only if only in ONLY else ""
    rows = looks_at(owner)
    name, order = f"looked:{only}", ("-at", "-id")
    wanted = rows.filter(ONLY[only])
    page = page_or_first(wanted, name=name, order=order, cursor=cursor, size=size)
    return Looked(in_words(page.rows, owner), page, by_month(rows), held_back(owner), only)


def questions_of(owner: Owner, looks: Sequence[Look]) -> dict[int, Question]:
    """What this owner asked about these looks: look → question. Read by the platform, so that a counter can read it out."""
    with acting(Actor.system(PLATFORM)) as platform:
        asked = Question.objects.visible_to(platform).filter(
            look_id__in=[one.pk for one in looks], person_id=owner.person, org_id=owner.org
        )
        return {one.look_id: one for one in asked}


def in_words(looks: Iterable[Look], owner: Owner) -> list[Row]:
    """Looks as lines that name office, person and purpose. Seven queries at most, however many."""
    looks = list(looks)
    questions = questions_of(owner, looks)
    grants, exports = _under(looks)
    offices = _offices(looks)
    people = dict(
        Account.objects.filter(person_id__in={one.person_id for one in looks if one.person_id is not None}).values_list(
            "person_id", "name_masked"
        )
    )
    rows = [_row(one, offices, people) for one in looks]
    return [
        replace(
            row,
            question=questions.get(row.look.pk),
            grant=grants.get(row.look.grant_id or 0),
            among=exports.get(row.look.batch_id or 0, 0),
        )
        for row in rows
    ]


def _under(looks: Sequence[Look]) -> tuple[dict[int, Grant], dict[int, int]]:
    """The emergency accesses looks were made under, and the size of the lists. Read by the platform; two queries."""
    with acting(Actor.system(PLATFORM)) as platform:
        grants = Grant.objects.visible_to(platform).in_bulk({one.grant_id for one in looks if one.grant_id})
        sizes = Export.objects.visible_to(platform).filter(pk__in={one.batch_id for one in looks if one.batch_id})
        return grants, dict(sizes.values_list("pk", "people"))


def _numbers(looks: Sequence[Look], kind: str) -> set[int]:
    return {int(one.acting_for.partition(":")[2]) for one in looks if one.acting_for.partition(":")[0] == kind}


def _offices(looks: Sequence[Look]) -> dict[str, str]:
    """`agency:3` → its name, for every capacity the looks were made in."""
    found: dict[str, str] = {}
    for kind, model in (("agency", Agency), ("org", Organization), ("client", ApiClient)):
        numbers = _numbers(looks, kind)
        if numbers:
            names = model._default_manager.filter(pk__in=numbers).values_list("pk", "name")
            found |= {f"{kind}:{number}": name for number, name in names}
    return found


def _row(look: Look, offices: dict[str, str], people: dict[int, str]) -> Row:
    if look.acting_for:
        office: Text = offices.get(look.acting_for, GONE)
    else:
        office = PLATFORM_ITSELF if look.process else A_PERSON
    purpose = PURPOSES.get(look.purpose, NOT_STATED)
    if look.refused:
        shown = Shown.REFUSED
    elif look.grant_id is not None:
        shown = Shown.EMERGENCY
    else:
        shown = Shown.EXPORT if look.how == How.EXPORT else Shown.SEEN
    saw = [FIELDS.get(f"{look.subject_kind}.{field}", OTHER_FIELD) for field in look.fields]
    return Row(
        look=look,
        shown=shown,
        office=office,
        by=people.get(look.person_id or 0, ""),
        saw=list(dict.fromkeys(saw)) or [KINDS.get(look.subject_kind, OTHER_FIELD)],
        purpose=purpose.words,
        basis=purpose.basis,
        how=How(look.how).label if look.how in How.values else "",
        month=local(look.at).strftime("%Y-%m"),
    )


# --- one person ---


def person_with(public_id: str) -> Person | None:
    """The person with this public id, read by the platform whoever asks. The caller decides what to show and records it."""
    with acting(Actor.system("privacy.find_person")) as platform:
        return Person.objects.visible_to(platform).filter(public_id=public_id).first()


def live_grant(actor: Actor, person: Person) -> Grant | None:
    """The emergency access this official has to this person's record at this moment, if any."""
    return (
        Grant.objects.visible_to(actor)
        .open_at(timezone.now())
        .filter(official_id=actor.person_id, person=person, agency_id=actor.agency_id or 0)
        .order_by("-until")
        .first()
    )


def person_for(actor: Actor, number: str, *, purpose: str = "") -> Person:
    """The person with this number, if the official may see the record: by division, or under an emergency access.

    Raises `NotVisible` for one that exists outside the reach, so that the person sees the refused try, and `Http404`
    for a number nobody has; the two answers look the same.
    """
    found = Person.objects.visible_to(actor).filter(public_id=number).first()
    if found is not None and policies.can_see_person(actor, found):
        return found
    person = person_with(number)
    if person is None:
        raise Http404
    if live_grant(actor, person) is None:
        raise NotVisible(person, purpose=purpose)
    return person
