"""The component tags: what they write, that they escape what they are given, and the gallery that shows them all."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from django.template import Context, Template
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import translation

from gongzhi.ui import gallery, scripts, svg
from gongzhi.ui.templatetags import ui

HOSTILE = '"><script>alert(1)</script>'
PACKAGE = Path(__file__).resolve().parent.parent.parent


def render(source: str, request: HttpRequest | None = None, **values: Any) -> str:
    context = Context({**values, "request": request or RequestFactory().get("/orgs/?q=a&kind=b")})
    with translation.override("en"):
        return Template(source).render(context)


def test_a_date_is_one_unbreakable_time_element() -> None:
    day = dt.date(2026, 5, 12)
    assert render("{{ day|date }}", day=day) == '<time class="d tn" datetime="2026-05-12">2026-05-12</time>'
    assert render("{{ day|date }}", day="2026-05-12") == render("{{ day|date }}", day=day)
    assert ">2026<" in render('{{ day|date:"Y" }}', day=day)


def test_a_moment_is_shown_in_chinese_time() -> None:
    moment = dt.datetime(2026, 5, 18, 18, 30, tzinfo=dt.UTC)
    assert ">2026-05-19 02:30<" in render("{{ moment|date }}", moment=moment)


def test_no_date_is_nothing_and_no_rubbish_is_a_date() -> None:
    assert render("{{ day|date }}", day=None) == ""
    assert render("{{ day|date }}", day=HOSTILE) == "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.mark.parametrize(
    "source",
    [
        "{% tag_ x %}",
        "{% standing_tag x x %}",
        "{% kind_seal x %}",
        "{% credit_code x x %}",
        "{{ x|highlight:x }}",
        "{{ x|highlight:'script' }}",
        "{{ x|number }}",
        "{% panel title=x name=x note=x %}{{ x }}{% endpanel %}",
        "{% panel title=x url=x link=x %}{% endpanel %}",
        "{% card css=x %}{{ x }}{% endcard %}",
        "{% flag 'bad' %}{{ x }}{% endflag %}",
        "{% kpi x x x url=x %}",
        "{% empty_state x x url=x action=x %}",
        "{% breadcrumbs x x x %}",
        "{% pagination x x x %}",
        "{% query_with q=x %}",
        "{% tabs items x %}",
        "{% chips items clear_url=x %}",
        "{% marks_strip items %}",
        "{% facts_table items x %}",
        "{% timeline items %}",
        "{% bar bars x x %}",
    ],
)
def test_hostile_text_stays_text(source: str) -> None:
    names = ["label", "url", "value", "note", "since", "source", "confirmed_on", "now", "title", "text", "old", "new"]
    item = dict.fromkeys([*names, "valid_from", "known_from"], HOSTILE)
    written = render(source, x=HOSTILE, items=[item], bars=[(HOSTILE, 1)])
    assert "<script" not in written
    assert '"">' not in written


def test_words_found_are_marked_whatever_their_case() -> None:
    assert render("{{ text|highlight:'AB 助老' }}", text="助老abc") == "<mark>助老</mark><mark>ab</mark>c"
    assert render("{{ text|highlight:'' }}", text="a<b") == "a&lt;b"


@pytest.mark.parametrize("sign", [".", "*", "(", "[a-z]", "a|b", "\\", "^", "$"])
def test_signs_of_patterns_in_a_query_are_letters(sign: str) -> None:
    assert "<mark>" not in render("{{ text|highlight:query }}", text="助老服务", query=sign)
    assert f"<mark>{sign}</mark>" in render("{{ text|highlight:query }}", text=f"甲{sign}乙", query=sign)


def test_query_with_changes_removes_and_keeps() -> None:
    assert render("{% query_with kind=None q='é&' %}") in {"?q=%C3%A9%26"}
    assert render("{% query_with sort='name' %}") == "?q=a&amp;kind=b&amp;sort=name"


def test_an_unknown_icon_or_script_is_an_error_of_the_author() -> None:
    with pytest.raises(ValueError, match="no icon"):
        render("{% icon 'nonsense' %}")
    with pytest.raises(ValueError, match="no script"):
        render("{% ui_script 'nonsense' %}")


def test_every_icon_that_templates_and_code_name_is_in_the_sprite() -> None:
    named: set[str] = set()
    for path in PACKAGE.rglob("*.html"):
        named |= set(re.findall(r"{% icon \"([\w-]+)\"", path.read_text(encoding="utf-8")))
    assert len(named) > 20
    assert named <= ui.icons()


def test_scripts_load_in_contract_order_and_htmx_marks_its_page() -> None:
    request = RequestFactory().get("/")
    written = render("{% ui_script 'portal/own.js' 'govuk' 'htmx' %}", request)
    assert [re.sub(r"\.[0-9a-f]{12}\.", ".", path) for path in re.findall(r'src="/static/([^"]+)"', written)] == [
        scripts.HTMX,
        "ui/forms.js",
        "portal/own.js",
    ]
    assert 'type="module"' in written
    assert getattr(request, "writes_html_by_script", False)
    quiet = RequestFactory().get("/")
    render("{% ui_script 'govuk' 'app' %}", quiet)
    assert not getattr(quiet, "writes_html_by_script", False)


def test_every_named_script_is_a_file() -> None:
    static = PACKAGE / "ui" / "static"
    for script in scripts.NAMED.values():
        assert (static / script.path).is_file()
    assert (static / scripts.GOVUK_CSS).is_file()
    module = (static / "ui" / "forms.js").read_text(encoding="utf-8")
    imported = re.search(r'from "\.\./([^"]+)"', module)
    assert imported
    assert (static / imported[1]).is_file()


def test_drawings_say_nothing_where_there_is_nothing() -> None:
    assert svg.spark_line([]) == ""
    assert svg.spark_line([3]) == ""
    assert svg.bar_columns([]) == ""
    assert 'width="100.0"' in svg.bar_line(9, 3)
    assert 'width="0.0"' in svg.bar_line(1, 0)


def test_the_wave_is_small_and_always_the_same() -> None:
    assert len(svg.wave("hero").encode()) < 24_000
    assert svg.wave("slim") == svg.wave.__wrapped__("slim")


def test_the_gallery_shows_every_component_tag() -> None:
    shown = "".join((gallery.FOLDER / f"{name}.html").read_text(encoding="utf-8") for name, _ in gallery.SHELVES)
    not_boxes = {"query_with", "ui_script", "form_styles", "static_prefix", "mark"}
    missing = {name for name in ui.register.tags if name not in not_boxes and f"{{% {name}" not in shown}
    assert not missing
    assert {name for name in ui.register.filters if f"|{name}" not in shown} == set()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_gallery_renders_without_inline_style_or_script(language: str) -> None:
    request = RequestFactory().get("/ui/")
    with translation.override(language):
        for shelf in gallery.shelves(request):
            assert shelf.source
            assert not re.search(r"\sstyle=|<script|<style|\son\w+=", shelf.shown), shelf.name


def test_no_template_holds_inline_style_script_or_handler() -> None:
    for path in PACKAGE.rglob("templates/**/*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=\"|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=\"", text), path


def test_the_page_for_our_own_faults_needs_nothing() -> None:
    text = get_template("500.html").render()
    assert "<h1>" in text
    assert "/static/ui/site.css" in text
