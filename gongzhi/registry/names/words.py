"""The word lists of `words.yaml`, read once a process."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from gongzhi.orgs.enums import Kind
from gongzhi.reference.codes import code_list

_FILE: Final = Path(__file__).parent / "words.yaml"
#: Words that name the whole country (domain rules N4, N5).
NATIONAL: Final = ("中国", "全国", "中华")


@dataclass(frozen=True, slots=True)
class Form:
    """An ending that says what kind of body it is."""

    text: str
    #: Code of the list "forms"; empty for one that occurs and is not listed.
    code: str = ""
    #: The kinds it is listed for; empty for one that is not listed.
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Words:
    """Everything names are read by. Longer endings stand first."""

    #: Word of a field → code of the list "fields", or empty where it may mean several.
    fields: Mapping[str, str]
    longest_field: int
    joints: frozenset[str]
    forms: Sequence[Form]
    #: Kind → endings of its branches; those of representative offices belong to every kind.
    branches: Mapping[str, Sequence[str]]
    offices: Sequence[str]
    #: What to look at → words.
    watch: Mapping[str, Sequence[str]]


@functools.cache
def words() -> Words:
    """The lists of the package, and the forms of `reference`."""
    content: dict[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    fields = {word: "" if code == "open" else code for code, group in content["fields"].items() for word in group}
    listed = [Form(one.zh, one.code, one.kinds) for one in code_list("forms").codes.values()]
    others = [Form(text) for text in content["forms"]]
    anywhere = content["branches"]["any"]
    return Words(
        fields=fields,
        longest_field=max(map(len, fields)),
        joints=frozenset(content["joints"]),
        forms=sorted([*listed, *others], key=lambda form: -len(form.text)),
        branches={kind: [*content["branches"].get(kind, []), *anywhere] for kind in Kind.values},
        offices=content["offices"],
        watch=content["watch"],
    )
