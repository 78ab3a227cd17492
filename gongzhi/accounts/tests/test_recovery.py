"""The way back into an account: two persons, a waiting time, a stop; and nobody alone gets anybody in."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.actions import recovery as actions
from gongzhi.accounts.enums import RecoveryState
from gongzhi.accounts.models import Account, Recovery
from gongzhi.accounts.tests.test_signing_in import SENDER, is_signed_in, post, sign_in
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.acting import for_agency
from gongzhi.orgs.enums import AgencyKind, Role
from tests.world import PASSWORD, account_of, actor_of

GIVEN: dict[str, Any] = {
    "login": "rita@world.example", "contact": "139 1234 0013", "drops_factors": True, "because": "当面核对身份证",
}  # fmt: skip


def ask(**changes: Any) -> Recovery:
    with acting(actor_of("sena")) as actor:
        return actions.ask_recovery(actor=actor, **{**GIVEN, **changes})


def second_official() -> Actor:
    """Another administrator of the operator."""
    seeder = Actor.system("test", permissions=frozenset({"accounts.create", "orgs.appoint"}))
    with acting(seeder):
        account = accounts.create_account(actor=seeder, name="白××", password=PASSWORD, email="berta@world.example")
        agency = orgs.found_agency(actor=seeder, name="平台运营单位", kind=AgencyKind.OPERATOR, path="/")
        orgs.appoint(actor=seeder, person=account.person, agency=agency, role=Role.SECURITY)
    found = for_agency(account, agency.pk, Actor.visitor().request_id)
    assert found is not None
    return found


def confirmed() -> Recovery:
    row = ask()
    with acting(second_official()) as actor:
        return actions.confirm_recovery(actor=actor, recovery=row, because="本人核对")


def finish() -> int:
    with acting(SENDER):
        return actions.finish_recoveries(actor=SENDER)


@pytest.mark.django_db
def test_no_official_alone_gets_anybody_in_nor_themself() -> None:
    row = ask()
    with pytest.raises(NotAllowed), acting(actor_of("sena")) as sena:
        actions.confirm_recovery(actor=sena, recovery=row, because="x")
    with pytest.raises(NotAllowed), acting(actor_of("sena")) as sena:
        actions.ask_recovery(actor=sena, **{**GIVEN, "login": "sena@world.example"})
    assert finish() == 0
    with transaction.atomic(), pytest.raises(IntegrityError, match="two_persons"):
        Recovery.objects.filter(pk=row.pk).update(confirmed_by=row.asked_by_id)


@pytest.mark.django_db
def test_only_officials_of_the_operator_ask_and_confirm() -> None:
    row = ask()
    for name in ("dana", "rita"):
        with pytest.raises(NotAllowed):
            actions.ask_recovery(actor=actor_of(name), **{**GIVEN, "login": "rosa@world.example"})
        with pytest.raises(NotAllowed):
            actions.confirm_recovery(actor=actor_of(name), recovery=row, because="x")
    for refuse in (actions.finish_recoveries, lambda actor: actions.warn_of_recovery(actor=actor, recovery_id=row.pk)):
        with pytest.raises(NotAllowed):
            refuse(actor=actor_of("sena"))
    with pytest.raises(NotAllowed):
        actions.stop_recovery(actor=actor_of("dana"), recovery=row)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "nobody@example.org"}, "login"),
        ({"contact": "nothing"}, "contact"),
        ({"contact": "dana@world.example"}, "contact"),
        ({"because": " "}, "because"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, str], field: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        ask(**changes)
    assert caught.value.field == field


@pytest.mark.django_db
def test_there_is_one_running_recovery_of_an_account() -> None:
    ask()
    with pytest.raises(RuleViolation):
        ask()


@pytest.mark.django_db
def test_after_the_waiting_time_the_owner_sets_a_password_by_the_new_number_and_all_sessions_end(
    client: Client,
) -> None:
    sign_in(client)
    Authenticator.objects.create(user=account_of("rita"), type="webauthn", data={})
    row = confirmed()
    assert finish() == 0  # the waiting time is not over
    assert is_signed_in(client)
    Recovery.objects.update(ready_at=timezone.now() - dt.timedelta(seconds=1))
    assert finish() == 1
    assert finish() == 0
    account = Account.objects.get(pk=row.account_id)
    assert accounts.find_account("13912340013") == account
    assert not account.has_usable_password()
    assert not Authenticator.objects.filter(user_id=account.pk).exists()
    assert not is_signed_in(client)
    assert bytes(Recovery.objects.get().contact_sealed) == b""
    with pytest.raises(RuleViolation), acting(actor_of("sena")) as sena:
        actions.stop_recovery(actor=sena, recovery=row)


@pytest.mark.django_db
def test_the_old_mailbox_is_told_and_its_link_stops_everything(client: Client) -> None:
    row = confirmed()
    with acting(SENDER):
        assert actions.warn_of_recovery(actor=SENDER, recovery_id=row.pk) == 1
    assert mail.outbox[-1].to == ["rita@world.example"]
    link = re.search(r"https://[^/]+(/accounts/stop/\S+/)", str(mail.outbox[-1].body))
    assert link
    assert link[1].split("/")[3] not in str(Recovery.objects.values_list()[0])
    assert client.get(link[1], secure=True).status_code == 200
    assert Recovery.objects.get().state == RecoveryState.WAITING  # looking changes nothing
    assert post(client, link[1]).status_code == 302
    assert Recovery.objects.get().state == RecoveryState.STOPPED
    assert client.get(link[1], secure=True).status_code == 200
    assert post(client, link[1]).status_code == 422
    Recovery.objects.update(ready_at=timezone.now())
    assert finish() == 0
    assert account_of("rita").has_usable_password()


@pytest.mark.django_db
def test_the_owner_sees_it_when_signed_in_and_stops_it(client: Client) -> None:
    row = confirmed()
    client.force_login(account_of("rita"))
    assert row.public_id in client.get("/my/security/", secure=True).content.decode()
    assert post(client, f"/my/security/recovery/{row.public_id}/stop/").status_code == 302
    assert Recovery.objects.get().state == RecoveryState.STOPPED
    assert post(client, f"/my/security/recovery/{row.public_id}/stop/").status_code == 404


@pytest.mark.django_db
def test_a_number_that_somebody_got_meanwhile_is_not_taken_from_them() -> None:
    confirmed()
    seeder = Actor.system("test", permissions=frozenset({"accounts.create"}))
    with acting(seeder):
        other = accounts.create_account(actor=seeder, name="赵××", password=PASSWORD, phone="13912340013")
    Recovery.objects.update(ready_at=timezone.now())
    finish()
    assert Recovery.objects.get().state == RecoveryState.STOPPED
    assert accounts.find_account("13912340013") == other
