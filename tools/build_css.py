"""Build the committed style sheets from their readable sources, and hold the house CSS rules.

`gongzhi/ui/styles/NAME.css` becomes `gongzhi/ui/static/ui/NAME.css`. Three things happen on the way:

* every declaration that uses `var()` gets a literal twin before it, so that engines without custom properties
  (old dual-kernel browsers in compatibility mode) stay readable in the light theme;
* every rule for `html[data-theme="dark"]` is repeated for `data-theme="auto"` inside `prefers-color-scheme: dark`,
  so that the two ways into the dark theme cannot differ;
* comments and white space go.

`--check` builds in memory and fails when a committed file differs. Both modes lint first.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "gongzhi" / "ui" / "styles"
BUILT = ROOT / "gongzhi" / "ui" / "static" / "ui"
NAMES = ("site", "workbench", "cases")
DARK = 'html[data-theme="dark"]'
AUTO = 'html[data-theme="auto"]'

#: At-rules whose block holds rules; all others hold declarations or nothing.
CONDITIONAL = ("@media", "@supports")


class StyleError(ValueError):
    """The source cannot be read as CSS."""


@dataclass(frozen=True)
class Declaration:
    """One `name: value` pair."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}:{self.value}"


@dataclass
class Rule:
    """A selector list or an at-rule with what stands in its block. `line` is where it begins in the source."""

    prelude: str
    line: int
    declarations: list[Declaration] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    @property
    def conditional(self) -> bool:
        """Whether the block holds rules because of a condition."""
        return self.prelude.startswith(CONDITIONAL)


def _without_comments(text: str) -> str:
    """The text with comments replaced by as many line breaks, so that line numbers stay true."""
    return re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), text, flags=re.S)


def _tight(text: str) -> str:
    """White space collapsed to single blanks, and none after commas outside strings."""
    parts = re.split(r"(\"[^\"]*\"|'[^']*')", text.strip())
    for at in range(0, len(parts), 2):
        parts[at] = re.sub(r"\s*,\s*", ",", re.sub(r"\s+", " ", parts[at]))
    return "".join(parts).strip()


