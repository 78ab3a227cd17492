"""The search by brute force: every row read, every condition as a plain comparison of strings. And rows to read.

It shares no code with `orgs.search` but the shape of the question. The invented texts are compact already, so that the
oracle need not normalise anything.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gongzhi.core import searchtext
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization, OrganizationSearch
from gongzhi.orgs.search.asking import Asked
from gongzhi.orgs.search.text import Known, level_of, search_row

#: Few characters, so that words meet often; 体育, 教育 and 法律 name fields, 深圳 and 广东 divisions, 全国 the nation.
CHARACTERS = "体育教法律深圳广东全国会心中社协同乐aB7"
PLACES = ["/", "44/", "44/4403/", "44/4403/440305/", "44/4401/", "33/", "33/3301/", "11/", "11/110101/"]
#: What the divisions of those paths are called in the packaged edition.
DIVISIONS = {
    "/": "全国", "44/": "广东省", "44/4403/": "深圳市", "44/4403/440305/": "南山区", "44/4401/": "广州市",
    "33/": "浙江省", "33/3301/": "杭州市", "11/": "北京市", "11/110101/": "东城区",
}  # fmt: skip
FIELDS = {"sport": ("体育", "sport"), "education": ("教育", "education"), "law": ("法律", "law"), "": ("", "")}
MARKS = ["charity", "abnormal_list", "public_fundraising"]


@dataclass(frozen=True)
class Body:
    """One organization as the oracle knows it."""

    pk: int
    name: str
    others: tuple[str, ...]
    code: str
    number: str
    kind: str
    standing: str
    path: str
    field: str
    marks: tuple[str, ...]
    since: dt.date | None
    pinyin: str = dataclasses.field(default="", compare=False)
    initials: str = dataclasses.field(default="", compare=False)
    rank: int = 0


def body(draw: random.Random, pk: int) -> Body:
    """An invented organization; the same for the same state of `draw`."""
    name = word(draw, draw.randint(2, 7))
    return sounded(
        Body(
            pk=pk,
            name=name,
            others=tuple(word(draw, draw.randint(2, 5)) for _ in range(draw.choice([0, 0, 1, 2]))),
            code=f"5{draw.choice('123')}440300MJ{pk:08d}" if draw.random() < 0.8 else "",
            number=f"B{draw.choice('AB')}{pk}",
            kind=draw.choice(Kind.values[:3]),
            standing=draw.choice(Standing.values),
            path=draw.choice(PLACES),
            field=draw.choice(list(FIELDS)),
            marks=tuple(sorted(draw.sample(MARKS, draw.choice([0, 0, 1, 2])))),
            since=dt.date(2000, 1, 1) + dt.timedelta(days=draw.randrange(900)) if draw.random() < 0.9 else None,
        )
    )


def sounded(one: Body) -> Body:
    """With the columns that come from elsewhere: pinyin, and the place in the order."""
    ended = one.standing in {"cancelled", "revoked", "withdrawn", "void"}
    return replace(
        one,
        pinyin=searchtext.pinyin(one.name),
        initials=searchtext.initials(one.name),
        rank=(ended << 62) + (len(one.name) << 55) + one.pk,
    )


def word(draw: random.Random, length: int) -> str:
    """Some characters as compact text."""
    return "".join(draw.choice(CHARACTERS) for _ in range(length)).lower()


def store(bodies: Sequence[Body]) -> None:
    """Write them as the register's actions would, whatever stood there before."""
    organizations = [
        Organization(
            pk=one.pk, name=one.name, credit_code=one.code or None, number=one.number, kind=one.kind,
            standing=one.standing, path=one.path, registered_on=one.since,
        )
        for one in bodies
    ]  # fmt: skip
    columns = ["name", "credit_code", "number", "kind", "standing", "path", "registered_on"]
    Organization.objects.bulk_create(organizations, update_conflicts=True, unique_fields=["id"], update_fields=columns)
    rows = []
    for organization, one in zip(organizations, bodies, strict=True):
        third = max(1, len(one.others) // 3)
        known = Known(one.others[:third], one.others[third : 2 * third], one.others[2 * third :], one.field)
        rows.append(search_row(organization, known, one.marks))
    OrganizationSearch.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["org"],
        update_fields=[column.name for column in OrganizationSearch._meta.concrete_fields if column.name != "org"],
    )  # fmt: skip


def is_below(path: str, place: str) -> bool:
    return path == "/" if place == "/" else path.startswith(place)


