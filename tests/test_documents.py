"""The documents say what the code says: floors, commands, links, words, complaints, and the tests they name.

`python -m tests.test_documents` prints the table of floors for ARCHITECTURE.md.
"""

from __future__ import annotations

import ast
import functools
import importlib
import re
import shlex
import tomllib
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
import pytest
from django.db import connection
from django.utils import translation

from gongzhi.config.cli import parser

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gongzhi"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
#: Folders that hold nothing of ours, or nothing that is committed.
FOREIGN = {"var", "node_modules", "vendor", "vendor_dev", "fixtures", "__pycache__"}

DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part in FOREIGN for part in path.relative_to(ROOT).parts)
)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
READMES = ("README.md", "README.zh-CN.md")
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def without_code(text: str) -> str:
    """The text without fenced blocks and inline code."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def inline_code(text: str) -> list[str]:
    """Everything between single backticks outside fenced blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def fenced_lines(text: str) -> list[str]:
    """The lines of all shell blocks, without comments and prompts."""
    lines = []
    for block in re.findall(r"^```sh.*?\n(.*?)^```", text, flags=re.M | re.S):
        lines += [line.split(" # ")[0].strip() for line in block.splitlines() if not line.startswith("#")]
    return [line for line in lines if line]


def tables(text: str) -> Iterator[list[list[str]]]:
    """Every table of a document as rows of cells, the heading row first."""
    for block in re.findall(r"(?:^\|.*\|[ \t]*\n)+", text, flags=re.M):
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]
        yield [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]


def table_with(text: str, first: str) -> list[list[str]]:
    """The rows below the heading of the one table whose first heading is `first`."""
    found = [rows[1:] for rows in tables(text) if rows[0][0] == first]
    assert len(found) == 1, f"{len(found)} tables begin with {first!r}"
    return found[0]


# --- the floors ---

#: What an app is for, where its package does not say so itself. A docstring of the package goes first.
RESPONSIBILITIES = {
    "config": "Settings, addresses, the `gongzhi` command, the embedded database, seeds, `doctor`",
    "portal": "Pages that combine apps: home, search, an organization's page, data, workbench. Owns no tables",
    "api": "The API's instance, its errors and its description; mounts each app's router. Owns no tables",
    "orgs": "Organizations as they stand today, search rows, marks, members and invitations, agencies, roles, leave cover, who acts",
    "accounts": "People and the accounts they sign in with",
    "rulebook": "Dated parameters and rules: the numbers the law asks for, facts, what is found about a draft; settings by division and organization",
    "loudspeaker": "Broadcasts for village loudspeakers: recording or text, approval, schedule, receipts",
    "files": "Private uploads, whole or in pieces: inspected, kept under random names, opened by short-lived links",
    "notify": "Notices to people: kinds, messages, preferences, outbox, channels",
    "tlog": "The transparency log so far: entries that wait to be ordered, rows under bulk entries, salts",
    "reference": "Administrative divisions with their past, working-day calendar, code lists",
    "audit": "What happened and who looked; `reveal`. Append-only",
    "ui": "Shells, components, GOV.UK form markup, display modes, navigation, gallery. No tables",
    "core": "Actor, door, errors, two clocks, second wall, crypto, search text, money, time, paging, jobs",
}


def responsibility(app: str) -> str:
    """One line about an app: the first line of its package's docstring, else the line above."""
    source = ast.parse((PACKAGE / app / "__init__.py").read_text(encoding="utf-8"))
    said = (ast.get_docstring(source) or "").partition("\n")[0].rstrip(".")
    return said or RESPONSIBILITIES[app]


def floors() -> list[list[str]]:
    """The apps of each floor as the import contract in pyproject.toml has them, the top first."""
    contract = next(one for one in PYPROJECT["tool"]["importlinter"]["contracts"] if one["id"] == "floors")
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def floors_table() -> str:
    """The table of ARCHITECTURE.md."""
    layers = floors()
    lines = ["| floor | app | what it is for |", "|---|---|---|"]
    for number, apps in zip(range(len(layers) - 1, -1, -1), layers, strict=True):
        lines += [f"| {number} | `{app}` | {responsibility(app)} |" for app in apps]
    return "\n".join(lines)


def test_the_floors_of_the_architecture_are_those_of_the_contract() -> None:
    assert floors_table() in text_of("ARCHITECTURE.md"), "run: python -m tests.test_documents"
    assert {app for apps in floors() for app in apps} >= set(RESPONSIBILITIES)


@pytest.mark.django_db
def test_the_architecture_names_every_walled_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relispartition")
        walled = {row[0] for row in cursor.fetchall()}
    wall = text_of("ARCHITECTURE.md").partition("**Second wall.**")[2].partition(":")[2].partition(". ")[0]
    assert set(re.findall(r"`([a-z_]+)`", wall)) == walled


# --- commands ---


def targets() -> set[str]:
    """What `make` can make."""
    return set(re.findall(r"^([a-z][a-z-]*)(?: [a-z]+)*:", text_of("Makefile"), flags=re.M)) | {"shots", "axe"}


