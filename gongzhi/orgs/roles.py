"""Roles as named sets of permission codes, each with its purpose in one sentence.

The codes are stable strings, because a role may be given to apps above this floor; a test checks that every code named
here exists in an app's `enums.py` and that every code of an app is held by a role.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.orgs.enums import OrgRole, Role


@dataclass(frozen=True)
class RoleDefinition:
    """What a role is for, and what it may do."""

    purpose: str | Promise
    permissions: frozenset[str]


#: What everybody who works for an agency may do, in whatever role. The three administrators share nothing besides.
EVERY_OFFICIAL = frozenset({"orgs.see_workbench", "privacy.read_out"})

ROLES: dict[str, RoleDefinition] = {
    Role.ADMINISTRATOR: RoleDefinition(
        _(
            "Keeps the platform running: calendar, divisions, parameters, settings, notices. Opens no account and appoints nobody."
        ),
        frozenset(
            {
                "accounts.keep_clients",
                "cases.publish",
                "files.read",
                "notify.oversee",
                "privacy.answer",
                "privacy.decide_requests",
                "privacy.see_retention",
                "reference.announce_year",
                "reference.enter_division",
                "rulebook.amend",
                "rulebook.keep_settings",
            }
        ),
    ),
    Role.SECURITY: RoleDefinition(
        _("Opens, closes and recovers accounts, appoints officials, judges emergency access. Changes no setting."),
        frozenset(
            {
                "accounts.create",
                "accounts.disable",
                "accounts.recover",
                "orgs.appoint",
                "privacy.review_access",
            }
        ),
    ),
    Role.AUDIT: RoleDefinition(
        _("Reads what was done on the platform, by the other administrators too. Changes nothing."),
        frozenset({"audit.read_trail"}),
    ),
    Role.REGISTRAR: RoleDefinition(
        _("Keeps the register of one division and everything below it: loads lists and corrects entries."),
        frozenset(
            {
                "accounts.review_identity",
                "accounts.serve_counter",
                "cases.decide",
                "cases.review",
                "files.read",
                "loudspeaker.approve",
                "loudspeaker.keep_points",
                "loudspeaker.prepare",
                "orgs.admit_owner",
                "orgs.open_house",
                "orgs.see_workbench",
                "privacy.answer",
                "privacy.export_people",
                "privacy.hold",
                "privacy.open_emergency",
                "privacy.read_out",
                "privacy.see_people",
                "registry.correct",
                "registry.import",
            }
        ),
    ),
    Role.READER: RoleDefinition(
        _("Sees the workbench of the agency and changes nothing."),
        frozenset({"orgs.see_workbench", "privacy.read_out"}),
    ),
    Role.HEAD: RoleDefinition(
        _(
            "Names the staff of their own agency and ends their roles; keeps the settings of the division where the agency"
            " governs it. Decides nothing about an organization."
        ),
        frozenset({"orgs.keep_staff", "orgs.see_workbench", "rulebook.keep_settings"}),
    ),
    Role.OVERSEER: RoleDefinition(
        _(
            "Works for the authority in charge of organizations' business: sees the workbench and answers for what it looked at."
        ),
        frozenset({"cases.review", "files.read", "orgs.see_workbench", "privacy.answer", "privacy.read_out"}),
    ),
    Role.INDUSTRY_OFFICER: RoleDefinition(
        _("Works for the department of a trade: sees the workbench and answers for what it looked at."),
        frozenset({"cases.review", "files.read", "orgs.see_workbench", "privacy.answer", "privacy.read_out"}),
    ),
    Role.COMMUNITY_WORKER: RoleDefinition(
        _("Serves residents of a street or community: registers people at the counter, announces by loudspeaker."),
        frozenset(
            {
                "accounts.serve_counter",
                "cases.decide",
                "cases.review",
                "loudspeaker.approve",
                "loudspeaker.keep_points",
                "loudspeaker.prepare",
                "orgs.see_workbench",
                "privacy.read_out",
            }
        ),
    ),
    Role.ASSESSOR: RoleDefinition(
        _("Assesses organizations on an authority's order: sees the workbench, and what is handed in to be assessed."),
        frozenset({"files.read", "orgs.see_workbench"}),
    ),
    Role.AUDITOR: RoleDefinition(
        _("Audits organizations' accounts on an order: sees the workbench, and what is handed in to be audited."),
        frozenset({"files.read", "orgs.see_workbench"}),
    ),
    Role.FUNDER: RoleDefinition(
        _("Funds or buys services: sees the workbench, and what organizations hand in about them."),
        frozenset({"files.read", "orgs.see_workbench"}),
    ),
    Role.HELPER: RoleDefinition(
        _("Helps people at a counter: registers those who have neither phone nor e-mail, reads out who looked."),
        frozenset({"accounts.serve_counter", "orgs.see_workbench", "privacy.read_out"}),
    ),
    OrgRole.OWNER: RoleDefinition(
        _("Answers for the organization: names and takes out its people, hands over to a successor, does everything."),
        frozenset(
            {
                "cases.apply",
                "files.read",
                "orgs.invite",
                "orgs.keep_house",
                "orgs.keep_members",
                "orgs.name_owners",
                "orgs.read_house",
                "orgs.see_desk",
                "privacy.answer",
                "rulebook.choose_settings",
            }
        ),
    ),
    OrgRole.ADMINISTRATOR: RoleDefinition(
        _("Keeps the list of the organization's people and its files; names no person in charge."),
        frozenset(
            {
                "cases.apply",
                "files.read",
                "orgs.invite",
                "orgs.keep_house",
                "orgs.keep_members",
                "orgs.read_house",
                "orgs.see_desk",
            }
        ),
    ),
    OrgRole.HANDLER: RoleDefinition(
        _("Handles for the organization what was delegated, and only until the day that was named."),
        frozenset({"cases.apply", "files.read", "orgs.invite", "orgs.keep_house", "orgs.read_house", "orgs.see_desk"}),
    ),
    OrgRole.READER: RoleDefinition(
        _("Sees the organization's desk and changes nothing."),
        frozenset({"orgs.read_house", "orgs.see_desk"}),
    ),
}


#: Every code an organization's role can hold, as a sentence for its people.
MEANINGS: dict[str, str | Promise] = {
    "orgs.see_desk": _("see the organization's desk"),
    "files.read": _("open the organization's files"),
    "cases.apply": _("apply, report and file for the organization"),
    "orgs.invite": _("invite members who read"),
    "orgs.keep_members": _("give and end roles, invite administrators and handlers"),
    "orgs.name_owners": _("name further persons in charge"),
    "orgs.read_house": _("read what the organization keeps for itself"),
    "orgs.keep_house": _("write what the organization keeps for itself, and file it to the authority"),
    "rulebook.choose_settings": _("choose the organization's settings"),
    "privacy.answer": _("answer people who ask why the organization looked at their data"),
}
#: What may be delegated to a handler, one by one. Seeing the desk always belongs to it.
DELEGABLE = ("files.read", "cases.apply", "orgs.invite", "orgs.read_house", "orgs.keep_house")


def permissions_of(role: str) -> frozenset[str]:
    """The permission codes of a role; an unknown role has none."""
    definition = ROLES.get(role)
    return definition.permissions if definition else frozenset()


def permissions_held(role: str, delegated: list[str]) -> frozenset[str]:
    """The codes of a membership: a handler has those that were delegated and may see the desk, others their role's."""
    held = permissions_of(role)
    return held & {*delegated, "orgs.see_desk"} if role == OrgRole.HANDLER else held
