"""What people type about broadcasts."""

from __future__ import annotations

import re
import unicodedata

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.core.times import today
from gongzhi.files.enums import Purpose
from gongzhi.files.forms import PiecesField
from gongzhi.reference.models import Division
from gongzhi.reference.selectors import UnknownDivision, path_of
from gongzhi.ui.forms import DateBoxesField, Form

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def _path(typed: str) -> str:
    """The path of a division named by its code or its whole name; ValidationError where it is none or several."""
    typed = unicodedata.normalize("NFKC", typed).strip()
    if typed.isdigit():
        try:
            return path_of(typed)
        except UnknownDivision as error:
            raise forms.ValidationError(_("No division in use has this code.")) from error
    found = list(Division.objects.in_use().filter(name=typed).values_list("path", flat=True)[:2])
    if len(found) != 1:
        raise forms.ValidationError(
            _("No division in use is called so. Type its full name or its code.")
            if not found
            else _("Several divisions are called so. Type the code.")
        )
    return str(found[0])


class BroadcastForm(Form):
    """A broadcast: where, what, when."""

    title = forms.CharField(
        label=gettext_lazy("What it is about"),
        max_length=60,
        help_text=gettext_lazy("Such as: flood warning for tonight."),
    )
    place = forms.CharField(
        label=gettext_lazy("Where it is heard"),
        max_length=60,
        help_text=gettext_lazy("Name or code of the division. It is heard at all playing points below it."),
    )
    recording = PiecesField(
        label=gettext_lazy("Recorded in your own voice"),
        required=False,
        purpose=Purpose.RECORDING,
        help_text=gettext_lazy(
            "People understand and trust a voice they know best, also in dialect. WAV, MP3, Ogg or M4A, at most 40 MB; "
            "record it with any telephone."
        ),
    )
    text = forms.CharField(
        label=gettext_lazy("Or a text that is read out"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("As it is to be heard. Do not name private persons; write numbers as they are spoken."),
    )
    first_on = DateBoxesField(label=gettext_lazy("First day"), initial=today)
    last_on = DateBoxesField(label=gettext_lazy("Last day"), initial=today)
    times = forms.CharField(
        label=gettext_lazy("Times of the day"),
        max_length=60,
        help_text=gettext_lazy("One to six, such as: 07:00 12:00 18:30"),
    )
    urgent_because = forms.CharField(
        label=gettext_lazy("Why it must be heard in the quiet hours"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Only for danger to life and limb. Leave it empty otherwise."),
    )

    def clean_place(self) -> str:
        """The path of the division."""
        return _path(self.cleaned_data["place"])

    def clean_times(self) -> list[str]:
        """Times as `HH:MM`, in order."""
        typed = unicodedata.normalize("NFKC", self.cleaned_data["times"])
        found = []
        for word in re.split(r"[\s,;、]+", typed.strip(" ,;、")):
            match = _TIME.fullmatch(word)
            if match is None:
                raise forms.ValidationError(_("“%(word)s” is no time of the day such as 07:00.") % {"word": word})
            found.append(f"{int(match[1]):02d}:{match[2]}")
        return sorted(set(found))


class PointForm(Form):
    """A playing point."""

    name = forms.CharField(
        label=gettext_lazy("Which place"),
        max_length=60,
        help_text=gettext_lazy("Such as: loudspeaker at the village square. The place, not a person."),
    )
    place = forms.CharField(
        label=gettext_lazy("In which division"), max_length=60, help_text=gettext_lazy("Name or code of the division.")
    )

    def clean_place(self) -> str:
        """The path of the division."""
        return _path(self.cleaned_data["place"])