def subcommands(top: ArgumentParser) -> dict[str, ArgumentParser]:
    """Command → its own parser."""
    action = next(one for one in top._actions if isinstance(one, _SubParsersAction))
    return dict(action.choices)


def unknown_parts(line: str) -> list[str]:
    """What a `make` or `gongzhi` command line names that does not exist; nothing for other programs."""
    try:
        said = shlex.split(line)
    except ValueError:  # an apostrophe in a sentence: no command
        said = line.split()
    words = [word for word in said if not re.match(r"^[A-Z_]+=", word)]
    program = words[0].rpartition("/")[2] if words else ""
    if program == "make":
        return [word for word in words[1:] if re.fullmatch(r"[a-z-]+", word) and word not in targets()]
    if program not in {"gongzhi", "gongzhi-run"}:
        return []
    commands = subcommands(parser())
    rest = words[3:] if words[1:2] == ["--var"] else words[1:]
    if not rest or rest[0] == "manage":
        return []
    if rest[0] not in commands:
        return rest[:1]
    options = commands[rest[0]]._option_string_actions
    return [word for word in rest[1:] if word.startswith("--") and word not in options]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_is_named_exists(name: str) -> None:
    text = text_of(name)
    for line in [*fenced_lines(text), *inline_code(text)]:
        assert not unknown_parts(line), f"{line}: {unknown_parts(line)}"


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert unknown_parts("make coffee") == ["coffee"]
    assert unknown_parts(".venv/bin/gongzhi --var x import organizations FILE --aply") == ["--aply"]
    assert unknown_parts("gongzhi dance") == ["dance"]
    assert unknown_parts("PORT=8001 make run") == []


def commands_of(name: str) -> list[str]:
    """Every `make` and `gongzhi` command of a document, in its order, each once."""
    text = text_of(name)
    found = [*fenced_lines(text), *inline_code(text)]
    return list(dict.fromkeys(line for line in found if re.match(r"^(\S+=\S+ )*(\S*/)?(make|gongzhi)\b", line)))


def shape(name: str) -> list[str]:
    """Headings by their level, pictures and links by their target: what two languages must share."""
    found = re.findall(r"^(#+) |(!?)\[[^\]]*\]\(([^)]+)\)|^(\|)", without_code(text_of(name)), flags=re.M)
    shared = [level or f"{mark}{target}" or row for level, mark, target, row in found]
    return [one for one in shared if one not in READMES]


def test_the_two_readmes_say_the_same() -> None:
    english, chinese = READMES
    assert commands_of(english) == commands_of(chinese)
    assert len(commands_of(english)) > 8
    assert shape(english) == shape(chinese)
    assert inline_code(text_of(english)) == inline_code(text_of(chinese))


# --- links, paths, tests, placeholders ---


def slug(heading: str) -> str:
    """The anchor a heading gets on the usual hosts of repositories."""
    words = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def broken_links(path: Path) -> list[str]:
    """Relative links of a document that lead nowhere."""
    broken = []
    for target in re.findall(r"\]\(<?([^)>\s]+)>?\)", without_code(path.read_text(encoding="utf-8"))):
        if re.match(r"^[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if there != path and not (there.exists() and there.is_relative_to(ROOT)):
            broken.append(target)
        elif anchor and there.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), flags=re.M)
            if anchor not in {slug(heading) for heading in headings}:
                broken.append(target)
    return broken


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    assert not broken_links(path)


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](#one) [b](#two) [c](nothing.md) [d](https://example.org/)", encoding="utf-8")
    assert "#two" in broken_links(page)
    assert "nothing.md" in broken_links(page)
    assert "#one" not in broken_links(page)


OURS = re.compile(r"^(?:gongzhi|tests|tools|docs|bench)/[\w./-]+\.(?:py|md|sql|html|css|js|yaml|toml|json|lock|po|gz)$")


@pytest.mark.parametrize("name", NAMES)
def test_every_file_and_every_test_that_is_named_exists(name: str) -> None:
    for word in inline_code(text_of(name)):
        file, _, function = word.partition("::")
        if OURS.match(file):
            assert (ROOT / file).is_file(), file
            if function:
                assert f"def {function}(" in text_of(file), word


PLACEHOLDERS = re.compile(r"\b(?:TODO|TBD|FIXME|XXX|lorem ipsum|coming soon)\b|待补|待填|此处填写", re.I)
#: Paths of one machine have no place in a document.
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users)/")


@pytest.mark.parametrize("name", NAMES)
def test_no_document_holds_a_placeholder_or_a_path_of_one_machine(name: str) -> None:
    assert not PLACEHOLDERS.search(text_of(name))
    assert not MACHINE.search(text_of(name))


# --- decisions ---


def test_every_decision_has_its_number_its_parts_and_its_place_in_the_index() -> None:
    index = text_of("docs/adr/README.md")
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(DECISIONS) >= 10
    for path in DECISIONS:
        text = path.read_text(encoding="utf-8")
        assert f"({path.name})" in index, path.name
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        for part in ("## Context", "## Decision", "## Consequences", "## Alternatives"):
            assert part in text, (path.name, part)


# --- the glossary ---

