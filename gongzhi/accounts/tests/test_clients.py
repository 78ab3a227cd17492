"""Clients of the API: keys are made, changed and ended by who keeps the platform, and never kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from gongzhi.accounts import actions
from gongzhi.accounts.models import ApiClient
from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import unseal
from gongzhi.core.errors import NotAllowed, RuleViolation
from tests.world import actor_of

pytestmark = pytest.mark.django_db

GIVEN: dict[str, Any] = {"name": "示例程序", "purpose": "统计", "contact": "wang@example.org"}


def registered() -> tuple[ApiClient, str]:
    return actions.register_client(actor=actor_of("adam"), **GIVEN)


def test_a_key_is_shown_once_and_kept_as_a_hash() -> None:
    client, key = registered()
    assert ApiClient.objects.with_key(key).get() == client
    assert key.startswith(client.key_hint)
    stored = ApiClient.objects.filter(pk=client.pk).values().get()
    assert key not in str(stored)
    assert "wang" not in str(stored)
    assert client.contact_masked == "w***@example.org"
    sealed = ApiClient.objects.get(pk=client.pk).contact_sealed
    assert unseal(sealed, where="accounts_api_client.contact_sealed", pk=client.pk) == GIVEN["contact"]
    assert Event.objects.filter(event="accounts.client.registered", subject_id=client.pk).count() == 1


def test_a_telephone_number_is_masked_as_one() -> None:
    client, _key = actions.register_client(actor=actor_of("adam"), **{**GIVEN, "contact": "13812340013"})
    assert client.contact_masked == "138****0013"


def test_a_new_key_ends_the_old_one() -> None:
    client, old = registered()
    fresh = actions.renew_key(actor=actor_of("adam"), client=client)
    assert fresh != old
    assert not ApiClient.objects.with_key(old).exists()
    assert ApiClient.objects.with_key(fresh).get() == client


def test_an_ended_client_opens_nothing_and_is_not_woken() -> None:
    client, key = registered()
    actions.end_client(actor=actor_of("adam"), client=client)
    assert not ApiClient.objects.with_key(key).exists()
    for again in (actions.end_client, actions.renew_key):
        with pytest.raises(RuleViolation) as refused:
            again(actor=actor_of("adam"), client=client)
        assert refused.value.code == "accounts.client_ended"
    registered()  # the name is free again


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "accounts.client_incomplete"),
        ({"purpose": ""}, "accounts.client_incomplete"),
        ({"contact": ""}, "accounts.client_incomplete"),
        ({"per_minute": 0}, "accounts.client_limit"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, object], code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        actions.register_client(actor=actor_of("adam"), **{**GIVEN, **changes})
    assert refused.value.code == code
    assert not ApiClient.objects.exists()


def test_two_living_clients_have_two_names() -> None:
    registered()
    with pytest.raises(RuleViolation) as refused:
        registered()
    assert refused.value.code == "accounts.client_name_used"


@pytest.mark.parametrize("name", ["visitor", "rita", "dana"])
def test_only_who_keeps_the_platform_keeps_clients(name: str) -> None:
    client, key = registered()
    with pytest.raises(NotAllowed):
        actions.register_client(actor=actor_of(name), **{**GIVEN, "name": "另一程序"})
    for refused in (actions.renew_key, actions.end_client):
        with pytest.raises(NotAllowed):
            refused(actor=actor_of(name), client=client)
    assert ApiClient.objects.with_key(key).exists()


def test_a_contact_is_forgotten_a_year_after_the_end_and_not_before() -> None:
    recent, _key = registered()
    actions.end_client(actor=actor_of("adam"), client=recent)
    old, _key = registered()
    actions.end_client(actor=actor_of("adam"), client=old)
    ApiClient.objects.filter(pk=old.pk).update(ended_at=timezone.now() - actions.CONTACT_KEPT - dt.timedelta(days=1))
    living, _key = registered()
    with pytest.raises(NotAllowed):
        actions.forget_contacts(actor=actor_of("adam"))
    assert actions.forget_contacts(actor=Actor.system("accounts.forget_contacts")) == 1
    left = dict(ApiClient.objects.values_list("pk", "contact_masked"))
    assert (left[old.pk], bool(left[recent.pk]), bool(left[living.pk])) == ("", True, True)
    assert bytes(ApiClient.objects.get(pk=old.pk).contact_sealed) == b""
