"""Saving pages: many people at once, repeated saves, and nothing overwritten silently."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connections

from gongzhi.cases import actions
from gongzhi.cases.actions.drafts import Clash, _continues
from gongzhi.cases.models import Case, Draft, Patch
from gongzhi.cases.tests import people
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import RuleViolation
from tests.world import actor_of

SYSTEM = Actor.system("tests")
WRITERS, SAVES = 6, 8


def page(case: Case, section: str = "group") -> tuple[dict[str, str], int]:
    with acting(SYSTEM):
        return Draft.objects.filter(case=case, section=section).values_list("data", "revision")[0]


@pytest.mark.django_db
def test_a_clash_saves_nothing_and_shows_both_values() -> None:
    case = people.begin()
    first = people.save(case, "group", {"name": "甲"}, base=0)
    assert first.revision == 1
    clash = people.save(case, "group", {"name": "乙", "purpose": "宗旨"}, base=0)
    assert [(one.key, one.theirs) for one in clash.clashes] == [("name", "甲")]
    assert page(case) == ({"name": "甲"}, 1)
    same = people.save(case, "group", {"name": "甲"}, base=0)
    assert same.clashes == ()
    chosen = people.save(case, "group", {"name": "乙"}, base=0, over=["name"])
    assert chosen.clashes == ()
    assert page(case)[0]["name"] == "乙"


@pytest.mark.django_db
def test_a_clash_about_a_person_is_shown_in_clear_to_the_applicants_only() -> None:
    case = people.begin()
    people.save(case, "people", {"leader": "钱××甲"}, base=0)
    clash = people.save(case, "people", {"leader": "孙××"}, base=0)
    assert [one.theirs for one in clash.clashes] == ["钱××甲"]
    assert people.save(case, "people", {"leader": "钱××甲"}, base=0).clashes == ()


@pytest.mark.django_db
def test_other_answers_of_the_page_do_not_clash_and_are_told() -> None:
    case = people.begin()
    people.save(case, "group", {"name": "甲"}, base=0)
    saved = people.save(case, "group", {"purpose": "宗旨"}, base=0)
    assert saved.revision == 2
    assert dict(saved.others) == {"name": "甲"}


@pytest.mark.django_db
def test_ones_own_text_with_more_at_its_end_is_no_clash_and_anything_else_is() -> None:
    case = people.begin()
    people.save(case, "group", {"name": "甲"}, base=0)
    assert people.save(case, "group", {"name": "甲乙"}, base=0).clashes == ()
    assert page(case)[0]["name"] == "甲乙"
    shorter = people.save(case, "group", {"name": "甲"}, base=0)
    assert [one.theirs for one in shorter.clashes] == ["甲乙"]
    with acting(actor_of("rita")) as own:
        me = own.person_id or 0
    assert not _continues(Clash("name", "甲", by_person=me + 1), "甲", "甲乙", own)
    assert _continues(Clash("name", "甲", by_person=me), "甲", "甲乙", own)


@pytest.mark.django_db
def test_the_same_save_again_is_the_same_save() -> None:
    case = people.begin()
    nonce = uuid.uuid4()
    first = people.save(case, "group", {"name": "甲"}, base=0, nonce=nonce)
    people.save(case, "group", {"name": "乙"}, base=1)
    again = people.save(case, "group", {"name": "甲"}, base=0, nonce=nonce)
    assert (again.revision, again.at) == (first.revision, first.at)
    assert page(case) == ({"name": "乙"}, 2)
    with acting(SYSTEM):
        assert Patch.objects.filter(case=case).count() == 2


@pytest.mark.django_db
def test_after_handing_in_a_late_save_is_refused_with_a_sentence() -> None:
    case = people.handed_in()
    with pytest.raises(RuleViolation, match=r"cases\.handed_in"):
        people.save(case, "group", {"name": "晚了"})
    assert page(case)[0]["name"] == people.FILLED["group"]["name"]


@pytest.mark.django_db
def test_a_key_the_page_does_not_have_is_a_mistake_of_the_caller() -> None:
    case = people.begin()
    for key in ("nothing", "founders", "name.x", "rules"):
        with pytest.raises(KeyError):
            people.save(case, "group", {key: "x"})


@pytest.mark.usefixtures("committed")
def test_many_people_saving_at_once_lose_nothing() -> None:
    case = people.begin()
    section = case.type.definition.section("group")
    assert section is not None
    keys = ["name", "purpose", "scope", "domicile", "hosted", "category"]
    wrong: list[BaseException] = []

    def write(key: str) -> None:
        try:
            base = 0
            for number in range(SAVES):
                with acting(actor_of("rita")) as rita:
                    saved = actions.save_page(
                        actor=rita,
                        case=case,
                        section=section,
                        changes={key: f"{key}{number}"},
                        base=base,
                        nonce=uuid.uuid4(),
                    )
                assert not saved.clashes, saved
                base = saved.revision
        except BaseException as error:  # told by the main thread
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(key,)) for key in keys[:WRITERS]]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    data, revision = page(case)
    assert data == {key: f"{key}{SAVES - 1}" for key in keys[:WRITERS]}
    assert revision == WRITERS * SAVES
    with acting(SYSTEM):
        assert Patch.objects.filter(case=case).count() == WRITERS * SAVES


@pytest.mark.usefixtures("committed")
def test_two_who_change_the_same_answer_at_once_do_not_overwrite_each_other() -> None:
    case = people.begin()
    section = case.type.definition.section("group")
    assert section is not None
    outcomes: list[int] = []
    start = threading.Barrier(WRITERS)

    def write(number: int) -> None:
        try:
            start.wait()
            with acting(actor_of("rita")) as rita:
                saved = actions.save_page(
                    actor=rita, case=case, section=section, changes={"name": f"{number}"}, base=0, nonce=uuid.uuid4()
                )
            outcomes.append(len(saved.clashes))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == [0] + [1] * (WRITERS - 1)
    assert page(case)[1] == 1
