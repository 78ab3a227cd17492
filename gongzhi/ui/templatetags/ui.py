"""The components. Loaded into every template, so no page needs `{% load %}`. The gallery shows each with its source.

Everything here escapes what it is given, writes no style attribute and no script, and works on an engine of 2018.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from gongzhi.core.times import local
from gongzhi.ui import scripts, svg

register = template.Library()

#: What a tone is called in templates, and in the style sheet.
TONES = {"": "", "info": "b", "good": "p", "wait": "a", "bad": "r"}

SPRITE = Path(__file__).resolve().parent.parent / "templates" / "ui" / "sprite.html"


# --- small pieces ---


@lru_cache(maxsize=1)
def icons() -> frozenset[str]:
    """The names in the sprite."""
    return frozenset(re.findall(r'id="i-([\w-]+)"', SPRITE.read_text(encoding="utf-8")))


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A picture that says nothing on its own: `{% icon "search" %}`. Raises `ValueError` for an unknown name."""
    if name not in icons():
        raise ValueError(f"there is no icon {name!r}")
    return format_html(
        '<svg class="i{}" aria-hidden="true" focusable="false"><use href="#i-{}" xlink:href="#i-{}"></use></svg>',
        f" {css}" if css else "", name, name,
    )  # fmt: skip


@register.simple_tag
def mark() -> SafeString:
    """The platform's mark."""
    return svg.MARK


@register.simple_tag
def wave(shape: str = "slim") -> SafeString:
    """The wave scales behind a head band: `slim`, `hero` or `tall`. One of each shape a page."""
    return svg.wave(shape)


@register.simple_tag
def tag_(label: Any, tone: str = "", icon_name: str = "") -> SafeString:
    """A pill with a word: `{% tag_ _("Registered") "good" "check" %}`. The word carries the meaning, never the colour."""
    picture = icon(icon_name) if icon_name else ""
    return format_html('<span class="tag{}">{}{}</span>', f" {TONES[tone]}" if tone else "", picture, label)


#: How a standing looks; the words come from the register.
_STANDINGS = {
    "normal": ("good", "check"),
    "limited": ("wait", "triangle-alert"),
    "liquidation": ("wait", "triangle-alert"),
    "abnormal": ("wait", "triangle-alert"),
    "untrustworthy": ("bad", "circle-alert"),
}


@register.simple_tag
def standing_tag(standing: str, label: Any) -> SafeString:
    """The pill of an organization's standing. Ended and unknown standings are grey."""
    tone, picture = _STANDINGS.get(str(standing), ("", ""))
    return tag_(label, tone, picture)


@register.filter
def date(value: Any, pattern: str = "") -> SafeString:
    """Every date of a page: `{{ org.registered_on|date }}`, one unbreakable `<time>`; moments in Chinese time.

    Takes the place of Django's filter, so `pattern` is a Django date format. Nothing becomes nothing; what is not a
    date is shown as it is. In an attribute write `{{ value.isoformat }}` instead.
    """
    if value is None or value == "":
        return mark_safe("")
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            return conditional_escape(value)
    if isinstance(value, dt.datetime):
        value = local(value) if timezone.is_aware(value) else value
        text = formats.date_format(value, pattern or "DATETIME_FORMAT")
        return format_html('<time class="d tn" datetime="{}">{}</time>', value.isoformat(timespec="minutes"), text)
    if isinstance(value, dt.date):
        text = formats.date_format(value, pattern or "DATE_FORMAT")
        return format_html('<time class="d tn" datetime="{}">{}</time>', value.isoformat(), text)
    return conditional_escape(str(value))


@register.filter
def number(value: Any) -> SafeString:
    """A count with thousands separated, in figures of one width. What is not a number is shown as it is."""
    text = formats.number_format(value, force_grouping=True) if isinstance(value, int | float) else value
    return format_html('<span class="tn">{}</span>', text)


@register.filter
def highlight(text: Any, query: Any) -> SafeString:
    """`text` with every word of `query` marked, whatever its case. Both are text, never HTML."""
    text, words = str(text), sorted(set(str(query or "").split()), key=len, reverse=True)
    if not words:
        return conditional_escape(text)
    parts = re.split("(" + "|".join(re.escape(word) for word in words) + ")", text, flags=re.IGNORECASE)
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", p) if at % 2 else p,) for at, p in enumerate(parts))
    )


HAN = re.compile(r"[\u3400-\u9fff]")


@register.filter
def zh(value: Any) -> Any:
    """Data as it was written: on a page in another language, Chinese words say that they are Chinese.

    A reading voice then speaks them as such, and the test that looks for untranslated text passes them over.
    """
    if (get_language() or "").startswith("zh") or not HAN.search(str(value)):
        return value
    return format_html('<span lang="zh-CN">{}</span>', value)


