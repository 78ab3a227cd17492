"""The door: every callback of the root URLconf runs inside one transaction with the actor's scope.

What it does, in this order: opens one transaction, builds the actor, tells PostgreSQL the actor's scope and (for GET
and HEAD) that nothing may be written, calls the view, renders a lazy response inside, and rolls back whenever the
answer is 400 or more. What must survive a refusal (looks, refusals, attempts) is put on `request.after` and written
in a second short transaction before the answer leaves; if that fails the answer is 503, because a look that is not
written must not be answered.

Jobs and commands enter through the same `acting(actor)`.
"""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, Protocol, TypeVar, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, URLResolver
from django.utils.module_loading import import_string
from psycopg.pq import TransactionStatus

from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotVisible

log = logging.getLogger("gongzhi.door")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Kind(StrEnum):
    """How a view passes the door."""

    NORMAL = "normal"
    WRITES_ON_GET = "writes_on_get"
    NO_TRANSACTION = "no_transaction"


View = TypeVar("View", bound=Callable[..., Any])
After = Callable[[], None]


class DoorRequest(HttpRequest):
    """A request that has passed the door."""

    actor: Actor
    after: list[After]
    request_id: uuid.UUID
    #: The row a refusal is about and what it was wanted for, where the view knows them.
    refused_about: Model | None
    refused_purpose: str


class ActorBuilder(Protocol):
    """Finds out who acts. Set by `settings.DOOR_ACTOR`."""

    def __call__(self, request: HttpRequest, request_id: uuid.UUID) -> Actor: ...


class RefusalRecorder(Protocol):
    """Writes down that something was refused. Set by `settings.DOOR_REFUSAL`."""

    def __call__(self, request: HttpRequest, actor: Actor, status: int) -> None: ...


class Unavailable(Exception):
    """The database does not answer, or what had to be recorded could not be: 503 with Retry-After."""


_pending: ContextVar[list[After] | None] = ContextVar("gongzhi_after", default=None)
_present: ContextVar[Actor | None] = ContextVar("gongzhi_actor", default=None)


def writes_on_get(view: View) -> View:
    """Let this view write although it is called by GET. The list of such views is tested."""
    view.door = Kind.WRITES_ON_GET  # type: ignore[attr-defined]
    return view


def no_transaction(view: View) -> View:
    """Let this view answer without database, transaction and actor. The list of such views is tested."""
    view.door = Kind.NO_TRANSACTION  # type: ignore[attr-defined]
    return view


def kind_of(view: Callable[..., Any]) -> Kind:
    """How this view passes the door."""
    return cast(Kind, getattr(view, "door", Kind.NORMAL))


def after(write: After) -> None:
    """Have `write` run in the door's second transaction: for what must survive a refusal and a rollback.

    Outside a request or `acting` it runs at once.
    """
    pending = _pending.get()
    if pending is None:
        write()
    else:
        pending.append(write)


def set_scope(actor: Actor, *, read_only: bool = False) -> None:
    """Tell PostgreSQL, for this transaction only, who acts and whether anything may be written."""
    scope = actor.scope
    values = [
        "" if scope.person is None else str(scope.person),
        "" if scope.org is None else str(scope.org),
        scope.path or "",
        scope.process or "",
    ]
    statement = (
        "SELECT set_config('gz.person', %s, true), set_config('gz.org', %s, true),"
        " set_config('gz.path', %s, true), set_config('gz.process', %s, true)"
    )
    if read_only:
        statement += ", set_config('transaction_read_only', 'on', true)"
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _run_after(entries: Sequence[After], actor: Actor) -> None:
    if not entries:
        return
    try:
        with transaction.atomic():
            set_scope(actor)
            for write in entries:
                write()
    except Exception as error:
        log.error("door.after_failed", extra={"request": str(actor.request_id)}, exc_info=error)
        raise Unavailable from error


def _is_lost(error: Exception) -> bool:
    """Whether the database went away, rather than refused one statement (deadlock, timeout).

    Judged by the error: the connection itself has been opened anew by the time the transaction is left. What the client
    notices has no SQLSTATE; 08 is the connection, 53 no room for one, 57P a server that stops or starts.
    """
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(("08", "53", "57P"))


