"""What officials type about the register, and what anybody types against it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongzhi.core.times import today
from gongzhi.orgs.enums import Standing
from gongzhi.orgs.models import Organization
from gongzhi.reference.codes import code_list
from gongzhi.registry.enums import ENDINGS, ITEMS_OF, BranchKind, LineageKind, OwnMark, Post
from gongzhi.registry.lists import RULES, cells, columns
from gongzhi.registry.models import Objection
from gongzhi.registry.selectors import items_to_change, label_of, more_items_of
from gongzhi.ui.forms import DateBoxesField, FenField, Form, Radios

LONGEST = {
    "name": 200,
    "legal_representative": 100,
    "business_authority": 200,
    "industry_department": 200,
    "party_body": 200,
    "registry_name": 120,
}
LONGEST_TEXT = 4000
#: Fields of a list that are called otherwise in the register.
_ITEM_OF_FIELD = {"established_on": "registered_on", "fund": "fund_fen"}


def item_of_column(column: str) -> str:
    """The item a list's column speaks of, as far as its heading tells; "" where it does not."""
    heading = columns.fold(column)[0]
    field = next((name for name, known in columns.HEADINGS.items() if heading in known), "")
    return _ITEM_OF_FIELD.get(field, field)


def _refuse(rule: str) -> None:
    raise forms.ValidationError(str(RULES[rule].message), code=rule)


def read_item(item: str, text: str, *, with_unit: bool = False) -> Any:
    """What the register stores for an item, from what somebody typed; an empty text is the empty value.

    Read as lists are read. Yuan unless `with_unit`, then an amount needs its unit as in a list. Raises
    `ValidationError` with the sentence to show.
    """
    text = cells.trim(text)
    if item == "fund_fen" and not with_unit:
        return FenField(required=False).clean(text)
    if item == "field" and text:
        return _field_code(text)
    value: Any = text
    if item == "fund_fen":
        value = cells.read_amount(text) if text else None
    elif item == "registered_on":
        value = cells.read_date(text, latest=today()) if text else None
    elif item == "standing":
        value = cells.STANDINGS.get(cells.half_width(text), "import.standing_unreadable")
    elif item == "kind":
        value = cells.KINDS.get(cells.half_width(text), "import.kind_unreadable")
    elif fault := cells.text_fault(text, lines=True):
        value = fault
    if isinstance(value, str) and value in RULES:
        _refuse(value)
    longest = LONGEST.get(item, LONGEST_TEXT)
    if isinstance(value, str) and len(value) > longest:
        raise forms.ValidationError(_("This is too long: at most %(most)s characters.") % {"most": longest})
    return value


def _field_code(text: str) -> str:
    fields = code_list("fields")
    found = next((one.code for one in fields.codes.values() if text in {one.code, one.zh, one.en}), "")
    if not found:
        known = "、".join(label for _code, label in fields.choices(on=today()))
        raise forms.ValidationError(_("Write one of these: %(fields)s") % {"fields": known})
    return found


def _items(organization: Organization) -> list[tuple[str, str]]:
    return [(item, str(label_of(item, organization.kind))) for item in items_to_change(organization.kind)]


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Why"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1000,
        help_text=_("Everybody can read it. Name the certificate or the decision; do not write about persons."),
    )


