"""The door: what may be written, what survives, in whose scope, and what the visitor is told."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, InternalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from gongzhi.audit.models import Look
from gongzhi.core import door
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.door import DoorRequest, Unavailable, acting, after, no_transaction, through, writes_on_get
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.models import Heartbeat

PERSON = 4711


# --- a tiny site ---


def actor_from_header(request: HttpRequest, request_id: uuid.UUID) -> Actor:
    """Whoever the header X-Person names; else a visitor."""
    number = request.headers.get("X-Person")
    if number is None:
        return Actor.visitor(request_id=request_id)
    person = int(number)
    return Actor(kind=ActorKind.PERSON, scope=Scope(person=person), person_id=person, request_id=request_id)


def leave(process: str) -> None:
    """One row that can be looked for afterwards."""
    Heartbeat.objects.create(process=process, at=timezone.now())


def left() -> set[str]:
    """The names of the rows `leave` left."""
    return set(Heartbeat.objects.values_list("process", flat=True))


def scope_now() -> str:
    """The person PostgreSQL would show rows to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('gz.person', true), '')")
        return str(cursor.fetchone()[0])


def in_transaction() -> bool:
    """Whether a transaction is open that this test process began."""
    return bool(connection.in_atomic_block)


class Lazy(SimpleTemplateResponse):
    """Rendered after the view has returned, by asking the database."""

    def __init__(self, *, status: int = 200, broken: bool = False) -> None:
        super().__init__("none.html", status=status)
        self.broken = broken

    @property
    def rendered_content(self) -> str:
        if self.broken:
            raise RuntimeError("a broken template")
        return f"person={scope_now()} transaction={in_transaction()}"


def write(request: HttpRequest) -> HttpResponse:
    leave("written")
    return HttpResponse("done")


@writes_on_get
def write_on_get(request: HttpRequest) -> HttpResponse:
    leave("written")
    return HttpResponse("done")


@no_transaction
def outside(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"transaction={in_transaction()} actor={hasattr(request, 'actor')}")


def lazy(request: HttpRequest) -> HttpResponse:
    return Lazy()


def refuse(request: HttpRequest, how: str) -> HttpResponse:
    leave("written")
    after(lambda: leave("survives"))
    match how:
        case "422":
            return HttpResponse("form again", status=422)
        case "403":
            return HttpResponse("no", status=403)
        case "lazy":
            return Lazy(status=422)
        case "broken":
            return Lazy(broken=True)
        case "missing":
            raise Http404
        case "not_allowed":
            raise NotAllowed("core.test")
        case "rule":
            raise RuleViolation("core.test_rule", "Not on a Sunday.")
        case "error":
            raise RuntimeError("a mistake")
    return HttpResponse("written")


def after_fails(request: HttpRequest, how: str) -> HttpResponse:
    def statement() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    def mistake() -> None:
        raise KeyError("a mistake")

    cast(DoorRequest, request).after.append(statement if how == "statement" else mistake)
    return HttpResponse("secret page")


def swallow(request: HttpRequest, how: str) -> HttpResponse:
    leave("first")
    try:
        if how == "bare":
            leave("first")
        else:
            with transaction.atomic():
                leave("first")
    except IntegrityError:
        pass
    return HttpResponse("done")


