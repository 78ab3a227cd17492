"""The access table covers every address and is true in every cell."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from gongzhi.core.door import Kind, every_view, kind_of
from gongzhi.orgs.acting import ACTING_FOR
from gongzhi.orgs.models import Appointment, Membership
from tests.access import CHARACTERS, LIKE, NO_TRANSACTION, TABLE, WRITES_ON_GET, Access
from tests.world import account_of


def routes() -> dict[str, Any]:
    """Address name → pattern, for every named route of the root URLconf; an unnamed one is named by its text."""
    found = {}
    resolver = get_resolver()

    def walk(patterns: Any, namespace: str) -> None:
        for pattern in patterns:
            inner = getattr(pattern, "url_patterns", None)
            if inner is None:
                found[f"{namespace}{pattern.name}" if pattern.name else str(pattern.pattern)] = pattern
            else:
                walk(inner, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)

    walk(resolver.url_patterns, "")
    return found


def signed_in(client: Client, name: str) -> Client:
    """The client as one of the cast, in the capacity they have."""
    if name == "visitor":
        return client
    account = account_of(name)
    client.force_login(account)
    appointment = Appointment.objects.filter(person_id=account.person_id).first()
    if appointment is not None:
        session = client.session
        session[ACTING_FOR] = f"agency:{appointment.agency_id}"
        session.save()
        return client
    membership = Membership.objects.filter(person_id=account.person_id, ended_at=None).first()
    if membership is not None:
        session = client.session
        session[ACTING_FOR] = f"org:{membership.org_id}"
        session.save()
    return client


def asked(client: Client, row: Access) -> int:
    """The status of one cell."""
    ask = client.post if row.method == "post" else client.get
    response = ask(row.build(), row.body, secure=True)
    if response.streaming:
        b"".join(response)  # a file that was opened is closed at its end
    return int(response.status_code)


@pytest.mark.django_db
def test_every_address_has_a_row(pytestconfig: pytest.Config) -> None:
    missing = sorted(set(routes()) - {name for name, _method in TABLE})
    gone = sorted({name for name, _method in TABLE} - set(routes()))
    if pytestconfig.getoption("--print-access"):
        for name in missing:
            print(f'? ("{name}", "get"): …,')
    assert not missing, f"no row in tests/access.py for {missing}"
    assert not gone, f"rows without an address: {gone}"


@pytest.mark.django_db
@pytest.mark.parametrize("character", [*CHARACTERS, *LIKE])
@pytest.mark.parametrize(("name", "row"), TABLE.items(), ids=[":".join(key) for key in TABLE])
def test_each_cell_is_true(client: Client, name: tuple[str, str], row: Access, character: str) -> None:
    status = asked(signed_in(client, character), row)
    assert status == row.status_of(character)


@pytest.mark.django_db
def test_the_table_can_fail(client: Client) -> None:
    """The control: a row that promises a resident the workbench is found out."""
    wrong = Access(TABLE["portal:workbench", "get"].build, (200,) * len(CHARACTERS))
    assert asked(signed_in(client, "rita"), wrong) != wrong.statuses[CHARACTERS.index("rita")]


def test_who_is_like_somebody_is_like_one_of_the_first_row_and_exceptions_name_only_such() -> None:
    assert set(LIKE.values()) <= set(CHARACTERS)
    assert not set(LIKE) & set(CHARACTERS)
    for name, row in TABLE.items():
        assert len(row.statuses) == len(CHARACTERS), name
        assert set(row.also) <= set(LIKE), name
        assert all(row.status_of(who) != Access(row.build, row.statuses).status_of(who) for who in row.also), (
            f"{name}: an exception that is none"
        )


def test_every_view_passes_the_door_in_the_way_the_table_says() -> None:
    for name, pattern in routes().items():
        kind = kind_of(pattern.callback)
        assert kind is Kind.NO_TRANSACTION or pattern.callback.passed_door, name
        rows = [row for (row_name, _method), row in TABLE.items() if row_name == name]
        assert all(row.door is kind for row in rows), name
    assert {
        name for name, pattern in routes().items() if kind_of(pattern.callback) is Kind.WRITES_ON_GET
    } == WRITES_ON_GET
    assert {name for name, p in routes().items() if kind_of(p.callback) is Kind.NO_TRANSACTION} == NO_TRANSACTION
    assert len(list(every_view(get_resolver().url_patterns))) == len(routes())


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "row"), TABLE.items(), ids=[":".join(key) for key in TABLE])
def test_a_method_nobody_offers_is_refused_without_a_fault(client: Client, name: tuple[str, str], row: Access) -> None:
    signed_in(client, "adam")
    assert client.delete(row.build(), secure=True).status_code in {302, 401, 403, 404, 405}
