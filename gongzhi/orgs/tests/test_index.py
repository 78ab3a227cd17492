"""The derived index answers exactly as PostgreSQL and the oracle do, whatever was written, lost or restored meanwhile."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from pytest_django import Settings

from gongzhi.orgs.models import OrganizationSearch, SearchCopy
from gongzhi.orgs.search import FACETS, Asked, find, index, near, suggest
from gongzhi.orgs.search.writing import Busy, Stopped, Unprepared, Writer, only_one
from gongzhi.orgs.tests import oracle
from tests.plugin import cluster


@pytest.fixture
def at(fresh_database: str, tmp_path: Path, settings: Settings) -> Path:
    """The folder of this host's copy, empty; the database really commits."""
    settings.SEARCH_INDEX = tmp_path / "orgs"
    OrganizationSearch.objects.all().delete()
    return index.folder()


@pytest.fixture
def writer(at: Path) -> Iterator[Writer]:
    """The one who writes the copy."""
    with only_one(at.parent):
        writer = Writer(at)
        yield writer
        writer.close()


@pytest.fixture
def bodies(at: Path) -> list[oracle.Body]:
    """Three hundred invented organizations."""
    draw = random.Random(7)
    found = [oracle.body(draw, 1000 + number) for number in range(300)]
    oracle.store(found)
    return found


def compare(bodies: list[oracle.Body], asked: Asked, by: str) -> None:
    """The first page, the second, the totals and the facets are those of the oracle, and `by` gave them."""
    expected = oracle.ids(bodies, asked)
    answer = find(asked, size=12, facets=FACETS)
    assert (answer.ids, answer.total) == (expected[:12], len(expected)), asked
    for name in FACETS:
        assert answer.facets[name] == oracle.facet(bodies, asked, name), (name, asked)
    assert answer.answered_by == by or asked.impossible
    if answer.next:
        following = find(asked, cursor=answer.next, size=12, facets=())
        assert following.ids == expected[12:24], asked
        assert following.answered_by == by
        assert following.previous
        assert find(asked, cursor=following.previous, size=12, facets=()).ids == expected[:12], asked


def test_the_index_answers_as_the_oracle_does(bodies: list[oracle.Body], writer: Writer) -> None:
    assert writer.round() == len(bodies)
    assert writer.round() is None, "nothing changed"
    for asked in oracle.questions(random.Random(3), bodies, 400):
        compare(bodies, asked, "index")


