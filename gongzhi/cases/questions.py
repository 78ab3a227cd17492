"""Questions of a case type as fields that can read what somebody typed, and the names their answers have.

Answers are kept as they were typed: a text, a list of texts for several choices, three boxes of a date joined by `-`, a
row's mark for repeated rows. Only when a page is checked or handed in is anything read as a number or a day, so that
nothing typed is lost because it is wrong.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.accounts.documents import Fault, read_document
from gongzhi.accounts.enums import DocumentKind
from gongzhi.cases.contracts import Answers, Row
from gongzhi.cases.definitions import Condition, Definition, Field, Section
from gongzhi.cases.enums import FieldType
from gongzhi.core.masks import mask_name, mask_phone
from gongzhi.core.times import today
from gongzhi.orgs.models import Agency, Organization
from gongzhi.reference import codes
from gongzhi.reference import selectors as reference
from gongzhi.ui.forms import Checkboxes, DateBoxesField, FenField, Radios, TypedDate, WholeNumberField

#: An answer as it is kept: a text, several, or `{"s": number of a sealed text, "m": its mask}`.
Raw = Any
#: Answers of one page, by flat key: `name`, `officers.r001abc`, `officers.r001abc.name`.
Page = Mapping[str, Raw]

#: More characters of one answer than this are not kept: no form asks for a book.
MOST_CHARACTERS = 20_000
#: More lines than this are not added by hand; a list of so many comes as a file.
MOST_ROWS = 500
ROW_KEY = re.compile(r"r[0-9]{4}[a-z0-9]{4}")
#: So many choices fit on a page as radio buttons.
MOST_RADIOS = 8
PHONE = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")


class ResidentNumberField(forms.CharField):
    """A resident identity number: its form, its day and its check digit. That it is genuine nobody can see from it."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return read_document(DocumentKind.RESIDENT_ID, text, on=today()).number
        except Fault as fault:
            raise ValidationError(str(fault.message)) from fault


class PhoneField(forms.CharField):
    """A telephone number as people write it; kept as digits with a leading plus where there was one."""

    def clean(self, value: Any) -> str:
        text = unicodedata.normalize("NFKC", super().clean(value)).strip()
        if text and not PHONE.fullmatch(text):
            raise ValidationError(_("Enter a telephone number, such as 13800000000 or 0755-12345678"))
        return re.sub(r"[ -]", "", text)


class DivisionField(forms.CharField):
    """A division in use, by its code or its full name."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        code = unicodedata.normalize("NFKC", text).strip().split(" ")[0]
        found = reference.division(code) if code.isdigit() else None
        if found is None or not found.is_in_use:
            raise ValidationError(_("No division in use has this code. It has six, nine or twelve digits."))
        return found.code


class OrganizationField(forms.CharField):
    """A body of the register, by its credit code or number."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        reference_ = unicodedata.normalize("NFKC", text).strip().upper()
        found = list(Organization.objects.named_by(reference_)[:2])
        if not found:
            raise ValidationError(_("The register knows no organization with this code or number."))
        if len(found) > 1:
            raise ValidationError(_("Several organizations have this number. Use the credit code."))
        return found[0].reference


class AgencyField(forms.CharField):
    """An authority that works on this platform, by its name."""

    def __init__(self, *, kinds: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self.kinds = kinds

    def clean(self, value: Any) -> str:
        text = unicodedata.normalize("NFKC", super().clean(value)).strip()
        if not text:
            return ""
        there = Agency.objects.filter(kind__in=self.kinds)
        if there.filter(name=text).exists():
            return text
        alike = list(there.filter(name__contains=text[:40]).order_by("name").values_list("name", flat=True)[:3])
        said = _("No such authority works on this platform. Leave this empty and add its paper instead.")
        if alike:
            said = _("Write the whole name. Alike: %(names)s") % {"names": _(", ").join(alike)}
        raise ValidationError(said)


YES_NO = (("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")))


def choices_of(field: Field) -> list[tuple[str, str | Promise]]:
    """What can be chosen, in the reader's language."""
    if field.type is FieldType.YES_NO:
        return list(YES_NO)
    if field.codes:
        return list(codes.code_list(field.codes).choices(on=today()))
    return [(one.value, str(one.label)) for one in field.choices]


