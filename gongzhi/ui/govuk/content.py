"""What a page says: text, lists, tables, tags and the summary of what went wrong."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from gongzhi.ui.govuk.markup import (
    NOTHING,
    Options,
    block,
    classes,
    content,
    extra,
    messages,
    part,
    printed,
    suffixed,
    tag,
    truthy,
)


def accordion(options: Options) -> SafeString:
    """Sections that open one by one; without the script all are open."""
    own_id = printed(options.get("id"))
    remember = options.get("rememberExpanded")
    attributes = {
        "class": suffixed(options, "govuk-accordion"),
        "data-module": "govuk-accordion",
        "id": own_id,
        **messages("hide-all-sections", options.get("hideAllSectionsText")),
        **messages("hide-section", options.get("hideSectionText")),
        **messages("hide-section-aria-label", options.get("hideSectionAriaLabelText")),
        **messages("show-all-sections", options.get("showAllSectionsText")),
        **messages("show-section", options.get("showSectionText")),
        **messages("show-section-aria-label", options.get("showSectionAriaLabelText")),
        "data-remember-expanded": None if remember is None else printed(remember),
        **extra(options),
    }
    level = int(options.get("headingLevel") or 2)
    sections = [
        _section(item, own_id, index, level) for index, item in enumerate(options.get("items") or (), 1) if item
    ]
    return block("div", attributes, *sections)


def _section(item: Options, own_id: str, index: int, level: int) -> SafeString:
    css = "govuk-accordion__section"
    heading, summary, inside = part(item, "heading"), part(item, "summary"), part(item, "content")
    summary_text, text = content(summary), content(inside)
    if text and not truthy(inside.get("html")):
        text = block("p", {"class": "govuk-body"}, text)
    button = block("span", {"class": f"{css}-button", "id": f"{own_id}-heading-{index}"}, content(heading))
    header = block(
        "div",
        {"class": f"{css}-header"},
        block(f"h{level}", {"class": f"{css}-heading"}, button),
        summary_text
        and block("div", {"class": f"{css}-summary govuk-body", "id": f"{own_id}-summary-{index}"}, summary_text),
    )
    return block(
        "div",
        {"class": classes(css, item.get("expanded") and f"{css}--expanded")},
        header,
        block("div", {"id": f"{own_id}-content-{index}", "class": f"{css}-content"}, text),
    )


def details(options: Options) -> SafeString:
    """A line that opens to more."""
    attributes = {
        "id": options.get("id") or None,
        "class": suffixed(options, "govuk-details"),
        **extra(options),
        "open": bool(options.get("open")),
    }
    summary = block("span", {"class": "govuk-details__summary-text"}, content(options, "summaryHtml", "summaryText"))
    return block(
        "details",
        attributes,
        block("summary", {"class": "govuk-details__summary"}, summary),
        block("div", {"class": "govuk-details__text"}, content(options)),
    )


def error_summary(options: Options) -> SafeString:
    """Everything that is wrong on the page, each with a link to where it can be put right."""
    items = []
    for item in options.get("errorList") or ():
        text = content(item)
        items.append(
            block("li", {}, tag("a", {"href": item["href"], **extra(item)}, text) if item.get("href") else text)
        )
    focus = options.get("disableAutoFocus")
    attributes = {
        "class": suffixed(options, "govuk-error-summary"),
        "data-disable-auto-focus": None if focus is None else printed(focus),
        **extra(options),
        "data-module": "govuk-error-summary",
    }
    title = block("h2", {"class": "govuk-error-summary__title"}, content(options, "titleHtml", "titleText"))
    description = content(options, "descriptionHtml", "descriptionText")
    body = block(
        "div",
        {"class": "govuk-error-summary__body"},
        description and block("p", {}, description),
        block("ul", {"class": "govuk-list govuk-error-summary__list"}, *items) if items else NOTHING,
    )
    # The alert is a box of its own: the script moves the focus to the outer one, and both at once would lose words.
    return block("div", attributes, block("div", {"role": "alert"}, title, body))


def feedback(options: Options) -> SafeString:
    """An invitation to say how the service did."""
    heading = f"h{int(options.get('headingLevel') or 2)}"
    text = content(options)
    if text and not truthy(options.get("html")):
        text = block("p", {"class": "govuk-body"}, text)
    column = block(
        "div",
        {"class": "govuk-grid-column-two-thirds"},
        block(heading, {"class": "govuk-feedback__title"}, content(options, "titleHtml", "titleText")),
        text and block("div", {"class": "govuk-feedback__body"}, text),
    )
    attributes = {"class": suffixed(options, "govuk-feedback govuk-width-container"), **extra(options)}
    return block("div", attributes, block("div", {"class": "govuk-grid-row"}, column))


def inset_text(options: Options) -> SafeString:
    """A paragraph set apart from the rest."""
    attributes = {"id": options.get("id") or None, "class": suffixed(options, "govuk-inset-text"), **extra(options)}
    return block("div", attributes, content(options))


def phase_banner(options: Options) -> SafeString:
    """What stage the service is in."""
    label = part(options, "tag")
    css = "govuk-phase-banner"
    text = block(
        "p",
        {"class": f"{css}__content"},
        tag_(
            {"text": label.get("text"), "html": label.get("html"), "classes": suffixed(label, f"{css}__content__tag")}
        ),
        block("span", {"class": f"{css}__text"}, content(options)),
    )
    return block("div", {"class": suffixed(options, f"{css} govuk-width-container"), **extra(options)}, text)


def summary_list(options: Options) -> SafeString:
    """Names and values, each with what can be done about it; in a card when it has a title."""
    rows = [row for row in options.get("rows") or () if row]
    with_actions = any(part(row, "actions").get("items") for row in rows)
    card = options.get("card")
    title = part(part(options, "card"), "title")
    listed = block(
        "dl",
        {"class": suffixed(options, "govuk-summary-list"), **extra(options)},
        *(_summary_row(row, with_actions, title) for row in rows),
    )
    return _summary_card(part(options, "card"), listed) if truthy(card) else listed


def _summary_row(row: Options, with_actions: bool, title: Options) -> SafeString:
    css = "govuk-summary-list"
    key, value, actions = part(row, "key"), part(row, "value"), part(row, "actions")
    items = actions.get("items") or ()
    bare = with_actions and "items" not in actions and f"{css}__row--no-actions"
    return block(
        "div",
        {"class": classes(f"{css}__row", bare, row.get("classes"))},
        block("dt", {"class": suffixed(key, f"{css}__key")}, content(key)),
        block("dd", {"class": suffixed(value, f"{css}__value")}, content(value)),
        block("dd", {"class": suffixed(actions, f"{css}__actions")}, _summary_actions(items, title))
        if items
        else NOTHING,
    )


def _summary_actions(items: list[Options], title: Options) -> SafeString:
    css = "govuk-summary-list__actions-list"
    if len(items) == 1:
        return _action_link(items[0], title)
    return block(
        "ul", {"class": css}, *(block("li", {"class": f"{css}-item"}, _action_link(item, title)) for item in items)
    )


def _action_link(item: Options, title: Options) -> SafeString:
    """A link whose hidden words say what it is about, so that ten times "Change" are ten different links."""
    about, card = item.get("visuallyHiddenText"), content(title)
    hidden = (f" {printed(about)}" if about else "") + (f" ({card})" if title else "")
    attributes = {"class": suffixed(item, "govuk-link"), "href": printed(item.get("href")), **extra(item)}
    return tag(
        "a",
        attributes,
        content(item),
        tag("span", {"class": "govuk-visually-hidden"}, SafeString(hidden)) if hidden else NOTHING,
    )


def _summary_card(options: Options, listed: SafeString) -> SafeString:
    css = "govuk-summary-card"
    title, actions = part(options, "title"), part(options, "actions")
    heading = f"h{int(title.get('headingLevel') or 2)}"
    items = actions.get("items") or ()
    own = {"class": suffixed(actions, f"{css}__actions")}
    if len(items) > 1:
        buttons = block(
            "ul", own, *(block("li", {"class": f"{css}__action"}, _action_link(item, title)) for item in items)
        )
    else:
        buttons = block("div", own, _action_link(items[0], title)) if items else NOTHING
    return block(
        "div",
        {"class": suffixed(options, css), **extra(options)},
        block(
            "div",
            {"class": f"{css}__title-wrapper"},
            block(heading, {"class": suffixed(title, f"{css}__title")}, content(title)) if title else NOTHING,
            buttons,
        ),
        block("div", {"class": f"{css}__content"}, listed),
    )


def table(options: Options) -> SafeString:
    """Rows and columns."""
    css = "govuk-table"
    caption = options.get("caption")
    head = options.get("head")
    rows = [
        block(
            "tr",
            {"class": f"{css}__row"},
            *(_cell(cell, bool(options.get("firstCellIsHeader")) and index == 0) for index, cell in enumerate(row)),
        )
        for row in options.get("rows") or ()
        if row
    ]
    return block(
        "table",
        {"class": suffixed(options, css), **extra(options)},
        tag("caption", {"class": classes(f"{css}__caption", options.get("captionClasses"))}, caption)
        if caption
        else NOTHING,
        NOTHING
        if head is None
        else block(
            "thead", {"class": f"{css}__head"}, block("tr", {"class": f"{css}__row"}, *(_column(item) for item in head))
        ),
        block("tbody", {"class": f"{css}__body"}, *rows),
    )


def _spans(options: Options) -> dict[str, object]:
    return {
        "colspan": options.get("colspan") or None,
        "rowspan": options.get("rowspan") or None,
        **extra(options),
    }


def _column(item: Options) -> SafeString:
    form = item.get("format") and f"govuk-table__header--{item['format']}"
    attributes = {"scope": "col", "class": suffixed(item, classes("govuk-table__header", form)), **_spans(item)}
    return tag("th", attributes, content(item))


def _cell(cell: Options, is_header: bool) -> SafeString:
    if is_header:
        attributes = {"scope": "row", "class": suffixed(cell, "govuk-table__header"), **_spans(cell)}
        return tag("th", attributes, content(cell))
    form = cell.get("format") and f"govuk-table__cell--{cell['format']}"
    return tag("td", {"class": suffixed(cell, classes("govuk-table__cell", form)), **_spans(cell)}, content(cell))


def tag_(options: Options) -> SafeString:
    """A state in one or two words."""
    return block("strong", {"class": suffixed(options, "govuk-tag"), **extra(options)}, content(options))


def task_list(options: Options) -> SafeString:
    """What there is to do, and how far each task has come."""
    prefix = options.get("idPrefix") or "task-list"
    items = [_task(item, f"{prefix}-{index}") for index, item in enumerate(options.get("items") or (), 1) if item]
    return block("ul", {"class": suffixed(options, "govuk-task-list"), **extra(options)}, *items)


def _task(item: Options, prefix: str) -> SafeString:
    css = "govuk-task-list"
    title, status = part(item, "title"), part(item, "status")
    hint_id, status_id = f"{prefix}-hint", f"{prefix}-status"
    has_hint = truthy(item.get("hint"))
    if item.get("href"):
        link = {
            "class": suffixed(title, f"govuk-link {css}__link"),
            "href": item["href"],
            "aria-describedby": classes(has_hint and hint_id, status_id),
        }
        name = block("a", link, content(title))
    else:
        name = block("div", {"class": title.get("classes") or None}, content(title))
    return block(
        "li",
        {"class": suffixed(item, classes(f"{css}__item", item.get("href") and f"{css}__item--with-link"))},
        block(
            "div",
            {"class": f"{css}__name-and-hint"},
            name,
            block("div", {"id": hint_id, "class": f"{css}__hint"}, content(part(item, "hint")))
            if has_hint
            else NOTHING,
        ),
        block(
            "div",
            {"class": suffixed(status, f"{css}__status"), "id": status_id},
            tag_(status["tag"]) if truthy(status.get("tag")) else content(status),
        ),
    )


def warning_text(options: Options) -> SafeString:
    """A consequence the reader must know before going on."""
    css = "govuk-warning-text"
    hidden = tag("span", {"class": "govuk-visually-hidden"}, options.get("iconFallbackText") or _("Warning"))
    return block(
        "div",
        {"class": suffixed(options, css), **extra(options)},
        tag("span", {"class": f"{css}__icon", "aria-hidden": "true"}, "!"),
        block("strong", {"class": f"{css}__text"}, hidden, content(options)),
    )
