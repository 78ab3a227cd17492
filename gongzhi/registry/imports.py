"""What a list would do to the register: compared set-based, decided nowhere, written by `registry.actions`.

A list speaks about the day it was made. What it states and the register does not hold is a change; what it leaves out
is not touched; what the reader could not believe waits as a doubt; who is missing from it stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gongzhi.core.actor import Actor
from gongzhi.core.times import today
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization
from gongzhi.reference import selectors as reference
from gongzhi.registry import policies
from gongzhi.registry.lists import ListedOrganization, ListReading, Problem, Severity
from gongzhi.registry.models import Version

#: Items a list can state → how an empty one looks. Empty means "the list says nothing".
STATED: Mapping[str, Any] = {
    "standing": Standing.UNKNOWN,
    "name": "",
    "domicile": "",
    "province": "",
    "purpose": "",
    "scope": "",
    "area": "",
    "fund_fen": None,
    "legal_representative": "",
    "registry_name": "",
    "business_authority": "",
    "registered_directly": False,
    "registered_on": None,
    "industry_department": "",
    "party_body": "",
    "field": "",
}
MINISTRY = "民政部"


@dataclass
class Planned:
    """One row of a list beside what the register holds."""

    listed: ListedOrganization
    path: str
    #: None for a body that is new to the register.
    organization: Organization | None
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Plan:
    """What applying a list would do."""

    reading: ListReading
    dated_on: dt.date
    created: list[Planned]
    changed: list[Planned]
    unchanged: list[Planned]
    problems: list[Problem]
    rejected: int

    @property
    def flagged(self) -> int:
        """Rows that hold at least one value waiting for a person."""
        return len(
            {problem.row for problem in self.problems if problem.severity == Severity.FLAGGED and problem.row > 1}
        )


def stated(listed: ListedOrganization) -> dict[str, Any]:
    """The register's items as one row states them; what the row does not say is left out."""
    values = {
        "standing": listed.standing,
        "name": listed.name,
        "domicile": listed.domicile,
        "province": listed.province,
        "purpose": listed.purpose,
        "scope": listed.scope,
        "area": listed.area,
        "fund_fen": listed.fund_fen,
        "legal_representative": listed.legal_representative,
        "registry_name": listed.registry_name or (MINISTRY if listed.registry_division == "100000" else ""),
        "business_authority": listed.business_authority,
        "registered_directly": listed.registered_directly,
        "registered_on": listed.established_on,
    }
    return {name: value for name, value in values.items() if value != STATED[name]}


def _paths(rows: Sequence[ListedOrganization], otherwise: str) -> tuple[dict[int, str], list[Problem]]:
    """Row → path of the registry that gave its code; few divisions occur, each is resolved once."""
    known: dict[str, str | None] = {}
    paths: dict[int, str] = {}
    problems: list[Problem] = []
    for listed in rows:
        code = listed.registry_division
        if not code:
            paths[listed.row] = otherwise
            continue
        if code not in known:
            try:
                known[code] = reference.path_of(code)
            except reference.UnknownDivision:
                known[code] = None
        path = known[code]
        if path is None:
            path = _province_path(code, otherwise)
            problems.append(
                Problem(listed.row, "", code, "import.registry_unknown", Severity.FLAGGED, {"division": code})
            )
        paths[listed.row] = path
    return paths, problems


def _province_path(code: str, otherwise: str) -> str:
    """The province of a code whose own division no edition knows."""
    try:
        return reference.path_of(f"{code[:2]}0000")
    except reference.UnknownDivision:
        return otherwise


def plan(*, actor: Actor, reading: ListReading, dated_on: dt.date | None = None) -> Plan:
    """Compare a list with the register. Three queries for the register's side, however many rows; writes nothing."""
    dated_on = dated_on or today()
    paths, problems = _paths(reading.rows, actor.path or "/")
    codes = [listed.code for listed in reading.rows if listed.code]
    numbers = [listed.number for listed in reading.rows if not listed.code]
    by_code = {one.credit_code: one for one in Organization.objects.filter(credit_code__in=codes)}
    by_number = {
        (one.number, one.path): one for one in Organization.objects.filter(number__in=numbers, credit_code__isnull=True)
    }
    held = {
        version.org_id: version
        for version in Version.objects.current()
        .filter(org__in=[one.pk for one in (*by_code.values(), *by_number.values())])
        .order_by("valid_from")
    }

    result = Plan(reading, dated_on, [], [], [], [*reading.problems, *problems], reading.rejected + len(reading.held))
    for listed in reading.rows:
        path = paths[listed.row]
        if not policies.can_import_at(actor, path):
            result.rejected += 1
            result.problems.append(
                Problem(listed.row, "", listed.code or listed.number, "import.out_of_reach", Severity.REJECTED)
            )
            continue
        organization = by_code.get(listed.code) if listed.code else by_number.get((listed.number, path))
        says = stated(listed)
        if organization is None:
            result.created.append(Planned(listed, path, None, says))
            continue
        version = held[organization.pk]
        differs = {name: value for name, value in says.items() if getattr(version, name) != value}
        if "business_authority" in differs and version.registered_directly:
            differs["registered_directly"] = False
        if differs.get("registered_directly") and version.business_authority:
            differs["business_authority"] = ""
        planned = Planned(listed, path, organization, differs)
        (result.changed if differs else result.unchanged).append(planned)
    result.problems.sort(key=lambda problem: problem.row)
    return result


def kind_of(listed: ListedOrganization) -> Kind:
    """The kind as the row proves it; never guessed from the name."""
    return listed.kind or Kind.UNCLEAR
