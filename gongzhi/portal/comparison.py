"""Two or three organizations side by side: facts only. Nothing is added up, nothing is ranked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gongzhi.core.times import today
from gongzhi.orgs.enums import ENDED
from gongzhi.orgs.models import Mark, Organization
from gongzhi.portal.selectors import MARKS, confirmations_of, place_names
from gongzhi.registry.enums import ITEMS, ITEMS_OF
from gongzhi.registry.models import Version
from gongzhi.registry.selectors import label_of, shown

#: More columns than these cannot be read on a telephone.
MOST = 3
#: What is said of a mark that holds; otherwise its own value is shown.
HELD: dict[str, str | Promise] = {
    "charity": gettext_lazy("Yes"),
    "public_fundraising": gettext_lazy("Held"),
    "abnormal_list": gettext_lazy("Listed"),
}
#: What the columns are called where they stand one below the other.
LETTERS = (pgettext_lazy("column", "A"), pgettext_lazy("column", "B"), pgettext_lazy("column", "C"))


@dataclass(frozen=True)
class Cell:
    """What one body answers in one row.

    `missing`: no source says it; `unrecorded`: this platform holds no record; `apart`: it must not be compared.
    """

    text: str = ""
    note: str = ""
    on: dt.date | None = None
    missing: bool = False
    unrecorded: bool = False
    apart: bool = False
    is_code: bool = False
    standing: str = ""
    #: Of its column.
    letter: str | Promise = ""

    @property
    def answer(self) -> tuple[str, dt.date | None, bool]:
        """What makes two cells say the same."""
        return self.text, self.on, self.missing or self.unrecorded or self.apart


@dataclass(frozen=True)
class Line:
    """One question and every body's answer."""

    label: str | Promise
    cells: Sequence[Cell]

    @property
    def same(self) -> bool:
        """Whether all say one thing; what is missing or apart is no agreement."""
        answers = {cell.answer for cell in self.cells}
        return len(answers) == 1 and not next(iter(answers))[2]


@dataclass(frozen=True)
class Block:
    """Some questions below a heading."""

    label: str | Promise
    lines: Sequence[Line]


@dataclass(frozen=True)
class Column:
    """One body at the head of its column."""

    letter: str | Promise
    organization: Organization
    url: str
    ended: bool
    #: This comparison without the body.
    without_url: str


@dataclass(frozen=True)
class Compared:
    """The whole page."""

    columns: Sequence[Column]
    blocks: Sequence[Block]
    #: What was typed and names nobody; what names several bodies, with the page that lists them; how many were too many.
    unknown: Sequence[str]
    shared: Sequence[tuple[str, str]]
    too_many: int
    lines: int
    different: int
    only_different: bool
    all_url: str
    different_url: str
    more_url: str


def code_of(organization: Organization) -> str:
    """What names this one body and no other in an address: its credit code, else its public id."""
    return organization.credit_code or organization.public_id


def address(codes: Iterable[str], **more: str) -> str:
    """The address of a comparison."""
    text = urlencode([*(("code", code) for code in codes), *more.items()])
    return reverse("portal:organization_compare") + (f"?{text}" if text else "")


def named(codes: Sequence[str]) -> dict[str, list[Organization]]:
    """The bodies each code or number names, in the order given; one query for any number."""
    wanted = list(dict.fromkeys(code.strip().upper() for code in codes if code.strip() and "\0" not in code))[:20]
    found = Organization.objects.filter(Q(credit_code__in=wanted) | Q(number__in=wanted) | Q(public_id__in=wanted))
    answer: dict[str, list[Organization]] = {code: [] for code in wanted}
    for one in found.order_by("pk"):
        for code in {one.credit_code, one.number, one.public_id} & set(wanted):
            answer[str(code)].append(one)
    return answer


def picked(codes: Sequence[str]) -> list[Organization]:
    """The bodies chosen so far, at most `MOST`; what names nobody or several is left out."""
    return [bodies[0] for bodies in named(codes).values() if len(bodies) == 1][:MOST]


