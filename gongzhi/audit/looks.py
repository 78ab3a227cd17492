"""Who looked. `reveal` is the one way to read a sealed field, and it writes a look; refusals are looks too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.db import connection, models
from django.http import HttpRequest

from gongzhi.audit.actions import acting_for, record
from gongzhi.audit.enums import How
from gongzhi.core import crypto
from gongzhi.core.actor import Actor
from gongzhi.core.door import after

INSERT = """
    INSERT INTO audit_look
      (subject_kind, subject_id, person_id, acting_for, process, case_id, purpose, page, fields, refused, request, how,
       owner_person, owner_org, hold_id, grant_id, batch_id, covers)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class HasPersonalFields(Protocol):
    """A model that declares its personal fields: column of the sealed value → how long and why it is kept."""

    personal_fields: ClassVar[dict[str, str]]
    pk: Any
    _meta: Any


@dataclass(frozen=True, slots=True)
class Looking:
    """What a look says besides who, whose and what: the way it was made, and what it was made under.

    `hold_id` is a notice held back for an investigation, `grant_id` an emergency access, `batch_id` an export.
    """

    how: How | str = ""
    hold_id: int | None = None
    grant_id: int | None = None
    batch_id: int | None = None


PLAIN = Looking()


def concerns(subject: models.Model) -> tuple[int | None, int | None]:
    """The person and the organization whose data a row holds: `look_owner()` if the model says so, else its columns."""
    owner = getattr(subject, "look_owner", None)
    if owner is not None:
        person, org = owner()
        return person, org
    return getattr(subject, "person_id", None), getattr(subject, "org_id", None)


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
    owner: tuple[int | None, int | None] = (None, None),
    looking: Looking = PLAIN,
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
                str(looking.how or (How.API if actor.channel == "api" else How.PAGE)),
                *owner,
                looking.hold_id,
                looking.grant_id,
                looking.batch_id,
                list(actor.covers),
            ],
        )


def look(
    *,
    actor: Actor,
    subject: models.Model,
    purpose: str,
    fields: Sequence[str],
    case_id: int | None = None,
    looking: Looking = PLAIN,
) -> None:
    """Have the door write that `actor` saw `fields` of `subject`, before the answer leaves."""
    kind, number, owner = subject._meta.label_lower, subject.pk, concerns(subject)
    after(
        lambda: write_look(
            actor=actor,
            subject_kind=kind,
            subject_id=number,
            purpose=purpose,
            fields=fields,
            case_id=case_id,
            owner=owner,
            looking=looking,
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
    looking: Looking = PLAIN,
) -> str:
    """The clear text of a sealed personal field. Writes a look, unless the data are the reader's own (`own`).

    `field` must be declared in the model's `personal_fields` (KeyError otherwise). An empty field is an empty text. A
    value whose seal is broken raises `CannotOpen`, and that it was met is written down whatever happens to the request.
    """
    declared: dict[str, str] = getattr(type(row), "personal_fields", {})
    declared[field]
    value = getattr(row, field)
    if not (own() if callable(own) else own):
        look(actor=actor, subject=row, purpose=purpose, fields=[field], case_id=case_id, looking=looking)
    if value is None or not bytes(value):
        return ""
    try:
        return crypto.unseal(value, where=f"{row._meta.db_table}.{field}", pk=row.pk)
    except crypto.CannotOpen:
        after(lambda: record(actor=actor, event="audit.seal.broken", subject=row, details={"field": field}))
        raise


def record_refusal(request: HttpRequest, actor: Actor, status: int) -> None:
    """Write down that a signed-in person was refused; the door calls this in its second transaction."""
    if not actor.signed_in:
        return
    match = request.resolver_match
    about: models.Model | None = getattr(request, "refused_about", None)
    write_look(
        actor=actor,
        subject_kind="request" if about is None else about._meta.label_lower,
        subject_id=None if about is None else about.pk,
        purpose=getattr(request, "refused_purpose", "") or f"refused.{status}",
        page=match.view_name if match else "",
        refused=True,
        owner=(None, None) if about is None else concerns(about),
        looking=Looking(How.API) if request.path.startswith("/api/") else PLAIN,
    )