GLOSSARY = "docs/domain/glossary.md"


def glossary() -> list[list[str]]:
    """The rows of every glossary table that has a column of code words."""
    rows: list[list[str]] = []
    for table in tables(text_of(GLOSSARY)):
        if "in code" in table[0]:
            rows += table[1:]
    return rows


def code_words() -> dict[str, list[str]]:
    """Code word → its row of the glossary."""
    return {word: row for row in glossary() for word in re.findall(r"`([^`]+)`", row[3])}


def found_in_code(word: str) -> Any:
    """What a word such as `orgs.enums.Kind.FOUNDATION` names; ImportError or AttributeError when there is nothing."""
    parts = word.split(".")
    for at in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(["gongzhi", *parts[:at]]))
        except ModuleNotFoundError:
            continue
        for part in parts[at:]:
            found = getattr(found, part)
        return found
    raise ImportError(word)


def test_every_code_word_of_the_glossary_exists() -> None:
    assert len(code_words()) > 60
    for word in code_words():
        found_in_code(word)
    with pytest.raises(AttributeError):
        found_in_code("orgs.enums.Kind.COMPANY")


def test_every_row_of_the_glossary_is_whole() -> None:
    for row in glossary():
        assert len(row) == 5, row
        assert all(row), row


@functools.cache
def chinese() -> dict[str, str]:
    """English text → Chinese, as the catalogue has it."""
    file = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(file))}


def domain_words() -> dict[str, str]:
    """Every code word the glossary must hold → its English text on the screen, empty where it has none."""
    from gongzhi.orgs.enums import AgencyKind, Kind, Role, Standing
    from gongzhi.reference.enums import Level, Succession
    from gongzhi.registry.enums import ITEMS, EventKind, SourceKind
    from gongzhi.registry.lists import Severity
    from gongzhi.rulebook.enums import Evidence, Verdict

    words = {}
    with translation.override("en"):
        for module, enum in (
            ("orgs", Kind), ("orgs", Standing), ("orgs", AgencyKind), ("orgs", Role), ("registry", EventKind),
            ("registry", SourceKind), ("rulebook", Evidence), ("rulebook", Verdict), ("reference", Level), ("reference", Succession),
        ):  # fmt: skip
            for member in enum:
                words[f"{module}.enums.{enum.__name__}.{member.name}"] = str(member.label)
        for item, label in ITEMS.items():
            words[f"registry.models.Version.{item}"] = str(label)
    return words | {f"registry.lists.Severity.{severity.name}": "" for severity in Severity}


def test_the_glossary_holds_the_domains_words_as_the_screen_shows_them() -> None:
    known = code_words()
    missing = sorted(set(domain_words()) - set(known))
    assert not missing, f"not in the glossary: {missing}"
    for word, english in domain_words().items():
        if not english:
            continue
        _law, on_screen_zh, on_screen_en, _code, _source = known[word]
        assert on_screen_en == english, word
        if chinese().get(english):
            assert on_screen_zh == chinese()[english], word


# --- guides ---


def test_the_guide_to_lists_knows_every_heading_and_every_complaint() -> None:
    from gongzhi.registry.lists import RULES, cells
    from gongzhi.registry.lists.columns import HEADINGS
    from gongzhi.registry.lists.reading import UNREADABLE

    guide = text_of("docs/guides/import-lists.md")
    columns = {row[0].strip("`"): row[1] for row in table_with(guide, "field")}
    assert set(columns) == set(HEADINGS)
    for field, headings in HEADINGS.items():
        assert re.findall(r"`([^`]+)`", columns[field]) == list(headings), field
    for field, words in (("kind", cells.KINDS), ("standing", cells.STANDINGS)):
        read = next(row[2] for row in table_with(guide, "field") if row[0] == f"`{field}`")
        assert read.split(", ") == list(words), field
    assert {row[0].strip("`") for row in table_with(guide, "complaint")} == set(RULES)
    assert {row[0].strip("`") for row in table_with(guide, "refusal")} == set(UNREADABLE)


def test_the_guide_to_operation_knows_every_finding_of_the_doctor() -> None:
    source = text_of("gongzhi/config/doctor.py")
    ids = set(re.findall(r"Problem\(\s*\"([a-z_.]+)\"", source))
    from gongzhi.config.doctor import EXPECTED

    ids |= {f"database.{name}" for name in EXPECTED}
    assert {row[0].strip("`") for row in table_with(text_of("docs/guides/operate.md"), "finding")} == ids


def test_the_guide_to_operation_knows_every_job_that_runs_by_the_clock() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.glob("*/jobs.py"))
    jobs = set(re.findall(r"@job\(\"([a-z_.]+)\", cron=", sources))
    assert jobs
    assert {row[0].strip("`") for row in table_with(text_of("docs/guides/operate.md"), "job")} == jobs


def test_the_newest_change_is_of_this_version() -> None:
    first = re.search(r"^## (\S+)", text_of("CHANGELOG.md"), flags=re.M)
    assert first is not None
    assert first[1] == PYPROJECT["project"]["version"]


if __name__ == "__main__":
    print(floors_table())
