"""Who people are: documents that were checked, reviews that wait, marks, printed cards, ways to be told."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.enums import (
    CARD_TRANSITIONS,
    ERRAND_TRANSITIONS,
    GUARDIAN_TRANSITIONS,
    VERIFICATION_TRANSITIONS,
    WISH_TRANSITIONS,
    CardState,
    Checked,
    DocumentKind,
    ErrandState,
    GuardianState,
    ReachWay,
    Relation,
    ReviewState,
    ShownBy,
    SourceAnswer,
    VerificationState,
    WishFor,
    WishState,
)
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.clocks import Version, VersionQuerySet, clock_constraints
from gongzhi.core.ids import public_id
from gongzhi.core.retention import Retention
from gongzhi.core.states import HasState


def within(rows: Any, actor: Actor) -> Any:
    """One's own rows, an agency those of its divisions, a system process all: what the second wall says of them."""
    if actor.kind is ActorKind.PROCESS:
        return rows
    if actor.scope.person is not None:
        return rows.filter(person_id=actor.scope.person)
    reach = actor.scope.path
    if not reach:
        return rows.none()
    return rows if reach == "/" else rows.filter(path__gte=reach, path__lt=reach + chr(1114111))


class VerificationQuerySet(models.QuerySet["Verification"]):
    """Questions about verifications."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; officials those addressed to their divisions; a system process all. The second wall agrees."""
        found: Self = within(self, actor)
        return found

    def standing(self) -> Self:
        """Those that say who somebody is."""
        return self.filter(state=VerificationState.VERIFIED)


class Verification(HasState):
    """One try of one person to have it checked, with one document, that they are who they say. One person, one verified
    account: a document stands verified for one person only.
    """

    transitions = VERIFICATION_TRANSITIONS
    personal_fields: ClassVar[dict[str, str]] = {
        "name_sealed": "name in the document; while it stands verified, else a year after the decision",
        "number_sealed": "number of the document; while it stands verified, else a year after the decision",
        "number_index": "keyed hash, so that one document verifies one person; as the number",
        "born_sealed": "day of birth, for what the law ties to age; as the number",
        "reason": "what the reviewer tells the person; as the number",
    }
    retention: ClassVar[tuple[Retention, ...]] = (
        Retention(
            "ended_at",
            365,
            ("name_sealed", "name_masked", "number_sealed", "number_masked", "number_index", "born_sealed", "reason"),
        ),
    )

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="verifications")
    #: Division path of the agency that decides.
    path = models.CharField(max_length=64, db_collation="C")
    state = models.CharField(max_length=16, choices=VerificationState.choices, default=VerificationState.ASKED)
    kind = models.CharField(max_length=24, choices=DocumentKind.choices)
    checked = models.CharField(max_length=16, choices=Checked.choices, default=Checked.REVIEW)
    name_sealed = models.BinaryField()
    name_masked = models.CharField(max_length=16)
    number_sealed = models.BinaryField()
    number_masked = models.CharField(max_length=24)
    number_index = models.BinaryField(max_length=16)
    born_sealed = models.BinaryField(default=b"")
    born_masked = models.CharField(max_length=8, blank=True, default="")
    #: Codes of `documents.DOUBTS`, comma-separated.
    doubts = models.CharField(max_length=64, blank=True, default="")
    #: The source that was asked, and what it said; empty while none was.
    source = models.CharField(max_length=32, blank=True, default="")
    source_answer = models.CharField(max_length=16, choices=SourceAnswer.choices, blank=True, default="")
    #: Plain ids of the files that show it; null once they were deleted.
    upload_id = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True, default="")
    decided_by = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    #: When it came to stand for nothing: refused, withdrawn or ended.
    ended_at = models.DateTimeField(null=True)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        db_table = "accounts_verification"
        constraints = [
            models.UniqueConstraint(
                fields=["number_index"], condition=Q(state="verified"), name="accounts_verification_one_person"
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="verified"), name="accounts_verification_one_document"
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="asked"), name="accounts_verification_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by__isnull=True)
                | Q(state="withdrawn")
                | Q(checked="source")
                | Q(decided_by__isnull=False),
                name="accounts_verification_decided",
                violation_error_message=_("Somebody decides who is verified."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "verified"], ended_at__isnull=True)
                | Q(state__in=["refused", "withdrawn", "ended"], ended_at__isnull=False),
                name="accounts_verification_ends",
            ),
            models.CheckConstraint(condition=Q(path__endswith="/"), name="accounts_verification_path"),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="accounts_verification_newest"),
            models.Index(fields=["number_index"], name="accounts_verification_number"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.state}"


