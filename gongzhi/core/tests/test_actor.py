"""Who acts: one scope at a time, and how far an official reaches."""

import uuid

import pytest

from gongzhi.core.actor import Actor, ActorKind, Scope


@pytest.mark.parametrize(
    "opened", [{"person": 0, "org": 1}, {"path": "", "process": "x"}, {"person": 1, "path": "44/"}]
)
def test_a_scope_opens_one_thing_at_a_time(opened: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="one thing"):
        Scope(**opened)  # type: ignore[arg-type]
    for name, value in opened.items():
        assert getattr(Scope(**{name: value}), name) == value  # type: ignore[arg-type]


def test_an_official_reaches_the_own_division_and_everything_below_it() -> None:
    dana = Actor(kind=ActorKind.AGENCY, path="44/4403/")
    reached = {path: dana.reaches(path) for path in ("44/4403/", "44/4403/440305/", "44/", "44/44031/", "45/", "/", "")}
    assert [path for path, yes in reached.items() if yes] == ["44/4403/", "44/4403/440305/"]
    country = Actor(kind=ActorKind.AGENCY, path="/")
    assert all(country.reaches(path) for path in reached)


def test_nobody_else_reaches_anything() -> None:
    assert not Actor(kind=ActorKind.AGENCY).reaches("44/")
    assert not Actor(kind=ActorKind.PERSON, path="/").reaches("44/")
    assert not Actor.system("x").reaches("/")


def test_visitors_and_processes_are_not_signed_in() -> None:
    assert {kind for kind in ActorKind if not Actor(kind=kind).signed_in} == {ActorKind.VISITOR, ActorKind.PROCESS}


def test_an_actor_may_what_the_present_capacity_holds() -> None:
    actor = Actor.system("x", permissions=frozenset({"core.do"}))
    assert actor.may("core.do")
    assert not actor.may("core.undo")
    assert not Actor.visitor().may("core.do")


def test_an_actor_can_be_tied_to_a_request_and_is_otherwise_never_changed() -> None:
    actor, number = Actor.system("x"), uuid.uuid4()
    tied = actor.in_request(number)
    assert (tied.request_id, tied.process, tied.scope) == (number, "x", Scope(process="x"))
    with pytest.raises(AttributeError):
        actor.process = "y"  # type: ignore[misc]
