"""Labels, hints, errors and the fields people type into."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from gongzhi.ui.govuk.buttons import button
from gongzhi.ui.govuk.markup import (
    NOTHING,
    Options,
    block,
    classes,
    content,
    extra,
    lines,
    messages,
    part,
    printed,
    same,
    suffixed,
    tag,
    truthy,
)


def label(options: Options) -> SafeString:
    """The name of one control; nothing without text."""
    if not (truthy(options.get("html")) or truthy(options.get("text"))):
        return NOTHING
    attributes = {"class": suffixed(options, "govuk-label"), **extra(options), "for": options.get("for") or None}
    element = block("label", attributes, content(options))
    return block("h1", {"class": "govuk-label-wrapper"}, element) if options.get("isPageHeading") else element


def hint(options: Options) -> SafeString:
    """A sentence that helps to answer."""
    attributes = {"id": options.get("id") or None, "class": suffixed(options, "govuk-hint"), **extra(options)}
    return block("div", attributes, content(options))


def error_message(options: Options) -> SafeString:
    """What is wrong with an answer; listeners hear "Error:" first."""
    spoken = options.get("visuallyHiddenText", _("Error"))
    said = (tag("span", {"class": "govuk-visually-hidden"}, _("%(label)s:") % {"label": spoken}), " ") if spoken else ()
    attributes = {"id": options.get("id") or None, "class": suffixed(options, "govuk-error-message"), **extra(options)}
    return tag("p", attributes, "\n", *said, content(options), "\n")


def fieldset(options: Options, *inner: Any) -> SafeString:
    """Several controls under one legend. `inner` stands in for the `html` option."""
    attributes = {
        "class": suffixed(options, "govuk-fieldset"),
        "role": options.get("role") or None,
        "aria-describedby": options.get("describedBy") or None,
        **extra(options),
    }
    return block("fieldset", attributes, _legend(part(options, "legend")), *(inner or (content(options, text=""),)))


def _legend(options: Options) -> SafeString:
    if not (truthy(options.get("html")) or truthy(options.get("text"))):
        return NOTHING
    text = content(options)
    if options.get("isPageHeading"):
        text = block("h1", {"class": "govuk-fieldset__heading"}, text)
    return block("legend", {"class": suffixed(options, "govuk-fieldset__legend")}, text)


def described(options: Options, prefix: Any, described_by: Any) -> tuple[SafeString, str | None]:
    """The hint and the error of a field, and the ids that describe its control."""
    ids = [described_by] if described_by else []
    parts = []
    for name, component, ending in (("hint", hint, "hint"), ("errorMessage", error_message, "error")):
        if truthy(options.get(name)):
            ids.append(f"{prefix}-{ending}")
            parts.append(component({**part(options, name), "id": ids[-1]}))
    return lines(*parts), " ".join(ids) or None


def group(options: Options, *inner: Any) -> SafeString:
    """The box around one question, marked when its answer is wrong."""
    form_group = part(options, "formGroup")
    error = truthy(options.get("errorMessage")) and "govuk-form-group--error"
    return block(
        "div", {"class": classes("govuk-form-group", error, form_group.get("classes")), **extra(form_group)}, *inner
    )


def _question(options: Options, control_id: Any) -> SafeString:
    return label({**part(options, "label"), "for": control_id})


def _around(options: Options, *controls: Any) -> SafeString:
    """A control with what the caller wants directly before and after it."""
    form_group = part(options, "formGroup")
    return lines(content(part(form_group, "beforeInput")), *controls, content(part(form_group, "afterInput")))


def _spellcheck(options: Options) -> str | None:
    value = options.get("spellcheck")
    return str(printed(value)) if isinstance(value, bool) else None


def input_element(options: Options, described_by: str | None = None) -> SafeString:
    """The bare box of `input`."""
    attributes = {
        "class": classes(
            suffixed(options, "govuk-input"), truthy(options.get("errorMessage")) and "govuk-input--error"
        ),
        "id": printed(options.get("id") or options.get("name")),
        "name": printed(options.get("name")),
        "type": options.get("type") or "text",
        "spellcheck": _spellcheck(options),
        "value": options.get("value"),
        "disabled": options.get("disabled"),
        "aria-describedby": described_by,
        "autocomplete": options.get("autocomplete"),
        "autocapitalize": options.get("autocapitalize"),
        "pattern": options.get("pattern"),
        "inputmode": options.get("inputmode"),
        **extra(options),
    }
    return tag("input", attributes)


def input_(options: Options) -> SafeString:
    """One line of text, with a prefix or suffix such as a currency."""
    control_id = options.get("id") or options.get("name")
    notes, described_by = described(options, control_id, options.get("describedBy"))
    control = input_element(options, described_by)
    prefix, suffix = _affix(options, "prefix"), _affix(options, "suffix")
    around = _around(options, prefix, control, suffix)
    if around != control:
        wrapper = part(options, "inputWrapper")
        around = block("div", {"class": suffixed(wrapper, "govuk-input__wrapper"), **extra(wrapper)}, around)
    return group(options, _question(options, control_id), notes, around)


def _affix(options: Options, kind: str) -> SafeString:
    affix = part(options, kind)
    if not (truthy(affix.get("text")) or truthy(affix.get("html"))):
        return NOTHING
    attributes = {"class": suffixed(affix, f"govuk-input__{kind}"), "aria-hidden": "true", **extra(affix)}
    return tag("div", attributes, content(affix))


def textarea_element(options: Options, described_by: str | None = None) -> SafeString:
    """The bare box of `textarea`."""
    error = truthy(options.get("errorMessage")) and "govuk-textarea--error"
    attributes = {
        "class": classes("govuk-textarea", error, options.get("classes")),
        "id": printed(options.get("id") or options.get("name")),
        "name": printed(options.get("name")),
        "rows": options.get("rows") or 5,
        "spellcheck": _spellcheck(options),
        "disabled": bool(options.get("disabled")),
        "aria-describedby": described_by,
        "autocomplete": options.get("autocomplete") or None,
        **extra(options),
    }
    value = printed(options.get("value"))
    # A browser drops a line break right after the tag, so a text that begins with one gets one more.
    return tag("textarea", attributes, "\n" if value.startswith(("\n", "\r")) else "", value)


def textarea(options: Options) -> SafeString:
    """Several lines of text."""
    control_id = options.get("id") or options.get("name")
    notes, described_by = described(options, control_id, options.get("describedBy"))
    control = _around(options, textarea_element(options, described_by))
    return group(options, _question(options, control_id), notes, control)


def character_count(options: Options) -> SafeString:
    """Several lines of text that say how much room is left."""
    control_id = options.get("id") or options.get("name")
    limit = options.get("maxwords") or options.get("maxlength")
    counts = options.get("countType") or ("words" if options.get("maxwords") else None)
    description = options.get("textareaDescriptionText")
    sentence = description or (
        _("You can enter up to %{count} words") if counts == "words" else _("You can enter up to %{count} characters")
    )
    form_group = part(options, "formGroup")
    count_message = hint(
        {
            "text": sentence.replace("%{count}", str(limit)) if limit else None,
            "id": f"{control_id}-info",
            "classes": suffixed(part(options, "countMessage"), "govuk-character-count__message"),
        }
    )
    attributes = {
        "data-module": "govuk-character-count",
        "data-maxlength": options.get("maxlength"),
        "data-maxwords": options.get("maxwords"),
        "data-threshold": options.get("threshold"),
        "data-count-type": counts,
        # Without a limit the script learns it later, so it needs the sentence with its placeholder.
        **messages("textarea-description", {"other": description} if description and not limit else None),
        **messages("characters-under-limit", options.get("charactersUnderLimitText")),
        **messages("characters-at-limit", options.get("charactersAtLimitText")),
        **messages("characters-over-limit", options.get("charactersOverLimitText")),
        **messages("words-under-limit", options.get("wordsUnderLimitText")),
        **messages("words-at-limit", options.get("wordsAtLimitText")),
        **messages("words-over-limit", options.get("wordsOverLimitText")),
        **extra(form_group),
    }
    return textarea(
        {
            **{name: options.get(name) for name in ("name", "rows", "spellcheck", "value", "label", "hint")},
            **{name: options.get(name) for name in ("errorMessage", "attributes")},
            "id": control_id,
            "describedBy": f"{control_id}-info",
            "classes": suffixed(options, "govuk-js-character-count"),
            "formGroup": {
                "classes": suffixed(form_group, "govuk-character-count"),
                "attributes": {key: {"value": value, "optional": True} for key, value in attributes.items()},
                "beforeInput": form_group.get("beforeInput"),
                "afterInput": {"html": count_message + content(part(form_group, "afterInput"))},
            },
        }
    )


def select_element(options: Options, described_by: str | None = None) -> SafeString:
    """The bare list of `select`. Beyond the macro, an item with `items` is a group of options under its `text`."""
    error = truthy(options.get("errorMessage")) and "govuk-select--error"
    attributes = {
        "class": classes("govuk-select", options.get("classes"), error),
        "id": printed(options.get("id") or options.get("name")),
        "name": printed(options.get("name")),
        "disabled": bool(options.get("disabled")),
        "aria-describedby": described_by,
        **extra(options),
    }
    return block("select", attributes, *_select_items(options, options.get("items") or ()))


def _select_items(options: Options, items: Any) -> list[SafeString]:
    chosen = options.get("value")
    rendered = []
    for item in filter(None, items):
        if "items" in item:
            rendered.append(block("optgroup", {"label": item["text"]}, *_select_items(options, item["items"])))
            continue
        value = item.get("value", item.get("text"))
        selected = item.get("selected") or (
            truthy(chosen) and item.get("selected") is not False and same(value, chosen)
        )
        attributes = {
            "value": printed(item["value"]) if "value" in item else None,
            "selected": bool(selected),
            "disabled": bool(item.get("disabled")),
            **extra(item),
        }
        rendered.append(tag("option", attributes, item.get("text")))
    return rendered


def select(options: Options) -> SafeString:
    """One choice out of a list."""
    control_id = options.get("id") or options.get("name")
    notes, described_by = described(options, control_id, options.get("describedBy"))
    control = _around(options, select_element(options, described_by))
    return group(options, _question(options, control_id), notes, control)


def file_element(options: Options, described_by: str | None = None) -> SafeString:
    """The bare chooser of `file-upload`."""
    error = truthy(options.get("errorMessage")) and "govuk-file-upload--error"
    attributes = {
        "class": classes("govuk-file-upload", options.get("classes"), error),
        "id": printed(options.get("id") or options.get("name")),
        "name": printed(options.get("name")),
        "type": "file",
        "disabled": bool(options.get("disabled")),
        "multiple": bool(options.get("multiple")),
        "aria-describedby": described_by,
        **extra(options),
    }
    return tag("input", attributes)


def file_upload(options: Options) -> SafeString:
    """Files from the reader's machine; with `javascript` also by dropping them."""
    control_id = options.get("id") or options.get("name")
    notes, described_by = described(options, control_id, options.get("describedBy"))
    control = file_element(options, described_by)
    if options.get("javascript"):
        wrapper = {
            "class": classes("govuk-file-upload-wrapper", options.get("wrapperClasses")),
            "data-module": "govuk-file-upload",
            **messages("choose-files-button", options.get("chooseFilesButtonText")),
            **messages("no-file-chosen", options.get("noFileChosenText")),
            **messages("multiple-files-chosen", options.get("multipleFilesChosenText")),
            **messages("drop-instruction", options.get("dropInstructionText")),
            **messages("entered-drop-zone", options.get("enteredDropZoneText")),
            **messages("left-drop-zone", options.get("leftDropZoneText")),
            **extra(options, "wrapperAttributes"),
        }
        control = block("div", wrapper, control)
    return group(options, _question(options, control_id), notes, _around(options, control))


