"""What tests of the settings share: somebody who keeps a division's, and a short way to set one."""

from __future__ import annotations

import datetime as dt
import uuid

from gongzhi.accounts.models import Person
from gongzhi.config.seeds import SEEDER
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.acting import for_agency
from gongzhi.orgs.enums import AgencyKind, Role
from gongzhi.rulebook.actions import layers
from gongzhi.rulebook.models import Setting
from tests.world import account_of, actor_of

NATION, GUANGDONG, SHENZHEN, NANSHAN, ZHEJIANG = "", "44/", "44/4403/", "44/4403/440305/", "33/"


def head(path: str = SHENZHEN, *, name: str = "victor", kind: AgencyKind = AgencyKind.REGISTRY) -> Actor:
    """One of the cast as the administrator of an agency of a division."""
    account = account_of(name)
    with acting(SEEDER) as seeder:
        agency = orgs.found_agency(actor=seeder, name=f"示例机构 {path}", kind=kind, path=path)
        orgs.appoint(actor=seeder, person=Person(pk=account.person_id), agency=agency, role=Role.HEAD)
    actor = for_agency(account, agency.pk, uuid.uuid4())
    assert actor is not None
    return actor


def house() -> str:
    """The scope of the organization Alice is in charge of, in Shenzhen."""
    return f"org:{actor_of('alice').org_id}"


def choose(
    code: str,
    value: str,
    scope: str = NATION,
    *,
    by: Actor | str = "adam",
    locked: bool = False,
    on: dt.date | None = None,
    reason: str = "示例",
) -> Setting:
    """A level says something, by default the nation by its system administrator."""
    with acting(actor_of(by) if isinstance(by, str) else by) as actor:
        return layers.choose_setting(
            actor=actor, code=code, scope=scope, value=value, locked=locked, valid_from=on, reason=reason
        )


def take_back(code: str, scope: str = NATION, *, by: Actor | str = "adam", on: dt.date | None = None) -> Setting:
    """A level says nothing any more."""
    with acting(actor_of(by) if isinstance(by, str) else by) as actor:
        return layers.take_back_setting(actor=actor, code=code, scope=scope, valid_from=on, reason="示例")
