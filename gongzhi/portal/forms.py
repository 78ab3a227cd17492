"""What people type on pages that combine apps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongzhi.core.times import today
from gongzhi.files.enums import Purpose
from gongzhi.files.forms import PiecesField
from gongzhi.notify.enums import BINDING, Category, Channel
from gongzhi.notify.selectors import Wanted
from gongzhi.orgs.enums import GROUND_ARTICLES, AgencyKind, Basis, HouseKind, Kind, OpeningGround, OrgRole, Role
from gongzhi.orgs.roles import DELEGABLE, MEANINGS, ROLES
from gongzhi.reference.codes import code_list
from gongzhi.registry import names
from gongzhi.rulebook.catalogue import Definition
from gongzhi.rulebook.enums import NO, YES, Shape
from gongzhi.ui.forms import Checkboxes, DateBoxesField, Form, Radios, WholeNumberField


class SavedSearchForm(Form):
    """What a person calls a search of theirs."""

    name = forms.CharField(
        label=_("What you call this search"),
        max_length=100,
        help_text=_("Only you see it. It stands above the messages about this search."),
    )


class ListUploadForm(Form):
    """A list of a registration authority, and the day it speaks of."""

    file = forms.FileField(
        label=_("The list"),
        help_text=_("CSV, TSV or XLSX, at most 20 MB. The first line names the columns. Nothing is taken in yet."),
    )
    dated_on = DateBoxesField(
        label=_("The day the list speaks of"),
        initial=today,
        help_text=_("What the list says holds from this day on, unless the list itself gives a day."),
    )


class CodeBlockForm(Form):
    """A run of organization codes that was allotted to an authority."""

    stem = forms.CharField(label=_("Codes begin with"), help_text=_("Two letters or digits, such as MJ"), max_length=10)
    first = WholeNumberField(label=_("First number"), help_text=_("Up to six digits"), min_value=0, max_value=999_999)
    last = WholeNumberField(label=_("Last number"), min_value=0, max_value=999_999)


class ReasonForm(Form):
    """Why something is done that everybody can see."""

    reason = forms.CharField(
        label=_("Why"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        help_text=_("Everybody can read it. Do not write about persons."),
    )


class NameForm(Form):
    """A name somebody has in mind, for which kind of body and where."""

    kind = forms.ChoiceField(
        label=_("What is to be founded"),
        widget=Radios,
        choices=[(kind.value, kind.label) for kind in names.KINDS],
        initial=Kind.SOCIAL_GROUP,
    )
    place = forms.CharField(
        label=_("Where it is to be registered"),
        required=False,
        max_length=60,
        help_text=_(
            "A province, city or county, or its code; the Ministry of Civil Affairs for the national level. Empty: as the name begins."
        ),
    )
    name = forms.CharField(label=_("The name you have in mind"), max_length=names.LONGEST)
    field = forms.ChoiceField(
        label=_("Field of activity"),
        required=False,
        choices=lambda: [("", _("Not chosen: words of the name are compared")), *code_list("fields").choices()],
        help_text=_("Where the register states a field too, the two are compared instead of the words."),
    )

    #: Paths of the divisions a shared name may mean, for the reader to choose from.
    shared: tuple[str, ...] = ()

    def clean_place(self) -> str:
        """The path of the division; empty where none was typed."""
        typed = self.cleaned_data["place"]
        if not typed.strip():
            return ""
        found = names.registries_named(typed)
        if not found:
            raise forms.ValidationError(_("No division in use is called so. Type its full name or its code."))
        if len(found) > 1:
            self.shared = tuple(found)
            raise forms.ValidationError(_("Several divisions are called so. Put the province or city before it."))
        return found[0]


class PlaceForm(Form):
    """A division somebody asks about or lives in."""

    at = forms.CharField(
        label=_("Division"),
        max_length=60,
        help_text=_("A province, city, county or street, or its code. “National” means the whole country."),
    )

    #: Paths of the divisions a shared name may mean, for the reader to choose from.
    shared: tuple[str, ...] = ()

    def clean_at(self) -> str:
        """The path of the division; `/` for the nation."""
        found = names.divisions_named(self.cleaned_data["at"])
        if not found:
            raise forms.ValidationError(_("No division in use is called so. Type its full name or its code."))
        if len(found) > 1:
            self.shared = tuple(found)
            raise forms.ValidationError(_("Several divisions are called so. Choose one below."))
        return found[0]


def _reason_field() -> forms.CharField:
    return forms.CharField(
        label=_("Why"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Whoever sees this setting can read it. Do not write about persons."),
    )


class SettingForm(Form):
    """What a level says of one setting from a day on. The question for the value is that of the setting."""

    def __init__(self, asked: Definition, *arguments: Any, most: int | None, may_lock: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["value"] = _value_field(asked, most)
        if may_lock:
            self.fields["locked"] = forms.BooleanField(
                label=_("Lock it: the same everywhere below"),
                required=False,
                help_text=_("What levels below have chosen stays written and does not count while the lock holds."),
            )
        self.fields["valid_from"] = DateBoxesField(label=_("Holds from"), help_text=_("Today, or a day within a year."))
        self.fields["reason"] = _reason_field()


class TakeBackForm(Form):
    """Why a level says nothing of a setting any more."""

    #: Both forms stand on one page, so their questions need names of their own.
    prefix = "back"
    valid_from = DateBoxesField(label=_("From which day"), help_text=_("Today, or a day within a year."))
    reason = _reason_field()


class TextField(forms.CharField):
    """A text of some lines. Browsers send each end of a line as two signs; it counts and is kept as one."""

    def to_python(self, value: Any) -> Any:
        """The text with one sign at the ends of its lines."""
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


def _value_field(asked: Definition, most: int | None) -> forms.Field:
    """The question for a value, by the shape of the setting; the action checks it again."""
    if asked.shape is Shape.SWITCH:
        choices = [(YES, _("On")), (NO, _("Off"))]
        return forms.ChoiceField(label=_("On or off"), choices=choices, widget=Radios)
    if asked.shape is Shape.DAYS:
        return forms.CharField(
            label=_("Working days"),
            max_length=4,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-3"}),
            help_text=format_lazy(_("{least} to {most}: never more than the parameter."), least=asked.least, most=most),
        )
    if asked.shape is Shape.LINE:
        hint = format_lazy(_("At most {most} characters. Everybody there reads it."), most=asked.longest)
        return forms.CharField(label=_("What it says"), max_length=asked.longest, help_text=hint)
    area, hint = forms.Textarea(attrs={"rows": 3}), _("Everybody there reads it.")
    return TextField(label=_("What it says"), widget=area, max_length=asked.longest, help_text=hint)


class NoticesForm(Form):
    """Which categories of notices go out on which channels, and when one is not rung.

    One box for each category that may be switched off and each channel, named `category:channel`.
    """

    begins = forms.TimeField(
        label=_("Do not ring from"),
        widget=forms.TimeInput(format="%H:%M", attrs={"class": "govuk-input--width-5", "inputmode": "numeric"}),
        help_text=_("A time of day such as 21:00. Text messages and WeChat wait; e-mail makes no noise and does not."),
    )
    ends = forms.TimeField(
        label=_("until"),
        widget=forms.TimeInput(format="%H:%M", attrs={"class": "govuk-input--width-5", "inputmode": "numeric"}),
        help_text=_(
            "The same time twice means never quiet. Legal notices and warnings about your account do not wait."
        ),
    )

    def __init__(self, choice: Wanted, *arguments: Any, **options: Any) -> None:
        options.setdefault("initial", {"begins": choice.quiet[0], "ends": choice.quiet[1]})
        super().__init__(*arguments, **options)
        self.choice = choice
        self.pairs = [
            (category, channel)
            for category in Category
            if category not in BINDING
            for channel in choice.ways[category.value]
        ]

    def is_on(self, category: str, channel: str) -> bool:
        """Whether the box is ticked: as typed, else as chosen before."""
        if self.is_bound:
            return f"{category}:{channel}" in self.data
        return (category, channel) in self.choice.on

    def boxes(self) -> list[dict[str, Any]]:
        """The table of the page: a row for each category that has kinds."""
        return [
            {
                "label": category.label,
                "kinds": self.choice.kinds[category.value],
                "binding": category in BINDING,
                "boxes": [
                    {
                        "name": f"{category.value}:{channel}",
                        "label": Channel(channel).label,
                        "on": category in BINDING or self.is_on(category.value, channel),
                    }
                    for channel in self.choice.ways[category.value]
                ],
            }
            for category in Category
            if self.choice.kinds[category.value]
        ]

    def changed_choices(self) -> list[tuple[str, str, bool]]:
        """(category, channel, on) of every box that says something else than before."""
        return [
            (category.value, channel, on)
            for category, channel in self.pairs
            if (on := self.is_on(category.value, channel)) != ((category.value, channel) in self.choice.on)
        ]


class MemberRoleForm(Form):
    """A role in an organization; for a handler also what is delegated, and until when."""

    role = forms.ChoiceField(label=_("Role"), widget=Radios)
    delegated = forms.MultipleChoiceField(
        label=_("What is delegated"),
        required=False,
        widget=Checkboxes,
        choices=[(code, MEANINGS[code]) for code in DELEGABLE],
        help_text=_("Seeing the desk always belongs to it."),
    )
    until = DateBoxesField(label=_("Last day of the delegation"), help_text=_("Within a year; it can be given again."))

    def __init__(self, data: Mapping[str, Any] | None = None, *, roles: Sequence[OrgRole], **more: Any) -> None:
        super().__init__(data, **more)
        field = self.fields["role"]
        field.choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        field.widget = Radios(
            choices=field.choices,  # type: ignore[attr-defined]
            reveals={OrgRole.HANDLER.value: ["delegated", "until"]} if OrgRole.HANDLER in roles else {},
            hints={role.value: ROLES[role].purpose for role in roles},
        )
        if OrgRole.HANDLER not in roles:
            del self.fields["delegated"], self.fields["until"]


class InvitationForm(MemberRoleForm):
    """Whom to invite, and into which role."""

    address = forms.CharField(
        label=_("Phone number or e-mail address of whom you invite"),
        max_length=254,
        help_text=_("The link works only for who signs in with it. Kept as a mask and a keyed hash."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("address", "role", "delegated", "until")


class AgencyForm(Form):
    """A new agency: its name, what it does, and the division it answers for."""

    name = forms.CharField(label=_("Name of the agency"), max_length=120)
    kind = forms.ChoiceField(label=_("What it does"), choices=AgencyKind.choices)
    division = forms.CharField(
        label=_("Code of the division"),
        max_length=12,
        required=False,
        help_text=_("Six digits, such as 440300. It answers for everything below. Empty is the whole country."),
    )


class AppointForm(Form):
    """Who works for an agency, in which role, and until when."""

    login = forms.CharField(
        label=_("Phone number or e-mail address the person signs in with"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), widget=Radios)
    until = DateBoxesField(
        label=_("Last day"), required=False, help_text=_("Leave it empty where no end is known yet.")
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, roles: Sequence[Role], **more: Any) -> None:
        super().__init__(data, **more)
        field = self.fields["role"]
        field.choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        field.widget = Radios(
            choices=field.choices,  # type: ignore[attr-defined]
            hints={role.value: ROLES[role].purpose for role in roles},
        )


class LastDayForm(Form):
    """The last day of a role."""

    until = DateBoxesField(
        label=_("Last day"),
        required=False,
        help_text=_("Today or later; the role holds through this day. Empty ends it at once."),
    )


class SuccessorForm(Form):
    """Who is in charge after the last one leaves."""

    successor = forms.ChoiceField(label=_("Your successor as person in charge"), widget=Radios)

    def __init__(self, data: Mapping[str, Any] | None = None, *, members: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["successor"].widget = Radios(choices=members)
        self.fields["successor"].choices = members  # type: ignore[attr-defined]


class OwnerForm(Form):
    """Who is to be in charge of an organization's account, and how control was proved."""

    login = forms.CharField(
        label=_("Phone number or e-mail address the person signs in with"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    basis = forms.ChoiceField(
        label=_("What you have seen"),
        widget=Radios,
        choices=[(one.value, one.label) for one in (Basis.LETTER, Basis.REPRESENTATIVE)],
    )


class ClaimForm(Form):
    """What proves that somebody is in charge of an organization."""

    basis = forms.ChoiceField(
        label=_("How do you prove it?"),
        widget=Radios(
            hints={
                Basis.LETTER.value: _("A scan or a photograph. The registration authority opens it, nobody else."),
                Basis.VERIFIED.value: _("Your verified name is that of the legal representative in the register."),
            },
        ),
    )
    letter = PiecesField(
        label=_("The letter"),
        required=False,  # `clean` asks for it where it is the proof
        purpose=Purpose.DOCUMENT,
        help_text=_("PDF, OFD, Word or a picture, at most 20 MB."),
    )
    says = forms.CharField(
        label=_("Anything the registration authority should know"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("You may leave this empty."),
    )

    def __init__(self, data: Mapping[str, Any] | None, files: Any, *, by_identity: bool) -> None:
        super().__init__(data, files, initial={"basis": Basis.VERIFIED if by_identity else Basis.LETTER})
        ways = (Basis.LETTER, Basis.VERIFIED) if by_identity else (Basis.LETTER,)
        self.fields["basis"].choices = [(one.value, one.label) for one in ways]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A letter is handed in where it is what proves it."""
        data = super().clean() or {}
        if data.get("basis") == Basis.LETTER and not data.get("letter") and "letter" not in self.errors:
            self.add_error("letter", _("Hand in the letter of the organization."))
        return data


class ClaimAnswerForm(Form):
    """What the person in charge says about somebody else's claim."""

    CONFIRM, DISPUTE = "confirm", "dispute"
    outcome = forms.ChoiceField(
        label=_("Is this right?"),
        widget=Radios(
            hints={CONFIRM: _("This person is then in charge beside you, at once.")},
        ),
        choices=[
            (CONFIRM, _("Yes, this person is in charge of the organization too")),
            (DISPUTE, _("No, the registration authority has to look at it")),
        ],
    )
    words = forms.CharField(
        label=_("If it is not right: why"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The registration authority reads it."),
    )


class ClaimDecisionForm(Form):
    """Whether the registry admits who claims."""

    ADMIT, REFUSE = "admit", "refuse"
    outcome = forms.ChoiceField(
        label=_("Decision"),
        widget=Radios,
        choices=[
            (ADMIT, _("Admit as the person in charge")),
            (REFUSE, _("Refuse, with the reason")),
        ],
    )
    answer = forms.CharField(
        label=_("With a refusal: the reason"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The person reads it. Say what is missing, so that it can be right the next time."),
    )


class HouseRecordForm(Form):
    """Something an organization keeps for itself."""

    kind = forms.ChoiceField(label=_("What is it?"), widget=Radios, choices=HouseKind.choices)
    title = forms.CharField(label=_("Title"), max_length=120)
    on = DateBoxesField(label=_("The day it speaks of"), initial=today)
    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Kept encrypted. Only members whose role allows it read it."),
    )
    paper = PiecesField(
        label=_("A paper that belongs to it"),
        required=False,
        purpose=Purpose.EVIDENCE,
        help_text=_("You may leave this empty. PDF, OFD, Word, Excel, pictures, text; at most 20 MB."),
    )

    def __init__(self, data: Any = None, files: Any = None, *, changes: bool = False, **more: Any) -> None:
        super().__init__(data, files, **more)
        if changes:
            del self.fields["kind"], self.fields["paper"]


class OpeningForm(Form):
    """On what ground an official opens what an organization keeps for itself."""

    kind = forms.ChoiceField(label=_("What is opened?"), widget=Radios, choices=HouseKind.choices)
    ground = forms.ChoiceField(
        label=_("Legal ground"),
        widget=Radios(hints=GROUND_ARTICLES),
        choices=OpeningGround.choices,
    )
    matter = forms.CharField(
        label=_("Case"), max_length=60, help_text=_("Its reference, such as the number of its file.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The organization reads it at once, with your office and the last day."),
    )
    until = DateBoxesField(label=_("Last day"), help_text=_("Within a year. You can end it earlier."))


class TrailForm(Form):
    """Which part of what was done somebody wants to read."""

    account = forms.CharField(
        label=_("Number of the account"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    event = forms.CharField(
        label=_("Code of what was done"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    day = DateBoxesField(label=_("On what day"), required=False)

    unknown_account = _("No account has this number.")

    @staticmethod
    def is_code(text: str) -> bool:
        """Whether an event can be called so."""
        return re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", text) is not None


class CoverForm(Form):
    """Which colleague stands in, from which day to which."""

    deputy = forms.ChoiceField(label=_("Who stands in for you"))
    since = DateBoxesField(label=_("First day"), initial=today)
    until = DateBoxesField(label=_("Last day"), help_text=_("At most 92 days after the first. It ends by itself."))

    def __init__(self, data: Mapping[str, Any] | None = None, *, colleagues: Sequence[tuple[str, Any]]) -> None:
        super().__init__(data)
        self.fields["deputy"].choices = [("", _("Choose a colleague")), *colleagues]  # type: ignore[attr-defined]


class VerifyForm(Form):
    """A certificate to be checked: its number, or its file."""

    number = forms.CharField(
        label=_("Number of the certificate"),
        required=False,
        max_length=24,
        help_text=_("As it is printed, such as BAZ-2026-000001."),
    )
    file = forms.FileField(
        label=_("Or the file"),
        required=False,
        help_text=_("The PDF as you received it; at most 5 MB."),
        allow_empty_file=True,
    )

    def clean_number(self) -> str:
        """In the one form numbers have."""
        return unicodedata.normalize("NFKC", self.cleaned_data["number"]).replace(" ", "").upper()

    def clean(self) -> dict[str, Any]:
        """One of both is needed."""
        data = super().clean() or {}
        if not data.get("number") and data.get("file") is None and not self.errors:
            self.add_error("number", _("Type a number, or choose a file."))
        return data


class RevokeForm(Form):
    """Why a certificate holds no more."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody reads it. Name the decision and its ground; name nobody."),
    )
