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
LIKE = {"alice": "rita", "bob": "rita", "carol": "rita", "victor": "rita", "sena": "rosa", "aude": "rosa"}
#: Rows of what belongs to a person: who acts for an organization has the organization's scope and no other.
NOT_AS_HOUSE = {"alice": 403, "bob": 403, "carol": 403}
#: What is Rita's own is not there for anybody else.
NOT_RITA = {"alice": 404, "bob": 404, "carol": 404, "victor": 404}
LED_ON = {"alice": 302, "bob": 302, "carol": 302}
HOUSES = {"alice": 200, "bob": 200, "carol": 200}


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


def a_verification() -> str:
    """The public name of a document Rita handed in for Shenzhen."""
    from gongzhi.accounts.tests.people import ask

    return ask().public_id


def an_errand() -> str:
    """The page of a letter to somebody who was registered at the counter in Shenzhen."""
    from gongzhi.accounts.tests.people import errand

    return f"/workbench/counter/errands/{errand().public_id}/"


def at_counter() -> str:
    """The page of somebody who was registered at the counter in Shenzhen."""
    from gongzhi.accounts.tests.people import register

    return f"/workbench/counter/people/{register().card.person.public_id}/"


def a_doubt() -> int:
    """An amount without a unit in a list about the body in Shenzhen."""
    from gongzhi.orgs.models import Organization
    from gongzhi.registry.models import Doubt, Source

    body = Organization.objects.get(credit_code=SHENZHEN)
    asked = {"org": body, "column": "开办资金", "value": "5.00", "rule": "import.amount_unit_missing"}
    first = Source.objects.order_by("pk")[0]
    return Doubt.objects.get_or_create(**asked, defaults={"source": first, "source_row": 4})[0].pk


def a_cover() -> str:
    """The public name of the days on which Rosa stands in for Dana."""
    from gongzhi.core.door import acting
    from gongzhi.core.times import today
    from gongzhi.orgs.actions.covers import give_cover
    from tests.world import account_of, actor_of

    with acting(actor_of("dana")) as dana:
        deputy = account_of("rosa").person_id
        return give_cover(actor=dana, deputy=deputy, since=today(), until=today()).public_id


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


def a_recovery() -> str:
    """The page of a way back into Rita's account that Sena asked for."""
    from gongzhi.accounts.actions.recovery import ask_recovery
    from gongzhi.core.door import acting
    from tests.world import actor_of

    with acting(actor_of("sena")) as actor:
        asked = ask_recovery(
            actor=actor, login="rita@world.example", contact="new@world.example", drops_factors=False, because="示例"
        )
    return f"/workbench/account-recovery/{asked.public_id}/"


def a_problem() -> str:
    """A doubtful cell of a list Dana has handed in and tried."""
    from gongzhi.registry.models import IntakeProblem

    address = an_intake()
    problem = IntakeProblem.objects.filter(intake__public_id=address.split("/")[3]).latest("pk")
    return f"{address}problems/{problem.pk}/"


def ritas_file() -> str:
    """The public name of a file Rita keeps for herself."""
    import io

    from gongzhi.core.door import acting
    from gongzhi.files.actions import receive
    from gongzhi.files.contracts import Owner
    from gongzhi.files.enums import Purpose
    from tests.world import actor_of

    with acting(actor_of("rita")) as actor:
        owner = Owner(person_id=actor.person_id)
        upload = receive(actor=actor, stream=io.BytesIO(b"text"), name="a.txt", purpose=Purpose.OWN, owner=owner)
    return upload.public_id


def ritas_link() -> str:
    """A link of the next minutes to a file of Rita's, bound to her."""
    from gongzhi.core.door import acting
    from gongzhi.files.models import Upload
    from gongzhi.files.selectors import link_to
    from tests.world import actor_of

    public_id = ritas_file()
    with acting(actor_of("rita")) as actor:
        return link_to(actor, Upload.objects.get(public_id=public_id))


def ritas_transfer() -> str:
    """The public name of a file of which nothing has arrived yet, begun by Rita."""
    from gongzhi.core.door import acting
    from gongzhi.files.actions import begin_transfer
    from gongzhi.files.enums import Purpose
    from tests.world import actor_of

    with acting(actor_of("rita")) as actor:
        return begin_transfer(actor=actor, name="a.pdf", size=9, sha256=bytes(32), purpose=Purpose.OWN).public_id


def a_broadcast() -> str:
    """The public name of a broadcast of Dana's for Shenzhen."""
    from gongzhi.core.door import acting
    from gongzhi.core.times import today
    from gongzhi.loudspeaker.actions import draft_broadcast
    from tests.world import actor_of

    day = today()
    with acting(actor_of("dana")) as actor:
        broadcast = draft_broadcast(
            actor=actor, path="44/4403/", title="防汛", text="今晚有雨。", first_on=day, last_on=day, times=["12:00"]
        )
    return broadcast.public_id


def an_airing() -> str:
    """The page of receipts of an airing of Dana's broadcast."""
    from django.utils import timezone

    from gongzhi.loudspeaker.models import Airing, Broadcast

    public_id = a_broadcast()
    airing = Airing.objects.create(broadcast=Broadcast.objects.get(public_id=public_id), at=timezone.now())
    return f"/workbench/broadcasts/{public_id}/airings/{airing.pk}/"


def a_point() -> tuple[str, str]:
    """The public name and the secret of a playing point in Shenzhen."""
    from gongzhi.core.door import acting
    from gongzhi.loudspeaker.actions import add_point
    from tests.world import actor_of

    with acting(actor_of("dana")) as actor:
        point, secret = add_point(actor=actor, path="44/4403/", name="村口")
    return point.public_id, secret


def a_resident() -> str:
    """Rita, who has said that she lives in Shenzhen; her number."""
    from gongzhi.accounts.models import Person
    from gongzhi.core.actor import Actor
    from gongzhi.core.door import acting
    from tests.world import account_of

    with acting(Actor.system("tests")):
        person = Person.objects.get(pk=account_of("rita").person_id)
        person.path = "44/4403/"
        person.save(update_fields=["path"])
    return person.public_id


def an_emergency() -> str:
    """Where it is judged that Edith opened Rita's record in an emergency."""
    from gongzhi.accounts.models import Person
    from gongzhi.core.actor import Actor
    from gongzhi.core.door import acting
    from gongzhi.privacy.actions import open_emergency
    from gongzhi.privacy.models import Grant
    from tests.world import account_of, actor_of

    with acting(Actor.system("tests")):
        person = Person.objects.get(pk=account_of("rita").person_id)
        known = Grant.objects.first()
    if known is None:
        with acting(actor_of("edith")) as edith:
            known = open_emergency(actor=edith, person=person, reason="示例：走失老人")
    return f"/workbench/emergency/{known.public_id}/"


