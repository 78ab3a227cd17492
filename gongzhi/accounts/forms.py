"""What people type to sign in, and about a program that wants a key."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from gongzhi.ui.forms import Form


class SignInForm(forms.Form):
    """One name, one password. The password is never shown again; the name is."""

    use_required_attribute = False

    login = forms.CharField(
        label=_("Phone number or e-mail address"),
        max_length=254,
        error_messages={"required": _("Enter your phone number or e-mail address.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        error_messages={"required": _("Enter your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    public_computer = forms.BooleanField(
        label=_("This is a public computer (closing the browser signs you out)"), required=False
    )


class ClientForm(Form):
    """A program that is to read the API with a key of its own."""

    name = forms.CharField(label=_("Name of the program"), max_length=100)
    purpose = forms.CharField(label=_("What it is for"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    contact = forms.CharField(
        label=_("E-mail address or telephone number of who runs it"),
        max_length=200,
        help_text=_("Kept sealed. Opening it is written down."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    per_minute = forms.IntegerField(
        label=_("Requests a minute"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("Empty: the platform's own limit for clients."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