def compare(codes: Sequence[str], *, only_different: bool = False) -> Compared:
    """The bodies these codes name, line by line. Six queries, whatever is asked."""
    matches = named(codes)
    chosen = list({found[0].pk: found[0] for found in matches.values() if len(found) == 1}.values())
    too_many, chosen = len(chosen[MOST:]), chosen[:MOST]
    blocks = _blocks(chosen)
    lines = [line for block in blocks for line in block.lines]
    different = sum(not line.same for line in lines)
    if only_different:
        blocks = [
            Block(block.label, kept) for block in blocks if (kept := [line for line in block.lines if not line.same])
        ]
    own = [code_of(one) for one in chosen]
    return Compared(
        columns=[
            Column(
                letter=letter,
                organization=one,
                url=reverse("portal:organization_detail", args=[code_of(one)]),
                ended=one.standing in ENDED,
                without_url=address([code for code in own if code != code_of(one)]),
            )
            for letter, one in zip(LETTERS, chosen, strict=False)
        ],
        blocks=blocks,
        unknown=[code for code, found in matches.items() if not found],
        shared=[
            (code, reverse("portal:organization_detail", args=[code]))
            for code, found in matches.items()
            if len(found) > 1
        ],
        too_many=too_many,
        lines=len(lines),
        different=different,
        only_different=only_different,
        all_url=address(own),
        different_url=address(own, only="different"),
        more_url=reverse("portal:organization_search") + "?" + urlencode([("code", code) for code in own]),
    )


def _blocks(chosen: Sequence[Organization]) -> list[Block]:
    pks = [one.pk for one in chosen]
    versions: dict[int, Version] = {}
    for version in Version.objects.current().filter(org__in=pks).order_by("org_id", "valid_from"):
        versions[version.org_id] = version
    marks = {
        (mark.org_id, mark.code): mark
        for mark in Mark.objects.as_of(today()).filter(org__in=pks, code__in=MARKS).exclude(value="")
    }
    places = place_names([one.path for one in chosen])
    confirmed = confirmations_of(pks)

    def line(label: str | Promise, answer: Callable[[Organization, Version], Cell]) -> Line:
        cells = [replace(answer(one, versions[one.pk]), letter=LETTERS[at]) for at, one in enumerate(chosen)]
        return Line(label, cells)

    def plain(text: object, **more: object) -> Cell:
        return Cell(str(text), **more) if text else Cell(_("Not made public"), missing=True)  # type: ignore[arg-type]

    def day(value: dt.date | None) -> Cell:
        return Cell(on=value) if value else Cell(_("Not made public"), missing=True)

    def item(name: str) -> Line:
        labels = {str(label_of(name, one.kind)) for one in chosen}

        def answer(one: Organization, version: Version) -> Cell:
            if name not in ITEMS_OF[one.kind]:
                return Cell(_("Not compared"), _("This kind of organization does not register it."), apart=True)
            # Funds of different kinds are different things under one heading: each says what it is.
            return plain(shown(name, version), note=str(label_of(name, one.kind)) if len(labels) > 1 else "")

        return line(" / ".join(sorted(labels)) if labels else ITEMS[name], answer)

    def marked(code: str) -> Line:

        def answer(one: Organization, version: Version) -> Cell:
            mark = marks.get((one.pk, code))
            if mark is None:
                return Cell(_("No record here"), unrecorded=True)
            return Cell(str(HELD.get(code, mark.value)), on=mark.valid_from)

        return line(MARKS[code], answer)

    def missing(one: Organization, version: Version) -> Cell:
        left = [str(label_of(name, one.kind)) for name in ITEMS_OF[one.kind] if not shown(name, version)]
        return Cell(_(", ").join(left), missing=True) if left else Cell(_("Nothing is missing"))

    registered = [
        line(_("Kind"), lambda one, version: Cell(one.get_kind_display())),
        line(
            _("Credit code or number"),
            lambda one, version: Cell(one.reference, is_code=True) if one.reference else day(None),
        ),
        line(
            _("Registration authority"), lambda one, version: plain(version.registry_name or places.get(one.path, ""))
        ),
        line(_("Registered on"), lambda one, version: day(one.registered_on)),
        *[item(name) for name in ITEMS if name != "name" and any(name in ITEMS_OF[one.kind] for one in chosen)],
    ]
    return [
        Block(_("Registration"), registered),
        Block(
            _("Standing and qualifications"),
            [
                line(_("Standing"), lambda one, version: Cell(one.get_standing_display(), standing=one.standing)),
                *[marked(code) for code in MARKS],
            ],
        ),
        Block(
            _("How much is known"),
            [
                line(_("Registered items no source states"), missing),
                line(_("Last confirmed"), lambda one, version: day(confirmed.get(one.pk))),
            ],
        ),
    ]
