"""What `gongzhi casetypes` prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from gongzhi.cases.actions.types import read_types, type_files
from gongzhi.cases.definitions import BadCaseType, Definition


def check_types(files: Sequence[Path], *, as_json: bool) -> int:
    """Check files of case types: those named, else all the platform would load. Exit 0 when they can be published, 3 when not.

    With `as_json` one object: `services` (code, fields, materials, steps, handler, articles of each) and `problems`.
    """
    found: dict[Path, Definition] = {}
    problems: list[str] = []
    try:
        found = read_types(list(files) or type_files())
    except BadCaseType as error:
        problems = list(error.problems)
    services = [counted(one) for one in found.values()]
    if as_json:
        print(json.dumps({"services": services, "problems": problems}, ensure_ascii=False))
    else:
        for one in services:
            print(f"{one['code']}: {one['fields']} fields, {one['materials']} materials, {one['steps']} steps")
        for line in problems:
            print(line, file=sys.stderr)
    return 3 if problems else 0


def counted(definition: Definition) -> dict[str, object]:
    """A service in figures."""
    fields = sum(1 + len(field.fields) for _section, field in definition.fields())
    return {
        "code": definition.code,
        "fields": fields,
        "materials": len(definition.guide.materials),
        "steps": len(definition.steps),
        "handler": definition.decision.handler or "",
        "articles": [f"{one.law} {one.article}".strip() for one in definition.guide.basis],
    }
