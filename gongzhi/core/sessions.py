"""Sessions at rest: the table holds neither the key of the cookie nor anything readable of what a session remembers.

A copy of the database therefore opens no session, and what a session holds for some minutes (the secret of an
authenticator that is being set up, a challenge) is sealed like every other secret.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from gongzhi.core.crypto import CannotOpen, seal, unseal

WHERE = "django_session.session_data"


def stored_key(key: str | None) -> str:
    """What the table knows a session by: a hash of the key in the cookie, which has too many bits to be found."""
    return hashlib.sha256((key or "").encode()).hexdigest()[:40]


def end_stored(keys: list[str]) -> int:
    """End the sessions the table knows by these names; how many there were."""
    return Session.objects.filter(pk__in=keys).delete()[0]


def forget_ended() -> int:
    """Remove sessions that have run out; nobody finds them any more. How many there were."""
    return Session.objects.filter(expire_date__lte=timezone.now()).delete()[0]


def living_stored(keys: list[str]) -> set[str]:
    """Which of the sessions the table knows by these names have not run out."""
    return set(Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now()).values_list("pk", flat=True))


class SessionStore(db.SessionStore):
    """Django's sessions in the database, with keys as hashes and data sealed. Named by `settings.SESSION_ENGINE`."""

    def _get_session_from_db(self) -> Session | None:
        try:
            return Session.objects.get(pk=stored_key(self.session_key), expire_date__gt=timezone.now())
        except Session.DoesNotExist:
            self._session_key = None
            return None

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this key."""
        return Session.objects.filter(pk=stored_key(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        """End a session; none is no error."""
        key = session_key or self.session_key
        if key is not None:
            end_stored([stored_key(key)])

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row for these data."""
        return Session(
            pk=stored_key(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
        )

    def encode(self, session_dict: dict[str, Any]) -> str:
        """What the table holds of the data."""
        return base64.b64encode(seal(json.dumps(session_dict), where=WHERE, pk=0)).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The data again; a row that cannot be opened is an empty session, as an expired one is."""
        try:
            found: dict[str, Any] = json.loads(unseal(base64.b64decode(session_data), where=WHERE, pk=0))
        except (CannotOpen, ValueError):
            return {}
        return found
