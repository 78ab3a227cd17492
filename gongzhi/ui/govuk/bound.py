"""From a Django form field to a GOV.UK component: the one place that knows both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.formsets import DELETION_FIELD_NAME, BaseFormSet
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from gongzhi.ui import govuk
from gongzhi.ui.forms import AffixInput, DateBoxes, Reveals, TypedDate
from gongzhi.ui.govuk.fields import (
    described,
    fieldset,
    file_element,
    group,
    input_element,
    label,
    select_element,
    textarea_element,
)
from gongzhi.ui.govuk.markup import lines, tag

#: Attributes of a widget that are options of their own.
NAMED = ("autocomplete", "autocapitalize", "inputmode", "pattern", "spellcheck", "rows")
#: Attributes by which the browser would stop or cut what people type; the server answers in words instead.
DROPPED = ("required", "maxlength", "minlength", "min", "max", "step", "cols")


def field_group(bound: BoundField, *, heading: bool = False, label_classes: str = "") -> SafeString:
    """One question: label, hint, error and control. With `heading` its label is the heading of the page."""
    if bound.is_hidden:
        return bound.as_widget()
    component, options = component_of(bound, heading=heading, label_classes=label_classes)
    return govuk.render(component, options) if component else _foreign(bound, options)


def control_id(bound: BoundField) -> str:
    """The id of a field's first control."""
    return str(bound.field.widget.attrs.get("id") or bound.auto_id or bound.html_name)


def component_of(bound: BoundField, *, heading: bool = False, label_classes: str = "") -> tuple[str, dict[str, Any]]:
    """The component a field is shown as, and its options. No name means a widget with a template of its own."""
    widget = bound.field.widget
    name, own_id = bound.html_name, control_id(bound)
    title = {"text": bound.label, "classes": label_classes, "isPageHeading": heading}
    question: dict[str, Any] = {"hint": {"text": bound.help_text} if bound.help_text else None}
    if bound.errors:
        question["errorMessage"] = _message(bound.errors)
    if isinstance(widget, DateBoxes):
        boxes = widget.options(name, bound.value(), own_id, _wrong_boxes(bound), bound.field.disabled)
        own = _attributes(widget.attrs)["attributes"]
        return "date-input", {**boxes, **question, "fieldset": {"legend": title}, "attributes": own}
    if not getattr(widget, "template_name", "").startswith("django/forms/widgets/"):
        return "", {**question, "id": own_id, "label": title}
    if isinstance(widget, forms.CheckboxInput):
        return "checkboxes", {**question, **_single_checkbox(bound, own_id, title)}
    if isinstance(widget, forms.RadioSelect):
        many = isinstance(widget, forms.CheckboxSelectMultiple)
        options = {
            "name": name,
            "idPrefix": own_id,
            "classes": widget.attrs.get("class"),
            "attributes": _attributes(widget.attrs)["attributes"],
            "fieldset": {"legend": title},
            "items": _choice_items(widget.optgroups(name, _chosen(bound)), own_id, bound),
        }
        return "checkboxes" if many else "radios", {**question, **options}
    if isinstance(widget, forms.MultiWidget | forms.SelectDateWidget):
        return "", {**question, "id": own_id, "label": title}
    single = {"id": own_id, "name": name, "label": title, **question, **_attributes(widget.attrs)}
    if bound.field.disabled:
        single["disabled"] = True
    if bound.errors:
        single["attributes"]["aria-invalid"] = "true"
    return _control(bound, single)


