"""People, and the accounts they sign in with."""

from __future__ import annotations

import hashlib
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.enums import RECOVER, RECOVERY_TRANSITIONS, CodePurpose, Method, RecoveryState
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.ids import public_id
from gongzhi.core.retention import Retention
from gongzhi.core.states import HasState


class PersonQuerySet(models.QuerySet["Person"]):
    """Questions about people."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own record; an agency those who said that they live in its divisions; a system process sees all.

        The second wall says the same. What of a record is shown is decided by the page: the mask, unless it is opened.
        """
        if actor.kind is ActorKind.PROCESS:
            return self
        reach = actor.scope.path
        if reach == "/":
            return self.filter(path__isnull=False)
        if reach:
            return self.filter(path__gte=reach, path__lt=reach + chr(1114111))
        return self.filter(pk=actor.scope.person)


class Person(models.Model):
    """One human being the platform knows. Needs neither phone nor e-mail: who has none is served at a counter.

    Sealed columns are opened by `audit.looks.reveal` only; the masked copy beside each is what pages show.
    """

    #: Sealed column → why it is kept and for how long.
    personal_fields: ClassVar[dict[str, str]] = {
        "name_sealed": "who acts and who is responsible; while the person has an account or a role, then 3 years",
        "phone_sealed": "to reach the person; until the person removes it",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    name_sealed = models.BinaryField()
    name_masked = models.CharField(max_length=16)
    phone_sealed = models.BinaryField(default=b"")
    phone_masked = models.CharField(max_length=16, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    #: The division the person says they live in, so that its officials find them; null while nothing is said.
    path = models.CharField(max_length=64, db_collation="C", null=True)
    #: 志愿者统一编号: what stands for the person wherever a number is shown, instead of that of a document.
    volunteer_number = models.CharField(max_length=12, unique=True, null=True, db_collation="C")
    #: Since when the person's data are only kept and not used (restriction); null while they may be used.
    restricted_at = models.DateTimeField(null=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        db_table = "accounts_person"
        indexes = [
            models.Index(fields=["path", "id"], condition=Q(path__isnull=False), name="accounts_person_path"),
        ]

    def __str__(self) -> str:
        return self.name_masked

    def look_owner(self) -> tuple[int | None, int | None]:
        """Whose data it holds: this person's."""
        return self.pk, None


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts for signing in."""

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(public_id=username)


class Account(AbstractBaseUser):
    """A way to sign in. No row-level security here: the scope of every request is computed from this table.

    The e-mail address stands in clear because it is looked up and written to by other software; that is the one
    declared exception to sealed personal fields (ADR 0007). A phone number stands as a blind index only.
    """

    personal_fields: ClassVar[dict[str, str]] = {
        "email": "to sign in and to be written to; while the account exists",
        "phone_index": "keyed hash to find the account by phone number; while the account exists",
        "name_masked": "greeting in the page head; while the account exists",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="account")
    email = models.EmailField(unique=True, null=True)
    phone_index = models.BinaryField(unique=True, null=True, max_length=16)
    #: Opened at a counter for somebody without phone and e-mail, who signs in with a printed card.
    by_card = models.BooleanField(default=False, db_default=False)
    name_masked = models.CharField(max_length=16)
    is_active = models.BooleanField(default=True)
    #: How the person wants pages to look (`ui.modes`), for example `elder=on`.
    display = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "public_id"
    objects = AccountManager()

    class Meta:
        db_table = "accounts_account"
        constraints = [
            models.CheckConstraint(
                condition=Q(email__isnull=False) | Q(phone_index__isnull=False) | Q(by_card=True),
                name="accounts_account_reachable",
                violation_error_message=_(
                    "An account needs an e-mail address, a phone number or a card to sign in with."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(password=""),
                name="accounts_account_has_password",
                violation_error_message=_("An account needs a password."),
            ),
        ]

    def __str__(self) -> str:
        return self.name_masked


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    """Questions about clients of the API."""

    def living(self) -> Self:
        """Those whose key opens something."""
        return self.filter(ended_at__isnull=True)

    def with_key(self, key: str) -> Self:
        """The living client this key belongs to; none for a wrong or an ended key."""
        return self.living().filter(key_sha256=hashlib.sha256(key.encode()).hexdigest())


class ApiClient(models.Model):
    """A program that reads the API under a name and a key of its own. The key is shown once and kept as a hash only."""

    personal_fields: ClassVar[dict[str, str]] = {
        "contact_sealed": "to reach who runs the program when it misbehaves; until a year after its last key ended",
    }
    retention: ClassVar[tuple[Retention, ...]] = (Retention("ended_at", 365, ("contact_sealed", "contact_masked")),)

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    name = models.CharField(max_length=100)
    purpose = models.CharField(max_length=300)
    contact_sealed = models.BinaryField(default=b"")
    contact_masked = models.CharField(max_length=64, blank=True, default="")
    #: SHA-256 of a key of 256 random bits: nothing to guess, so nothing to slow down.
    key_sha256 = models.CharField(max_length=64, unique=True)
    #: The key's first characters, so that people can tell keys apart.
    key_hint = models.CharField(max_length=12)
    #: Requests a minute; null takes the platform's own limit.
    per_minute = models.IntegerField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = ApiClientQuerySet.as_manager()

    class Meta:
        db_table = "accounts_api_client"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="accounts_api_client_named"),
            models.CheckConstraint(
                condition=Q(per_minute__isnull=True) | Q(per_minute__gt=0), name="accounts_api_client_limit"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SignInQuerySet(models.QuerySet["SignIn"]):
    """Questions about sessions."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own, in whatever capacity; a system process sees all."""
        if actor.kind is ActorKind.PROCESS:
            return self
        return self.filter(account__person_id=actor.person_id) if actor.person_id else self.none()

    def open(self) -> Self:
        """Those nobody has ended. One that ran out may be among them: the session itself says so."""
        return self.filter(ended_at__isnull=True)


class SignIn(models.Model):
    """One session: when somebody signed in, by what, on which device, and when it was ended.

    No row-level security: it is written while the person is still a visitor. It holds no credential: the session is
    known by the hash its own table knows it by.
    """

    personal_fields: ClassVar[dict[str, str]] = {
        "device_index": "keyed hash of a random cookie, to notice a new device; a year",
        "address_masked": "first half of the network address, so that a person recognises their own sessions; a year",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sign_ins")
    stored_key = models.CharField(max_length=40, unique=True)
    method = models.CharField(max_length=16, choices=Method.choices)
    #: Whether a second factor, or a passkey that checked the person, was part of it.
    second_factor = models.BooleanField(default=False)
    #: A code such as `chrome-windows`, never the browser's own line.
    device = models.CharField(max_length=32)
    device_index = models.BinaryField(max_length=16)
    address_masked = models.CharField(max_length=32, blank=True, default="")
    is_public_computer = models.BooleanField(default=False)
    opened_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        db_table = "accounts_sign_in"
        indexes = [models.Index(fields=["account", "-opened_at"], name="accounts_sign_in_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("opened_at")), name="accounts_sign_in_ends_later"
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class OneTimeCode(models.Model):
    """Six digits sent to an address or a number, which open one thing once within ten minutes.

    Asked for an address nobody has, there is a row too, and nothing is sent: who asks learns nothing. The code stands
    sealed until it is sent, then only as a keyed hash.
    """

    personal_fields: ClassVar[dict[str, str]] = {
        "target_sealed": "where the code goes to; a day",
        "code_sealed": "the code until it is sent; at most ten minutes",
        "code_index": "keyed hash to compare what is typed; a day",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    purpose = models.CharField(max_length=16, choices=CodePurpose.choices)
    channel = models.CharField(max_length=8)
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    target_sealed = models.BinaryField()
    target_masked = models.CharField(max_length=64)
    code_sealed = models.BinaryField(default=b"")
    code_index = models.BinaryField(max_length=16)
    language = models.CharField(max_length=8, blank=True, default="")
    tries = models.SmallIntegerField(default=0)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_one_time_code"
        indexes = [models.Index(fields=["made_at"], name="accounts_one_time_code_age")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(code_sealed=b""),
                name="accounts_one_time_code_gone_when_sent",
            ),
            models.CheckConstraint(
                condition=Q(tries__gte=0) & Q(tries__lte=1000), name="accounts_one_time_code_counted"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class RecoveryQuerySet(models.QuerySet["Recovery"]):
    """Questions about ways back into accounts."""

    def visible_to(self, actor: Actor) -> Self:
        """Who may recover accounts sees all of them; a person their own; a system process all."""
        if actor.kind is ActorKind.PROCESS or actor.may(RECOVER):
            return self
        return self.filter(account__person_id=actor.person_id) if actor.person_id else self.none()

    def running(self) -> Self:
        """Those that are neither done nor stopped."""
        return self.filter(state__in=[RecoveryState.ASKED, RecoveryState.WAITING])


class Recovery(HasState):
    """The way back into an account for somebody who lost phone, mailbox or second factor.

    Two officials who are different persons check who somebody is; then some days pass in which every old way to reach
    the owner is told and can stop it. Nobody is ever told a password or a code: in the end the account has the new
    address or number, and its owner sets a password with a code sent there.
    """

    transitions = RECOVERY_TRANSITIONS
    personal_fields: ClassVar[dict[str, str]] = {
        "contact_sealed": "the new address or number; until the recovery ended",
        "contact_masked": "to tell recoveries apart; until the account ends",
    }

    public_id = models.CharField(max_length=10, unique=True, default=public_id)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recoveries")
    state = models.CharField(max_length=8, choices=RecoveryState.choices, default=RecoveryState.ASKED)
    contact_sealed = models.BinaryField(default=b"")
    contact_masked = models.CharField(max_length=64)
    #: Whether the second factors are lost too and go.
    drops_factors = models.BooleanField(default=False)
    #: How each official satisfied themself: what was seen, never a number of it.
    asked_because = models.CharField(max_length=300)
    confirmed_because = models.CharField(max_length=300, blank=True, default="")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    #: SHA-256 of the key in the link that stops it.
    stop_sha256 = models.CharField(max_length=64, blank=True, default="")
    asked_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        db_table = "accounts_recovery"
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("asked_by")),
                name="accounts_recovery_two_persons",
                violation_error_message=_("Two different persons have to check who somebody is."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["waiting", "done"]) | Q(confirmed_by__isnull=False, ready_at__isnull=False),
                name="accounts_recovery_confirmed",
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(state__in=["asked", "waiting"]), name="accounts_recovery_one_running"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class LegalIdentity(models.Model):
    """A legal person a provider says this account signs in for: what `orgs` may read to let somebody join a body.

    The name and the code of a legal person are public by law; which account it is of is not shown to others.
    """

    public_by_law: ClassVar[dict[str, str]] = {
        "name": "names of legal persons are public",
        "credit_code": "as the name",
    }

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="legal_identities")
    provider = models.CharField(max_length=50)
    credit_code = models.CharField(max_length=18)
    name = models.CharField(max_length=200, blank=True, default="")
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_legal_identity"
        constraints = [
            models.UniqueConstraint(fields=["account", "provider", "credit_code"], name="accounts_legal_identity_once"),
            models.CheckConstraint(
                condition=Q(credit_code__regex=r"^[0-9A-Z]{18}$"), name="accounts_legal_identity_code"
            ),
        ]

    def __str__(self) -> str:
        return self.credit_code


from gongzhi.accounts.models.identity import (  # noqa: E402 - they point at the models above by name
    Card,
    CardWish,
    Errand,
    Guardianship,
    PersonMark,
    Reach,
    Review,
    Verification,
)

__all__ = [
    "Account",
    "AccountManager",
    "ApiClient",
    "Card",
    "CardWish",
    "Errand",
    "Guardianship",
    "LegalIdentity",
    "OneTimeCode",
    "Person",
    "PersonMark",
    "Reach",
    "Recovery",
    "Review",
    "SignIn",
    "Verification",
]