@register.simple_tag
def kind_seal(kind: str, size: str = "", ended: bool = False) -> SafeString:
    """The square seal of a kind of organization, grey when it has ended; `size` may be `big`.

    Hidden from screen readers, because the kind stands beside it in words.
    """
    seals = {
        "social_group": pgettext("seal", "Group"),
        "service": pgettext("seal", "Serv"),
        "foundation": pgettext("seal", "Fund"),
        "overseas_office": pgettext("seal", "Office"),
        "community_group": pgettext("seal", "Filed"),
    }
    text = seals.get(str(kind), "?")
    css = " ".join(
        part
        for part in ("ks", "big" if size == "big" else "", "x" if ended else "", "lat" if text.isascii() else "")
        if part
    )
    return format_html('<span class="{}" aria-hidden="true"><span>{}</span></span>', css, text)


@register.simple_tag
def credit_code(code: str, label: Any = "", copy: bool = True) -> SafeString:
    """A credit code or number, selected as a whole, with a copy button where scripts run."""
    said = format_html('<span class="small muted">{}</span> ', label) if label else ""
    text = format_html('{}<span class="code">{}</span>', said, code)
    if not copy:
        return text
    return format_html(
        '{} <button type="button" class="btn g t js-only" data-copy="{}" data-done="{}">{}{}<span class="vh"> {}</span></button>',
        text, code, _("Copied"), icon("copy"), _("Copy"), label or _("the code"),
    )  # fmt: skip


# --- drawings with their figures ---


@register.simple_tag
def spark(values: Sequence[float], tone: str = "") -> SafeString:
    """A small line of how a figure moved. Put the figures themselves beside it."""
    return svg.spark_line(values, {"info": "", "good": "p", "wait": "a", "key": "c"}.get(tone, ""))


@register.inclusion_tag("ui/bar.html")
def bar(rows: Sequence[tuple[Any, float]], caption: Any, unit: Any = "") -> dict[str, Any]:
    """Columns from `(label, value)` pairs, and the same figures as a table that everybody can read."""
    return {
        "drawing": svg.bar_columns([value for _label, value in rows]),
        "rows": rows,
        "caption": caption,
        "unit": unit,
    }


@register.simple_tag
def bar_of(part: float, whole: float) -> SafeString:
    """A thin bar of a part of the whole; say the figures in words beside it."""
    return svg.bar_line(part, whole)


# --- boxes ---


@register.simple_block_tag
def card(content: str, css: str = "", element: str = "div") -> SafeString:
    """A white card around anything: `{% card %}…{% endcard %}`. `element` is `div`, `section`, `article` or `li`."""
    if element not in {"div", "section", "article", "li"}:
        raise ValueError(f"a card is no <{element}>")
    return format_html(
        '<{} class="card{}">{}</{}>', mark_safe(element), f" {css}" if css else "", content, mark_safe(element)
    )


@register.simple_block_tag
def panel(
    content: str, title: Any = "", name: str = "", url: str = "", link: Any = "", note: Any = "", css: str = ""
) -> SafeString:
    """A card with a heading: `{% panel title=_("History") name="history" %}…{% endpanel %}`.

    `name` becomes the heading's id and makes the panel a landmark; `url` and `link` make a link beside the heading,
    `note` a short text there.
    """
    css = f" {css}" if css else ""
    heading_id = format_html(' id="{}"', name) if name else ""
    heading = format_html("<h2{}>{}</h2>", heading_id, title) if title else ""
    if url and link:
        heading = format_html('<div class="ph">{}<a href="{}">{}</a></div>', heading, url, link)
    elif note:
        heading = format_html('<div class="ph">{}<span class="small muted">{}</span></div>', heading, note)
    labelled = format_html(' aria-labelledby="{}"', name) if name and title else ""
    element = mark_safe("section" if labelled else "div")
    return format_html('<{} class="card panel{}"{}>{}{}</{}>', element, css, labelled, heading, content, element)


@register.simple_block_tag
def flag(content: str, tone: str = "info") -> SafeString:
    """A sentence to notice, with an icon: `{% flag "wait" %}…{% endflag %}`."""
    picture = {"info": "info", "good": "circle-check", "wait": "triangle-alert", "bad": "circle-alert"}[tone]
    return format_html('<div class="flag {}">{}<div>{}</div></div>', TONES[tone], icon(picture), content)


@register.simple_tag
def kpi(
    label: Any, value: Any, unit: Any = "", url: str = "", values: Sequence[float] = (), tone: str = ""
) -> SafeString:
    """One figure with its name; stands in `<dl class="kpis">`. `values` draws how it moved."""
    figure = number(value)
    if url:
        figure = format_html('<a href="{}">{}</a>', url, figure)
    said = format_html("<small>{}</small>", unit) if unit else ""
    return format_html(
        '<div class="kpi"><dt>{}</dt><dd>{}{}{}</dd></div>', label, figure, said, spark(values, tone) if values else ""
    )


