"""Template tags for GOV.UK components, form questions and the summary of their errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.forms.formsets import BaseFormSet
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from gongzhi.ui import govuk as components
from gongzhi.ui.govuk import bound as fields

register = template.Library()


@register.simple_tag
def govuk(component: str, options: Mapping[str, Any] | None = None, **more: Any) -> SafeString:
    """One component: `{% govuk "tag" text=state classes="govuk-tag--green" %}`.

    What takes nested options gets them from the view as `options`. Markup in an `html` argument of the tag itself is
    believed only if it is marked safe, as everywhere in a template.
    """
    checked = {name: conditional_escape(value) if _is_markup(name, value) else value for name, value in more.items()}
    return components.render(component, {**(options or {}), **checked})


def _is_markup(name: str, value: Any) -> bool:
    return name.lower().endswith("html") and value is not None


@register.simple_tag
def govuk_field(bound: BoundField, heading: bool = False, label_classes: str = "") -> SafeString:
    """One question of a form; `heading` makes its label the heading of the page."""
    return fields.field_group(bound, heading=heading, label_classes=label_classes)


@register.simple_tag
def govuk_control(widget: Mapping[str, Any]) -> SafeString:
    """The control alone, for the templates of widgets."""
    return fields.control(widget)


@register.simple_tag
def error_summary(*sources: BaseForm | BaseFormSet[Any] | None) -> SafeString:
    """What is wrong in these forms and formsets, with a link to each question; nothing when nothing is wrong."""
    found = fields.error_list(sources)
    if not found:
        return SafeString("")
    title = _("There is a problem")
    return components.render("error-summary", {"titleText": title, "errorList": found})
