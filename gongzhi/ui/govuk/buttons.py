"""Things to press, and the banners that carry them."""

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
    lines,
    part,
    suffixed,
    tag,
    truthy,
)

START_ICON = SafeString(
    '<svg class="govuk-button__start-icon" xmlns="http://www.w3.org/2000/svg" width="17.5" height="19"'
    ' viewBox="0 0 33 40" aria-hidden="true" focusable="false">\n'
    '<path fill="currentColor" d="M0 0h13l20 20-20 20H0l20-20z"/>\n</svg>'
)


def button(options: Options) -> SafeString:
    """A button, or a link that looks like one when it has an `href`."""
    start = bool(options.get("isStartButton"))
    common = {
        "class": classes(suffixed(options, "govuk-button"), start and "govuk-button--start"),
        "data-module": "govuk-button",
        **extra(options),
        "id": options.get("id") or None,
    }
    text = content(options)
    if start and truthy(options.get("html")):
        text = tag("span", {}, text)
    inner = lines(text, START_ICON if start else NOTHING)
    if options.get("href"):
        return block("a", {"href": options["href"], "role": "button", "draggable": "false", **common}, inner)
    disabled = bool(options.get("disabled"))
    prevent = options.get("preventDoubleClick")
    own = {
        "type": options.get("type") or "submit",
        "value": options.get("value") or None,
        "name": options.get("name") or None,
        "disabled": disabled,
        "aria-disabled": "true" if disabled else None,
        "data-prevent-double-click": None if prevent is None else str(prevent).lower(),
    }
    return block("button", {**own, **common}, inner)


def cookie_banner(options: Options) -> SafeString:
    """A notice above the page with one message at a time and answers to it."""
    attributes = {
        "class": suffixed(options, "govuk-cookie-banner"),
        "data-nosnippet": True,
        "role": "region",
        "aria-label": options.get("ariaLabel") or _("Cookie banner"),
        "hidden": bool(options.get("hidden")),
        **extra(options),
    }
    return block("div", attributes, *(_banner_message(message) for message in options.get("messages") or ()))


def _banner_message(message: Options) -> SafeString:
    heading = content(message, "headingHtml", "headingText")
    text = content(message)
    if not truthy(message.get("html")) and text:
        text = tag("p", {"class": "govuk-body"}, text)
    column = block(
        "div",
        {"class": "govuk-grid-column-two-thirds"},
        heading and block("h2", {"class": "govuk-cookie-banner__heading govuk-heading-m"}, heading),
        block("div", {"class": "govuk-cookie-banner__content"}, text),
    )
    actions = message.get("actions")
    attributes = {
        "class": classes("govuk-cookie-banner__message", message.get("classes"), "govuk-width-container"),
        "role": message.get("role") or None,
        **extra(message),
        "hidden": bool(message.get("hidden")),
    }
    return block(
        "div",
        attributes,
        block("div", {"class": "govuk-grid-row"}, column),
        block("div", {"class": "govuk-button-group"}, *map(action, actions)) if actions is not None else NOTHING,
    )


def action(options: Options, button_classes: str = "", link_classes: str = "govuk-link") -> SafeString:
    """A button, or a plain link when there is somewhere to go and nothing asks for a button."""
    if not options.get("href") or options.get("type") == "button":
        return button(
            {
                **options,
                "html": None,
                "type": options.get("type") or "button",
                "classes": suffixed(options, button_classes),
            }
        )
    attributes = {"class": suffixed(options, link_classes), "href": options["href"], **extra(options)}
    return tag("a", attributes, options.get("text"))


def exit_this_page(options: Options) -> SafeString:
    """A button to leave the page at once. `redirectUrl` is required: this platform has no address of its own for it."""
    if not options.get("redirectUrl"):
        raise ValueError("exit-this-page needs a redirectUrl")
    attributes = {
        "id": options.get("id") or None,
        "class": suffixed(options, "govuk-exit-this-page"),
        "data-module": "govuk-exit-this-page",
        **extra(options),
        "data-i18n.activated": options.get("activatedText") or None,
        "data-i18n.timed-out": options.get("timedOutText") or None,
        "data-i18n.press-two-more-times": options.get("pressTwoMoreTimesText") or None,
        "data-i18n.press-one-more-time": options.get("pressOneMoreTimeText") or None,
    }
    default = _('<span class="govuk-visually-hidden">Emergency</span> Exit this page')
    leave = button(
        {
            "html": options.get("html") if options.get("html") or options.get("text") else default,
            "text": options.get("text"),
            "classes": "govuk-button--warning govuk-exit-this-page__button govuk-js-exit-this-page-button",
            "href": options["redirectUrl"],
            "attributes": {"rel": "nofollow noreferrer"},
        }
    )
    return block("div", attributes, leave)


def notification_banner(options: Options) -> SafeString:
    """Something the reader should know that is not about what they just typed."""
    success = options.get("type") == "success"
    title_id = options.get("titleId") or "govuk-notification-banner-title"
    heading = f"h{int(options.get('titleHeadingLevel') or 2)}"
    focus = options.get("disableAutoFocus")
    attributes = {
        "class": suffixed(
            options, classes("govuk-notification-banner", success and "govuk-notification-banner--success")
        ),
        # An alert is read out at once; a region is a landmark to move to.
        "role": options.get("role") or ("alert" if success else "region"),
        "aria-labelledby": title_id,
        "data-module": "govuk-notification-banner",
        "data-disable-auto-focus": None if focus is None else str(focus).lower(),
        **extra(options),
    }
    title = content(options, "titleHtml", "titleText") or (_("Success") if success else _("Important"))
    text = content(options)
    if text and not truthy(options.get("html")):
        text = block("p", {"class": "govuk-notification-banner__heading"}, text)
    return block(
        "div",
        attributes,
        block(
            "div",
            {"class": "govuk-notification-banner__header"},
            block(heading, {"class": "govuk-notification-banner__title", "id": title_id}, title),
        ),
        block("div", {"class": "govuk-notification-banner__content"}, text),
    )


def panel(options: Options) -> SafeString:
    """The large box that confirms something was done, or interrupts before it is."""
    interruption = "govuk-panel--interruption" in (options.get("classes") or "")
    heading = f"h{int(options.get('headingLevel') or 1)}"
    text = content(options)
    actions = part(options, "actions")
    attributes = {
        "class": suffixed(options, classes("govuk-panel", not interruption and "govuk-panel--confirmation")),
        **extra(options),
    }
    return block(
        "div",
        attributes,
        block(heading, {"class": "govuk-panel__title"}, content(options, "titleHtml", "titleText")),
        text and block("div", {"class": "govuk-panel__body"}, text),
        _panel_actions(actions) if interruption and "actions" in options else NOTHING,
    )


def _panel_actions(options: Options) -> SafeString:
    items = [
        action(item, "govuk-button--inverse", "govuk-link govuk-link--inverse") for item in options.get("items") or ()
    ]
    row = block("div", {"class": "govuk-button-group"}, *items) if items else NOTHING
    return block("div", {"class": suffixed(options, "govuk-panel__actions"), **extra(options)}, row)
