"""A filing from the first word to its effect in the register, and everything that is refused on the way."""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from gongzhi.accounts.models import Account
from gongzhi.audit.models import Event as AuditEvent
from gongzhi.audit.models import Look
from gongzhi.cases import actions
from gongzhi.cases.actions.handing_in import NotComplete
from gongzhi.cases.enums import ClockKind, Event, Outcome, State
from gongzhi.cases.models import Case, Clock, Decision, Draft, Patch, SealedText, Status, Submission, Task
from gongzhi.cases.selectors import answers_of, check_case
from gongzhi.cases.tests import people
from gongzhi.config.seeds import SEEDER
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.notify.models import Message
from gongzhi.orgs.enums import Kind, OrgRole
from gongzhi.orgs.models import Membership, Organization
from gongzhi.registry.models import Version
from tests.world import account_of, actor_of

SYSTEM = Actor.system("tests")


def now(case: Case) -> Case:
    with acting(SYSTEM):
        return Case.objects.select_related("type", "agency").get(pk=case.pk)


def events(case: Case) -> list[str]:
    with acting(SYSTEM):
        return list(Status.objects.filter(case=case).order_by("pk").values_list("event", flat=True))


# --- the whole way ---


@pytest.mark.django_db
def test_a_filing_goes_from_the_first_word_to_the_register() -> None:
    case = people.approved()
    case = now(case)
    assert case.state == State.APPROVED
    assert case.number
    assert case.number.startswith("BA-")
    assert events(case) == ["begun", "submitted", "accepted", "step_done", "approved"]
    body = Organization.objects.get(pk=case.subject_org_id or 0)
    assert (body.kind, body.name, body.path) == (Kind.COMMUNITY_GROUP, people.FILLED["group"]["name"], "44/4403/")
    assert body.number.startswith("SQ440300-")
    assert body.credit_code is None
    version = Version.objects.get(org=body)
    assert version.source.case_number == case.number
    assert version.source.seal is not None
    assert version.purpose == "丰富居民文体生活"
    assert version.legal_representative == "李××"
    owner = Membership.objects.get(org=body, role=OrgRole.OWNER)
    assert owner.person_id == account_of("rita").person_id
    with acting(SYSTEM):
        decision = Decision.objects.get(case=case)
        assert decision.effect["reference"] == body.number
        assert not Task.objects.filter(case=case, done_at=None).exists()
        assert not Clock.objects.filter(case=case, stopped_on=None).exists()


@pytest.mark.django_db
def test_a_refusal_has_no_effect_and_its_reason_is_read_by_the_applicant() -> None:
    case = people.examined()
    before = Organization.objects.count()
    with acting(actor_of("dana")) as dana, pytest.raises(RuleViolation) as refused:
        actions.decide(actor=dana, case=case, outcome=Outcome.REFUSED)
    assert refused.value.field == "reason"
    with acting(actor_of("dana")) as dana:
        actions.decide(actor=dana, case=case, outcome=Outcome.REFUSED, reason="活动不在社区范围内")
    assert now(case).state == State.REFUSED
    assert Organization.objects.count() == before
    with acting(actor_of("rita")) as rita:
        words = SealedText.objects.visible_to(rita).get(case=case, place="decision")
        assert bytes(words.text_sealed).find("社区".encode()) == -1


@pytest.mark.django_db
def test_the_applicant_is_told_at_every_turn_and_the_office_too() -> None:
    case = people.approved()
    with acting(SYSTEM):
        kinds = Message.objects.filter(person_id=account_of("rita").person_id).values_list("kind", flat=True)
        assert {"cases.case_submitted", "cases.case_accepted", "cases.case_decided"} <= set(kinds)
        office = Message.objects.filter(person_id=account_of("dana").person_id).values_list("kind", flat=True)
        assert "cases.case_waits" in office
    assert AuditEvent.objects.filter(case_id=case.pk, event="cases.case.decided").exists()


# --- what is not allowed ---


@pytest.mark.django_db
def test_nobody_sees_a_draft_but_who_writes_it() -> None:
    case = people.fill(people.begin())
    for name in ("dana", "edith", "adam", "victor", "alice", "rosa"):
        with acting(actor_of(name)) as actor:
            assert not Case.objects.visible_to(actor).filter(pk=case.pk).exists(), name
            assert not Draft.objects.filter(case_id=case.pk).exists(), name
            assert not SealedText.objects.filter(case_id=case.pk).exists(), name
    people.hand_in(case)
    with acting(actor_of("dana")) as dana:
        assert Case.objects.visible_to(dana).filter(pk=case.pk).exists()
        assert not Draft.objects.filter(case_id=case.pk).exists()
        assert SealedText.objects.visible_to(dana).filter(case_id=case.pk).count() == 4
    with acting(actor_of("edith")) as edith:
        assert not Case.objects.filter(pk=case.pk).exists()
        assert edith.agency_id


