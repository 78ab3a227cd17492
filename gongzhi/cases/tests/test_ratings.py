"""Ratings of services: once, by the applicant, when it is over; bad ones answered; sums public, nobody named."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongzhi.accounts.selectors import masked_names
from gongzhi.audit.models import Look
from gongzhi.cases import actions
from gongzhi.cases.enums import Grade, Outcome
from gongzhi.cases.models import Case, Rating, SealedText, Tally
from gongzhi.cases.tests import people
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify.models import Message
from tests.test_access import signed_in
from tests.world import account_of, actor_of

SYSTEM = Actor.system("tests")


def rated(grade: int = 5, **more: Any) -> Rating:
    """Rita says how her filing went."""
    case = people.refused()
    said: dict[str, Any] = {"trips": 2, "trip_reasons": ["collect", "paper"], "words": "窗口让我跑了两趟"} | more
    with acting(actor_of("rita")) as rita:
        return actions.rate_case(actor=rita, case=case, grade=grade, **said)


@pytest.mark.django_db
def test_a_case_is_rated_once_by_its_applicant_when_it_is_over() -> None:
    running = people.accepted()
    with acting(actor_of("rita")) as rita, pytest.raises(RuleViolation) as early:
        actions.rate_case(actor=rita, case=running, grade=5, trips=0)
    assert early.value.code == "cases.not_over"
    with acting(actor_of("dana")) as dana:
        actions.finish_step(actor=dana, case=running, task=running.task_rows.get(done_at=None))
        actions.decide(actor=dana, case=running, outcome=Outcome.REFUSED, reason="不符合条件")
        with pytest.raises(NotAllowed):
            actions.rate_case(actor=dana, case=running, grade=5, trips=0)
    with acting(actor_of("rita")) as rita:
        for bad in ({"grade": 6, "trips": 0}, {"grade": 5, "trips": 100}, {"grade": 5, "trips": -1}):
            with pytest.raises(RuleViolation):
                actions.rate_case(actor=rita, case=running, grade=bad["grade"], trips=bad["trips"])
        with pytest.raises(RuleViolation):
            actions.rate_case(actor=rita, case=running, grade=5, trips=1, trip_reasons=["nothing"])
        actions.rate_case(actor=rita, case=running, grade=5, trips=0, trip_reasons=["collect"])
        with pytest.raises(RuleViolation) as twice:
            actions.rate_case(actor=rita, case=running, grade=1, trips=0)
        assert twice.value.code == "cases.rated"
        only = Rating.objects.get(case=running)
        assert (only.grade, only.trip_reasons, only.answer_by) == (5, [], None)
        with pytest.raises(IntegrityError), transaction.atomic():
            Rating.objects.create(case=running, person_id=running.person_id, path="44/", grade=1, trips=0, by_person=1)
    assert Tally.objects.get().grades == {"5": 1}


@pytest.mark.django_db
def test_what_was_taken_back_is_not_rated() -> None:
    case = people.handed_in()
    with acting(actor_of("rita")) as rita:
        actions.withdraw_case(actor=rita, case=case)
        with pytest.raises(RuleViolation):
            actions.rate_case(actor=rita, case=case, grade=1, trips=0)


@pytest.mark.django_db
def test_a_bad_rating_is_answered_in_time_and_the_sums_say_so() -> None:
    rating = rated(grade=Grade.DISSATISFIED)
    assert rating.answer_by is not None
    assert rating.answer_by >= today() + dt.timedelta(days=15)
    with acting(SYSTEM):
        office = Message.objects.filter(person_id=account_of("dana").person_id).values_list("kind", flat=True)
        assert "cases.rating_bad" in office
        sealed = SealedText.objects.get(place="rating")
        assert "窗口".encode() not in bytes(sealed.text_sealed)
    with acting(actor_of("edith")) as edith, pytest.raises(Rating.DoesNotExist):
        actions.answer_rating(actor=edith, rating=rating, words="不是我们的")
    with acting(actor_of("rosa")) as rosa, pytest.raises(NotAllowed):
        actions.answer_rating(actor=rosa, rating=rating, words="只读的人")
    with acting(actor_of("dana")) as dana:
        with pytest.raises(RuleViolation) as empty:
            actions.answer_rating(actor=dana, rating=rating, words="  ")
        assert empty.value.field == "words"
        actions.answer_rating(actor=dana, rating=rating, words="以后材料一次说清")
        with pytest.raises(RuleViolation):
            actions.answer_rating(actor=dana, rating=rating, words="再答一次")
    tally = Tally.objects.get()
    assert (tally.rated, tally.bad, tally.answered, tally.answered_in_time, tally.trips) == (1, 1, 1, 1, 2)
    assert tally.reasons == {"collect": 1, "paper": 1}
    with acting(SYSTEM):
        told = Message.objects.filter(person_id=account_of("rita").person_id).values_list("kind", flat=True)
        assert "cases.rating_answered" in told


@pytest.mark.django_db
def test_a_good_rating_is_not_answered_and_a_late_answer_is_late() -> None:
    good = rated(grade=Grade.FAIR)
    with acting(actor_of("dana")) as dana, pytest.raises(RuleViolation):
        actions.answer_rating(actor=dana, rating=good, words="谢谢")
    with acting(SYSTEM):
        Rating.objects.update(grade=1, answer_by=today() - dt.timedelta(days=1))
    with acting(actor_of("dana")) as dana:
        actions.answer_rating(actor=dana, rating=good, words="答复晚了")
    assert (Tally.objects.get().answered, Tally.objects.get().answered_in_time) == (1, 0)


@pytest.mark.django_db
def test_the_applicant_rates_by_page_and_reads_the_answer_there(client: Client) -> None:
    case = people.refused()
    signed_in(client, "rita")
    page = client.get(f"/cases/{case.public_id}/", secure=True).content.decode()
    assert f"/cases/{case.public_id}/rate/" in page
    wrong = client.post(f"/cases/{case.public_id}/rate/", {"grade": "2", "trips": "很多", "words": "慢"}, secure=True)
    assert wrong.status_code == 422
    assert "慢" in wrong.content.decode()
    sent = {"grade": "2", "trips": "３", "trip_reasons": ["collect"], "words": "慢"}
    assert client.post(f"/cases/{case.public_id}/rate/", sent, secure=True).status_code == 302
    with acting(SYSTEM):
        rating = Rating.objects.get()
    assert rating.trips == 3
    page = client.get(f"/cases/{case.public_id}/", secure=True).content.decode()
    assert "不满意" in page
    assert "/rate/" not in page
    office = Client()
    signed_in(office, "dana")
    assert str(case.number) in office.get("/workbench/ratings/", secure=True).content.decode()
    shown = office.get(f"/workbench/ratings/{rating.pk}/", secure=True).content.decode()
    assert "慢" in shown
    with acting(SYSTEM):
        assert Look.objects.filter(purpose="cases.review", case_id=case.pk).exists()
    assert office.post(f"/workbench/ratings/{rating.pk}/", {"words": ""}, secure=True).status_code == 422
    assert office.post(f"/workbench/ratings/{rating.pk}/", {"words": "已改"}, secure=True).status_code == 302
    assert "已改" in client.get(f"/cases/{case.public_id}/", secure=True).content.decode()


@pytest.mark.django_db
def test_results_and_decided_cases_are_public_and_name_no_person(client: Client) -> None:
    rating = rated(grade=4)
    results = client.get("/services/results/", secure=True).content.decode()
    assert "社区社会组织备案" in results
    assert "100%" in results
    assert "领取材料" in results
    assert "窗口让我跑了两趟" not in results
    decided = client.get("/services/decided/", secure=True).content.decode()
    with acting(SYSTEM):
        case = Case.objects.get(pk=rating.case_id)
    assert str(case.number) in decided
    assert people.FILLED["group"]["name"] not in decided
    assert masked_names([case.person_id or 0])[case.person_id or 0] in decided
    assert "钱××" not in decided
    assert client.get("/services/results/?year=1999", secure=True).status_code == 200
    assert client.get("/services/results/?year=abcd", secure=True).status_code == 200


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(address, secure=True).status_code == 200
    return len(found)


@pytest.mark.django_db
def test_the_same_number_of_queries_for_three_and_nine(client: Client) -> None:
    office = Client()
    signed_in(office, "dana")
    for _time in range(3):
        rated(grade=1)
    for address in ("/services/decided/", "/services/results/"):
        client.get(address, secure=True)
    office.get("/workbench/ratings/", secure=True)
    before = [queries(client, "/services/decided/"), queries(office, "/workbench/ratings/")]
    for _time in range(6):
        rated(grade=1)
    assert [queries(client, "/services/decided/"), queries(office, "/workbench/ratings/")] == before
