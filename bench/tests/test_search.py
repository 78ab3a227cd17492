"""The register the search benchmark invents, and the oracle it is judged by, without any timing."""

from __future__ import annotations

import pytest

from bench import search
from bench.bodies import Body, bodies
from bench.harness import holds
from gongzhi.core import searchtext
from gongzhi.registry.creditcode import check

PLACES = [("44/", "广东省"), ("44/4403/", "深圳市"), ("33/", "浙江省"), ("11/", "北京市")]


@pytest.fixture(scope="module")
def made() -> list[Body]:
    return list(bodies(400, PLACES))


@pytest.fixture
def oracle(made: list[Body]) -> search.Oracle:
    fields = {one.field: [one.field] for one in made}
    return search.Oracle(
        made, {"44/4403/": ["广东省", "深圳市"], **{path: [name] for path, name in PLACES[::2]}, "11/": []}, fields
    )


def test_invented_bodies_are_always_the_same_and_compact(made: list[Body]) -> None:
    assert made[:50] == list(bodies(50, PLACES))
    assert len({one.name for one in made}) > 390
    for one in made:
        assert searchtext.compact(one.name) == one.name
        assert check(one.code) == []
        assert one.text.startswith(f"={one.name}")


def test_the_oracle_reads_every_text_and_every_place(made: list[Body], oracle: search.Oracle) -> None:
    for word in (made[3].name[:3], made[7].name[-4:], made[9].text[-2:]):
        ids, total, *_counts = oracle.answer((word,), "", "", "")
        expected = [one for one in made if word in one.text or (word in "广东省" and one.path.startswith("44/"))]
        assert total == len(expected)
        assert set(ids) <= {one.pk for one in expected}
    assert oracle.answer(("广东省",), "", "", "")[1] >= sum(one.path.startswith("44/") for one in made)
    assert oracle.answer(("没有的词",), "", "", "") == ([], 0, {}, {}, {})


def test_the_oracle_counts_each_facet_without_its_own_filter(made: list[Body], oracle: search.Oracle) -> None:
    word = "中心"
    _ids, total, kinds, standings, places = oracle.answer((word,), "service", "normal", "44/")
    below = [one for one in made if word in one.text and one.path.startswith("44/")]
    assert kinds["service"] == standings["normal"] == total == sum(places.values())
    assert sum(kinds.values()) == sum(one.standing == "normal" for one in below)
    assert sum(standings.values()) == sum(one.kind == "service" for one in below)
    assert set(places) == {"44/", "44/4403/"}


def test_every_class_has_different_questions_and_misses_miss(made: list[Body], oracle: search.Oracle) -> None:
    classes = search.questions(made, oracle, 20)
    assert len(classes) == 8
    for name, asked in classes.items():
        assert len(asked) == len(set(asked)) == 20, name
        for question in asked:
            assert (oracle.answer(question.words, "", "", "")[1] == 0) is (name == "miss"), question


def test_the_anchor_in_the_products_place_cannot_be_ok() -> None:
    assert not holds(1.0, search.AIM["trgm_vs_product"])
    assert not holds(1, search.AIM["differences"])
