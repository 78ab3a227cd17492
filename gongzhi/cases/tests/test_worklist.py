"""The office's workbench: filters, saved views, a case beside the list, acts over several cases, keys and figures."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongzhi.audit.models import Event as AuditEvent
from gongzhi.audit.models import Look
from gongzhi.cases import actions, worklist
from gongzhi.cases.enums import Outcome
from gongzhi.cases.models import Case, CaseType, Clock, Decision, SavedView, Task
from gongzhi.cases.tests import people
from gongzhi.cases.tests.test_pages import signed_in, text_of
from gongzhi.cases.tests.test_transferring import another, now, told
from gongzhi.config.seeds import SEEDER
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs.acting import for_agency
from gongzhi.orgs.enums import Role
from tests.world import account_of, actor_of

SYSTEM = Actor.system("tests")
QUEUE = "/workbench/cases/"
TOGETHER = "/workbench/case-list/together/"


def change(case: Case, **values: object) -> None:
    with acting(SYSTEM):
        Case.objects.filter(pk=case.pk).update(**values)


def republish(**decision: object) -> None:
    """The filing with another decision: two persons, or not to be approved together."""
    row = CaseType.objects.published().get(code=people.FILING)
    steps = [dict(one) for one in row.body["steps"]]
    steps[-1]["two_persons"] = decision.pop("two_persons", False)
    body = row.body | {"decision": row.body["decision"] | decision, "steps": steps}
    with acting(SEEDER):
        CaseType.objects.filter(pk=row.pk).update(state="retired")
        CaseType.objects.create(
            code=row.code, version=row.version + 1, body=body, sha256=uuid.uuid4().bytes * 2, state="published",
            published_at=row.published_at,
        )  # fmt: skip


# --- the list ---


@pytest.mark.django_db
def test_filters_are_links_with_the_number_each_keeps_and_a_chosen_one_takes_itself_away() -> None:
    late, mine, rest = people.handed_in(), people.handed_in(), people.handed_in()
    change(late, due_on=today() - dt.timedelta(days=1), due_settled=True, findings=2)
    with acting(actor_of("dana")) as officer:
        actions.take_case(actor=officer, case=mine)
    dana = signed_in("dana")
    page = dana.get(QUEUE)
    facets = {one["label"]: {str(each["label"]): each for each in one["links"]} for one in page.context["facets"]}
    counts = {str(label): {name: each["count"] for name, each in links.items()} for label, links in facets.items()}
    assert counts[str(worklist.NAMES["who"])] == {
        str(worklist.WHO["mine"]): 1,
        str(worklist.WHO["nobody"]): 2,
    }
    assert counts[str(worklist.NAMES["found"])] == {
        str(worklist.FOUND["none"]): 2,
        str(worklist.FOUND["some"]): 1,
    }
    url = facets[worklist.NAMES["due"]][str(worklist.DUE["overdue"])]["url"]
    kept = dana.get(f"{QUEUE}{url}")
    assert [one["case"].pk for one in kept.context["rows"]] == [late.pk]
    back = next(each["url"] for one in kept.context["facets"] for each in one["links"] if each["on"])
    assert len(dana.get(f"{QUEUE}{back}").context["rows"]) == 3
    both = dana.get(f"{QUEUE}?due=overdue&who=mine")
    assert not both.context["rows"]
    strange = dana.get(f"{QUEUE}?due=nonsense&state=draft&who=%27&type=%00&view=x&cursor=x")
    assert {one["case"].pk for one in strange.context["rows"]} == {late.pk, mine.pk, rest.pk}
    assert page.context["rows"][0]["case"].pk == late.pk  # what is due first stands first


@pytest.mark.django_db
def test_a_view_is_kept_for_oneself_replaced_by_its_name_and_forgotten() -> None:
    people.handed_in()
    dana, url = signed_in("dana"), "/workbench/case-list/views/"
    for body in ({"name": "  ", "due": "overdue"}, {"name": "空"}, {"name": "空", "due": "nonsense"}):
        assert dana.post(url, body).status_code == 422, body
    sent = dana.post(url, {"name": "超期的", "due": "overdue", "found": "some"})
    assert sent.headers["Location"] == f"{QUEUE}?due=overdue&found=some"
    dana.post(url, {"name": "超期的", "due": "today"})
    with acting(actor_of("dana")) as officer:
        kept = SavedView.objects.visible_to(officer).get()
        assert kept.asked == {"due": "today"}
        for number in range(actions.working.MOST_VIEWS - 1):
            actions.save_view(actor=officer, name=f"视图{number}", asked={"due": "today"})
        with pytest.raises(RuleViolation, match=str(actions.working.MOST_VIEWS)):
            actions.save_view(actor=officer, name="多了", asked={"due": "today"})
    assert "超期的" in text_of(dana.get(QUEUE))
    assert "超期的" not in text_of(signed_in("edith").get(QUEUE))
    signed_in("edith").post(url, {"remove": str(kept.pk)})
    assert SavedView.objects.filter(pk=kept.pk).exists()
    dana.post(url, {"remove": str(kept.pk)})
    assert not SavedView.objects.filter(pk=kept.pk).exists()
    with acting(actor_of("rita")) as rita, pytest.raises(NotAllowed):
        actions.save_view(actor=rita, name="x", asked={"due": "today"})
    with acting(actor_of("rita")) as rita, pytest.raises(NotAllowed):
        actions.remove_view(actor=rita, number=kept.pk)


@pytest.mark.django_db
def test_a_case_stands_beside_the_list_with_its_checks_first_and_the_look_is_recorded() -> None:
    case = people.handed_in()
    dana = signed_in("dana")
    before = Look.objects.filter(purpose__startswith="cases.").count()
    assert dana.get(QUEUE).status_code == 200
    assert Look.objects.filter(purpose__startswith="cases.").count() == before  # the list alone is no look
    page = text_of(dana.get(f"{QUEUE}?open={case.public_id}"))
    assert Look.objects.filter(purpose__startswith="cases.").count() > before
    pane = page[page.index('id="pane"') :]
    assert pane.index("/papers/") < pane.index(str(people.FILLED["group"]["purpose"]))
    assert f"{QUEUE}{case.public_id}/accept/" in pane
    assert signed_in("edith").get(f"{QUEUE}?open={case.public_id}").status_code == 404
    assert dana.get(f"{QUEUE}?open=nothing").status_code == 404


@pytest.mark.django_db
def test_numbers_stand_beside_those_of_the_last_time_and_no_personal_answer_is_opened_for_it() -> None:
    first = people.handed_in()
    with acting(actor_of("dana")) as dana:
        assert worklist.compared(dana, now(first)) == (None, [])
    second = people.hand_in(people.fill(people.begin(), people={"members": "39"}, money={"amount": "600.25"}))
    with acting(actor_of("dana")) as dana:
        before = Look.objects.count()
        previous, rows = worklist.compared(dana, now(second))
    assert Look.objects.count() == before
    assert previous is not None
    assert previous.pk == first.pk
    assert {(one.before, one.now, one.change) for one in rows} >= {("26", "39", 50), ("1,200.50", "600.25", -50)}
    assert "+50%" in text_of(signed_in("dana").get(f"{QUEUE}{second.public_id}/"))


@pytest.mark.django_db
def test_the_list_and_the_figures_ask_as_often_for_three_cases_as_for_thirty() -> None:
    counts = []
    dana = signed_in("dana")
    for rounds in (3, 9):
        for number in range(rounds):
            case = people.handed_in()
            if number % 2:
                with acting(actor_of("dana")) as officer:
                    actions.take_case(actor=officer, case=case)
        found = []
        for url in (QUEUE, f"{QUEUE}?who=nobody", "/workbench/case-list/figures/"):
            dana.get(url)
            with CaptureQueriesContext(connection) as queries:
                assert dana.get(url).status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]


# --- several at once ---


@pytest.mark.django_db
def test_several_cases_are_given_to_a_named_officer_and_what_may_not_be_is_listed() -> None:
    one, two = people.handed_in(), people.handed_in()
    colleague = another("同××")
    reader = another("读××", Role.READER)
    with acting(actor_of("rita")) as rita:
        actions.withdraw_case(actor=rita, case=two)
    dana = signed_in("dana")
    body = {"case": [one.public_id, two.public_id], "officer": str(colleague.person_id), "do": "assign"}
    page = dana.post(TOGETHER, body)
    assert [case.pk for case in page.context["done"]] == [one.pk]
    assert [case.pk for case, _why in page.context["refused"]] == [two.pk]
    assert now(one).assignee == colleague.person_id
    assert told(colleague.person_id, "cases.case_assigned") == 1
    assert AuditEvent.objects.filter(case_id=one.pk, event="cases.case.assigned").count() == 1
    bads: list[dict[str, object]] = [{"officer": ""}, {"officer": "x"}, {"case": []}]
    for bad in bads:
        assert dana.post(TOGETHER, {**body, **bad}).status_code == 422, bad
    refused = dana.post(TOGETHER, body | {"officer": str(reader.person_id)})
    assert not refused.context["done"]
    assert len(refused.context["refused"]) == 2
    foreign = signed_in("edith").post(TOGETHER, body)
    assert foreign.status_code == 422  # another division's cases are none
    with acting(actor_of("rosa")) as rosa, pytest.raises(NotAllowed):
        actions.assign_case(actor=rosa, case=one, person_id=colleague.person_id)


@pytest.mark.django_db
def test_only_faultless_cases_are_approved_together_each_with_its_own_decision() -> None:
    good, asking, early = people.examined("rita"), people.examined("victor"), people.handed_in("rita")
    with acting(actor_of("victor")) as victor:
        actions.ask_office(actor=victor, case=asking, text="还要补什么吗？")
    dana = signed_in("dana")
    body = {"case": [one.public_id for one in (good, asking, early)], "do": "approve"}
    page = dana.post(TOGETHER, body)
    assert [case.pk for case in page.context["done"]] == [good.pk]
    refused = {case.pk: str(why) for case, why in page.context["refused"]}
    assert set(refused) == {asking.pk, early.pk}
    for why in refused.values():
        assert why in text_of(page)
    with acting(SYSTEM):
        assert Decision.objects.filter(outcome=Outcome.APPROVED).count() == 1
        assert AuditEvent.objects.filter(event="cases.case.decided").values_list("case_id", flat=True)[0] == good.pk
    assert now(asking).state == "accepted"
    again = dana.post(TOGETHER, body | {"case": [good.public_id]})
    assert not again.context["done"]


@pytest.mark.django_db
def test_a_case_with_a_finding_a_service_decided_one_by_one_and_ones_own_are_not_approved_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = people.examined()
    with acting(actor_of("dana")) as dana:
        with monkeypatch.context() as patched:
            patched.setattr(actions.working, "advice", lambda case, answers: ["名称与另一组织相近"])
            found = actions.approve_faultless(actor=dana, cases=[case])
        assert "名称与另一组织相近" in str(found.refused[0][1])
    with acting(SYSTEM):
        Case.objects.filter(pk=case.pk).update(begun_by=account_of("dana").person_id)
    with acting(actor_of("dana")) as dana:
        own = actions.approve_faultless(actor=dana, cases=[now(case)])
    assert not own.done
    assert len(own.refused) == 1
    republish(bulk=False)
    single = people.examined("victor")
    with acting(actor_of("dana")) as dana:
        assert not actions.approve_faultless(actor=dana, cases=[single]).done
        with pytest.raises(RuleViolation, match="30"):
            actions.approve_faultless(actor=dana, cases=[single] * 31)
    assert now(case).state == now(single).state == "accepted"


@pytest.mark.django_db
def test_where_two_persons_decide_approving_together_proposes_and_another_one_confirms() -> None:
    republish(two_persons=True)
    case = people.examined()
    second = another("副××")
    with acting(actor_of("dana")) as dana:
        assert [one.pk for one in actions.approve_faultless(actor=dana, cases=[case]).done] == [case.pk]
        assert now(case).state == "accepted"
        with pytest.raises(NotAllowed):
            actions.confirm_decision(actor=dana, case=case)
    actor = for_agency(second, people.office().pk, uuid.uuid4())
    assert actor is not None
    with acting(actor) as other:
        actions.confirm_decision(actor=other, case=case)
    assert now(case).state == "approved"


# --- figures ---


@pytest.mark.django_db
def test_figures_count_what_is_open_and_how_punctual_the_office_was_by_officer_and_service() -> None:
    cases = [people.handed_in() for _number in range(3)]
    change(cases[0], due_on=today(), due_settled=True)
    change(cases[1], due_on=today() - dt.timedelta(days=2), due_settled=True)
    with acting(actor_of("dana")) as dana:
        for case, days in ((cases[2], 0), (people.handed_in("victor"), 90)):
            actions.take_case(actor=dana, case=case)
            if days:
                Clock.objects.filter(case=case).update(started_on=today() - dt.timedelta(days=days))
            actions.refuse_acceptance(actor=dana, case=case, reason="x")
        Case.objects.filter(pk=cases[2].pk).update(days_used=3)
        whole = worklist.figures(dana, today())
        assert (whole.open, whole.today, whole.overdue, whole.closed, whole.median_days, whole.on_time) == (
            2,
            1,
            1,
            2,
            1.5,
            50,
        )
        officers = worklist.figures_by(dana, today(), "assignee")
        assert {(one.open, one.closed) for one in officers} == {(2, 0), (0, 2)}
        services = worklist.figures_by(dana, today(), "type__code")
        assert [(one.label, one.open, one.on_time) for one in services] == [
            (str(cases[0].type.definition.title), 2, 50)
        ]
        assert not Task.objects.filter(done_at=None).exists()
    page = text_of(signed_in("dana").get("/workbench/case-list/figures/"))
    assert "50%" in page
    with acting(actor_of("edith")) as edith:
        assert worklist.figures(edith, today()).open == 0
