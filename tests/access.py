"""Who may do what: one row for every address, one column for every character.

`build` gives the address from the seeded world. The statuses stand in the order of `CHARACTERS`. Pages in English are
the same views; the test asks for the Chinese address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gongzhi.core.door import Kind
from tests.world import GUANGDONG, SHENZHEN

CHARACTERS = ("visitor", "rita", "rosa", "dana", "edith", "adam")
#: Further characters, and whose status holds for them unless a row says otherwise in `also`. Alice, Bob and Carol act for
#: their organization.
LIKE = {"alice": "rita", "bob": "rita", "carol": "rita", "victor": "rita"}
#: Rows of what belongs to a person: who acts for an organization has the organization's scope and no other.
NOT_AS_HOUSE = {"alice": 403, "bob": 403, "carol": 403}


@dataclass(frozen=True)
class Access:
    """One address: how to ask for it, how it passes the door, and what each character gets."""

    build: Callable[[], str]
    statuses: tuple[int, ...]
    method: str = "get"
    body: dict[str, str] = field(default_factory=dict)
    door: Kind = Kind.NORMAL
    #: Character of `LIKE` → status, where it is not that of whom they are like.
    also: dict[str, int] = field(default_factory=dict)

    def status_of(self, character: str) -> int:
        """What a character gets."""
        if character in CHARACTERS:
            return self.statuses[CHARACTERS.index(character)]
        return self.also.get(character, self.statuses[CHARACTERS.index(LIKE[character])])


def everyone(build: Callable[[], str], status: int = 200, **more: object) -> Access:
    """The same answer for all."""
    return Access(build, (status,) * len(CHARACTERS), **more)  # type: ignore[arg-type]


def house(build: Callable[[], str], *, method: str = "get", **also: int) -> Access:
    """A page of an organization's desk: nobody but its people; `also` says what each of them gets."""
    return Access(build, (302, 403, 403, 403, 403, 403), method, also=also)


def at(address: str) -> Callable[[], str]:
    """An address that needs nothing from the world."""
    return lambda: address


def first_import() -> str:
    """The page of the list the seeded world was made from."""
    from gongzhi.registry.models import Source

    return f"/workbench/imports/{Source.objects.order_by('pk').values_list('pk', flat=True)[0]}/"


def a_download() -> str:
    """The page of files that wait to be made."""
    from gongzhi.core.times import today
    from gongzhi.registry.models import Download

    return f"/data/downloads/{Download.objects.create(dated_on=today()).public_id}/"


def a_client() -> str:
    """The page of a client of the API."""
    from gongzhi.accounts.models import ApiClient

    client = ApiClient.objects.create(name="示例程序", purpose="示例", key_sha256="0" * 64, key_hint="gz_00000")
    return f"/workbench/api-clients/{client.public_id}/"


def an_objection() -> str:
    """The public name of an objection to the entry of the body in Shenzhen, raised by a visitor."""
    from gongzhi.core.actor import Actor
    from gongzhi.core.door import acting
    from gongzhi.orgs.models import Organization
    from gongzhi.registry.actions import raise_objection

    body = Organization.objects.get(credit_code=SHENZHEN)
    with acting(Actor.visitor()) as actor:
        handed = raise_objection(actor=actor, organization=body, item="domicile", says="8", evidence="8")
    return handed.public_id


def an_officer() -> int:
    """An officer of the body in Shenzhen."""
    from gongzhi.core.door import acting
    from gongzhi.orgs.models import Organization
    from gongzhi.registry.actions import record_officer
    from gongzhi.registry.models import Officer
    from tests.world import actor_of

    body = Organization.objects.get(credit_code=SHENZHEN)
    known = Officer.objects.known().filter(org=body).first()
    if known is not None:
        return known.pk
    with acting(actor_of("dana")) as actor:
        row = record_officer(actor=actor, organization=body, name="钱××", post="chair", since=None, reason="示例")
    return row.pk


def a_doubt() -> int:
    """An amount without a unit in a list about the body in Shenzhen."""
    from gongzhi.orgs.models import Organization
    from gongzhi.registry.models import Doubt, Source

    body = Organization.objects.get(credit_code=SHENZHEN)
    asked = {"org": body, "column": "开办资金", "value": "5.00", "rule": "import.amount_unit_missing"}
    first = Source.objects.order_by("pk")[0]
    return Doubt.objects.get_or_create(**asked, defaults={"source": first, "source_row": 4})[0].pk


def an_intake() -> str:
    """The page of a list Dana has handed in and tried."""
    import io

    from gongzhi.core.door import acting
    from gongzhi.registry.actions import check_list, receive_list
    from tests.world import actor_of

    text = "名称\t统一社会信用代码\t开办资金\n深圳市××社工服务社\t52440300MJ0000093M\t5.00\n"
    with acting(actor_of("dana")) as actor:
        intake = receive_list(actor=actor, stream=io.BytesIO(text.encode()), name="名录.tsv")
        check_list(actor=actor, intake=intake)
    return f"/workbench/import/{intake.public_id}/"


