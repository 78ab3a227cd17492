"""Divisions: codes of today and of the past, paths, names, the packaged edition."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.reference import actions, selectors
from gongzhi.reference.enums import Level, Succession
from gongzhi.reference.models import Division, DivisionSuccessor

DATA = Path(actions.__file__).parent / "data"


def rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def codes(found: list[Division]) -> list[str]:
    return [division.code for division in found]


def a_division(**changes: Any) -> Division:
    """A valid row, unless changed."""
    values = {
        "code": "999901",
        "name": "示例区",
        "level": Level.COUNTY,
        "parent": "990000",
        "path": "99/999901/",
        "valid_from": dt.date(2026, 1, 1),
        "known_from": Division.now(),
        "source": "test",
    }
    return Division(**{**values, **changes})


# --- the packaged files, without a database ---


def test_every_path_of_the_package_is_a_chain_that_ends_in_the_code() -> None:
    for row in rows("divisions.csv.gz"):
        if row["code"] == "100000":
            continue
        parts = row["path"].rstrip("/").split("/")
        assert parts[-1].ljust(6, "0") == row["code"]
        assert (parts[-2].ljust(6, "0") if len(parts) > 1 else "100000") == row["parent"]
        assert len(parts[-1]) == {"1": 2, "2": 4, "3": 6, "4": 9}[row["level"]]


def test_the_package_holds_34_provinces_and_all_streets_below_something_in_use() -> None:
    everything = list(rows("divisions.csv.gz"))
    in_use = {row["path"]: row for row in everything if not row["valid_to"]}
    assert sum(row["level"] == "1" for row in in_use.values()) == 34
    assert sum(row["level"] == "4" for row in in_use.values()) > 38_000
    for path in in_use:
        above = path.rstrip("/").rpartition("/")[0]
        assert path == "/" or not above or f"{above}/" in in_use


def test_no_row_of_the_package_holds_a_control_character_or_a_space_in_its_name() -> None:
    assert not [row for row in rows("divisions.csv.gz") if re.search(r"[\s\x00-\x1f]", row["name"])]


def test_every_ended_code_of_the_yearly_lists_leads_to_a_place_of_today() -> None:
    periods: dict[str, list[dict[str, str]]] = {}
    for row in rows("divisions.csv.gz"):
        periods.setdefault(row["code"], []).append(row)
    heirs: dict[tuple[str, str], list[str]] = {}
    for link in rows("successors.csv.gz"):
        heirs.setdefault((link["code"], link["ended_on"]), []).append(link["to_code"])

    def leads_somewhere(row: dict[str, str]) -> bool:
        end = row["valid_to"]
        return not end or any(
            leads_somewhere(held)
            for code in heirs.get((row["code"], end), [])
            for held in periods[code]
            if held["valid_from"] <= end and (not held["valid_to"] or held["valid_to"] > end)
        )

    everything = [row for of_code in periods.values() for row in of_code]
    ended = [row for row in everything if row["valid_to"]]
    assert len(ended) > 3_000
    lost = [row for row in ended if not leads_somewhere(row)]
    assert [row for row in lost if row["source"] == "areacodes"] == []
    assert len(lost) < 20  # codes of the statistical edition of which no source says what became


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("440305001000", "440305001"),
        ("440305000000", "440305"),
        (" 440305 ", "440305"),
        ("000000", "100000"),
        ("310100", "310000"),
        ("500200", "500000"),
        ("429000", "420000"),
        ("440100", "440100"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_code_is_brought_to_the_form_of_the_register(written: str, standard: str) -> None:
    assert selectors.standard_code(written) == standard


# --- the register ---


def test_a_place_has_its_path_and_its_full_name(register: None) -> None:
    assert selectors.path_of("440305") == "44/4403/440305/"
    assert selectors.place_name("440304") == "广东省 深圳市 福田区"
    assert selectors.place_name("440304", separator="") == "广东省深圳市福田区"
    assert selectors.path_of("100000") == "/"
    assert selectors.place_name("100000") == "全国"


def test_places_without_a_level_between_hang_on_the_level_above(register: None) -> None:
    assert selectors.path_of("110101") == "11/110101/"  # a municipality has no prefectures
    assert selectors.path_of("429004") == "42/429004/"  # a county under the province
    assert selectors.path_of("441900003") == "44/4419/441900003/"  # a city without counties
    assert selectors.place_name("441900003") == "广东省 东莞市 东城街道"
    assert len(selectors.children("44/4419/")) == 32


@pytest.mark.parametrize(("code", "name"), [("110100", "北京市"), ("419000", "河南省"), ("620201", "嘉峪关市")])
def test_codes_that_only_statistics_know_lead_to_the_place_they_group(register: None, code: str, name: str) -> None:
    found = selectors.division(code)
    assert found is not None
    assert found.name == name


def test_an_abolished_district_leads_to_its_heir(register: None) -> None:
    old = selectors.division("110103")
    assert old is not None
    assert (old.name, old.is_in_use) == ("崇文区", False)
    assert codes(selectors.current("110103")) == ["110101"]
    assert selectors.path_of("110103") == "11/110101/"
    assert selectors.place_name("110103") == "北京市 崇文区"


def test_a_chain_of_changes_is_followed_to_its_end(register: None) -> None:
    # 襄樊市 1983 → 襄阳市 2010 under one code; 重庆 left 四川 in 1997: 510221 → 500221 → 500115.
    assert [division.name for division in selectors.current("420600")] == ["襄阳市"]
    assert codes(selectors.current("510221")) == ["500115"]
    assert selectors.path_of("510221") == "50/500115/"


def test_a_place_divided_among_several_lies_where_all_of_them_lie(register: None) -> None:
    heirs = codes(selectors.current("130103"))  # 桥东区 of 石家庄, 2014
    assert heirs == ["130102", "130104"]
    assert selectors.path_of("130103") == "13/1301/"
    kinds = DivisionSuccessor.objects.filter(code="130103").values_list("kind", flat=True)
    assert set(kinds) == {Succession.SPLIT}


def test_a_dissolved_prefecture_is_where_its_counties_went(register: None) -> None:
    assert codes(selectors.current("132100")) == ["130400"]


def test_an_old_code_without_a_known_heir_lies_in_the_place_above(register: None) -> None:
    assert selectors.current("432221") == []  # 岳阳县, renumbered in 1981
    assert selectors.path_of("432221") == "43/4306/"
    assert selectors.place_name("432221").startswith("湖南省")


def test_changes_after_the_last_yearly_list_are_known(register: None) -> None:
    assert codes(selectors.current("500112")) == ["500157"]
    assert selectors.place_name("500157") == "重庆市 两江新区"


def test_a_day_decides_what_a_code_meant(register: None) -> None:
    # 132201 was 邢台市 until 1983 and 南宫市 from 1986.
    early, late = selectors.division("132201", dt.date(1982, 6, 1)), selectors.division("132201", dt.date(1990, 6, 1))
    assert early is not None
    assert late is not None
    assert (early.name, late.name) == ("邢台市", "南宫市")
    assert selectors.division("132201", dt.date(1984, 12, 31)) is None
    assert codes(selectors.current("132201")) == ["130581"]
    assert codes(selectors.current("132201", dt.date(1982, 6, 1))) == ["130502", "130503"]
    assert selectors.place_name("421002", dt.date(1995, 6, 1)) == "湖北省 荆沙市 沙市区"


def test_in_the_year_of_a_change_both_codes_hold_until_its_last_day(register: None) -> None:
    summer, end = dt.date(2015, 7, 1), dt.date(2015, 12, 31)
    for day, found in ((summer, ["110118", "110228"]), (end, ["110118"])):
        held = Division.objects.in_use(day).filter(code__in=["110118", "110228"]).order_by("code")
        assert codes(list(held)) == found


def test_an_unknown_code_is_said_to_be_unknown(register: None) -> None:
    assert selectors.division("999999") is None
    assert selectors.current("999999") == []
    for ask in (selectors.path_of, selectors.place_name):
        with pytest.raises(selectors.UnknownDivision):
            ask("999999")


def test_children_are_those_in_use_directly_below(register: None) -> None:
    assert len(selectors.children("/")) == 34
    shenzhen = selectors.children("44/4403/")
    assert {"福田区", "光明区"} <= {division.name for division in shenzhen}
    assert not [division for division in shenzhen if division.level != Level.COUNTY]
    assert "419001" in codes(list(selectors.children("41/")))  # 济源, beside the prefectures
    assert list(selectors.children("44/4403/440304/440304001/")) == []


def test_a_subtree_is_what_an_official_reaches(register: None) -> None:
    official = Actor(kind=ActorKind.AGENCY, path="44/4403/")
    below = list(Division.objects.in_use().under("44/4403/"))
    assert len(below) > 70
    assert all(official.reaches(division.path) for division in below)
    assert not Division.objects.in_use().under("44/4403/").filter(code="440400").exists()
    everything = Division.objects.in_use()
    assert everything.under("/").count() == everything.count()
    with pytest.raises(ValueError, match="slash"):
        Division.objects.all().under("44")


def test_a_path_has_a_name_and_a_code(register: None) -> None:
    assert selectors.name_of_path("44/4403/440304/") == "广东省 深圳市 福田区"
    assert selectors.name_of_path("/") == "全国"
    assert selectors.name_of_path("98/") == ""
    assert selectors.code_of("44/4403/") == "440300"
    assert selectors.code_of("44/4419/441900003/") == "441900003"


def test_looking_up_a_place_takes_few_queries_and_no_whole_table(register: None) -> None:
    # A fresh connection knows nothing of the table's size, and a planner that guesses proves nothing.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reference_division; ANALYZE reference_division_successor")
    for ask, most in (
        (lambda: selectors.path_of("110103"), 3),
        (lambda: selectors.place_name("440304001"), 2),
        (lambda: list(selectors.children("44/")), 1),
        (lambda: list(Division.objects.in_use().under("44/4403/")), 1),
    ):
        with CaptureQueriesContext(connection) as asked:
            ask()
        assert len(asked) <= most
        for query in asked.captured_queries:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + query["sql"])
                plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, plan


# --- constraints: one that passes, one that fails ---


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("reference_division_code", {"code": "12345"}),
        ("reference_division_code", {"code": "12345x"}),
        ("reference_division_path", {"path": "99/999901"}),
        ("reference_division_path", {"path": "/99/999901/"}),
        ("reference_division_period", {"valid_to": dt.date(2026, 1, 1)}),
        ("reference_division_level", {"level": 5}),
        ("reference_division_known", {"known_to": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}),
    ],
)
def test_a_division_that_cannot_be_is_refused_by_the_database(db: None, constraint: str, wrong: dict[str, Any]) -> None:
    a_division().save()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        a_division(**{"code": "999902", "path": "99/999902/", **wrong}).save()


def test_a_code_has_one_current_row_a_day_and_one_in_use(db: None) -> None:
    a_division(valid_to=dt.date(2026, 6, 1)).save()
    a_division(valid_from=dt.date(2026, 6, 1), name="另一区").save()
    with pytest.raises(IntegrityError, match="reference_division_one_current"), transaction.atomic():
        a_division(valid_to=dt.date(2026, 7, 1)).save()
    with pytest.raises(IntegrityError, match="reference_division_in_use"), transaction.atomic():
        a_division(valid_from=dt.date(2026, 8, 1)).save()


def test_a_row_is_closed_once_and_never_changed_or_deleted(db: None) -> None:
    row = a_division()
    row.save()
    for statement in (
        "UPDATE reference_division SET name = '别名' WHERE id = %s",
        "DELETE FROM reference_division WHERE id = %s",
    ):
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [row.pk])
    Division.objects.filter(pk=row.pk).update(known_to=Division.now())
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        Division.objects.filter(pk=row.pk).update(known_to=None)


def test_only_a_renamed_or_divided_division_succeeds_itself_and_a_successor_stands_once(db: None) -> None:
    day = dt.date(2026, 1, 1)
    heir = {"code": "999901", "ended_on": day, "to_code": "999901"}
    DivisionSuccessor.objects.create(**heir, kind=Succession.RENAMED)
    with pytest.raises(IntegrityError, match="reference_successor_once"), transaction.atomic():
        DivisionSuccessor.objects.create(**heir, kind=Succession.RENAMED)
    for constraint, wrong in (
        ("reference_successor_of_itself", {"code": "999902", "to_code": "999902", "kind": "merged"}),
        ("reference_successor_kind", {"code": "999902", "kind": "sold"}),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            DivisionSuccessor.objects.create(**{**heir, **wrong})


# --- real lists ---


@pytest.mark.real_data
def test_every_code_of_every_yearly_list_resolves_under_its_name(register: None, real_data: Path) -> None:
    """The lists of the Ministry: found on 31 December of the year under the same name, and leading to today."""
    lists = sorted((real_data / "divisions").glob("????.txt"))
    assert lists, "no yearly list in REAL_DATA/divisions"
    missing, differing, lost, checked = [], [], [], 0
    leads: dict[int, bool] = {}
    for file in lists:
        day = dt.date(int(file.stem), 12, 31)
        listed = dict(line.split(" ", 1) for line in file.read_text("utf-8").splitlines() if line.strip())
        held = {division.code: division for division in Division.objects.in_use(day).filter(code__in=listed)}
        for code, name in listed.items():
            checked += 1
            found = held.get(code)
            if found is None:
                missing.append((file.stem, code, name))
            elif found.name != name:
                differing.append((file.stem, code, name, found.name))
            else:
                if found.pk not in leads:
                    leads[found.pk] = bool(selectors.current(code, day))
                if not leads[found.pk]:
                    lost.append((file.stem, code, name))
    print(f"{checked} codes of {len(lists)} lists")
    assert (missing, differing, lost) == ([], [], [])


@pytest.mark.real_data
def test_the_comparison_with_a_list_can_fail(register: None, real_data: Path) -> None:
    """Negative control: a code that never was, and the list of one year held against another."""
    assert selectors.division("110199", dt.date(2020, 12, 31)) is None
    first, last = (real_data / "divisions" / f"{year}.txt" for year in (1990, 2020))
    listed = {line.split(" ", 1)[0] for line in first.read_text("utf-8").splitlines()}
    held = set(Division.objects.in_use(dt.date(2020, 12, 31)).filter(code__in=listed).values_list("code", flat=True))
    assert last.exists()
    assert listed - held
