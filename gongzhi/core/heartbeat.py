"""Signs of life of the platform's processes, read by /healthz."""

from __future__ import annotations

from django.db import connection

#: A process that has not been heard of for this long counts as down.
SILENCE_S = 20


def beat(process: str) -> None:
    """Write down that `process` is alive now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_heartbeat (process, at) VALUES (%s, now())"
            " ON CONFLICT (process) DO UPDATE SET at = excluded.at",
            [process],
        )


def alive(process: str) -> bool:
    """Whether a process of this name gave a sign of life lately, on any machine."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM core_heartbeat"
            " WHERE (process = %s OR starts_with(process, %s)) AND at > now() - make_interval(secs => %s))",
            [process, f"{process}@", SILENCE_S],
        )
        return bool(cursor.fetchone()[0])
