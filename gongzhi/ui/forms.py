"""Form fields and widgets beyond Django's own. Their markup is made in `govuk/bound.py`, like that of every field.

Write `{{ form.name.as_field_group }}` for one question and `{{ form }}` for all of them.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.widgets import ChoiceWidget
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.core import money
from gongzhi.ui import govuk

Text = str | Promise


class Reveals(ChoiceWidget):
    """Choices with a hint each, and choices that open further questions of the same form.

    `reveals={"post": ["street", "postcode"]}` shows two fields under the choice `post`. Declare those as if they were
    always asked: a `Form` leaves out their errors and their answers while another choice is made.
    """

    def __init__(
        self,
        *args: Any,
        reveals: Mapping[str, Sequence[str]] | None = None,
        hints: Mapping[str, Text] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reveals = dict(reveals or {})
        self.hints = dict(hints or {})


class Radios(Reveals, forms.RadioSelect):
    """Exactly one answer."""


class Checkboxes(Reveals, forms.CheckboxSelectMultiple):
    """Any number of answers."""


class AffixInput(forms.TextInput):
    """A line of text with a unit before or behind it. Screen readers skip the unit, so the label should say it too."""

    def __init__(self, *args: Any, prefix: Text = "", suffix: Text = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prefix = prefix
        self.suffix = suffix


class MoneyInput(AffixInput):
    """An amount of yuan."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, prefix: Text = "", suffix: Text | None = None) -> None:
        own = {"inputmode": "decimal", "class": "govuk-input--width-10", **(attrs or {})}
        super().__init__(own, prefix=prefix, suffix=gettext_lazy("yuan") if suffix is None else suffix)


class WholeNumberField(forms.IntegerField):
    """A whole number, also with full-width digits and separated thousands."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            value = unicodedata.normalize("NFKC", value).strip().replace(",", "").replace("，", "")
        return super().to_python(value)


class FenField(forms.Field):
    """Yuan as people write them, in; a whole number of fen, out. Limits are in fen; negative amounts need a limit."""

    widget = MoneyInput
    default_error_messages = {
        "invalid": gettext_lazy("Enter an amount with at most two decimals, such as 1,200.50"),
        "min_value": gettext_lazy("The amount must be at least %(limit)s yuan"),
        "max_value": gettext_lazy("The amount must be at most %(limit)s yuan"),
    }
    #: Thirteen digits of yuan stay far below the largest integer of the database.
    amount = re.compile(r"-?(\d{1,13}|\d{1,3}(,\d{3}){1,4})(\.\d{1,2})?", re.ASCII)

    def __init__(self, *, min_value: int | None = 0, max_value: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_value = min_value
        self.max_value = max_value

    def to_python(self, value: Any) -> int | None:
        """Fen of a text such as `1,200.5`, also with full-width digits, a currency sign or 元."""
        if value is None or isinstance(value, int):
            return value
        text = unicodedata.normalize("NFKC", str(value)).strip().removeprefix("¥").removesuffix("元").strip()
        if not text:
            return None
        if not self.amount.fullmatch(text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return money.fen(text.replace(",", ""))

    def prepare_value(self, value: Any) -> Any:
        """Fen as yuan; what somebody typed stays as it was typed."""
        return str(money.yuan(value)) if isinstance(value, int) else value

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.min_value is not None and value < self.min_value:
            self._refuse("min_value", self.min_value)
        if self.max_value is not None and value > self.max_value:
            self._refuse("max_value", self.max_value)

    def _refuse(self, code: str, limit: int) -> None:
        raise ValidationError(self.error_messages[code], code=code, params={"limit": money.format_yuan(limit)})


class TypedDate(NamedTuple):
    """What stands in the three boxes, as it was typed."""

    year: str = ""
    month: str = ""
    day: str = ""


class DateBoxes(forms.Widget):
    """Three boxes for a date somebody knows by heart; a calendar would be slower and harder to use.

    `autocomplete="bday"` is for the reader's own date of birth.
    """

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None, *, autocomplete: str = "") -> None:
        super().__init__(attrs)
        self.autocomplete = autocomplete

    def typed(self, value: Any) -> TypedDate:
        """The texts of the boxes for a value of the field."""
        if isinstance(value, TypedDate):
            return value
        if isinstance(value, datetime.date):
            return TypedDate(str(value.year), str(value.month), str(value.day))
        return TypedDate()

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> TypedDate:
        return TypedDate(*(data.get(f"{name}-{box}") or "" for box in TypedDate._fields))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return not any(f"{name}-{box}" in data for box in TypedDate._fields)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-year" if id_ else ""

    def options(
        self, name: str, value: Any, control_id: str, wrong: Sequence[str] = (), disabled: bool = False
    ) -> dict[str, Any]:
        """Options of `date-input`. `wrong` names the boxes to mark."""
        labels = {"year": _("Year"), "month": _("Month"), "day": _("Day")}
        items = [
            {
                "name": box,
                "label": labels[box],
                "value": text or None,
                "error": box in wrong,
                "autocomplete": f"{self.autocomplete}-{box}" if self.autocomplete else None,
                "attributes": {
                    "aria-invalid": {"value": "true" if box in wrong else None, "optional": True},
                    "disabled": {"value": disabled, "optional": True},
                },
            }
            for box, text in self.typed(value)._asdict().items()
        ]
        return {"id": control_id, "namePrefix": name, "items": items}

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return govuk.render("date-input", self.options(name, value, (attrs or {}).get("id") or name))


class DateBoxesField(forms.DateField):
    """A date typed into three boxes. An error of one box has that box's name as its code."""

    widget = DateBoxes
    default_error_messages = {
        "no_year": gettext_lazy("Enter the year"),
        "no_month": gettext_lazy("Enter the month"),
        "no_day": gettext_lazy("Enter the day"),
        "year": gettext_lazy("The year must have four digits, such as 1998"),
        "month": gettext_lazy("The month must be a number from 1 to 12"),
        "day": gettext_lazy("The day must be a number from 1 to 31"),
        "no_such_day": gettext_lazy("That month has no day %(day)s"),
    }

    def to_python(self, value: Any) -> datetime.date | None:
        """The date, or every box that keeps it from being one. Full-width digits and a trailing 年, 月, 日 are fine."""
        if not isinstance(value, TypedDate):
            return super().to_python(value)
        texts = [unicodedata.normalize("NFKC", text).strip().rstrip("年月日").strip() for text in value]
        if not any(texts):
            return None
        errors, numbers = [], []
        for box, text, highest in zip(TypedDate._fields, texts, (9999, 12, 31), strict=True):
            pattern = r"[0-9]{4}" if box == "year" else r"[0-9]{1,2}"
            number = int(text) if re.fullmatch(pattern, text) else 0
            numbers.append(number)
            if not 1 <= number <= highest:
                errors.append(ValidationError(self.error_messages[box if text else f"no_{box}"], code=box))
        if errors:
            raise ValidationError(errors)
        try:
            return datetime.date(*numbers)
        except ValueError:
            params = {"day": numbers[2]}
            raise ValidationError(self.error_messages["no_such_day"], code="day", params=params) from None


