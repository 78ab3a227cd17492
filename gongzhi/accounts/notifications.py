"""Notices about one's own account. All of them are about safety and cannot be switched off."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.notify.contracts import NoticeKind
from gongzhi.notify.enums import Category, Channel

_EVERY_WAY: Final = frozenset({Channel.MAIL, Channel.SMS})
_PURPOSE = _("Tells you what happened to your account, so that you can act at once if it was not you.")

NEW_DEVICE: Final = NoticeKind(
    code="accounts.new_device",
    label=_("Sign-in on a new device"),
    purpose=_PURPOSE,
    subject=_("Your account was used on a new device"),
    text=_(
        "On %(at)s somebody signed in to your account on a device that was not used before. If it was not you, end"
        " that session under “Sign-in and security” and change your password."
    ),
    params=frozenset({"at"}),
    may_be_switched_off=False,
    channels=_EVERY_WAY,
    category=Category.SECURITY,
)
SESSIONS_ENDED: Final = NoticeKind(
    code="accounts.sessions_ended",
    label=_("You were signed out everywhere"),
    purpose=_PURPOSE,
    subject=_("You were signed out everywhere"),
    text=_(
        "On %(at)s the security administrator of this site ended all sessions of your account. The account is open: sign"
        " in again. If you did not ask for it, change your password under “Sign-in and security”."
    ),
    params=frozenset({"at"}),
    may_be_switched_off=False,
    channels=_EVERY_WAY,
    category=Category.SECURITY,
)
CHANGED: Final = {
    code: NoticeKind(
        code=f"accounts.{code}",
        label=label,
        purpose=_PURPOSE,
        subject=label,
        text=text,
        may_be_switched_off=False,
        channels=_EVERY_WAY,
        category=Category.SECURITY,
    )
    for code, label, text in [
        (
            "password_changed",
            _("Your password was changed"),
            _(
                "The password of your account was changed and all other sessions were ended. If it was not you, set a new"
                " password from the sign-in page at once."
            ),
        ),
        (
            "recovery_running",
            _("Somebody asks for your account"),
            _(
                "Two officials were asked to let somebody into your account by a new phone number or e-mail address. If"
                " it was not you, stop it under “Sign-in and security”."
            ),
        ),
        (
            "contact_changed",
            _("An address or number of your account was changed"),
            _(
                "The e-mail address or phone number you sign in with was changed. If it was not you, ask the operator of"
                " this site for help at once."
            ),
        ),
        (
            "factors_changed",
            _("The second factor of your account was changed"),
            _(
                "A passkey, an authenticator or recovery codes of your account were added or removed. If it was not you,"
                " end all other sessions under “Sign-in and security” and change your password."
            ),
        ),
    ]
}
_IDENTITY: Final = _("Tells you what happened to the verification of your identity.")


def _identity(code: str, label: str | Promise, text: str | Promise) -> NoticeKind:
    return NoticeKind(
        code=f"accounts.{code}",
        label=label,
        purpose=_IDENTITY,
        subject=label,
        text=text,
        may_be_switched_off=False,
        channels=_EVERY_WAY,
        category=Category.SECURITY,
    )


IDENTITY_DECIDED: Final = _identity(
    "identity_decided",
    _("It was decided about your identity"),
    _(
        "An official looked at the document you handed in. What was decided, and why, stands on your page “My identity”."
    ),
)
DOCUMENT_TRIED: Final = _identity(
    "document_tried",
    _("Your document was handed in once more"),
    _(
        "Somebody handed in the document you are verified with, for another account. If it was you, go on using this"
        " account. If it was not, nothing is lost: nobody gets your account by it. Ask at a counter when in doubt."
    ),
)
IDENTITY_ENDED: Final = _identity(
    "identity_ended",
    _("Your account is verified no more"),
    _(
        "An official found at a counter that the document your account was verified with belongs to another account. If"
        " this is wrong, come to a counter with the document."
    ),
)
CARD_CHANGED: Final = _identity(
    "card_changed",
    _("Your printed card was changed"),
    _(
        "A card was printed for you, replaced or blocked, or got a new PIN. If it was not you, ask at a counter at once."
    ),
)
GUARDIAN_CHANGED: Final = _identity(
    "guardian_changed",
    _("Something changed about a guardian"),
    _(
        "At a counter it was recorded who is whose guardian, or that somebody is it no more. It stands on your page"
        " “My family”. If it is wrong, come to a counter."
    ),
)
KINDS: Final = (
    NEW_DEVICE,
    SESSIONS_ENDED,
    *CHANGED.values(),
    IDENTITY_DECIDED,
    DOCUMENT_TRIED,
    IDENTITY_ENDED,
    CARD_CHANGED,
    GUARDIAN_CHANGED,
)