class ReviewQuerySet(models.QuerySet["Review"]):
    """Questions about reviews."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; officials those of their divisions; a system process all. The second wall agrees."""
        found: Self = within(self, actor)
        return found

    def waiting(self) -> Self:
        """Those nobody has closed."""
        return self.filter(state=ReviewState.OPEN)


class Review(models.Model):
    """Something about one person that an official has to look at by a day. The platform's own queue of such reviews."""

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    #: What is to be decided (`accounts.identity`), and the public name of what it is about.
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=32)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=64, db_collation="C")
    state = models.CharField(max_length=8, choices=ReviewState.choices, default=ReviewState.OPEN)
    outcome = models.CharField(max_length=16, blank=True, default="")
    #: The day the working days are counted from, how many there are, and the day they end; not settled while the
    #: holidays of its year are not announced.
    since = models.DateField()
    days = models.SmallIntegerField()
    due_on = models.DateField()
    is_settled = models.BooleanField(default=True)
    reviewer_id = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        db_table = "accounts_review"
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], name="accounts_review_once"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="accounts_review_closed",
            ),
            models.CheckConstraint(condition=Q(days__gte=0, due_on__gte=F("since")), name="accounts_review_due"),
        ]
        indexes = [
            models.Index(fields=["path", "due_on", "id"], condition=Q(state="open"), name="accounts_review_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    def is_overdue(self, on: dt.date) -> bool:
        """Whether its day has certainly passed."""
        return self.state == ReviewState.OPEN and self.is_settled and self.due_on < on


class PersonMarkQuerySet(VersionQuerySet["PersonMark"]):
    """Questions about marks of people."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; a system process all. The second wall agrees: apps ask through `accounts.selectors`."""
        if actor.kind is ActorKind.PROCESS:
            return self
        return self.filter(person_id=actor.scope.person) if actor.scope.person is not None else self.none()


class PersonMark(Version):
    """A dated fact about a person that other apps may ask, such as `real_name`. Two clocks.

    Each code has exactly one app that may set it (`accounts.contracts.PERSON_MARKS`); an empty value says that it ended.
    """

    owner: ClassVar[tuple[str, ...]] = ("person_id", "code")
    facts: ClassVar[tuple[str, ...]] = ("value",)
    about: ClassVar[tuple[str, ...]] = ("set_by_app", "source")

    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="marks")
    code = models.CharField(max_length=48)
    value = models.CharField(max_length=64, blank=True)
    set_by_app = models.CharField(max_length=32)
    source = models.CharField(max_length=128)

    objects = PersonMarkQuerySet.as_manager()

    class Meta:
        db_table = "accounts_mark"
        constraints = [*clock_constraints("accounts_mark", ("person_id", "code"))]

    def __str__(self) -> str:
        return f"{self.code}={self.value}"


class CardQuerySet(models.QuerySet["Card"]):
    """Questions about printed cards."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; officials those of their divisions; a system process all. The second wall agrees."""
        found: Self = within(self, actor)
        return found

    def active(self) -> Self:
        """Those that open an account."""
        return self.filter(state=CardState.ACTIVE)


class Card(HasState):
    """One printed card with number and PIN, with which somebody without phone and e-mail signs in.

    Found by the keyed hash of its number; the PIN is a password hash, shown once when it is printed.
    """

    transitions = CARD_TRANSITIONS
    personal_fields: ClassVar[dict[str, str]] = {
        "number_sealed": "to print the card again for its owner; while the card is in use, then a year",
        "number_index": "keyed hash to find the card by its number; as the number",
        "pin": "hash of the PIN; as the number",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("ended_at", 365),)

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="cards")
    path = models.CharField(max_length=64, db_collation="C")
    state = models.CharField(max_length=8, choices=CardState.choices, default=CardState.ACTIVE)
    number_sealed = models.BinaryField()
    number_masked = models.CharField(max_length=24)
    number_index = models.BinaryField(max_length=16, unique=True)
    pin = models.CharField(max_length=128)
    #: Wrong PINs since the last right one, over all days.
    failures = models.SmallIntegerField(default=0)
    made_by = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        db_table = "accounts_card"
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state="active"), name="accounts_card_one_active"),
            models.CheckConstraint(
                condition=Q(state="active", ended_at__isnull=True) | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="accounts_card_ends",
            ),
            models.CheckConstraint(condition=Q(failures__gte=0), name="accounts_card_failures"),
        ]

    def __str__(self) -> str:
        return self.number_masked


