"""People of an organization: who answers for it, who is invited, who handles what until when, who leaves."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.actions import clean_phone
from gongzhi.accounts.models import Account, Person
from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.crypto import blind_index
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import unguessable
from gongzhi.core.masks import mask_email, mask_phone
from gongzhi.core.times import today
from gongzhi.notify.actions import notify
from gongzhi.orgs import policies
from gongzhi.orgs.enums import ADMIT_OWNER, INVITE, KEEP_MEMBERS, NAME_OWNERS, SEE_DESK, Basis, Ending, OrgRole
from gongzhi.orgs.models import Invitation, Membership, Organization
from gongzhi.orgs.notifications import (
    DELEGATION_OVER,
    INVITATION_ACCEPTED,
    INVITATION_REFUSED,
    MEMBERSHIP_CHANGED,
    MEMBERSHIP_ENDED,
)
from gongzhi.orgs.roles import DELEGABLE

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "admit_owner": "It is about a person.",
    "name_owner": "It is about a person.",
    "invite_member": "It is about a person.",
    "withdraw_invitation": "It is about a person.",
    "accept_invitation": "It is about a person.",
    "refuse_invitation": "It is about a person.",
    "change_membership": "It is about a person.",
    "end_membership": "It is about a person.",
    "leave_organization": "It is about a person.",
    "forget_invited": "It is about a person.",
    "end_delegations": "It is about a person.",
}

#: How long an invitation can be accepted.
INVITED_FOR = dt.timedelta(days=7)
#: Open invitations of one organization at once: enough for any office, and a limit to what one account can send.
INVITATIONS = 50
#: The longest delegation; it can be given again.
DELEGATED_FOR = dt.timedelta(days=366)
#: How long the invited address is kept after the invitation's last moment: as `Invitation.personal_fields` declares.
ADDRESS_KEPT = dt.timedelta(days=90)
#: Delegations closed in one go; the next night takes the rest.
ENDED_AT_ONCE = 5000
#: The platform looks invitations up for whoever holds a link: that person belongs to no organization yet.
OPENER = Actor.system("orgs.invitations")


def address_index(text: str) -> tuple[bytes, str]:
    """Keyed hash and mask of a phone number or an e-mail address, as typed. Raises `RuleViolation` for neither."""
    typed = unicodedata.normalize("NFKC", text).strip()
    try:
        digits = clean_phone(typed)
    except ValueError:
        try:
            validate_email(typed)
        except ValidationError as error:
            raise RuleViolation(
                "orgs.address_invalid", _("Give a mainland mobile number or an e-mail address."), field="address"
            ) from error
        return blind_index("invitation.email", typed.lower()), mask_email(typed.lower())
    return blind_index("account.phone", digits), mask_phone(digits)


def is_for(invitation: Invitation, account: Account) -> bool:
    """Whether the invited address is one the account signs in with: a link that was passed on opens nothing."""
    own = [bytes(account.phone_index)] if account.phone_index is not None else []
    if account.email:
        own.append(blind_index("invitation.email", account.email.lower()))
    return bytes(invitation.for_index) in own


def _locked(organization_id: int) -> Organization:
    """The organization, locked: two owners who leave at once wait for each other."""
    return Organization.objects.select_for_update(of=("self",)).get(pk=organization_id)


def _checked(role: str, delegated: Sequence[str], until: dt.date | None) -> tuple[list[str], dt.date | None]:
    """What a role needs: a handler says what and until when, the others neither."""
    if role != OrgRole.HANDLER:
        return [], None
    if set(delegated) - set(DELEGABLE):
        raise RuleViolation("orgs.not_delegable", _("This cannot be delegated."), field="delegated")
    if until is None or not today() <= until <= today() + DELEGATED_FOR:
        raise RuleViolation(
            "orgs.delegation_ends", _("Name the last day of the delegation, within a year from today."), field="until"
        )
    return sorted(set(delegated)), until


def _enter(
    actor: Actor,
    org_id: int,
    person_id: int,
    role: str,
    delegated: list[str],
    until: dt.date | None,
    given_by: int | None,
) -> Membership:
    """Enter a membership; a former one whose time is over is closed first. Raises if one still holds."""
    former = Membership.objects.filter(org_id=org_id, person_id=person_id, ended_at__isnull=True).first()
    if former is not None:
        if former.until is None or former.until >= today():
            raise RuleViolation("orgs.already_member", _("This person belongs to the organization already."))
        _end(former, Ending.EXPIRED)
    made = Membership.objects.create(
        org_id=org_id,
        person_id=person_id,
        role=role,
        delegated=delegated,
        since=today(),
        until=until,
        given_by=given_by,
    )
    details = {"org": org_id, "person": person_id, "role": str(role), "delegated": delegated}
    audit.record(actor=actor, event="orgs.membership.begun", subject=made, details=details)
    return made


def _end(membership: Membership, ending: Ending) -> None:
    membership.ended_at, membership.ending = timezone.now(), ending
    membership.save(update_fields=["ended_at", "ending"])


def _living(membership: Membership) -> Membership:
    """The membership as it stands, locked; `RuleViolation` if it holds no more."""
    row = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if row.ended_at is not None:
        raise RuleViolation("orgs.membership_ended", _("This membership has ended already."))
    return row


def _other_owners(membership: Membership) -> bool:
    owners = Membership.objects.living(today()).filter(org_id=membership.org_id, role=OrgRole.OWNER)
    return owners.exclude(pk=membership.pk).exists()


def _needs_an_owner() -> RuleViolation:
    return RuleViolation(
        "orgs.last_owner",
        _("You are the only person in charge. Name a successor among the members first."),
        field="successor",
    )


@transaction.atomic
def admit_owner(*, actor: Actor, organization: Organization, person: Person, basis: str = Basis.LETTER) -> Membership:
    """Make a person who has proved control of an organization its person in charge; `basis` says how it was proved: one of
    `Basis`, or `decision` where the decision on the person's own application made the organization.
    Who is a member already changes the role instead (`RuleViolation`)."""
    organization = _locked(organization.pk)
    if not policies.can_admit_owner(actor, organization) or actor.person_id == person.pk:
        raise NotAllowed(ADMIT_OWNER)
    made = _enter(actor, organization.pk, person.pk, OrgRole.OWNER, [], None, actor.person_id)
    audit.record(actor=actor, event="orgs.owner.admitted", subject=made, details={"basis": str(basis)})
    return made


@transaction.atomic
def name_owner(*, actor: Actor, organization: Organization, person: Person) -> Membership:
    """A person in charge makes somebody who asked for it a person in charge too. Who is a member already changes the role
    instead (`RuleViolation`)."""
    organization = _locked(organization.pk)
    if not policies.can_give_role(actor, organization.pk, OrgRole.OWNER) or actor.person_id == person.pk:
        raise NotAllowed(NAME_OWNERS)
    return _enter(actor, organization.pk, person.pk, OrgRole.OWNER, [], None, actor.person_id)


@transaction.atomic
def invite_member(
    *,
    actor: Actor,
    organization: Organization,
    address: str,
    role: OrgRole,
    delegated: Sequence[str] = (),
    until: dt.date | None = None,
) -> tuple[Invitation, str]:
    """Invite whoever signs in with an address into a role. Returns the invitation and the secret of its link, which is
    kept nowhere and cannot be shown again. An open invitation of the same address is withdrawn.

    Raises `NotAllowed` without the right to give this role, `RuleViolation` naming the field otherwise.
    """
    organization = _locked(organization.pk)
    if not policies.can_give_role(actor, organization.pk, role) or actor.person_id is None:
        raise NotAllowed(INVITE)
    index, masked = address_index(address)
    codes, until = _checked(role, delegated, until)
    now = timezone.now()
    waiting = Invitation.objects.visible_to(actor).open(now)
    waiting.filter(for_index=index).update(withdrawn_at=now)
    if waiting.count() >= INVITATIONS:
        raise RuleViolation("orgs.invitations_full", _("Too many invitations are open. Withdraw one first."))
    token = unguessable()
    made = Invitation.objects.create(
        org=organization,
        role=role,
        delegated=codes,
        until=until,
        token_sha256=hashlib.sha256(token.encode()).hexdigest(),
        for_index=index,
        for_masked=masked,
        made_by=actor.person_id,
        expires_at=now + INVITED_FOR,
    )
    audit.record(actor=actor, event="orgs.invitation.made", subject=made, details={"role": str(role)})
    return made, token


@transaction.atomic
def withdraw_invitation(*, actor: Actor, invitation: Invitation) -> None:
    """Close an open invitation: its link opens nothing from now on."""
    row = Invitation.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=invitation.pk)
    if not policies.can_withdraw(actor, row):
        raise NotAllowed(INVITE)
    if not Invitation.objects.visible_to(actor).open(timezone.now()).filter(pk=row.pk).exists():
        raise RuleViolation("orgs.invitation_closed", _("This invitation is not open any more."))
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    audit.record(actor=actor, event="orgs.invitation.withdrawn", subject=row)


def find_invitation(token: str) -> Invitation | None:
    """The open invitation a link's secret belongs to; None for a guessed, used, withdrawn or old one alike."""
    with acting(OPENER) as opener:
        opened = Invitation.objects.visible_to(opener).open(timezone.now()).select_related("org")
        return opened.filter(token_sha256=hashlib.sha256(token.encode()).hexdigest()).first()