def password_input(options: Options) -> SafeString:
    """A password, with a button that shows it. The button stays hidden until its script runs."""
    control_id = options.get("id") or options.get("name")
    form_group = part(options, "formGroup")
    attributes = {
        "data-module": "govuk-password-input",
        **messages("show-password", options.get("showPasswordText")),
        **messages("hide-password", options.get("hidePasswordText")),
        **messages("show-password-aria-label", options.get("showPasswordAriaLabelText")),
        **messages("hide-password-aria-label", options.get("hidePasswordAriaLabelText")),
        **messages("password-shown-announcement", options.get("passwordShownAnnouncementText")),
        **messages("password-hidden-announcement", options.get("passwordHiddenAnnouncementText")),
        **extra(form_group),
    }
    toggle = button(
        {
            "type": "button",
            "classes": suffixed(
                part(options, "button"),
                "govuk-button--secondary govuk-password-input__toggle govuk-js-password-input-toggle",
            ),
            "text": options.get("showPasswordText", _("Show")),
            "attributes": {
                "aria-controls": control_id,
                "aria-label": options.get("showPasswordAriaLabelText", _("Show password")),
                "hidden": {"value": True, "optional": True},
            },
        }
    )
    return input_(
        {
            **{name: options.get(name) for name in ("label", "hint", "errorMessage", "name", "value", "disabled")},
            **{name: options.get(name) for name in ("describedBy", "attributes")},
            "id": control_id,
            "type": "password",
            "spellcheck": False,
            "autocapitalize": "none",
            "autocomplete": options.get("autocomplete") or "current-password",
            "classes": suffixed(options, "govuk-password-input__input govuk-js-password-input-input"),
            "inputWrapper": {"classes": "govuk-password-input__wrapper"},
            "formGroup": {
                "classes": suffixed(form_group, "govuk-password-input"),
                "attributes": {key: {"value": value, "optional": True} for key, value in attributes.items()},
                "beforeInput": form_group.get("beforeInput"),
                "afterInput": {"html": toggle + content(part(form_group, "afterInput"))},
            },
        }
    )
