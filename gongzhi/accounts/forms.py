"""What people type to sign in, and about a program that wants a key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.actions.verification import read
from gongzhi.accounts.enums import DocumentKind, ReachWay, Relation, ShownBy
from gongzhi.accounts.passwords import LONGEST
from gongzhi.core.errors import RuleViolation
from gongzhi.files.enums import Purpose
from gongzhi.files.forms import PiecesField
from gongzhi.notify.enums import Hand
from gongzhi.ui.forms import DateBoxesField, Form, Radios


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


class _Login(forms.CharField):
    """A phone number or an e-mail address, under one name on every form."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Phone number or e-mail address"),
            max_length=254,
            error_messages={"required": _("Enter your phone number or e-mail address.")},
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        )


class _NewPassword(forms.CharField):
    """A password that is chosen. Pasting and password managers are welcome."""

    def __init__(self, label: Any = "") -> None:
        super().__init__(
            label=label or _("New password"),
            max_length=LONGEST,
            strip=False,
            help_text=_("At least 12 characters. Several words with spaces are easy to remember and hard to guess."),
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        )


class CodeField(forms.CharField):
    """Digits that were sent, or that an authenticator shows."""

    def __init__(self, label: Any = "", help_text: Any = "", length: int = 6) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "one-time-code", "class": "otp govuk-input--width-10"}
        super().__init__(
            label=label or _("6-digit code"),
            max_length=length + 10,
            help_text=help_text,
            error_messages={"required": _("Enter the code.")},
            widget=forms.TextInput(attrs=attrs),
        )


class PublicComputerField(forms.BooleanField):
    """Whether the session ends with the browser and leaves no mark."""

    def __init__(self) -> None:
        super().__init__(label=_("This is a public computer (closing the browser signs you out)"), required=False)


class AskCodeForm(Form):
    """Where a code is to go."""

    login = _Login()


class EnterCodeForm(Form):
    """The code that came."""

    code = CodeField()
    public_computer = PublicComputerField()


