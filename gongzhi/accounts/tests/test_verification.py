"""Real-name verification: a document is handed in, a person decides, and one document stands for one person."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.accounts import contracts, selectors
from gongzhi.accounts.actions import marks, reviews
from gongzhi.accounts.actions import verification as actions
from gongzhi.accounts.actions.reviews import TABLE, move_reviews, new_item
from gongzhi.accounts.contracts import IDENTITY_REVIEW, ReviewItem, ReviewPage, register_review_queue, review_queue
from gongzhi.accounts.models import Account, Person, PersonMark, Review, Verification
from gongzhi.accounts.tests.people import SYSTEM, approve, ask, born, picture, resident_number, typed
from gongzhi.audit.looks import reveal
from gongzhi.audit.models import Event, Look
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import CannotOpen
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.files.models import Upload
from gongzhi.notify.models import Message
from tests.test_access import signed_in
from tests.world import account_of, actor_of

pytestmark = pytest.mark.django_db

NUMBER = resident_number(born(46))


def of(name: str) -> int:
    return account_of(name).person_id


def fresh(row: Verification) -> Verification:
    with acting(SYSTEM):
        return Verification.objects.get(pk=row.pk)


def told(name: str) -> list[str]:
    with acting(SYSTEM):
        return list(Message.objects.filter(person_id=of(name)).order_by("pk").values_list("kind", flat=True))


# --- handing in ---


def test_a_resident_is_verified_by_an_official_of_the_division_and_gets_a_number() -> None:
    row = ask()
    assert (row.state, row.number_masked, row.born_masked) == ("asked", f"4{'*' * 16}{NUMBER[-1]}", str(born(46).year))
    assert selectors.mark_of(of("rita"), "real_name") is None
    assert selectors.age_of(of("rita")) is None
    approve(row)
    assert fresh(row).state == "verified"
    assert selectors.mark_of(of("rita"), "real_name").value == "resident_id"  # type: ignore[union-attr]
    assert selectors.age_of(of("rita")) == 46
    with acting(SYSTEM):
        person = Person.objects.get(pk=of("rita"))
        assert len(person.volunteer_number or "") == 12
        assert person.path == "44/4403/"
        assert not Review.objects.waiting().exists()
    assert "accounts.identity_decided" in told("rita")
    events = list(Event.objects.filter(event__startswith="accounts.verification").values_list("event", flat=True))
    assert sorted(events) == ["accounts.verification.asked", "accounts.verification.verified"]


def test_nothing_of_the_document_stands_in_clear_in_the_database_or_in_what_happened() -> None:
    approve(ask())
    with connection.cursor() as cursor, acting(SYSTEM):
        for table in ("accounts_verification", "accounts_person", "accounts_mark", "accounts_review", "audit_event"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            assert not any(NUMBER in row[0] or born(46).isoformat() in row[0] for row in cursor.fetchall()), table


def test_a_ciphertext_moved_to_another_row_opens_nothing_and_is_written_down() -> None:
    first, second = ask(), ask("victor", number=resident_number(born(30), 222))
    with acting(SYSTEM) as actor:
        Verification.objects.filter(pk=second.pk).update(number_sealed=fresh(first).number_sealed)
        assert reveal(actor, fresh(first), "number_sealed", purpose="verification.review") == NUMBER  # control
        with pytest.raises(CannotOpen):
            reveal(actor, fresh(second), "number_sealed", purpose="verification.review")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "library_card"}, "kind"),
        ({"name": " "}, "name"),
        ({"name": "李4"}, "name"),
        ({"number": "1"}, "number"),
        ({"number": f"{NUMBER[:-1]}{'0' if NUMBER[-1] != '0' else '1'}"}, "number"),
        ({"born_on": dt.date(1990, 1, 1)}, "born_on"),
        ({"kind": "passport", "number": "E12345678"}, "born_on"),
        ({"kind": "passport", "number": "E12345678", "born_on": dt.date(2900, 1, 1)}, "born_on"),
        ({"division": "999999"}, "division"),
        ({"division": "x"}, "division"),
        ({"number": resident_number(born(7))}, "number"),
        ({"number": resident_number(born(13))}, "number"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        ask(**changes)
    assert caught.value.field == field
    with acting(SYSTEM):
        assert not Verification.objects.exists()
        assert not Upload.objects.exists()


def test_from_fourteen_on_people_hand_in_for_themselves() -> None:
    assert ask(number=resident_number(born(14))).pk


def test_a_passport_with_the_day_of_birth_is_taken_and_an_unusual_form_is_for_the_reviewer_to_judge() -> None:
    row = ask(kind="passport", number="abc def", born_on=dt.date(1990, 5, 6))
    assert (row.doubts, row.born_masked) == ("form", "1990")


def test_only_people_for_themselves_hand_in_and_one_try_at_a_time() -> None:
    for name in ("visitor", "dana", "alice"):
        with pytest.raises(NotAllowed):
            ask(name)
    row = ask()
    with pytest.raises(RuleViolation, match="verification_exists"):
        ask()
    with acting(actor_of("rita")) as rita:
        actions.withdraw_verification(actor=rita, verification=row)
    assert (fresh(row).state, ask().state) == ("withdrawn", "asked")
    with pytest.raises(RuleViolation), acting(actor_of("rita")) as rita:
        actions.withdraw_verification(actor=rita, verification=row)


def test_only_who_handed_it_in_takes_it_back() -> None:
    row = ask()
    for name in ("victor", "dana"):
        with pytest.raises((NotAllowed, Verification.DoesNotExist)), acting(actor_of(name)) as actor:
            actions.withdraw_verification(actor=actor, verification=row)


def test_tries_of_a_day_are_few() -> None:
    for _try in range(actions.TRIES_A_DAY):
        row = ask()
        with acting(actor_of("rita")) as rita:
            actions.withdraw_verification(actor=rita, verification=row)
    with pytest.raises(RuleViolation) as caught:
        ask()
    assert caught.value.code == "accounts.too_many_tries"


# --- one person, one verified account ---


def test_who_types_anothers_number_learns_nothing_and_the_other_is_told() -> None:
    approve(ask())
    row = ask("victor")
    assert row.state == "asked"
    assert told("rita").count("accounts.document_tried") == 1


def test_a_document_in_use_verifies_another_account_only_with_a_reason_and_the_first_loses_it() -> None:
    first = approve(ask())
    second = ask("victor")
    with pytest.raises(RuleViolation) as caught:
        approve(second)
    assert (caught.value.code, fresh(first).state) == ("accounts.document_in_use", "verified")
    approve(second, because="本人持证到窗口")
    assert (fresh(first).state, fresh(second).state) == ("ended", "verified")
    assert selectors.mark_of(of("rita"), "real_name") is None
    assert selectors.mark_of(of("victor"), "real_name") is not None
    assert "accounts.identity_ended" in told("rita")


def test_the_database_itself_keeps_one_document_for_one_person() -> None:
    first = approve(ask())
    second = ask("victor", number=resident_number(born(30), 222))
    with acting(SYSTEM):
        same = bytes(fresh(first).number_index)
        Verification.objects.filter(pk=second.pk).update(number_index=same)  # waiting twice is possible
        with pytest.raises(IntegrityError, match="one_person"), transaction.atomic():
            Verification.objects.filter(pk=second.pk).update(state="verified", decided_by=1)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "verified", "decided_by": None}, "decided"),
        ({"state": "refused", "decided_by": 1, "ended_at": None}, "ends"),
        ({"state": "asked", "ended_at": timezone.now()}, "ends"),
        ({"path": "44"}, "path"),
    ],
)
def test_impossible_verifications_are_refused_by_the_database(changes: dict[str, Any], constraint: str) -> None:
    row = ask()
    with acting(SYSTEM), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Verification.objects.filter(pk=row.pk).update(**changes)
    with acting(SYSTEM):
        assert Verification.objects.filter(pk=row.pk).update(state="verified", decided_by=1, path="44/") == 1


# --- deciding ---


def test_a_refusal_says_why_and_the_person_may_try_again() -> None:
    row = ask()
    with pytest.raises(RuleViolation) as caught, acting(actor_of("dana")) as dana:
        actions.refuse_verification(actor=dana, verification=row, reason=" ")
    assert caught.value.field == "reason"
    with acting(actor_of("dana")) as dana:
        actions.refuse_verification(actor=dana, verification=row, reason="照片看不清，请重拍")
    assert fresh(row).state == "refused"
    assert ask().state == "asked"
    with pytest.raises(RuleViolation), acting(actor_of("dana")) as dana:
        actions.refuse_verification(actor=dana, verification=row, reason="x")
    with pytest.raises(RuleViolation):
        approve(row)


@pytest.mark.parametrize("name", ["rita", "victor", "rosa", "edith", "alice", "visitor"])
def test_nobody_but_an_official_of_the_division_decides(name: str) -> None:
    row = ask()

    def refuse(*, actor: Actor, verification: Verification) -> Verification:
        return actions.refuse_verification(actor=actor, verification=verification, reason="x")

    for decide in (actions.approve_verification, refuse):
        with pytest.raises((NotAllowed, Verification.DoesNotExist)), acting(actor_of(name)) as actor:
            decide(actor=actor, verification=row)
    assert fresh(row).state == "asked"


def test_nobody_decides_about_themself() -> None:
    row = ask()
    with acting(SYSTEM):
        Verification.objects.filter(pk=row.pk).update(person=of("dana"))
    with pytest.raises(NotAllowed):
        approve(row)


# --- pages ---


def test_the_person_hands_in_on_the_page_and_reads_what_became_of_it(client: Client) -> None:
    rita = signed_in(client, "rita")
    page = rita.get("/my/identity/", secure=True).content.decode()
    assert "未认证" in page
    assert 'enctype="multipart/form-data"' in page
    answer = rita.post("/my/identity/", typed(proof=picture()), secure=True)
    assert answer.status_code == 302
    page = rita.get("/my/identity/", secure=True).content.decode()
    assert NUMBER not in page
    assert f"4{'*' * 16}{NUMBER[-1]}" in page
    assert str(born(46).year) in page
    with acting(SYSTEM):
        row = Verification.objects.get()
    assert b"".join(rita.get(f"/my/identity/proof/{row.public_id}/", secure=True)).startswith(b"\x89PNG")
    approve(row)
    page = rita.get("/my/identity/", secure=True).content.decode()
    assert "已认证" in page
    assert "志愿者统一编号" in page
    assert rita.post("/my/identity/", typed(proof=picture()), secure=True).status_code in {409, 422}


def test_a_form_with_a_mistake_comes_back_with_what_was_typed(client: Client) -> None:
    rita = signed_in(client, "rita")
    answer = rita.post("/my/identity/", typed(number="4403", proof=picture()), secure=True)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="4403"' in page
    assert "18" in page
    assert 'id="id_number-error"' in page or "govuk-error-message" in page
    answer = rita.post("/my/identity/", {"kind": "resident_id"}, secure=True)
    assert answer.status_code == 422


def test_the_official_opens_name_number_and_picture_and_each_opening_stands_on_the_persons_page(
    client: Client,
) -> None:
    row = ask()
    dana, address = signed_in(client, "dana"), f"/workbench/identity/{row.public_id}/"
    assert row.public_id in dana.get("/workbench/identity/", secure=True).content.decode()
    page = dana.get(address, secure=True).content.decode()
    assert NUMBER not in page
    assert not Look.objects.filter(purpose__startswith="verification").exists()
    assert NUMBER in dana.post(address, {"show": "1"}, secure=True).content.decode()
    picture_of = dana.get(f"{address}proof/", secure=True)
    assert picture_of.status_code == 200
    assert b"".join(picture_of).startswith(b"\x89PNG")
    looks = Look.objects.filter(purpose__startswith="verification", owner_person=of("rita"))
    assert {look.purpose for look in looks} == {"verification.review", "verification.proof"}
    assert dana.post(address, {"outcome": "refuse"}, secure=True).status_code == 422
    assert dana.post(address, {"outcome": "approve", "because": ""}, secure=True).status_code == 302
    assert fresh(row).state == "verified"
    assert "没有待核实的证件" in dana.get("/workbench/identity/", secure=True).content.decode()
    other = signed_in(Client(), "rita").get("/my/looked/", secure=True).content.decode()
    assert "深圳市民政局" in other


def test_an_official_of_another_division_finds_nothing(client: Client) -> None:
    row = ask()
    edith = signed_in(client, "edith")
    assert row.public_id not in edith.get("/workbench/identity/", secure=True).content.decode()
    for address in (f"/workbench/identity/{row.public_id}/", f"/workbench/identity/{row.public_id}/proof/"):
        assert edith.get(address, secure=True).status_code == 404


def test_the_list_asks_the_same_number_of_questions_for_three_and_for_thirty(client: Client) -> None:
    dana = signed_in(client, "dana")

    def add(many: int) -> None:
        for _one in range(many):
            row = ask("victor", number=resident_number(born(30), 500 + Verification.objects.count()))
            with acting(SYSTEM):
                person = Person.objects.create(name_sealed=b"x", name_masked="×××")
                Verification.objects.filter(pk=row.pk).update(person=person)

    def questions() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert dana.get("/workbench/identity/", secure=True).status_code == 200
        return len(found)

    with acting(SYSTEM):
        actions.TRIES_A_DAY, kept = 1000, actions.TRIES_A_DAY  # type: ignore[misc]
    try:
        add(3)
        few = questions()
        add(27)
        assert questions() == few
    finally:
        actions.TRIES_A_DAY = kept  # type: ignore[misc]


# --- pictures go after their term ---


def test_the_picture_is_deleted_after_its_term_and_not_before() -> None:
    row = approve(ask())
    jobs.run_now("accounts.forget_proofs")
    assert fresh(row).upload_id is not None  # the control
    with acting(SYSTEM):
        Verification.objects.filter(pk=row.pk).update(decided_at=timezone.now() - dt.timedelta(days=31))
    for _twice in range(2):
        jobs.run_now("accounts.forget_proofs")
    with acting(SYSTEM):
        assert fresh(row).upload_id is None
        assert not Upload.objects.filter(purpose="identity").exists()
    with pytest.raises(NotAllowed):
        actions.forget_proofs(actor=actor_of("adam"))


# --- the queue of reviews ---


class OtherQueue:
    """A queue another app brings."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], ReviewItem] = {}

    def open(self, *, actor: Actor, item: ReviewItem) -> None:
        self.items.setdefault((item.kind, item.subject), item)

    def close(self, *, actor: Actor, kind: str, subject: str, outcome: str) -> None:
        self.items.pop((kind, subject), None)

    def page(self, *, actor: Actor, kind: str, cursor: str = "", size: int = 20) -> ReviewPage:
        return ReviewPage([item for item in self.items.values() if item.kind == kind][:size])

    def find(self, *, actor: Actor, kind: str, subject: str) -> ReviewItem | None:
        return self.items.get((kind, subject))

    def count(self, *, actor: Actor, kind: str) -> int:
        return len(self.page(actor=actor, kind=kind).rows)

    def hand_over(self, *, actor: Actor, limit: int) -> list[ReviewItem]:
        return [self.items.pop(key) for key in list(self.items)[:limit]]


