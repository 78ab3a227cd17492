"""The one seeded world every test shares: a small cast and four organizations.

`adam` keeps the platform (system administrator), `sena` is its security and `aude` its audit administrator,
`dana` is a registry officer in Shenzhen, `edith` one in Zhejiang, `rosa` reads at Dana's
agency, `rita` is a resident with an account, `visitor` is nobody in particular. `alice` is in charge of the body in
Shenzhen and `bob` reads there, `carol` is in charge of the one in Guangdong, `victor` belongs nowhere.
"""

from __future__ import annotations

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Account
from gongzhi.config.seeds import SEEDER, load_reference
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.times import today
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.acting import for_agency, for_organization, for_self
from gongzhi.orgs.actions import members
from gongzhi.orgs.enums import AgencyKind, OrgRole, Role
from gongzhi.orgs.models import Appointment, Membership, Organization
from gongzhi.registry.actions import import_organizations
from gongzhi.registry.lists import open_list

PASSWORD = "correct horse battery staple"

CAST = {
    "adam": ("安××", "平台运营单位", AgencyKind.OPERATOR, "/", Role.ADMINISTRATOR),
    "dana": ("达××", "深圳市民政局", AgencyKind.REGISTRY, "44/4403/", Role.REGISTRAR),
    "edith": ("叶××", "浙江省民政厅", AgencyKind.REGISTRY, "33/", Role.REGISTRAR),
    "rosa": ("罗××", "深圳市民政局", AgencyKind.REGISTRY, "44/4403/", Role.READER),
    "rita": ("李××", "", None, "", None),
    "sena": ("石××", "平台运营单位", AgencyKind.OPERATOR, "/", Role.SECURITY),
    "aude": ("欧××", "平台运营单位", AgencyKind.OPERATOR, "/", Role.AUDIT),
}

#: Login → name, credit code of the organization they belong to, role there.
HOUSES = {
    "alice": ("王××", "52440300MJ0000093M", OrgRole.OWNER),
    "bob": ("吴××", "52440300MJ0000093M", OrgRole.READER),
    "carol": ("柯××", "53440000MJ100001XH", OrgRole.OWNER),
    "victor": ("魏××", "", None),
}


#: Four bodies that do not exist, with codes that pass both checks: national, Guangdong, Shenzhen, Huangpu.
LIST = """名称\t统一社会信用代码\t成立日期\t住所\t登记管理机关\t业务主管单位\t原始基金数额\t业务范围\t状态
示例××促进会\t51100000MJ0000018U\t2012-03-19\t示例路 1 号\t民政部\t示例部\t50.00 万元\t交流\t正常
广东省××助老基金会\t53440000MJ100001XH\t2016-05-09\t示例路 2 号\t广东省民政厅\t直接登记\t200.00 （单位：元 / 万元）\t助老\t正常
深圳市××社工服务社\t52440300MJ0000093M\t2014-08-27\t示例路 4 号\t深圳市民政局\t深圳市××局\t5.00 万元\t社工\t正常
上海市黄浦区××服务中心\t52310101MJ5000017R\t2018-06-04\t示例路 3 号\t黄浦区民政局\t黄浦区教育局\t10.00 万元\t服务\t已注销
"""
NATIONAL, GUANGDONG, HUANGPU = "51100000MJ0000018U", "53440000MJ100001XH", "52310101MJ5000017R"
SHENZHEN = "52440300MJ0000093M"


def build_world() -> None:
    """Reference data, the cast and four organizations, committed into the template."""
    load_reference()
    with acting(SEEDER) as actor:
        import_organizations(actor=actor, file=open_list(LIST.encode(), filename="world.tsv"), apply=True)
    with acting(SEEDER) as actor:
        for login, (name, agency_name, kind, path, role) in CAST.items():
            account = accounts.create_account(actor=actor, name=name, password=PASSWORD, email=f"{login}@world.example")
            if kind is not None and role is not None:
                agency = orgs.found_agency(actor=actor, name=agency_name, kind=kind, path=path)
                orgs.appoint(actor=actor, person=account.person, agency=agency, role=role)
        for login, (name, code, house_role) in HOUSES.items():
            account = accounts.create_account(actor=actor, name=name, password=PASSWORD, email=f"{login}@world.example")
            if house_role is OrgRole.OWNER:
                house = Organization.objects.get(credit_code=code)
                members.admit_owner(actor=actor, organization=house, person=account.person)
    # Without an invitation, because its notice would stand in every test's outbox.
    Membership.objects.create(
        org=Organization.objects.get(credit_code=SHENZHEN),
        person_id=account_of("bob").person_id,
        role=OrgRole.READER,
        since=today(),
        given_by=account_of("alice").person_id,
    )


def account_of(name: str) -> Account:
    """The account of one of the cast."""
    return Account.objects.get(email=f"{name}@world.example")


def actor_of(name: str) -> Actor:
    """One of the cast as an actor, in the capacity they have."""
    if name == "visitor":
        return Actor.visitor()
    account = account_of(name)
    appointment = Appointment.objects.filter(person_id=account.person_id).first()
    if appointment is not None:
        actor = for_agency(account, appointment.agency_id, Actor.visitor().request_id)
        assert actor is not None
        return actor
    membership = Membership.objects.filter(person_id=account.person_id).first()
    if membership is not None:
        actor = for_organization(account, membership.org_id, Actor.visitor().request_id)
        assert actor is not None
        return actor
    return for_self(account, Actor.visitor().request_id)