@pytest.mark.django_db
def test_each_action_is_refused_to_who_may_not() -> None:
    case = people.begin()
    section = case.type.definition.sections[0]
    with acting(actor_of("alice")) as alice, pytest.raises(NotAllowed):
        actions.start_case(actor=alice, case_type=people.filing(), agency=people.office())
    for name in ("victor", "dana", "alice"):
        with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
            actions.save_page(actor=actor, case=case, section=section, changes={}, base=0, nonce=uuid.uuid4())
    handed = people.hand_in(people.fill(case))
    with acting(actor_of("rosa")) as rosa, pytest.raises(NotAllowed):
        actions.accept_case(actor=rosa, case=handed)
    with acting(actor_of("edith")) as edith, pytest.raises(Case.DoesNotExist):
        actions.accept_case(actor=edith, case=handed)
    with acting(actor_of("rita")) as rita, pytest.raises(NotAllowed):
        actions.return_case(actor=rita, case=handed, faults={"group.name": "x"})
    with acting(actor_of("rosa")) as rosa, pytest.raises(NotAllowed):
        actions.decide(actor=rosa, case=handed, outcome=Outcome.APPROVED)
    with acting(actor_of("dana")) as dana, pytest.raises(RuleViolation):
        actions.decide(actor=dana, case=handed, outcome=Outcome.APPROVED)
    assert now(handed).state == State.SUBMITTED


@pytest.mark.django_db
def test_nobody_decides_their_own_case() -> None:
    from gongzhi.orgs import actions as orgs
    from gongzhi.orgs.acting import for_agency
    from gongzhi.orgs.enums import Role

    case = people.examined()
    with acting(SEEDER) as seeder:
        orgs.appoint(actor=seeder, person=account_of("rita").person, agency=people.office(), role=Role.REGISTRAR)
    official = for_agency(account_of("rita"), people.office().pk, uuid.uuid4())
    assert official is not None
    with acting(official), pytest.raises(NotAllowed):
        actions.decide(actor=official, case=case, outcome=Outcome.APPROVED)


# --- handing in ---


@pytest.mark.django_db
def test_handing_in_names_every_fault_at_once_and_changes_nothing() -> None:
    case = people.begin()
    people.save(case, "group", {"name": "", "begun": "2026-13-45", "hosted": "yes"})
    people.save(case, "people", {"leader_id": "440300190001010000", "members": "很多"})
    with acting(actor_of("rita")) as rita:
        with pytest.raises(NotComplete) as refused:
            actions.submit_case(actor=rita, case=case, nonce=uuid.uuid4())
        places = {f"{one.section}.{one.key}" for one in refused.value.checked.wrong}
        assert {"group.name", "group.begun", "group.host", "people.leader_id", "people.members"} <= places
        assert {"people.founders", "papers.rules", "money.has_money", "papers.declared"} <= places
        assert "money.amount" not in places
        kept = Draft.objects.get(case=case, section="group").data
        assert kept["begun"] == "2026-13-45"
        assert not Submission.objects.filter(case=case).exists()
    assert now(case).state == State.DRAFT
    assert now(case).number is None


@pytest.mark.django_db
def test_what_stands_behind_another_choice_is_not_handed_in() -> None:
    case = people.fill(people.begin(), group={"hosted": "no", "host": "不该交的"}, money={"has_money": "no"})
    people.hand_in(case)
    with acting(SYSTEM):
        data = Submission.objects.get(case=case).data
    assert "host" not in data["group"]
    assert "amount" not in data["money"]


@pytest.mark.django_db
def test_handing_in_twice_is_handing_in_once() -> None:
    case = people.fill(people.begin())
    nonce = uuid.uuid4()
    with acting(actor_of("rita")) as rita:
        first, code = actions.submit_case(actor=rita, case=case, nonce=nonce)
        second, none = actions.submit_case(actor=rita, case=case, nonce=nonce)
        assert first.number == second.number
        assert len(code) == 12
        assert none == ""
        with pytest.raises(RuleViolation, match=r"cases\.handed_in"):
            actions.submit_case(actor=rita, case=case, nonce=uuid.uuid4())
        assert Submission.objects.filter(case=case).count() == 1
        assert not Patch.objects.filter(case=case).exists()


@pytest.mark.django_db
def test_personal_answers_stand_nowhere_in_clear() -> None:
    case = people.handed_in()
    number = people.FILLED["people"]["leader_id"]
    with acting(SYSTEM), connection.cursor() as cursor:
        for table in ("cases_draft", "cases_submission", "cases_sealed_text", "cases_status", "cases_case"):
            cursor.execute(f"SELECT string_agg(t::text, '') FROM {table} t")
            text = cursor.fetchone()[0] or ""
            assert number not in text, table
            assert "13900000001" not in text, table
        data = Submission.objects.get(case=case).data
    assert data["people"]["leader"]["m"] == "李××"
    assert data["people"]["leader_id"]["m"] == f"{number[0]}{'*' * 16}{number[-1]}"