def test_another_app_takes_the_queue_over_and_no_review_and_no_day_is_lost(client: Client) -> None:
    row, other = ask(), OtherQueue()
    with acting(SYSTEM) as actor:
        before = TABLE.find(actor=actor, kind=IDENTITY_REVIEW, subject=row.public_id)
        assert move_reviews(actor=actor, source=TABLE, target=other) == 1
        assert move_reviews(actor=actor, source=TABLE, target=other) == 0  # twice is safe
        assert other.find(actor=actor, kind=IDENTITY_REVIEW, subject=row.public_id) == before
        assert Review.objects.get().state == "moved"
    register_review_queue(other, instead=True)
    try:
        assert row.public_id in signed_in(client, "dana").get("/workbench/identity/", secure=True).content.decode()
        approve(row)
        assert other.items == {}
    finally:
        register_review_queue(TABLE, instead=True)


def test_only_the_platform_moves_reviews_and_a_second_queue_is_a_mistake() -> None:
    with pytest.raises(NotAllowed):
        move_reviews(actor=actor_of("adam"), source=TABLE, target=OtherQueue())
    with pytest.raises(ValueError, match="already"):
        register_review_queue(OtherQueue())
    register_review_queue(TABLE)
    assert review_queue() is TABLE


def test_a_review_that_fails_half_way_moves_nothing() -> None:
    class Broken(OtherQueue):
        def open(self, *, actor: Actor, item: ReviewItem) -> None:
            raise RuntimeError

    ask()
    with pytest.raises(RuntimeError), acting(SYSTEM) as actor, transaction.atomic():
        move_reviews(actor=actor, source=TABLE, target=Broken())
    with acting(SYSTEM):
        assert Review.objects.get().state == "open"


