"""Who looked. `reveal` is the one way to read a sealed field, and it writes a look; refusals are looks too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

from django.db import connection, models
from django.http import HttpRequest

from gongzhi.audit.actions import acting_for
from gongzhi.core import crypto
from gongzhi.core.actor import Actor
from gongzhi.core.door import after

INSERT = """
    INSERT INTO audit_look
      (subject_kind, subject_id, person_id, acting_for, process, case_id, purpose, page, fields, refused, request)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class HasPersonalFields(Protocol):
    """A model that declares its personal fields: column of the sealed value → how long and why it is kept."""

    personal_fields: ClassVar[dict[str, str]]
    pk: Any
    _meta: Any


def write_look(
    *,
    actor: Actor,
    subject_kind: str,
    subject_id: int | None,
    purpose: str,
    page: str = "",
    fields: Sequence[str] = (),
    refused: bool = False,
    case_id: int | None = None,
) -> None:
    """Insert one look. Used by the door's second transaction; callers inside a view use `look`."""
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                subject_kind,
                subject_id,
                actor.person_id,
                acting_for(actor),
                actor.process,
                case_id,
                purpose,
                page[:128],
                list(fields),
                refused,
                actor.request_id,
            ],
        )


def look(
    *, actor: Actor, subject: models.Model, purpose: str, fields: Sequence[str], case_id: int | None = None
) -> None:
    """Have the door write that `actor` saw `fields` of `subject`, before the answer leaves."""
    kind, number = subject._meta.label_lower, subject.pk
    after(
        lambda: write_look(
            actor=actor, subject_kind=kind, subject_id=number, purpose=purpose, fields=fields, case_id=case_id
        )
    )


def reveal(
    actor: Actor,
    row: models.Model,
    field: str,
    *,
    purpose: str,
    own: Callable[[], bool] | bool = False,
    case_id: int | None = None,
) -> str:
    """The clear text of a sealed personal field. Writes a look, unless the data are the reader's own (`own`).

    `field` must be declared in the model's `personal_fields` (KeyError otherwise). An empty field is an empty text.
    """
    declared: dict[str, str] = getattr(type(row), "personal_fields", {})
    declared[field]
    value = getattr(row, field)
    if not (own() if callable(own) else own):
        look(actor=actor, subject=row, purpose=purpose, fields=[field], case_id=case_id)
    if value is None or not bytes(value):
        return ""
    return crypto.unseal(value, where=f"{row._meta.db_table}.{field}", pk=row.pk)


def record_refusal(request: HttpRequest, actor: Actor, status: int) -> None:
    """Write down that a signed-in person was refused; the door calls this in its second transaction."""
    if not actor.signed_in:
        return
    match = request.resolver_match
    write_look(
        actor=actor,
        subject_kind="request",
        subject_id=None,
        purpose=f"refused.{status}",
        page=match.view_name if match else "",
        refused=True,
    )
