"""Sessions as facts: opened, ended by oneself, ended all at once."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import policies
from gongzhi.accounts.models import Account, SignIn
from gongzhi.accounts.notifications import NEW_DEVICE, SESSIONS_ENDED
from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.sessions import end_stored, forget_ended
from gongzhi.core.times import local
from gongzhi.notify.actions import notify

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "record_session": "It is about a person.",
    "carry_session": "It is about a person.",
    "end_session": "It is about a person.",
    "end_other_sessions": "It is about a person.",
    "end_sessions_of": "It is about a person.",
    "forget_sign_ins": "It is about a person.",
}

#: As `SignIn.personal_fields` declares.
KEPT = dt.timedelta(days=365)


@transaction.atomic
def record_session(
    *,
    actor: Actor,
    account: Account,
    stored_key: str,
    method: str,
    second_factor: bool,
    device: str,
    device_index: bytes,
    address_masked: str,
    is_public_computer: bool,
) -> SignIn:
    """Write down that a session began; tells the person when the device is new to an account that had one before.

    Only `accounts.sessions.open_session` calls it. Raises `RuleViolation` for a closed account.
    """
    if not policies.can_open_session(actor, account):
        raise NotAllowed("accounts.own")
    if not account.is_active:
        raise RuleViolation("accounts.closed", _("This account is closed."))
    before = SignIn.objects.filter(account=account)
    is_new = before.exists() and not before.filter(device_index=device_index).exists()
    row = SignIn.objects.create(
        account=account,
        stored_key=stored_key,
        method=method,
        second_factor=second_factor,
        device=device,
        device_index=device_index,
        address_masked=address_masked,
        is_public_computer=is_public_computer,
    )
    audit.record(
        actor=actor,
        event="accounts.session.opened",
        subject=row,
        details={"account": account.pk, "method": method, "second_factor": second_factor, "new_device": is_new},
    )
    if is_new:
        at = f"{local(row.opened_at):%Y-%m-%d/%H:%M}"
        notify(
            actor=actor, person_id=account.person_id, kind=NEW_DEVICE.code, params={"at": at},
            key=f"{NEW_DEVICE.code}:{row.pk}", url_name="accounts:security",
        )  # fmt: skip
    return row


@transaction.atomic
def carry_session(*, actor: Actor, old: str, new: str) -> bool:
    """Note under which key a session of one's own goes on, after a proof gave it a new one. Whether it was recorded.

    Only `accounts.sessions.renew_key` calls it, outside the door: what a person proved stays proved when the page behind
    is refused.
    """
    row = SignIn.objects.select_for_update(of=("self",)).select_related("account").filter(stored_key=old).first()
    if row is None or row.ended_at is not None:
        return False
    if not policies.is_own_account(actor, row.account):
        raise NotAllowed("accounts.own")
    row.stored_key = new
    row.save(update_fields=["stored_key"])
    return True


@transaction.atomic
def end_session(*, actor: Actor, sign_in: SignIn) -> None:
    """End one session of one's own: its next request finds nobody. `RuleViolation` if it ended already."""
    sign_in = SignIn.objects.select_for_update(of=("self",)).select_related("account").get(pk=sign_in.pk)
    if not policies.is_own_account(actor, sign_in.account):
        raise NotAllowed("accounts.own")
    if sign_in.ended_at is not None:
        raise RuleViolation("accounts.session_ended", _("This session has ended already."))
    sign_in.ended_at = timezone.now()
    sign_in.save(update_fields=["ended_at"])
    end_stored([sign_in.stored_key])
    audit.record(actor=actor, event="accounts.session.ended", subject=sign_in)


@transaction.atomic
def end_other_sessions(*, actor: Actor, account: Account, but: str) -> int:
    """End every session of one's own but the one stored under `but`; how many."""
    if not policies.is_own_account(actor, account):
        raise NotAllowed("accounts.own")
    rows = SignIn.objects.open().filter(account=account).exclude(stored_key=but).select_for_update(of=("self",))
    keys = [row.stored_key for row in rows]
    SignIn.objects.filter(stored_key__in=keys).update(ended_at=timezone.now())
    end_stored(keys)
    if keys:
        audit.record(actor=actor, event="accounts.session.others_ended", subject=account, details={"count": len(keys)})
    return len(keys)


@transaction.atomic
def end_sessions_of(*, actor: Actor, account: Account) -> int:
    """End every session of somebody else's account, without closing it; how many. The person is told and signs in again.

    For the security administrator, when a device was lost or somebody left in anger. Raises `NotAllowed`,
    `RuleViolation` when no session is open.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if not policies.can_end_sessions_of(actor, account):
        raise NotAllowed("accounts.disable")
    keys = list(SignIn.objects.open().filter(account=account).values_list("stored_key", flat=True))
    SignIn.objects.filter(stored_key__in=keys).update(ended_at=timezone.now())
    end_stored(keys)
    if not keys:
        raise RuleViolation("accounts.no_session", _("This account is signed in nowhere."), field="login")
    audit.record(actor=actor, event="accounts.session.all_ended", subject=account, details={"count": len(keys)})
    at = f"{local(timezone.now()):%Y-%m-%d/%H:%M}"
    notify(
        actor=actor, person_id=account.person_id, kind=SESSIONS_ENDED.code, params={"at": at},
        key=f"{SESSIONS_ENDED.code}:{account.pk}:{at}", url_name="accounts:security",
    )  # fmt: skip
    return len(keys)


@transaction.atomic
def forget_sign_ins(*, actor: Actor) -> int:
    """Remove what is known of sessions after a year, and sessions that have run out. Returns how many of the first."""
    if not policies.can_send_codes(actor):
        raise NotAllowed("accounts.forget_sign_ins")
    forget_ended()
    return SignIn.objects.filter(opened_at__lt=timezone.now() - KEPT).delete()[0]
