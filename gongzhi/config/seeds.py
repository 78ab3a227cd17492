"""Reference data for every installation, and demonstration data for one that is only shown.

Demonstration bodies use division 999900, which does not exist, and a name with ××, so that nobody takes them for real.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.enums import AgencyKind, Role
from gongzhi.reference import seeds as reference

REFERENCE_LOADERS: list[Callable[..., object]] = [reference.load]

SEEDER = Actor.system(
    "seed",
    permissions=frozenset({"accounts.create", "orgs.appoint", "registry.import", "reference.load", "rulebook.load"}),
)

#: Login → name, agency, kind of agency, path, role: one account a role there is so far.
DEMO_PEOPLE = [
    ("admin@demo.example", "安××", "示例平台运营中心", AgencyKind.OPERATOR, "/", Role.ADMINISTRATOR),
    ("registrar@demo.example", "李××", "民政部社会组织管理局（演示）", AgencyKind.REGISTRY, "/", Role.REGISTRAR),
    ("reader@demo.example", "周××", "民政部社会组织管理局（演示）", AgencyKind.REGISTRY, "/", Role.READER),
]


def load_reference() -> None:
    """Divisions, calendar, parameters: whatever the apps below bring. Changes nothing the second time."""
    for load in REFERENCE_LOADERS:
        with acting(SEEDER) as actor:
            load(actor=actor)


def load_demo(var: Path, *, large: bool, if_empty: bool) -> None:
    """Demonstration accounts and organizations. Passwords are made for this data folder and printed at start."""
    from gongzhi.config.supervisor import demo_password

    if not (if_empty and Account.objects.exists()):
        made = []
        for email, name, agency_name, kind, path, role in DEMO_PEOPLE:
            if Account.objects.filter(email=email).exists():
                continue
            password = demo_password()
            with acting(SEEDER) as actor:
                account = accounts.create_account(actor=actor, name=name, password=password, email=email)
                agency = orgs.found_agency(actor=actor, name=agency_name, kind=kind, path=path)
                orgs.appoint(actor=actor, person=account.person, agency=agency, role=role)
            made.append({"role": str(role.value), "email": email, "password": password})
        if made:
            file = var / "demo-accounts.json"
            with os.fdopen(
                os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
            ) as handle:
                json.dump(made, handle)