def answers(one: Body, wanted: str) -> bool:
    """Whether a word matches a body."""
    if any(wanted in text for text in (one.name, *one.others)):
        return True
    if len(wanted) >= 2:
        if any(wanted in name and is_below(one.path, path) for path, name in DIVISIONS.items()):
            return True
        if any(wanted in name for name in FIELDS[one.field]):
            return True
    beginnings = (one.code, one.number)
    return wanted.isascii() and (
        any(text.startswith(wanted.upper()) for text in beginnings)
        or one.pinyin.startswith(wanted)
        or one.initials.startswith(wanted)
    )


def matches(one: Body, asked: Asked) -> bool:
    """Whether a body answers what was asked."""
    if asked.since_from and (one.since is None or one.since < asked.since_from):
        return False
    if asked.since_to and (one.since is None or one.since > asked.since_to):
        return False
    return (
        all(answers(one, wanted) for wanted in asked.words)
        and not asked.impossible
        and (not asked.kind or one.kind in asked.kind)
        and (not asked.standing or one.standing in asked.standing)
        and (not asked.level or level_of(one.path) in asked.level)
        and (not asked.place or is_below(one.path, asked.place))
        and (not asked.field or one.field in asked.field)
        and (not asked.mark or bool(set(asked.mark) & set(one.marks)))
    )


def ids(bodies: Sequence[Body], asked: Asked) -> list[int]:
    """Every result in order."""
    found = [one for one in bodies if matches(one, asked)]

    def best(one: Body) -> tuple[Any, ...]:
        held = all(wanted in one.name for wanted in asked.words)
        begins = held and (not asked.words or one.name.startswith(asked.words[0]))
        return 0 if begins else 1 if held else 2, one.rank

    first = dt.date.min
    orders: dict[str, Any] = {
        "best": best,
        "name": lambda one: (one.pinyin, one.pk),
        "oldest": lambda one: (one.since or first, one.pk),
        "newest": lambda one: (one.since or first, one.pk),
    }
    return [one.pk for one in sorted(found, key=orders[asked.sort], reverse=asked.sort == "newest")]


def facet(bodies: Sequence[Body], asked: Asked, name: str) -> dict[str, int]:
    """The counts of one facet."""
    free = {
        "place": asked,
        "since": replace(asked, since_from=None, since_to=None),
    }.get(name) or replace(asked, **{name: ()})  # type: ignore[arg-type]
    counts: Counter[str] = Counter()
    for one in bodies:
        if not matches(one, free):
            continue
        if name == "mark":
            counts.update(one.marks)
        elif name == "place":
            steps = len(asked.place.strip("/").split("/")) if asked.place not in {"", "/"} else 0
            counts["/".join(one.path.split("/")[: steps + 1]).rstrip("/") + "/"] += 1
        elif name == "since":
            if one.since:
                counts[str(one.since.year)] += 1
        elif name == "level":
            counts[str(level_of(one.path))] += 1
        elif value := getattr(one, name):
            counts[value] += 1
    return dict(counts)


def questions(draw: random.Random, bodies: Sequence[Body], number: int) -> list[Asked]:
    """Searches of every class: parts of names of 1 to 4 characters and more, two words, misses, beginnings, filters."""
    found = []
    for _ in range(number):
        one = draw.choice(bodies)
        text = draw.choice([one.name, *one.others])
        at = draw.randrange(len(text))
        part = text[at : at + draw.choice([1, 2, 2, 3, 4, 6])]
        query = draw.choice([
            part, part, part, f"{part} {draw.choice(one.name)}", f"{one.name[:1]} {part} {one.name[-1:]}",
            word(draw, draw.choice([2, 3])), "体育", "广东", "深圳", "南山区", "全国", "law", "edu",
            one.pinyin[: draw.choice([1, 3, 12])], one.initials[:3], one.code[: draw.choice([2, 10, 18])].lower(),
            one.number[:3], "", "！？", "心" * 9,
        ])  # fmt: skip
        days = sorted(dt.date(2000, 1, 1) + dt.timedelta(days=draw.randrange(900)) for _ in range(2))
        given: dict[str, Any] = {"q": query, "sort": draw.choice(["best", "best", "name", "newest", "oldest"])}
        filters: dict[str, Any] = {
            "kind": draw.sample(Kind.values[:3], draw.choice([1, 2])),
            "standing": draw.sample(Standing.values, 3),
            "level": [draw.choice("0123")],
            "place": draw.choice([*PLACES, "12/"]),
            "field": draw.sample([code for code in FIELDS if code], 2),
            "mark": [draw.choice(MARKS)],
            "since_from": days[0].isoformat(),
            "since_to": days[1].isoformat(),
        }
        found.append(Asked.of(given | {name: value for name, value in filters.items() if draw.random() < 0.2}))
    return found
