"""The style sheets: built from their sources, within the house rules, and small."""

from __future__ import annotations

import gzip
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def tool(name: str) -> ModuleType:
    """A file of tools/, which the product never imports."""
    spec = importlib.util.spec_from_file_location(f"tool_{name}", ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


css = tool("build_css")


def weight(*paths: str) -> int:
    """What these static files weigh on the wire, in bytes."""
    static = ROOT / "gongzhi" / "ui" / "static"
    return sum(len(gzip.compress((static / path).read_bytes(), 9)) for path in paths)


def test_the_committed_files_are_what_the_sources_build() -> None:
    for path, text in css.outputs().items():
        assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "bad",
    [
        ".a { display: flex; gap: 1rem; }",
        ".a { display: grid; gap: 1rem; }",
        ".a { display: flex; grid-gap: 1rem; gap: 1rem; }",
        ".a:has(b) { color: red; }",
        ".a:is(b, c) { color: red; }",
        ".a { color: color-mix(in srgb, red, blue); }",
        ".a { aspect-ratio: 1; }",
        ".a { inset: 0; }",
        ".a { height: 100dvh; }",
        ".a { width: min(10rem, 100%); }",
        ".a { .b { color: red; } }",
        "@layer base { .a { color: red; } }",
        "@media print { .a { .b { color: red; } } }",
        ".a { font-weight: 600; }",
        ".a { font-size: 12px; }",
        ".a { font-style: italic; }",
        '@media print { html[data-theme="dark"] .a { color: red; } }',
        ".a { background: url(//elsewhere.example/a.png); }",
    ],
)
def test_the_lint_finds_what_old_engines_cannot_read(bad: str) -> None:
    assert css.lint(bad)


@pytest.mark.parametrize(
    "good",
    [
        ".a { display: grid; grid-gap: 1rem; gap: 1rem; grid-template-columns: minmax(0, 1fr); }",
        "@supports (aspect-ratio: 1) { .a { aspect-ratio: 1; } }",
        '.a::before { content: "：has( {"; }',
        "@media (max-width: 24em) { .a { padding: calc(1rem - 2px); } }",
    ],
)
def test_the_lint_lets_good_rules_be(good: str) -> None:
    assert css.lint(good) == []


def test_every_var_has_its_literal_twin_before_it() -> None:
    built = css.build(":root { --a: #111; --b: var(--a); } .x { color: var(--b); } .y { color: var(--c, red); }")
    assert ".x{color:#111;color:var(--b)}" in built
    assert ".y{color:red;color:var(--c,red)}" in built
    with pytest.raises(css.StyleError, match="not defined"):
        css.build(".x { color: var(--nowhere); }")


def test_the_automatic_theme_repeats_the_dark_rules() -> None:
    built = css.build('html[data-theme="dark"] .x { color: red; }')
    assert '@media (prefers-color-scheme:dark){html[data-theme="auto"] .x{color:red}}' in built


def test_unbalanced_braces_are_an_error() -> None:
    for bad in (".a { color: red;", ".a { color: red; } }"):
        with pytest.raises(css.StyleError):
            css.build(bad)


def test_check_notices_a_changed_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(css, "BUILT", tmp_path / "built")
    monkeypatch.setattr(css, "ROOT", tmp_path)
    assert css.main([]) == 0
    assert css.main(["--check"]) == 0
    (tmp_path / "built" / "site.css").write_text("x")
    assert css.main(["--check"]) == 1


def test_a_public_page_stays_within_its_budget() -> None:
    """First view of a public page: at most 60 KB compressed; style, form layer and scripts are most of it."""
    shell = weight("ui/site.css", "ui/compat.js", "ui/app.js", "ui/mark.svg")
    assert shell < 14 * 1024
    govuk = ("vendor/govuk-frontend-6.6.0/govuk-frontend.css", "vendor/govuk-frontend-6.6.0/govuk-frontend.js")
    assert shell + weight(*govuk, "ui/forms.js") < 46 * 1024


def test_the_budget_can_fail() -> None:
    assert weight("vendor/govuk-frontend-6.6.0/govuk-frontend.css") > 14 * 1024
