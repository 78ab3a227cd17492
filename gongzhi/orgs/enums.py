"""Kinds, standings and roles."""

from __future__ import annotations

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What an organization is in law (domain.md §1.1)."""

    SOCIAL_GROUP = "social_group", _("Social group")
    SERVICE = "service", _("Social service institution")
    FOUNDATION = "foundation", _("Foundation")
    OVERSEAS_OFFICE = "overseas_office", _("Representative office of an overseas foundation")
    COMMUNITY_GROUP = "community_group", _("Filed community group")
    #: Neither its code nor its list says what it is: for a person to decide, never guessed from the name.
    UNCLEAR = "unclear", _("Kind not determined")


class Standing(models.TextChoices):
    """Where an organization stands in its life."""

    NORMAL = "normal", _("Registered")
    LIMITED = "limited", _("Activity suspended")
    LIQUIDATION = "liquidation", _("In liquidation")
    CANCELLED = "cancelled", _("Cancelled")
    REVOKED = "revoked", _("Certificate revoked")
    WITHDRAWN = "withdrawn", _("Registration withdrawn")
    #: A list was undone: the body was entered in error. Its history stays readable.
    VOID = "void", _("Entered in error")
    UNKNOWN = "unknown", _("Not stated")


#: Standings after which the organization exists no more; it stays findable for ever.
ENDED = frozenset({Standing.CANCELLED, Standing.REVOKED, Standing.WITHDRAWN, Standing.VOID})


#: Mark of an organization → the one app that may set it.
MARK_KEEPERS: dict[str, str] = {
    "charity": "registry",
    "public_fundraising": "registry",
    "grade": "assessment",
    "abnormal_list": "supervision",
}
#: What a mark says that holds and says no more.
HELD = "yes"


class AgencyKind(models.TextChoices):
    """What an agency does on the platform."""

    REGISTRY = "registry", _("Registration authority")
    OPERATOR = "operator", _("Platform operator")
    AUTHORITY = "authority", _("Business authority")
    INDUSTRY = "industry", _("Industry department")
    COMMUNITY = "community", _("Street or community")
    ASSESSOR = "assessor", _("Assessment body")
    AUDITOR = "auditor", _("Auditor")
    FUNDER = "funder", _("Funder or buyer of services")
    HELP_DESK = "help_desk", _("Help desk")


class Role(models.TextChoices):
    """Roles an agency gives its staff; each is a named set of permission codes (`orgs.roles`)."""

    ADMINISTRATOR = "administrator", _("System administrator")
    REGISTRAR = "registrar", _("Registry officer")
    READER = "reader", _("Reader")
    SECURITY = "security_administrator", _("Security administrator")
    AUDIT = "audit_administrator", _("Audit administrator")
    HEAD = "head", _("Agency's administrator")
    OVERSEER = "overseer", _("Officer of the business authority")
    INDUSTRY_OFFICER = "industry_officer", _("Officer of the industry department")
    COMMUNITY_WORKER = "community_worker", _("Street or community worker")
    ASSESSOR = "assessor", _("Assessor")
    AUDITOR = "auditor", _("Auditor")
    FUNDER = "funder", _("Funder's officer")
    HELPER = "helper", _("Help desk worker")


#: Which roles an agency of a kind gives. A reader and an administrator of its own every agency may have.
ROLES_OF_KIND: dict[str, tuple[Role, ...]] = {
    AgencyKind.REGISTRY: (Role.REGISTRAR, Role.READER, Role.HEAD),
    AgencyKind.OPERATOR: (Role.ADMINISTRATOR, Role.SECURITY, Role.AUDIT, Role.READER, Role.HEAD),
    AgencyKind.AUTHORITY: (Role.OVERSEER, Role.READER, Role.HEAD),
    AgencyKind.INDUSTRY: (Role.INDUSTRY_OFFICER, Role.READER, Role.HEAD),
    AgencyKind.COMMUNITY: (Role.COMMUNITY_WORKER, Role.READER, Role.HEAD),
    AgencyKind.ASSESSOR: (Role.ASSESSOR, Role.READER, Role.HEAD),
    AgencyKind.AUDITOR: (Role.AUDITOR, Role.READER, Role.HEAD),
    AgencyKind.FUNDER: (Role.FUNDER, Role.READER, Role.HEAD),
    AgencyKind.HELP_DESK: (Role.HELPER, Role.READER, Role.HEAD),
}


#: Kinds of agencies whose administrator keeps the settings of their division: one voice a division. A business authority, an
#: auditor or a funder of the same place has none.
GOVERNING = (AgencyKind.REGISTRY, AgencyKind.OPERATOR, AgencyKind.COMMUNITY)

#: The three administrators (三员分立). Nobody holds two of them, wherever they are appointed.
THREE_DUTIES = (Role.ADMINISTRATOR, Role.SECURITY, Role.AUDIT)
#: Roles that name others or keep the platform: given from above only, and lent to nobody during leave.
FROM_ABOVE = (*THREE_DUTIES, Role.HEAD)

APPOINT = "orgs.appoint"
#: Name and end the staff of one's own agency.
KEEP_STAFF = "orgs.keep_staff"
INDEX = "orgs.index"
WRITE_REGISTER = "orgs.write_register"
SEE_WORKBENCH = "orgs.see_workbench"


class OrgRole(models.TextChoices):
    """Roles an organization gives its people; each is a named set of permission codes (`orgs.roles`)."""

    OWNER = "org_owner", _("Person in charge")
    ADMINISTRATOR = "org_administrator", _("Organization's administrator")
    HANDLER = "org_handler", _("Handler")
    READER = "org_reader", _("Member who reads")


class Ending(models.TextChoices):
    """Why a membership ended."""

    LEFT = "left", _("left")
    REMOVED = "removed", _("taken out")
    CHANGED = "changed", _("given another role")
    EXPIRED = "expired", _("time was over")


class Basis(models.TextChoices):
    """How control of an organization was proved to the registration authority."""

    LETTER = "letter", _("A letter of the organization with its seal")
    REPRESENTATIVE = "representative", _("The legal representative came in person")
    VERIFIED = "verified", _("The verified identity of the legal representative")


class ClaimState(models.TextChoices):
    """Where the claim of a person to be in charge of an organization stands."""

    WITH_OWNER = "with_owner", _("Waits for the person in charge")
    WAITING = "waiting", _("Waits for the registration authority")
    ADMITTED = "admitted", _("Admitted")
    REFUSED = "refused", _("Refused with reason")
    WITHDRAWN = "withdrawn", _("Taken back")


#: Which state may follow which. A person in charge who confirms admits; who disputes or is silent leaves it to the registry.
CLAIM_STEPS: dict[str, frozenset[str]] = {
    ClaimState.WITH_OWNER: frozenset({ClaimState.WAITING, ClaimState.ADMITTED, ClaimState.WITHDRAWN}),
    ClaimState.WAITING: frozenset({ClaimState.ADMITTED, ClaimState.REFUSED, ClaimState.WITHDRAWN}),
}
#: States in which a claim waits for somebody.
CLAIM_OPEN = (ClaimState.WITH_OWNER, ClaimState.WAITING)


class OwnerSays(models.TextChoices):
    """What a person in charge said about somebody's claim to be in charge too."""

    NOT_ASKED = "", _("not asked")
    CONFIRMED = "confirmed", _("confirmed")
    DISPUTED = "disputed", _("disputed")
    SILENT = "silent", _("no answer in time")


