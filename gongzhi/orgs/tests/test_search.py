"""The search as PostgreSQL answers it, against a brute-force oracle: which, how many, in what order, page by page."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

import pytest
from django.http import QueryDict

from gongzhi.core.paging import BadCursor
from gongzhi.orgs import search
from gongzhi.orgs.models import Organization, OrganizationSearch
from gongzhi.orgs.search import FACETS, Asked, database, find, matching, near, suggest
from gongzhi.orgs.search.near import distance
from gongzhi.orgs.tests import oracle
from gongzhi.reference.codes import code_list
from gongzhi.reference.models import Division

pytestmark = pytest.mark.django_db


@pytest.fixture
def bodies() -> list[oracle.Body]:
    """Four hundred invented organizations; what the world holds is put out of the way."""
    OrganizationSearch.objects.all().delete()
    draw = random.Random(20261124)
    found = [oracle.body(draw, 1000 + number) for number in range(400)]
    oracle.store(found)
    return found


def walk(asked: Asked, size: int) -> list[int]:
    """Every page's ids, forwards by cursor; and the way back must show the same."""
    pages, cursor = [], ""
    while True:
        answer = find(asked, cursor=cursor, size=size, facets=())
        pages.append(answer.ids)
        if answer.next is None:
            break
        cursor = answer.next
    back = [answer.ids]
    while answer.previous is not None:
        answer = find(asked, cursor=answer.previous, size=size, facets=())
        back.append(answer.ids)
    assert back == pages[::-1]
    return [pk for page in pages for pk in page]


def test_the_oracle_knows_the_divisions_and_fields_as_they_are() -> None:
    names = dict(Division.objects.in_use().filter(path__in=oracle.PLACES).values_list("path", "name"))
    assert names == oracle.DIVISIONS
    for code, (chinese, english) in oracle.FIELDS.items():
        if code:
            assert code_list("fields").get(code).zh == chinese
            assert code_list("fields").get(code).en.lower().replace(" ", "") == english


def test_ids_totals_and_facets_are_those_of_the_oracle(bodies: list[oracle.Body]) -> None:
    hits = 0
    for asked in oracle.questions(random.Random(1), bodies, 400):
        answer = find(asked, size=15, facets=FACETS)
        expected = oracle.ids(bodies, asked)
        assert answer.answered_by == "database"
        assert answer.ids == expected[:15], asked
        assert answer.total == len(expected), asked
        for name in FACETS:
            assert answer.facets[name] == oracle.facet(bodies, asked, name), (name, asked)
        assert matching(asked).count() == len(expected)
        hits += bool(expected)
    assert 200 < hits < 400, "the control: most questions have results, some have none"


def test_an_oracle_that_knew_less_would_be_noticed(bodies: list[oracle.Body]) -> None:
    fewer = bodies[1:]
    asked = Asked.of({"q": bodies[0].name})
    assert find(asked).ids[0] == bodies[0].pk
    assert bodies[0].pk not in oracle.ids(fewer, asked)


def test_walking_all_pages_shows_each_result_once_in_order(bodies: list[oracle.Body]) -> None:
    for asked in oracle.questions(random.Random(2), bodies, 40):
        expected = oracle.ids(bodies, asked)
        assert walk(asked, max(1, len(expected) // 4)) == expected, asked


@pytest.mark.parametrize("sort", search.SORTS)
def test_the_whole_register_is_walked_in_every_order(bodies: list[oracle.Body], sort: str) -> None:
    asked = Asked.of({"sort": sort})
    assert walk(asked, 37) == oracle.ids(bodies, asked)


def test_a_cursor_belongs_to_its_order_and_to_this_platform(bodies: list[oracle.Body]) -> None:
    following = find(Asked(sort="newest"), size=5).next
    assert following
    assert find(Asked(sort="newest", query="会"), cursor=following, size=5)
    for cursor in (following[:-1], "x", following):
        with pytest.raises(BadCursor):
            find(Asked(sort="name"), cursor=cursor)


def test_a_word_that_names_thousands_of_divisions_is_answered(bodies: list[oracle.Body]) -> None:
    assert len(matching(Asked.of({"q": "街道"}))) == 0
    asked = Asked.of({"q": "区"})
    assert find(asked).total == 0, "one character names no division"
    assert find(Asked.of({"q": "市"})).total == 0
    assert find(Asked.of({"q": "南山"})).total == len([one for one in bodies if one.path == "44/4403/440305/"])


def test_a_division_entered_later_is_found_by_its_name(bodies: list[oracle.Body]) -> None:
    asked = Asked.of({"q": "前海合作区"})
    assert find(asked).total == 0
    Division.objects.create(
        code="440399", name="前海合作区", level=3, parent="440300", path="44/4403/440399/", valid_from=dt.date(2020, 1, 1),
        known_from=Division.now(), source="local",
    )  # fmt: skip
    moved = oracle.sounded(replace(bodies[0], path="44/4403/440399/"))
    oracle.store([moved])
    assert find(asked).ids == [moved.pk]


# --- what is asked ---


def test_what_was_asked_survives_its_address() -> None:
    given = QueryDict(
        "q=　深圳  爱心&kind=service&kind=foundation&kind=company&level=0&level=9&place=44/4403/&field=law&mark=charity"
        "&since_from=2001-02-03&since_to=2001-02-30&sort=dear&standing=normal"
    )
    asked = Asked.of(given)
    assert asked == Asked(
        query="深圳 爱心", kind=("service", "foundation"), standing=("normal",), level=(0,), place="44/4403/",
        field=("law",), mark=("charity",), since_from=dt.date(2001, 2, 3),
    )  # fmt: skip
    assert Asked.of(asked.values()) == asked
    assert asked.words == ("深圳", "爱心")
    assert Asked.of({}).values() == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ＡＢ　慈善總會", ("ab", "慈善总会")),
        ("a\0b", ("a", "b")),
        ("（！） “”", ()),
        ("一 二 三 四 五 六 七 八 九 十", tuple("一二三四五六七八")),
        ("爱 爱 ·", ("爱",)),
        ("\u202e爱心\u2066", ("爱心",)),
    ],
)
def test_a_query_is_read_as_words(text: str, words: tuple[str, ...]) -> None:
    assert Asked.of({"q": text}).words == words


