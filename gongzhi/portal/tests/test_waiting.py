"""One list of what waits, on a person's page, an organization's desk and an official's workbench."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import pytest
from django.test import Client

from gongzhi.core import waiting
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.door import acting
from gongzhi.core.times import today
from gongzhi.core.waiting import MOST, SHOWN, Found, Recent, Waiting, what_waits, what_was_recent
from gongzhi.orgs.acting import for_self
from gongzhi.orgs.actions import members
from gongzhi.orgs.enums import OrgRole, Role
from gongzhi.orgs.models import Appointment, Claim, Membership, Organization
from gongzhi.portal.selectors import FIRST_STEPS
from gongzhi.portal.tests.test_pages import get, queries
from gongzhi.privacy.models import Question
from gongzhi.registry.actions import raise_objection
from tests import access
from tests.test_access import signed_in
from tests.world import SHENZHEN, account_of, actor_of

DAY = dt.timedelta(days=1)
SHELLS = {ActorKind.PERSON: "/my/", ActorKind.ORGANIZATION: "/desk/", ActorKind.AGENCY: "/workbench/"}


def kinds_for(name: str) -> set[str]:
    """Which kinds wait for one of the cast, in the capacity they have."""
    with acting(actor_of(name)) as actor:
        return {one.code for one in what_waits(actor).kinds}


def house() -> Organization:
    return Organization.objects.get(credit_code=SHENZHEN)


def invite(number: int) -> None:
    with acting(actor_of("alice")) as alice:
        for n in range(number):
            members.invite_member(
                actor=alice, organization=house(), address=f"guest{n}@world.example", role=OrgRole.READER
            )


def object_to(number: int) -> None:
    with acting(Actor.visitor()) as visitor:
        for n in range(number):
            raise_objection(actor=visitor, organization=house(), item="domicile", says=f"{n}", evidence="示例")


def delegate(days: int) -> Membership:
    """Victor handles something for the body in Shenzhen for some days more."""
    return Membership.objects.create(
        org=house(),
        person_id=account_of("victor").person_id,
        role=OrgRole.HANDLER,
        delegated=["files.read"],
        since=today(),
        until=today() + days * DAY,
        given_by=account_of("alice").person_id,
    )


# --- every kind, for whom it waits and for whom not ---

#: What makes something wait → its kind, for whom of the cast, and what their shell shows of it.
KINDS: dict[str, tuple[Callable[[], object], set[str], str]] = {
    "registry.objection": (access.an_objection, {"dana"}, "回复异议"),
    "registry.intake": (access.an_intake, {"dana"}, "名录.tsv"),
    "registry.doubt": (access.a_doubt, {"dana", "rosa", "adam", "sena", "aude"}, "待人工判断的值"),
    "accounts.identity_review": (access.a_verification, {"dana"}, "核验身份"),
    "accounts.errand": (access.an_errand, {"dana"}, "寄信"),
    "accounts.recovery": (access.a_recovery, set(), ""),
    "orgs.claim": (access.a_claim_with_the_registry, {"dana"}, "深圳市××社工服务社"),
    "orgs.claim_to_owner": (lambda: access._a_claim(SHENZHEN), {"alice"}, "确认或者否认他人认领"),
    "orgs.invitation": (access.an_open_invitation, {"alice"}, "v***@world.example"),
    "orgs.invited": (access.an_open_invitation, {"victor"}, "深圳市××社工服务社"),
    "privacy.question": (access.a_question, {"dana"}, "说明查看的原因"),
    "privacy.request": (access.a_request, {"adam"}, "限制使用"),
    "privacy.grant": (access.an_emergency, {"sena"}, "浙江省民政厅"),
    "privacy.hold": (access.a_hold, set(), ""),
    "cases.own": (access.a_case, {"rita"}, "填完并提交"),
    "cases.rating": (access.a_bad_rating, {"dana"}, "非常不满意"),
    "cases.case": (lambda: access.a_case("handed_in"), {"dana"}, "BA-"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_waits_for_whom_it_concerns_and_for_nobody_else(client: Client, kind: str) -> None:
    make, whom, words = KINDS[kind]
    everybody = ("rita", "alice", "bob", "carol", "victor", "dana", "rosa", "edith", "adam", "sena", "aude")
    before = {name for name in everybody if kind in kinds_for(name)}
    make()
    assert {name for name in everybody if kind in kinds_for(name)} == whom | before
    for name in whom:
        page = get(signed_in(Client(), name), SHELLS[actor_of(name).kind])
        assert words in page, name


@pytest.mark.django_db
def test_a_question_to_an_organization_waits_on_its_desk_with_its_day(client: Client) -> None:
    access.a_question_to_a_house()
    assert {"alice"} == {name for name in ("alice", "bob", "carol", "dana") if "privacy.question" in kinds_for(name)}
    with acting(actor_of("alice")) as alice:
        (line,) = [one for one in what_waits(alice).rows if one.due_on]
    assert line.due_on is not None
    assert line.due_on > today()
    assert "前" in get(signed_in(client, "alice"), "/desk/")


@pytest.mark.django_db
def test_what_a_colleague_began_waits_for_the_second_official_and_never_for_the_first() -> None:
    """Recoveries, holds, broadcasts, cards: whoever asked is not who confirms."""
    access.a_recovery()
    access.a_hold()
    Appointment.objects.create(
        person_id=account_of("rosa").person_id, agency_id=actor_of("dana").agency_id or 0, role=Role.REGISTRAR,
        since=today(),
    )  # fmt: skip
    Appointment.objects.create(
        person_id=account_of("rosa").person_id, agency_id=actor_of("sena").agency_id or 0, role=Role.SECURITY,
        since=today(),
    )  # fmt: skip
    assert "privacy.hold" not in kinds_for("dana")
    assert "privacy.hold" in kinds_for("rosa")
    assert "accounts.recovery" not in kinds_for("sena")


@pytest.mark.django_db
def test_a_recovery_waits_for_whom_it_lets_into_the_account(client: Client) -> None:
    access.a_recovery()
    assert "accounts.own_recovery" in kinds_for("rita")
    assert "accounts.own_recovery" not in kinds_for("victor")
    assert "正在为某人恢复您的账号" in get(signed_in(client, "rita"), "/my/")


@pytest.mark.django_db
def test_delegations_and_roles_wait_a_month_before_their_last_day(client: Client) -> None:
    far = delegate(60)
    assert "orgs.delegation" not in kinds_for("alice")
    far.until = today() + 20 * DAY
    far.save(update_fields=["until"])
    assert "orgs.delegation" in kinds_for("alice")
    assert "orgs.delegation" not in kinds_for("bob"), "another's last day is not shown to who only reads"
    with acting(for_self(account_of("victor"), Actor.visitor().request_id)) as victor:
        assert "orgs.delegation" in {one.code for one in what_waits(victor).kinds}, "the handler is told too"
    rosa = Appointment.objects.get(person_id=account_of("rosa").person_id)
    rosa.until = today() + 10 * DAY
    rosa.save(update_fields=["until"])
    assert "orgs.appointment" in kinds_for("rosa")
    assert "orgs.appointment" in kinds_for("sena"), "who appoints names somebody in time"
    assert "orgs.appointment" not in kinds_for("dana")


@pytest.mark.django_db
def test_cover_waits_in_its_last_week_for_both() -> None:
    access.a_cover()
    assert "orgs.cover" in kinds_for("dana")
    assert "orgs.cover" in kinds_for("rosa")
    assert "orgs.cover" not in kinds_for("edith")


# --- the order, the words, the number ---


class Fake:
    """A later app's kind of thing."""

    code = "cases.step"
    label = "示例事项"

    def __init__(self, rows: Sequence[Waiting]) -> None:
        self.rows = rows

    def is_for(self, actor: Actor) -> bool:
        return actor.kind is not ActorKind.VISITOR

    def find(self, *, actor: Actor, day: dt.date, limit: int) -> Found:
        return Found(self.rows[:limit], len(self.rows))

    def address(self, actor: Actor) -> str:
        return "/orgs/"


