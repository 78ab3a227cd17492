"""Who looked: every opened field is written down, whatever becomes of the request."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import InternalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from gongzhi.accounts.models import Account, Person
from gongzhi.audit.looks import record_refusal, reveal, write_look
from gongzhi.audit.models import Look
from gongzhi.core import crypto
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.door import acting, through
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk

OFFICER = 4711
PROCESS = Actor.system("audit.test")


def reader(request: HttpRequest, request_id: uuid.UUID) -> Actor:
    """An officer who may see everybody, so that the second wall is not what is tested here."""
    return Actor(
        kind=ActorKind.AGENCY,
        scope=Scope(process="audit.test"),
        person_id=OFFICER,
        agency_id=3,
        request_id=request_id,
    )


def make(name: str = "王小明", phone: str = "") -> Person:
    with acting(PROCESS):
        pk = next_pk(Person)
        return Person.objects.create(
            pk=pk,
            name_sealed=crypto.seal(name, where="accounts_person.name_sealed", pk=pk),
            name_masked="王××",
            phone_sealed=crypto.seal(phone, where="accounts_person.phone_sealed", pk=pk) if phone else b"",
        )


def show(request: HttpRequest, pk: int, how: str) -> HttpResponse:
    person = Person.objects.get(pk=pk)
    name = reveal(request.actor, person, "name_sealed", purpose="test", case_id=9)  # type: ignore[attr-defined]
    match how:
        case "422":
            return HttpResponse(name, status=422)
        case "missing":
            raise Http404
        case "not_allowed":
            raise NotAllowed("audit.test")
        case "rule":
            raise RuleViolation("audit.test", "no")
        case "error":
            raise RuntimeError("a mistake")
        case "writes":
            person.delete()
    return HttpResponse(name)


urlpatterns = through([path("<int:pk>/<how>", login_not_required(show), name="show")])


@pytest.fixture
def site(settings: Any) -> Client:
    settings.ROOT_URLCONF = __name__
    settings.DOOR_ACTOR = f"{__name__}.reader"
    return Client(raise_request_exception=False)


def looks(person: Person) -> list[Look]:
    return list(Look.objects.filter(subject_kind="accounts.person", subject_id=person.pk))


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("how", "status"),
    [("plain", 200), ("422", 422), ("missing", 404), ("not_allowed", 403), ("rule", 422), ("error", 500)],
)
def test_a_look_is_written_whatever_becomes_of_the_request(site: Client, method: str, how: str, status: int) -> None:
    person = make()
    answer = getattr(site, method)(f"/{person.pk}/{how}")
    assert answer.status_code == status
    (look,) = looks(person)
    assert (look.person_id, look.acting_for, look.purpose) == (OFFICER, "agency:3", "test")
    assert (look.fields, look.case_id, look.refused) == (["name_sealed"], 9, False)
    assert look.request == answer.wsgi_request.request_id
    assert Look.objects.filter(person_id=OFFICER, refused=True).count() == (status == 403)


@pytest.mark.django_db
def test_a_look_is_written_although_the_page_tried_to_write_and_was_refused(site: Client) -> None:
    person = make()
    with pytest.raises(InternalError):
        site.raise_request_exception = True
        site.get(f"/{person.pk}/writes")
    assert len(looks(person)) == 1


@pytest.mark.django_db
def test_what_was_not_opened_is_no_look(site: Client) -> None:
    person, other = make(), make()
    site.get(f"/{other.pk}/plain")
    assert looks(person) == []
    assert len(looks(other)) == 1


@pytest.mark.django_db
def test_a_look_that_cannot_be_written_is_not_answered(site: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    person = make()
    monkeypatch.setattr("gongzhi.audit.looks.INSERT", "INSERT INTO audit_look_is_gone VALUES (%s)" + ", (%s)" * 10)
    answer = site.get(f"/{person.pk}/plain")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "王小明".encode() not in answer.content


@pytest.mark.django_db
def test_a_value_of_another_row_does_not_open() -> None:
    one, other = make("王小明", "13812340013"), make("李小红", "13912340014")
    with acting(PROCESS):
        assert reveal(PROCESS, one, "phone_sealed", purpose="test") == "13812340013"  # the negative control
        Person.objects.filter(pk=other.pk).update(phone_sealed=one.phone_sealed)
        other.refresh_from_db()
        with pytest.raises(crypto.CannotOpen):
            reveal(PROCESS, other, "phone_sealed", purpose="test")
        one.phone_sealed = one.name_sealed  # the same row, another column
        with pytest.raises(crypto.CannotOpen):
            reveal(PROCESS, one, "phone_sealed", purpose="test")
    assert len(looks(other)) == 1  # the attempt is a look


@pytest.mark.django_db
def test_an_empty_field_is_an_empty_text() -> None:
    person = make()
    with acting(PROCESS):
        assert reveal(PROCESS, person, "phone_sealed", purpose="test") == ""


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["name_masked", "pk", "personal_fields", "phone", ""])
def test_a_field_that_is_not_declared_is_not_opened(field: str) -> None:
    person = make()
    with pytest.raises(KeyError), acting(PROCESS):
        reveal(PROCESS, person, field, purpose="test")
    with pytest.raises(KeyError), acting(PROCESS):
        reveal(PROCESS, Account(), "person", purpose="test")
    assert looks(person) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("own", "written"), [(True, 0), (lambda: True, 0), (False, 1), (lambda: False, 1)])
def test_ones_own_data_are_no_look(own: Any, written: int) -> None:
    person = make()
    with acting(PROCESS):
        assert reveal(PROCESS, person, "name_sealed", purpose="test", own=own) == "王小明"
    assert len(looks(person)) == written


@pytest.mark.django_db
def test_a_refusal_is_written_for_somebody_signed_in_only() -> None:
    before = Look.objects.count()
    request = RequestFactory().get("/nowhere")  # no address matched, so there is no page to name
    for nobody in (Actor.visitor(), PROCESS):
        record_refusal(request, nobody, 403)
    assert Look.objects.count() == before
    record_refusal(request, Actor(kind=ActorKind.PERSON, person_id=OFFICER), 403)
    look = Look.objects.get(person_id=OFFICER)
    assert (look.subject_kind, look.subject_id, look.purpose, look.page) == ("request", None, "refused.403", "")
    assert (look.refused, look.fields) == (True, [])


@pytest.mark.django_db
def test_a_long_name_of_a_page_is_cut_and_does_not_cost_the_look() -> None:
    write_look(actor=PROCESS, subject_kind="audit.test", subject_id=None, purpose="test", page="x" * 500)
    assert Look.objects.get(subject_kind="audit.test").page == "x" * 128
