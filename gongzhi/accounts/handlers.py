"""What accounts give to lower apps: the book in which `notify` finds addresses, where `ui` keeps a display, and what
waits in accounts for officials and for the person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import actions
from gongzhi.accounts.contracts import IDENTITY_REVIEW, review_queue
from gongzhi.accounts.enums import RECOVER, REVIEW_IDENTITY, SERVE_COUNTER, RecoveryState, VerificationState
from gongzhi.accounts.models import Account, CardWish, Errand, Recovery, Verification
from gongzhi.audit.looks import reveal
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.times import local
from gongzhi.core.waiting import Found, Recent, Waiting, WaitingRows
from gongzhi.notify.contracts import Address
from gongzhi.notify.enums import Channel


class AccountAddressBook:
    """Addresses of people who have an account. The e-mail address is the one field kept in clear (ADR 0007)."""

    def find(self, *, actor: Actor, person_id: int, channel: str) -> Address | None:
        """The person's e-mail address or phone number, for the delivering process only; a closed account is written to no
        more. Opening the number to write to its owner is no look.
        """
        if actor.kind is not ActorKind.PROCESS or channel not in {Channel.MAIL, Channel.SMS}:
            return None
        account = Account.objects.filter(person_id=person_id, is_active=True).select_related("person").first()
        if account is None:
            return None
        if channel == Channel.MAIL:
            return Address(account.email) if account.email else None
        phone = reveal(actor, account.person, "phone_sealed", purpose="notify.deliver", own=True)
        return Address(phone) if phone else None


ADDRESS_BOOK = AccountAddressBook()


def keep_display(request: HttpRequest, display: str) -> None:
    """Keep how a signed-in person wants pages to look in their account; a visitor's choice stands in the cookie alone.

    Named by `settings.DISPLAY_KEEPER`.
    """
    account = getattr(request, "user", None)
    if isinstance(account, Account):
        actions.choose_display(actor=request.actor, account=account, display=display)  # type: ignore[attr-defined]


# --- what waits ---


class IdentityReviews:
    """Documents to compare with a person, from whichever app keeps the queue of reviews. Two queries."""

    code = "accounts.identity_review"
    label = _("Identities to check")

    def is_for(self, actor: Actor) -> bool:
        """Officials who decide who somebody is."""
        return actor.kind is ActorKind.AGENCY and actor.may(REVIEW_IDENTITY)

    def find(self, *, actor: Actor, day: dt.date, limit: int) -> Found:
        """As the queue has them: soonest due first."""
        queue = review_queue()
        rows = queue.page(actor=actor, kind=IDENTITY_REVIEW, size=limit).rows
        lines = [
            Waiting(
                what=_("Check an identity"),
                about=one.subject,
                url=reverse("accounts:identity_review", args=[one.subject]),
                since=one.since,
                due_on=one.due_on,
                is_settled=one.is_settled,
                is_late=one.is_overdue(day),
            )
            for one in rows
        ]
        return Found(lines, queue.count(actor=actor, kind=IDENTITY_REVIEW))

    def address(self, actor: Actor) -> str:
        """The queue's page."""
        return reverse("accounts:identity_review_list")


class ErrandsWaiting(WaitingRows[Errand]):
    """Letters to write, calls to make, people to see."""

    code = "accounts.errand"
    label = _("Letters and calls")
    order = ("since", "pk")
    page = "accounts:errand_list"

    def is_for(self, actor: Actor) -> bool:
        """Officials at a counter."""
        return actor.kind is ActorKind.AGENCY and actor.may(SERVE_COUNTER)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Errand]:
        """Those of the division somebody still has to see to."""
        return Errand.objects.visible_to(actor).waiting()

    def line(self, row: Errand, actor: Actor, day: dt.date) -> Waiting:
        """How somebody wants to be told, and their masked name."""
        url = reverse("accounts:errand", args=[row.public_id])
        return Waiting(row.get_way_display(), row.name_masked, url, since=row.since)


