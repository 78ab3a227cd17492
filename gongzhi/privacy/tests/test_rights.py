"""Privacy rights: a copy, correction, deletion, restriction, consents; retention carried out; the register."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import gongzhi
from gongzhi.accounts.models import Account, Person
from gongzhi.audit.models import Event, Look
from gongzhi.core import jobs
from gongzhi.core.crypto import seal, unseal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.retention import Retention, rules_of
from gongzhi.core.times import today
from gongzhi.privacy import actions
from gongzhi.privacy.consents import CONSENTS
from gongzhi.privacy.enums import Ground, RequestKind, RequestState
from gongzhi.privacy.models import Consent, Question, Request
from gongzhi.privacy.register import register
from gongzhi.privacy.tests.test_looked import SYSTEM, rita, seen
from gongzhi.privacy.tests.test_people import kinds
from gongzhi.privacy.tests.test_questions import asked as asked_why
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db


def asked(kind: str = RequestKind.RESTRICT, **more: str) -> Request:
    with acting(actor_of("rita")) as actor:
        return actions.ask_about_own(actor=actor, kind=kind, **more)


def decided(request: Request, *, grant: bool = True, ground: str = "", name: str = "adam") -> Request:
    with acting(actor_of(name)) as actor:
        return actions.decide_request(actor=actor, request=request, grant=grant, answer="示例答复", ground=ground)


# --- a copy ---


def test_a_copy_holds_everything_declared_about_the_person_and_nothing_of_others(client: Client) -> None:
    with acting(SYSTEM):
        person = rita()
        person.phone_sealed = seal("13800000000", where="accounts_person.phone_sealed", pk=person.pk)
        person.save()
    seen()
    asked_why("我想知道原因")
    with acting(actor_of("rita")) as actor:
        actions.give_consent(actor=actor, purpose="surveys", version=1)
    browser = signed_in(client, "rita")
    assert browser.post("/my/data/", {"step": "ask", "kind": "copy"}, secure=True).status_code == 302
    with acting(SYSTEM):
        request = Request.objects.get(kind=RequestKind.COPY)
    jobs.DECLARED["privacy.make_copy"].function(actor=SYSTEM, request_id=request.pk)
    jobs.DECLARED["privacy.make_copy"].function(actor=SYSTEM, request_id=request.pk)  # twice makes nothing twice
    page = browser.get("/my/data/", secure=True).content.decode()
    address = re.search(r'href="(/my/data/\w+/copy/)"', page)
    assert address is not None
    packed = browser.get(address[1], secure=True).content
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert set(archive.namelist()) == {"data.json", "data.csv", "data.html"}
    data = json.loads(archive.read("data.json"))
    assert data["accounts.person"][0]["name_sealed"] == "李××"
    assert data["accounts.person"][0]["phone_sealed"] == "13800000000"
    assert data["accounts.account"][0]["email"] == "rita@world.example"
    assert data["privacy.question"][0]["says"] == "我想知道原因"
    assert data["privacy.consent"]
    assert len(data["who_looked"]) == 2
    assert "dana@world.example" not in str(data)
    for name in ("data.html", "data.csv"):
        assert "13800000000" in archive.read(name).decode()
    assert not Look.objects.filter(purpose="privacy.request").exists()  # one's own copy is no look
    with acting(SYSTEM):
        request.refresh_from_db()
        assert b"13800000000" not in bytes(request.content_sealed)
    assert signed_in(Client(), "rosa").get(address[1], secure=True).status_code == 404


def test_every_declared_model_about_a_person_is_in_the_copy() -> None:
    from gongzhi.privacy.actions.rights import _whose

    left_out = {
        model._meta.label_lower
        for model in apps.get_models()
        if getattr(model, "personal_fields", None) and not _whose(model)
    }
    # Rows that belong to no single person, or only to the officials who made them.
    # A code on its way is of no use to its person, and would be to somebody else.
    # What an office notes for itself about a case belongs to the office.
    # What an organization keeps for itself, and why an authority opened it, belong to the organization.
    # Whom an invitation is for is an address that belongs to nobody known yet.
    assert left_out <= {
        "accounts.apiclient",
        "accounts.onetimecode",
        "cases.note",
        "orgs.houserecord",
        "orgs.invitation",
        "orgs.opening",
        "privacy.export",
        "privacy.hold",
    }


# --- correction, deletion, restriction ---


def test_a_correction_is_decided_and_takes_effect_and_opening_it_is_a_look(client: Client) -> None:
    request = asked(RequestKind.CORRECT, field="name_sealed", says="黎××")
    assert b"\xe9\xbb\x8e" not in bytes(request.says_sealed)
    adam = signed_in(client, "adam")
    address = f"/workbench/data-requests/{request.public_id}/"
    assert "黎××" not in adam.get(address, secure=True).content.decode()
    assert "黎××" in adam.post(address, {"open": "1"}, secure=True).content.decode()
    assert Look.objects.filter(owner_person=rita().pk, purpose="privacy.request").count() == 1
    assert adam.post(address, {"outcome": "grant", "answer": "已更正"}, secure=True).status_code == 302
    with acting(SYSTEM):
        person = rita()
        assert unseal(person.name_sealed, where="accounts_person.name_sealed", pk=person.pk) == "黎××"
        assert person.name_masked == account_of("rita").name_masked == "黎××"
    assert kinds() == ["privacy.request_decided"]


def test_a_phone_number_of_another_account_is_not_taken_over() -> None:
    from gongzhi.core.crypto import blind_index

    with acting(SYSTEM):
        Account.objects.filter(email="rosa@world.example").update(
            phone_index=blind_index("account.phone", "13900000000")
        )
        Account.objects.filter(email="rita@world.example").update(
            phone_index=blind_index("account.phone", "13800000000")
        )
    request = asked(RequestKind.CORRECT, field="phone_sealed", says="139 0000 0000")
    with pytest.raises(RuleViolation, match="phone_used"):
        decided(request)
    with acting(SYSTEM):
        assert Request.objects.get(pk=request.pk).state == RequestState.WAITING
        Account.objects.filter(email="rosa@world.example").update(phone_index=None)
    decided(request)
    with acting(SYSTEM):
        assert rita().phone_masked == "139****0000"


def test_who_asked_for_a_restriction_lifts_it_by_page_and_at_once(client: Client) -> None:
    signed_in(client, "rita")
    assert "恢复使用我的信息" not in client.get("/my/data/", secure=True).content.decode()
    assert client.post("/my/data/", {"step": "lift"}, secure=True).status_code == 422, "nothing is restricted"
    decided(asked(RequestKind.RESTRICT))
    with acting(SYSTEM):
        assert rita().restricted_at is not None
    assert "恢复使用我的信息" in client.get("/my/data/", secure=True).content.decode()
    assert client.post("/my/data/", {"step": "lift"}, secure=True).status_code == 302
    with acting(SYSTEM):
        assert rita().restricted_at is None
        assert Event.objects.filter(event="privacy.restriction.lifted").count() == 1
    for name in ("dana", "alice"):
        with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
            actions.lift_restriction(actor=actor)


def test_restriction_and_deletion_take_effect() -> None:
    decided(asked())
    with acting(SYSTEM):
        assert rita().restricted_at is not None
    decided(asked(RequestKind.DELETE))
    with acting(SYSTEM):
        person = rita_again()
        assert (bytes(person.phone_sealed), person.phone_masked, person.path) == (b"", "", None)
        assert not Account.objects.get(email="rita@world.example").is_active


def rita_again() -> Person:
    return Person.objects.get(pk=Account.objects.get(email="rita@world.example").person_id)


def test_a_refusal_shows_its_legal_reason(client: Client) -> None:
    request = asked(RequestKind.DELETE)
    with pytest.raises(RuleViolation, match="ground_missing"):
        decided(request, grant=False)
    decided(request, grant=False, ground=Ground.KEPT_BY_LAW)
    text = signed_in(client, "rita").get("/my/data/", secure=True).content.decode()
    assert "第四十七条" in text
    assert "示例答复" in text
    with pytest.raises(RuleViolation, match="wrong_state"):
        decided(request)


@pytest.mark.parametrize("name", ["dana", "edith", "rosa", "rita"])
def test_only_the_operator_decides_and_nobody_their_own(name: str) -> None:
    request = asked()
    with pytest.raises((NotAllowed, Request.DoesNotExist)):
        decided(request, name=name)
    with acting(SYSTEM):
        Request.objects.filter(pk=request.pk).update(person_id=account_of("adam").person_id)
    with pytest.raises(NotAllowed):
        decided(request)


def test_asking_needs_what_it_asks_and_waits_once() -> None:
    for given in (
        {"kind": "nonsense"},
        {"kind": "correct", "field": "password", "says": "x"},
        {"kind": "correct", "field": "name_sealed", "says": " "},
        {"kind": "correct", "field": "phone_sealed", "says": "12"},
    ):
        with pytest.raises(RuleViolation):
            asked(**given)
    request = asked()
    with pytest.raises(RuleViolation, match="request_waits"):
        asked()
    with acting(actor_of("rita")) as actor:
        actions.take_back(actor=actor, request=request)
        with pytest.raises(RuleViolation, match="wrong_state"):
            actions.take_back(actor=actor, request=request)
    asked()
    with pytest.raises(NotAllowed), acting(actor_of("dana")) as actor:
        actions.ask_about_own(actor=actor, kind="copy")
    with pytest.raises(NotAllowed), acting(actor_of("adam")) as actor:
        actions.make_copy(actor=actor, request=request)
    copy = asked(RequestKind.COPY)
    with pytest.raises(RuleViolation, match="copy_is_made"):
        decided(copy)


def test_a_request_has_a_day_and_is_late_in_sight(client: Client) -> None:
    request = asked()
    assert request.due_on > today()
    with acting(SYSTEM):
        Request.objects.filter(pk=request.pk).update(due_on=today() - dt.timedelta(days=1))
    assert "已超期" in signed_in(client, "adam").get("/workbench/data-requests/", secure=True).content.decode()
    assert "已超期" in signed_in(Client(), "rita").get("/my/data/", secure=True).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"state": "done"}, {"state": "refused", "decided_at": timezone.now()}, {"kind": "correct"}],
)
def test_each_constraint_of_a_request_refuses_a_bad_row(wrong: dict[str, Any]) -> None:
    request = asked()
    with acting(SYSTEM):
        Request.objects.filter(pk=request.pk).update(state="withdrawn", decided_at=timezone.now())
        Request.objects.filter(pk=request.pk).update(state="waiting", decided_at=None)
        with pytest.raises(IntegrityError), transaction.atomic():
            Request.objects.filter(pk=request.pk).update(**wrong)


def test_the_wall_shows_a_request_to_its_person_and_the_operator() -> None:
    asked()
    for name, found in (("rita", 1), ("adam", 1), ("dana", 0), ("edith", 0), ("rosa", 0)):
        with acting(actor_of(name)) as actor:
            assert Request.objects.count() == Request.objects.visible_to(actor).count() == found, name


def test_the_page_of_rights_costs_the_same_for_one_request_and_many(client: Client) -> None:
    signed_in(client, "rita")

    def more(count: int) -> None:
        with acting(SYSTEM):
            Request.objects.bulk_create(
                Request(person_id=rita().pk, kind="copy", state="done", due_on=today(), decided_at=timezone.now())
                for _at in range(count)
            )

    more(3)
    with CaptureQueriesContext(connection) as few:
        client.get("/my/data/", secure=True)
    more(27)
    with CaptureQueriesContext(connection) as many:
        assert client.get("/my/data/", secure=True).status_code == 200
    assert len(few) == len(many)


# --- consent ---


def test_consent_is_given_for_a_version_and_taken_back_and_both_stay_on_record(client: Client) -> None:
    browser = signed_in(client, "rita")
    assert browser.post("/my/data/consents/surveys/", {"version": "1"}, secure=True).status_code == 302
    assert browser.post("/my/data/consents/surveys/", {"version": "1"}, secure=True).status_code == 422
    assert "已同意" in browser.get("/my/data/", secure=True).content.decode()
    assert browser.post("/my/data/consents/surveys/", {"withdraw": "1"}, secure=True).status_code == 302
    assert browser.post("/my/data/consents/surveys/", {"withdraw": "1"}, secure=True).status_code == 422
    assert browser.post("/my/data/consents/surveys/", {"version": "9"}, secure=True).status_code == 422
    with acting(actor_of("rita")) as actor:
        rows = list(Consent.objects.visible_to(actor).order_by("pk"))
    assert [(one.version, one.given) for one in rows] == [(1, True), (1, False)]
    assert rows[0].text_sha256 == CONSENTS["surveys"].current.sha256()
    with acting(actor_of("rosa")):
        assert not Consent.objects.exists()
    with acting(SYSTEM):
        with pytest.raises(DatabaseError), transaction.atomic():
            Consent.objects.update(given=True)
        with pytest.raises(DatabaseError), transaction.atomic():
            Consent.objects.all()._raw_delete("default")


def test_a_consent_has_a_version() -> None:
    with acting(SYSTEM):
        good = {"person_id": rita().pk, "purpose": "surveys", "text_sha256": "0" * 64, "given": True}
        Consent.objects.create(**good, version=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.create(**good, version=0)
    with pytest.raises(NotAllowed), acting(actor_of("dana")) as actor:
        actions.give_consent(actor=actor, purpose="surveys", version=1)
    with pytest.raises(NotAllowed), acting(actor_of("dana")) as actor:
        actions.withdraw_consent(actor=actor, purpose="surveys")


# --- where one lives ---


def test_who_names_a_division_is_found_there_and_can_take_it_back(client: Client) -> None:
    browser = signed_in(client, "rita")
    assert browser.post("/my/data/", {"step": "division", "code": "440305"}, secure=True).status_code == 302
    with acting(actor_of("dana")) as actor:
        assert Person.objects.visible_to(actor).count() == 1
    wrong = browser.post("/my/data/", {"step": "division", "code": "000001"}, secure=True)
    assert wrong.status_code == 422
    assert "000001" in wrong.content.decode()
    assert browser.post("/my/data/", {"step": "division", "code": ""}, secure=True).status_code == 302
    with acting(actor_of("dana")) as actor:
        assert Person.objects.visible_to(actor).count() == 0
    with pytest.raises(NotAllowed), acting(actor_of("dana")) as actor:
        actions.state_division(actor=actor, code="440305")


# --- retention ---

#: Models whose personal fields are kept for as long as something else exists, each with that something.
NOT_BY_CLOCK = {
    "accounts.account": "while the account exists; deletion is asked for and decided",
    "accounts.onetimecode": "a day; removed by the job accounts.forget_codes",
    "accounts.reach": "until the person changes it or the account is deleted",
    "accounts.recovery": "until the recovery ended; emptied by what ends it",
    "accounts.signin": "a year; removed by the job accounts.forget_codes",
    "files.transfer": "two days after the last piece; removed by the job files.forget_transfers",
    "accounts.person": "while the person has an account or a role; deletion is asked for and decided",
    "cases.note": "as long as the case is kept",
    "cases.sealedtext": "as long as the case is kept",
    "files.upload": "as long as the file is kept: what refers to it decides",
    "orgs.houserecord": "until the organization removes it; what was filed stays",
    "orgs.invitation": "90 days after its end; removed by the job orgs.forget_invited",
    "orgs.savedsearch": "until the person removes it",
    "privacy.consent": "proof: while the person has an account",
}


def test_every_declared_retention_is_carried_out_by_the_clock_or_says_what_ends_it() -> None:
    declared = {model._meta.label_lower for model in apps.get_models() if getattr(model, "personal_fields", None)}
    by_clock = {model._meta.label_lower for model in apps.get_models() if rules_of(model)}
    assert {"registry.objection", "accounts.apiclient", "privacy.request"} <= by_clock
    assert not by_clock & set(NOT_BY_CLOCK)
    assert declared - by_clock - set(NOT_BY_CLOCK) == set()


def test_what_was_kept_for_its_time_is_shown_first_and_then_forgotten(client: Client) -> None:
    question = asked_why()
    with acting(SYSTEM):
        old = timezone.now() - dt.timedelta(days=3 * 365 + 1)
        Question.objects.filter(pk=question.pk).update(state="answered", answer="示例", answered_at=old)
        fresh = asked_why()
    due = {(one.label, one.rule.days): one.rows for one in actions.due_now()}
    assert due["privacy.question", 1095] == 1
    page = signed_in(client, "adam").get("/workbench/retention/", secure=True).content.decode()
    assert "privacy.question" in page
    for _twice in range(2):
        jobs.run_now("privacy.forget_expired")
    with acting(SYSTEM):
        assert list(Question.objects.values_list("pk", flat=True)) == [fresh.pk]
    assert Event.objects.get(event="privacy.retention.carried_out").details == {"privacy.question.answered_at.1095": 1}
    with pytest.raises(NotAllowed), acting(actor_of("adam")) as actor:
        actions.forget_expired(actor=actor)


def test_a_rule_empties_fields_and_leaves_the_row() -> None:
    request = asked(RequestKind.COPY)
    with acting(SYSTEM) as actor:
        actions.make_copy(actor=actor, request=request)
        request.refresh_from_db()
        assert bytes(request.content_sealed)
    jobs.run_now("privacy.forget_expired", at=timezone.now() + dt.timedelta(days=6))
    with acting(SYSTEM):
        request.refresh_from_db()
        assert bytes(request.content_sealed)  # the control: its time is not over
    jobs.run_now("privacy.forget_expired", at=timezone.now() + dt.timedelta(days=8))
    with acting(SYSTEM):
        request.refresh_from_db()
        assert bytes(request.content_sealed) == b""


def test_a_rule_counts_days_of_dates_and_of_moments() -> None:
    assert Retention("until", 1).due(apps.get_model("privacy", "hold"), timezone.now()).count() == 0
    assert Retention("ended_at", 1, ("contact_masked",)).emptied(apps.get_model("accounts", "apiclient")) == {
        "contact_masked": ""
    }


# --- the register of personal data ---


def test_the_register_of_personal_data_says_what_the_models_say() -> None:
    file = Path(gongzhi.__file__).resolve().parent.parent / "docs" / "security" / "personal-data.md"
    assert file.read_text(encoding="utf-8") == register()
    assert "accounts.person" in register()


def test_a_correction_by_page_says_what_is_missing_and_keeps_what_was_typed(client: Client) -> None:
    browser = signed_in(client, "rita")
    given = {"step": "ask", "kind": "correct", "field": "", "says": "留着这句"}
    missing = browser.post("/my/data/", given, secure=True)
    assert missing.status_code == 422
    assert "留着这句" in missing.content.decode()
    assert browser.post("/my/data/", given | {"field": "name_sealed"}, secure=True).status_code == 302
    adam = signed_in(Client(), "adam")
    address = re.search(
        r"/workbench/data-requests/\w+/", adam.get("/workbench/data-requests/", secure=True).content.decode()
    )
    assert address is not None
    refusal = {"outcome": "refuse", "answer": "示例答复"}
    assert adam.post(address[0], refusal, secure=True).status_code == 422
    assert adam.post(address[0], refusal | {"ground": "not_proven"}, secure=True).status_code == 302