def test_a_review_is_due_in_working_days_and_counted_anew_when_holidays_are_announced() -> None:
    from gongzhi.reference import calendar

    ask()
    with acting(SYSTEM) as actor:
        row = Review.objects.get()
        assert row.days == 5
        assert row.due_on > row.since
        Review.objects.update(due_on=row.since, is_settled=False)
        assert TABLE.resettle(actor=actor, calendar=calendar.load(), since=row.since) == 1
        assert Review.objects.get().due_on == row.due_on


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [({"state": "closed"}, "closed"), ({"days": -1}, "due"), ({"due_on": dt.date(2020, 1, 1)}, "due")],
)
def test_impossible_reviews_are_refused_by_the_database(changes: dict[str, Any], constraint: str) -> None:
    ask()
    with acting(SYSTEM), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Review.objects.update(**changes)
    with acting(SYSTEM), pytest.raises(IntegrityError, match="once"), transaction.atomic():
        known = Review.objects.get()
        known.pk, known.public_id = None, "0000000000"
        known.save(force_insert=True)


def test_the_same_review_is_opened_once() -> None:
    with acting(SYSTEM) as actor:
        for _twice in range(2):
            TABLE.open(
                actor=actor,
                item=new_item(
                    kind="x", subject="y", person_id=of("rita"), path="44/", parameter="privacy.identity_review_days"
                ),
            )
        assert TABLE.count(actor=actor, kind="x") == 1
        assert reviews.TABLE.page(actor=actor, kind="x", cursor="nonsense").rows[0].is_overdue(dt.date(2999, 1, 1))