def django_field(field: Field, *, label: str = "", reveals: Mapping[str, Sequence[str]] | None = None) -> forms.Field:
    """The field that reads one simple answer. Files and groups have none (ValueError)."""
    shown_label = label or str(field.label)
    common: dict[str, Any] = {
        "label": shown_label if field.required else _("%(label)s (not needed)") % {"label": shown_label},
        "help_text": str(field.help) if field.help else "",
        "required": field.required,
    }
    kind = field.type
    if kind in {FieldType.CHOICE, FieldType.YES_NO}:
        options = choices_of(field)
        if len(options) > MOST_RADIOS and not reveals:
            return forms.ChoiceField(choices=[("", ""), *options], **common)
        return forms.ChoiceField(choices=options, widget=Radios(reveals=reveals), **common)
    if kind is FieldType.CHOICES:
        return forms.MultipleChoiceField(choices=choices_of(field), widget=Checkboxes, **common)
    longest = field.longest or (2000 if kind is FieldType.LONG_TEXT else 200)
    makers: dict[str, Callable[[], forms.Field]] = {
        FieldType.TEXT: lambda: forms.CharField(max_length=longest, **common),
        FieldType.LONG_TEXT: lambda: forms.CharField(
            max_length=longest, widget=forms.Textarea(attrs={"rows": 4}), **common
        ),
        FieldType.INTEGER: lambda: WholeNumberField(min_value=0, max_value=10**9, **common),
        FieldType.MONEY: lambda: FenField(**common),
        FieldType.DATE: lambda: DateBoxesField(**common),
        FieldType.DIVISION: lambda: DivisionField(max_length=80, **common),
        FieldType.ORGANIZATION: lambda: OrganizationField(max_length=80, **common),
        FieldType.AGENCY: lambda: AgencyField(kinds=field.kinds, max_length=120, **common),
        FieldType.PERSON: lambda: forms.CharField(max_length=100, **common),
        FieldType.ID_NUMBER: lambda: ResidentNumberField(max_length=40, **common),
        FieldType.PHONE: lambda: PhoneField(max_length=40, **common),
    }
    if kind not in makers:
        raise ValueError(f"{field.key} is no simple question")
    made = makers[kind]()
    if kind in {FieldType.PERSON, FieldType.ID_NUMBER, FieldType.PHONE}:
        made.widget.attrs["autocomplete"] = "off"
    if kind in {FieldType.ID_NUMBER, FieldType.PHONE}:
        made.widget.attrs["class"] = "govuk-input--width-20"
    if kind is FieldType.INTEGER:
        made.widget.attrs["class"] = "govuk-input--width-10"
    return made


def as_typed(field: Field, raw: Raw) -> Any:
    """A kept answer as the widget of its field shows it."""
    if field.type is FieldType.DATE:
        parts = str(raw or "").split("-", 2)
        return TypedDate(*([*parts, "", "", ""])[:3]) if raw else TypedDate()
    if field.type is FieldType.CHOICES:
        return raw if isinstance(raw, list) else [raw] if raw else []
    return raw if raw is not None else ""


def to_keep(field: Field, typed: Any) -> Raw:
    """What a widget gave, as it is kept; empty is an empty text."""
    if field.type is FieldType.DATE:
        boxes = typed if isinstance(typed, TypedDate) else TypedDate()
        joined = "-".join(text.strip()[:20].replace("-", "") for text in boxes)
        return joined if joined != "--" else ""
    if field.type is FieldType.CHOICES:
        return [str(one)[:200] for one in typed or []][:200]
    return str(typed or "").replace("\r\n", "\n").replace("\x00", "")[:MOST_CHARACTERS]


def mask_of(field: Field, text: str) -> str:
    """What lists show of a personal answer."""
    if field.type is FieldType.PHONE:
        return mask_phone(re.sub(r"[ -]", "", text)) if text else ""
    if field.type is FieldType.ID_NUMBER:
        return f"{text[0]}{'*' * (len(text) - 2)}{text[-1]}" if len(text) >= 15 else "***"
    return mask_name(text)


# --- names of answers ---


def row_keys(field: Field, page: Page) -> list[str]:
    """The lines of repeated rows in the order they were added, or those of a table."""
    if field.type is FieldType.TABLE:
        return [one.value for one in field.lines]
    prefix = f"{field.key}."
    return sorted({key[len(prefix) :].partition(".")[0] for key in page if key.startswith(prefix)})


@dataclass(frozen=True, slots=True)
class Control:
    """One simple question on a page: its flat key, its field, and for a line its group and number from 1."""

    key: str
    field: Field
    group: Field | None = None
    row: str = ""
    number: int = 0

    @property
    def label(self) -> str:
        """The label; a line of a table has its own name."""
        if self.group is None:
            return str(self.field.label)
        line = next((str(one.label) for one in self.group.lines if one.value == self.row), "")
        return f"{line or self.number} · {self.field.label}" if line else f"{self.field.label} ({self.number})"


def controls(section: Section, page: Page) -> Iterator[Control]:
    """Every simple question of a page, lines of groups included; files are not among them."""
    for field in section.fields:
        if field.type is FieldType.FILE:
            continue
        if not field.is_group:
            yield Control(field.key, field)
            continue
        for number, row in enumerate(row_keys(field, page), 1):
            for column in field.fields:
                yield Control(f"{field.key}.{row}.{column.key}", column, field, row, number)


def knows(section: Section, key: str) -> Field | None:
    """The question a flat key answers; None for a key the page does not have. A row's own mark has its group."""
    parts = key.split(".")
    field = section.field(parts[0])
    if field is None or field.type is FieldType.FILE:
        return None
    if not field.is_group:
        return field if len(parts) == 1 else None
    lines = {one.value for one in field.lines}
    if len(parts) not in {2, 3} or not (parts[1] in lines if lines else ROW_KEY.fullmatch(parts[1])):
        return None
    if len(parts) == 2:
        return None if lines else field
    return next((one for one in field.fields if one.key == parts[2]), None)