def _control(bound: BoundField, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The component of a field with one control."""
    widget = bound.field.widget
    if isinstance(widget, forms.Select):
        if widget.allow_multiple_selected:
            options["attributes"]["multiple"] = {"value": True, "optional": True}
        return "select", {**options, "items": _select_items(widget.optgroups(bound.html_name, _chosen(bound)))}
    if isinstance(widget, forms.FileInput):
        before = {"html": ""}
        if isinstance(widget, forms.ClearableFileInput) and widget.is_initial(bound.initial):
            clear = "" if bound.field.required else widget.clear_checkbox_name(bound.html_name)
            before = {"html": _stored_file(bound.initial, clear)}
        many = bool(widget.allow_multiple_selected)
        # A file that goes up in pieces has a script of its own, which would not know the drop zone's button; `data-plain`
        # asks for the browser's own chooser.
        words = {} if {"data-pieces", "data-plain"} & widget.attrs.keys() else _file_words()
        return "file-upload", {**options, "multiple": many, "formGroup": {"beforeInput": before}, **words}
    if not isinstance(widget, forms.PasswordInput) or widget.render_value:
        options["value"] = widget.format_value(bound.value())
    if isinstance(widget, forms.PasswordInput):
        return "password-input", {**options, **_password_words()}
    if isinstance(widget, forms.Textarea):
        return _text_area(options, getattr(bound.field, "max_length", None))
    options["type"] = getattr(widget, "input_type", "text")
    if options["type"] == "number":
        # A number box drops what is no number before the server can show it again, and turns with the mouse wheel.
        step = str(widget.attrs.get("step", "1"))
        options.update({"type": "text", "inputmode": options.get("inputmode") or _number_keys(step)})
    if isinstance(widget, AffixInput):
        options.update({"prefix": {"text": widget.prefix}, "suffix": {"text": widget.suffix}})
    return "input", options


def _text_area(options: dict[str, Any], limit: int | None) -> tuple[str, dict[str, Any]]:
    if limit is None:
        return "textarea", options
    if options.pop("disabled", False):
        # The macro of the component has no such option.
        options["attributes"]["disabled"] = {"value": True, "optional": True}
    return "character-count", {**options, "maxlength": limit, **_count_words()}


def _number_keys(step: str) -> str:
    return "decimal" if step == "any" or "." in step else "numeric"


def _message(errors: Iterable[Any]) -> dict[str, Any]:
    texts = [str(error) for error in errors]
    if len(texts) == 1:
        return {"text": texts[0]}
    return {"html": format_html_join(SafeString("<br>"), "{}", ((text,) for text in texts))}


def _attributes(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """A widget's attributes as options."""
    named = {name: attrs[name] for name in NAMED if name in attrs}
    taken = {*NAMED, *DROPPED, "id", "class", "disabled", "aria-describedby"}
    return {
        **named,
        "classes": attrs.get("class"),
        "disabled": bool(attrs.get("disabled")),
        "describedBy": attrs.get("aria-describedby"),
        "attributes": {name: {"value": value, "optional": True} for name, value in attrs.items() if name not in taken},
    }


def _chosen(bound: BoundField) -> Any:
    return bound.field.widget.format_value(bound.value())


def _single_checkbox(bound: BoundField, own_id: str, title: Mapping[str, Any]) -> dict[str, Any]:
    """A box to tick is its own question: the label stands beside it, not above."""
    widget = bound.field.widget
    item = {
        # Without a value of its own a ticked box sends "on".
        "value": widget.format_value(bound.value()) or "on",
        "text": title["text"],
        "label": {"classes": title["classes"]},
        "checked": widget.check_test(bound.value()),
        "disabled": bound.field.disabled,
        "attributes": {**_attributes(widget.attrs)["attributes"], **({"aria-invalid": "true"} if bound.errors else {})},
    }
    return {"name": bound.html_name, "idPrefix": own_id, "items": [item]}


def _choice_items(groups: Iterable[Any], own_id: str, bound: BoundField | None = None) -> list[dict[str, Any]]:
    """Radios or checkboxes; the name of a group stands above its choices."""
    widget = bound.field.widget if bound else None
    hints = widget.hints if isinstance(widget, Reveals) else {}
    reveals = widget.reveals if isinstance(widget, Reveals) else {}
    items: list[dict[str, Any]] = []
    number = 0
    for name, choices, _index in groups:
        if name:
            items.append({"divider": name})
        for choice in choices:
            number += 1
            value = str(choice["value"])
            inside = [field_group(bound.form[other]) for other in reveals.get(value, ())] if bound else []
            items.append(
                {
                    "id": own_id if number == 1 else f"{own_id}-{number}",
                    "value": value,
                    "text": choice["label"],
                    "checked": choice["selected"],
                    "disabled": (bound and bound.field.disabled) or choice["attrs"].get("disabled"),
                    "hint": {"text": hints.get(value)},
                    "conditional": {"html": lines(*inside)},
                }
            )
    return items


def _select_items(groups: Iterable[Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for name, choices, _index in groups:
        options = [
            {
                "value": str(choice["value"]),
                "text": choice["label"],
                "selected": choice["selected"],
                "disabled": choice["attrs"].get("disabled"),
            }
            for choice in choices
        ]
        items.extend([{"text": name, "items": options}] if name else options)
    return items


def _stored_file(value: Any, clear: str) -> SafeString:
    """The name of the file that is already there, and a box named `clear` to take it away."""
    stored = tag("p", {"class": "govuk-body"}, _("Current file: %(name)s") % {"name": value})
    remove = {"value": "on", "text": _("Remove this file"), "id": f"{clear}_id"}
    return lines(stored, govuk.render("checkboxes", {"name": clear, "items": [remove]}) if clear else "")


def _wrong_boxes(bound: BoundField) -> Sequence[str]:
    """The boxes of a date that an error speaks of; all of them when it speaks of the date as a whole."""
    codes = [error.code for error in bound.errors.as_data()]
    boxes = TypedDate._fields
    return [box for box in boxes if box in codes] or (boxes if codes else ())


def _foreign(bound: BoundField, options: Mapping[str, Any]) -> SafeString:
    """A widget that brings its own markup, between our label, hint and error."""
    own_id = options["id"]
    notes, ids = described(options, own_id, bound.field.widget.attrs.get("aria-describedby"))
    if bound.use_fieldset:
        legend = {"legend": options["label"], "describedBy": ids}
        return group(options, fieldset(legend, notes, bound.as_widget()))
    title = label({**options["label"], "for": bound.id_for_label})
    return group(options, title, notes, bound.as_widget(attrs={"aria-describedby": ids} if ids else None))


def control(widget: Mapping[str, Any]) -> SafeString:
    """The bare control of `{{ field }}`, from the context Django gives to a widget's template."""
    attrs = {name: value for name, value in widget["attrs"].items() if name != "required"}
    kind = widget.get("type", "")
    if kind in {"hidden", "checkbox", "radio", "submit"}:
        # A box or a dot is drawn beside a label of ours, so alone it stays the browser's own.
        return tag("input", {"type": kind, "name": widget["name"], "value": widget["value"], **attrs})
    described_by = attrs.get("aria-describedby")
    options = {"id": attrs.get("id"), "name": widget["name"], **_attributes(attrs), "value": widget["value"]}
    if widget["template_name"].endswith(("/radio.html", "/checkbox_select.html")):
        items = _choice_items(widget["optgroups"], str(attrs.get("id") or widget["name"]))
        component = "radios" if widget["template_name"].endswith("/radio.html") else "checkboxes"
        return govuk.render(component, {"name": widget["name"], "classes": attrs.get("class"), "items": items})
    if "optgroups" in widget:
        return select_element({**options, "value": None, "items": _select_items(widget["optgroups"])}, described_by)
    if kind == "file":
        clear = "" if widget.get("required") else widget.get("checkbox_name", "")
        stored = _stored_file(widget["value"], clear) if widget.get("is_initial") else ""
        return lines(stored, file_element(options, described_by))
    if kind:
        return input_element({**options, "type": kind}, described_by)
    return textarea_element(options, described_by)


def error_list(sources: Iterable[forms.BaseForm | BaseFormSet[Any] | None]) -> list[dict[str, Any]]:
    """Everything wrong in forms and formsets in reading order, as `errorList` of an error summary."""
    found: list[dict[str, Any]] = []
    for source in sources:
        # A form that was not posted has errors only where it was told some, as a kept draft that is looked at again is.
        if isinstance(source, BaseFormSet):
            if not source.is_bound:
                continue
            found.extend({"text": text} for text in source.non_form_errors())
            # `deleted_forms` is empty while anything is wrong, so rows to be deleted are asked for one by one.
            rows = [form for form in source.forms if not form.cleaned_data.get(DELETION_FIELD_NAME)]
            for number, form in enumerate(rows, 1):
                row = _("Row %(number)s") % {"number": number} if len(rows) > 1 else ""
                found.extend(_form_errors(form, row))
        elif isinstance(source, forms.BaseForm):
            found.extend(_form_errors(source))
    return found


def _form_errors(form: forms.BaseForm, row: str = "") -> Iterator[dict[str, Any]]:
    for text in map(str, form.non_field_errors()):
        yield {"text": _named(row, text)}
    for bound in form:
        for error, text in zip(bound.errors.as_data(), map(str, bound.errors), strict=True):
            # A message that names its question stands alone; "Enter a valid email address" does not say which one.
            label_ = str(bound.label)
            item = {"text": _named(row, text if label_ in text else _named(label_, text))}
            yield item if bound.is_hidden else {**item, "href": f"#{_target(bound, error.code)}"}


def _target(bound: BoundField, code: str | None) -> str:
    if isinstance(bound.field.widget, DateBoxes):
        return f"{control_id(bound)}-{code if code in TypedDate._fields else 'year'}"
    if isinstance(bound.field.widget, forms.MultiWidget):
        return f"{control_id(bound)}_0"
    return bound.id_for_label or control_id(bound)


def _named(name: str, text: str) -> str:
    return _("%(label)s: %(message)s") % {"label": name, "message": text} if name else text


def _password_words() -> dict[str, Any]:
    return {
        "showPasswordText": _("Show"),
        "hidePasswordText": _("Hide"),
        "showPasswordAriaLabelText": _("Show password"),
        "hidePasswordAriaLabelText": _("Hide password"),
        "passwordShownAnnouncementText": _("Your password is visible"),
        "passwordHiddenAnnouncementText": _("Your password is hidden"),
    }


def _count_words() -> dict[str, Any]:
    return {
        "charactersUnderLimitText": {
            "one": _("You have %{count} character remaining"),
            "other": _("You have %{count} characters remaining"),
        },
        "charactersAtLimitText": _("You have 0 characters remaining"),
        "charactersOverLimitText": {
            "one": _("You have %{count} character too many"),
            "other": _("You have %{count} characters too many"),
        },
    }


def _file_words() -> dict[str, Any]:
    return {
        "javascript": True,
        "chooseFilesButtonText": _("Choose file"),
        "dropInstructionText": _("or drop file"),
        "noFileChosenText": _("No file chosen"),
        "multipleFilesChosenText": {"one": _("%{count} file chosen"), "other": _("%{count} files chosen")},
        "enteredDropZoneText": _("Entered drop zone"),
        "leftDropZoneText": _("Left drop zone"),
    }