class FakeRecent:
    """A later app's recent things."""

    code = "cases.own"

    def is_for(self, actor: Actor) -> bool:
        return True

    def find(self, *, actor: Actor, limit: int) -> Sequence[Recent]:
        return [Recent("示例办件", str(n), "/orgs/", dt.datetime(2026, 1, n, tzinfo=dt.UTC)) for n in (3, 2, 1)]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[Waiting]], Fake]:
    monkeypatch.setattr(waiting, "_waiting", dict(waiting._waiting))
    monkeypatch.setattr(waiting, "_recent", dict(waiting._recent))

    def add(rows: Sequence[Waiting]) -> Fake:
        source = Fake(rows)
        waiting.register_waiting(source)
        return source

    return add


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["rita", "alice", "bob", "dana", "rosa", "adam", "sena", "aude"])
def test_a_later_app_adds_what_waits_without_touching_the_shells(
    client: Client, name: str, later: Callable[[Sequence[Waiting]], Fake]
) -> None:
    day = today()
    later(
        [
            Waiting("三", "", "/orgs/", since=day - 9 * DAY),
            Waiting("二", "", "/orgs/", due_on=day + 3 * DAY),
            Waiting("零", "", "/orgs/", due_on=day - DAY, is_late=True),
            Waiting("一", "", "/orgs/", due_on=day),
        ]
    )
    shell = SHELLS[actor_of(name).kind]
    signed_in(client, name)
    for page in (get(client, shell), get(client, f"{shell}waiting/"), get(client, f"{shell}waiting/?kind=cases.step")):
        places = [page.index(f'<a href="/orgs/">{word}') for word in ("零", "一", "二", "三")]
        assert places == sorted(places), "overdue first, then soonest, then what has no day"
        assert "已超期" in page, "said by a word"
        assert "今天到期" in page