# --- what is asked ---


def open_text(raw: Raw, opened: Mapping[int, str]) -> Any:
    """An answer in clear: sealed ones from `opened` by number; the mask where it was not opened."""
    if isinstance(raw, dict):
        return opened.get(int(raw.get("s", 0)), str(raw.get("m", "")))
    return raw


def plain_answers(definition: Definition, pages: Mapping[str, Page]) -> dict[str, Any]:
    """What conditions look at, by `section.key`: answers that are no group, no file and about no person."""
    found: dict[str, Any] = {}
    for section, field in definition.fields():
        raw = pages.get(section.key, {}).get(field.key)
        if raw and not isinstance(raw, dict) and not field.is_group:
            found[f"{section.key}.{field.key}"] = raw
    return found


def asked(when: Condition | None, answers: Mapping[str, Any]) -> bool:
    """Whether something is asked for, with these answers."""
    return when is None or when.holds(answers)


def sections_asked(definition: Definition, pages: Mapping[str, Page]) -> list[Section]:
    """The pages that are asked for, with these answers."""
    answers = plain_answers(definition, pages)
    return [one for one in definition.sections if asked(one.when, answers)]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing wrong on a page: the flat key it belongs to, and the sentence."""

    section: str
    key: str
    message: str


@dataclass(frozen=True)
class Checked:
    """What is wrong, and the typed answers of what is right."""

    wrong: Sequence[Wrong]
    answers: Answers


def check(
    definition: Definition,
    pages: Mapping[str, Page],
    opened: Mapping[int, str],
    files: Mapping[str, int],
    *,
    only: str = "",
) -> Checked:
    """Read everything as what it is. `opened` are personal answers in clear by number, `files` how many files answer each
    `section.key`. With `only`, one page."""
    answers = plain_answers(definition, pages)
    wrong: list[Wrong] = []
    values: dict[str, Any] = {}
    for section in sections_asked(definition, pages):
        if only and section.key != only:
            continue
        page = pages.get(section.key, {})
        for field in section.fields:
            place = f"{section.key}.{field.key}"
            if not asked(field.when, answers):
                continue
            if field.type is FieldType.FILE:
                if field.required and not files.get(place):
                    wrong.append(Wrong(section.key, field.key, _("Add “%(label)s”") % {"label": field.label}))
                values[place] = files.get(place, 0)
            elif field.is_group:
                values[place] = _read_group(section, field, page, opened, wrong)
            else:
                values[place] = _read(section, Control(field.key, field), page, opened, wrong)
    return Checked(wrong, Answers(values))


def _read(section: Section, control: Control, page: Page, opened: Mapping[int, str], wrong: list[Wrong]) -> Any:
    field = control.field
    made = django_field(field, label=control.label)
    typed = as_typed(field, open_text(page.get(control.key), opened))
    if field.required and typed in ("", [], TypedDate()):
        choice = field.type in {FieldType.CHOICE, FieldType.CHOICES, FieldType.YES_NO}
        said = _("Choose “%(label)s”") if choice else _("Fill in “%(label)s”")
        wrong.append(Wrong(section.key, control.key, said % {"label": control.label}))
        return None
    try:
        value = made.clean(typed)
    except ValidationError as error:
        wrong.append(Wrong(section.key, control.key, " ".join(error.messages)))
        return None
    if field.type is FieldType.YES_NO:
        return {"yes": True, "no": False}.get(value)
    return value if value not in ("", []) else None


def _read_group(
    section: Section, field: Field, page: Page, opened: Mapping[int, str], wrong: list[Wrong]
) -> tuple[Row, ...]:
    rows = []
    keys = row_keys(field, page)
    if field.required and not keys:
        wrong.append(Wrong(section.key, field.key, _("Add a line to “%(label)s”") % {"label": field.label}))
    for number, row in enumerate(keys, 1):
        values = {}
        for column in field.fields:
            control = Control(f"{field.key}.{row}.{column.key}", column, field, row, number)
            values[column.key] = _read(section, control, page, opened, wrong)
        rows.append(Row(row, values))
    return tuple(rows)


def shown(field: Field, raw: Raw, opened: Mapping[int, str]) -> str:
    """An answer as a page shows it: words of choices, a day as a day, what cannot be read as it was typed."""
    text = open_text(raw, opened)
    if text in (None, "", []):
        return ""
    if field.type in {FieldType.CHOICE, FieldType.CHOICES, FieldType.YES_NO}:
        words = {str(value): str(label) for value, label in choices_of(field)}
        chosen = [str(one) for one in (text if isinstance(text, list) else [text])]
        return _(", ").join(words.get(one, one) for one in chosen)
    if field.type is FieldType.DATE:
        try:
            value = django_field(field).clean(as_typed(field, text))
        except ValidationError:
            return str(text)
        return value.isoformat() if isinstance(value, dt.date) else str(text)
    if field.type is FieldType.DIVISION:
        return reference.place_name(str(text)) if str(text).isdigit() else str(text)
    return str(text)