def a_problem() -> str:
    """A doubtful cell of a list Dana has handed in and tried."""
    from gongzhi.registry.models import IntakeProblem

    address = an_intake()
    problem = IntakeProblem.objects.filter(intake__public_id=address.split("/")[3]).latest("pk")
    return f"{address}problems/{problem.pk}/"


def a_member() -> int:
    """Bob's membership in the body in Shenzhen."""
    from gongzhi.orgs.models import Membership
    from tests.world import account_of

    return Membership.objects.get(person_id=account_of("bob").person_id, ended_at=None).pk


def an_invitation() -> str:
    """The address of a link Alice made for Victor."""
    return f"/invitations/{_invited()[1]}/"


def an_open_invitation() -> str:
    """The public name of an invitation of the body in Shenzhen."""
    return _invited()[0]


def _invited() -> tuple[str, str]:
    from gongzhi.core.door import acting
    from gongzhi.orgs.actions import members
    from gongzhi.orgs.enums import OrgRole
    from gongzhi.orgs.models import Organization
    from tests.world import actor_of

    house = Organization.objects.get(credit_code=SHENZHEN)
    with acting(actor_of("alice")) as alice:
        made, token = members.invite_member(
            actor=alice, organization=house, address="victor@world.example", role=OrgRole.READER
        )
    return made.public_id, token