def _nothing_is_lost() -> None:
    """Raise if PostgreSQL would roll back although nobody asked for it: its COMMIT of a failed transaction is silent.

    So an error of the database that a view or a job swallowed never becomes an answer that says "done".
    """
    under = connection.connection
    if connection.needs_rollback or (
        under is not None and not under.closed and under.info.transaction_status == TransactionStatus.INERROR
    ):
        raise transaction.TransactionManagementError("an error of the database was swallowed: nothing can be committed")


@contextmanager
def acting(actor: Actor, *, read_only: bool = False) -> Iterator[Actor]:
    """One transaction in the actor's scope, for jobs, commands, seeds and tests.

    Inside another one it is a savepoint: afterwards the outer scope holds again, and what was put off by `after` waits
    for the outer end, so that it survives the outer rollback too.
    """
    entries: list[After] = []
    outer_entries, outer_actor = _pending.get(), _present.get()
    pending, present = _pending.set(entries), _present.set(actor)
    try:
        with transaction.atomic():
            set_scope(actor, read_only=read_only)
            yield actor
            _nothing_is_lost()
        if outer_actor is not None:  # a rollback restores the settings by itself, the release of a savepoint does not
            set_scope(outer_actor)
    finally:
        _present.reset(present)
        _pending.reset(pending)
        if outer_entries is None:
            _run_after(entries, actor)
        else:
            outer_entries.extend(entries)


def _through(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    kind = kind_of(view)
    if kind is Kind.NO_TRANSACTION:
        return view

    @functools.wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        build: ActorBuilder = import_string(settings.DOOR_ACTOR)
        refused: RefusalRecorder = import_string(settings.DOOR_REFUSAL)
        passing = cast(DoorRequest, request)
        passing.request_id = uuid.uuid4()
        passing.actor = Actor.visitor(request_id=passing.request_id)
        passing.after = []
        passing.refused_about, passing.refused_purpose = None, ""
        read_only = request.method in SAFE_METHODS and kind is Kind.NORMAL
        pending, present = _pending.set(passing.after), _present.set(passing.actor)
        try:
            with transaction.atomic():
                passing.actor = build(request, passing.request_id)
                _present.set(passing.actor)
                set_scope(passing.actor, read_only=read_only)
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                    response = response.render()
                if response.status_code >= 400:
                    transaction.set_rollback(True)
                else:
                    _nothing_is_lost()
            if response.status_code == 403 or (response.status_code == 404 and passing.refused_about is not None):
                status = response.status_code
                passing.after.append(lambda: refused(request, passing.actor, status))
        except PermissionDenied as error:
            passing.refused_about = getattr(error, "about", None)
            passing.after.append(lambda: refused(request, passing.actor, 403))
            raise
        except NotVisible as error:
            passing.refused_about = error.about
            passing.refused_purpose = error.purpose
            passing.after.append(lambda: refused(request, passing.actor, 404))
            raise
        except (OperationalError, InterfaceError) as error:
            if _is_lost(error):
                log.error("door.database_lost", extra={"request": str(passing.request_id)}, exc_info=error)
                raise Unavailable from error
            raise
        finally:
            _present.reset(present)
            _pending.reset(pending)
            _run_after(passing.after, passing.actor)
        return response

    inside.passed_door = True  # type: ignore[attr-defined]
    return inside


def through(patterns: Sequence[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Wrap every callback below these patterns, once. The root URLconf ends with it."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            through(pattern.url_patterns)
        elif not getattr(pattern.callback, "passed_door", False):
            pattern.callback = _through(pattern.callback)
    return list(patterns)


def every_view(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route below these patterns with its full text, for the tests that hold the lists."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from every_view(pattern.url_patterns, route)
        else:
            yield route, pattern


def view_of(response: HttpResponse) -> str:
    """The name of the route that answered, for logs."""
    match = getattr(response, "resolver_match", None)
    return match.view_name if match else ""
