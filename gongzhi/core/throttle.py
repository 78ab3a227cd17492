"""Limits that hold across processes: one upsert in PostgreSQL."""

from __future__ import annotations

from django.db import connection


def count(bucket: str, *, seconds: int) -> tuple[int, int]:
    """Count one try in `bucket`; how many fell into the present window of `seconds`, and the seconds it still lasts.

    A bucket's name must not hold a phone number or an address in clear: use a blind index of it.
    """
    statement = """
        INSERT INTO core_throttle AS t (bucket, window_start, count) VALUES (%s, now(), 1)
        ON CONFLICT (bucket) DO UPDATE SET
          count = CASE WHEN t.window_start < now() - make_interval(secs => %s) THEN 1 ELSE t.count + 1 END,
          window_start = CASE WHEN t.window_start < now() - make_interval(secs => %s) THEN now() ELSE t.window_start END
        RETURNING count, ceil(extract(epoch FROM window_start + make_interval(secs => %s) - now()))::integer
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [bucket, seconds, seconds, seconds])
        tries, left = cursor.fetchone()
    return int(tries), min(max(int(left), 1), seconds)


def hit(bucket: str, *, limit: int, seconds: int) -> bool:
    """Count one try in `bucket`; True while no more than `limit` tries fell into the present window of `seconds`."""
    return count(bucket, seconds=seconds)[0] <= limit


def spent(bucket: str, *, limit: int, seconds: int) -> bool:
    """Whether the bucket's present window is used up, without counting a try."""
    statement = """
        SELECT count >= %s FROM core_throttle
        WHERE bucket = %s AND window_start >= now() - make_interval(secs => %s)
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [limit, bucket, seconds])
        row = cursor.fetchone()
    return bool(row and row[0])


def clear(bucket: str) -> None:
    """Forget the tries of a bucket, after a success."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_throttle WHERE bucket = %s", [bucket])


def forget(*, hours: int) -> int:
    """Remove buckets whose window began longer ago than this: nobody counts in windows that long. How many went."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_throttle WHERE window_start < now() - make_interval(hours => %s)", [hours])
        return int(cursor.rowcount)