def test_a_query_without_words_finds_nothing_and_no_query_finds_all(bodies: list[oracle.Body]) -> None:
    nothing = find(Asked.of({"q": "！？"}), facets=FACETS)
    assert (nothing.ids, nothing.total, nothing.next) == ([], 0, None)
    assert set(nothing.facets) == set(FACETS)
    assert find(Asked()).total == len(bodies)


def test_a_long_paste_is_cut_and_answered(bodies: list[oracle.Body]) -> None:
    asked = Asked.of({"q": "爱心" * 1500})
    assert len(asked.query) <= 200
    assert find(asked).total == 0
    assert near(asked) == []


def test_a_number_or_code_typed_from_its_beginning_is_found(bodies: list[oracle.Body]) -> None:
    one = next(one for one in bodies if one.code)
    assert find(Asked.of({"q": one.code})).ids == [one.pk]
    assert one.pk in find(Asked.of({"q": one.code[:12].lower()}), size=100).ids
    assert one.pk in [row.pk for row in matching(Asked.of({"q": one.number.lower()}))]
    assert Organization.objects.matching(one.code).get().pk == one.pk


def test_codes_that_many_bodies_share_the_beginning_of_are_all_found(
    bodies: list[oracle.Body], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked.of({"q": "51"})
    few = find(asked, facets=FACETS)
    assert few.total == len(oracle.ids(bodies, asked)) > 5
    monkeypatch.setattr(database, "_MOST_NUMBERED", 5)
    assert find(asked, facets=FACETS) == few


# --- while typing, and when nothing was found ---


def named(pk: int, name: str, **more: object) -> oracle.Body:
    """An organization of this name, nationally registered and otherwise plain."""
    draw = random.Random(pk)
    plain = {"others": (), "path": "/", "field": "", "marks": (), "standing": "normal", "kind": "service", **more}
    return oracle.sounded(replace(oracle.body(draw, pk), name=name, **plain))  # type: ignore[arg-type]


@pytest.fixture
def few() -> None:
    """A few bodies with names as they are in life."""
    OrganizationSearch.objects.all().delete()
    oracle.store([
        named(1, "深圳市慈善会"), named(2, "慈善事业促进会"), named(3, "广州市志愿者联合会", others=("慈善会",)),
        named(4, "深圳市助老服务中心", kind="foundation"), named(5, "和平里社区互助会"),
    ])  # fmt: skip


@pytest.mark.usefixtures("few")
def test_suggestions_begin_with_the_names_that_begin_so() -> None:
    found = [(one.org_id, one.group) for one in suggest("慈善")]
    assert found == [(2, "name"), (1, "name"), (3, "other")]
    assert [one.org_id for one in suggest("慈善", limit=1)] == [2]
    assert suggest("，") == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"q": "磁扇会"}, (1, "sound")),
        ({"q": "深圳市慈喜会"}, (1, "typo")),
        ({"q": "深圳慈善会"}, (1, "typo")),
        ({"q": "深圳市大慈善会"}, (1, "typo")),
        ({"q": "服务助老中心"}, (4, "order")),
        ({"q": "助老 服务", "kind": "service"}, (4, "without_filters")),
        ({"q": "合平里"}, (5, "sound")),
    ],
)
@pytest.mark.usefixtures("few")
def test_what_is_near_says_why(asked: dict[str, str], expected: tuple[int, str]) -> None:
    given = Asked.of(asked)
    assert find(given).total == 0
    assert near(given)[0] == expected


@pytest.mark.usefixtures("few")
def test_what_is_far_is_not_near() -> None:
    assert near(Asked.of({"q": "天文爱好者"})) == []
    assert near(Asked.of({"q": "慈"})) == []
    assert near(Asked()) == []


@pytest.mark.parametrize(
    ("word", "name", "expected"),
    [("慈善", "大慈善会", 0), ("慈扇会", "慈善会", 1), ("慈善会", "慈会", 1), ("慈会", "慈善会", 1), ("爱心", "", 2)],
)
def test_the_distance_of_a_word_is_that_to_its_nearest_part(word: str, name: str, expected: int) -> None:
    assert distance(word, name) == expected


# --- cost ---


def test_a_page_costs_the_same_statements_for_few_and_many(
    bodies: list[oracle.Body], django_assert_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    costs = []
    for size in (3, 30):
        with CaptureQueriesContext(connection) as captured:
            assert len(find(Asked(query="心"), size=size).ids) == size
        costs.append(len(captured))
    assert costs[0] == costs[1]