@pytest.mark.django_db
def test_an_official_who_opens_answers_leaves_a_look() -> None:
    case = people.handed_in()
    with acting(actor_of("dana")) as dana:
        answers = answers_of(actor=dana, case=now(case))
        assert answers.text("people.leader_id") == people.FILLED["people"]["leader_id"]
        assert answers.get("money.amount") == 120050
        assert answers.get("group.begun").isoformat() == "2026-03-08"
    look = Look.objects.get(subject_kind="cases.case", owner_person=account_of("rita").person_id)
    assert (look.case_id, look.purpose, look.fields) == (case.pk, "cases.decide", ["answers"])


# --- correction ---


@pytest.mark.django_db
def test_sending_back_names_everything_stops_the_clock_and_keeps_every_word() -> None:
    case = people.handed_in()
    with acting(actor_of("dana")) as dana:
        with pytest.raises(RuleViolation):
            actions.return_case(actor=dana, case=case, faults={})
        with pytest.raises(RuleViolation):
            actions.return_case(actor=dana, case=case, faults={"group.nothing": "x"})
        status = actions.return_case(
            actor=dana,
            case=case,
            faults={"group.name": "名称里缺少街道", "people.members": "与名册不符"},
            reason="请一次补齐",
        )
        assert status.faulty == ["group.name", "people.members"]
        assert Clock.objects.filter(case=case, kind=ClockKind.CORRECT, stopped_on=None).exists()
    assert now(case).state == State.CORRECTION
    assert people.save(case, "group", {"name": "示例区××街道××社区合唱队"}).clashes == ()
    case = people.hand_in(case)
    assert now(case).state == State.SUBMITTED
    assert now(case).round == 2
    assert now(case).name == "示例区××街道××社区合唱队"
    assert events(case)[-2:] == [Event.RETURNED, Event.RESUBMITTED]
    with acting(SYSTEM):
        assert [one.data["group"]["name"] for one in Submission.objects.filter(case=case).order_by("round")] == [
            "示例区××街道××社区舞蹈队",
            "示例区××街道××社区合唱队",
        ]
        words = SealedText.objects.get(pk=status.words_id or 0)
    with acting(actor_of("rita")) as rita:
        from gongzhi.audit.looks import reveal

        said = json.loads(reveal(rita, words, "text_sealed", purpose="cases.own", own=True))
    assert said["faults"]["group.name"] == "名称里缺少街道"


@pytest.mark.django_db
def test_a_case_can_be_taken_back_until_it_is_over() -> None:
    case = people.accepted()
    with acting(actor_of("rita")) as rita:
        actions.withdraw_case(actor=rita, case=case, reason="不办了")
        with pytest.raises(RuleViolation):
            actions.withdraw_case(actor=rita, case=case)
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):
        actions.return_case(actor=dana, case=case, faults={"group.name": "x"})
    assert now(case).state == State.WITHDRAWN


# --- constraints ---


@pytest.mark.django_db
def test_a_case_has_one_applicant_and_a_number_once_it_is_handed_in() -> None:
    case = people.begin()
    rita: Account = account_of("rita")
    with acting(SYSTEM):
        for wrong in ({"person": None}, {"number": "BA-2026-999999"}, {"path": "44/4403/"}, {"state": "nowhere"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Case.objects.filter(pk=case.pk).update(**wrong)
        assert Case.objects.filter(pk=case.pk, person_id=rita.person_id).exists()


@pytest.mark.django_db
def test_the_second_person_of_a_decision_is_another_one() -> None:
    case = people.examined()
    with acting(SYSTEM):
        row = {"case": case, "path": case.path, "outcome": "approved", "needs_second": True, "by_person": 7}
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(**row, second_by=7)
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(**row, decided_at=case.state_since)
        Decision.objects.create(**row, second_by=8, decided_at=case.state_since)
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(**row)


@pytest.mark.django_db
def test_statuses_and_submissions_are_appended_and_published_types_frozen() -> None:
    case = people.handed_in()
    with acting(SYSTEM), connection.cursor() as cursor:
        for statement in (
            "UPDATE cases_status SET event = 'approved'",
            "DELETE FROM cases_status",
            "UPDATE cases_submission SET round = 9",
            "UPDATE cases_type SET body = '{}'",
            "DELETE FROM cases_type",
        ):
            with pytest.raises(Exception, match=r"permission denied|append-only|frozen"), transaction.atomic():
                cursor.execute(statement)
        cursor.execute("UPDATE cases_status SET path = '44/' WHERE case_id = %s", [case.pk])
        assert cursor.rowcount == 2


@pytest.mark.django_db
def test_what_is_typed_is_checked_for_the_applicant_without_handing_in() -> None:
    case = people.fill(people.begin())
    with acting(actor_of("rita")) as rita:
        assert check_case(actor=rita, case=case).wrong == []
