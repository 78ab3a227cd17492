"""Ways from one page or part of a page to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from gongzhi.ui.govuk.markup import (
    NOTHING,
    Options,
    block,
    classes,
    content,
    extra,
    lines,
    part,
    suffixed,
    tag,
    truthy,
)


def back_link(options: Options) -> SafeString:
    """To the page before this one."""
    attributes = {
        "href": options.get("href") or "#",
        "class": suffixed(options, "govuk-back-link"),
        **extra(options),
    }
    return tag("a", attributes, content(options) or _("Back"))


def breadcrumbs(options: Options) -> SafeString:
    """Where this page stands."""
    items = []
    for item in options.get("items") or ():
        if item.get("href"):
            link = {"class": "govuk-breadcrumbs__link", "href": item["href"], **extra(item)}
            crumb = block("li", {"class": "govuk-breadcrumbs__list-item"}, tag("a", link, content(item)))
        else:
            crumb = tag("li", {"class": "govuk-breadcrumbs__list-item", "aria-current": "page"}, content(item))
        items.append(crumb)
    collapse = options.get("collapseOnMobile") and "govuk-breadcrumbs--collapse-on-mobile"
    attributes = {
        "class": classes(suffixed(options, "govuk-breadcrumbs"), collapse),
        **extra(options),
        "aria-label": options.get("labelText", _("Breadcrumb")),
    }
    return block("nav", attributes, block("ol", {"class": "govuk-breadcrumbs__list"}, *items))


def skip_link(options: Options) -> SafeString:
    """Past the header to the content, for people who use the keyboard."""
    attributes = {
        "href": options.get("href") or "#content",
        "class": suffixed(options, "govuk-skip-link"),
        **extra(options),
        "data-module": "govuk-skip-link",
    }
    return tag("a", attributes, content(options))


def generic_header(options: Options) -> SafeString:
    """A bar with a mark that leads home. The mark is the caller's own."""
    css = "govuk-generic-header"
    link = {"href": options.get("url") or "/", "class": f"{css}__homepage-link"}
    logo = block("div", {"class": f"{css}__logo"}, block("a", link, content(options, "logoHtml", "logoText")))
    container = {"class": f"{css}__container {options.get('containerClasses') or 'govuk-width-container'}"}
    return block("div", {"class": suffixed(options, css), **extra(options)}, block("div", container, logo))


def language_navigation(options: Options) -> SafeString:
    """This page in other languages."""
    css = "govuk-language-navigation"
    attributes = {
        "class": suffixed(options, css),
        **extra(options),
        "aria-label": options.get("ariaLabel", _("Language")),
    }
    items = [block("li", {"class": f"{css}__list-item"}, _language(item, css)) for item in options.get("items") or ()]
    return block("nav", attributes, block("ul", {"class": f"{css}__list"}, *items))


def _language(item: Options, css: str) -> SafeString:
    written = {"lang": item.get("lang") or None, "dir": item.get("dir") or None, **extra(item)}
    if item.get("current") or not item.get("href"):
        return tag("span", {"class": suffixed(item, f"{css}__text"), "aria-current": "true", **written}, content(item))
    link = {
        "class": suffixed(item, f"{css}__link"),
        "href": item["href"],
        "rel": "alternate",
        "hreflang": item.get("hrefLang") or item.get("lang") or None,
        **written,
    }
    described = item.get("languageDescriptionText")
    hidden = tag("span", {"class": "govuk-visually-hidden"}, " ", described) if described else NOTHING
    return tag("a", link, content(item), hidden, "\n")


def _arrow(direction: str, path: str) -> SafeString:
    return SafeString(
        f'<svg class="govuk-pagination__icon govuk-pagination__icon--{direction}" xmlns="http://www.w3.org/2000/svg"'
        f' height="13" width="15" aria-hidden="true" focusable="false" viewBox="0 0 15 13">\n<path d="{path}"></path>\n'
        "</svg>"
    )


