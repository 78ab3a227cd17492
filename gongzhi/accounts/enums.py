"""Permission codes of accounts; by what somebody signed in, and what a one-time code is for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

CREATE = "accounts.create"
DISABLE = "accounts.disable"
KEEP_CLIENTS = "accounts.keep_clients"


class Method(models.TextChoices):
    """By what a session was opened."""

    PASSWORD = "password", _("Password")
    CODE = "code", _("One-time code")
    PASSKEY = "passkey", _("Passkey")
    IDENTITY = "identity", _("Government identity")
    WECHAT = "wechat", _("WeChat")
    CARD = "card", _("Printed card and PIN")
    SIGN_UP = "sign_up", _("Sign-up")


class CodePurpose(models.TextChoices):
    """What a one-time code opens."""

    SIGN_IN = "sign_in", _("Signing in")
    SIGN_UP = "sign_up", _("Signing up")
    RECOVER = "recover", _("Setting a new password")
    CONTACT = "contact", _("Confirming an address or a number")
    FAREWELL = "farewell", _("Telling an address or a number that it was replaced")


#: Ask for, and confirm, that somebody who lost phone, mailbox or second factor gets their account back.
RECOVER = "accounts.recover"


class RecoveryState(models.TextChoices):
    """Where the way back into an account stands."""

    ASKED = "asked", _("Asked for; a second official has to confirm")
    WAITING = "waiting", _("Confirmed; the old ways are told and may stop it")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")


#: A recovery moves one step at a time; what is done or stopped stays so.
RECOVERY_TRANSITIONS: dict[str, frozenset[str]] = {
    RecoveryState.ASKED: frozenset({RecoveryState.WAITING, RecoveryState.STOPPED}),
    RecoveryState.WAITING: frozenset({RecoveryState.DONE, RecoveryState.STOPPED}),
}