def a_hold() -> str:
    """Where an investigation Dana proposed is approved: by somebody else."""
    from gongzhi.core.door import acting
    from gongzhi.core.times import today
    from gongzhi.privacy.actions import propose_hold
    from tests.world import actor_of

    with acting(actor_of("dana")) as dana:
        hold = propose_hold(actor=dana, matter="示例 1 号", reason="示例", until=today())
    return f"/workbench/holds/{hold.public_id}/"


def a_request() -> str:
    """That Rita's data are not used: what she asked for; its number."""
    from gongzhi.core.door import acting
    from gongzhi.privacy.actions import ask_about_own
    from gongzhi.privacy.models import Request
    from tests.world import actor_of

    with acting(actor_of("rita")) as rita:
        known = Request.objects.visible_to(rita).waiting().first()
        return (known or ask_about_own(actor=rita, kind="restrict")).public_id


def _looked_at_rita() -> int:
    """A look of Dana's at Rita's phone number; its number."""
    from gongzhi.audit.looks import write_look
    from gongzhi.audit.models import Look
    from tests.world import account_of, actor_of

    rita = account_of("rita").person_id
    write_look(
        actor=actor_of("dana"),
        subject_kind="accounts.person",
        subject_id=rita,
        purpose="contact.matter",
        fields=["phone_sealed"],
        owner=(rita, None),
    )
    return Look.objects.latest("id").pk


def a_look() -> str:
    """Where Rita asks why Dana looked."""
    return f"/my/looked/{_looked_at_rita()}/why/"


def a_question() -> str:
    """What Rita asked Dana's office."""
    from gongzhi.core.door import acting
    from gongzhi.privacy.actions import ask_why
    from tests.world import actor_of

    number = _looked_at_rita()
    with acting(actor_of("rita")) as rita:
        question = ask_why(actor=rita, look_id=number)
    return f"/workbench/questions/{question.public_id}/"


def a_question_to_a_house() -> str:
    """What Rita asked the body in Shenzhen, for which somebody had opened a file of hers."""
    from gongzhi.audit.looks import write_look
    from gongzhi.audit.models import Look
    from gongzhi.core.door import acting
    from gongzhi.privacy.actions import ask_why
    from tests.world import account_of, actor_of

    rita = account_of("rita").person_id
    write_look(
        actor=actor_of("alice"),
        subject_kind="files.upload",
        subject_id=1,
        purpose="files.send",
        fields=["content"],
        owner=(rita, None),
    )
    with acting(actor_of("rita")) as actor:
        question = ask_why(actor=actor, look_id=Look.objects.latest("id").pk)
    return f"/desk/questions/{question.public_id}/"


def an_agency() -> str:
    """The page of the agency in Shenzhen."""
    from gongzhi.orgs.models import Agency

    return f"/workbench/agencies/{Agency.objects.get(name='深圳市民政局').public_id}/"


def an_appointment() -> str:
    """The page that ends what Rosa does there."""
    from gongzhi.orgs.models import Appointment
    from tests.world import account_of

    return f"{an_agency()}{Appointment.objects.get(person_id=account_of('rosa').person_id).pk}/end/"


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


def _a_claim(code: str = GUANGDONG) -> str:
    """Rita's claim to an organization, with a letter; its number. In Shenzhen Alice is asked first."""
    import io

    from gongzhi.core.door import acting
    from gongzhi.files.actions import receive
    from gongzhi.files.contracts import Owner
    from gongzhi.files.enums import Purpose
    from gongzhi.files.tests.samples import pdf
    from gongzhi.orgs.actions import claims
    from gongzhi.orgs.enums import Basis
    from gongzhi.orgs.models import Claim, Organization
    from tests.world import actor_of

    house = Organization.objects.get(credit_code=code)
    with acting(actor_of("rita")) as rita:
        known = Claim.objects.visible_to(rita).filter(org=house).first()
        if known is None:
            owner = Owner(person_id=rita.person_id, path=house.path)
            stream = io.BytesIO(pdf())
            letter = receive(actor=rita, stream=stream, name="示例.pdf", purpose=Purpose.DOCUMENT, owner=owner)
            known = claims.claim_organization(actor=rita, organization=house, basis=Basis.LETTER, letter=letter)
    return known.public_id


def a_house_record(*, opened: bool = False) -> str:
    """A record the body in Shenzhen keeps for itself; with `opened`, Dana has opened it on a legal ground. Its number."""
    from gongzhi.core.door import acting
    from gongzhi.core.times import today
    from gongzhi.orgs.actions import house as own
    from gongzhi.orgs.enums import HouseKind, OpeningGround
    from gongzhi.orgs.models import Opening, Organization
    from tests.world import actor_of

    body = Organization.objects.get(credit_code=SHENZHEN)
    with acting(actor_of("alice")) as alice:
        record = own.write_record(
            actor=alice, organization=body, kind=HouseKind.MINUTES, title="示例", text="示例", on=today()
        )
    with acting(actor_of("dana")) as dana:
        if opened and not Opening.objects.visible_to(dana).exists():
            own.open_house(
                actor=dana,
                organization=body,
                kind=HouseKind.MINUTES,
                ground=OpeningGround.SUPERVISION,
                matter="示例 1 号",
                reason="示例",
                until=today(),
            )
    return record.public_id


def an_opening() -> str:
    """The number of Dana's opening."""
    from gongzhi.core.door import acting
    from gongzhi.orgs.models import Opening
    from tests.world import actor_of

    a_house_record(opened=True)
    with acting(actor_of("dana")) as dana:
        return Opening.objects.visible_to(dana).latest("pk").public_id


def a_claim_with_the_registry() -> str:
    """Rita's claim to the body in Shenzhen, which Alice has disputed."""
    from gongzhi.core.door import acting
    from gongzhi.orgs.actions import claims
    from gongzhi.orgs.models import Claim
    from tests.world import actor_of

    number = _a_claim(SHENZHEN)
    with acting(actor_of("alice")) as alice:
        found = Claim.objects.visible_to(alice).get(public_id=number)
        if found.state == "with_owner":
            claims.dispute_claim(actor=alice, claim=found, words="示例")
    return f"/workbench/claims/{number}/"


#: (address name, method) → who gets what. 302 sends a visitor to the sign-in page.


def a_case(state: str = "draft") -> str:
    """The public name of a filing Rita has begun, or handed in at the office in Shenzhen."""
    from gongzhi.cases.tests import people

    return (people.begin() if state == "draft" else people.handed_in()).public_id


def a_closed_case() -> str:
    """The public name of a filing of Rita's that was refused."""
    from gongzhi.cases.tests import people

    return people.refused().public_id


