"""An office's list of cases: its filters with their counts, its figures, and a case beside the one of the year before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Aggregate, Count, DateField, FloatField, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.selectors import masked_names
from gongzhi.cases.definitions import Field
from gongzhi.cases.enums import AT_OFFICE, FieldType, State
from gongzhi.cases.models import Case, CaseType
from gongzhi.cases.questions import check
from gongzhi.cases.selectors import handed_in
from gongzhi.core.actor import Actor
from gongzhi.core.money import format_yuan

#: The last so many days say how punctual an office is.
FIGURES_BACK: Final = dt.timedelta(days=90)
SOON: Final = dt.timedelta(days=3)
#: Stands for "no day" where cases are ordered by their day.
NO_DAY: Final = dt.date.max

#: Filters of the list, in the order they are shown. Those with fixed values first say what each means.
WHO: Final[dict[str, str | Promise]] = {"mine": _("Mine"), "nobody": _("Nobody's yet"), "others": _("Colleagues'")}
DUE: Final[dict[str, str | Promise]] = {
    "today": _("Due today"),
    "soon": _("Due soon"),
    "overdue": _("Overdue"),
    "none": _("No day runs"),
}
FOUND: Final[dict[str, str | Promise]] = {"none": _("Without a finding"), "some": _("With findings")}
ROUND: Final[dict[str, str | Promise]] = {"first": _("Handed in once"), "again": _("Handed in again")}
NAMES: Final[dict[str, str | Promise]] = {
    "type": _("Service"),
    "state": _("Where an application stands"),
    "who": _("Who works on it"),
    "due": _("Due"),
    "found": _("Checked by rule"),
    "round": _("Times handed in"),
}


def conditions(actor: Actor, day: dt.date) -> dict[str, dict[str, Q]]:
    """What each fixed value of a filter means."""
    late = Q(due_on__lt=day, due_settled=True)
    return {
        "state": {value: Q(state=value) for value in AT_OFFICE},
        "who": {
            "mine": Q(assignee=actor.person_id or 0),
            "nobody": Q(assignee=None),
            "others": Q(assignee__isnull=False) & ~Q(assignee=actor.person_id or 0),
        },
        "due": {
            "today": Q(due_on=day),
            "soon": Q(due_on__gte=day, due_on__lte=day + SOON),
            "overdue": late,
            "none": Q(due_on=None),
        },
        "found": {"none": Q(findings=0), "some": Q(findings__gt=0)},
        "round": {"first": Q(round__lte=1), "again": Q(round__gt=1)},
    }


def chosen(asked: Mapping[str, str]) -> dict[str, str]:
    """The filters an address names, without what no filter knows."""
    known = conditions(Actor.visitor(), dt.date.min + SOON)
    found = {name: asked.get(name, "") for name in known}
    kept = {name: value for name, value in found.items() if value in known[name]}
    code = asked.get("type", "")
    return ({"type": code} if code and len(code) <= 60 and code.replace("-", "").isalnum() else {}) | kept


def filtered(rows: QuerySet[Case], asked: Mapping[str, str], *, actor: Actor, day: dt.date) -> QuerySet[Case]:
    """The rows these filters keep."""
    known = conditions(actor, day)
    for name, value in asked.items():
        rows = rows.filter(Q(type__code=value) if name == "type" else known[name][value])
    return rows


def by_day(rows: QuerySet[Case]) -> QuerySet[Case]:
    """With a day that can order them: what has none comes last."""
    return rows.annotate(by_day=Coalesce("due_on", Value(NO_DAY), output_field=DateField()))


@dataclass(frozen=True)
class Choice:
    """One value of a filter as a link: how many it keeps, beside the other filters as they are."""

    name: str
    value: str
    label: str | Promise
    count: int
    on: bool


@dataclass(frozen=True)
class Facet:
    """One filter with the values that keep something, or are chosen."""

    name: str
    label: str | Promise
    choices: Sequence[Choice]


def facets(rows: QuerySet[Case], asked: Mapping[str, str], *, actor: Actor, day: dt.date) -> list[Facet]:
    """Every filter with its counts: one query each, over what the office works on."""
    known = conditions(actor, day)
    words: dict[str, Mapping[str, str | Promise]] = {
        "state": {value: str(State(value).label) for value in AT_OFFICE},
        "who": WHO,
        "due": DUE,
        "found": FOUND,
        "round": ROUND,
    }
    found = [_services(filtered(rows, _without(asked, "type"), actor=actor, day=day), asked.get("type", ""))]
    for name, values in known.items():
        kept = filtered(rows, _without(asked, name), actor=actor, day=day)
        counts = kept.aggregate(**{f"n_{value}": Count("pk", filter=test) for value, test in values.items()})
        choices = [
            Choice(name, value, words[name][value], counts[f"n_{value}"], asked.get(name) == value)
            for value in values
            if counts[f"n_{value}"] or asked.get(name) == value
        ]
        found.append(Facet(name, NAMES[name], choices))
    return [one for one in found if one.choices]


def _without(asked: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in asked.items() if key != name}


def _services(rows: QuerySet[Case], chosen_code: str) -> Facet:
    counts: dict[str, int] = dict(rows.order_by().values_list("type__code").annotate(n=Count("pk")))
    if chosen_code:
        counts.setdefault(chosen_code, 0)
    titles = titles_of(counts)
    choices = [
        Choice("type", code, titles.get(code, code), count, code == chosen_code)
        for code, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]
    return Facet("type", NAMES["type"], choices)


def titles_of(codes: Mapping[str, Any] | Sequence[str]) -> dict[str, str]:
    """Titles of services by their code."""
    rows = CaseType.objects.filter(code__in=list(codes), path="").order_by("code", "version")
    return {one.code: str(one.definition.title) for one in rows}


# --- figures ---


class Median(Aggregate):
    """The middle value."""

    function = "percentile_cont"
    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Figures:
    """How much somebody has to do and how punctual they were: open now, and what was ended in `FIGURES_BACK`.

    `median_days` are working days an office had a case; `on_time` is a share in percent. None where nothing was ended.
    """

    label: str
    open: int = 0
    today: int = 0
    overdue: int = 0
    closed: int = 0
    median_days: float | None = None
    on_time: int | None = None


def _open(day: dt.date) -> dict[str, Any]:
    return {
        "n_open": Count("pk"),
        "n_today": Count("pk", filter=Q(due_on=day)),
        "n_overdue": Count("pk", filter=Q(due_on__lt=day, due_settled=True)),
    }


def _ended() -> dict[str, Any]:
    return {
        "n_closed": Count("pk"),
        "median": Median("days_used"),
        "n_judged": Count("pk", filter=Q(was_on_time__isnull=False)),
        "n_punctual": Count("pk", filter=Q(was_on_time=True)),
    }


def _figures(label: str, opened: Mapping[str, Any], ended: Mapping[str, Any]) -> Figures:
    judged, median = ended.get("n_judged") or 0, ended.get("median")
    return Figures(
        label,
        opened.get("n_open", 0),
        opened.get("n_today", 0),
        opened.get("n_overdue", 0),
        ended.get("n_closed", 0),
        round(median, 1) if median is not None else None,
        round(100 * ended["n_punctual"] / judged) if judged else None,
    )


def _rows(actor: Actor) -> tuple[QuerySet[Case], QuerySet[Case]]:
    """What the office works on, and what it ended of late."""
    own = Case.objects.visible_to(actor).filter(agency_id=actor.agency_id or 0)
    return own.at_office(), own.filter(closed_at__gte=timezone.now() - FIGURES_BACK)


def figures(actor: Actor, day: dt.date) -> Figures:
    """The whole office. Two queries."""
    opened, ended = _rows(actor)
    return _figures(str(_("The whole office")), opened.aggregate(**_open(day)), ended.aggregate(**_ended()))


def figures_by(actor: Actor, day: dt.date, column: str) -> list[Figures]:
    """By officer (`assignee`) or by service (`type__code`), the most open first. Three queries for any number."""
    opened, ended = _rows(actor)
    now = {one[column]: one for one in opened.order_by().values(column).annotate(**_open(day))}
    then = {one[column]: one for one in ended.order_by().values(column).annotate(**_ended())}
    keys = [*now, *(key for key in then if key not in now)]
    names: Mapping[Any, str] = masked_names([key for key in keys if key]) if column == "assignee" else titles_of(keys)
    found = [
        _figures(names.get(key) or (str(key) if key else str(_("Nobody's yet"))), now.get(key, {}), then.get(key, {}))
        for key in keys
    ]
    return sorted(found, key=lambda one: (-one.open, -one.closed, one.label))


# --- beside the one before ---


@dataclass(frozen=True)
class Compared:
    """One number of the form, the last time and now; `change` in percent, None where there was nothing to compare."""

    label: str
    before: str
    now: str
    change: int | None


def compared(actor: Actor, case: Case) -> tuple[Case | None, list[Compared]]:
    """The numbers of a case beside those the same applicant handed in the last time for the same service.

    Only numbers and amounts are read, which are never personal: no sealed answer is opened. None for a first one.
    """
    applicant: dict[str, Any] = {"person_id": case.person_id, "org_id": case.org_id}
    rows = Case.objects.visible_to(actor).filter(type__code=case.type.code, round__gte=1, pk__lt=case.pk, **applicant)
    ended_badly = (State.WITHDRAWN, State.LAPSED, State.NOT_ACCEPTED)
    previous = rows.exclude(state__in=ended_badly).select_related("type").order_by("-pk").first()
    if previous is None:
        return None, []
    before, now = (check(one.type.definition, handed_in(one), {}, {}).answers for one in (previous, case))
    found = []
    for section, field in case.type.definition.fields():
        if field.type in {FieldType.INTEGER, FieldType.MONEY} and not field.is_personal:
            place = f"{section.key}.{field.key}"
            found.append(_compared(field, before.get(place), now.get(place)))
    return previous, [one for one in found if one.before or one.now]


def _compared(field: Field, before: Any, now: Any) -> Compared:
    change = None
    if isinstance(before, int) and isinstance(now, int) and before > 0:
        change = round(Decimal(now - before) * 100 / Decimal(before))
    return Compared(str(field.label), _number(field, before), _number(field, now), change)


def _number(field: Field, value: Any) -> str:
    if not isinstance(value, int):
        return ""
    return format_yuan(value) if field.type is FieldType.MONEY else f"{value:,}"
