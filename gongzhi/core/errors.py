"""The two refusals every door translates in one place."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise


class NotAllowed(PermissionDenied):
    """The actor may see this but not do it: 403, and the door records the refusal."""

    def __init__(self, permission: str = "") -> None:
        super().__init__(permission)
        self.permission = permission


class RuleViolation(Exception):
    """Something the rules forbid for this state or this input: 422, with a stable code and a sentence to show.

    `field` names the input the sentence belongs to, if there is one.
    """

    def __init__(self, code: str, message: str | Promise, *, field: str = "") -> None:
        super().__init__(code, str(message))
        self.code = code
        self.message = message
        self.field = field
