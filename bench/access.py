"""What the door, the scope and the second wall cost a request, and what sealing a personal value costs.

The request is `/my/messages/` of one person: one page of protected rows, out of a table that holds the messages of many
people, through every middleware, in this process. It is asked for in four ways that take turns in every round:

- `none`: the view alone. No transaction, no scope, and row-level security switched off;
- `door`: inside the door's read-only transaction, which tells PostgreSQL nothing;
- `scope`: the door as it is, row-level security still off;
- `wall`: the platform as it runs.

A cost is the CPU time of this process and of its PostgreSQL backend together. `none` is the anchor and no product: nothing
would keep people apart. Values are sealed with AES-256-GCM and SM4-GCM beside the bare cipher on the same bytes.

`--control` gives every request a connection of its own, as a platform does that keeps people apart by database users.
"""

from __future__ import annotations

import functools
import inspect
import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psycopg

from bench.harness import ROUNDS, Broken, Result, folder, run, say, urls
from bench.search import Clock
from gongzhi.config.cli import start_django
from gongzhi.config.database import Cluster

NAME = "access"
#: People whose messages stand in the table, each with as many as a page shows.
SIZE = 5000
A_PERSON = 20
#: Short turns, many of them: what else the machine does then falls on all four ways alike.
TURNS = 9
REQUESTS = 60
#: What the request reads behind the wall.
TABLES = ("notify_message", "accounts_person", "orgs_saved_search")
VALUES = 20_000
WAYS = ("none", "door", "scope", "wall")

AIM = {"wall_over_none": "<= 1.1", "sealed_over_bare": "<= 4", "rows_of_others": "<= 0"}

_MESSAGES = """
    INSERT INTO notify_message (person_id, kind, params, url_name, url_args, key, created_at)
    SELECT person, 'orgs.saved_search_answered', '{"count": 3}', '', '[]', 'bench:' || turn, now() - turn * interval '1 hour'
    FROM generate_series(%s::bigint, %s::bigint) AS person, generate_series(1, %s) AS turn
"""


def measure(size: int, *, control: bool) -> Result:
    """Run the benchmark with the messages of `size` people."""
    with folder() as var:
        cluster = Cluster(var)
        try:
            cluster.start()
            run(var, "prepare", more=urls(cluster))
            os.environ.update({**urls(cluster), "VAR": str(var), "GONGZHI_HTTPS": "0", "GONGZHI_LOG_LEVEL": "ERROR"})
            start_django()
            return _measured(cluster, size, control)
        finally:
            from django.db import connection

            connection.close()
            cluster.stop()


def _measured(cluster: Cluster, size: int, control: bool) -> Result:
    from django.db import connection
    from django.test import Client

    account = _somebody()
    with psycopg.connect(cluster.url("gz_owner"), autocommit=True) as owner:
        _wall(owner, standing=False)
        owner.execute(_MESSAGES, [account.person_id, account.person_id + size - 1, A_PERSON])
        _wall(owner, standing=True)
        owner.execute("VACUUM ANALYZE notify_message")
        client = Client(SERVER_NAME="localhost")
        client.force_login(account)
        costs: dict[str, list[float]] = {way: [] for way in WAYS}
        for turn in range(TURNS):
            say(f"turn {turn + 1} of {TURNS}")
            for way in WAYS:
                _wall(owner, standing=way == "wall")
                with _asked(way):
                    _page(client)  # what is remembered is remembered by all
                    connection.ensure_connection()
                    clock = Clock(connection.connection.info.backend_pid)
                    before = clock.now()
                    for _request in range(REQUESTS):
                        _page(client)
                        if control and way == "wall":
                            costs_of_the_backend = clock.now()
                            connection.close()
                            connection.ensure_connection()
                            clock = Clock(connection.connection.info.backend_pid)
                            before += clock.now() - costs_of_the_backend
                    costs[way].append((clock.now() - before) * 1000 / REQUESTS)
        others = _rows_of_others(account.person_id)
    found = {way: statistics.median(turns) for way, turns in costs.items()}
    sealing = _sealing()
    return Result(
        name=NAME,
        size=size,
        product={
            "request_cpu_ms": round(found["wall"], 3),
            **{f"{way}_cpu_ms": round(found[way], 3) for way in ("door", "scope")},
            **{f"{what}_per_s": round(VALUES / seconds) for what, seconds in sealing.items() if "bare" not in what},
        },
        anchors={
            "none_cpu_ms": round(found["none"], 3),
            **{f"{what}_per_s": round(VALUES / seconds) for what, seconds in sealing.items() if "bare" in what},
        },
        ratios={
            "wall_over_none": round(found["wall"] / found["none"], 3),
            "sealed_over_bare": round(sealing["seal_aes"] / sealing["bare_aes"], 3),
            "rows_of_others": others,
        },
        aim=AIM,
        rounds=TURNS,
    )


