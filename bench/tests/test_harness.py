"""The machinery of the benchmarks, without any timing: shape of the result, the verdict, the control, the generator."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from bench import __main__ as program
from bench import access, harness, imports, pages, search, start, synthetic
from bench.harness import KEYS, Broken, Result, holds
from gongzhi.registry.creditcode import check


def result(ratio: float = 1.0, aim: str = "<= 1") -> Result:
    return Result(
        name="pages", size=7, product={"ms": 2.0}, anchors={"ms": 2.0}, ratios={"cost": ratio}, aim={"cost": aim}
    )


def offered(answer: Callable[..., Result]) -> Any:
    """A module as `bench.__main__` loads one."""

    class Module:
        SIZE = 7
        measure = staticmethod(answer)

    return Module


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The program with `measure` replaced, so that nothing is started."""

    def call(answer: Callable[..., Result], *words: str) -> int:
        monkeypatch.setattr(program, "import_module", lambda name: offered(answer))
        monkeypatch.setattr(program, "stop_on_sigterm", lambda: None)
        return program.main(["pages", *words])

    return call


def test_the_result_has_exactly_the_agreed_keys() -> None:
    read = json.loads(result().as_json())
    assert tuple(read) == KEYS == ("name", "size", "rounds", "product", "anchors", "ratios", "aim", "ok")
    assert "\n" not in result().as_json()
    assert read["rounds"] == 3
    assert read["ok"] is True


@pytest.mark.parametrize(
    ("ratio", "aim", "expected"),
    [
        (1.0, "<= 1", True),
        (1.001, "<= 1", False),
        (0.8, "< 0.8", False),
        (0.79, "< 0.8", True),
        (1.0, ">= 1", True),
        (0.999, ">= 1", False),
        (2.0, "> 2", False),
        (2.1, "> 2", True),
    ],
)
def test_ok_follows_from_ratios_and_aim(ratio: float, aim: str, expected: bool) -> None:
    assert holds(ratio, aim) is expected
    assert result(ratio, aim).ok is expected


def test_an_aim_nobody_can_read_is_an_error_and_not_a_success() -> None:
    with pytest.raises(ValueError, match="about 1"):
        holds(1.0, "about 1")


@pytest.mark.parametrize(
    ("ratios", "aim"),
    [({"cost": 1.0}, {}), ({}, {"cost": "<= 1"}), ({"cost": 1.0, "other": 9.0}, {"cost": "<= 1"})],
    ids=["no aim", "no ratio", "a ratio nobody judges"],
)
def test_a_ratio_without_aim_or_an_aim_without_ratio_is_not_ok(ratios: dict[str, float], aim: dict[str, str]) -> None:
    assert not Result(name="pages", size=7, product={}, anchors={}, ratios=ratios, aim=aim).ok


def test_the_last_line_is_the_result_and_the_exit_code_says_ok(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(lambda size, control: result(), "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["ok"] is True
    assert run(lambda size, control: result(1.5), "--json") == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["ok"] is False


def test_size_and_control_reach_the_benchmark(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[int, bool]] = []

    def answer(size: int, control: bool) -> Result:
        seen.append((size, control))
        return result(9.0 if control else 1.0)

    assert run(answer) == 0
    assert run(answer, "--size", "20", "--control") == 1
    assert seen == [(7, False), (20, True)]
    assert "MISSED cost" in capsys.readouterr().out


def test_what_could_not_be_run_is_neither_good_nor_bad(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(size: int, control: bool) -> Result:
        raise Broken("the server ended by itself")

    assert run(answer, "--json") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "ended by itself" in printed.err


@pytest.mark.parametrize("words", [["speed"], []], ids=["unknown", "none"])
def test_an_unknown_name_is_answered_with_the_list(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(words) == 2
    errors = capsys.readouterr().err
    for name in program.BENCHMARKS:
        assert name in errors


def test_each_benchmark_has_a_module_with_its_parts() -> None:
    for name, module in {"access": access, "import": imports, "pages": pages, "search": search, "start": start}.items():
        assert name in program.BENCHMARKS
        assert name == module.NAME
        assert module.SIZE > 0
        for aim in module.AIM.values():
            holds(1.0, aim)


def test_the_controls_cannot_be_ok() -> None:
    """A bare view delivers no page; a cold start in the second's place saves nothing."""
    assert not holds(0.0, pages.AIM["pages_delivered"])
    assert not holds(1.0, start.AIM["second_vs_cold"])
    assert all(page.expected not in "ok" for page in pages.pages(synthetic.organizations(50)))


def test_the_first_view_is_what_a_browser_loads() -> None:
    html = """<link rel="icon" href="/static/a.svg"><link rel="stylesheet" href="/static/a.css">
      <link rel="canonical" href="/elsewhere/"><script src="/static/a.js"></script><script src="/static/a.js"></script>
      <img src="//other.example/b.png"><script>1</script><a href="/orgs/">x</a>"""
    assert pages.linked(html) == ["/static/a.svg", "/static/a.css", "/static/a.js"]


def test_invented_organizations_are_sound_and_always_the_same() -> None:
    made = synthetic.organizations(200)
    assert made == synthetic.organizations(200)
    assert made[:50] == synthetic.organizations(50)
    assert len({one.code for one in made}) == len({one.name for one in made}) == 200
    for one in made:
        assert check(one.code) == []
        assert one.code[2:8] == "999900"
        assert "××" in one.name


def test_cpu_and_memory_are_counted_for_a_living_tree_only() -> None:
    assert harness.cpu_seconds([os.getpid()]) > 0
    assert harness.memory_bytes([os.getpid()]) > 1024**2
    assert harness.cpu_seconds([2**22 + 1]) == 0
    assert harness.memory_bytes([]) == 0


def test_children_see_no_database_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    seen = harness.environment(VAR="/x")
    assert "DATABASE_URL" not in seen
    assert seen["GONGZHI_HTTPS"] == "0"
    assert seen["VAR"] == "/x"
