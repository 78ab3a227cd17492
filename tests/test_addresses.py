"""Addresses stay stable: what answers, what is reserved, and that a reserved one is a 404 in the house style."""

from __future__ import annotations

import pytest
from django.test import Client

#: Address → whether it answers yet. Reserved ones answer from the release that builds them, and never as something else.
ADDRESSES = {
    "/": True,
    "/orgs/": True,
    "/orgs/51100000MJ0000018U/": True,
    "/names/": True,
    "/rules/": True,
    "/data/": True,
    "/ui/": True,
    "/workbench/": True,
    "/api/v1/organizations": True,
    "/api/openapi.json": True,
    "/healthz": True,
    "/en/": True,
    "/services/": True,
    "/disclosure/": False,
    "/giving/": False,
    "/volunteer/": False,
    "/help/": False,
    "/log/": False,
    "/my/": True,
    "/desk/": True,
}


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "answers"), ADDRESSES.items())
def test_each_address_answers_or_is_reserved(client: Client, address: str, answers: bool) -> None:
    response = client.get(address, secure=True)
    if answers:
        assert response.status_code in {200, 302, 503}
        return
    assert response.status_code == 404
    page = response.content.decode()
    assert "<main" in page
    assert "404" in page
    assert 'lang="zh-CN"' in page
    assert client.get(f"/en{address}", secure=True).status_code == 404


@pytest.mark.django_db
def test_a_missing_address_below_the_api_is_a_problem_document(client: Client) -> None:
    response = client.get("/api/v1/nothing", secure=True)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