def _somebody() -> Any:
    from gongzhi.accounts import actions
    from gongzhi.accounts.enums import CREATE
    from gongzhi.core.actor import Actor
    from gongzhi.core.door import acting

    actor = Actor.system("bench", permissions=frozenset({CREATE}))
    with acting(actor):
        return actions.create_account(
            actor=actor, name="示例", password="quite long and only here", email="one@bench.example"
        )


def _wall(owner: psycopg.Connection[Any], *, standing: bool) -> None:
    """Switch row-level security of what the request reads."""
    for table in TABLES:
        owner.execute(f"ALTER TABLE {table} {'ENABLE' if standing else 'DISABLE'} ROW LEVEL SECURITY")


@contextmanager
def _asked(way: str) -> Iterator[None]:
    """Take the door away from the view, or the scope from the door, for a while."""
    from django.urls import get_resolver

    from gongzhi.core import door

    if way != "none":
        told = (lambda actor, *, read_only=False: None) if way == "door" else door.set_scope
        with mock.patch.object(door, "set_scope", told):
            yield
        return
    [pattern] = [one for _route, one in door.every_view(get_resolver().url_patterns) if one.name == "messages"]
    whole = pattern.callback
    pattern.callback = _alone(inspect.unwrap(whole))
    try:
        yield
    finally:
        pattern.callback = whole


def _alone(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view without the door."""
    from gongzhi.orgs.acting import actor_of

    def inside(request: Any, *args: Any, **kwargs: Any) -> Any:
        request.request_id, request.after = uuid.uuid4(), []
        request.actor = actor_of(request, request.request_id)
        return view(request, *args, **kwargs)

    inside.passed_door = True  # type: ignore[attr-defined]
    return inside


def _page(client: Any) -> None:
    answer = client.get("/my/messages/")
    if answer.status_code != 200 or answer.content.count(b'<li class="new"') != A_PERSON:
        raise Broken(f"the page answered {answer.status_code} without its {A_PERSON} messages")


def _rows_of_others(person: int) -> int:
    """How many messages of others the person's scope lets a statement read that forgets to ask whose they are."""
    from gongzhi.core.actor import Actor, ActorKind, Scope
    from gongzhi.core.door import acting
    from gongzhi.notify.models import Message

    with acting(Actor(kind=ActorKind.PERSON, scope=Scope(person=person), person_id=person)):
        return Message.objects.exclude(person_id=person).count()


def _sealing() -> dict[str, float]:
    """Seconds for `VALUES` values: the product's sealing and opening with both ciphers, and the bare cipher."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from django.conf import settings
    from django.test import override_settings

    from gongzhi.core.crypto import seal, unseal

    value, where = "示例的一个名字", "accounts_person.name_sealed"
    bare = AESGCM(os.urandom(32))
    plain, bound = value.encode(), f"{where}:1".encode()
    turns: dict[str, list[float]] = {}

    def timed(what: str, one: Callable[[], object]) -> None:
        before = time.process_time()
        for _value in range(VALUES):
            one()
        turns.setdefault(what, []).append(time.process_time() - before)

    for _round in range(ROUNDS):
        timed("bare_aes", lambda: bare.encrypt(os.urandom(12), plain, bound))
        for cipher, short in (("AES-256-GCM", "aes"), ("SM4-GCM", "sm4")):
            with override_settings(FIELD_CIPHER=cipher):
                sealed = seal(value, where=where, pk=1)
                timed(f"seal_{short}", lambda: seal(value, where=where, pk=1))
                timed(f"open_{short}", functools.partial(unseal, sealed, where=where, pk=1))
    if not settings.KEYS.encryption:
        raise Broken("there are no keys")
    return {what: statistics.median(seconds) for what, seconds in turns.items()}
