"""Who is in charge of a registered organization: claimed with proof, confirmed, disputed, admitted, refused."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.accounts.selectors import verified_name
from gongzhi.accounts.tests.people import approve, ask, born, resident_number
from gongzhi.audit.models import Event, Look
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.files.actions import receive, send
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.files.models import Upload
from gongzhi.files.selectors import linked
from gongzhi.files.tests.samples import pdf
from gongzhi.files.tests.test_actions import close
from gongzhi.notify.models import Message
from gongzhi.orgs import contracts
from gongzhi.orgs.acting import for_organization, for_self
from gongzhi.orgs.actions import claims
from gongzhi.orgs.contracts import representative_of
from gongzhi.orgs.enums import Basis, ClaimState, OrgRole, OwnerSays
from gongzhi.orgs.models import Claim, Membership, Organization
from gongzhi.orgs.selectors import by_identity, lines_above, registry_of, same_name
from gongzhi.registry.models import Version
from tests.test_access import signed_in
from tests.world import GUANGDONG, HUANGPU, SHENZHEN, account_of, actor_of

SYSTEM = Actor.system("tests")


def house(code: str = SHENZHEN) -> Organization:
    return Organization.objects.get(credit_code=code)


def ownerless() -> Organization:
    """The body in Shenzhen without anybody in charge."""
    Membership.objects.filter(org=house()).delete()
    return house()


def letter(name: str = "victor", code: str = SHENZHEN) -> Upload:
    with acting(for_self(account_of(name), uuid.uuid4())) as actor:
        owner = Owner(person_id=actor.person_id, path=house(code).path)
        return receive(actor=actor, stream=io.BytesIO(pdf()), name="授权书.pdf", purpose=Purpose.DOCUMENT, owner=owner)


def claimed(name: str = "victor", code: str = SHENZHEN, **more: str) -> Claim:
    paper = letter(name, code)
    with acting(for_self(account_of(name), uuid.uuid4())) as actor:
        return claims.claim_organization(
            actor=actor, organization=house(code), basis=Basis.LETTER, letter=paper, **more
        )


def again(claim: Claim) -> Claim:
    with acting(SYSTEM):
        return Claim.objects.select_related("org").get(pk=claim.pk)


def told(name: str) -> list[str]:
    with acting(SYSTEM):
        rows = Message.objects.filter(person_id=account_of(name).person_id, kind__startswith="orgs.")
        return list(rows.order_by("pk").values_list("kind", flat=True))


class Everybody:
    """Says that everybody is called so and was verified."""

    def __init__(self, name: str) -> None:
        self.name = name

    def name_of(self, *, person_id: int = 0, org_id: int = 0) -> str:
        return self.name


@pytest.fixture
def verified(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    approve(ask("victor", name="钱××", number=resident_number(born(50), 123)))
    monkeypatch.setattr(contracts, "_representatives", [Everybody("钱××")])


# --- asking ---


@pytest.mark.django_db
def test_a_letter_goes_to_the_registry_when_nobody_is_in_charge() -> None:
    ownerless()
    claim = claimed(says="我是理事长")
    assert (claim.state, claim.path, claim.owner_due_on) == (ClaimState.WAITING, "44/4403/", None)
    assert told("dana") == ["orgs.claim_raised"]
    assert told("edith") == told("rosa") == []  # another division, and no permission
    assert "魏".encode() not in bytes(claim.name_sealed)
    assert claim.name_masked == "魏××"


@pytest.mark.django_db
def test_where_somebody_is_in_charge_that_person_is_asked_first_and_has_a_day() -> None:
    claim = claimed()
    assert claim.state == ClaimState.WITH_OWNER
    assert claim.owner_due_on is not None
    assert claim.owner_due_on > today()
    assert told("alice") == ["orgs.claim_to_owner"]
    assert told("dana") == told("bob") == []


@pytest.mark.django_db
def test_nobody_claims_in_another_capacity_twice_or_where_they_belong_already() -> None:
    paper = letter()
    with acting(actor_of("carol")) as carol, pytest.raises(NotAllowed):
        claims.claim_organization(actor=carol, organization=house(), basis=Basis.LETTER, letter=paper)
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):
        claims.claim_organization(actor=dana, organization=house(), basis=Basis.LETTER, letter=paper)
    with pytest.raises(RuleViolation, match="already_member"):
        claimed("bob")
    claimed()
    with pytest.raises(RuleViolation, match="claimed_already"):
        claimed()
    with pytest.raises(RuleViolation, match="body_ended"):
        claimed("rita", HUANGPU)


@pytest.mark.django_db
def test_a_letter_is_ones_own_and_there_are_only_so_many_open_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = letter("rita")
    with acting(for_self(account_of("victor"), uuid.uuid4())) as victor:
        for wrong in (None, paper):
            with pytest.raises(RuleViolation, match="letter_missing"):
                claims.claim_organization(actor=victor, organization=house(), basis=Basis.LETTER, letter=wrong)
        with pytest.raises(RuleViolation, match="text_too_long"):
            claims.claim_organization(
                actor=victor, organization=house(), basis=Basis.LETTER, letter=paper, says="长" * 2001
            )
    monkeypatch.setattr(claims, "CLAIMS_OPEN", 1)
    claimed()
    with pytest.raises(RuleViolation, match="claims_full"):
        claimed(code=GUANGDONG)
    monkeypatch.setattr(claims, "CLAIMS_OPEN", 5)
    monkeypatch.setattr(claims, "CLAIMS_A_DAY", 1)
    with acting(SYSTEM):  # taken back, and still counted
        Claim.objects.update(state=ClaimState.WITHDRAWN, ended_at=timezone.now())
    with pytest.raises(RuleViolation, match="claims_full"):
        claimed(code=GUANGDONG)


@pytest.mark.django_db
def test_a_verified_identity_proves_it_only_when_it_is_the_legal_representatives(verified: None) -> None:
    ownerless()
    with acting(for_self(account_of("victor"), uuid.uuid4())) as victor:
        claim = claims.claim_organization(actor=victor, organization=house(), basis=Basis.VERIFIED)
    assert (claim.basis, claim.upload_id) == (Basis.VERIFIED, None)
    assert claim.state == ClaimState.WAITING  # two people can have one name: an officer still looks


@pytest.mark.django_db
def test_verified_under_another_name_it_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "_representatives", [Everybody("钱××")])
    approve(ask("victor", name="孙××", number=resident_number(born(50), 124)))
    found = by_identity(house(), account_of("victor").person_id)
    assert (found.verified, found.stated, found.same, found.holds) == (True, True, False, False)


@pytest.mark.django_db
def test_without_verification_the_second_way_says_what_is_missing(client: Client) -> None:
    assert verified_name(account_of("victor").person_id) is None
    missing = by_identity(house(), account_of("victor").person_id)
    assert not missing.holds
    with acting(for_self(account_of("victor"), uuid.uuid4())) as victor, pytest.raises(RuleViolation) as error:
        claims.claim_organization(actor=victor, organization=house(), basis=Basis.VERIFIED)
    assert error.value.field == "basis"
    page = signed_in(client, "victor").get(f"/orgs/{SHENZHEN}/in-charge/", secure=True).content.decode()
    assert "还缺什么" in page
    assert 'value="verified"' not in page


@pytest.mark.django_db
def test_the_register_says_who_the_legal_representative_is() -> None:
    assert representative_of(house().pk) == ""
    Version.objects.filter(org=house())  # the table is append-only: a correction is the way
    from gongzhi.registry.actions import correct_item

    with acting(actor_of("dana")) as dana:
        correct_item(actor=dana, organization=house(), item="legal_representative", value="钱××", reason="示例")
    assert representative_of(house().pk) == "钱××"


def test_spaces_width_and_the_middle_dot_do_not_make_another_name() -> None:
    assert same_name("阿不都·××", "阿不都 ××")
    assert same_name("李 ××", "李××")
    assert not same_name("李××", "黎××")
    assert not same_name("", "")
    assert lines_above("44/4403/") == ["/", "44/", "44/4403/"]
    assert lines_above("/") == ["/"]


@pytest.mark.django_db
def test_the_nearest_registry_that_reaches_the_organization_decides() -> None:
    found = registry_of(house())
    assert found is not None
    assert found.name == "深圳市民政局"
    assert registry_of(house(GUANGDONG)) is None  # nobody of the province works here, and the city is below it


# --- the person in charge ---


@pytest.mark.django_db
def test_a_person_in_charge_who_confirms_admits_at_once() -> None:
    claim = claimed()
    with acting(actor_of("bob")) as bob, pytest.raises(NotAllowed):
        claims.confirm_claim(actor=bob, claim=claim)
    with acting(actor_of("carol")) as carol, pytest.raises((NotAllowed, Claim.DoesNotExist)):
        claims.confirm_claim(actor=carol, claim=claim)
    with acting(actor_of("alice")) as alice:
        made = claims.confirm_claim(actor=alice, claim=claim)
        with pytest.raises(RuleViolation, match="claim_not_yours"):
            claims.confirm_claim(actor=alice, claim=claim)
        with pytest.raises(RuleViolation, match="claim_not_yours"):
            claims.dispute_claim(actor=alice, claim=claim, words="示例")
    assert (made.role, made.given_by) == (OrgRole.OWNER, account_of("alice").person_id)
    assert again(claim).owner_says == OwnerSays.CONFIRMED
    assert told("victor") == ["orgs.claim_decided"]


@pytest.mark.django_db
def test_a_disputed_claim_goes_to_the_registry_with_the_reason() -> None:
    claim = claimed()
    with acting(actor_of("bob")) as bob, pytest.raises(NotAllowed):
        claims.dispute_claim(actor=bob, claim=claim, words="示例")
    with acting(actor_of("alice")) as alice:
        with pytest.raises(RuleViolation, match="reason_missing"):
            claims.dispute_claim(actor=alice, claim=claim, words=" ")
        claims.dispute_claim(actor=alice, claim=claim, words="此人已离职")
    row = again(claim)
    assert (row.state, row.owner_says, row.owner_words) == (ClaimState.WAITING, OwnerSays.DISPUTED, "此人已离职")
    assert told("victor") == ["orgs.claim_passed_on"]
    assert told("dana") == ["orgs.claim_raised"]
    with acting(actor_of("dana")) as dana:
        claims.admit_claim(actor=dana, claim=row)
    assert told("alice") == ["orgs.claim_to_owner", "orgs.owner_joined"]  # the other side learns it


@pytest.mark.django_db
def test_silence_hands_the_claim_to_the_registry_after_the_day_and_not_before() -> None:
    claim = claimed()
    assert claim.owner_due_on is not None
    with acting(actor_of("alice")) as alice, pytest.raises(NotAllowed):
        claims.pass_claims_on(actor=alice)
    for day, state in ((claim.owner_due_on, ClaimState.WITH_OWNER), (None, ClaimState.WAITING)):
        with acting(SYSTEM) as system:
            late = day or claim.owner_due_on + dt.timedelta(days=11)
            claims.pass_claims_on(actor=system, day=late)
        assert again(claim).state == state
    assert again(claim).owner_says == OwnerSays.SILENT
    with acting(SYSTEM) as system:
        assert claims.pass_claims_on(actor=system, day=claim.owner_due_on + dt.timedelta(days=12)) == 0
    jobs.run_now("orgs.pass_claims_on")
    assert told("dana") == ["orgs.claim_raised"]


# --- the registry ---


@pytest.mark.django_db
def test_the_officer_above_admits_and_the_person_acts_for_the_organization() -> None:
    body = ownerless()
    claim = claimed()
    for name in ("edith", "rosa", "adam", "victor"):
        with acting(actor_of(name)) as other, pytest.raises((NotAllowed, Claim.DoesNotExist)):
            claims.admit_claim(actor=other, claim=claim)
    with acting(actor_of("dana")) as dana:
        claims.admit_claim(actor=dana, claim=claim)
        with pytest.raises(RuleViolation, match="wrong_state"):
            claims.admit_claim(actor=dana, claim=claim)
    assert for_organization(account_of("victor"), body.pk, uuid.uuid4()) is not None
    assert again(claim).state == ClaimState.ADMITTED
    assert told("victor") == ["orgs.claim_decided"]
    assert Event.objects.filter(event="orgs.owner.admitted").latest("at").details == {"basis": "letter"}


@pytest.mark.django_db
def test_a_refusal_has_a_reason_and_the_person_may_claim_again() -> None:
    ownerless()
    claim = claimed()
    with acting(actor_of("rosa")) as rosa, pytest.raises(NotAllowed):
        claims.refuse_claim(actor=rosa, claim=claim, answer="示例")
    with acting(actor_of("dana")) as dana:
        with pytest.raises(RuleViolation, match="reason_missing"):
            claims.refuse_claim(actor=dana, claim=claim, answer="")
        claims.refuse_claim(actor=dana, claim=claim, answer="缺少公章")
        with pytest.raises(RuleViolation, match="wrong_state"):
            claims.refuse_claim(actor=dana, claim=claim, answer="缺少公章")
    assert again(claim).answer == "缺少公章"
    assert claimed().state == ClaimState.WAITING


@pytest.mark.django_db
def test_the_registry_waits_while_the_person_in_charge_has_time() -> None:
    claim = claimed()
    with acting(actor_of("dana")) as dana:
        with pytest.raises(RuleViolation, match="claim_with_owner"):
            claims.admit_claim(actor=dana, claim=claim)
        with pytest.raises(RuleViolation, match="claim_with_owner"):
            claims.refuse_claim(actor=dana, claim=claim, answer="示例")


@pytest.mark.django_db
def test_nobody_is_admitted_to_a_body_that_ended_meanwhile() -> None:
    asked_first, body = claimed(), house()
    Organization.objects.filter(pk=body.pk).update(standing="cancelled")
    with acting(actor_of("alice")) as alice, pytest.raises(RuleViolation, match="body_ended"):
        claims.confirm_claim(actor=alice, claim=asked_first)
    with acting(actor_of("alice")) as alice:
        claims.dispute_claim(actor=alice, claim=asked_first, words="示例")
    with acting(actor_of("dana")) as dana:
        with pytest.raises(RuleViolation, match="body_ended"):
            claims.admit_claim(actor=dana, claim=asked_first)
        claims.refuse_claim(actor=dana, claim=asked_first, answer="该组织已注销")


@pytest.mark.django_db
def test_an_officer_does_not_decide_their_own_claim() -> None:
    ownerless()
    claim = claimed("dana")
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):
        claims.admit_claim(actor=dana, claim=claim)


@pytest.mark.django_db
def test_who_claims_takes_it_back_while_it_waits() -> None:
    claim = claimed()
    with acting(for_self(account_of("rita"), uuid.uuid4())) as rita:
        with pytest.raises((NotAllowed, Claim.DoesNotExist)):
            claims.withdraw_claim(actor=rita, claim=claim)
    with acting(for_self(account_of("victor"), uuid.uuid4())) as victor:
        claims.withdraw_claim(actor=victor, claim=claim)
        with pytest.raises(RuleViolation, match="wrong_state"):
            claims.withdraw_claim(actor=victor, claim=claim)


# --- what the database refuses ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "refused"},
        {"state": "admitted"},
        {"state": "nothing"},
        {"state": "with_owner"},
        {"upload_id": None},
        {"basis": "verified"},
        {"basis": "representative"},
        {"state": "refused", "ended": True, "decided_by": -1},
        {"state": "admitted", "ended": True, "decided_by": 0},
    ],
)
def test_a_claim_that_cannot_be_is_refused_by_the_database(wrong: dict[str, object]) -> None:
    ownerless()
    claim = claimed()
    with acting(SYSTEM):
        row = Claim.objects.filter(pk=claim.pk)
        values = dict(wrong)
        if values.pop("ended", False):
            values["ended_at"] = timezone.now()
        if values.get("decided_by") == 0:
            values["decided_by"] = claim.person_id  # oneself
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**values)
        row.update(state="refused", answer="示例", ended_at=timezone.now(), decided_by=account_of("dana").person_id)


@pytest.mark.django_db
def test_the_database_takes_one_open_claim_of_a_person_to_an_organization() -> None:
    claim = claimed()
    with acting(SYSTEM), pytest.raises(IntegrityError), transaction.atomic():
        claim.pk, claim.public_id = None, "ANOTHER001"
        claim.save(force_insert=True)


def test_the_second_wall_shows_a_claim_to_its_person_its_organization_and_the_registry(fresh_database: str) -> None:
    claimed()
    seen = {}
    for name in ("victor", "rita", "alice", "carol", "dana", "edith", "adam"):
        with acting(actor_of(name)) as actor:
            seen[name] = (Claim.objects.count(), Claim.objects.visible_to(actor).count())
    assert seen == {
        "victor": (1, 1),
        "rita": (0, 0),
        "alice": (1, 1),
        "carol": (0, 0),
        "dana": (1, 1),
        "edith": (0, 0),
        "adam": (1, 1),
    }


# --- pages ---


@pytest.mark.django_db
def test_a_claim_by_page_keeps_what_was_typed_and_ends_at_the_persons_own_page(client: Client) -> None:
    ownerless()
    browser = signed_in(client, "victor")
    assert "我是本组织负责人" in browser.get(f"/orgs/{SHENZHEN}/", secure=True).content.decode()
    address = f"/orgs/{SHENZHEN}/in-charge/"
    empty = browser.post(address, {"basis": "letter", "says": "我是理事长"}, secure=True)
    assert empty.status_code == 422
    assert "我是理事长" in empty.content.decode()
    not_a_paper = SimpleUploadedFile("授权书.pdf", b"nothing")
    wrong = browser.post(address, {"basis": "letter", "letter": not_a_paper}, secure=True)
    assert wrong.status_code == 422
    good = browser.post(address, {"basis": "letter", "letter": SimpleUploadedFile("授权书.pdf", pdf())}, secure=True)
    assert good.status_code == 302
    assert good.headers["Location"].startswith("/my/claims/")
    assert "等待登记管理机关" in browser.get("/my/", secure=True).content.decode()
    assert "等待登记管理机关" in browser.get(good.headers["Location"], secure=True).content.decode()
    assert browser.get(address, secure=True).content.decode().count('name="letter"') == 0  # asked already


@pytest.mark.django_db
def test_the_officer_opens_name_and_letter_admits_by_page_and_the_person_sees_both_looks(client: Client) -> None:
    ownerless()
    claim = claimed()
    browser = signed_in(client, "dana")
    assert claim.public_id in browser.get("/workbench/claims/", secure=True).content.decode()
    address = f"/workbench/claims/{claim.public_id}/"
    assert "打开授权书" in browser.get(address, secure=True).content.decode()
    assert browser.post(address, {"show": "name"}, secure=True).status_code == 200
    link = browser.get(f"{address}letter/", secure=True)
    with acting(actor_of("dana")) as dana:
        upload, purpose = linked(dana, link.headers["Location"].removeprefix("/files/open/").rstrip("/"))
        paper = send(upload, actor=dana, purpose=purpose)
    assert paper.headers["Content-Type"] == "application/pdf"
    close(paper)
    victor = account_of("victor").person_id
    assert Look.objects.filter(owner_person=victor, purpose="orgs.claim").count() == 2
    assert browser.post(address, {"outcome": "refuse", "answer": ""}, secure=True).status_code == 422
    assert browser.post(address, {"outcome": "admit"}, secure=True).status_code == 302
    assert Membership.objects.get(org=house(), ended_at=None).person_id == victor


@pytest.mark.django_db
def test_the_desk_shows_the_person_in_charge_what_waits_and_takes_the_answer(client: Client) -> None:
    claim = claimed()
    browser = signed_in(client, "alice")
    assert claim.public_id in browser.get("/desk/", secure=True).content.decode()
    assert claim.public_id not in signed_in(Client(), "bob").get("/desk/", secure=True).content.decode()
    address = f"/desk/claims/{claim.public_id}/"
    assert browser.post(address, {"outcome": "dispute", "words": ""}, secure=True).status_code == 422
    assert browser.post(address, {"outcome": "dispute", "words": "此人已离职"}, secure=True).status_code == 302
    assert "此人已离职" in browser.get(address, secure=True).content.decode()
    assert claim.public_id not in browser.get("/desk/", secure=True).content.decode()


@pytest.mark.django_db
def test_three_claims_and_thirty_need_the_same_queries(client: Client) -> None:
    ownerless()
    first = claimed()
    browser = signed_in(client, "dana")
    counted = []
    for more in (2, 27):
        with acting(SYSTEM):
            for _each in range(more):
                row = Claim.objects.get(pk=first.pk)
                row.pk, row.public_id = None, uuid.uuid4().hex[:10].upper()
                row.state, row.ended_at = "withdrawn", row.asked_at
                row.save(force_insert=True)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get("/workbench/claims/", secure=True).status_code == 200
        counted.append(len(seen))
    assert counted[0] == counted[1]


@pytest.mark.django_db
def test_deciding_a_claim_asks_again_who_one_is_and_keeps_what_was_typed(client: Client, settings: Any) -> None:
    settings.STEP_UP = True
    claim = claimed()
    for name, address in (
        ("alice", f"/desk/claims/{claim.public_id}/"),
        ("dana", f"/workbench/claims/{claim.public_id}/"),
    ):
        browser = signed_in(Client(), name)
        asked = browser.post(address, {"outcome": "dispute", "words": "此人已离职"}, secure=True)
        assert asked.status_code == 422
        assert 'name="proof"' in asked.content.decode()
        assert "此人已离职" in asked.content.decode()
    assert again(claim).state == ClaimState.WITH_OWNER
    settings.STEP_UP = False  # the control: without the step the page itself acts
    signed_in(client, "alice").post(
        f"/desk/claims/{claim.public_id}/", {"outcome": "dispute", "words": "此人已离职"}, secure=True
    )
    assert again(claim).state == ClaimState.WAITING
