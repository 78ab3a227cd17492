"""What is typed about personal data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongzhi.privacy.enums import Ground, RequestKind
from gongzhi.privacy.purposes import CONTACT
from gongzhi.ui.forms import DateBoxesField, Form, Radios


def purposes() -> list[tuple[str, object]]:
    """What contact data may be opened for."""
    return [(code, purpose.words) for code, purpose in CONTACT.items()]


class CounterForm(Form):
    """Somebody at a counter asks who looked at their data."""

    number = forms.CharField(
        label=_("Number of the person"),
        max_length=16,
        help_text=_("Ten letters and digits. It stands on the person's own page and on their printed copy."),
    )
    present = forms.BooleanField(
        label=_("The person stands before me, I know who they are, and they asked for it"),
    )

    def clean_number(self) -> str:
        """As it is kept: without spaces, in capitals."""
        return "".join(str(self.cleaned_data["number"]).split()).replace("-", "").upper()


class WhyForm(Form):
    """What somebody wants to know about a look."""

    says = forms.CharField(
        label=_("What do you want to know?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("You may leave this empty: the question is then simply why they looked."),
    )


class WhyAnswerForm(Form):
    """Why the office looked."""

    answer = forms.CharField(
        label=_("Answer to the person"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Say for which matter it was needed, and what came of it. Write so that everybody understands it."),
    )


class NumberForm(Form):
    """A person by their number."""

    number = forms.CharField(label=_("Number of the person"), max_length=16)

    def clean_number(self) -> str:
        """As it is kept: without spaces, in capitals."""
        return "".join(str(self.cleaned_data["number"]).split()).replace("-", "").upper()


class OpenForm(Form):
    """What contact data are opened for."""

    purpose = forms.ChoiceField(
        label=_("What do you need it for?"),
        widget=Radios,
        choices=purposes,
        help_text=_("The person sees your office, your masked name and this purpose."),
    )
    hold = forms.ChoiceField(label=_("Investigation"), required=False)

    def __init__(self, holds: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if holds:
            self.fields["hold"].choices = [("", _("None: the person sees it at once")), *holds]  # type: ignore[attr-defined]
        else:
            del self.fields["hold"]


class ExportForm(Form):
    """Why a list of people's contact data is needed."""

    purpose = forms.ChoiceField(label=_("What do you need it for?"), widget=Radios, choices=purposes)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What the list will be used for and when it will be destroyed. Every person in it sees the look."),
    )


class EmergencyForm(NumberForm):
    """Why a record outside one's division cannot wait."""

    reason = forms.CharField(
        label=_("Why it cannot wait"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The person is told at once and reads this. An administrator judges it afterwards."),
    )


class ReviewForm(Form):
    """What an administrator found about an emergency access."""

    outcome = forms.ChoiceField(
        label=_("Was it in order?"),
        widget=Radios,
        choices=[("yes", _("It was in order")), ("no", _("It was not in order"))],
    )
    review = forms.CharField(
        label=_("What you found"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The person and the official read it."),
    )


class HoldForm(Form):
    """An investigation whose looks are shown later."""

    matter = forms.CharField(
        label=_("Investigation"), max_length=60, help_text=_("Its reference, such as the number of its file.")
    )
    reason = forms.CharField(
        label=_("Why the notice has to wait"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    until = DateBoxesField(
        label=_("Last day"),
        help_text=_("On the day after it every look is shown by itself. A year away at most."),
    )


class RightsForm(Form):
    """What a person asks about their own data."""

    kind = forms.ChoiceField(
        label=_("What do you ask for?"),
        widget=Radios(
            hints={
                RequestKind.COPY: _("Everything the platform holds about you, to read and for programs. Made at once."),
                RequestKind.DELETE: _("Closes your account. What a law keeps for a time is kept and not used."),
                RequestKind.RESTRICT: _("Your data are kept and not used; only an emergency opens them."),
            },
        ),
        choices=RequestKind.choices,
    )
    field = forms.ChoiceField(
        label=_("With a correction: what is wrong?"),
        required=False,
        choices=[("", _("No correction")), ("name_sealed", _("My name")), ("phone_sealed", _("Phone number"))],
    )
    says = forms.CharField(label=_("With a correction: how should it be?"), required=False, max_length=100)


class DivisionForm(Form):
    """Where a person lives."""

    code = forms.CharField(
        label=_("Code of your division"),
        required=False,
        max_length=12,
        help_text=_(
            "Six digits, as on your identity card. Only its officials then find your record. Empty: nobody does."
        ),
    )


class DecideForm(Form):
    """What becomes of a request about somebody's own data."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        widget=Radios,
        choices=[("grant", _("Granted: it takes effect at once")), ("refuse", _("Refused, with the legal reason"))],
    )
    ground = forms.ChoiceField(
        label=_("With a refusal: its legal reason"), required=False, choices=[("", _("No refusal")), *Ground.choices]
    )
    answer = forms.CharField(
        label=_("To the person"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What was decided and why, and where they can complain."),
    )