# --- marks ---


def test_a_mark_is_set_by_its_app_alone_and_holds_from_a_day_on() -> None:
    with acting(SYSTEM) as actor, pytest.raises(NotAllowed):
        marks.set_person_mark(
            actor=actor, person_id=of("rita"), code="real_name", value="x", app="volunteering", source="x", on=today()
        )
    with acting(SYSTEM) as actor:
        for _twice in range(2):
            marks.set_person_mark(
                actor=actor, person_id=of("rita"), code="real_name", value="x", app="accounts", source="x", on=today()
            )
    assert selectors.mark_of(of("rita"), "real_name", on=today() - dt.timedelta(days=1)) is None
    assert selectors.mark_of(of("rita"), "real_name") is not None
    with acting(SYSTEM):
        assert PersonMark.objects.count() == 1
    contracts.register_person_mark("real_name", "accounts")
    with pytest.raises(ValueError, match="accounts"):
        contracts.register_person_mark("real_name", "volunteering")


def test_marks_are_appended_and_never_changed() -> None:
    with acting(SYSTEM) as actor:
        marks.set_person_mark(
            actor=actor, person_id=of("rita"), code="real_name", value="x", app="accounts", source="x", on=today()
        )
        with pytest.raises(Exception, match=r"append|permission|changed"), transaction.atomic():
            PersonMark.objects.update(value="y")


def test_a_person_sees_their_own_rows_and_nobody_elses() -> None:
    ask()
    for name, many in {"rita": 1, "victor": 0, "dana": 1, "edith": 0, "alice": 0, "visitor": 0}.items():
        with acting(actor_of(name)) as actor:
            for rows in (Verification.objects, Review.objects):
                assert rows.visible_to(actor).count() == rows.count() == many, name
    assert Account.objects.exists()