def die(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return HttpResponse("still here")


def deadlock(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'a deadlock' USING ERRCODE = 'deadlock_detected'; END $$")
    return HttpResponse("never")


def closed(request: HttpRequest) -> HttpResponse:
    raise NotAllowed("core.test")


def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse("private")


def names(request: HttpRequest) -> HttpResponse:
    """What the view sees of the door."""
    passing = cast(DoorRequest, request)
    return HttpResponse(f"{passing.actor.kind} {passing.actor.request_id == passing.request_id} {scope_now()}")


def nested_acting(request: HttpRequest) -> HttpResponse:
    with acting(Actor.system("inner")):
        after(lambda: leave("survives"))
    return HttpResponse(f"person={scope_now()}", status=422)


PUBLIC: dict[str, Any] = {
    "write": write,
    "write-on-get": write_on_get,
    "outside": outside,
    "lazy": lazy,
    "refuse/<how>": refuse,
    "after-fails/<how>": after_fails,
    "swallow/<how>": swallow,
    "die": die,
    "deadlock": deadlock,
    "closed": closed,
    "names": names,
    "nested-acting": nested_acting,
}
inner = [path(route, login_not_required(view), name=view.__name__) for route, view in PUBLIC.items()]
urlpatterns = through(
    [
        path("private", private, name="private"),
        path("api/write", login_not_required(write)),
        path("a/", include([path("b/", include(inner))])),
        path("", include(inner)),
    ]
)


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.LOGIN_URL = "/sign-in"
    settings.DOOR_ACTOR = f"{__name__}.actor_from_header"


@pytest.fixture
def quiet() -> Client:
    """A client that sees the answer of the platform, not the exception behind it."""
    return Client(raise_request_exception=False)


@contextmanager
def database_down(folder: Path) -> Iterator[None]:
    """Nobody answers at the socket."""
    before = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = str(folder)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["HOST"] = before


# --- reading and writing ---


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_safe_request_cannot_write_because_postgresql_refuses(client: Client, method: str) -> None:
    with pytest.raises(InternalError) as caught:
        getattr(client, method)("/write")
    assert isinstance(caught.value.__cause__, psycopg.errors.ReadOnlySqlTransaction)
    assert left() == set()
    assert client.post("/write").content == b"done"  # the negative control: the same view may write by POST
    assert left() == {"written"}


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_view_that_says_so_writes_on_get(client: Client, method: str) -> None:
    assert getattr(client, method)("/write-on-get").status_code == 200
    assert left() == {"written"}


@pytest.mark.django_db
def test_a_reader_cannot_make_the_transaction_writable_again(client: Client) -> None:
    with pytest.raises(InternalError), acting(Actor.visitor(), read_only=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            cursor.execute("SET TRANSACTION READ WRITE")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("how", "status"),
    [("422", 422), ("403", 403), ("lazy", 422), ("broken", 500), ("missing", 404), ("not_allowed", 403), ("rule", 422)],
)
def test_a_refusal_undoes_what_was_written_and_keeps_what_was_put_off(quiet: Client, how: str, status: int) -> None:
    assert quiet.post(f"/refuse/{how}").status_code == status
    assert left() == {"survives"}


@pytest.mark.django_db
def test_a_mistake_undoes_what_was_written_and_keeps_what_was_put_off(quiet: Client) -> None:
    assert quiet.post("/refuse/error").status_code == 500
    assert left() == {"survives"}


@pytest.mark.django_db
def test_without_a_refusal_both_are_kept(client: Client) -> None:
    assert client.post("/refuse/nothing").status_code == 200
    assert left() == {"written", "survives"}


@pytest.mark.django_db
def test_a_broken_rule_is_a_page_with_its_sentence_and_its_code(client: Client) -> None:
    page = client.post("/refuse/rule").content.decode()
    assert "Not on a Sunday." in page
    assert "core.test_rule" in page


def test_an_error_of_the_database_that_a_view_swallowed_is_no_success(committed: str, quiet: Client) -> None:
    assert quiet.post("/swallow/bare").status_code == 500
    assert left() == set()
    assert quiet.post("/swallow/savepoint").status_code == 200  # the negative control: caught as Django asks
    assert left() == {"first"}


# --- inside the transaction ---


def test_a_lazy_answer_is_rendered_inside_the_transaction_and_the_scope(committed: str, client: Client) -> None:
    answer = client.get("/lazy", headers={"X-Person": str(PERSON)})
    assert answer.content == f"person={PERSON} transaction=True".encode()
    assert Lazy().render().content == b"person= transaction=False"  # the negative control: rendered outside the door


def test_the_scope_is_gone_from_the_connection_after_the_request(committed: str, client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        before = cursor.fetchone()
    assert client.get("/names", headers={"X-Person": str(PERSON)}).content == f"person True {PERSON}".encode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), current_setting('transaction_read_only')")
        *pid, read_only = cursor.fetchone()
    assert tuple(pid) == before  # the same connection, so the next test line says something
    assert (scope_now(), read_only) == ("", "off")
    assert client.get("/names").content == b"visitor True "


@pytest.mark.django_db
def test_every_request_has_an_id_of_its_own(client: Client) -> None:
    first, second = client.get("/names"), client.get("/names")
    passed = [cast(DoorRequest, answer.wsgi_request).request_id for answer in (first, second)]
    assert passed[0] != passed[1]


def test_a_view_without_transaction_passes_untouched(committed: str, client: Client) -> None:
    assert client.get("/outside").content == b"transaction=False actor=False"
    assert client.get("/names").content.startswith(b"visitor")  # the negative control


# --- after ---


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["statement", "mistake"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_cannot_be_written_down_is_not_shown(client: Client, method: str, how: str) -> None:
    answer = getattr(client, method)(f"/after-fails/{how}")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert b"secret page" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["not_allowed", "403"])
def test_the_refusal_of_somebody_signed_in_is_a_look(client: Client, how: str) -> None:
    client.post(f"/refuse/{how}", headers={"X-Person": str(PERSON)})
    look = Look.objects.get(person_id=PERSON)
    assert (look.refused, look.purpose, look.page, look.fields) == (True, "refused.403", "refuse", [])


@pytest.mark.django_db
def test_the_refusal_of_a_page_is_a_look_although_its_transaction_is_read_only(client: Client) -> None:
    assert client.get("/closed", headers={"X-Person": str(PERSON)}).status_code == 403
    assert Look.objects.filter(person_id=PERSON, refused=True, page="closed").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["not_allowed", "403", "422", "missing"])
def test_the_refusal_of_a_visitor_and_other_answers_are_no_looks(client: Client, how: str) -> None:
    before = Look.objects.count()
    client.post(f"/refuse/{how}")
    if how in {"422", "missing"}:
        client.post(f"/refuse/{how}", headers={"X-Person": str(PERSON)})
    assert Look.objects.count() == before


def test_outside_every_door_it_is_written_at_once(committed: str) -> None:
    after(lambda: leave("at once"))
    assert left() == {"at once"}


# --- the database is away ---


def test_without_database_the_answer_is_503_and_says_when_to_come_back(
    committed: str, client: Client, tmp_path: Path
) -> None:
    with database_down(tmp_path):
        for address in ("/names", "/lazy"):
            answer = client.get(address)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert client.post("/write").status_code == 503
        assert client.get("/outside").status_code == 200
    assert client.get("/names").status_code == 200  # the negative control
    assert left() == set()


def test_without_database_somebody_signed_in_gets_503_too(
    committed: str, client: Client, tmp_path: Path, settings: Any
) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    with database_down(tmp_path):
        answer = client.get("/private")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert client.get("/private").status_code == 302  # the negative control: to the sign-in page


def test_without_database_a_client_of_the_api_gets_a_problem(committed: str, client: Client, tmp_path: Path) -> None:
    with database_down(tmp_path):
        answer = client.post("/api/write")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "unavailable"


def test_a_connection_that_dies_in_the_middle_is_503_and_the_next_request_is_served(
    committed: str, client: Client
) -> None:
    assert client.post("/die").status_code == 503
    assert client.post("/write").status_code == 200


@pytest.mark.django_db
def test_a_statement_that_fails_is_not_a_database_that_is_away(quiet: Client) -> None:
    assert quiet.post("/deadlock").status_code == 500


# --- wrapping ---


def test_every_callback_is_wrapped_once_however_deep_it_lies() -> None:
    patterns = dict(door.every_view(urlpatterns))
    assert {"private", "write", "a/b/write", "a/b/refuse/<how>"} <= set(patterns)
    for route, pattern in patterns.items():
        assert getattr(pattern.callback, "passed_door", False) is not route.endswith("outside"), route
    before = [pattern.callback for pattern in patterns.values()]
    through(urlpatterns)
    assert [pattern.callback for pattern in patterns.values()] == before


@pytest.mark.django_db
def test_nested_addresses_pass_the_door(client: Client) -> None:
    assert client.get("/a/b/names").content == b"visitor True "
    with pytest.raises(InternalError):
        client.get("/a/b/write")


def test_the_kind_of_a_view_survives_decorators() -> None:
    assert door.kind_of(write) is door.Kind.NORMAL
    assert door.kind_of(login_not_required(write_on_get)) is door.Kind.WRITES_ON_GET
    assert door.kind_of(outside) is door.Kind.NO_TRANSACTION


# --- acting ---


PROCESS = Actor.system("core.test")


def test_acting_commits_and_its_scope_ends_with_it(committed: str) -> None:
    person = Actor(kind=ActorKind.PERSON, scope=Scope(person=PERSON), person_id=PERSON)
    with acting(person) as actor:
        assert actor is person
        assert scope_now() == str(PERSON)
        leave("kept")
    assert (scope_now(), in_transaction()) == ("", False)
    connection.close()
    assert left() == {"kept"}


def test_acting_rolls_back_on_an_exception_and_writes_what_was_put_off(committed: str) -> None:
    with pytest.raises(RuntimeError, match="a mistake"), acting(PROCESS):
        leave("lost")
        after(lambda: leave("survives"))
        raise RuntimeError("a mistake")
    assert left() == {"survives"}


def test_what_was_put_off_waits_for_the_end(committed: str) -> None:
    with acting(PROCESS):
        after(lambda: leave("later"))
        assert left() == set()
    assert left() == {"later"}


def test_acting_read_only_refuses_writes_and_keeps_looks(committed: str) -> None:
    with pytest.raises(InternalError), acting(PROCESS, read_only=True):
        after(lambda: leave("look"))
        leave("written")
    assert left() == {"look"}


def test_acting_says_when_what_was_put_off_cannot_be_written(committed: str) -> None:
    with pytest.raises(Unavailable), acting(PROCESS):
        leave("same")
        after(lambda: leave("same"))
    assert left() == {"same"}


def test_acting_refuses_to_lose_work_silently(committed: str) -> None:
    with pytest.raises(transaction.TransactionManagementError), acting(PROCESS):
        leave("first")
        try:
            leave("first")
        except IntegrityError:
            pass
    assert left() == set()


def test_after_an_inner_acting_the_outer_scope_holds_again(committed: str) -> None:
    def names() -> tuple[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('gz.process', true)")
            return scope_now(), str(cursor.fetchone()[0])

    with acting(Actor(kind=ActorKind.PERSON, scope=Scope(person=PERSON), person_id=PERSON)):
        with acting(PROCESS):
            assert names() == ("", "core.test")
        assert names() == (str(PERSON), "")
        with pytest.raises(RuntimeError), acting(PROCESS):
            raise RuntimeError
        assert names() == (str(PERSON), "")


def test_what_an_inner_acting_put_off_survives_the_outer_rollback(committed: str) -> None:
    with pytest.raises(RuntimeError), acting(PROCESS):
        with acting(Actor.system("inner")):
            leave("lost")
            after(lambda: leave("survives"))
        raise RuntimeError
    assert left() == {"survives"}


def test_acting_inside_a_request_gives_scope_and_writes_back(committed: str, client: Client) -> None:
    answer = client.post("/nested-acting", headers={"X-Person": str(PERSON)})
    assert answer.content == f"person={PERSON}".encode()
    assert left() == {"survives"}