def parse(text: str) -> list[Rule]:
    """Read a style sheet. Raises `StyleError` on unbalanced braces."""
    text = _without_comments(text)
    top = Rule("", 1)
    open_rules = [top]
    start = at = 0
    quote = ""
    depth = 0

    def declare(chunk: str) -> None:
        chunk = chunk.strip()
        if not chunk:
            return
        if ":" not in chunk:
            raise StyleError(f"line {text.count(chr(10), 0, at) + 1}: not a declaration: {chunk!r}")
        name, _, value = chunk.partition(":")
        open_rules[-1].declarations.append(Declaration(name.strip(), _tight(value)))

    while at < len(text):
        char = text[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "{" and not depth:
            chunk = text[start:at]
            line = text.count("\n", 0, start + len(chunk) - len(chunk.lstrip())) + 1
            rule = Rule(_tight(chunk), line)
            open_rules[-1].rules.append(rule)
            open_rules.append(rule)
            start = at + 1
        elif char in ";}" and not depth:
            declare(text[start:at])
            start = at + 1
            if char == "}":
                if len(open_rules) == 1:
                    raise StyleError(f"line {text.count(chr(10), 0, at) + 1}: a brace closes nothing")
                open_rules.pop()
        at += 1
    if len(open_rules) > 1 or text[start:].strip():
        raise StyleError(f"{open_rules[-1].prelude!r} is not closed")
    return top.rules


# --- building ---


def tokens_of(rules: list[Rule]) -> dict[str, str]:
    """The custom properties of `:root`: the light theme, which the literal twins show."""
    return {
        declaration.name: declaration.value
        for rule in rules
        if rule.prelude == ":root"
        for declaration in rule.declarations
        if declaration.name.startswith("--")
    }


_VAR = re.compile(r"var\((--[\w-]+)(?:,([^()]*))?\)")


def literal(value: str, tokens: dict[str, str]) -> str:
    """`value` with every `var()` replaced by the light theme's value. Raises `StyleError` for an unknown name."""
    for _ in range(6):
        if "var(" not in value:
            return value

        def one(found: re.Match[str]) -> str:
            name, fallback = found[1], found[2]
            if name in tokens:
                return tokens[name]
            if fallback is not None:
                return fallback
            raise StyleError(f"{name} is not defined on :root")

        value = _VAR.sub(one, value)
    raise StyleError(f"custom properties go in a circle: {value}")


def _doubled(declarations: list[Declaration], tokens: dict[str, str]) -> Iterator[Declaration]:
    for declaration in declarations:
        if "var(" in declaration.value and not declaration.name.startswith("--"):
            yield Declaration(declaration.name, literal(declaration.value, tokens))
        yield declaration


def _printed(rule: Rule, tokens: dict[str, str]) -> str:
    inner = ";".join(str(declaration) for declaration in _doubled(rule.declarations, tokens))
    inner += "".join(_printed(child, tokens) for child in rule.rules)
    if not inner:
        return ""
    prelude = re.sub(r"\s*([>+~])\s*", r"\1", rule.prelude) if not rule.prelude.startswith("@") else rule.prelude
    text = f"{prelude}{{{inner}}}"
    if DARK in rule.prelude and not rule.conditional:
        text += f"@media (prefers-color-scheme:dark){{{text.replace(DARK, AUTO)}}}"
    return text


def build(text: str, tokens: dict[str, str] | None = None) -> str:
    """The style sheet as it is served. `tokens` come from another sheet when this one defines none."""
    rules = parse(text)
    known = {**(tokens or {}), **tokens_of(rules)}
    return "".join(_printed(rule, known) for rule in rules) + "\n"


# --- linting ---

_FORBIDDEN_SELECTOR = {
    ":has(": "Chrome 105",
    ":is(": "Chrome 88",
    ":where(": "Chrome 88",
    ":focus-within": "not needed so far",
    "&": "nesting, Chrome 112",
}
_FORBIDDEN_PROPERTY = {
    "aspect-ratio": "Chrome 88",
    "inset": "Chrome 87: write top, right, bottom, left",
    "row-gap": "in flexbox Chrome 84: use margins",
    "column-gap": "in flexbox Chrome 84: use margins",
    "margin-inline": "Chrome 87",
    "margin-block": "Chrome 87",
    "padding-inline": "Chrome 87",
    "padding-block": "Chrome 87",
}
_FORBIDDEN_VALUE = {
    r"color-mix\(": "Chrome 111",
    r"\b\d*\.?\d+[dsl]v[hw]\b": "dynamic viewport units, Chrome 108",
    r"\b(min|max|clamp)\(": "Chrome 79",
    r"url\(\s*['\"]?(https?:)?//": "nothing is loaded from elsewhere",
}
_FORBIDDEN_AT = ("@layer", "@container", "@import", "@scope", "@font-face")


def lint(text: str, *, inside_supports: bool = False) -> list[str]:
    """What breaks the house rules, one sentence each. What stands inside `@supports` is an extra and may be new."""
    return [fault for rule in parse(text) for fault in _faults(rule, inside_supports, nested=False)]


def _faults(rule: Rule, extra: bool, *, nested: bool) -> Iterator[str]:
    where = f"line {rule.line}"
    prelude = rule.prelude
    if prelude.startswith(_FORBIDDEN_AT):
        yield f"{where}: {prelude.split()[0]} is not used here"
    extra = extra or prelude.startswith("@supports")
    if DARK in prelude and nested:
        yield f"{where}: a rule for the dark theme stands at the top level, so that the build can repeat it for auto"
    if not prelude.startswith("@") and not extra:
        for token, why in _FORBIDDEN_SELECTOR.items():
            if token in prelude:
                yield f"{where}: {token} in a selector ({why})"
    if rule.rules and not rule.conditional:
        yield f"{where}: nested rules (Chrome 112)"
    if not extra:
        yield from _declaration_faults(rule, where)
    for child in rule.rules:
        yield from _faults(child, extra, nested=True)


def _declaration_faults(rule: Rule, where: str) -> Iterator[str]:
    before = ""
    names = {declaration.name: declaration.value for declaration in rule.declarations}
    for declaration in rule.declarations:
        name, value = declaration.name, declaration.value
        if name in _FORBIDDEN_PROPERTY:
            yield f"{where}: {name} ({_FORBIDDEN_PROPERTY[name]})"
        for pattern, why in _FORBIDDEN_VALUE.items():
            if re.search(pattern, value):
                yield f"{where}: {name}: {value} ({why})"
        if name == "gap" and (before != f"grid-gap:{value}" or "flex" in names.get("display", "")):
            yield f"{where}: gap stands only in a grid, right after grid-gap with the same value"
        if name == "font-weight" and value not in {"400", "700", "inherit"}:
            yield f"{where}: font-weight {value}: Chinese system fonts have 400 and 700 only"
        if name == "font-style" and value == "italic":
            yield f"{where}: no italics in Chinese"
        if name == "font-size" and value.endswith("px"):
            yield f"{where}: font-size {value}: sizes are rem, so that one number scales everything"
        before = str(declaration)


# --- the command ---


def outputs() -> dict[Path, str]:
    """Every built file with its text. Raises `StyleError` when a source breaks a rule."""
    texts = {name: (SOURCES / f"{name}.css").read_text(encoding="utf-8") for name in NAMES}
    faults = [f"{name}.css {fault}" for name, text in texts.items() for fault in lint(text)]
    if faults:
        raise StyleError("\n".join(faults))
    tokens = tokens_of(parse(texts["site"]))
    return {BUILT / f"{name}.css": build(text, tokens) for name, text in texts.items()}


def main(arguments: list[str] | None = None) -> int:
    """Build, or with `--check` say whether the committed files are what the sources build."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a built file differs")
    check = parser.parse_args(arguments).check
    try:
        built = outputs()
    except StyleError as error:
        print(error, file=sys.stderr)
        return 1
    for path, text in built.items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{path.relative_to(ROOT)} is not what its source builds: run tools/build_css.py", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