ARROWS = {
    "prev": _arrow(
        "prev",
        "m6.5938-0.0078125-6.7266 6.7266 6.7441 6.4062 1.377-1.449-4.1856-3.9768h12.896v-2h-12.984l4.2931-4.293"
        "-1.414-1.414z",
    ),
    "next": _arrow(
        "next",
        "m8.107-0.0078125-1.4136 1.414 4.2926 4.293h-12.986v2h12.896l-4.1855 3.9766 1.377 1.4492 6.7441-6.4062"
        "-6.7246-6.7266z",
    ),
}


def pagination(options: Options) -> SafeString:
    """Pages of a list by number, or the page before and the page after."""
    items = options.get("items")
    previous, following = part(options, "previous"), part(options, "next")
    stacked = items is None and ("previous" in options or "next" in options)
    attributes = {
        "class": suffixed(options, classes("govuk-pagination", stacked and "govuk-pagination--block")),
        "aria-label": options.get("landmarkLabel") or _("Pagination"),
        **extra(options),
    }
    back = content(previous) or SafeString(_('Previous<span class="govuk-visually-hidden"> page</span>'))
    forth = content(following) or SafeString(_('Next<span class="govuk-visually-hidden"> page</span>'))
    return block(
        "nav",
        attributes,
        _arrow_link(previous, "prev", back, stacked) if previous.get("href") else NOTHING,
        NOTHING
        if items is None
        else block("ul", {"class": "govuk-pagination__list"}, *(_page(item) for item in items if item)),
        _arrow_link(following, "next", forth, stacked) if following.get("href") else NOTHING,
    )


def _arrow_link(link: Options, direction: str, text: SafeString, stacked: bool) -> SafeString:
    named = link.get("labelText")
    plain = stacked and not named and "govuk-pagination__link-title--decorated"
    title = block("span", {"class": classes("govuk-pagination__link-title", plain)}, text)
    name = (
        lines(
            tag("span", {"class": "govuk-visually-hidden"}, ":"),
            tag("span", {"class": "govuk-pagination__link-label"}, named),
        )
        if named and stacked
        else NOTHING
    )
    first = stacked or direction == "prev"
    attributes = {"class": "govuk-link govuk-pagination__link", "href": link["href"], "rel": direction, **extra(link)}
    arrow = ARROWS[direction]
    inner = lines(arrow if first else NOTHING, title, name, NOTHING if first else arrow)
    return block("div", {"class": f"govuk-pagination__{direction}"}, block("a", attributes, inner))


def _page(item: Options) -> SafeString:
    css = "govuk-pagination__item"
    attributes = {
        "class": classes(css, item.get("current") and f"{css}--current", item.get("ellipsis") and f"{css}--ellipsis")
    }
    if item.get("ellipsis"):
        return block("li", attributes, "⋯")
    link = {
        "class": "govuk-link govuk-pagination__link",
        "href": item.get("href") or "",
        "aria-label": item.get("visuallyHiddenText", _("Page %(number)s") % {"number": item.get("number")}),
        "aria-current": "page" if item.get("current") else None,
        **extra(item),
    }
    return block("li", attributes, block("a", link, item.get("number")))


def tabs(options: Options) -> SafeString:
    """Parts of one page behind tabs; without the script, a list of links above the parts."""
    heads, panels = [], []
    items = options.get("items") or ()
    for index, item in enumerate(items, 1):
        if not item:
            continue
        panel_id = item.get("id") or f"{options.get('idPrefix') or ''}-{index}"
        link = {"class": "govuk-tabs__tab", "href": f"#{panel_id}", **extra(item)}
        selected = index == 1 and "govuk-tabs__list-item--selected"
        heads.append(
            block("li", {"class": classes("govuk-tabs__list-item", selected)}, block("a", link, item.get("label")))
        )
        panel = part(item, "panel")
        text = content(panel)
        if text and not truthy(panel.get("html")):
            text = tag("p", {"class": "govuk-body"}, text)
        hidden = index > 1 and "govuk-tabs__panel--hidden"
        panels.append(
            block("div", {"class": classes("govuk-tabs__panel", hidden), "id": panel_id, **extra(panel)}, text)
        )
    attributes = {
        "id": options.get("id") or None,
        "class": suffixed(options, "govuk-tabs"),
        **extra(options),
        "data-module": "govuk-tabs",
    }
    return block(
        "div",
        attributes,
        block("h2", {"class": "govuk-tabs__title"}, options.get("title", _("Contents"))),
        block("ul", {"class": "govuk-tabs__list"}, *heads) if items else NOTHING,
        *panels,
    )