#: (address name, method) → who gets what. 302 sends a visitor to the sign-in page.
TABLE: dict[tuple[str, str], Access] = {
    ("healthz", "get"): everyone(at("/healthz"), 503, door=Kind.NO_TRANSACTION),
    ("openapi", "get"): everyone(at("/api/openapi.json"), door=Kind.NO_TRANSACTION),
    ("api-1:organizations", "get"): everyone(at("/api/v1/organizations")),
    ("api-1:name_check", "get"): everyone(
        at("/api/v1/organizations/name-check?name=%E7%A4%BA%E4%BE%8B%E5%8D%8F%E4%BC%9A&kind=social_group")
    ),
    ("portal:name_check", "get"): everyone(at("/names/")),
    ("api-1:organization", "get"): everyone(at(f"/api/v1/organizations/{GUANGDONG}")),
    ("api-1:organization_history", "get"): everyone(at(f"/api/v1/organizations/{GUANGDONG}/history")),
    ("api-1:changes", "get"): everyone(at("/api/v1/changes")),
    ("api-docs:docs", "get"): everyone(at("/api/docs/")),
    ("api-docs:try", "get"): everyone(at("/api/docs/try/changes/"), 302),
    ("portal:changes_atom", "get"): everyone(at("/data/changes.atom")),
    ("portal:data_dictionary", "get"): everyone(at("/data/dictionary.csv")),
    ("portal:download_ask", "post"): everyone(at("/data/downloads/"), 302, method="post"),
    ("portal:download_detail", "get"): everyone(a_download),
    ("portal:download_file", "get"): everyone(lambda: f"{a_download()}dictionary.csv", 404),
    ("portal:client_list", "get"): Access(at("/workbench/api-clients/"), (302, 403, 403, 403, 403, 200)),
    ("portal:client_list", "post"): Access(at("/workbench/api-clients/"), (302, 403, 403, 403, 403, 422), "post"),
    ("portal:client_detail", "get"): Access(a_client, (302, 403, 403, 403, 403, 200)),
    ("portal:client_detail", "post"): Access(a_client, (302, 403, 403, 403, 403, 422), "post"),
    ("portal:home", "get"): everyone(at("/")),
    ("portal:organization_search", "get"): everyone(at("/orgs/")),
    ("portal:organization_filter", "get"): everyone(at("/orgs/filter/")),
    ("portal:organization_suggest", "get"): everyone(at("/orgs/suggest/")),
    ("portal:organization_compare", "get"): everyone(at(f"/orgs/compare/?code={GUANGDONG}&code={SHENZHEN}")),
    ("portal:organization_detail", "get"): everyone(at(f"/orgs/{GUANGDONG}/")),
    # What belongs to a person is not the agency's: who acts for one reads how to act for oneself.
    ("portal:messages", "get"): Access(at("/my/messages/"), (302, 200, 200, 200, 200, 200)),
    ("portal:messages", "post"): Access(at("/my/messages/"), (302, 302, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE),
    ("portal:saved_searches", "get"): Access(at("/my/searches/"), (302, 200, 200, 200, 200, 200)),
    ("portal:saved_searches", "post"): Access(
        at("/my/searches/?q=x"), (302, 422, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE
    ),
    ("portal:saved_search", "get"): Access(at("/my/searches/NOTHING/"), (302, 404, 404, 404, 404, 404)),
    ("portal:forget_search", "post"): Access(
        at("/my/searches/NOTHING/remove/"), (302, 404, 404, 404, 404, 404), "post"
    ),
    ("portal:data", "get"): everyone(at("/data/")),
    # A person's own page, and the desk of an organization: Alice keeps it, Bob reads there, Carol keeps another one.
    ("portal:my", "get"): Access(at("/my/"), (302, 200, 200, 200, 200, 200)),
    ("portal:desk", "get"): Access(at("/desk/"), (302, 200, 200, 200, 200, 200)),
    ("portal:member_list", "get"): house(at("/desk/members/"), alice=200, bob=200, carol=200),
    ("portal:member_detail", "get"): house(lambda: f"/desk/members/{a_member()}/", alice=200, carol=404),
    ("portal:member_detail", "post"): house(
        lambda: f"/desk/members/{a_member()}/", alice=422, carol=404, method="post"
    ),
    ("portal:member_end", "post"): house(
        lambda: f"/desk/members/{a_member()}/end/", alice=302, carol=404, method="post"
    ),
    ("portal:member_leave", "get"): house(at("/desk/leave/"), alice=200, bob=200, carol=200),
    ("portal:member_leave", "post"): house(at("/desk/leave/"), alice=422, bob=302, carol=422, method="post"),
    ("portal:org_role_list", "get"): house(at("/desk/roles/"), alice=200, bob=200, carol=200),
    ("portal:invitation_list", "get"): house(at("/desk/invitations/"), alice=200, carol=200),
    ("portal:invitation_list", "post"): house(at("/desk/invitations/"), alice=422, carol=422, method="post"),
    ("portal:invitation_withdraw", "post"): house(
        lambda: f"/desk/invitations/{an_open_invitation()}/withdraw/", alice=302, carol=404, method="post"
    ),
    ("portal:owner_admit", "get"): Access(at(f"/workbench/orgs/{SHENZHEN}/owner/"), (302, 403, 403, 200, 404, 403)),
    ("portal:owner_admit", "post"): Access(
        at(f"/workbench/orgs/{SHENZHEN}/owner/"), (302, 403, 403, 422, 404, 403), "post"
    ),
    ("portal:invitation", "get"): Access(an_invitation, (302, 403, 403, 403, 403, 403), also={"victor": 200}),
    ("portal:invitation", "post"): Access(an_invitation, (302, 403, 403, 403, 403, 403), "post", also={"victor": 302}),
    ("portal:workbench", "get"): Access(at("/workbench/"), (302, 403, 200, 200, 200, 200)),
    ("portal:intake_upload", "get"): Access(at("/workbench/import/"), (302, 403, 403, 200, 200, 403)),
    ("portal:intake_upload", "post"): Access(at("/workbench/import/"), (302, 403, 403, 422, 422, 403), "post"),
    ("portal:intake_detail", "get"): Access(an_intake, (302, 403, 403, 200, 404, 403)),
    ("portal:intake_columns", "get"): Access(lambda: f"{an_intake()}columns/", (302, 403, 403, 200, 404, 403)),
    ("portal:intake_columns", "post"): Access(
        lambda: f"{an_intake()}columns/", (302, 403, 403, 422, 404, 403), "post", {"column-0": "domicile"}
    ),
    ("portal:intake_apply", "post"): Access(lambda: f"{an_intake()}apply/", (302, 403, 403, 302, 404, 403), "post"),
    ("portal:intake_undo", "get"): Access(lambda: f"{an_intake()}undo/", (302, 403, 403, 200, 404, 403)),
    ("portal:intake_undo", "post"): Access(lambda: f"{an_intake()}undo/", (302, 403, 403, 422, 404, 403), "post"),
    ("portal:intake_detail", "post"): Access(an_intake, (302, 403, 403, 302, 404, 403), "post"),
    ("portal:intake_problem", "get"): Access(a_problem, (302, 403, 403, 200, 404, 403)),
    ("portal:intake_problem", "post"): Access(a_problem, (302, 403, 403, 422, 404, 403), "post"),
    ("portal:intake_problems_file", "get"): Access(
        lambda: f"{an_intake()}problems.csv", (302, 403, 403, 200, 404, 403)
    ),
    ("portal:import_detail", "get"): Access(first_import, (302, 403, 200, 200, 200, 200)),
    ("portal:import_file", "get"): Access(lambda: f"{first_import()}file/", (302, 404, 404, 404, 404, 404)),
    ("portal:objection_raise", "get"): everyone(at(f"/orgs/{GUANGDONG}/objection/")),
    ("portal:objection_raise", "post"): everyone(at(f"/orgs/{GUANGDONG}/objection/"), 422, method="post"),
    ("portal:objection", "get"): everyone(lambda: f"/objections/{an_objection()}/"),
    ("portal:objection", "post"): Access(
        lambda: f"/objections/{an_objection()}/", (422, 422, 200, 200, 422, 200), "post", {"code": "NOT-THE-CODE"}
    ),
    ("portal:organization_desk", "get"): Access(at(f"/workbench/orgs/{SHENZHEN}/"), (302, 403, 403, 200, 403, 403)),
    ("portal:record", "get"): Access(at(f"/workbench/orgs/{SHENZHEN}/record/officer/"), (302, 403, 403, 200, 403, 403)),
    ("portal:record", "post"): Access(
        at(f"/workbench/orgs/{SHENZHEN}/record/officer/"), (302, 403, 403, 422, 403, 403), "post"
    ),
    ("portal:record_end", "get"): Access(
        lambda: f"/workbench/orgs/{SHENZHEN}/record/officer/{an_officer()}/end/", (302, 403, 403, 200, 403, 403)
    ),
    ("portal:record_end", "post"): Access(
        lambda: f"/workbench/orgs/{SHENZHEN}/record/officer/{an_officer()}/end/", (302, 403, 403, 422, 403, 403), "post"
    ),
    ("portal:objection_list", "get"): Access(at("/workbench/objections/"), (302, 403, 403, 200, 200, 403)),
    ("portal:objection_answer", "get"): Access(
        lambda: f"/workbench/objections/{an_objection()}/", (302, 403, 403, 200, 404, 403)
    ),
    ("portal:objection_answer", "post"): Access(
        lambda: f"/workbench/objections/{an_objection()}/", (302, 403, 403, 422, 404, 403), "post"
    ),
    ("portal:doubt_list", "get"): Access(at("/workbench/doubts/"), (302, 403, 200, 200, 200, 200)),
    ("portal:doubt_settle", "get"): Access(lambda: f"/workbench/doubts/{a_doubt()}/", (302, 403, 403, 200, 404, 403)),
    ("portal:doubt_settle", "post"): Access(
        lambda: f"/workbench/doubts/{a_doubt()}/", (302, 403, 403, 422, 404, 403), "post"
    ),
    ("portal:doubt_units", "get"): Access(
        lambda: f"/workbench/doubts/{a_doubt()}/column/", (302, 403, 403, 200, 404, 403)
    ),
    ("portal:doubt_units", "post"): Access(
        lambda: f"/workbench/doubts/{a_doubt()}/column/", (302, 403, 403, 422, 404, 403), "post"
    ),
    ("portal:correct", "get"): Access(at(f"/workbench/orgs/{GUANGDONG}/correct/"), (302, 403, 403, 403, 403, 403)),
    ("portal:correct", "post"): Access(
        at(f"/workbench/orgs/{SHENZHEN}/correct/"), (302, 403, 403, 422, 403, 403), "post"
    ),
    ("portal:act_for", "post"): Access(at("/acting/"), (302, 302, 302, 302, 302, 302), "post", {"agency": ""}),
    ("portal:after_sign_in", "get"): Access(at("/acting/first/"), (302, 302, 302, 302, 302, 302)),
    ("accounts:sign_in", "get"): Access(at("/accounts/sign-in/"), (200, 302, 302, 302, 302, 302)),
    ("accounts:sign_out", "post"): everyone(at("/accounts/sign-out/"), 302, method="post"),
    ("rulebook:parameter_list", "get"): Access(at("/workbench/parameters/"), (302, 403, 200, 200, 200, 200)),
    ("rulebook:parameter_csv", "get"): Access(at("/workbench/parameters.csv"), (302, 403, 200, 200, 200, 200)),
    ("rulebook:parameter_amend", "get"): Access(
        at("/workbench/parameters/licence.correction_days/"), (302, 403, 200, 200, 200, 200)
    ),
    ("rulebook:parameter_amend", "post"): Access(
        at("/workbench/parameters/licence.correction_days/"), (302, 403, 403, 403, 403, 422), "post"
    ),
    ("ui:gallery", "get"): everyone(at("/ui/")),
    ("ui:settings", "get"): everyone(at("/ui/settings/")),
    ("ui:settings", "post"): everyone(at("/ui/settings/"), 302, method="post"),
    ("ui:language", "post"): everyone(at("/ui/language/"), 302, method="post"),
    ("accounts:sign_in", "post"): everyone(at("/accounts/sign-in/"), 422, method="post"),
}

#: Views that may write although they are called by GET: none yet (the OpenID Connect callback will be the first).
WRITES_ON_GET: set[str] = set()
#: Views that answer without a transaction and an actor.
NO_TRANSACTION = {"healthz", "openapi"}
