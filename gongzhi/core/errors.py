"""The two refusals every door translates in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.functional import Promise

if TYPE_CHECKING:
    from django.db.models import Model


class NotAllowed(PermissionDenied):
    """The actor may see this but not do it: 403, and the door records the refusal.

    `about` is the row it was refused about, where it is known: whom it concerns sees the refused try.
    """

    def __init__(self, permission: str = "", *, about: Model | None = None) -> None:
        super().__init__(permission)
        self.permission = permission
        self.about = about


class NotVisible(Http404):
    """There is such a row and this actor may not see it: 404 like a missing one, and the door records the refusal.

    `about` is the row, so that whom it concerns sees the refused try. The answer tells nobody that it exists.
    """

    def __init__(self, about: Model, *, purpose: str = "") -> None:
        super().__init__("not found")
        self.about = about
        self.purpose = purpose


class RuleViolation(Exception):
    """Something the rules forbid for this state or this input: 422, with a stable code and a sentence to show.

    `field` names the input the sentence belongs to, if there is one.
    """

    def __init__(self, code: str, message: str | Promise, *, field: str = "") -> None:
        super().__init__(code, str(message))
        self.code = code
        self.message = message
        self.field = field
