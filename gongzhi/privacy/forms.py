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
