"""Who is told what becomes of an invitation, a role and a delegation."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs.actions import members
from gongzhi.orgs.enums import Ending, OrgRole
from gongzhi.orgs.models import Invitation, Membership
from gongzhi.orgs.tests.test_claims import told
from gongzhi.orgs.tests.test_members import himself, invited, joined, membership_of
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("tests")


def test_who_invited_is_told_that_the_invitation_was_accepted() -> None:
    joined()
    assert told("alice") == ["orgs.invitation_accepted"]


def test_who_was_invited_can_say_no_once_and_the_inviter_is_told() -> None:
    _made, token = invited()
    with acting(himself("rita")) as rita, pytest.raises(NotAllowed):
        members.refuse_invitation(actor=rita, token=token, account=account_of("rita"))
    with acting(himself("victor")) as victor:
        members.refuse_invitation(actor=victor, token=token, account=account_of("victor"))
        for again in (members.refuse_invitation, members.accept_invitation):
            with pytest.raises(Invitation.DoesNotExist):
                again(actor=victor, token=token, account=account_of("victor"))
    assert told("alice") == ["orgs.invitation_refused"]
    with acting(actor_of("alice")) as alice, pytest.raises(RuleViolation, match="invitation_closed"):
        members.withdraw_invitation(actor=alice, invitation=_made)


def test_an_inviter_who_has_left_is_told_nothing() -> None:
    _made, token = invited()
    Membership.objects.filter(person_id=account_of("alice").person_id).update(
        ended_at=timezone.now(), ending=Ending.LEFT
    )
    with acting(himself("victor")) as victor:
        members.refuse_invitation(actor=victor, token=token, account=account_of("victor"))
    assert told("alice") == []


def test_a_refused_invitation_was_neither_accepted_nor_withdrawn() -> None:
    made, _token = invited()
    with acting(SYSTEM):
        row = Invitation.objects.filter(pk=made.pk)
        row.update(refused_at=timezone.now())
        for wrong in ({"taken_at": timezone.now(), "taken_by": 1}, {"withdrawn_at": timezone.now()}):
            with pytest.raises(IntegrityError), transaction.atomic():
                row.update(**wrong)


def test_the_page_of_an_invitation_lets_one_say_no(client: Client) -> None:
    _made, token = invited()
    browser = signed_in(client, "victor")
    assert "拒绝" in browser.get(f"/invitations/{token}/", secure=True).content.decode()
    assert browser.post(f"/invitations/{token}/", {"answer": "refuse"}, secure=True).status_code == 302
    assert browser.get(f"/invitations/{token}/", secure=True).status_code == 404
    assert not Membership.objects.filter(person_id=account_of("victor").person_id).exists()
    page = signed_in(Client(), "alice").get("/desk/invitations/", secure=True).content.decode()
    assert "已拒绝" in page


def test_a_member_who_is_taken_out_or_gets_another_role_is_told() -> None:
    with acting(actor_of("alice")) as alice:
        members.change_membership(actor=alice, membership=membership_of("bob"), role=OrgRole.ADMINISTRATOR)
        members.end_membership(actor=alice, membership=membership_of("bob"))
    assert told("bob") == ["orgs.membership_changed", "orgs.membership_ended"]


def test_a_handler_whose_last_day_is_over_is_told_once_and_not_before() -> None:
    membership = joined(role=OrgRole.HANDLER)
    assert membership.until is not None
    with acting(actor_of("alice")) as alice, pytest.raises(NotAllowed):
        members.end_delegations(actor=alice)
    with acting(SYSTEM) as system:
        assert members.end_delegations(actor=system, day=membership.until) == 0
        assert members.end_delegations(actor=system, day=membership.until + dt.timedelta(days=1)) == 1
        assert members.end_delegations(actor=system, day=membership.until + dt.timedelta(days=2)) == 0
    membership.refresh_from_db()
    assert membership.ending == Ending.EXPIRED
    assert told("victor") == ["orgs.delegation_over"]


def test_the_job_of_the_night_closes_what_is_over() -> None:
    membership = joined(role=OrgRole.HANDLER)
    yesterday = today() - dt.timedelta(days=1)
    Membership.objects.filter(pk=membership.pk).update(since=yesterday, until=yesterday)
    jobs.run_now("orgs.end_delegations")
    assert told("victor") == ["orgs.delegation_over"]
