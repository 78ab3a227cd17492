"""People, and the accounts they sign in with."""

from __future__ import annotations

import hashlib
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.ids import public_id
from gongzhi.core.retention import Retention


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
                condition=Q(email__isnull=False) | Q(phone_index__isnull=False),
                name="accounts_account_reachable",
                violation_error_message=_("An account needs an e-mail address or a phone number to sign in with."),
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