class ReachQuerySet(models.QuerySet["Reach"]):
    """Questions about ways to be told."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; officials those of their divisions; a system process all. The second wall agrees."""
        found: Self = within(self, actor)
        return found


class Reach(models.Model):
    """How one person without phone and e-mail wants to be told: letter, call, or a worker who is named."""

    personal_fields: ClassVar[dict[str, str]] = {
        "value_sealed": "address, number or the worker's name, to reach the person; until the person changes it",
    }

    person = models.OneToOneField("accounts.Person", on_delete=models.CASCADE, related_name="reach")
    path = models.CharField(max_length=64, db_collation="C")
    way = models.CharField(max_length=8, choices=ReachWay.choices)
    value_sealed = models.BinaryField()
    value_masked = models.CharField(max_length=24)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ReachQuerySet.as_manager()

    class Meta:
        db_table = "accounts_reach"
        verbose_name_plural = "reaches"
        constraints = [models.CheckConstraint(condition=Q(way__in=ReachWay.values), name="accounts_reach_way")]

    def __str__(self) -> str:
        return f"{self.way} {self.value_masked}"


class GuardianshipQuerySet(models.QuerySet["Guardianship"]):
    """Questions about guardians."""

    def visible_to(self, actor: Actor) -> Self:
        """The guardian and the child; officials those of their divisions; a system process all. The second wall agrees."""
        if actor.kind is not ActorKind.PROCESS and actor.scope.person is not None:
            return self.filter(Q(guardian_id=actor.scope.person) | Q(ward_id=actor.scope.person))
        found: Self = within(self, actor)
        return found

    def standing(self) -> Self:
        """Those that hold."""
        return self.filter(state=GuardianState.STANDING)