@register.inclusion_tag("ui/empty_state.html")
def empty_state(
    title: Any, text: Any = "", icon_name: str = "file-search", url: str = "", action: Any = ""
) -> dict[str, Any]:
    """What stands where nothing is: says why, and what to do."""
    return {"title": title, "text": text, "icon_name": icon_name, "url": url, "action": action}


# --- lists and tables ---


@register.inclusion_tag("ui/timeline.html")
def timeline(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What happened, newest first, with both dates of each: when it took effect, and when the platform learned of it.

    Keys: `title`; `text`, or `old` and `new`, or `changes` as `(label, old, new)`; `valid_from`, `known_from`,
    `source`; `late_days`, said when more than a week; `is_correction`, `is_first`, `url`.
    """
    return {"items": items}


@register.inclusion_tag("ui/marks.html")
def marks_strip(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Dated facts at a glance. Keys: `label`, `value`, `tone` (good, wait, bad or nothing), `since`, `note`, `url`."""
    shown = [{**item, "css": TONES.get(str(item.get("tone", "")), "")} for item in items]
    return {"items": shown, "columns": {3: "three"}.get(len(shown), "four")}


@register.inclusion_tag("ui/facts.html")
def facts_table(rows: Sequence[Mapping[str, Any]], caption: Any, wrong_url: str = "") -> dict[str, Any]:
    """The register's items; on a phone every row is a block. Keys: `label`, `value`, `since`, `source`,
    `confirmed_on`; `now` when this is a past day and today's value differs; `missing` where no source states it.
    `wrong_url` is where somebody says that an item (key `item`) is wrong."""
    return {"rows": rows, "caption": caption, "wrong_url": wrong_url}


@register.inclusion_tag("ui/tabs.html")
def tabs(items: Sequence[Mapping[str, Any]], label: Any) -> dict[str, Any]:
    """Views of one thing, as links. Keys: `label`, `url`, `current`, `count`."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/chips.html")
def chips(items: Sequence[Mapping[str, Any]], clear_url: str = "") -> dict[str, Any]:
    """Conditions in force; following one removes it. Keys: `label`, `url`. `clear_url` removes them all."""
    return {"items": items, "clear_url": clear_url}


@register.inclusion_tag("ui/pagination.html")
def pagination(previous_url: str | None, next_url: str | None, note: Any = "") -> dict[str, Any]:
    """Previous and next page of a list by cursor. Nothing at all when there is only one page and no note."""
    return {"previous_url": previous_url, "next_url": next_url, "note": note}


@register.inclusion_tag("ui/breadcrumbs.html")
def breadcrumbs(*parts: Any) -> dict[str, Any]:
    """Where this page stands: label, URL, label, URL, …, and at the end the page's own label alone."""
    pairs = [(parts[at], parts[at + 1]) for at in range(0, len(parts) - 1, 2)]
    return {"pairs": [pair for pair in pairs if pair[1]], "here": parts[-1] if len(parts) % 2 else ""}


# --- addresses and scripts ---


@register.simple_tag(takes_context=True)
def query_with(context: Context, **changes: Any) -> str:
    """This page's query with some parameters changed: `href="{% query_with sort="name" cursor=None %}"`.

    None removes a parameter, a list repeats it.
    """
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query.setlist(name, [str(part) for part in value] if isinstance(value, list | tuple) else [str(value)])
    text = urlencode([(name, value) for name, values in query.lists() for value in values])
    return conditional_escape(f"?{text}")


@register.simple_tag(takes_context=True)
def ui_script(context: Context, *names: str) -> SafeString:
    """Scripts in loading order: `{% ui_script "htmx" "govuk" "portal/search.js" %}`.

    A page with htmx sets `request.writes_html_by_script`, because its headers must then go without Trusted Types.
    """
    request = context.get("request")
    tags = []
    for script in scripts.in_order(names):
        if script.writes_html and request is not None:
            request.writes_html_by_script = True
        how = mark_safe('type="module"' if script.module else "defer")
        tags.append(format_html('<script {} src="{}"></script>', how, static(script.path)))
    return mark_safe("\n".join(tags))


@register.simple_tag
def form_styles() -> SafeString:
    """The form layer's style sheet; stands before our own, which is its skin."""
    return format_html('<link rel="stylesheet" href="{}">', static(scripts.GOVUK_CSS))


@register.simple_tag
def static_prefix() -> str:
    """Where static files begin, without asking for a file's hash: for the page shown when everything else failed."""
    return str(settings.STATIC_URL)