SEE_DESK = "orgs.see_desk"
INVITE = "orgs.invite"
KEEP_MEMBERS = "orgs.keep_members"
NAME_OWNERS = "orgs.name_owners"
ADMIT_OWNER = "orgs.admit_owner"


class HouseKind(models.TextChoices):
    """What an organization keeps for itself on its desk."""

    CONTACTS = "contacts", _("Contacts")
    MINUTES = "minutes", _("Minutes")
    DRAFT = "draft", _("Draft")
    ACCOUNTS = "accounts", _("Accounts book")


class OpeningGround(models.TextChoices):
    """By what law an official opens what an organization keeps for itself."""

    SUPERVISION = "supervision", _("Supervision and inspection by the registration authority")
    CHARITY = "charity", _("Inquiry into a charity suspected of breaking the law")
    PENALTY = "penalty", _("Investigation for an administrative penalty")


#: The article of each ground, as the organization reads it. None has been compared with the text in force yet.
GROUND_ARTICLES: dict[str, str | Promise] = {
    OpeningGround.SUPERVISION: _(
        "Regulation on social groups, article 24; on social service institutions, article 19; on foundations, article 34"
        " (articles to be verified)"
    ),
    OpeningGround.CHARITY: _("Charity law, article 104 (article to be verified)"),
    OpeningGround.PENALTY: _("Administrative penalty law, articles 54 and 55 (articles to be verified)"),
}

READ_HOUSE = "orgs.read_house"
KEEP_HOUSE = "orgs.keep_house"
OPEN_HOUSE = "orgs.open_house"