def a_bad_rating() -> int:
    """Rita was not satisfied."""
    from gongzhi.cases.tests.test_ratings import rated

    return rated(grade=1).pk


def a_case_file(path: str, *, handed: bool) -> str:
    """The address of a file of a case, under the applicant's pages or the office's."""
    from gongzhi.cases.models import Case, CaseFile
    from gongzhi.cases.tests import people
    from gongzhi.core.actor import Actor
    from gongzhi.core.door import acting

    case = people.begin()
    people.attach(case)
    with acting(Actor.system("tests")):
        file = CaseFile.objects.get(case=case)
        if handed:
            people.fill(case)
    if handed:
        people.hand_in(case)
    assert isinstance(case, Case)
    return f"{path}{case.public_id}/{'papers' if handed else 'files'}/{file.pk}/"


def a_document(start: str = "/cases/", *, received: bool = False) -> str:
    """The address of the notice of what is missing in Rita's filing, under the applicant's pages or the office's."""
    from gongzhi.cases import actions
    from gongzhi.cases.models import Document
    from gongzhi.cases.tests import people
    from gongzhi.core.door import acting
    from tests.world import actor_of

    case = people.handed_in()
    with acting(actor_of("dana")) as dana:
        actions.return_case(actor=dana, case=case, faults={"group.name": "名称不全"})
    with acting(actor_of("rita")) as rita:
        document = Document.objects.get(case=case)
        if received:
            actions.confirm_receipt(actor=rita, document=document)
    return f"{start}{case.public_id}/documents/{document.public_id}/"


def an_extract(end: str = "", start: str = "/verify/") -> str:
    """The address of an extract of the body in Shenzhen that somebody had signed."""
    from gongzhi.core.actor import Actor
    from gongzhi.core.door import acting
    from gongzhi.orgs.models import Organization
    from gongzhi.registry.actions.credentials import issue_extract

    with acting(Actor.visitor()) as visitor:
        body = Organization.objects.get(credit_code=SHENZHEN)
        made = issue_extract(actor=visitor, organization=body, address="198.51.100.9")
    return f"{start}{made.number}/{end}"


def a_case_question() -> str:
    """A question Rita asked the office in Shenzhen, with a file, about a filing she has begun: under the office's pages."""
    return f"/workbench/asked/{_a_message()[1]}/"


def a_message_file() -> str:
    """The file of a message, under the applicant's pages."""
    case, message = _a_message()
    return f"/cases/{case}/talk/{message}/file/"


def _a_message() -> tuple[str, str]:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from gongzhi.cases import actions
    from gongzhi.cases.tests import people
    from gongzhi.core.door import acting
    from gongzhi.files.tests.samples import pdf
    from tests.world import actor_of

    case = people.begin()
    with acting(actor_of("rita")) as rita:
        message = actions.ask_office(actor=rita, case=case, text="示例", handed=SimpleUploadedFile("示例.pdf", pdf()))
    return case.public_id, message.public_id


def a_chosen_case() -> dict[str, str]:
    """A filing that waits in Shenzhen, chosen in the list to be given to Dana, as a body."""
    from tests.world import account_of

    return {"case": a_case("handed in"), "officer": str(account_of("dana").person_id), "do": "assign"}


def a_case_to_link() -> str:
    """Where Rita links one of two filings she handed in."""
    return f"/cases/{a_case('handed in')}/link/"


def a_case_number() -> dict[str, str]:
    """The number of another filing Rita handed in, as a body."""
    from gongzhi.cases.tests import people

    return {"number": str(people.handed_in().number)}


