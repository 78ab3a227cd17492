"""Writing down what happened. Every action of every app ends with `record`, in its own transaction."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, models

from gongzhi.core.actor import Actor

INSERT = """
    INSERT INTO audit_event
      (event, actor_kind, person_id, acting_for, process, request, subject_kind, subject_id, case_id, details, covers)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)
"""


def acting_for(actor: Actor) -> str:
    """The capacity an actor acts in, as stored: `org:12`, `agency:3`, `client:7` or empty."""
    for kind, number in (("org", actor.org_id), ("agency", actor.agency_id), ("client", actor.client_id)):
        if number is not None:
            return f"{kind}:{number}"
    return ""


def record(
    *,
    actor: Actor,
    event: str,
    subject: models.Model | None = None,
    details: dict[str, Any] | None = None,
    case_id: int | None = None,
) -> None:
    """Write one event (`app.object.past_tense`) about `subject`, by `actor`, in the present transaction.

    `details` holds ids, codes, counts and hashes; never a name, a number of a person, or typed text.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                event,
                actor.kind,
                actor.person_id,
                acting_for(actor),
                actor.process,
                actor.request_id,
                subject._meta.label_lower if subject is not None else "",
                subject.pk if subject is not None else None,
                case_id,
                json.dumps(details or {}, ensure_ascii=False),
                list(actor.covers),
            ],
        )