class Form(forms.Form):
    """A form whose errors name the question, and whose hidden questions do not stand in the way."""

    # The browser's own bubbles are in the browser's language and read out badly; the server answers instead.
    use_required_attribute = False

    def revealed(self) -> dict[str, bool]:
        """Every question that stands behind a choice, and whether that choice is made."""
        asked: dict[str, bool] = {}
        for name, field in self.fields.items():
            if isinstance(field.widget, Reveals) and field.widget.reveals:
                chosen = field.widget.format_value(self[name].value())
                for choice, names in field.widget.reveals.items():
                    asked.update({other: choice in chosen or asked.get(other, False) for other in names})
        return asked

    def visible_fields(self) -> list[BoundField]:
        """What a page shows one after the other: a question behind a choice is shown inside that choice."""
        inside = self.revealed()
        return [bound for bound in super().visible_fields() if bound.name not in inside]

    def _clean_fields(self) -> None:
        unnamed = forms.Field.default_error_messages["required"]
        for name, field in self.fields.items():
            if field.error_messages.get("required") is unnamed:
                field.error_messages["required"] = _missing(field, str(self[name].label))
        super()._clean_fields()  # type: ignore[misc]
        for name, asked in self.revealed().items():
            if not asked:
                self.errors.pop(name, None)
                self.cleaned_data[name] = self.fields[name].to_python(None)


def _missing(field: forms.Field, label: str) -> str:
    """What to say when a required answer is not there."""
    if isinstance(field.widget, forms.CheckboxInput):
        return _("Tick “%(label)s” to continue") % {"label": label}
    if isinstance(field.widget, forms.FileInput):
        return _("Add “%(label)s”") % {"label": label}
    if isinstance(field.widget, ChoiceWidget):
        return _("Choose “%(label)s”") % {"label": label}
    return _("Fill in “%(label)s”") % {"label": label}