def test_two_sources_of_one_name_are_a_mistake(later: Callable[[Sequence[Waiting]], Fake]) -> None:
    source = later([])
    waiting.register_waiting(source)
    with pytest.raises(ValueError, match=r"cases\.step"):
        waiting.register_waiting(Fake([]))
    recent = FakeRecent()
    waiting.register_recent(recent)
    waiting.register_recent(recent)
    with pytest.raises(ValueError, match=r"cases\.own"):
        waiting.register_recent(FakeRecent())


@pytest.mark.django_db
def test_the_list_is_bounded_says_how_many_there_are_and_leads_to_the_rest(
    client: Client, later: Callable[[Sequence[Waiting]], Fake]
) -> None:
    later([Waiting(f"第{n}件", "", "/orgs/", since=today()) for n in range(MOST + 5)])
    signed_in(client, "alice")
    page = get(client, "/desk/")
    assert page.count('<a href="/orgs/">第') == SHOWN
    assert f'全部 <span class="tn">{MOST + 5}</span> 项' in page
    whole = get(client, "/desk/waiting/")
    assert whole.count('<a href="/orgs/">第') == MOST
    assert str(MOST + 5) in whole
    one = get(client, "/desk/waiting/?kind=cases.step")
    assert "示例事项" in one
    assert "/orgs/" in one


@pytest.mark.django_db
def test_an_unknown_kind_shows_all_and_an_empty_one_says_so(client: Client) -> None:
    access.an_objection()
    signed_in(client, "dana")
    assert "回复异议" in get(client, "/workbench/waiting/?kind=%00x&kind=")
    assert "回复异议" not in get(client, "/workbench/waiting/?kind=privacy.hold")
    assert "没有待办事项" in get(client, "/workbench/waiting/?kind=privacy.hold")


@pytest.mark.django_db
@pytest.mark.parametrize("shell", ["/workbench/", "/workbench/waiting/"])
def test_a_workbench_asks_the_same_number_of_questions_for_3_objections_and_30(client: Client, shell: str) -> None:
    signed_in(client, "dana")
    object_to(3)
    few = queries(client, shell)
    object_to(27)
    assert queries(client, shell) == few


@pytest.mark.django_db
@pytest.mark.parametrize("shell", ["/desk/", "/desk/waiting/"])
def test_a_desk_asks_the_same_number_of_questions_for_3_invitations_and_30(client: Client, shell: str) -> None:
    signed_in(client, "alice")
    invite(3)
    few = queries(client, shell)
    invite(30)
    assert queries(client, shell) == few


@pytest.mark.django_db
def test_a_person_s_page_asks_the_same_number_of_questions_for_3_recent_things_and_30(client: Client) -> None:
    signed_in(client, "rita")
    access._a_claim()
    with acting(actor_of("rita")) as rita:
        for n in range(2):
            raise_objection(actor=rita, organization=house(), item="domicile", says=f"{n}", evidence="示例")
    few = queries(client, "/my/")
    with acting(actor_of("rita")) as rita:
        for n in range(27):
            raise_objection(actor=rita, organization=house(), item="domicile", says=f"{n}", evidence="示例")
    assert queries(client, "/my/") == few


