"""Questions answered by several small controls: checkboxes, radios, the three boxes of a date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.safestring import SafeString

from gongzhi.ui.govuk.fields import described, fieldset, group, hint, input_, label
from gongzhi.ui.govuk.markup import (
    NOTHING,
    Options,
    block,
    classes,
    content,
    extra,
    part,
    printed,
    same,
    suffixed,
    tag,
    truthy,
)


def checkboxes(options: Options) -> SafeString:
    """Any number of answers."""
    described_by = part(options, "fieldset").get("describedBy") or options.get("describedBy")
    return _choices(options, "checkboxes", described_by)


def radios(options: Options) -> SafeString:
    """Exactly one answer."""
    return _choices(options, "radios", part(options, "fieldset").get("describedBy"))


def _is_ticked(item: Options, options: Options) -> bool:
    values = options.get("values") or ()
    return bool(item.get("checked") or (item.get("checked") is not False and item.get("value") in values))


def _is_chosen(item: Options, options: Options) -> bool:
    value = options.get("value")
    return bool(
        item.get("checked") or (truthy(value) and item.get("checked") is not False and same(item.get("value"), value))
    )


def _choices(options: Options, kind: str, described_by: Any) -> SafeString:
    prefix = options.get("idPrefix") or options.get("name")
    notes, ids = described(options, prefix, described_by)
    in_fieldset = truthy(options.get("fieldset"))
    # A fieldset is described once for all of its controls; without one each checkbox has to say it.
    item_ids = ids if kind == "checkboxes" and not in_fieldset else None
    items = [
        _choice(item, options, kind, str(prefix) + (f"-{index}" if index > 1 else ""), item_ids)
        for index, item in enumerate(options.get("items") or (), 1)
        if item
    ]
    form_group = part(options, "formGroup")
    controls = block(
        "div",
        {"class": suffixed(options, f"govuk-{kind}"), **extra(options), "data-module": f"govuk-{kind}"},
        content(part(form_group, "beforeInputs")),
        *items,
        content(part(form_group, "afterInputs")),
    )
    if in_fieldset:
        return group(options, fieldset({**options["fieldset"], "describedBy": ids}, notes, controls))
    return group(options, notes, controls)


def _choice(item: Options, options: Options, kind: str, default_id: str, described_by: str | None) -> SafeString:
    css = f"govuk-{kind}"
    if item.get("divider"):
        return tag("div", {"class": f"{css}__divider"}, item["divider"])
    item_id = item.get("id") or default_id
    note = part(item, "hint")
    has_hint = truthy(note.get("text")) or truthy(note.get("html"))
    hint_id = f"{item_id}-item-hint"
    conditional = part(item, "conditional").get("html")
    many = kind == "checkboxes"
    checked = _is_ticked(item, options) if many else _is_chosen(item, options)
    attributes = {
        "class": f"{css}__input",
        "id": item_id,
        "name": printed((many and item.get("name")) or options.get("name")),
        "type": "checkbox" if many else "radio",
        "value": printed(item.get("value")),
        "checked": checked,
        "disabled": bool(item.get("disabled")),
        "data-aria-controls": f"conditional-{item_id}" if conditional else None,
        "data-behaviour": (many and item.get("behaviour")) or None,
        "aria-describedby": classes(described_by, has_hint and hint_id) or None,
        **extra(item),
    }
    own_label = part(item, "label")
    row = block(
        "div",
        {"class": f"{css}__item"},
        tag("input", attributes),
        label(
            {
                **{name: item.get(name) for name in ("html", "text")},
                "classes": suffixed(own_label, f"{css}__label"),
                "attributes": own_label.get("attributes"),
                "for": item_id,
            }
        ),
        hint({**note, "id": hint_id, "classes": suffixed(note, f"{css}__hint")}) if has_hint else NOTHING,
    )
    if not conditional:
        return row
    hidden = not checked and f"{css}__conditional--hidden"
    shown = {"class": classes(f"{css}__conditional", hidden), "id": f"conditional-{item_id}"}
    return row + block("div", shown, content({"html": conditional}))


#: Name and width in characters of the boxes of a date, in the order of the macro.
BOXES = {"day": 2, "month": 2, "year": 4}


def date_input(options: Options) -> SafeString:
    """A date somebody knows by heart, typed into boxes."""
    values = part(options, "values")
    # `False` leaves a box out, for a month and a year without a day.
    boxes = {
        name: {"name": name, "value": values.get(name), "classes": f"govuk-input--width-{width}"}
        if options.get(name) is None
        else options[name]
        for name, width in BOXES.items()
    }
    items: Sequence[Options] = [item for item in options.get("items") or () if item] or list(
        filter(None, boxes.values())
    )
    marked = any(_box_is_wrong(item) for item in items)
    prefix = options.get("id")
    notes, ids = described(options, prefix, part(options, "fieldset").get("describedBy"))
    form_group = part(options, "formGroup")
    controls = block(
        "div",
        {"class": suffixed(options, "govuk-date-input"), **extra(options), "id": prefix or None},
        content(part(form_group, "beforeInputs")),
        *(_box(item, options, boxes, marked) for item in items),
        content(part(form_group, "afterInputs")),
    )
    if truthy(options.get("fieldset")):
        # JAWS reads the description of a fieldset of text boxes only in the role of a group.
        own = {**options["fieldset"], "describedBy": ids, "role": "group"}
        return group(options, fieldset(own, notes, controls))
    return group(options, notes, controls)


def _box_is_wrong(item: Options) -> bool:
    return bool(item.get("error")) or "govuk-input--error" in (item.get("classes") or "")


def _box(item: Options, options: Options, boxes: Options, marked: bool) -> SafeString:
    own, value, width = item.get("classes") or "", item.get("value"), 2
    name = item.get("name")
    for box, default in boxes.items():
        if item is default or (name and name in (box, part(boxes, box).get("name"))):
            name = name or box
            value = part(boxes, box).get("value") if value is None else value
            width = BOXES[box]
            break
    # Without a box that is marked as wrong, all of them are.
    wrong = _box_is_wrong(item) or (
        item.get("error") is not False and truthy(options.get("errorMessage")) and not marked
    )
    error = wrong and "govuk-input--error" not in own and "govuk-input--error"
    sized = "govuk-input--width-" not in own and f"govuk-input--width-{width}"
    full_name = f"{options['namePrefix']}-{name}" if options.get("namePrefix") else name
    field = input_(
        {
            "label": {"text": item.get("label") or str(name).capitalize(), "classes": "govuk-date-input__label"},
            "id": item.get("id") or f"{options.get('id')}-{name}",
            "classes": classes("govuk-date-input__input", error, sized, own),
            "name": full_name,
            "value": part(options, "values").get(str(full_name)) if value is None else value,
            "inputmode": item.get("inputmode") or "numeric",
            "autocomplete": item.get("autocomplete"),
            "pattern": item.get("pattern"),
            "attributes": item.get("attributes"),
        }
    )
    return block("div", {"class": "govuk-date-input__item"}, field)
