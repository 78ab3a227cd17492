"""Reading a case type from YAML. Every mistake is named by file and line, all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from gongzhi.cases.definitions.schema import Definition

Place = tuple[str | int, ...]
#: A file longer than this is no case type.
LONGEST = 400_000
#: How a plain value is read. A number that begins with a nought is a code, so a text.
SCALARS: dict[str, Callable[[str], Any]] = {
    "bool": lambda text: text.lower() in {"true", "yes", "on"},
    "int": lambda text: text if text[:1] == "0" and text != "0" else int(text.replace("_", ""), 0),
    "null": lambda _text: None,
    "str": str,
}


class BadCaseType(ValueError):
    """The file cannot be used; `problems` holds every mistake as `file:line: sentence`."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def read_file(path: Path) -> Definition:
    """The case type in a file. Raises `BadCaseType`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadCaseType([f"{path.name}:1: cannot be read: {error}"]) from error
    return read_text(text, name=path.name)


def read_text(text: str, *, name: str) -> Definition:
    """The case type in a YAML text; `name` stands before each mistake. Raises `BadCaseType`."""
    value, lines = parse(text, name=name)
    try:
        return Definition.model_validate(value)
    except ValidationError as error:
        raise BadCaseType([f"{name}:{line}: {said}" for line, said in _mistakes(error, lines)]) from error


def parse(text: str, *, name: str) -> tuple[Any, dict[Place, int]]:
    """A YAML text as plain values, and the line of every place in it. No tags, no anchors, no key twice."""
    if len(text) > LONGEST:
        raise BadCaseType([f"{name}:1: longer than {LONGEST} characters"])
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadCaseType([f"{name}:{line}: {error.problem or 'not YAML'}"]) from error
    except yaml.YAMLError as error:
        raise BadCaseType([f"{name}:1: not YAML: {error}"]) from error
    lines: dict[Place, int] = {}
    problems: list[str] = []
    seen: set[int] = set()

    def walk(node: yaml.Node | None, place: Place) -> Any:
        if node is None:
            return None
        line = node.start_mark.line + 1
        lines.setdefault(place, line)
        if id(node) in seen:
            problems.append(f"{name}:{line}: no anchors: say it again")
            return None
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                if key in found:
                    problems.append(f"{name}:{key_node.start_mark.line + 1}: {key} stands here twice")
                lines[(*place, key)] = key_node.start_mark.line + 1
                found[key] = walk(value_node, (*place, key))
            return found
        if isinstance(node, yaml.SequenceNode):
            return [walk(one, (*place, at)) for at, one in enumerate(node.value)]
        kind = node.tag.rpartition(":")[2]
        if kind not in SCALARS:
            problems.append(f"{name}:{line}: write text in quotation marks: {node.value}")
        return SCALARS.get(kind, str)(str(node.value))

    value = walk(node, ())
    if problems:
        raise BadCaseType(problems)
    return value, lines


def _mistakes(error: ValidationError, lines: Mapping[Place, int]) -> Iterator[tuple[int, str]]:
    told: set[tuple[int, str]] = set()
    for one in error.errors(include_url=False):
        place = tuple(one["loc"])
        at = place
        while at and at not in lines:
            at = at[:-1]
        where = ".".join(str(part) for part in place) or "the whole"
        said = f"{where}: {one['msg'].removeprefix('Value error, ')}"
        entry = (lines.get(at, 1), said)
        if entry not in told:
            told.add(entry)
            yield entry


def problems_of(files: Iterable[Path]) -> list[str]:
    """Every mistake of several files."""
    problems: list[str] = []
    for path in files:
        try:
            read_file(path)
        except BadCaseType as error:
            problems.extend(error.problems)
    return problems