class SignUpForm(Form):
    """The code that came, a name and a password: a new account."""

    code = CodeField()
    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        help_text=_("Kept sealed. Pages show the first character only."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = _NewPassword(_("Choose a password"))
    public_computer = PublicComputerField()


class RecoverForm(Form):
    """The code that came and a new password."""

    code = CodeField()
    password = _NewPassword()


class PasswordForm(Form):
    """The present password and a new one."""

    old = forms.CharField(
        label=_("Present password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = _NewPassword()

    def __init__(self, *args: Any, has_password: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_password:
            del self.fields["old"]


class ContactForm(Form):
    """A new address or number to sign in with."""

    login = _Login()


class ConfirmContactForm(Form):
    """The code that came to the new address or number."""

    code = CodeField()


class FactorCodeForm(Form):
    """A code of the authenticator, or a recovery code."""

    code = CodeField(
        _("Code of your authenticator, or a recovery code"),
        _("The app on your phone shows six digits, new ones every 30 seconds. Each is good once."),
        length=12,
    )


class ProvePasswordForm(Form):
    """The present password, once more."""

    password = forms.CharField(
        label=_("Present password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewAuthenticatorForm(Form):
    """The first code of an authenticator that was just set up."""

    code = CodeField(_("Code the app shows now"))


class NewPasskeyForm(Form):
    """What a passkey is called; the browser adds its answer."""

    name = forms.CharField(
        label=_("Name of this passkey"),
        max_length=60,
        help_text=_("Such as the device it is on, so that you know it again."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class EndSessionsForm(Form):
    """Whose sessions are to end."""

    login = forms.CharField(
        label=_("Phone number, e-mail address or number of the account"),
        max_length=254,
        help_text=_("The number of an account stands beside every event of the audit trail."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AskRecoveryForm(Form):
    """Whom an official wants to let back in, by which new way, and how they know who it is."""

    login = forms.CharField(
        label=_("Old phone number or e-mail address of the account"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    contact = forms.CharField(
        label=_("New phone number or e-mail address"),
        max_length=254,
        help_text=_("The person sets a password with a code sent there, after the waiting time."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    drops_factors = forms.BooleanField(label=_("Passkeys and authenticator are lost too: remove them"), required=False)
    because = forms.CharField(
        label=_("How do you know who it is?"),
        max_length=300,
        help_text=_("For example: seen in person with identity card, photo compared. Write no numbers."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ConfirmRecoveryForm(Form):
    """How the second official knows who it is."""

    because = forms.CharField(
        label=_("How do you know who it is?"),
        max_length=300,
        help_text=_("Check it yourself; do not rely on your colleague. Write no numbers."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _document_kinds() -> list[tuple[str, str]]:
    return [(str(kind.value), str(kind.label)) for kind in DocumentKind]


class DocumentForm(Form):
    """What stands in a document."""

    kind = forms.ChoiceField(
        label=_("Document"), widget=Radios, choices=_document_kinds, initial=DocumentKind.RESIDENT_ID
    )
    name = forms.CharField(
        label=_("Name as it stands in the document"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    number = forms.CharField(
        label=_("Number of the document"),
        max_length=40,
        help_text=_("Blanks do no harm. That the number fits is no proof yet: a person compares it with the document."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    born_on = DateBoxesField(
        label=_("Day of birth"),
        required=False,
        help_text=_("Only for documents whose number does not tell it, such as a passport."),
    )
    division = forms.CharField(
        label=_("Code of the division"),
        max_length=12,
        help_text=_("Where the person lives: the digits of the province, city or county, such as 440300."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Say at once what is wrong with the number, beside everything else."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") and data.get("number") and "born_on" in data:
            try:
                read(data["kind"], data["number"], data["born_on"])
            except RuleViolation as error:
                self.add_error(error.field or None, str(error.message))
        return data


class VerificationForm(DocumentForm):
    """A document of one's own, with a picture that shows it."""

    proof = PiecesField(
        label=_("Picture of the document"),
        purpose=Purpose.IDENTITY,
        help_text=_(
            "A photo or a scan of the side with the picture, at most 10 MB. It is deleted some time after the decision."
        ),
    )


class ReviewIdentityForm(Form):
    """What an official finds about a document."""

    APPROVE, REFUSE = "approve", "refuse"

    outcome = forms.ChoiceField(
        label=_("What does the proof show?"),
        widget=Radios,
        choices=[
            (APPROVE, _("Name, number and picture belong together: verify")),
            (REFUSE, _("It does not show it: do not verify")),
        ],
    )
    reason = forms.CharField(
        label=_("If not: why"),
        max_length=500,
        required=False,
        help_text=_("The person reads it. Say what to do, and write no numbers."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    because = forms.CharField(
        label=_("Only if the document stands for another account: how do you know who is right?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReachForm(Form):
    """How somebody wants to be told."""

    way = forms.ChoiceField(
        label=_("How does the person want to be told?"), widget=Radios, choices=lambda: [*ReachWay.choices]
    )
    reach = forms.CharField(
        label=_("Where to reach the person"),
        max_length=200,
        help_text=_("Address, number, or name and office of the worker. Kept sealed."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CounterForm(ReachForm, DocumentForm):
    """Somebody who stands at the counter."""


class GuardianForm(Form):
    """Who is the guardian of a child, and the paper that shows it."""

    guardian = forms.CharField(
        label=_("Volunteer number of the guardian"),
        max_length=40,
        help_text=_("Stands on the guardian's card and page. Who has none is verified first."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    relation = forms.ChoiceField(
        label=_("Who is the guardian to the child?"), widget=Radios, choices=lambda: [*Relation.choices]
    )
    shown_by = forms.ChoiceField(label=_("Which paper shows it?"), widget=Radios, choices=lambda: [*ShownBy.choices])
    agrees = forms.BooleanField(
        label=_("The guardian agrees that the child takes part in volunteer service"), required=False
    )


class ChildForm(CounterForm, GuardianForm):
    """A child who stands at the counter with a guardian."""


class JoinGuardianForm(GuardianForm):
    """A guardian of a child who is registered already."""

    present = forms.BooleanField(label=_("Both stand here; I compared their documents and the paper"))


class ErrandForm(Form):
    """That somebody was told, when and how."""

    on = DateBoxesField(label=_("Day on which the person was told"))
    hand = forms.ChoiceField(label=_("How were they told?"), widget=Radios, choices=lambda: [*Hand.choices])
    receipt = forms.CharField(
        label=_("Number of the receipt"),
        max_length=40,
        required=False,
        help_text=_("Of the registered letter, if there is one. Write no names."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PresentForm(Form):
    """That the person is there."""

    present = forms.BooleanField(label=_("The person stands here; I compared document and face"))


class CardSignInForm(Form):
    """Number and PIN of a printed card."""

    number = forms.CharField(
        label=_("Card number"),
        max_length=40,
        help_text=_("16 digits, as they stand on the card."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "username"}),
    )
    pin = forms.CharField(
        label=_("PIN"),
        max_length=20,
        help_text=_("6 digits, from the slip you got with the card."),
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "current-password"}),
    )
    public_computer = forms.BooleanField(
        label=_("This is a public computer (closing the browser signs you out)"), required=False
    )