@transaction.atomic
def accept_invitation(*, actor: Actor, token: str, account: Account) -> Membership:
    """Take up an invitation, once, by the person it was made for, in their own capacity.

    Raises `Invitation.DoesNotExist` for a link that opens nothing, `NotAllowed` for one that was passed on, and
    `RuleViolation` for who belongs to the organization already.
    """
    found = find_invitation(token)
    if found is None:
        raise Invitation.DoesNotExist
    _locked(found.org_id)
    with acting(OPENER):
        row = Invitation.objects.open(timezone.now()).select_for_update(of=("self",)).get(pk=found.pk)
        if actor.kind is not ActorKind.PERSON or actor.person_id != account.person_id or not is_for(row, account):
            raise NotAllowed("orgs.accept")
        row.taken_at, row.taken_by = timezone.now(), account.person_id
        row.save(update_fields=["taken_at", "taken_by"])
    made = _enter(actor, row.org_id, account.person_id, row.role, row.delegated, row.until, row.made_by)
    audit.record(actor=actor, event="orgs.invitation.accepted", subject=row, details={"membership": made.pk})
    _tell_inviter(actor, row, INVITATION_ACCEPTED.code)
    return made


def _tell_inviter(actor: Actor, invitation: Invitation, kind: str) -> None:
    """Tell who made an invitation what became of it, while they belong to the organization."""
    living = Membership.objects.living(today()).filter(org_id=invitation.org_id, person_id=invitation.made_by)
    if living.exists():
        notify(
            actor=actor,
            person_id=invitation.made_by,
            kind=kind,
            params={"number": invitation.public_id},
            key=f"{kind}.{invitation.pk}",
            url_name="portal:desk",
            org_id=invitation.org_id,
        )


