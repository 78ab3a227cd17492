"""Notices about one's own account. All of them are about safety and cannot be switched off."""

from __future__ import annotations

from typing import Final

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
KINDS: Final = (NEW_DEVICE, *CHANGED.values())
