"""The way back into an account that its owner cannot reach any more: two officials, a waiting time, and a stop for the owner.

No official ever learns a password or a code, and none alone can let anybody in: the second one is another person, and
every old way to reach the owner is told and can stop it for some days.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sys
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from gongzhi.accounts import policies
from gongzhi.accounts.actions import find_account
from gongzhi.accounts.actions.codes import Contact, contact_of, own, set_contact, tell
from gongzhi.accounts.actions.sessions import end_other_sessions
from gongzhi.accounts.enums import RecoveryState
from gongzhi.accounts.models import Account, Person, Recovery
from gongzhi.audit import actions as audit
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import seal, unseal
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk, unguessable
from gongzhi.core.network import site_address
from gongzhi.notify.contracts import Address, courier_of
from gongzhi.notify.enums import Channel

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "ask_recovery": "It is about a person.",
    "confirm_recovery": "It is about a person.",
    "stop_recovery": "It is about a person.",
    "stop_recovery_by_key": "It is about a person.",
    "warn_of_recovery": "It is about a person.",
    "finish_recoveries": "It is about a person.",
}

SEALED = "accounts_recovery.contact_sealed"


@transaction.atomic
def ask_recovery(*, actor: Actor, login: str, contact: str, drops_factors: bool, because: str) -> Recovery:
    """Ask that somebody gets back into the account with this address or number, by a new address or number.

    `because` says how the official satisfied themself who it is. Raises `RuleViolation` naming the field, also when a
    recovery of this account is running.
    """
    new = _as_field(contact, "contact")
    account = find_account(login)
    if account is None:
        raise RuleViolation("accounts.no_such_account", _("No open account has this address or number."), field="login")
    if not policies.can_recover(actor, account):
        raise NotAllowed("accounts.recover")
    if not because.strip():
        raise RuleViolation("accounts.recovery_reason", _("Say how you know who it is."), field="because")
    if find_account(new.value) not in {None, account}:
        raise RuleViolation(
            "accounts.already_used", _("Another account already uses this address or number."), field="contact"
        )
    pk = next_pk(Recovery)
    try:
        with transaction.atomic():
            row = Recovery.objects.create(
                pk=pk,
                account=account,
                contact_sealed=seal(f"{new.channel}:{new.value}", where=SEALED, pk=pk),
                contact_masked=new.masked,
                drops_factors=drops_factors,
                asked_because=because.strip()[:300],
                asked_by_id=actor.person_id or 0,
            )
    except IntegrityError as error:
        raise RuleViolation("accounts.recovery_running", _("A recovery of this account is running already.")) from error
    audit.record(actor=actor, event="accounts.recovery.asked", subject=row, details={"account": account.pk})
    return row


def _as_field(contact: str, field: str) -> Contact:
    try:
        return contact_of(contact)
    except RuleViolation as error:
        raise RuleViolation(error.code, error.message, field=field) from error


def _locked(recovery: Recovery) -> Recovery:
    return Recovery.objects.select_for_update(of=("self",)).select_related("account").get(pk=recovery.pk)


@transaction.atomic
def confirm_recovery(*, actor: Actor, recovery: Recovery, because: str) -> Recovery:
    """Confirm as a second person who somebody is; the waiting time begins and the old ways are told.

    Raises `NotAllowed` for whoever asked, `RuleViolation` without a reason or when it is no longer asked for.
    """
    row = _locked(recovery)
    if not policies.can_confirm_recovery(actor, row):
        raise NotAllowed("accounts.recover")
    if not because.strip():
        raise RuleViolation("accounts.recovery_reason", _("Say how you know who it is."), field="because")
    row.move_to(RecoveryState.WAITING)
    row.confirmed_by_id = actor.person_id
    row.confirmed_because = because.strip()[:300]
    row.ready_at = timezone.now() + dt.timedelta(days=settings.RECOVERY_WAIT_DAYS)
    row.save()
    audit.record(actor=actor, event="accounts.recovery.confirmed", subject=row, details={"account": row.account_id})
    tell(actor, row.account, "recovery_running")
    jobs.enqueue("accounts.warn_of_recovery", recovery_id=row.pk)
    return row


def _stop(row: Recovery) -> None:
    row.move_to(RecoveryState.STOPPED)
    row.ended_at = timezone.now()
    row.contact_sealed = b""
    row.save()


@transaction.atomic
def stop_recovery(*, actor: Actor, recovery: Recovery) -> None:
    """Stop a recovery: its owner, or an official. `RuleViolation` when it has ended."""
    row = _locked(recovery)
    if not policies.can_stop_recovery(actor, row):
        raise NotAllowed("accounts.recover")
    _stop(row)
    audit.record(actor=actor, event="accounts.recovery.stopped", subject=row, details={"by": "person"})


@transaction.atomic
def stop_recovery_by_key(*, actor: Actor, key: str) -> None:
    """Stop a recovery by the link that went to an old address or number; needs no account.

    Raises `Recovery.DoesNotExist` for a key of none, `RuleViolation` when it has ended.
    """
    row = _locked(recovery_of_key(key))
    _stop(row)
    audit.record(actor=actor, event="accounts.recovery.stopped", subject=row, details={"by": "link"})


def recovery_of_key(key: str) -> Recovery:
    """The recovery a link stops. Raises `Recovery.DoesNotExist`."""
    return Recovery.objects.get(stop_sha256=hashlib.sha256(key.encode()).hexdigest())


@transaction.atomic
def warn_of_recovery(*, actor: Actor, recovery_id: int) -> int:
    """Tell every old way to reach the owner, with a link that stops the recovery; how many were told.

    The key of the link is made here and kept as a hash only.
    """
    if not policies.can_send_codes(actor):
        raise NotAllowed("accounts.send_codes")
    row = Recovery.objects.select_for_update(of=("self",)).select_related("account").get(pk=recovery_id)
    if row.state != RecoveryState.WAITING:
        return 0
    key = unguessable()
    row.stop_sha256 = hashlib.sha256(key.encode()).hexdigest()
    row.save(update_fields=["stop_sha256"])
    person = Person.objects.get(pk=row.account.person_id)
    old = [Contact(Channel.MAIL, row.account.email)] if row.account.email else []
    if bytes(person.phone_sealed):
        number = unseal(person.phone_sealed, where="accounts_person.phone_sealed", pk=person.pk)
        old.append(Contact(Channel.SMS, number))
    link = site_address() + reverse("accounts:recovery_stop", args=[key])
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Somebody asks for your account")
        text = _(
            "Two officials were asked to let somebody into your account by a new phone number or e-mail address. If it"
            " was not you, stop it now: %(link)s"
        ) % {"link": link}
    for contact in old:
        _send(contact, subject, text, row.public_id)
    return len(old)


def _send(contact: Contact, subject: str, text: str, reference: str) -> None:
    courier: Any = courier_of(contact.channel)
    if courier is not None:
        courier.send(address=Address(contact.value), subject=subject, text=text, reference=reference)
    elif contact.channel == Channel.MAIL:
        send_mail(subject, text, None, [contact.value])
    elif settings.DEMO or settings.DEBUG:
        print(f"SMS {contact.masked}: {text}", file=sys.stderr, flush=True)  # noqa: T201


@transaction.atomic
def finish_recoveries(*, actor: Actor) -> int:
    """Give accounts whose waiting time is over their new address or number; how many.

    The owner then sets a password with a code sent there. All sessions end; lost second factors go.
    """
    if not policies.can_send_codes(actor):
        raise NotAllowed("accounts.send_codes")
    due = Recovery.objects.select_for_update(of=("self",)).select_related("account")
    rows = list(due.filter(state=RecoveryState.WAITING, ready_at__lte=timezone.now()).order_by("pk")[:100])
    for row in rows:
        _finish(actor, row)
    return len(rows)


def _finish(actor: Actor, row: Recovery) -> None:
    channel, _colon, value = unseal(row.contact_sealed, where=SEALED, pk=row.pk).partition(":")
    account = Account.objects.select_for_update(of=("self",)).get(pk=row.account_id)
    holder = find_account(value)
    if holder is not None and holder != account:
        _stop(row)  # somebody else has come to have it meanwhile
        return
    set_contact(by=actor, account=account, contact=Contact(channel, value))
    account.set_unusable_password()
    account.save(update_fields=["password"])
    if row.drops_factors:
        Authenticator.objects.filter(user_id=account.pk).delete()
    end_other_sessions(actor=own(account, actor), account=account, but="")
    row.move_to(RecoveryState.DONE)
    row.ended_at = timezone.now()
    row.contact_sealed = b""
    row.save()
    tell(actor, account, "contact_changed")
    audit.record(actor=actor, event="accounts.recovery.done", subject=row, details={"account": account.pk})
