"""What the register answers for apps below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.times import local, today
from gongzhi.core.waiting import Found, Recent, Waiting, WaitingRows
from gongzhi.orgs.enums import SEE_WORKBENCH
from gongzhi.registry.enums import CORRECT, IMPORT, IntakeState
from gongzhi.registry.models import Doubt, Intake, Objection, Version


class RegisterRepresentatives:
    """The legal representative as the register states it today (`orgs.contracts.Representatives`)."""

    def name_of(self, *, org_id: int) -> str:
        """Public by law; empty where no source states it."""
        row = Version.objects.as_of(today()).filter(org_id=org_id).first()
        return row.legal_representative if row is not None else ""


# --- what waits ---


class ObjectionsWaiting(WaitingRows[Objection]):
    """Objections to entries that nobody has answered."""

    code = "registry.objection"
    label = gettext_lazy("Objections to entries")
    order = ("made_at", "pk")
    page = "portal:objection_list"

    def is_for(self, actor: Actor) -> bool:
        """Registry officers."""
        return actor.kind is ActorKind.AGENCY and actor.may(CORRECT)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Objection]:
        """Those of the division."""
        waiting = Objection.objects.visible_to(actor).waiting().select_related("org")
        return waiting.defer("says", "evidence", "contact_sealed")

    def line(self, row: Objection, actor: Actor, day: dt.date) -> Waiting:
        """About which body."""
        url = reverse("portal:objection_answer", args=[row.public_id])
        return Waiting(gettext_lazy("Answer an objection"), row.org.name, url, since=local(row.made_at).date())


class ListsToDecide(WaitingRows[Intake]):
    """Lists somebody brought that are not taken in: columns to look at, rows to decide, a failure to see to."""

    code = "registry.intake"
    label = gettext_lazy("Lists to decide")
    order = ("received_at", "pk")
    page = "portal:intake_upload"

    def is_for(self, actor: Actor) -> bool:
        """Who may bring lists."""
        return actor.kind is ActorKind.AGENCY and actor.may(IMPORT)

    def rows(self, actor: Actor, day: dt.date) -> models.QuerySet[Intake]:
        """Those of the division that go no further by themselves."""
        waits = [IntakeState.RECEIVED, IntakeState.CHECKED, IntakeState.FAILED]
        return Intake.objects.visible_to(actor).filter(state__in=waits).defer("header", "mapping")

    def line(self, row: Intake, actor: Actor, day: dt.date) -> Waiting:
        """How far it is, and the file's name."""
        url = reverse("portal:intake_detail", args=[row.public_id])
        return Waiting(row.get_state_display(), row.file_name, url, since=local(row.received_at).date())


class DoubtsWaiting:
    """Values of lists nobody could believe: one line for all of them, because there may be very many. One query."""

    code = "registry.doubt"
    label = gettext_lazy("Values that wait for a person")

    def is_for(self, actor: Actor) -> bool:
        """Every official who sees the register's doubts."""
        return actor.kind is ActorKind.AGENCY and bool(actor.path) and actor.may(SEE_WORKBENCH)

    def find(self, *, actor: Actor, day: dt.date, limit: int) -> Found:
        """How many there are within the division."""
        count = Doubt.objects.waiting_within(actor.path).count()
        line = Waiting(self.label, "", reverse("portal:doubt_list"), count=count)
        return Found([line] if count else [], count)

    def address(self, actor: Actor) -> str:
        """Their page."""
        return reverse("portal:doubt_list")


WAITING = (ObjectionsWaiting(), ListsToDecide(), DoubtsWaiting())


class OwnObjections:
    """Objections a person raised while signed in."""

    code = "registry.objection"

    def is_for(self, actor: Actor) -> bool:
        """Who acts for themself."""
        return actor.kind is ActorKind.PERSON

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Objection.objects.visible_to(actor).select_related("org").order_by("-made_at", "-pk")[:limit]
        return [
            Recent(
                gettext_lazy("Objection to an entry"),
                one.org.name,
                reverse("portal:objection", args=[one.public_id]),
                one.made_at,
                one.get_state_display(),
            )
            for one in rows
        ]


class ListsBrought:
    """Lists the official brought."""

    code = "registry.intake"

    def is_for(self, actor: Actor) -> bool:
        """Who may bring lists."""
        return actor.kind is ActorKind.AGENCY and actor.may(IMPORT)

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        """One query."""
        rows = Intake.objects.visible_to(actor).filter(person_id=actor.person_id).defer("header", "mapping")
        return [
            Recent(
                gettext_lazy("List brought"),
                one.file_name,
                reverse("portal:intake_detail", args=[one.public_id]),
                one.received_at,
                one.get_state_display(),
            )
            for one in rows.order_by("-received_at", "-pk")[:limit]
        ]


RECENT = (OwnObjections(), ListsBrought())