@transaction.atomic
def refuse_invitation(*, actor: Actor, token: str, account: Account) -> None:
    """Say no to an invitation: its link opens nothing from now on, and who made it is told.

    Raises `Invitation.DoesNotExist` for a link that opens nothing and `NotAllowed` for one that was passed on.
    """
    found = find_invitation(token)
    if found is None:
        raise Invitation.DoesNotExist
    with acting(OPENER):
        row = Invitation.objects.open(timezone.now()).select_for_update(of=("self",)).get(pk=found.pk)
        if actor.kind is not ActorKind.PERSON or actor.person_id != account.person_id or not is_for(row, account):
            raise NotAllowed("orgs.accept")
        row.refused_at = timezone.now()
        row.save(update_fields=["refused_at"])
    audit.record(actor=actor, event="orgs.invitation.refused", subject=row)
    _tell_inviter(actor, row, INVITATION_REFUSED.code)


def _tell_member(actor: Actor, membership: Membership, kind: str, reference: str) -> None:
    """Tell a member what became of their place. The organization is named by its public id: a notice holds codes only."""
    notify(
        actor=actor,
        person_id=membership.person_id,
        kind=kind,
        params={"org": reference},
        key=f"{kind}.{membership.pk}",
        org_id=membership.org_id,
        url_name="portal:organization_detail",
        url_args=(reference,),
    )


