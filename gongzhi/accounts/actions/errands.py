"""Letters, calls and ways to go: how a notice reaches somebody who has neither phone nor e-mail."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import policies
from gongzhi.accounts.enums import ErrandState
from gongzhi.accounts.models import Errand, Reach
from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify import actions as notices
from gongzhi.notify.contracts import kinds
from gongzhi.notify.enums import Category, Hand
from gongzhi.notify.models import Message

SEALS: dict[str, str] = {"make_errands": "It is about people.", "finish_errand": "It is about a person."}

#: What people are told by hand: what they must know. Answers and news stand on the platform and at every counter.
CATEGORIES: Final = frozenset({Category.LEGAL, Category.DEADLINE, Category.SECURITY})
#: A card signs in from the counter's or a neighbour's device: no letter for that.
NOT_BY_HAND: Final = frozenset({"accounts.new_device"})
AT_ONCE: Final = 1_000


def by_hand() -> list[str]:
    """The kinds of notices that are also told by letter, call or worker."""
    return [one.code for one in kinds() if one.category in CATEGORIES and one.code not in NOT_BY_HAND]


@transaction.atomic
def make_errands(*, actor: Actor) -> int:
    """Write down a letter or call for every unread notice of somebody who chose to be told so, once; how many are new.

    What was read on the platform meanwhile needs none any more. Safe to run twice.
    """
    if not policies.can_make_errands(actor):
        raise NotAllowed("accounts.make_errands")
    waiting = Errand.objects.waiting().select_for_update(of=("self",), skip_locked=True)
    read = Message.objects.filter(read_at__isnull=False)
    for errand in waiting.filter(person__in=read.values("person_id"))[:AT_ONCE]:
        if read.filter(person_id=errand.person_id, key=errand.key).exists():
            errand.move_to(ErrandState.NEEDLESS)
            errand.ended_at = timezone.now()
            errand.save(update_fields=["state", "ended_at"])
    made = 0
    unread = Message.objects.filter(read_at__isnull=True, kind__in=by_hand())
    for reach in Reach.objects.select_related("person").filter(
        person__in=unread.values("person_id"), way__in=Hand.values
    ):
        known = set(Errand.objects.filter(person=reach.person_id).values_list("key", flat=True))
        for message in unread.filter(person_id=reach.person_id).order_by("pk")[:AT_ONCE]:
            if message.key in known:
                continue
            Errand.objects.create(
                person_id=reach.person_id,
                path=reach.path,
                way=reach.way,
                name_masked=reach.person.name_masked,
                kind=message.kind,
                key=message.key,
                params=message.params,
                since=timezone.localdate(message.created_at),
            )
            made += 1
    if made:
        audit.record(actor=actor, event="accounts.errands.made", details={"errands": made})
    return made


@transaction.atomic
def finish_errand(*, actor: Actor, errand: Errand, on: dt.date, hand: str, receipt: str = "") -> Errand:
    """Keep that somebody was told: the day, how, and the number of the receipt if there is one. A legal notice is proved
    by it. Raises `NotAllowed`, `RuleViolation` naming the field.
    """
    row = Errand.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=errand.pk)
    if not policies.can_finish_errand(actor, row):
        raise NotAllowed("accounts.serve_counter", about=row)
    if not row.since <= on <= today():
        raise RuleViolation("accounts.errand_day", _("The day lies between the notice and today."), field="on")
    if hand not in Hand.values:
        raise RuleViolation("accounts.errand_hand", _("Choose how the person was told."), field="hand")
    receipt = receipt.strip().upper()
    if not re.fullmatch(r"[A-Z0-9-]{0,40}", receipt):
        raise RuleViolation(
            "accounts.errand_receipt", _("A number of a receipt has letters, digits and hyphens only."), field="receipt"
        )
    row.move_to(ErrandState.DONE)
    row.done_on, row.hand, row.receipt = on, hand, receipt
    row.done_by, row.ended_at = actor.person_id, timezone.now()
    row.save(update_fields=["state", "done_on", "hand", "receipt", "done_by", "ended_at"])
    at = min(timezone.make_aware(dt.datetime.combine(on, dt.time(12))), timezone.now())
    notices.prove_by_hand(actor=actor, person_id=row.person_id, key=row.key, kind=row.kind, hand=hand, at=at)
    audit.record(actor=actor, event="accounts.errand.done", subject=row, details={"hand": hand})
    return row
