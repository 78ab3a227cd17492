"""Our markup is that of govuk-frontend: every fixture it ships, rendered by us and compared as HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.utils import translation

from gongzhi.ui.govuk import COMPONENTS, REFUSED, render
from gongzhi.ui.govuk.markup import VOID

SHIPPED = 725
MOST_REFUSED = 40

#: Elements in whose surroundings white space is a visible space; beside all others it means nothing.
INLINE = {
    "a",
    "abbr",
    "b",
    "br",
    "button",
    "code",
    "em",
    "i",
    "img",
    "input",
    "label",
    "select",
    "small",
    "span",
    "strong",
}
INLINE |= {"svg", "textarea"}


class Events(HTMLParser):
    """HTML as a list of opened tags, texts and closed tags: equal lists are equal trees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[tuple[Any, ...]] = []
        self.in_textarea = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert len(values) == len(attrs), f"<{tag}> has an attribute twice: {attrs}"
        if "class" in values:
            values["class"] = " ".join(values["class"].split())
        self.events.append(("open", tag, tuple(sorted(values.items()))))
        self.in_textarea = tag == "textarea"

    def handle_endtag(self, tag: str) -> None:
        self.events.append(("close", tag))
        self.in_textarea = False

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        self.events.append(("typed", data) if self.in_textarea else ("text", re.sub(r"[ \t\r\n\f]+", " ", data)))


def normalised(html: str) -> list[tuple[Any, ...]]:
    """Comparable events of a piece of HTML: attribute order and white space that nobody sees do not count."""
    parser = Events()
    parser.feed(html)
    parser.close()
    events = parser.events

    def is_edge(index: int) -> bool:
        return not 0 <= index < len(events) or events[index][1] not in INLINE

    kept = []
    for index, event in enumerate(events):
        if event[0] == "text":
            text = event[1]
            text = text.lstrip(" ") if is_edge(index - 1) else text
            text = text.rstrip(" ") if is_edge(index + 1) else text
            if text:
                kept.append(("text", text))
        else:
            kept.append(event)
    return kept


class Fixture(NamedTuple):
    component: str
    name: str
    options: dict[str, Any]
    #: None where the markup itself is not ours to keep.
    html: str | None

    @property
    def refusal(self) -> str | None:
        return REFUSED.get(self.component) or REFUSED.get(f"{self.component}/{self.name}")


def shipped() -> Iterator[Fixture]:
    for path in sorted((Path(__file__).parent / "fixtures" / "govuk").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        for fixture in data["fixtures"]:
            yield Fixture(data["component"], fixture["name"], fixture["options"], fixture.get("html"))


FIXTURES = list(shipped())
RENDERED = [fixture for fixture in FIXTURES if not fixture.refusal]


@pytest.fixture(autouse=True)
def words_as_written() -> Iterator[None]:
    """The fixtures are English: message ids, whatever the catalogues say."""
    with translation.override(None):
        yield


@pytest.mark.parametrize("fixture", RENDERED, ids=lambda fixture: f"{fixture.component}: {fixture.name}")
def test_a_shipped_fixture_comes_out_the_same(fixture: Fixture) -> None:
    assert fixture.html is not None
    assert normalised(render(fixture.component, fixture.options)) == normalised(fixture.html)


def test_every_fixture_is_rendered_or_refused_with_a_reason(record_property: Callable[[str, object], None]) -> None:
    refused = [fixture for fixture in FIXTURES if fixture.refusal]
    same = [
        fixture
        for fixture in RENDERED
        if normalised(render(fixture.component, fixture.options)) == normalised(fixture.html or "")
    ]
    # Printed above pytest's closing line, whichever process runs this (`pytest_terminal_summary`).
    record_property("figure", f"fixtures {len(same)} of {len(FIXTURES)}, refused {len(refused)}")
    for fixture in refused:
        record_property("figure", f"  refused {fixture.component}: {fixture.name}: {fixture.refusal}")
    assert len(FIXTURES) == SHIPPED
    assert len(same) + len(refused) == SHIPPED
    assert len(refused) <= MOST_REFUSED


def test_every_component_has_fixtures_and_no_refusal_is_idle() -> None:
    names = {fixture.component for fixture in FIXTURES}
    assert names == set(COMPONENTS) | {key for key in REFUSED if "/" not in key}
    assert set(REFUSED) <= names | {f"{fixture.component}/{fixture.name}" for fixture in FIXTURES}


def test_a_refused_component_says_why() -> None:
    with pytest.raises(LookupError, match="crown"):
        render("header", {})
    with pytest.raises(ValueError, match="redirectUrl"):
        render("exit-this-page", {"text": "Leave"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('type="text"', 'type="url"'),  # an attribute's value
        (' name="x"', ""),  # an attribute less
        ("<label", "<label lang"),  # an attribute more
        ("Full name", "Fullname"),  # a word
        ("<label", "<span><label"),  # nesting
        ("</label>\n", "</label>"),  # a space between inline elements
        ('class="govuk-input"', 'class="govuk-input govuk-input--error"'),
    ],
)
def test_the_comparison_notices_a_change(before: str, after: str) -> None:
    html = str(render("input", {"name": "x", "label": {"text": "Full name"}}))
    assert before in html
    assert normalised(html.replace(before, after, 1)) != normalised(html)


def test_the_comparison_overlooks_what_nobody_sees() -> None:
    assert normalised('<p  id="a" class="x  y">\n one\n two </p>\n') == normalised('<p class="x y" id="a">one two</p>')


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_text_is_escaped(component: str) -> None:
    hostile = "<script>alert('x')</script>\"><b>"
    assert "<script>" not in render(component, _with_hostile_text(component, hostile))


def _with_hostile_text(component: str, hostile: str) -> dict[str, Any]:
    """The richest fixture of a component, with every text in it replaced."""

    def replaced(value: Any, key: str) -> Any:
        if isinstance(value, dict):
            return {name: replaced(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [replaced(item, key) for item in value]
        if isinstance(value, str) and not key.lower().endswith("html") and key not in {"slots", "type"}:
            return hostile
        return value

    richest = max((item for item in RENDERED if item.component == component), key=lambda item: len(str(item.options)))
    return {name: replaced(value, name) for name, value in richest.options.items() if name != "slots"}
