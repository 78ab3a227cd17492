"""What the sources of the platform say about looks, read from the syntax trees."""

from __future__ import annotations

import ast
from pathlib import Path

import gongzhi

LOOKING = {"reveal", "look", "write_look", "send"}


def purposes_in_sources() -> set[str]:
    """Every literal purpose some code opens personal data for."""
    found: set[str] = set()
    for path in Path(gongzhi.__file__).resolve().parent.rglob("*.py"):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            for given in node.keywords:
                if name in LOOKING and given.arg == "purpose" and isinstance(given.value, ast.Constant):
                    found.add(str(given.value.value))
    return found
