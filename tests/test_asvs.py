"""The pages of docs/security say what is there: every requirement has a row, every named test exists, the numbers agree."""

from __future__ import annotations

import ast
import functools
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_documents import slug, table_with, tables

ROOT = Path(__file__).resolve().parent.parent
SECURITY = ROOT / "docs" / "security"
TEST = re.compile(r"`((?:tests|gongzhi|bench)/[\w/]+\.py)::(test_\w+)`")


def levels() -> dict[str, str]:
    """Number of a requirement → its level, as the standard has them."""
    lines = (ROOT / "tests" / "asvs_5.0.0.csv").read_text(encoding="utf-8").splitlines()
    return dict(line.split(",") for line in lines if re.match(r"\d", line))


@functools.cache
def defined_in(file: str) -> frozenset[str]:
    """Names of the test functions a file really defines."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def missing_tests(text: str) -> list[str]:
    """Named tests that do not exist."""
    return [f"{file}::{name}" for file, name in TEST.findall(text) if name not in defined_in(file)]


def rows(text: str) -> Iterator[list[str]]:
    """The rows of all tables of requirements."""
    for found in tables(text):
        if found[0] == ["id", "level", "what", "held by"]:
            yield from found[1:]


LONGEST = 12


def kind(held: str) -> str:
    """What sort of answer a row gives; empty for none."""
    if re.fullmatch(rf"{TEST.pattern}(, {TEST.pattern})*", held):
        return "tests"
    match = re.fullmatch(r"(document|does not apply|open): (\S.{3,})", held)
    return match[1] if match else ""


def faults(text: str, standard: dict[str, str]) -> list[str]:
    """What is wrong with a page of requirements."""
    found, seen = [], [row[0] for row in rows(text)]
    found += [f"{one} has no row" for one in standard if one not in seen]
    found += [f"{one} is no requirement" for one in seen if one not in standard]
    found += [f"{one} has two rows" for one in set(seen) if seen.count(one) > 1]
    for number, level, what, held in rows(text):
        if level != standard.get(number):
            found.append(f"{number} is not of level {level}")
        if not what or len(what.split()) > LONGEST:
            found.append(f"{number} is not said in {LONGEST} words")
        if not kind(held):
            found.append(f"{number} has no answer")
    kinds = [kind(row[3]) for row in rows(text)]
    said = {
        "Rows": len(kinds), "Held by tests": kinds.count("tests"), "By a document": kinds.count("document"),
        "Do not apply": kinds.count("does not apply"), "Open": kinds.count("open"),
    }  # fmt: skip
    for word, count in said.items():
        if not re.search(rf"\b{word}: {count}\b", text):
            found.append(f"the head does not say {word}: {count}")
    return found + [f"{one} does not exist" for one in missing_tests(text)]


def page(name: str) -> str:
    return (SECURITY / name).read_text(encoding="utf-8")


def test_every_requirement_of_levels_one_and_two_has_its_row_and_every_named_test_exists() -> None:
    standard = levels()
    assert len(standard) == 253
    assert sum(level == "1" for level in standard.values()) == 70
    assert not faults(page("asvs.md"), standard)


HEAD = "Rows: 2. Held by tests: 1. By a document: 0. Do not apply: 0. Open: 1\n\n"
TABLE = "| id | level | what | held by |\n|---|---|---|---|\n"
GOOD = "| 1.1.1 | 1 | a | `tests/test_asvs.py::test_a_bad_page_is_noticed` |\n"


@pytest.mark.parametrize(
    ("second", "word"),
    [
        ("", "no row"),
        ("| 1.1.2 | 1 | b | open: something is missing |\n", "level"),
        ("| 1.1.2 | 2 | b | |\n", "no answer"),
        ("| 1.1.2 | 2 | b | open: |\n", "no answer"),
        ("| 1.1.2 | 2 | | open: something is missing |\n", "words"),
        ("| 1.1.2 | 2 | b | does not apply: there is none |\n", "Open: 0"),
        ("| 1.1.2 | 2 | b | `tests/test_asvs.py::test_nothing` |\n", "does not exist"),
        ("| 1.1.2 | 2 | b | `tests/no_file.py::test_nothing` |\n", "does not exist"),
        ("| 1.1.3 | 2 | b | open: something is missing |\n", "no requirement"),
    ],
)
def test_a_bad_page_is_noticed(second: str, word: str) -> None:
    standard = {"1.1.1": "1", "1.1.2": "2"}
    assert not faults(HEAD + TABLE + GOOD + "| 1.1.2 | 2 | b | open: something is missing |\n", standard)
    assert any(word in one for one in faults(HEAD + TABLE + GOOD + second, standard))


def test_the_limits_of_the_guide_are_those_of_the_code() -> None:
    found = table_with(page("hardening.md"), "limit")
    assert len(found) > 20
    for what, number, where in found:
        module, _, name = where.strip("`").rpartition(".")
        assert str(getattr(importlib.import_module(module), name)) == number, what


def test_every_setting_the_guide_of_hardening_names_is_read() -> None:
    known = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "gongzhi" / "config").glob("*.py"))
    named = set(re.findall(r"\bGONGZHI_[A-Z_]+[A-Z]\b", page("hardening.md")))
    assert named
    assert not [one for one in named if one not in known]


def test_every_finding_the_guide_of_hardening_names_is_one_of_the_doctor() -> None:
    operate = (ROOT / "docs" / "guides" / "operate.md").read_text(encoding="utf-8")
    findings = {row[0].strip("`") for row in table_with(operate, "finding")}
    checks = [row[3] for row in table_with(page("hardening.md"), "item")]
    named = {word for cell in checks for word in re.findall(r"`([a-z_]+\.[a-z_]+)`", cell)}
    assert len(named) > 10
    assert named <= findings


def test_every_item_of_the_guide_of_hardening_says_how_it_is_checked() -> None:
    found = table_with(page("hardening.md"), "item")
    assert len(found) > 30
    assert not [row[0] for row in found if len(row) != 4 or not all(row)]


@pytest.mark.parametrize("name", ["README.md", "threats.md"])
def test_every_threat_and_every_attack_names_a_test_that_exists(name: str) -> None:
    text = page(name)
    found = [row for table in tables(text) if table[0][0] in {"threat", "attack"} for row in table[1:]]
    assert len(found) > 15
    assert not [row[0] for row in found if not any(TEST.search(cell) for cell in row)]
    assert not missing_tests(text)


def test_every_threat_has_a_control_a_test_and_a_negative_control() -> None:
    found = [row for table in tables(page("threats.md")) if table[0][0] == "threat" for row in table[1:]]
    assert len(found) > 60
    assert not [row[0] for row in found if len(row) != 4 or not all(row) or not TEST.search(row[2])]
    assert not [row[0] for row in found if not (TEST.search(row[3]) or row[3] == "in the test itself")]


def test_the_page_of_security_leads_to_all_others() -> None:
    text = page("README.md")
    others = {path.name for path in SECURITY.glob("*.md")} - {"README.md"}
    assert {"asvs.md", "threats.md", "hardening.md", "personal-data.md"} <= others
    assert not [name for name in others if f"({name})" not in text]
    assert slug("Known gaps") in {slug(line[3:]) for line in text.splitlines() if line.startswith("## ")}
