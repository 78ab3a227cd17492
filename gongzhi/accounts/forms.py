"""What people type to sign in."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


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
