"""People of an organization: invited by a link that works once and for one address, delegated, replaced, leaving."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account, Person
from gongzhi.audit.models import Event
from gongzhi.config.seeds import SEEDER
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs.acting import for_organization, for_self
from gongzhi.orgs.actions import members
from gongzhi.orgs.enums import Ending, OrgRole
from gongzhi.orgs.models import Invitation, Membership, Organization
from gongzhi.orgs.roles import DELEGABLE, MEANINGS, ROLES
from tests.test_access import signed_in
from tests.world import GUANGDONG, PASSWORD, SHENZHEN, account_of, actor_of

SOON = dt.timedelta(days=30)


def house(code: str = SHENZHEN) -> Organization:
    return Organization.objects.get(credit_code=code)


def himself(name: str) -> Actor:
    return for_self(account_of(name), uuid.uuid4())


def membership_of(name: str) -> Membership:
    return Membership.objects.get(person_id=account_of(name).person_id, ended_at=None)


def invited(
    name: str = "victor", role: OrgRole = OrgRole.READER, *, by: str = "alice", delegated: tuple[str, ...] = ()
) -> tuple[Invitation, str]:
    until = today() + SOON if role == OrgRole.HANDLER else None
    with acting(actor_of(by)) as actor:
        return members.invite_member(
            actor=actor,
            organization=house(),
            address=f"{name}@world.example",
            role=role,
            delegated=delegated,
            until=until,
        )


def joined(name: str = "victor", role: OrgRole = OrgRole.READER, *, delegated: tuple[str, ...] = ()) -> Membership:
    _made, token = invited(name, role, delegated=delegated)
    with acting(himself(name)) as actor:
        return members.accept_invitation(actor=actor, token=token, account=account_of(name))


# --- who acts ---


@pytest.mark.django_db
def test_who_acts_for_an_organization_has_its_scope_and_every_audit_row_says_so() -> None:
    alice = actor_of("alice")
    assert alice.kind is ActorKind.ORGANIZATION
    assert alice.scope == Scope(org=house().pk)
    assert alice.acting_for == house().name
    invited()
    event = Event.objects.filter(event="orgs.invitation.made").latest("at")
    assert (event.acting_for, event.person_id) == (f"org:{house().pk}", account_of("alice").person_id)


@pytest.mark.django_db
def test_nobody_acts_for_an_organization_they_do_not_belong_to(client: Client) -> None:
    assert for_organization(account_of("alice"), house(GUANGDONG).pk, uuid.uuid4()) is None
    signed_in(client, "victor")
    assert client.post("/acting/", {"org": house().public_id}, secure=True).status_code == 403


@pytest.mark.django_db
def test_for_whom_one_acts_stands_on_every_page_and_can_be_ended_there(client: Client) -> None:
    signed_in(client, "alice")
    for address in ("/", "/desk/", "/orgs/"):
        assert "深圳市××社工服务社" in client.get(address, secure=True).content.decode()
        assert 'class="asofb"' in client.get(address, secure=True).content.decode()
    client.post("/acting/", {"agency": ""}, secure=True)
    assert 'class="asofb"' not in client.get("/", secure=True).content.decode()


# --- invitations ---


@pytest.mark.django_db
def test_an_invitation_keeps_neither_its_secret_nor_the_address_in_clear() -> None:
    made, token = invited()
    with acting(Actor.system("test")):
        row = Invitation.objects.get(pk=made.pk)
    kept = " ".join(str(getattr(row, field.attname)) for field in row._meta.concrete_fields)
    assert token not in kept
    assert "victor@" not in kept
    assert row.for_masked == "v***@world.example"


@pytest.mark.django_db
def test_an_invitation_works_once_and_only_for_whom_it_was_made() -> None:
    _made, token = invited()
    with acting(himself("rita")) as rita, pytest.raises(NotAllowed):
        members.accept_invitation(actor=rita, token=token, account=account_of("rita"))
    with acting(himself("victor")) as victor:
        membership = members.accept_invitation(actor=victor, token=token, account=account_of("victor"))
        with pytest.raises(Invitation.DoesNotExist):
            members.accept_invitation(actor=victor, token=token, account=account_of("victor"))
    assert membership.role == OrgRole.READER


@pytest.mark.django_db
def test_who_acts_for_another_organization_does_not_accept_in_that_capacity() -> None:
    _made, token = invited("carol")
    with acting(actor_of("carol")) as carol, pytest.raises(NotAllowed):
        members.accept_invitation(actor=carol, token=token, account=account_of("carol"))


@pytest.mark.django_db
def test_a_guessed_withdrawn_replaced_or_old_link_opens_nothing(client: Client) -> None:
    signed_in(client, "victor")
    made, token = invited()
    assert client.get(f"/invitations/{token}/", secure=True).status_code == 200
    assert client.get(f"/invitations/{'A' * 43}/", secure=True).status_code == 404
    _again, second = invited()
    assert client.get(f"/invitations/{token}/", secure=True).status_code == 404
    with acting(actor_of("alice")) as alice:
        with pytest.raises(RuleViolation, match="invitation_closed"):
            members.withdraw_invitation(actor=alice, invitation=made)
        members.withdraw_invitation(actor=alice, invitation=_again)
    assert client.get(f"/invitations/{second}/", secure=True).status_code == 404
    old, third = invited()
    with acting(Actor.system("test")):
        Invitation.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert client.post(f"/invitations/{third}/", secure=True).status_code == 404
    assert not Membership.objects.filter(person_id=account_of("victor").person_id).exists()


@pytest.mark.django_db
def test_an_invitation_by_phone_number_is_for_who_signs_in_with_that_number() -> None:
    with acting(SEEDER) as seeder:
        account = accounts.create_account(actor=seeder, name="赵××", password=PASSWORD, phone="+86 138-0000-0000")
    with acting(actor_of("alice")) as alice:
        made, token = members.invite_member(
            actor=alice, organization=house(), address="13800000000", role=OrgRole.READER
        )
        with pytest.raises(RuleViolation, match="address_invalid"):
            members.invite_member(actor=alice, organization=house(), address="nobody", role=OrgRole.READER)
    assert made.for_masked == "138****0000"
    with acting(for_self(account, uuid.uuid4())) as actor:
        members.accept_invitation(actor=actor, token=token, account=account)


@pytest.mark.django_db
def test_a_role_is_offered_only_by_who_may_give_it() -> None:
    joined("victor", OrgRole.ADMINISTRATOR)
    joined("rita", OrgRole.HANDLER, delegated=("orgs.invite",))
    for name, role in (("victor", OrgRole.OWNER), ("rita", OrgRole.HANDLER), ("bob", OrgRole.READER)):
        with pytest.raises(NotAllowed):
            invited("carol", role, by=name)
    with pytest.raises(NotAllowed):
        invited("victor", by="carol")
    invited("carol", OrgRole.READER, by="rita")


@pytest.mark.django_db
def test_only_so_many_invitations_are_open_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "INVITATIONS", 1)
    invited("victor")
    with pytest.raises(RuleViolation, match="invitations_full"):
        invited("rita")
    invited("victor")


@pytest.mark.django_db
def test_an_invited_address_is_forgotten_ninety_days_after_the_invitations_end() -> None:
    made, _token = invited()
    with acting(actor_of("adam")) as adam, pytest.raises(NotAllowed):
        members.forget_invited(actor=adam)
    with acting(Actor.system("orgs.forget_invited")) as process:
        assert members.forget_invited(actor=process) == 0
        Invitation.objects.filter(pk=made.pk).update(expires_at=timezone.now() - dt.timedelta(days=91))
        assert members.forget_invited(actor=process) == 1
        row = Invitation.objects.get(pk=made.pk)
    assert (bytes(row.for_index), row.for_masked) == (b"", "")
    assert not members.is_for(row, account_of("victor"))


# --- handlers ---


@pytest.mark.django_db
def test_a_handler_holds_what_was_delegated_and_until_the_day_that_was_named() -> None:
    membership = joined("victor", OrgRole.HANDLER, delegated=("orgs.invite",))
    actor = actor_of("victor")
    assert actor.permissions == {"orgs.see_desk", "orgs.invite"}
    Membership.objects.filter(pk=membership.pk).update(since=today() - SOON, until=today() - dt.timedelta(days=1))
    assert for_organization(account_of("victor"), house().pk, uuid.uuid4()) is None
    assert joined("victor").role == OrgRole.READER  # whose time is over can be invited again
    membership.refresh_from_db()
    assert membership.ending == Ending.EXPIRED


@pytest.mark.django_db
@pytest.mark.parametrize("until", [None, today() - dt.timedelta(days=1), today() + dt.timedelta(days=367)])
def test_a_delegation_has_a_last_day_within_a_year(until: dt.date | None) -> None:
    asked = {"organization": house(), "address": "victor@world.example", "role": OrgRole.HANDLER}
    with acting(actor_of("alice")) as alice:
        with pytest.raises(RuleViolation, match="delegation_ends"):
            members.invite_member(actor=alice, **asked, until=until)  # type: ignore[arg-type]
        with pytest.raises(RuleViolation, match="not_delegable"):
            members.invite_member(actor=alice, **asked, delegated=["orgs.name_owners"], until=today())  # type: ignore[arg-type]


def test_every_code_of_an_organization_has_a_sentence_and_handlers_get_none_that_cannot_be_delegated() -> None:
    held = set().union(*(ROLES[role].permissions for role in OrgRole))
    assert held == set(MEANINGS)
    assert ROLES[OrgRole.HANDLER].permissions == {"orgs.see_desk", *DELEGABLE}


# --- changing, ending, leaving ---


@pytest.mark.django_db
def test_another_role_is_another_row_and_counts_from_the_next_request_on(client: Client) -> None:
    before = membership_of("bob")
    with acting(actor_of("alice")) as alice:
        with pytest.raises(RuleViolation, match="nothing_changes"):
            members.change_membership(actor=alice, membership=before, role=OrgRole.READER)
        after = members.change_membership(actor=alice, membership=before, role=OrgRole.ADMINISTRATOR)
        with pytest.raises(RuleViolation, match="membership_ended"):
            members.change_membership(actor=alice, membership=before, role=OrgRole.READER)
    before.refresh_from_db()
    assert (before.ending, after.given_by) == (Ending.CHANGED, account_of("alice").person_id)
    signed_in(client, "bob")
    assert client.get("/desk/invitations/", secure=True).status_code == 200
    with acting(actor_of("alice")) as alice:
        members.end_membership(actor=alice, membership=after)
    assert client.get("/desk/members/", secure=True).status_code == 403


@pytest.mark.django_db
def test_nobody_changes_a_membership_without_the_right_their_own_or_another_organizations() -> None:
    bob, alice = membership_of("bob"), membership_of("alice")
    joined("victor", OrgRole.ADMINISTRATOR)
    for name, whose in (("bob", alice), ("carol", bob), ("alice", alice), ("victor", alice), ("dana", bob)):
        with acting(actor_of(name)) as actor:
            with pytest.raises(NotAllowed):
                members.end_membership(actor=actor, membership=whose)
            with pytest.raises(NotAllowed):
                members.change_membership(actor=actor, membership=whose, role=OrgRole.READER)


@pytest.mark.django_db
def test_the_last_person_in_charge_cannot_leave_without_a_successor() -> None:
    bob, carol = membership_of("bob"), membership_of("carol")
    with acting(actor_of("alice")) as alice:
        for successor, code in ((None, "last_owner"), (carol, "no_successor")):
            with pytest.raises(RuleViolation, match=code):
                members.leave_organization(actor=alice, organization=house(), successor=successor)
        members.leave_organization(actor=alice, organization=house(), successor=bob)
    assert membership_of("bob").role == OrgRole.OWNER
    assert Membership.objects.get(person_id=account_of("alice").person_id).ending == Ending.LEFT
    with acting(actor_of("bob")) as actor, pytest.raises(NotAllowed):
        members.leave_organization(actor=actor, organization=house(GUANGDONG))


@pytest.mark.django_db
def test_only_the_registry_above_admits_a_person_in_charge_and_nobody_twice() -> None:
    with acting(Actor.system("test")):
        victor = Person.objects.get(pk=account_of("victor").person_id)
    for name in ("rita", "edith", "rosa", "alice"):
        with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
            members.admit_owner(actor=actor, organization=house(), person=victor)
    with acting(actor_of("dana")) as dana:
        members.admit_owner(actor=dana, organization=house(), person=victor)
        with pytest.raises(RuleViolation, match="already_member"):
            members.admit_owner(actor=dana, organization=house(), person=victor)


# --- what the database itself refuses ---


def a_row(**more: object) -> Membership:
    values = {"role": OrgRole.READER, "since": today(), **more}
    return Membership.objects.create(org=house(), person_id=account_of("victor").person_id, **values)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "king"},
        {"until": dt.date(2000, 1, 1)},
        {"role": OrgRole.HANDLER},
        {"delegated": ["orgs.invite"]},
        {"ending": Ending.LEFT},
    ],
)
def test_a_membership_that_cannot_be_is_refused_by_the_database(wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        a_row(**wrong)
    a_row()
    with pytest.raises(IntegrityError), transaction.atomic():
        a_row()


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"role": "king"}, {"role": OrgRole.HANDLER}, {"taken_at": timezone.now()}])
def test_an_invitation_that_cannot_be_is_refused_by_the_database(wrong: dict[str, object]) -> None:
    made, _token = invited()
    with acting(Actor.system("test")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.filter(pk=made.pk).update(**wrong)
        Invitation.objects.filter(pk=made.pk).update(role=OrgRole.OWNER)


def test_the_second_wall_shows_an_invitation_to_its_organization_only(fresh_database: str) -> None:
    made, _token = invited()
    for name, seen in (("alice", True), ("carol", False), ("dana", False), ("victor", False), ("visitor", False)):
        with acting(actor_of(name)) as actor:
            assert Invitation.objects.filter(pk=made.pk).exists() is seen, name
            assert Invitation.objects.visible_to(actor).filter(pk=made.pk).exists() is seen, name
    with acting(Actor.system("test")):
        assert Invitation.objects.filter(pk=made.pk).exists()


# --- pages ---


@pytest.mark.django_db
def test_the_link_is_shown_once_and_nothing_typed_is_lost(client: Client) -> None:
    signed_in(client, "alice")
    wrong = client.post("/desk/invitations/", {"address": "not an address", "role": "org_reader"}, secure=True)
    assert wrong.status_code == 422
    assert "not an address" in wrong.content.decode()
    day = today() + SOON
    body = {
        "address": "victor@world.example", "role": "org_handler", "delegated": ["files.read"],
        "until-year": day.year, "until-month": day.month, "until-day": day.day,
    }  # fmt: skip
    page = client.post("/desk/invitations/", body, secure=True).content.decode()
    assert "/invitations/" in page
    assert "v***@world.example" in page
    assert "victor@" not in client.get("/desk/invitations/", secure=True).content.decode()


@pytest.mark.django_db
def test_a_person_who_belongs_nowhere_reads_what_to_do_first(client: Client) -> None:
    signed_in(client, "victor")
    for address in ("/my/", "/desk/"):
        assert "请先联系所在组织的负责人邀请您" in client.get(address, secure=True).content.decode()
    joined("victor")
    assert "深圳市××社工服务社" in client.get("/my/", secure=True).content.decode()
    client.post("/acting/", {"org": house().public_id}, secure=True)
    assert "只读成员" in client.get("/desk/", secure=True).content.decode()


@pytest.mark.django_db
def test_the_last_person_in_charge_leaves_by_page_only_with_a_successor(client: Client) -> None:
    signed_in(client, "alice")
    assert client.post("/desk/leave/", secure=True).status_code == 422
    answer = client.post("/desk/leave/", {"successor": membership_of("bob").pk}, secure=True)
    assert answer.status_code == 302
    assert membership_of("bob").role == OrgRole.OWNER


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/desk/members/", "/desk/invitations/"])
def test_three_rows_and_thirty_need_the_same_queries(client: Client, address: str) -> None:
    signed_in(client, "alice")

    def queries(upto: int) -> int:
        while Membership.objects.filter(org=house()).count() < upto:
            with acting(SEEDER) as seeder:
                name = f"many{uuid.uuid4().hex[:8]}"
                account: Account = accounts.create_account(
                    actor=seeder, name="甲××", password=PASSWORD, email=f"{name}@world.example"
                )
            Membership.objects.create(org=house(), person_id=account.person_id, role=OrgRole.READER, since=today())
            invited(name)
        client.get(address, secure=True)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address, secure=True).status_code == 200
        return len(seen)

    assert queries(3) == queries(12)


@pytest.mark.django_db
def test_the_registry_admits_by_page_who_proved_control(client: Client) -> None:
    signed_in(client, "dana")
    address = f"/workbench/orgs/{SHENZHEN}/owner/"
    for login in ("nobody@world.example", "alice@world.example"):
        assert client.post(address, {"login": login, "basis": "letter"}, secure=True).status_code == 422
    answer = client.post(address, {"login": "victor@world.example", "basis": "letter"}, secure=True)
    assert answer.status_code == 302
    assert membership_of("victor").role == OrgRole.OWNER
    event = Event.objects.filter(event="orgs.owner.admitted").latest("at")
    assert (event.details, event.person_id) == ({"basis": "letter"}, account_of("dana").person_id)