def _value(**options: Any) -> forms.CharField:
    return forms.CharField(
        label=_("What it should say"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST_TEXT,
        **options,
    )


_AS_ON_THE_CERTIFICATE = _(
    "As it stands on the certificate. Funds in yuan, such as 2000000.00. Empty: no source states it."
)


class _OfOrganization(Form):
    """A form about one organization."""

    def __init__(self, organization: Organization, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.organization = organization


class CorrectionForm(_OfOrganization):
    """One registered item, what it should say, and why."""

    item = forms.ChoiceField(label=_("Which item"))
    value = _value(help_text=_AS_ON_THE_CERTIFICATE)
    reason = _reason()

    def __init__(self, organization: Organization, *arguments: Any, **options: Any) -> None:
        super().__init__(organization, *arguments, **options)
        self.fields["item"].choices = _items(organization)  # type: ignore[attr-defined]  # a choice field has choices

    def clean(self) -> dict[str, Any]:
        """Turn the text into what the register stores for the item; say which value cannot be."""
        data = super().clean() or {}
        try:
            data["value"] = read_item(data.get("item", ""), data.get("value", ""))
        except forms.ValidationError as error:
            self.add_error("value", error)
        return data


class ChangeForm(CorrectionForm):
    """A change that was registered by decision, and the day it takes effect."""

    on = DateBoxesField(label=_("In effect from"), help_text=_("The day of the decision, such as 2024 3 1."))
    field_order = ("item", "value", "on", "reason")


class OfficerForm(_OfOrganization):
    """Who holds which post."""

    name = forms.CharField(label=_("Name of the person"), max_length=100)
    post = forms.ChoiceField(label=_("Post"), choices=Post.choices)
    since = DateBoxesField(label=_("First day"), required=False, help_text=_("Leave empty if no source states it."))
    reason = _reason()


class BranchForm(_OfOrganization):
    """A branch or representative office the organization keeps a record of."""

    kind = forms.ChoiceField(label=_("Which kind"), choices=BranchKind.choices, widget=Radios)
    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_(
            "With the organization's full name in front. Branches, special funds and representative offices each have"
            " usual endings (Measures on names, Art 17)."
        ),
    )
    since = DateBoxesField(label=_("First day"), required=False, help_text=_("Leave empty if no source states it."))
    reason = _reason()


class CertificateForm(_OfOrganization):
    """The period of a certificate."""

    since = DateBoxesField(label=_("First day"), required=False, help_text=_("Leave empty if no source states it."))
    until = DateBoxesField(
        label=_("Last day"), required=False, help_text=_("Leave empty for a certificate without an end.")
    )
    reason = _reason()


class MarkForm(_OfOrganization):
    """What the registration authority recognised or withdrew."""

    GIVEN, TAKEN = "given", "taken"

    mark = forms.ChoiceField(label=_("What is recorded"), choices=OwnMark.choices, widget=Radios)
    held = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[(GIVEN, _("Recognised or given")), (TAKEN, _("Withdrawn or ended"))],
        coerce=lambda value: value == "given",
        widget=Radios,
    )
    on = DateBoxesField(label=_("In effect from"), help_text=_("The day of the decision, such as 2024 3 1."))
    reason = _reason()


def _named(text: str, field: str) -> Organization | None:
    """The one body with this code or number; none for an empty text."""
    if not text.strip():
        return None
    found = list(Organization.objects.named_by(text).order_by("pk")[:2])
    if len(found) != 1:
        raise forms.ValidationError({field: _("No single organization has this code or number.")})
    return found[0]


class HostForm(_OfOrganization):
    """The body an organization leans on."""

    name = forms.CharField(
        label=_("Name of the hosting body"), max_length=200, help_text=_("As the decision or agreement writes it.")
    )
    code = forms.CharField(
        label=_("Its credit code or number"),
        required=False,
        max_length=64,
        help_text=_("Only if it is in this register; its page then shows who leans on it."),
    )
    since = DateBoxesField(label=_("First day"), required=False, help_text=_("Leave empty if no source states it."))
    reason = _reason()

    def clean(self) -> dict[str, Any]:
        """Find the host in the register."""
        data = super().clean() or {}
        data["host"] = _named(data.get("code", ""), "code")
        return data


class LineageForm(_OfOrganization):
    """How this body came out of another, or another out of it."""

    OUT = "out"
    IN = "in"
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[
            (OUT, _("The other came out of this organization")),
            (IN, _("This organization came out of the other")),
        ],
        widget=Radios,
    )
    kind = forms.ChoiceField(label=_("How"), choices=LineageKind.choices, widget=Radios)
    other = forms.CharField(label=_("Credit code or number of the other"), max_length=64)
    on = DateBoxesField(label=_("Day of the decision"))
    ends = forms.BooleanField(label=_("The registration of the earlier body ended on that day"), required=False)
    reason = _reason()

    def clean(self) -> dict[str, Any]:
        """Find the other body in the register."""
        data = super().clean() or {}
        if data.get("other"):
            data["other"] = _named(data["other"], "other")
        return data


class EndingForm(_OfOrganization):
    """How and when a registration ended."""

    standing = forms.ChoiceField(
        label=_("How it ended"),
        choices=[(one, Standing(one).label) for one in ENDINGS],
        widget=Radios,
    )
    on = DateBoxesField(label=_("Day of the decision"))
    reason = _reason()


class RecodeForm(_OfOrganization):
    """The division that now holds the registration."""

    division = forms.CharField(
        label=_("Code of the new division"),
        max_length=12,
        help_text=_(
            "Six digits, of a division in use. Digits 3 to 8 of the credit code stay as they are: they say who registered"
            " the organization when the code was given."
        ),
    )
    on = DateBoxesField(label=_("In effect from"))
    reason = _reason()


class UntilForm(_OfOrganization):
    """The last day of something that came."""

    until = DateBoxesField(label=_("Last day"))
    reason = _reason()


# --- objections ---