TABLE: dict[tuple[str, str], Access] = {
    ("healthz", "get"): everyone(at("/healthz"), 503, door=Kind.NO_TRANSACTION),
    ("openapi", "get"): everyone(at("/api/openapi.json"), door=Kind.NO_TRANSACTION),
    ("api-1:organizations", "get"): everyone(at("/api/v1/organizations")),
    ("api-1:name_check", "get"): everyone(
        at("/api/v1/organizations/name-check?name=%E7%A4%BA%E4%BE%8B%E5%8D%8F%E4%BC%9A&kind=social_group")
    ),
    ("portal:extract", "get"): everyone(at(f"/orgs/{SHENZHEN}/extract/")),
    ("portal:extract", "post"): everyone(at(f"/orgs/{SHENZHEN}/extract/"), 302, method="post"),
    ("portal:verify", "get"): everyone(at("/verify/")),
    ("portal:verify", "post"): everyone(at("/verify/"), 422, method="post"),
    ("portal:verify_keys", "get"): everyone(at("/verify/keys.txt")),
    ("portal:verify_number", "get"): everyone(an_extract),
    ("portal:credential_file", "get"): everyone(lambda: an_extract("file/")),
    ("portal:revoke", "get"): Access(
        lambda: an_extract("revoke/", "/workbench/certificates/"), (302, 403, 403, 200, 403, 403)
    ),
    ("portal:revoke", "post"): Access(
        lambda: an_extract("revoke/", "/workbench/certificates/"), (302, 403, 403, 422, 403, 403), "post"
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
    # A person's files are theirs alone; who acts for an agency is told so.
    ("files:mine", "get"): Access(at("/my/files/"), (302, 200, 200, 200, 200, 200)),
    ("files:mine", "post"): Access(at("/my/files/"), (302, 422, 403, 403, 403, 403), "post"),
    ("files:download", "get"): Access(
        lambda: f"/my/files/{ritas_file()}/", (302, 302, 404, 404, 404, 404), also=NOT_RITA
    ),
    ("files:remove", "post"): Access(
        lambda: f"/my/files/{ritas_file()}/remove/", (302, 302, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("files:open", "get"): Access(ritas_link, (302, 200, 404, 404, 404, 404), also=NOT_RITA),
    ("files:begin", "post"): Access(at("/files/sending/"), (302, 422, 422, 422, 422, 422), "post"),
    ("files:sending", "get"): Access(
        lambda: f"/files/sending/{ritas_transfer()}/", (302, 200, 404, 404, 404, 404), also=NOT_RITA
    ),
    ("files:piece", "post"): Access(
        lambda: f"/files/sending/{ritas_transfer()}/0/", (302, 422, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("files:give_up", "post"): Access(
        lambda: f"/files/sending/{ritas_transfer()}/give-up/", (302, 302, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("portal:data", "get"): everyone(at("/data/")),
    # Broadcasts: officers of the division. A playing point's link is its right, whoever holds it.
    ("loudspeaker:broadcast_list", "get"): Access(at("/workbench/broadcasts/"), (302, 403, 403, 200, 200, 403)),
    ("loudspeaker:broadcast_new", "get"): Access(at("/workbench/broadcasts/new/"), (302, 403, 403, 200, 200, 403)),
    ("loudspeaker:broadcast_new", "post"): Access(
        at("/workbench/broadcasts/new/"), (302, 403, 403, 422, 422, 403), "post"
    ),
    ("loudspeaker:broadcast_detail", "get"): Access(
        lambda: f"/workbench/broadcasts/{a_broadcast()}/", (302, 403, 403, 200, 404, 403)
    ),
    ("loudspeaker:broadcast_detail", "post"): Access(
        lambda: f"/workbench/broadcasts/{a_broadcast()}/", (302, 403, 403, 302, 404, 403), "post", {"step": "ask"}
    ),
    ("loudspeaker:broadcast_change", "get"): Access(
        lambda: f"/workbench/broadcasts/{a_broadcast()}/change/", (302, 403, 403, 200, 404, 403)
    ),
    ("loudspeaker:broadcast_change", "post"): Access(
        lambda: f"/workbench/broadcasts/{a_broadcast()}/change/", (302, 403, 403, 422, 404, 403), "post"
    ),
    ("loudspeaker:broadcast_sound", "get"): Access(
        at("/workbench/broadcasts/NOTHING/sound/"), (302, 403, 403, 404, 404, 403)
    ),
    ("loudspeaker:airing_detail", "get"): Access(an_airing, (302, 403, 403, 200, 404, 403)),
    ("loudspeaker:point_list", "get"): Access(at("/workbench/playing-points/"), (302, 403, 403, 200, 200, 403)),
    ("loudspeaker:point_list", "post"): Access(
        at("/workbench/playing-points/"), (302, 403, 403, 422, 422, 403), "post"
    ),
    ("loudspeaker:point_end", "post"): Access(
        lambda: f"/workbench/playing-points/{a_point()[0]}/end/", (302, 403, 403, 302, 404, 403), "post"
    ),
    ("loudspeaker:point_page", "get"): everyone(lambda: f"/loudspeaker/{a_point()[1]}/"),
    ("loudspeaker:point_due", "post"): everyone(lambda: f"/loudspeaker/{a_point()[1]}/due.json", method="post"),
    ("loudspeaker:point_sound", "get"): everyone(lambda: f"/loudspeaker/{a_point()[1]}/1/sound/", 404),
    ("loudspeaker:point_played", "post"): everyone(
        lambda: f"/loudspeaker/{a_point()[1]}/1/played/", 404, method="post"
    ),
    # A person's own page, and the desk of an organization: Alice keeps it, Bob reads there, Carol keeps another one.
    ("portal:my", "get"): Access(at("/my/"), (302, 200, 200, 200, 200, 200)),
    ("portal:desk", "get"): Access(at("/desk/"), (302, 200, 200, 200, 200, 200)),
    # The long list of what waits; whoever acts in another capacity is led to the page that says how to act in this one.
    ("portal:my_waiting", "get"): Access(at("/my/waiting/"), (302, 200, 302, 302, 302, 302), also=LED_ON),
    ("portal:desk_waiting", "get"): Access(at("/desk/waiting/"), (302, 302, 302, 302, 302, 302), also=HOUSES),
    ("portal:workbench_waiting", "get"): Access(at("/workbench/waiting/"), (302, 302, 200, 200, 200, 200)),
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
    ("portal:agency_list", "get"): Access(
        at("/workbench/agencies/"), (302, 403, 403, 403, 403, 403), also={"sena": 200}
    ),
    ("portal:agency_list", "post"): Access(
        at("/workbench/agencies/"), (302, 403, 403, 403, 403, 403), "post", also={"sena": 422}
    ),
    ("portal:agency_detail", "get"): Access(an_agency, (302, 403, 403, 403, 403, 403), also={"sena": 200}),
    ("portal:agency_detail", "post"): Access(an_agency, (302, 403, 403, 403, 403, 403), "post", also={"sena": 422}),
    ("portal:appointment_end", "get"): Access(an_appointment, (302, 403, 403, 403, 403, 403), also={"sena": 200}),
    ("portal:appointment_end", "post"): Access(
        an_appointment, (302, 403, 403, 403, 403, 403), "post", also={"sena": 302}
    ),
    ("portal:own_staff", "get"): Access(at("/workbench/staff/"), (302, 403, 403, 403, 403, 403), also={"sena": 302}),
    ("portal:owner_admit", "get"): Access(at(f"/workbench/orgs/{SHENZHEN}/owner/"), (302, 403, 403, 200, 404, 403)),
    ("portal:owner_admit", "post"): Access(
        at(f"/workbench/orgs/{SHENZHEN}/owner/"), (302, 403, 403, 422, 404, 403), "post"
    ),
    ("portal:claim_ask", "get"): Access(at(f"/orgs/{SHENZHEN}/in-charge/"), (302, 200, 200, 200, 200, 200)),
    ("portal:claim_ask", "post"): Access(
        at(f"/orgs/{SHENZHEN}/in-charge/"), (302, 422, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE
    ),
    ("portal:claim_paper", "get"): everyone(at(f"/orgs/{SHENZHEN}/in-charge/letter/")),
    ("portal:claim", "get"): Access(
        lambda: f"/my/claims/{_a_claim(SHENZHEN)}/", (302, 200, 200, 200, 200, 200), also={"victor": 404}
    ),
    ("portal:claim_withdraw", "post"): Access(
        lambda: f"/my/claims/{_a_claim(SHENZHEN)}/withdraw/",
        (302, 302, 403, 403, 403, 403),
        "post",
        also=NOT_AS_HOUSE | {"victor": 404},
    ),
    ("portal:claim_answer", "get"): house(lambda: f"/desk/claims/{_a_claim(SHENZHEN)}/", alice=200, carol=404),
    ("portal:claim_answer", "post"): house(
        lambda: f"/desk/claims/{_a_claim(SHENZHEN)}/", alice=422, carol=404, method="post"
    ),
    ("portal:claim_list", "get"): Access(at("/workbench/claims/"), (302, 403, 403, 200, 200, 403)),
    ("portal:claim_decide", "get"): Access(a_claim_with_the_registry, (302, 403, 403, 200, 404, 403)),
    ("portal:claim_decide", "post"): Access(a_claim_with_the_registry, (302, 403, 403, 422, 404, 403), "post"),
    ("portal:claim_letter", "get"): Access(
        lambda: f"{a_claim_with_the_registry()}letter/", (302, 403, 403, 302, 404, 403)
    ),
    # What an organization keeps for itself: a record is a 404 for officials, here without an opening; with one see
    # `gongzhi/orgs/tests/test_own_house.py`.
    ("portal:house_list", "get"): house(at("/desk/house/"), alice=200, bob=200, carol=200),
    ("portal:house_new", "get"): house(at("/desk/house/new/"), alice=200, carol=200),
    ("portal:house_new", "post"): house(at("/desk/house/new/"), alice=422, carol=422, method="post"),
    ("portal:house_record", "get"): house(lambda: f"/desk/house/{a_house_record()}/", alice=200, bob=200, carol=404),
    ("portal:house_change", "get"): house(lambda: f"/desk/house/{a_house_record()}/change/", alice=200, carol=404),
    ("portal:house_change", "post"): house(
        lambda: f"/desk/house/{a_house_record()}/change/", alice=422, carol=404, method="post"
    ),
    ("portal:house_file", "post"): house(
        lambda: f"/desk/house/{a_house_record()}/file/", alice=302, carol=404, method="post"
    ),
    ("portal:house_remove", "post"): house(
        lambda: f"/desk/house/{a_house_record()}/remove/", alice=302, carol=404, method="post"
    ),
    ("portal:desk_seen", "get"): house(at("/desk/seen/"), alice=200, bob=200, carol=200),
    ("portal:house_opened", "get"): Access(at(f"/workbench/orgs/{SHENZHEN}/house/"), (302, 403, 403, 200, 404, 403)),
    ("portal:house_open", "get"): Access(at(f"/workbench/orgs/{SHENZHEN}/house/open/"), (302, 403, 403, 200, 404, 403)),
    ("portal:house_open", "post"): Access(
        at(f"/workbench/orgs/{SHENZHEN}/house/open/"), (302, 403, 403, 422, 404, 403), "post"
    ),
    ("portal:house_record_opened", "get"): Access(
        lambda: f"/workbench/orgs/{SHENZHEN}/house/{a_house_record()}/", (302, 403, 403, 404, 404, 403)
    ),
    ("portal:house_paper_opened", "get"): Access(
        lambda: f"/workbench/orgs/{SHENZHEN}/house/{a_house_record()}/paper/", (302, 403, 403, 404, 404, 403)
    ),
    ("portal:opening_close", "post"): Access(
        lambda: f"/workbench/openings/{an_opening()}/close/", (302, 403, 403, 302, 404, 403), "post"
    ),
    ("portal:invitation", "get"): Access(an_invitation, (302, 403, 403, 403, 403, 403), also={"victor": 200}),
    ("portal:invitation", "post"): Access(an_invitation, (302, 403, 403, 403, 403, 403), "post", also={"victor": 302}),
    ("portal:house_setting_list", "get"): house(at("/desk/settings/"), alice=200, bob=200, carol=200),
    ("portal:house_setting", "get"): house(at("/desk/settings/desk.greeting/"), alice=200, bob=200, carol=200),
    ("portal:house_setting", "post"): house(at("/desk/settings/desk.greeting/"), method="post", alice=422, carol=422),
    ("portal:setting_list", "get"): Access(at("/workbench/settings/"), (302, 403, 200, 200, 200, 200)),
    ("portal:setting_detail", "get"): Access(at("/workbench/settings/site.welcome/"), (302, 403, 200, 200, 200, 200)),
    ("portal:setting_detail", "post"): Access(
        at("/workbench/settings/site.welcome/"), (302, 403, 403, 403, 403, 422), "post"
    ),
    ("portal:place", "get"): everyone(at("/place/")),
    ("portal:place", "post"): everyone(at("/place/"), 422, method="post"),
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
    ("portal:notices_sent", "get"): Access(at("/my/messages/sent/"), (302, 200, 200, 200, 200, 200)),
    ("portal:notice_proof", "get"): Access(at("/my/messages/1/proof/"), (302, 404, 404, 404, 404, 404)),
    ("portal:notices_choose", "get"): Access(at("/my/notices/"), (302, 200, 200, 200, 200, 200)),
    ("portal:notices_choose", "post"): Access(
        at("/my/notices/"), (302, 422, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE
    ),
    ("portal:notices_overview", "get"): Access(at("/workbench/notices/"), (302, 403, 403, 403, 403, 200)),
    ("portal:notices_renew", "post"): Access(at("/workbench/notices/1/again/"), (302, 403, 403, 403, 403, 404), "post"),
    ("portal:objection_list", "get"): Access(at("/workbench/objections/"), (302, 403, 403, 200, 200, 403)),
    ("portal:objection_answer", "get"): Access(
        lambda: f"/workbench/objections/{an_objection()}/", (302, 403, 403, 200, 404, 403)
    ),
    ("portal:objection_answer", "post"): Access(
        lambda: f"/workbench/objections/{an_objection()}/", (302, 403, 403, 422, 404, 403), "post"
    ),
    ("portal:code_blocks", "get"): Access(at("/workbench/codes/"), (302, 403, 403, 200, 200, 403)),
    ("portal:code_blocks", "post"): Access(at("/workbench/codes/"), (302, 403, 403, 422, 422, 403), "post"),
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
    ("rulebook:rule_list", "get"): everyone(at("/rules/")),
    ("rulebook:parameter_list", "get"): Access(at("/workbench/parameters/"), (302, 403, 200, 200, 200, 200)),
    ("rulebook:parameter_csv", "get"): Access(at("/workbench/parameters.csv"), (302, 403, 200, 200, 200, 200)),
    ("rulebook:parameter_amend", "get"): Access(
        at("/workbench/parameters/licence.correction_days/"), (302, 403, 200, 200, 200, 200)
    ),
    ("rulebook:parameter_amend", "post"): Access(
        at("/workbench/parameters/licence.correction_days/"), (302, 403, 403, 403, 403, 422), "post"
    ),
    ("portal:cover_list", "get"): Access(at("/workbench/cover/"), (302, 403, 200, 200, 200, 200)),
    ("portal:cover_list", "post"): Access(at("/workbench/cover/"), (302, 403, 422, 422, 422, 422), "post"),
    ("portal:cover_end", "post"): Access(
        lambda: f"/workbench/cover/{a_cover()}/end/",
        (302, 403, 302, 302, 404, 404),
        "post",
        also={"sena": 404, "aude": 404},
    ),
    ("portal:audit_trail", "get"): Access(at("/workbench/audit/"), (302, 403, 403, 403, 403, 403), also={"aude": 200}),
    # --- privacy ---
    ("privacy:own_data", "get"): Access(at("/my/data/"), (302, 200, 200, 200, 200, 200)),
    ("privacy:own_data", "post"): Access(at("/my/data/"), (302, 422, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE),
    ("privacy:own_consent", "post"): Access(
        at("/my/data/consents/nothing/"), (302, 422, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE
    ),
    ("privacy:own_copy", "get"): Access(at("/my/data/NOTHING/copy/"), (302, 404, 404, 404, 404, 404)),
    ("privacy:own_take_back", "post"): Access(
        lambda: f"/my/data/{a_request()}/take-back/", (302, 302, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("privacy:request_list", "get"): Access(at("/workbench/data-requests/"), (302, 403, 403, 403, 403, 200)),
    ("privacy:request_decide", "get"): Access(
        lambda: f"/workbench/data-requests/{a_request()}/", (302, 403, 403, 403, 403, 200)
    ),
    ("privacy:request_decide", "post"): Access(
        lambda: f"/workbench/data-requests/{a_request()}/", (302, 403, 403, 403, 403, 422), "post"
    ),
    ("privacy:retention", "get"): Access(at("/workbench/retention/"), (302, 403, 403, 403, 403, 200)),
    ("privacy:holds", "get"): Access(at("/workbench/holds/"), (302, 403, 403, 200, 200, 403)),
    ("privacy:holds", "post"): Access(at("/workbench/holds/"), (302, 403, 403, 422, 422, 403), "post"),
    ("privacy:hold_step", "post"): Access(a_hold, (302, 403, 403, 403, 404, 403), "post"),
    ("api-1:person_contact", "get"): Access(
        lambda: f"/api/v1/people/{a_resident()}/contact?purpose=contact.matter", (401, 401, 403, 200, 404, 403)
    ),
    ("privacy:people", "get"): Access(at("/workbench/people/"), (302, 403, 403, 200, 200, 403)),
    ("privacy:person", "get"): Access(lambda: f"/workbench/people/{a_resident()}/", (302, 403, 403, 200, 404, 403)),
    ("privacy:person", "post"): Access(
        lambda: f"/workbench/people/{a_resident()}/", (302, 403, 403, 422, 404, 403), "post"
    ),
    ("privacy:exports", "get"): Access(at("/workbench/people/export/"), (302, 403, 403, 200, 200, 403)),
    ("privacy:exports", "post"): Access(at("/workbench/people/export/"), (302, 403, 403, 422, 422, 403), "post"),
    ("privacy:export_file", "get"): Access(
        at("/workbench/people/export/NOTHING/file/"), (302, 403, 403, 404, 404, 403)
    ),
    ("privacy:emergency", "get"): Access(at("/workbench/people/emergency/"), (302, 403, 403, 200, 200, 403)),
    ("privacy:emergency", "post"): Access(at("/workbench/people/emergency/"), (302, 403, 403, 422, 422, 403), "post"),
    ("privacy:access_list", "get"): Access(
        at("/workbench/emergency/"), (302, 403, 403, 403, 403, 403), also={"sena": 200, "aude": 200}
    ),
    ("privacy:access_review", "get"): Access(
        an_emergency, (302, 403, 403, 403, 403, 403), also={"sena": 200, "aude": 200}
    ),
    ("privacy:access_review", "post"): Access(an_emergency, (302, 403, 403, 403, 403, 403), "post", also={"sena": 422}),
    ("privacy:ask_why", "get"): Access(a_look, (302, 200, 403, 403, 403, 403), also=NOT_RITA),
    ("privacy:ask_why", "post"): Access(a_look, (302, 302, 403, 403, 403, 403), "post", also=NOT_RITA),
    ("privacy:question_list", "get"): Access(at("/workbench/questions/"), (302, 403, 403, 200, 200, 200)),
    ("privacy:question_answer", "get"): Access(a_question, (302, 403, 403, 200, 404, 200)),
    ("privacy:question_answer", "post"): Access(a_question, (302, 403, 403, 422, 404, 403), "post"),
    ("privacy:looked", "get"): Access(at("/my/looked/"), (302, 200, 200, 200, 200, 200)),
    ("privacy:desk_questions", "get"): house(at("/desk/questions/"), alice=200, carol=200),
    ("privacy:desk_question", "get"): house(a_question_to_a_house, alice=200, carol=404),
    ("privacy:desk_question", "post"): house(a_question_to_a_house, alice=422, carol=404, method="post"),
    ("privacy:desk_looked", "get"): Access(at("/desk/looked/"), (302, 403, 403, 403, 403, 403), also=HOUSES),
    ("privacy:counter", "get"): Access(at("/workbench/counter/looked/"), (302, 403, 200, 200, 200, 200)),
    ("privacy:counter", "post"): Access(at("/workbench/counter/looked/"), (302, 403, 422, 422, 422, 422), "post"),
    ("ui:gallery", "get"): everyone(at("/ui/")),
    ("ui:settings", "get"): everyone(at("/ui/settings/")),
    ("ui:settings", "post"): everyone(at("/ui/settings/"), 302, method="post"),
    ("ui:language", "post"): everyone(at("/ui/language/"), 302, method="post"),
    ("accounts:sign_in", "post"): everyone(at("/accounts/sign-in/"), 422, method="post"),
    ("accounts:sign_in_code", "get"): Access(at("/accounts/sign-in/code/"), (200, 302, 302, 302, 302, 302)),
    ("accounts:sign_in_code", "post"): Access(at("/accounts/sign-in/code/"), (422, 302, 302, 302, 302, 302), "post"),
    ("accounts:sign_in_code_enter", "get"): everyone(at("/accounts/sign-in/code/enter/"), 302),
    ("accounts:sign_up", "get"): Access(at("/accounts/sign-up/"), (200, 302, 302, 302, 302, 302)),
    ("accounts:sign_up", "post"): Access(at("/accounts/sign-up/"), (422, 302, 302, 302, 302, 302), "post"),
    ("accounts:sign_up_finish", "get"): everyone(at("/accounts/sign-up/finish/"), 302),
    ("accounts:recover", "get"): Access(at("/accounts/recover/"), (200, 302, 302, 302, 302, 302)),
    ("accounts:recover", "post"): Access(at("/accounts/recover/"), (422, 302, 302, 302, 302, 302), "post"),
    ("accounts:recover_finish", "get"): everyone(at("/accounts/recover/finish/"), 302),
    ("accounts:security", "get"): Access(at("/my/security/"), (302, 200, 200, 200, 200, 200)),
    ("accounts:password", "get"): Access(at("/my/security/password/"), (302, 200, 200, 200, 200, 200)),
    ("accounts:password", "post"): Access(at("/my/security/password/"), (302, 422, 422, 422, 422, 422), "post"),
    ("accounts:contact", "get"): Access(at("/my/security/contact/"), (302, 200, 200, 200, 200, 200)),
    ("accounts:contact", "post"): Access(at("/my/security/contact/"), (302, 422, 422, 422, 422, 422), "post"),
    ("accounts:contact_confirm", "get"): everyone(at("/my/security/contact/confirm/"), 302),
    ("accounts:sign_in_passkey", "get"): Access(at("/accounts/sign-in/passkey/"), (200, 302, 302, 302, 302, 302)),
    ("accounts:sign_in_passkey", "post"): everyone(at("/accounts/sign-in/passkey/"), 422, method="post"),
    ("accounts:second_step", "get"): everyone(at("/accounts/sign-in/second/"), 302),
    ("accounts:factor_needed", "get"): Access(at("/my/security/needed/"), (302, 200, 200, 200, 200, 200)),
    ("accounts:authenticator", "get"): Access(at("/my/security/authenticator/"), (302, 200, 200, 200, 200, 200)),
    ("accounts:authenticator", "post"): Access(
        at("/my/security/authenticator/"), (302, 422, 422, 422, 422, 422), "post"
    ),
    ("accounts:passkey_add", "get"): Access(at("/my/security/passkey/"), (302, 200, 200, 200, 200, 200)),
    ("accounts:passkey_add", "post"): Access(at("/my/security/passkey/"), (302, 422, 422, 422, 422, 422), "post"),
    ("accounts:recovery_codes", "post"): Access(
        at("/my/security/recovery-codes/"), (302, 422, 422, 422, 422, 422), "post"
    ),
    ("accounts:factor_remove", "post"): Access(
        at("/my/security/factors/1/remove/"), (302, 404, 404, 404, 404, 404), "post"
    ),
    ("accounts:recovery_list", "get"): Access(
        at("/workbench/account-recovery/"), (302, 403, 403, 403, 403, 403), also={"sena": 200}
    ),
    ("accounts:recovery_list", "post"): Access(
        at("/workbench/account-recovery/"), (302, 403, 403, 403, 403, 403), "post", also={"sena": 422}
    ),
    ("accounts:sessions_end", "get"): Access(
        at("/workbench/account-sessions/"), (302, 403, 403, 403, 403, 403), also={"sena": 200}
    ),
    ("accounts:sessions_end", "post"): Access(
        at("/workbench/account-sessions/"), (302, 403, 403, 403, 403, 403), "post", also={"sena": 422}
    ),
    ("accounts:recovery_detail", "get"): Access(a_recovery, (302, 403, 403, 403, 403, 403), also={"sena": 200}),
    ("accounts:recovery_detail", "post"): Access(
        a_recovery, (302, 403, 403, 403, 403, 403), "post", also={"sena": 422}
    ),
    ("accounts:recovery_stop", "get"): everyone(at("/accounts/stop/nothing/"), 404),
    ("accounts:recovery_stop", "post"): everyone(at("/accounts/stop/nothing/"), 404, method="post"),
    ("accounts:recovery_stop_own", "post"): Access(
        lambda: a_recovery().replace("/workbench/account-recovery/", "/my/security/recovery/") + "stop/",
        (302, 302, 404, 404, 404, 404),
        "post",
        also=NOT_RITA,
    ),
    ("accounts:identity_connect", "get"): everyone(at("/accounts/identity/connect/"), 302),
    ("accounts:identity_begin", "post"): everyone(at("/accounts/identity/gov/"), 404, method="post"),
    ("accounts:identity_callback", "get"): everyone(
        at("/accounts/identity/gov/callback/"), 404, door=Kind.WRITES_ON_GET
    ),
    ("accounts:identity_disconnect", "post"): Access(
        at("/accounts/identity/gov/disconnect/"), (302, 404, 404, 404, 404, 404), "post"
    ),
    ("accounts:wechat_config", "get"): everyone(at("/accounts/wechat/config.json"), 404),
    ("accounts:session_end", "post"): Access(
        at("/my/security/sessions/end/"), (302, 404, 404, 404, 404, 404), "post", {"session": "nobody"}
    ),
    ("accounts:sign_in_card", "get"): Access(at("/accounts/card/"), (200, 302, 302, 302, 302, 302)),
    ("accounts:sign_in_card", "post"): Access(at("/accounts/card/"), (422, 302, 302, 302, 302, 302), "post"),
    ("accounts:own_identity", "get"): Access(at("/my/identity/"), (302, 200, 200, 200, 200, 200)),
    ("accounts:own_identity", "post"): Access(
        at("/my/identity/"), (302, 422, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE
    ),
    ("accounts:own_family", "get"): Access(at("/my/family/"), (302, 200, 200, 200, 200, 200)),
    ("accounts:own_family", "post"): Access(
        at("/my/family/"), (302, 404, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE
    ),
    ("accounts:identity_withdraw", "post"): Access(
        lambda: a_verification() and "/my/identity/withdraw/",
        (302, 302, 403, 403, 403, 403),
        "post",
        also=NOT_AS_HOUSE | {"victor": 404},
    ),
    ("accounts:own_proof", "get"): Access(
        lambda: f"/my/identity/proof/{a_verification()}/",
        (302, 200, 403, 403, 403, 403),
        also=NOT_AS_HOUSE | {"victor": 404},
    ),
    ("accounts:card_block_own", "post"): Access(
        at("/my/identity/card/block/"), (302, 404, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE
    ),
    ("accounts:card_stop_own", "post"): Access(
        at("/my/identity/card/stop/"), (302, 404, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE
    ),
    ("accounts:identity_review_list", "get"): Access(at("/workbench/identity/"), (302, 403, 403, 200, 200, 403)),
    ("accounts:identity_review", "get"): Access(
        lambda: f"/workbench/identity/{a_verification()}/", (302, 403, 403, 200, 404, 403)
    ),
    ("accounts:identity_review", "post"): Access(
        lambda: f"/workbench/identity/{a_verification()}/", (302, 403, 403, 422, 404, 403), "post"
    ),
    ("accounts:identity_proof", "get"): Access(
        lambda: f"/workbench/identity/{a_verification()}/proof/", (302, 403, 403, 200, 404, 403)
    ),
    ("accounts:errand_list", "get"): Access(at("/workbench/counter/errands/"), (302, 403, 403, 200, 200, 403)),
    ("accounts:errand", "get"): Access(an_errand, (302, 403, 403, 200, 404, 403)),
    ("accounts:errand", "post"): Access(an_errand, (302, 403, 403, 422, 404, 403), "post"),
    ("accounts:counter_register", "get"): Access(at("/workbench/counter/people/"), (302, 403, 403, 200, 200, 403)),
    ("accounts:counter_register", "post"): Access(
        at("/workbench/counter/people/"), (302, 403, 403, 422, 422, 403), "post"
    ),
    ("accounts:counter_person", "get"): Access(at_counter, (302, 403, 403, 200, 404, 403)),
    ("cases:service_list", "get"): everyone(at("/services/")),
    ("cases:service", "get"): everyone(at("/services/community-group-filing/")),
    ("cases:can_we", "get"): everyone(at("/services/community-group-filing/can-we/?c1=no")),
    ("cases:decided", "get"): everyone(at("/services/decided/")),
    ("cases:results", "get"): everyone(at("/services/results/")),
    ("cases:rate", "get"): Access(
        lambda: f"/cases/{a_closed_case()}/rate/", (302, 200, 404, 404, 404, 404), also=NOT_RITA
    ),
    ("cases:rate", "post"): Access(
        lambda: f"/cases/{a_closed_case()}/rate/", (302, 422, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("cases:rating_list", "get"): Access(at("/workbench/ratings/"), (302, 403, 403, 200, 200, 403)),
    ("cases:rating_answer", "get"): Access(
        lambda: f"/workbench/ratings/{a_bad_rating()}/", (302, 403, 403, 200, 404, 403)
    ),
    ("cases:rating_answer", "post"): Access(
        lambda: f"/workbench/ratings/{a_bad_rating()}/", (302, 403, 403, 422, 404, 403), "post"
    ),
    ("cases:progress", "get"): everyone(at("/services/progress/")),
    ("cases:progress", "post"): everyone(at("/services/progress/"), 422, method="post"),
    ("cases:begin", "get"): Access(at("/services/community-group-filing/begin/"), (302, 200, 200, 200, 200, 200)),
    ("cases:begin", "post"): Access(
        at("/services/community-group-filing/begin/"), (302, 422, 403, 403, 403, 403), "post", also=NOT_AS_HOUSE
    ),
    ("cases:case_list", "get"): Access(at("/cases/"), (302, 200, 403, 403, 403, 403)),
    ("cases:case", "get"): Access(lambda: f"/cases/{a_case()}/", (302, 200, 404, 404, 404, 404), also=NOT_RITA),
    ("cases:page", "get"): Access(
        lambda: f"/cases/{a_case()}/form/group/", (302, 200, 404, 404, 404, 404), also=NOT_RITA
    ),
    ("cases:page", "post"): Access(
        lambda: f"/cases/{a_case()}/form/group/", (401, 302, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("cases:autosave", "post"): Access(
        lambda: f"/cases/{a_case()}/form/group/save/", (302, 200, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("cases:check", "get"): Access(lambda: f"/cases/{a_case()}/check/", (302, 200, 404, 404, 404, 404), also=NOT_RITA),
    ("cases:check", "post"): Access(
        lambda: f"/cases/{a_case()}/check/", (302, 422, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("cases:withdraw", "get"): Access(
        lambda: f"/cases/{a_case()}/withdraw/", (302, 200, 404, 404, 404, 404), also=NOT_RITA
    ),
    ("cases:withdraw", "post"): Access(
        lambda: f"/cases/{a_case()}/withdraw/", (302, 302, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("cases:file", "get"): Access(
        lambda: a_case_file("/cases/", handed=False), (302, 200, 404, 404, 404, 404), also=NOT_RITA
    ),
    ("cases:document", "get"): Access(a_document, (302, 200, 404, 404, 404, 404), also=NOT_RITA),
    ("cases:document_receive", "post"): Access(
        lambda: f"{a_document()}receive/", (302, 302, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("cases:document_file", "get"): Access(
        lambda: f"{a_document(received=True)}file/", (302, 200, 404, 404, 404, 404), also=NOT_RITA
    ),
    ("cases:office_document", "get"): Access(lambda: a_document("/workbench/cases/"), (302, 403, 403, 200, 404, 403)),
    ("cases:office_document", "post"): Access(
        lambda: a_document("/workbench/cases/"), (302, 403, 403, 422, 404, 403), "post"
    ),
    ("cases:office_document_file", "get"): Access(
        lambda: f"{a_document('/workbench/cases/')}file/", (302, 403, 403, 200, 404, 403)
    ),
    ("cases:volume", "get"): Access(
        lambda: f"/workbench/cases/{a_closed_case()}/volume/", (302, 403, 403, 200, 404, 403)
    ),
    ("cases:talk", "get"): Access(lambda: f"/cases/{a_case()}/talk/", (302, 200, 404, 404, 404, 404), also=NOT_RITA),
    ("cases:talk", "post"): Access(
        lambda: f"/cases/{a_case()}/talk/", (302, 422, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("cases:link", "get"): Access(lambda: f"/cases/{a_case()}/link/", (302, 200, 404, 404, 404, 404), also=NOT_RITA),
    ("cases:link", "post"): Access(
        lambda: f"/cases/{a_case()}/link/", (302, 422, 404, 404, 404, 404), "post", also=NOT_RITA
    ),
    ("cases:message_file", "get"): Access(a_message_file, (302, 200, 404, 404, 404, 404), also=NOT_RITA),
    ("cases:asked", "get"): Access(at("/workbench/asked/"), (302, 403, 403, 200, 200, 403)),
    ("cases:asked_one", "get"): Access(a_case_question, (302, 403, 403, 200, 404, 403)),
    ("cases:asked_one", "post"): Access(a_case_question, (302, 403, 403, 422, 404, 403), "post"),
    ("cases:asked_file", "get"): Access(lambda: f"{a_case_question()}file/", (302, 403, 403, 200, 404, 403)),
    ("cases:queue", "get"): Access(at("/workbench/cases/"), (302, 403, 403, 200, 200, 403)),
    ("cases:figures", "get"): Access(at("/workbench/case-list/figures/"), (302, 403, 403, 200, 200, 403)),
    ("cases:together", "post"): Access(at("/workbench/case-list/together/"), (302, 403, 403, 422, 422, 403), "post"),
    ("cases:views", "post"): Access(at("/workbench/case-list/views/"), (302, 403, 403, 422, 422, 403), "post"),
    ("cases:review", "get"): Access(lambda: f"/workbench/cases/{a_case('handed in')}/", (302, 403, 403, 200, 404, 403)),
    ("cases:paper", "get"): Access(
        lambda: a_case_file("/workbench/cases/", handed=True), (302, 403, 403, 200, 404, 403)
    ),
    ("cases:act", "post"): Access(
        lambda: f"/workbench/cases/{a_case('handed in')}/return/", (302, 403, 403, 422, 404, 403), "post"
    ),
    ("accounts:counter_person", "post"): Access(at_counter, (302, 403, 403, 422, 404, 403), "post"),
}

#: Views that may write although they are called by GET: none yet (the OpenID Connect callback will be the first).
WRITES_ON_GET: set[str] = {"accounts:identity_callback"}
#: Views that answer without a transaction and an actor.
NO_TRANSACTION = {"healthz", "openapi"}