# --- nothing waits: what to do first ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("rita", "核验身份"),
        ("alice", "邀请一位同事"),
        ("bob", "看看主管部门能看到"),
        ("edith", "上传一份登记名录"),
        ("rosa", "请假前"),
        ("adam", "参数"),
        ("sena", "设立"),
        ("aude", "查看平台上做过的操作"),
    ],
)
def test_where_nothing_waits_the_shell_says_what_to_do_first(client: Client, name: str, first: str) -> None:
    with acting(Actor.system("tests")):
        from gongzhi.registry.models import Doubt

        Doubt.objects.update(settled_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    page = get(signed_in(client, name), SHELLS[actor_of(name).kind])
    assert "没有待办事项" in page
    steps = page[page.index('class="plist steps"') :]
    assert first in steps[: steps.index("</ol>")]
    assert 1 <= steps[: steps.index("</ol>")].count("<li>") <= 3


@pytest.mark.django_db
def test_every_first_step_leads_to_a_page_its_reader_may_open(client: Client) -> None:
    for name in ("rita", "alice", "bob", "dana", "rosa", "adam", "sena", "aude"):
        actor = actor_of(name)
        browser = signed_in(Client(), name)
        for step in FIRST_STEPS[actor.kind]:
            if not step.permission or actor.may(step.permission):
                assert browser.get(step.url, secure=True).status_code == 200, (name, step.page)


# --- messages and recent things ---


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "shell"), [("rita", "/my/"), ("alice", "/desk/"), ("dana", "/workbench/")])
def test_unread_messages_are_said_on_every_shell(client: Client, name: str, shell: str) -> None:
    from gongzhi.notify.actions import notify
    from gongzhi.registry.notifications import OBJECTION_ANSWERED

    signed_in(client, name)
    assert "未读消息" not in get(client, shell)
    clock = Actor.system("tests")
    with acting(clock):
        notify(
            actor=clock, person_id=account_of(name).person_id, kind=OBJECTION_ANSWERED.code,
            params={"number": "AAAA"}, key="test:1",
        )  # fmt: skip
    assert "1 条未读消息" in get(client, shell)


@pytest.mark.django_db
def test_recent_things_of_mine_stand_newest_first_with_how_they_stand(client: Client) -> None:
    access.a_question()
    access._a_claim()
    page = get(signed_in(client, "rita"), "/my/")
    recent = page[page.index('id="recent"') :]
    assert recent.index("广东省××助老基金会") < recent.index("深圳市民政局"), "the newest first"
    assert "待答复" in recent
    assert "答复期限" in recent
    with acting(actor_of("victor")) as victor:
        assert what_was_recent(victor) == []
    access.an_intake()
    page = get(signed_in(Client(), "dana"), "/workbench/")
    assert "名录.tsv" in page[page.index('id="recent"') :]
    assert "名录.tsv" not in get(signed_in(Client(), "rosa"), "/workbench/")
    access.a_house_record()
    assert "会议纪要" in get(signed_in(Client(), "alice"), "/desk/")


@pytest.mark.django_db
def test_overdue_is_said_once_the_day_has_certainly_passed(client: Client) -> None:
    access.a_question()
    with acting(Actor.system("tests")):
        row = Question.objects.get()
        row.due_on, row.due_settled = today() - 5 * DAY, False
        row.save(update_fields=["due_on", "due_settled"])
    signed_in(client, "dana")
    assert "已超期" not in get(client, "/workbench/"), "the holidays are not announced: nobody is called late"
    with acting(Actor.system("tests")):
        Question.objects.update(due_settled=True)
    page = get(client, "/workbench/")
    assert "已超期" in page
    assert "1 件事项已经超期" in page


@pytest.mark.django_db
def test_what_one_reach_holds_another_does_not_see(client: Client) -> None:
    access.an_objection()
    assert "registry.objection" not in kinds_for("edith")
    access._a_claim(SHENZHEN)
    with acting(actor_of("carol")) as carol:
        assert not Claim.objects.visible_to(carol).exists()
        assert "orgs.claim_to_owner" not in {one.code for one in what_waits(carol).kinds}
