"""A page of a case as a form: its questions as they stand, what was posted as it is kept, and the office's own forms."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict, ErrorList
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from gongzhi.cases.definitions import Definition, Field, Section
from gongzhi.cases.enums import Delivery, FieldType, Grade, TripReason
from gongzhi.cases.questions import (
    Page,
    Raw,
    Wrong,
    as_typed,
    asked,
    controls,
    django_field,
    knows,
    open_text,
    row_keys,
    to_keep,
)
from gongzhi.files.enums import Purpose
from gongzhi.files.forms import PiecesField
from gongzhi.ui.forms import Checkboxes, DateBoxesField, Form, Radios, WholeNumberField

#: Which controls a page showed, so that an empty box is told from one that was not there.
SHOWN = "shown"


class PageForm(Form):
    """The simple questions of one page, named by their flat keys. What is wrong is told from outside, never by typing."""

    def tell(self, wrong: Iterable[Wrong]) -> None:
        """Show these sentences at their questions; those of no control stand above the page."""
        errors = ErrorDict()
        for one in wrong:
            place = one.key if one.key in self.fields else "__all__"
            errors.setdefault(place, ErrorList(error_class="")).append(one.message)
        self._errors = errors


@dataclasses.dataclass
class Block:
    """What a page shows one after the other: a question, a group with its lines, or files."""

    field: Field
    bound: BoundField | None = None
    rows: Sequence[tuple[str, int, str, Sequence[BoundField]]] = ()
    files: Sequence[Any] = ()
    errors: Sequence[str] = dataclasses.field(default_factory=list)
    #: What applicant and office wrote about it (`threads.Said`).
    said: Sequence[Any] = ()

    @property
    def kind(self) -> str:
        """Which template shows it."""
        if self.field.type is FieldType.FILE:
            return "file"
        return "group" if self.field.is_group else "field"


def page_form(
    section: Section,
    page: Page,
    opened: Mapping[int, str],
    answers: Mapping[str, Any],
    *,
    files: Mapping[str, Sequence[Any]] | None = None,
    wrong: Sequence[Wrong] = (),
) -> tuple[PageForm, list[Block]]:
    """The form of a page and its blocks in order, with the questions that are asked for now."""
    inside = _revealed(section)
    form = PageForm()
    for control in controls(section, page):
        one = control.group or control.field
        if not asked(one.when, answers) and one.key not in {
            key for keys in inside.values() for ks in keys.values() for key in ks
        }:
            continue
        reveals = inside.get(control.key) if control.group is None else None
        made = django_field(control.field, label=control.label, reveals=reveals)
        made.initial = as_typed(control.field, open_text(page.get(control.key), opened))
        form.fields[control.key] = made
    for one in section.fields:
        if one.type is FieldType.FILE and asked(one.when, answers):
            form.fields[one.key] = PiecesField(
                purpose=Purpose.EVIDENCE,
                label=str(one.label) if one.required else _("%(label)s (not needed)") % {"label": one.label},
                help_text=str(one.help or ""),
                required=one.required,
            )
    form.tell(wrong)
    return form, list(_blocks(section, page, form, files or {}, wrong, inside))


def _blocks(
    section: Section,
    page: Page,
    form: PageForm,
    files: Mapping[str, Sequence[Any]],
    wrong: Sequence[Wrong],
    inside: Mapping[str, Mapping[str, Sequence[str]]],
) -> Iterable[Block]:
    hidden = {key for keys in inside.values() for names in keys.values() for key in names}
    for one in section.fields:
        if one.key in hidden:
            continue
        said = [each.message for each in wrong if each.key == one.key]
        if one.is_group:
            rows = []
            for number, row in enumerate(row_keys(one, page), 1):
                names = [f"{one.key}.{row}.{column.key}" for column in one.fields]
                line = next((str(each.label) for each in one.lines if each.value == row), "")
                rows.append((f"{one.key}.{row}", number, line, [form[name] for name in names if name in form.fields]))
            if one.key in {control.group.key for control in controls(section, page) if control.group} or not rows:
                yield Block(one, rows=rows, errors=said)
        elif one.key in form.fields:
            yield Block(one, bound=form[one.key], files=files.get(one.key, ()), errors=said)


def _revealed(section: Section) -> dict[str, dict[str, list[str]]]:
    """Questions that stand inside a choice of the same page: choice → value → keys of simple questions."""
    found: dict[str, dict[str, list[str]]] = {}
    for one in section.fields:
        when = one.when
        if when is None or when.field is None or one.is_group or one.type is FieldType.FILE:
            continue
        page, _dot, key = when.field.partition(".")
        parent = section.field(key) if page == section.key else None
        if parent is None or parent.type not in {FieldType.CHOICE, FieldType.YES_NO} or parent.when is not None:
            continue
        for value in [when.is_] if when.is_ is not None else list(when.in_ or ()):
            if value is not None:
                found.setdefault(key, {}).setdefault(value, []).append(one.key)
    return found


def shown_controls(form: PageForm) -> str:
    """The names of the controls a page shows, for its hidden field."""
    return " ".join(name for name, made in form.fields.items() if not isinstance(made, forms.FileField))


def posted(section: Section, page: Page, opened: Mapping[int, str], data: QueryDict) -> dict[str, Raw]:
    """What was typed and differs from what is kept, by flat key, as it is to be kept. Only of what the page showed."""
    changes: dict[str, Raw] = {}
    for key in dict.fromkeys(" ".join(data.getlist(SHOWN)).split()):
        one = knows(section, key)
        if one is None or one.is_group:
            continue
        widget = django_field(one).widget
        value = to_keep(one, widget.value_from_datadict(data, {}, key))
        kept = open_text(page.get(key), opened)
        if value != (kept if kept is not None else to_keep(one, as_typed(one, None))):
            changes[key] = value
    return changes


class LookUpForm(Form):
    """The number of a case and the code that was told when it was handed in."""

    number = forms.CharField(label=_("Number"), help_text=_("Such as BA-2026-000123"), max_length=30)
    code = forms.CharField(label=_("Code"), help_text=_("Twelve letters and figures"), max_length=40)


class OfficeForm(Form):
    """Where the office is: a division by name or code."""

    place = forms.CharField(
        label=_("Where do you apply?"),
        help_text=_("Name or code of the district, county or city, such as 440307"),
        max_length=60,
        required=False,
    )


class RatingForm(Form):
    """How a case went, and how often one had to come."""

    grade = forms.TypedChoiceField(label=_("How satisfied are you?"), choices=Grade.choices, coerce=int, widget=Radios)
    trips = WholeNumberField(
        label=_("How many times did you have to come in person?"),
        help_text=_("0 if never"),
        min_value=0,
        max_value=99,
    )
    trip_reasons = forms.MultipleChoiceField(
        label=_("Why did you have to come? (not needed)"),
        choices=TripReason.choices,
        widget=Checkboxes,
        required=False,
    )
    words = forms.CharField(
        label=_("What went well, what did not? (not needed)"),
        help_text=_("Only the office reads it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=1000,
        required=False,
    )


class RatingAnswerForm(Form):
    """What the office answers to a bad rating."""

    words = forms.CharField(
        label=_("Answer"),
        help_text=_("What you found out and what you do about it. The applicant reads it."),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=1000,
    )


class DeliveryForm(Form):
    """A delivery on paper, as the office notes it."""

    how = forms.ChoiceField(
        label=_("Way of delivery"),
        choices=[(one.value, one.label) for one in (Delivery.IN_PERSON, Delivery.POST)],
        widget=Radios,
    )
    on = DateBoxesField(label=_("Day of delivery"))
    by = forms.CharField(
        label=_("Received by"), required=False, max_length=120, help_text=_("Needed when it was handed over in person.")
    )
    note = forms.CharField(
        label=_("Remark"), required=False, max_length=300, help_text=_("For example the number of the consignment.")
    )


class AskForm(Form):
    """What an applicant writes to the office: about which question, the words, a file, and whether they wait for an answer."""

    about = forms.ChoiceField(label=_("What is it about?"), required=False)
    text = forms.CharField(
        label=_("What do you want to say or ask?"), widget=forms.Textarea(attrs={"rows": 5}), max_length=4000
    )
    file = PiecesField(label=_("A file (not needed)"), purpose=Purpose.EVIDENCE, required=False)
    no_answer = forms.BooleanField(label=_("I need no answer"), required=False)

    def __init__(self, *args: Any, definition: Definition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        about: Any = self.fields["about"]
        about.choices = [("", _("The application as a whole")), *places_of(definition)]
        about.widget.choices = about.choices


def places_of(definition: Definition) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every question of a form by its page, for a list to choose from."""
    return [
        (str(section.title), [(f"{section.key}.{field.key}", str(field.label)) for field in section.fields])
        for section in definition.sections
    ]


class AnswerForm(Form):
    """What an office answers."""

    text = forms.CharField(
        label=_("Answer, as the applicant reads it"), widget=forms.Textarea(attrs={"rows": 5}), max_length=4000
    )
    file = PiecesField(label=_("A file (not needed)"), purpose=Purpose.EVIDENCE, required=False)


class LinkForm(Form):
    """The number of another application that belongs together with this one."""

    number = forms.CharField(label=_("Number of the other application"), max_length=30)
