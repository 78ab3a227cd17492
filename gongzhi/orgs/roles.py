"""Roles as named sets of permission codes, each with its purpose in one sentence.

The codes are stable strings, because a role may be given to apps above this floor; a test checks that every code named
here exists in an app's `enums.py` and that every code of an app is held by a role.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.orgs.enums import Role


@dataclass(frozen=True)
class RoleDefinition:
    """What a role is for, and what it may do."""

    purpose: str | Promise
    permissions: frozenset[str]


ROLES: dict[str, RoleDefinition] = {
    Role.ADMINISTRATOR: RoleDefinition(
        _("Keeps the platform running: accounts, calendar, parameters. Decides nothing about an organization."),
        frozenset(
            {
                "accounts.create",
                "accounts.disable",
                "accounts.keep_clients",
                "accounts.recover",
                "files.read",
                "notify.oversee",
                "orgs.appoint",
                "orgs.see_workbench",
                "reference.announce_year",
                "reference.enter_division",
                "rulebook.amend",
            }
        ),
    ),
    Role.REGISTRAR: RoleDefinition(
        _("Keeps the register of one division and everything below it: loads lists and corrects entries."),
        frozenset(
            {
                "files.read",
                "loudspeaker.approve",
                "loudspeaker.keep_points",
                "loudspeaker.prepare",
                "orgs.see_workbench",
                "registry.correct",
                "registry.import",
            }
        ),
    ),
    Role.READER: RoleDefinition(
        _("Sees the workbench of the agency and changes nothing."),
        frozenset({"orgs.see_workbench"}),
    ),
}


def permissions_of(role: str) -> frozenset[str]:
    """The permission codes of a role; an unknown role has none."""
    definition = ROLES.get(role)
    return definition.permissions if definition else frozenset()
