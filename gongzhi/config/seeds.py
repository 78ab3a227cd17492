"""Reference data for every installation, and demonstration data for one that is only shown.

Demonstration bodies use division 999900, which does not exist, and a name with ××, so that nobody takes them for real.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account
from gongzhi.config import demo
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.enums import AgencyKind, Role
from gongzhi.reference import seeds as reference
from gongzhi.reference.actions import enter_division
from gongzhi.registry.actions import import_organizations
from gongzhi.registry.lists import read_list
from gongzhi.rulebook import seeds as rulebook

REFERENCE_LOADERS: list[Callable[..., object]] = [reference.load, rulebook.load]

SEEDER = Actor.system(
    "seed",
    permissions=frozenset(
        {
            "accounts.create",
            "orgs.appoint",
            "registry.import",
            "reference.load",
            "reference.enter_division",
            "rulebook.load",
        }
    ),
)

#: Login → name, agency, kind of agency, path, role: one account a role there is so far.
DEMO_PEOPLE = [
    ("admin@demo.example", "安××", "示例平台运营中心", AgencyKind.OPERATOR, "/", Role.ADMINISTRATOR),
    ("registrar@demo.example", "李××", "示例市民政局", AgencyKind.REGISTRY, "99/9999/", Role.REGISTRAR),
    ("reader@demo.example", "周××", "示例市民政局", AgencyKind.REGISTRY, "99/9999/", Role.READER),
]
#: How many bodies a demonstration shows.
DEMO_SIZES = {"small": 120, "large": 20_000}


def load_reference() -> None:
    """Divisions, calendar, parameters: whatever the apps below bring. Changes nothing the second time."""
    for load in REFERENCE_LOADERS:
        with acting(SEEDER) as actor:
            load(actor=actor)


def load_demo(var: Path, *, size: str, if_empty: bool) -> None:
    """Demonstration divisions, organizations and accounts. With `if_empty`, nothing where there is an account already."""
    if if_empty and Account.objects.exists():
        return
    for code, name, above in demo.DIVISIONS:
        with acting(SEEDER) as actor:
            enter_division(actor=actor, code=code, name=name, parent=above)
    registry = replace(SEEDER, path="99/9999/")
    for dated_on, data in demo.lists(DEMO_SIZES[size]):
        reading = read_list(data, filename=f"示例市名录-{dated_on.year}.tsv")
        with acting(registry) as actor:
            import_organizations(actor=actor, reading=reading, apply=True, dated_on=dated_on)
    made = [person for person in DEMO_PEOPLE if not Account.objects.filter(email=person[0]).exists()]
    passwords = [_make_person(*person) for person in made]
    if passwords:
        file = var / "demo-accounts.json"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
            json.dump(passwords, handle)


def _make_person(email: str, name: str, agency_name: str, kind: AgencyKind, path: str, role: Role) -> dict[str, str]:
    """One account with a password of its own, in its role."""
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    with acting(SEEDER) as actor:
        account = accounts.create_account(actor=actor, name=name, password=password, email=email)
        agency = orgs.found_agency(actor=actor, name=agency_name, kind=kind, path=path)
        orgs.appoint(actor=actor, person=account.person, agency=agency, role=role)
    return {"role": str(role.value), "email": email, "password": password}
