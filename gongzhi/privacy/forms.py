"""What is typed about personal data."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from gongzhi.ui.forms import Form


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
