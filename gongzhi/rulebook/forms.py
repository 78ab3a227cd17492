"""The two forms of the parameter pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from gongzhi.rulebook.enums import Evidence, Section
from gongzhi.ui.forms import DateBoxesField, Form, Radios


class FilterForm(Form):
    """What the list shows. Everything is optional."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    evidence = forms.ChoiceField(
        label=_("Evidence"), required=False, choices=[("", _("Any evidence")), *Evidence.choices]
    )
    section = forms.ChoiceField(label=_("Part"), required=False, choices=[("", _("All parts")), *Section.choices])
    changed = forms.BooleanField(label=_("Only what was amended here"), required=False)


class AmendForm(Form):
    """A number from a day on, with its citation. The unit is that of the parameter."""

    path = forms.CharField(
        label=_("Division"),
        required=False,
        max_length=64,
        help_text=_("A chain of codes, such as 44/4403/. Empty means the whole nation."),
    )
    value = forms.DecimalField(label=_("Number"))
    valid_from = DateBoxesField(
        label=_("Holds from"), help_text=_("A past day corrects what the platform believed about it.")
    )
    article = forms.CharField(
        label=_("Article"), max_length=200, help_text=_("As it is to be quoted, with the name of the instrument.")
    )
    source = forms.CharField(
        label=_("Source"), max_length=200, help_text=_("The number or the edition of the paper you read.")
    )
    evidence = forms.ChoiceField(label=_("How the number is known"), choices=Evidence.choices, widget=Radios)
    reason = forms.CharField(
        label=_("Why it is amended"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Public. Do not write about persons."),
    )