def service_navigation(options: Options) -> SafeString:
    """The name of the service and its main pages, in one bar. Slots are trusted markup."""
    slots = part(options, "slots")
    start, end = _slot(slots.get("start")), slots.get("end")
    end_html = _slot(end.get("html")) if isinstance(end, Mapping) else _slot(end)
    inline = (
        isinstance(end, Mapping) and end.get("align") == "inline" and "govuk-service-navigation__inlining-container"
    )
    bar = block(
        "div",
        {"class": "govuk-service-navigation__container"},
        _service_name(options),
        _service_pages(options, slots),
    )
    inner = block("div", {"class": classes("govuk-width-container", inline)}, start, bar, end_html)
    common = {
        "class": suffixed(options, "govuk-service-navigation"),
        "data-module": "govuk-service-navigation",
        **extra(options),
    }
    # With a name it is a landmark of its own; otherwise the list of pages inside is enough of one.
    if options.get("serviceName") or start or end_html:
        return block("section", {"aria-label": options.get("ariaLabel", _("Service information")), **common}, inner)
    return block("div", common, inner)


def _slot(html: Any) -> SafeString:
    return content({"html": html})


def _service_name(options: Options) -> SafeString:
    name = options.get("serviceName")
    if not name:
        return NOTHING
    if options.get("serviceUrl"):
        link = {"href": options["serviceUrl"], "class": "govuk-service-navigation__link"}
        inner = block("a", link, name)
    else:
        inner = tag("span", {"class": "govuk-service-navigation__text"}, name)
    return block("span", {"class": "govuk-service-navigation__service-name"}, inner)


def _service_pages(options: Options, slots: Options) -> SafeString:
    items = [item for item in options.get("navigation") or () if item]
    before, after = _slot(slots.get("navigationStart")), _slot(slots.get("navigationEnd"))
    if not (items or before or after):
        return NOTHING
    menu = options.get("menuButtonText") or _("Menu")
    navigation_id = options.get("navigationId") or "navigation"
    label = options.get("menuButtonLabel")
    toggle = block(
        "button",
        {
            "type": "button",
            "class": "govuk-service-navigation__toggle govuk-js-service-navigation-toggle",
            "aria-controls": navigation_id,
            "aria-label": label if label and label != menu else None,
            "hidden": True,
            "aria-hidden": "true",
        },
        menu,
    )
    collapse = options.get("collapseNavigationOnMobile", len(items) > 1)
    return block(
        "nav",
        {
            "aria-label": options.get("navigationLabel") or menu,
            "class": classes("govuk-service-navigation__wrapper", options.get("navigationClasses")),
        },
        toggle if collapse else NOTHING,
        block(
            "ul",
            {"class": "govuk-service-navigation__list", "id": navigation_id},
            before,
            *(_service_page(item) for item in items),
            after,
        ),
    )


def _service_page(item: Options) -> SafeString:
    here = bool(item.get("active") or item.get("current"))
    text = content(item)
    if here:
        # Readers who replace colours and styles still see which page is the current one.
        text = tag("strong", {"class": "govuk-service-navigation__active-fallback"}, text)
    current = {"aria-current": ("page" if item.get("current") else "true") if here else None}
    if item.get("href"):
        link = {"class": "govuk-service-navigation__link", "href": item["href"], **current, **extra(item)}
        inner = block("a", link, text)
    elif text:
        inner = block("span", {"class": "govuk-service-navigation__text", **current}, text)
    else:
        inner = NOTHING
    active = here and "govuk-service-navigation__item--active"
    return block("li", {"class": classes("govuk-service-navigation__item", active)}, inner)