class ObjectionForm(_OfOrganization):
    """What is wrong, what shows it, and how to reach who says so."""

    item = forms.ChoiceField(label=_("Which entry is wrong"), required=False)
    says = forms.CharField(
        label=_("How it should be"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=_("Everybody can read this once it has been answered. Do not write about persons."),
    )
    evidence = forms.CharField(
        label=_("What shows it"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text=_("A certificate, a public notice with its address, a decision. Only the authority reads this."),
    )
    contact = forms.CharField(
        label=_("Mobile number or e-mail address"),
        required=False,
        max_length=200,
        help_text=_(
            "Only if you want to be asked back. Kept encrypted, never shown, deleted 90 days after the answer."
        ),
    )

    def __init__(self, organization: Organization, *arguments: Any, **options: Any) -> None:
        super().__init__(organization, *arguments, **options)
        items = ["", *ITEMS_OF[organization.kind], *more_items_of(organization.kind)]
        choices = [(item, str(label_of(item, organization.kind))) for item in items]
        self.fields["item"].choices = choices  # type: ignore[attr-defined]  # a choice field has choices


class CodeForm(Form):
    """The code that opens an answer."""

    code = forms.CharField(
        label=_("Code"),
        max_length=64,
        help_text=_("The letters and digits that were shown when you handed the objection in."),
    )


class AnswerForm(_OfOrganization):
    """The authority's answer to an objection."""

    UPHOLD = "uphold"
    DECLINE = "decline"
    outcome = forms.ChoiceField(
        label=_("Your decision"),
        choices=[(UPHOLD, _("Uphold it: the entry is corrected")), (DECLINE, _("Decline it, with the reason"))],
        widget=Radios,
    )
    item = forms.ChoiceField(label=_("If upheld: which item"), required=False)
    value = _value(help_text=_AS_ON_THE_CERTIFICATE)
    answer = forms.CharField(
        label=_("Answer"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=_("Everybody can read it, beside what the objection says. Do not write about persons."),
    )

    def __init__(self, objection: Objection, *arguments: Any, **options: Any) -> None:
        super().__init__(objection.org, *arguments, **options)
        choices = [*_items(objection.org), ("standing", str(label_of("standing", objection.org.kind)))]
        if objection.item:
            choices = [one for one in choices if one[0] == objection.item]
        else:
            choices.insert(0, ("", str(_("No item: what was wrong has been recorded by itself"))))
        self.fields["item"].choices = choices  # type: ignore[attr-defined]  # a choice field has choices
        self.fields["item"].initial = objection.item

    def clean(self) -> dict[str, Any]:
        """Read what the item should say, when the objection is upheld."""
        data = super().clean() or {}
        item = data.get("item", "")
        if data.get("outcome") == self.UPHOLD and item:
            try:
                data["value"] = read_item(item, data.get("value", ""))
            except forms.ValidationError as error:
                self.add_error("value", error)
        return data


# --- doubts ---


class DoubtForm(_OfOrganization):
    """What a doubtful value means."""

    USE = "use"
    DISMISS = "dismiss"
    outcome = forms.ChoiceField(
        label=_("Your decision"),
        choices=[(USE, _("Enter a value")), (DISMISS, _("Leave it open for ever"))],
        widget=Radios,
    )
    item = forms.ChoiceField(label=_("For a value: which item"), required=False)
    value = _value(help_text=_("Written as in a list: an amount with its unit; a day as 2019-03-01."))
    reason = _reason()

    def __init__(self, organization: Organization, *arguments: Any, column: str = "", **options: Any) -> None:
        super().__init__(organization, *arguments, **options)
        choices = [
            *_items(organization),
            ("standing", str(label_of("standing", organization.kind))),
            ("kind", str(_("Kind of organization"))),
        ]
        self.fields["item"].choices = choices  # type: ignore[attr-defined]  # a choice field has choices
        self.fields["item"].initial = item_of_column(column)

    def clean(self) -> dict[str, Any]:
        """Read the value as a list's cell is read."""
        data = super().clean() or {}
        if data.get("outcome") == self.USE and "value" in data:
            if not data["value"]:
                self.add_error("value", _("Enter what it should say."))
                return data
            try:
                data["value"] = read_item(data.get("item", ""), data["value"], with_unit=True)
            except forms.ValidationError as error:
                self.add_error("value", error)
        return data


class UnitForm(Form):
    """The unit of a whole column."""

    unit = forms.ChoiceField(
        label=_("All these amounts are in"),
        choices=[("元", _("yuan")), ("万元", _("ten thousand yuan")), ("亿元", _("hundred million yuan"))],
        widget=Radios,
    )
    reason = _reason()