@transaction.atomic
def change_membership(
    *, actor: Actor, membership: Membership, role: OrgRole, delegated: Sequence[str] = (), until: dt.date | None = None
) -> Membership:
    """Give a member another role, or a handler another scope or last day. The former row ends and stays readable."""
    organization = _locked(membership.org_id)
    row = _living(membership)
    if not policies.can_keep_membership(actor, row) or not policies.can_give_role(actor, row.org_id, role):
        raise NotAllowed(KEEP_MEMBERS)
    codes, until = _checked(role, delegated, until)
    if (row.role, row.delegated, row.until) == (role, codes, until):
        raise RuleViolation("orgs.nothing_changes", _("The role is already this one."), field="role")
    _end(row, Ending.CHANGED)
    audit.record(actor=actor, event="orgs.membership.changed", subject=row, details={"role": str(role)})
    _tell_member(actor, row, MEMBERSHIP_CHANGED.code, organization.public_id)
    return _enter(actor, row.org_id, row.person_id, role, codes, until, actor.person_id)


@transaction.atomic
def end_membership(*, actor: Actor, membership: Membership) -> None:
    """Take a member out; their next request acts for the organization no more. Not oneself: that is leaving."""
    organization = _locked(membership.org_id)
    row = _living(membership)
    if not policies.can_keep_membership(actor, row):
        raise NotAllowed(KEEP_MEMBERS)
    _end(row, Ending.REMOVED)
    audit.record(actor=actor, event="orgs.membership.ended", subject=row, details={"ending": str(Ending.REMOVED)})
    _tell_member(actor, row, MEMBERSHIP_ENDED.code, organization.public_id)


@transaction.atomic
def leave_organization(*, actor: Actor, organization: Organization, successor: Membership | None = None) -> None:
    """Leave the organization one acts for. Its last person in charge names a successor among the members, who becomes
    one in the same moment; without one nothing happens (`RuleViolation`)."""
    _locked(organization.pk)
    if actor.org_id != organization.pk or actor.person_id is None:
        raise NotAllowed(SEE_DESK)
    living = Membership.objects.living(today()).filter(org_id=organization.pk)
    row = living.filter(person_id=actor.person_id).select_for_update(of=("self",)).first()
    if row is None:
        raise NotAllowed(SEE_DESK)
    if row.role == OrgRole.OWNER and successor is not None:
        chosen = living.filter(pk=successor.pk).exclude(pk=row.pk).select_for_update(of=("self",)).first()
        if chosen is None:
            raise RuleViolation("orgs.no_successor", _("Choose a member of the organization."), field="successor")
        if chosen.role != OrgRole.OWNER:
            _end(chosen, Ending.CHANGED)
            _enter(actor, organization.pk, chosen.person_id, OrgRole.OWNER, [], None, actor.person_id)
    if row.role == OrgRole.OWNER and not _other_owners(row):
        raise _needs_an_owner()
    _end(row, Ending.LEFT)
    audit.record(actor=actor, event="orgs.membership.ended", subject=row, details={"ending": str(Ending.LEFT)})


@transaction.atomic
def forget_invited(*, actor: Actor) -> int:
    """Remove mask and keyed hash of the address from invitations that ended 90 days ago. Returns how many."""
    if not policies.can_forget_invited(actor):
        raise NotAllowed("orgs.forget_invited")
    old = Invitation.objects.visible_to(actor).filter(expires_at__lt=timezone.now() - ADDRESS_KEPT)
    forgotten = old.exclude(for_masked="").update(for_index=b"", for_masked="")
    if forgotten:
        audit.record(actor=actor, event="orgs.invitation.address_forgotten", details={"invitations": forgotten})
    return forgotten


@transaction.atomic
def end_delegations(*, actor: Actor, day: dt.date | None = None) -> int:
    """Close the memberships whose last day is over, and tell each of them. They opened nothing any more since that day.
    Returns how many."""
    if not policies.can_end_delegations(actor):
        raise NotAllowed("orgs.end_delegations")
    over = Membership.objects.filter(ended_at__isnull=True, until__lt=day or today()).select_related("org")
    rows = list(over.select_for_update(of=("self",)).order_by("pk")[:ENDED_AT_ONCE])
    for row in rows:
        _end(row, Ending.EXPIRED)
        audit.record(actor=actor, event="orgs.membership.ended", subject=row, details={"ending": str(Ending.EXPIRED)})
        _tell_member(actor, row, DELEGATION_OVER.code, row.org.public_id)
    return len(rows)