class CardWishesWaiting(WaitingRows[CardWish]):
    """Cards and PINs a second official confirms and prints while the person is there."""

    code = "accounts.card_wish"
    label = _("Cards and PINs to confirm")
    order = ("asked_at", "pk")
    page = "accounts:counter_register"

    def is_for(self, actor: Actor) -> bool:
        """Officials at a counter."""
        return actor.kind is ActorKind.AGENCY and actor.may(SERVE_COUNTER)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[CardWish]:
        """Those a colleague asked for: nobody confirms their own."""
        waiting = CardWish.objects.visible_to(actor).waiting().select_related("person")
        return waiting.exclude(asked_by=actor.person_id or 0)

    def line(self, row: CardWish, actor: Actor, day: dt.date) -> Waiting:
        """What to print, and for whom."""
        url = reverse("accounts:counter_person", args=[row.person.public_id])
        return Waiting(row.get_what_display(), row.person.name_masked, url, since=local(row.asked_at).date())


class RecoveriesWaiting(WaitingRows[Recovery]):
    """Ways back into accounts that a second official has to confirm."""

    code = "accounts.recovery"
    label = _("Ways back into accounts")
    order = ("asked_at", "pk")
    page = "accounts:recovery_list"

    def is_for(self, actor: Actor) -> bool:
        """Who may recover accounts."""
        return actor.kind is ActorKind.AGENCY and actor.may(RECOVER)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Recovery]:
        """Those somebody else asked for."""
        asked = Recovery.objects.visible_to(actor).filter(state=RecoveryState.ASKED)
        return asked.exclude(asked_by_id=actor.person_id)

    def line(self, row: Recovery, actor: Actor, day: dt.date) -> Waiting:
        """Known by the new address, masked."""
        url = reverse("accounts:recovery_detail", args=[row.public_id])
        return Waiting(
            _("Confirm a way back into an account"), row.contact_masked, url, since=local(row.asked_at).date()
        )


class OwnRecovery(WaitingRows[Recovery]):
    """Somebody is being let into one's own account: whoever it is not stops it before the day."""

    code = "accounts.own_recovery"
    label = _("Ways back into my account")
    order = ("pk",)
    page = "accounts:security"

    def is_for(self, actor: Actor) -> bool:
        """Who acts for themself."""
        return actor.kind is ActorKind.PERSON

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Recovery]:
        """The one that runs, if any."""
        return Recovery.objects.visible_to(actor).running()

    def line(self, row: Recovery, actor: Actor, day: dt.date) -> Waiting:
        """Due when it takes effect."""
        return Waiting(
            _("Somebody is being let into your account. Stop it if it is not you"),
            row.contact_masked,
            reverse("accounts:security"),
            since=local(row.asked_at).date(),
            due_on=local(row.ready_at).date() if row.ready_at else None,
        )


class RefusedIdentity(WaitingRows[Verification]):
    """A document of one's own that was not approved, while no other has been handed in."""

    code = "accounts.own_identity"
    label = _("My identity")
    order = ("-pk",)
    page = "accounts:own_identity"

    def is_for(self, actor: Actor) -> bool:
        """Who acts for themself."""
        return actor.kind is ActorKind.PERSON

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Verification]:
        """The newest of one's own, if it was refused."""
        own = Verification.objects.filter(person_id=models.OuterRef("person_id")).order_by("-pk")
        newest = Verification.objects.visible_to(actor).filter(pk=models.Subquery(own.values("pk")[:1]))
        return newest.filter(state=VerificationState.REFUSED)

    def line(self, row: Verification, actor: Actor, day: dt.date) -> Waiting:
        """Which document, and since when."""
        since = local(row.ended_at).date() if row.ended_at else None
        url = reverse("accounts:own_identity")
        return Waiting(_("Your document was not approved: hand in another"), row.get_kind_display(), url, since=since)


WAITING = (
    IdentityReviews(),
    ErrandsWaiting(),
    CardWishesWaiting(),
    RecoveriesWaiting(),
    OwnRecovery(),
    RefusedIdentity(),
)


class OwnDocuments:
    """Documents a person handed in, and what became of them."""

    code = "accounts.verification"

    def is_for(self, actor: Actor) -> bool:
        """Who acts for themself."""
        return actor.kind is ActorKind.PERSON

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Verification.objects.visible_to(actor).order_by("-pk")[:limit]
        url = reverse("accounts:own_identity")
        return [
            Recent(_("Identity document"), str(one.get_kind_display()), url, one.made_at, one.get_state_display())
            for one in rows
        ]


RECENT = (OwnDocuments(),)
