"""Who may change agencies and the register's copy of organizations."""

from __future__ import annotations

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.orgs.enums import (
    ADMIT_OWNER,
    APPOINT,
    FROM_ABOVE,
    INVITE,
    KEEP_HOUSE,
    KEEP_MEMBERS,
    KEEP_STAFF,
    NAME_OWNERS,
    OPEN_HOUSE,
    READ_HOUSE,
    WRITE_REGISTER,
    OrgRole,
)
from gongzhi.orgs.models import Agency, Claim, Cover, HouseRecord, Invitation, Membership, Opening, Organization


def can_appoint(actor: Actor, agency: Agency, role: str = "") -> bool:
    """An administrator for the agencies in reach, or a named process (first administrator, seeds). An agency's own
    administrator for its staff, but for roles that appoint in turn or keep the platform."""
    if actor.may(APPOINT) and (bool(actor.process) or actor.reaches(agency.path)):
        return True
    return actor.may(KEEP_STAFF) and actor.agency_id == agency.pk and not appoints(role)


def appoints(role: str) -> bool:
    """Whether a role is given only from above: it names others, or keeps the platform."""
    return role in FROM_ABOVE


def can_found_agency(actor: Actor, path: str) -> bool:
    """An administrator within reach, or a named process."""
    return actor.may(APPOINT) and (bool(actor.process) or actor.reaches(path))


def can_write_register(actor: Actor) -> bool:
    """Only the register's own actions, which have checked the official's right before."""
    return actor.may(WRITE_REGISTER) or actor.may("registry.import") or actor.may("registry.correct")


def can_save_searches(actor: Actor) -> bool:
    """A person for themself: what one looks for is one's own affair and no agency's."""
    return actor.scope.person is not None


def can_look_again(actor: Actor) -> bool:
    """The platform's own processes."""
    return actor.kind is ActorKind.PROCESS


def can_give_role(actor: Actor, org_id: int, role: str) -> bool:
    """Offer a role in one's own organization: readers by who may invite, owners by owners, the rest by who keeps
    members."""
    if actor.kind is not ActorKind.ORGANIZATION or actor.org_id != org_id:
        return False
    needed = {OrgRole.READER: INVITE, OrgRole.OWNER: NAME_OWNERS}.get(OrgRole(role), KEEP_MEMBERS)
    return actor.may(needed)


def can_withdraw(actor: Actor, invitation: Invitation) -> bool:
    """Who made the invitation, or could have made it."""
    own = actor.org_id == invitation.org_id and actor.person_id == invitation.made_by
    return own or can_give_role(actor, invitation.org_id, invitation.role)


def can_keep_membership(actor: Actor, membership: Membership) -> bool:
    """Change or end somebody else's role: who keeps members; an owner's only another owner."""
    if actor.kind is not ActorKind.ORGANIZATION or actor.org_id != membership.org_id:
        return False
    if actor.person_id == membership.person_id or not actor.may(KEEP_MEMBERS):
        return False
    return membership.role != OrgRole.OWNER or actor.may(NAME_OWNERS)


def can_forget_invited(actor: Actor) -> bool:
    """The platform's own process, after the time the model declares."""
    return actor.kind is ActorKind.PROCESS


def can_admit_owner(actor: Actor, organization: Organization) -> bool:
    """The registry officer above the organization, or a named process (seeds)."""
    return actor.may(ADMIT_OWNER) and (bool(actor.process) or actor.reaches(organization.path))


def can_claim(actor: Actor) -> bool:
    """A person for themself: nobody claims an organization in another's name."""
    return actor.kind is ActorKind.PERSON and actor.scope.person is not None


def can_withdraw_claim(actor: Actor, claim: Claim) -> bool:
    """Who claims."""
    return can_claim(actor) and actor.scope.person == claim.person_id


def can_answer_claim(actor: Actor, claim: Claim) -> bool:
    """A person in charge of the organization, never about their own claim."""
    own = actor.kind is ActorKind.ORGANIZATION and actor.org_id == claim.org_id and actor.may(NAME_OWNERS)
    return own and actor.person_id != claim.person_id


def can_decide_claim(actor: Actor, claim: Claim) -> bool:
    """The registry officer above the organization, never about their own claim."""
    return can_admit_owner(actor, claim.org) and actor.person_id != claim.person_id


def can_pass_claims_on(actor: Actor) -> bool:
    """The platform's own process, when the time of a person in charge is over."""
    return actor.kind is ActorKind.PROCESS


def can_end_delegations(actor: Actor) -> bool:
    """The platform's own process, after the last day."""
    return actor.kind is ActorKind.PROCESS


def can_read_house(actor: Actor, record: HouseRecord) -> bool:
    """Who of the organization may read what it keeps for itself. Officials: by `visible_to` and `can_open_house`."""
    return actor.kind is ActorKind.ORGANIZATION and actor.org_id == record.org_id and actor.may(READ_HOUSE)


def can_write_house(actor: Actor, org_id: int) -> bool:
    """Who of the organization keeps its own-house records, files them and takes them away."""
    return actor.kind is ActorKind.ORGANIZATION and actor.org_id == org_id and actor.may(KEEP_HOUSE)


def can_open_house(actor: Actor, organization: Organization) -> bool:
    """An official with that task, of an agency whose reach holds the organization."""
    return actor.kind is ActorKind.AGENCY and actor.may(OPEN_HOUSE) and actor.reaches(organization.path)


def can_close_opening(actor: Actor, opening: Opening) -> bool:
    """Any official of the agency that opened it with that task: closing shows less, never more."""
    return actor.kind is ActorKind.AGENCY and actor.may(OPEN_HOUSE) and actor.agency_id == opening.agency_id


def can_give_cover(actor: Actor) -> bool:
    """An official for themself, at the agency they act for."""
    return actor.kind is ActorKind.AGENCY and actor.person_id is not None


def can_end_cover(actor: Actor, cover: Cover) -> bool:
    """Who is away and who stands in, at that agency."""
    mine = actor.person_id in (cover.absent_id, cover.deputy_id)
    return can_give_cover(actor) and mine and actor.agency_id == cover.agency_id