def test_a_wrong_index_would_be_noticed(
    bodies: list[oracle.Body], writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: an index that was told another name gives another answer than the oracle."""
    from gongzhi.orgs.search import writing

    right = writing.document
    monkeypatch.setattr(writing, "document", lambda row: right(row._replace(name=row.name[1:] or "会")))
    writer.round()
    with pytest.raises(AssertionError):
        for asked in oracle.questions(random.Random(3), bodies, 100):
            compare(bodies, asked, "index")


def changed(draw: random.Random, bodies: list[oracle.Body]) -> list[oracle.Body]:
    """Some bodies renamed, moved, ended or newly founded."""
    found = []
    for one in draw.sample(bodies, draw.randint(1, 6)):
        other = oracle.body(draw, one.pk)
        found.append(oracle.sounded(replace(other, code=one.code, number=one.number)))
    newest = max(one.pk for one in bodies)
    return [*found, *(oracle.body(draw, newest + 1 + at) for at in range(draw.randint(0, 3)))]


def test_what_is_written_between_commits_is_found_at_once(bodies: list[oracle.Body], writer: Writer) -> None:
    """Twelve rounds of renames and new bodies; sometimes the copy follows, sometimes it stays behind."""
    writer.round()
    draw = random.Random(11)
    now = {one.pk: one for one in bodies}
    followed = []
    for _turn in range(12):
        some = changed(draw, list(now.values()))
        oracle.store(some)
        now |= {one.pk: one for one in some}
        for asked in oracle.questions(draw, list(now.values()), 15):
            compare(list(now.values()), asked, "index")
        if draw.random() < 0.5:
            followed.append(writer.round())
            copy = index.consult()
            assert not copy.changed
            assert copy.opened.searcher.num_docs == len(now) + 1, "one document each, and the note about the copy"
        else:
            assert index.consult().changed
    assert any(followed)


def test_a_transaction_that_is_still_open_is_not_missed(bodies: list[oracle.Body], writer: Writer) -> None:
    """It began before the commit of the copy and ends after it: its number is lower than others the copy has seen."""
    one, other = bodies[0], bodies[1]
    renamed = oracle.sounded(replace(other, name="中广中广中"))
    with closing(psycopg.connect(cluster.url(name=OrganizationSearch.objects.db and _database()))) as slow:
        slow.execute("UPDATE orgs_search SET text = '=' || name || '<深海深海深' WHERE org_id = %s", [one.pk])
        slow.execute(
            "UPDATE orgs_search SET changed = pg_current_xact_id(), grams = grams || %s WHERE org_id = %s",
            [_grams("深海深海深"), one.pk],
        )
        oracle.store([renamed])
        writer.round()
        assert index.consult().changed, "the horizon waits for the open transaction"
        assert find(Asked(query="中广中广中")).ids == [other.pk]
        assert find(Asked(query="深海深海深")).ids == []
        assert writer.round() is None, "what is there is written already"
        slow.commit()
        answer = find(Asked(query="深海深海深"))
        assert (answer.ids, answer.answered_by) == ([one.pk], "index")
    assert writer.round() == 1
    assert not index.consult().changed
    assert find(Asked(query="深海深海深")).ids == [one.pk]


def _database() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


def _grams(text: str) -> list[int]:
    from gongzhi.core import searchtext

    return searchtext.grams(text)


def test_too_many_changes_are_left_to_postgresql_alone(
    bodies: list[oracle.Body], writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.round()
    monkeypatch.setattr(index, "MOST_CHANGED", 3)
    oracle.store(bodies[:3])
    compare(bodies, Asked(query="会"), "index")
    oracle.store(bodies[:4])
    compare(bodies, Asked(query="会"), "database")
    writer.round()
    compare(bodies, Asked(query="会"), "index")


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)


def damaged(folder: Path) -> None:
    """Every file replaced by another, as a bad disk or a careless copy may leave it."""
    for file in folder.iterdir():
        file.unlink()
        file.write_bytes(b"\0" * 100)


def unreadable(folder: Path) -> None:
    (folder / "meta.json").unlink()
    (folder / "meta.json").write_text("{}")


@pytest.mark.parametrize("harm", [emptied, damaged, unreadable])
def test_a_lost_or_damaged_copy_is_answered_for_and_built_anew(
    bodies: list[oracle.Body], at: Path, harm: Callable[[Path], None]
) -> None:
    asked = Asked(query="会")
    with only_one(at.parent):
        writer = Writer(at)
        writer.round()
        compare(bodies, asked, "index")
        writer.close()
    harm(at)
    oracle.store([oracle.body(random.Random(5), 5000)])
    later = [*bodies, oracle.body(random.Random(5), 5000)]
    compare(later, asked, "database")
    with only_one(at.parent):
        writer = Writer(at)
        assert writer.round() == len(later)
        compare(later, asked, "index")
        writer.close()


def test_a_folder_removed_under_the_writer_is_made_anew(bodies: list[oracle.Body], at: Path, writer: Writer) -> None:
    writer.round()
    shutil.rmtree(at)
    compare(bodies, Asked(query="会"), "database")
    assert writer.round() == len(bodies)
    compare(bodies, Asked(query="会"), "index")


def test_after_a_restore_the_copy_does_not_answer_and_is_built_anew(bodies: list[oracle.Body], writer: Writer) -> None:
    """A backup from before the last commit knows an earlier horizon of the copy, or no copy at all."""
    writer.round()
    before = SearchCopy.objects.get().horizon
    oracle.store(bodies[:1])
    writer.round()
    assert SearchCopy.objects.get().horizon > before
    SearchCopy.objects.update(horizon=before)
    compare(bodies, Asked(query="会"), "database")
    token = index._readers.current().about.token
    assert writer.round() == len(bodies)
    assert index._readers.current().about.token != token
    compare(bodies, Asked(query="会"), "index")
    SearchCopy.objects.all().delete()
    compare(bodies, Asked(query="会"), "database")


def test_rows_without_rank_are_not_indexed(bodies: list[oracle.Body], writer: Writer) -> None:
    OrganizationSearch.objects.filter(pk=bodies[0].pk).update(rank=0)
    with pytest.raises(Unprepared):
        writer.round()
    assert find(Asked(query="会")).answered_by == "database"
    oracle.store(bodies[:1])
    assert writer.round() == len(bodies)


def test_a_build_that_is_stopped_leaves_the_copy_as_it_was(
    bodies: list[oracle.Body], at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gongzhi.orgs.search import writing

    monkeypatch.setattr(writing, "_BATCH", 10)
    asked_to_stop: list[bool] = []
    with only_one(at.parent):
        writer = Writer(at, stopped=lambda: bool(asked_to_stop))
        writer.round()
        oracle.store(bodies[:50])
        asked_to_stop.append(True)
        with pytest.raises(Stopped):
            writer.round()
        assert len(index.consult().changed) == 50
        compare(bodies, Asked(query="会"), "index")
        asked_to_stop.clear()
        assert writer.round() == 50
        writer.close()


def test_only_one_process_writes_a_copy(at: Path, writer: Writer) -> None:
    with pytest.raises(Busy), only_one(at.parent):
        pass


def test_another_format_is_removed(bodies: list[oracle.Body], at: Path) -> None:
    (at.parent / "0").mkdir(parents=True)
    with only_one(at.parent):
        Writer(at).close()
    assert not (at.parent / "0").exists()


def test_an_error_of_the_database_is_not_taken_for_one_of_the_index(
    bodies: list[oracle.Body], writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import DatabaseError

    def fails(self: object, asked: object) -> None:
        raise DatabaseError("gone")

    writer.round()
    monkeypatch.setattr(index.Copy, "_asked", fails)
    with pytest.raises(DatabaseError):
        find(Asked(query="会议"))


def test_suggestions_and_near_names_are_the_same_with_an_index(bodies: list[oracle.Body], writer: Writer) -> None:
    texts = [bodies[at].name[:2] for at in range(40)]
    alone = [(suggest(text), near(Asked(query=f"{text}没", kind=("service",)))) for text in texts]
    writer.round()
    assert index.consult()
    assert [(suggest(text), near(Asked(query=f"{text}没", kind=("service",)))) for text in texts] == alone
    assert [one.org_id for one in suggest(texts[0])] == oracle.ids(bodies, Asked(query=texts[0]))[:8]