class Guardianship(HasState):
    """One adult who is the guardian of one child, shown at a counter by a paper. What they agree to are marks of the child.

    The masked names stand here because neither sees the other's record.
    """

    transitions = GUARDIAN_TRANSITIONS

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    guardian = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="wards")
    ward = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="guardians")
    #: Division path of the child.
    path = models.CharField(max_length=64, db_collation="C")
    state = models.CharField(max_length=8, choices=GuardianState.choices, default=GuardianState.STANDING)
    relation = models.CharField(max_length=16, choices=Relation.choices)
    shown_by = models.CharField(max_length=16, choices=ShownBy.choices)
    guardian_masked = models.CharField(max_length=16)
    ward_masked = models.CharField(max_length=16)
    made_by = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        db_table = "accounts_guardianship"
        constraints = [
            models.UniqueConstraint(
                fields=["guardian", "ward"], condition=Q(state="standing"), name="accounts_guardianship_once"
            ),
            models.CheckConstraint(condition=~Q(guardian=F("ward")), name="accounts_guardianship_two_persons"),
            models.CheckConstraint(
                condition=Q(state="standing", ended_at__isnull=True) | Q(state="ended", ended_at__isnull=False),
                name="accounts_guardianship_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guardian_masked} {self.ward_masked}"


class ErrandQuerySet(models.QuerySet["Errand"]):
    """Questions about letters and calls."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; officials those of their divisions; a system process all. The second wall agrees."""
        found: Self = within(self, actor)
        return found

    def waiting(self) -> Self:
        """Those somebody still has to see to."""
        return self.filter(state=ErrandState.OPEN)


class Errand(HasState):
    """One letter to write, call to make or person to see, because a notice cannot reach somebody otherwise. Codes only:
    name and address are opened when it is done.
    """

    transitions = ERRAND_TRANSITIONS
    personal_fields: ClassVar[dict[str, str]] = {
        "name_masked": "to name the person in the list; a year after it was done or not needed",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("ended_at", 365),)

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=64, db_collation="C")
    state = models.CharField(max_length=8, choices=ErrandState.choices, default=ErrandState.OPEN)
    way = models.CharField(max_length=8, choices=ReachWay.choices)
    name_masked = models.CharField(max_length=16)
    #: The notice: its kind, what makes it one, and the codes its words are made with.
    kind = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    params: models.JSONField[Any, Any] = models.JSONField(default=dict)
    since = models.DateField()
    #: The day it was done, how, by whom, and the number of a receipt if there is one.
    done_on = models.DateField(null=True)
    hand = models.CharField(max_length=8, blank=True, default="")
    receipt = models.CharField(max_length=40, blank=True, default="")
    done_by = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ErrandQuerySet.as_manager()

    class Meta:
        db_table = "accounts_errand"
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="accounts_errand_once"),
            models.CheckConstraint(
                condition=Q(state="done", done_on__isnull=False, done_by__isnull=False, ended_at__isnull=False)
                | Q(state="open", done_on__isnull=True, ended_at__isnull=True)
                | Q(state="needless", done_on__isnull=True, ended_at__isnull=False),
                name="accounts_errand_done",
            ),
            models.CheckConstraint(condition=Q(receipt__regex=r"^[A-Z0-9-]*$"), name="accounts_errand_receipt"),
        ]
        indexes = [
            models.Index(fields=["path", "since", "id"], condition=Q(state="open"), name="accounts_errand_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class CardWishQuerySet(models.QuerySet["CardWish"]):
    """Questions about cards and PINs that were asked for."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; officials those of their divisions; a system process all. The second wall agrees."""
        found: Self = within(self, actor)
        return found

    def waiting(self) -> Self:
        """Those a second official still has to confirm."""
        return self.filter(state=WishState.ASKED)


class CardWish(HasState):
    """One new card or PIN asked for at a counter for somebody who has an account already. Whoever asks is not who prints:
    one official alone gets into nobody's account.
    """

    transitions = WISH_TRANSITIONS

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=64, db_collation="C")
    what = models.CharField(max_length=8, choices=WishFor.choices)
    state = models.CharField(max_length=8, choices=WishState.choices, default=WishState.ASKED)
    asked_by = models.BigIntegerField()
    asked_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = CardWishQuerySet.as_manager()

    class Meta:
        db_table = "accounts_card_wish"
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state="asked"), name="accounts_card_wish_one"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("asked_by")),
                name="accounts_card_wish_two_persons",
                violation_error_message=_("Two different officials are needed."),
            ),
            models.CheckConstraint(
                condition=Q(state="asked", ended_at__isnull=True, confirmed_by__isnull=True)
                | Q(state="done", ended_at__isnull=False, confirmed_by__isnull=False)
                | Q(state="dropped", ended_at__isnull=False, confirmed_by__isnull=True),
                name="accounts_card_wish_ends",
            ),
        ]
        indexes = [models.Index(fields=["path", "id"], condition=Q(state="asked"), name="accounts_card_wish_waiting")]

    def __str__(self) -> str:
        return f"{self.what} {self.state}"
