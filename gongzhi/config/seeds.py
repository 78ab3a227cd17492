"""Reference data for every installation, and demonstration data for one that is only shown.

Demonstration bodies use division 999900, which does not exist, and a name with ××, so that nobody takes them for real.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account
from gongzhi.cases import actions as cases
from gongzhi.cases import seeds as case_types
from gongzhi.cases.models import Case, CaseType
from gongzhi.config import demo
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.times import today
from gongzhi.loudspeaker import actions as loudspeaker
from gongzhi.loudspeaker.models import Broadcast
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.acting import for_agency, for_self
from gongzhi.orgs.actions import members
from gongzhi.orgs.enums import AgencyKind, Kind, Role, Standing
from gongzhi.orgs.models import Agency, Appointment, Organization
from gongzhi.reference import seeds as reference
from gongzhi.reference.actions import enter_division
from gongzhi.registry import actions as registry
from gongzhi.registry.actions import import_organizations
from gongzhi.registry.actions.codes import add_code_block
from gongzhi.registry.enums import BranchKind, LineageKind
from gongzhi.registry.lists import open_list
from gongzhi.registry.models import Objection, Officer
from gongzhi.rulebook import seeds as rulebook
from gongzhi.rulebook.actions import layers
from gongzhi.rulebook.models import Setting

REFERENCE_LOADERS: list[Callable[..., object]] = [reference.load, rulebook.load, case_types.load]

SEEDER = Actor.system(
    "seed",
    permissions=frozenset(
        {
            "accounts.create",
            "cases.publish",
            "orgs.admit_owner",
            "orgs.appoint",
            "registry.import",
            "reference.load",
            "reference.enter_division",
            "rulebook.keep_settings",
            "rulebook.load",
        }
    ),
)

#: Login → name, agency, kind of agency, path, role: one account a role there is so far.
DEMO_PEOPLE = [
    ("admin@demo.example", "安××", "示例平台运营中心", AgencyKind.OPERATOR, "/", Role.ADMINISTRATOR),
    ("security@demo.example", "石××", "示例平台运营中心", AgencyKind.OPERATOR, "/", Role.SECURITY),
    ("audit@demo.example", "欧××", "示例平台运营中心", AgencyKind.OPERATOR, "/", Role.AUDIT),
    ("registrar@demo.example", "李××", "示例市民政局", AgencyKind.REGISTRY, "99/9999/", Role.REGISTRAR),
    ("deputy@demo.example", "王××", "示例市民政局", AgencyKind.REGISTRY, "99/9999/", Role.REGISTRAR),
    ("reader@demo.example", "周××", "示例市民政局", AgencyKind.REGISTRY, "99/9999/", Role.READER),
]
#: The person in charge of a demonstration organization, and somebody who belongs nowhere yet.
DEMO_HOUSE = [
    ("owner@demo.example", "王××", "owner"),
    ("resident@demo.example", "陈××", "resident"),
    ("head@demo.example", "周××", "head"),
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
    authority = replace(SEEDER, path="99/9999/")
    for dated_on, data in demo.lists(DEMO_SIZES[size]):
        file = open_list(data, filename=f"示例市名录-{dated_on.year}.tsv")
        with acting(authority) as actor:
            import_organizations(actor=actor, file=file, apply=True, dated_on=dated_on)
    made = [person for person in DEMO_PEOPLE if not Account.objects.filter(email=person[0]).exists()]
    passwords = [_make_person(*person) for person in made]
    passwords += [_make_neighbour(*one) for one in DEMO_HOUSE if not Account.objects.filter(email=one[0]).exists()]
    if passwords:
        target = var / "demo-accounts.json"
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
            json.dump(passwords, handle)
    _record_around(size)
    _announce()
    _set()
    _file_groups()


def _registrar(email: str = "registrar@demo.example") -> Actor:
    """One of the demonstration's registry officers, as after signing in."""
    account = Account.objects.get(email=email)
    appointment = Appointment.objects.get(person_id=account.person_id, role=Role.REGISTRAR)
    actor = for_agency(account, appointment.agency_id, uuid.uuid4())
    if actor is None:
        raise LookupError("the demonstration's registry officer has no appointment today")
    return actor


def _bodies(kind: Kind, count: int) -> list[Organization]:
    """The first bodies of a kind that stand and are old enough to have a history."""
    old = Organization.objects.filter(
        kind=kind, standing=Standing.NORMAL, path__startswith="99/", registered_on__lt=demo.OLD_ENOUGH
    )
    return list(old.order_by("pk")[:count])


def _record_around(size: str) -> None:
    """Officers, a branch, hosts, a merger, objections, amounts that lack a unit: once, by the registry officer."""
    if Officer.objects.exists():
        return
    officer, day = _registrar(), demo.DECIDED
    group, absorbed, host = _bodies(Kind.SOCIAL_GROUP, 3)
    with acting(officer) as actor:
        for body in (group, *_bodies(Kind.FOUNDATION, 1)):
            for name, post, since in demo.OFFICERS:
                registry.record_officer(
                    actor=actor, organization=body, name=name, post=post, since=since, reason="换届备案"
                )
        registry.record_branch(
            actor=actor,
            organization=group,
            kind=BranchKind.BRANCH,
            name=f"{group.name}青年工作委员会",
            since=day,
            reason="理事会决议",
        )
        for filed in _bodies(Kind.COMMUNITY_GROUP, 4):
            registry.record_host(
                actor=actor, organization=filed, name=host.name, host=host, since=day, reason="挂靠协议"
            )
        registry.record_host(
            actor=actor, organization=group, name="示例市××街道党群服务中心", since=day, reason="挂靠协议"
        )
        registry.record_lineage(
            actor=actor,
            origin=absorbed,
            successor=group,
            kind=LineageKind.MERGER,
            on=day,
            reason="示例民〔2023〕8号：吸收合并",
            ends_origin=True,
        )
    for item, says, evidence, answer in demo.OBJECTIONS:
        with acting(Actor.visitor()) as actor:
            handed = registry.raise_objection(
                actor=actor, organization=group, item=item, says=says, evidence=evidence, contact="13800000000"
            )
        if answer:
            with acting(officer) as actor:
                objection = Objection.objects.visible_to(actor).get(public_id=handed.public_id)
                registry.answer_objection(actor=actor, objection=objection, uphold=False, answer=answer)
    file = open_list(demo.funds_without_unit(DEMO_SIZES[size]), filename="示例市开办资金.tsv")
    with acting(officer) as actor:
        registry.import_organizations(actor=actor, file=file, apply=True, dated_on=dt.date(2026, 5, 13))


def _file_groups() -> None:
    """Credit codes to give, and filings of community groups: two wait at the office, one of them sent back, one is being filled in. Once."""
    with acting(SEEDER):
        if Case.objects.exists():
            return
    with acting(_registrar()) as officer:
        add_code_block(actor=officer, stem="MJ", first=900_000, last=900_999)
    account = Account.objects.get(email="resident@demo.example")
    made = []
    for at, (name, scope) in enumerate(demo.GROUPS):
        with acting(for_self(account, uuid.uuid4())) as resident:
            case = cases.start_case(
                actor=resident,
                case_type=CaseType.objects.published().get(code="community-group-filing"),
                agency=Agency.objects.get(name="示例市民政局"),
            )
            for section, answers in demo.filing(name, scope).items():
                page = case.type.definition.section(section)
                if page is None:
                    raise LookupError(section)
                cases.save_page(actor=resident, case=case, section=page, changes=answers, base=0, nonce=uuid.uuid4())
            if at < 2:
                papers = case.type.definition.sections[-1]
                handed = SimpleUploadedFile("活动规则.png", demo.rules_picture())
                cases.add_file(actor=resident, case=case, section=papers, key="rules", handed=handed)
                made.append(cases.submit_case(actor=resident, case=case, nonce=uuid.uuid4())[0])
    with acting(_registrar()) as officer:
        cases.return_case(
            actor=officer,
            case=made[0],
            faults={"group.scope": "请写明排练的时间和地点", "people.members": "与发起人名册不一致"},
            reason="请一次补齐后重新提交。",
        )


def _announce() -> None:
    """Playing points, a broadcast that is on the air, one that waits for approval and a draft: once."""
    if Broadcast.objects.exists():
        return
    day = today()
    with acting(_registrar()) as officer:
        for name in demo.PLAYING_POINTS:
            loudspeaker.add_point(actor=officer, path="99/9999/", name=name)
        made = [
            loudspeaker.draft_broadcast(
                actor=officer,
                path="99/9999/",
                title=title,
                text=text,
                first_on=day,
                last_on=day + dt.timedelta(days=days),
                times=times,
            )
            for title, text, days, times in demo.BROADCASTS
        ]
        for broadcast in made[:2]:
            loudspeaker.ask_approval(actor=officer, broadcast=broadcast)
    with acting(_registrar("deputy@demo.example")) as deputy:
        loudspeaker.approve_broadcast(actor=deputy, broadcast=made[0])


def _set() -> None:
    """The words of the demonstration's division, a shorter promise there, and what the country has locked: once."""
    if Setting.objects.exists():
        return
    account = Account.objects.get(email="admin@demo.example")
    appointment = Appointment.objects.get(person_id=account.person_id, role=Role.ADMINISTRATOR)
    actor = for_agency(account, appointment.agency_id, uuid.uuid4())
    if actor is None:
        raise LookupError("the demonstration's system administrator has no appointment today")
    with acting(actor):
        for scope, code, value, locked, reason in demo.SETTINGS:
            layers.choose_setting(actor=actor, scope=scope, code=code, value=value, locked=locked, reason=reason)


def _make_person(email: str, name: str, agency_name: str, kind: AgencyKind, path: str, role: Role) -> dict[str, str]:
    """One account with a password of its own, in its role."""
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    with acting(SEEDER) as actor:
        account = accounts.create_account(actor=actor, name=name, password=password, email=email)
        agency = orgs.found_agency(actor=actor, name=agency_name, kind=kind, path=path)
        orgs.appoint(actor=actor, person=account.person, agency=agency, role=role)
    return {"role": str(role.value), "email": email, "password": password}


def _make_neighbour(email: str, name: str, role: str) -> dict[str, str]:
    """One account without an agency; the owner is in charge of the first social group."""
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    with acting(SEEDER) as actor:
        account = accounts.create_account(actor=actor, name=name, password=password, email=email)
        if role == "owner":
            members.admit_owner(actor=actor, organization=_bodies(Kind.SOCIAL_GROUP, 1)[0], person=account.person)
    return {"role": role, "email": email, "password": password}
