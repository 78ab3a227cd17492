"""Broadcasts: made by one, approved by another, heard at playing points, with receipts; and the pages around them."""

from __future__ import annotations

import datetime as dt
import io
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.capabilities import switched_off
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import SHANGHAI, today
from gongzhi.files import actions as files
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.files.models import Upload
from gongzhi.files.tests import samples as make
from gongzhi.loudspeaker import actions, policies, selectors, speech
from gongzhi.loudspeaker.enums import Played, State
from gongzhi.loudspeaker.models import Airing, Broadcast, Point, Receipt
from tests.test_access import signed_in
from tests.world import actor_of

NANSHAN = "44/4403/440305/"
VISITOR = Actor.visitor()


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.UPLOADS = tmp_path / "uploads"
    settings.VAR = tmp_path


def colleague() -> Actor:
    """Somebody else at Dana's agency with the same role."""
    return replace(actor_of("dana"), person_id=10**9)


def draft(actor: Actor | None = None, **changes: Any) -> Broadcast:
    actor = actor or actor_of("dana")
    given: dict[str, Any] = {
        "path": NANSHAN, "title": "防汛通知", "text": "今晚有暴雨，请不要下河。", "first_on": today(),
        "last_on": today() + dt.timedelta(days=1), "times": ["18:30", "07:00"],
    }  # fmt: skip
    with acting(actor):
        return actions.draft_broadcast(actor=actor, **(given | changes))


def recording(actor: Actor) -> Upload:
    with acting(actor):
        return files.receive(
            actor=actor, stream=io.BytesIO(make.wav()), name="通知.wav", purpose=Purpose.RECORDING,
            owner=Owner(path=actor.path),
        )  # fmt: skip


def approved(**changes: Any) -> Broadcast:
    broadcast = draft(**changes)
    with acting(actor_of("dana")) as dana:
        actions.ask_approval(actor=dana, broadcast=broadcast)
    with acting(colleague()) as other:
        actions.approve_broadcast(actor=other, broadcast=broadcast)
    broadcast.refresh_from_db()
    return broadcast


def point(path: str = NANSHAN, name: str = "村口广播") -> tuple[Point, str]:
    with acting(actor_of("dana")) as dana:
        return actions.add_point(actor=dana, path=path, name=name)


def airing_now(broadcast: Broadcast, minutes: float = 0) -> Airing:
    return Airing.objects.create(broadcast=broadcast, at=timezone.now() - dt.timedelta(minutes=minutes))


# --- making and approving ---


@pytest.mark.django_db
def test_a_broadcast_is_made_by_one_and_approved_by_another_and_then_has_its_airings() -> None:
    broadcast = draft(first_on=today() + dt.timedelta(days=1), last_on=today() + dt.timedelta(days=2))
    assert (broadcast.state, broadcast.times) == (State.DRAFT, ["07:00", "18:30"])
    with acting(actor_of("dana")) as dana:
        actions.ask_approval(actor=dana, broadcast=broadcast)
        with pytest.raises(NotAllowed):
            actions.approve_broadcast(actor=dana, broadcast=broadcast)
    with acting(colleague()) as other:
        airings = actions.approve_broadcast(actor=other, broadcast=broadcast)
    assert [one.at.astimezone(SHANGHAI).strftime("%H:%M") for one in airings] == ["07:00", "18:30"] * 2
    events = set(Event.objects.filter(subject_kind="loudspeaker.broadcast").values_list("event", flat=True))
    assert {f"loudspeaker.broadcast.{one}" for one in ("drafted", "asked", "approved")} <= events


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"text": ""}, "one_sound", "text"),
        ({"text": "字" * 1001}, "too_long", "text"),
        ({"last_on": dt.date(2000, 1, 1)}, "days", "last_on"),
        ({"first_on": dt.date(2000, 1, 1), "last_on": dt.date(2000, 1, 1)}, "days", "last_on"),
        ({"last_on": dt.date(2099, 1, 1)}, "too_many_days", "last_on"),
        ({"times": []}, "times", "times"),
        ({"times": [f"{hour:02d}:00" for hour in range(7, 14)]}, "times", "times"),
        ({"times": ["22:00"]}, "quiet", "times"),
        ({"times": ["05:59"]}, "quiet", "times"),
    ],
)
def test_what_cannot_be_a_broadcast_is_refused_with_its_question(
    changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(RuleViolation) as caught:
        draft(**changes)
    assert (caught.value.code, caught.value.field) == (f"loudspeaker.{code}", field)
    assert not Broadcast.objects.exists()


@pytest.mark.django_db
def test_quiet_hours_end_and_begin_by_the_parameter_and_danger_is_heard_at_night() -> None:
    draft(times=["06:00", "21:59"])
    assert draft(times=["03:00"], urgent_because="溃坝").times == ["03:00"]
    quiet = selectors.quiet_hours(NANSHAN, on=today())
    assert (quiet.begins, quiet.ends) == ("22:00", "06:00")
    noon = selectors.Quiet(12, 14)
    assert [noon.holds(time) for time in ("11:59", "12:00", "13:59", "14:00")] == [False, True, True, False]


@pytest.mark.django_db
def test_who_may_not_make_a_broadcast_and_where() -> None:
    for name in ("rosa", "adam", "edith", "rita", "visitor"):
        with pytest.raises(NotAllowed):
            draft(actor_of(name))
    with pytest.raises(NotAllowed):
        draft(path="44/4401/")


@pytest.mark.django_db
def test_a_step_in_the_wrong_state_or_by_the_wrong_person_changes_nothing() -> None:
    broadcast = draft()
    dana, other, edith = actor_of("dana"), colleague(), replace(actor_of("edith"))
    with pytest.raises(RuleViolation), acting(other):
        actions.approve_broadcast(actor=other, broadcast=broadcast)
    for actor in (edith, actor_of("rosa"), VISITOR):
        for attempt in (
            lambda actor=actor: actions.ask_approval(actor=actor, broadcast=broadcast),
            lambda actor=actor: actions.approve_broadcast(actor=actor, broadcast=broadcast),
            lambda actor=actor: actions.give_back(actor=actor, broadcast=broadcast, reason="x"),
            lambda actor=actor: actions.withdraw_broadcast(actor=actor, broadcast=broadcast, reason="x"),
        ):
            with pytest.raises(NotAllowed):
                attempt()
    with acting(dana):
        actions.ask_approval(actor=dana, broadcast=broadcast)
    with pytest.raises(RuleViolation), acting(dana):
        actions.ask_approval(actor=dana, broadcast=broadcast)
    with pytest.raises(RuleViolation), acting(dana):
        change(dana, broadcast)
    with pytest.raises(RuleViolation), acting(other):
        actions.give_back(actor=other, broadcast=broadcast, reason="  ")
    with acting(other):
        actions.give_back(actor=other, broadcast=broadcast, reason="请说明撤离路线")
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.remark) == (State.DRAFT, "请说明撤离路线")
    with acting(other):
        change(other, broadcast, text="请往北撤离。")
        actions.ask_approval(actor=other, broadcast=broadcast)
        with pytest.raises(NotAllowed):  # who changed it last does not approve it
            actions.approve_broadcast(actor=other, broadcast=broadcast)
    with acting(dana):
        actions.approve_broadcast(actor=dana, broadcast=broadcast)


def change(actor: Actor, broadcast: Broadcast, text: str = "另一段话。") -> Broadcast:
    return actions.change_draft(
        actor=actor, broadcast=broadcast, path=NANSHAN, title="改", text=text, first_on=today(),
        last_on=today() + dt.timedelta(days=1), times=["07:00"],
    )  # fmt: skip


@pytest.mark.django_db
def test_a_broadcast_whose_times_have_passed_is_not_approved() -> None:
    broadcast = draft()
    Broadcast.objects.filter(pk=broadcast.pk).update(
        state=State.WAITING, first_on=dt.date(2020, 1, 1), last_on=dt.date(2020, 1, 1)
    )
    with pytest.raises(RuleViolation) as caught, acting(colleague()) as other:
        actions.approve_broadcast(actor=other, broadcast=broadcast)
    assert caught.value.code == "loudspeaker.all_passed"


@pytest.mark.django_db
def test_only_a_recording_is_a_recording() -> None:
    dana = actor_of("dana")
    with acting(dana):
        paper = files.receive(
            actor=dana,
            stream=io.BytesIO(make.pdf()),
            name="a.pdf",
            purpose=Purpose.DOCUMENT,
            owner=Owner(path=dana.path),
        )
    with pytest.raises(RuleViolation) as caught:
        draft(text="", recording=paper)
    assert caught.value.code == "loudspeaker.no_recording"
    with pytest.raises(RuleViolation) as both:
        draft(recording=recording(dana))
    assert both.value.code == "loudspeaker.one_sound"
    assert draft(text="", recording=recording(dana)).recording_id


# --- playing points and receipts ---


@pytest.mark.django_db
def test_a_playing_point_finds_what_is_due_in_its_place_and_above_and_nothing_else() -> None:
    here, _secret = point()
    elsewhere, _other = point("44/4403/440304/")
    broadcast, above = approved(), approved(path="44/4403/")
    Point.objects.update(created_at=timezone.now() - dt.timedelta(days=3))
    here.refresh_from_db()
    elsewhere.refresh_from_db()
    airing, wide = airing_now(broadcast, 5), airing_now(above, 5)
    airing_now(broadcast, 60 * 13)  # long past
    due = selectors.due_at(here)
    assert {airing.pk, wide.pk} <= {one.pk for one in due}
    assert all(one.at > timezone.now() - dt.timedelta(hours=12) for one in due)
    assert airing.pk not in {one.pk for one in selectors.due_at(elsewhere)}
    with acting(actor_of("dana")) as dana:
        actions.withdraw_broadcast(actor=dana, broadcast=broadcast, reason="雨停了")
    assert airing.pk not in {one.pk for one in selectors.due_at(here)}


@pytest.mark.django_db
def test_a_receipt_is_given_once_in_time_and_by_the_right_point() -> None:
    here, _secret = point()
    elsewhere, _other = point("44/4403/440304/")
    broadcast = approved()
    airing, to_come, old = airing_now(broadcast), airing_now(broadcast, -60), airing_now(broadcast, 60 * 49)
    with acting(VISITOR):
        first = actions.confirm_played(actor=VISITOR, point=here, airing=airing, how=Played.DEVICE)
        assert actions.confirm_played(actor=VISITOR, point=here, airing=airing, how=Played.PERSON).pk == first.pk
        for wrong in (to_come, old):
            with pytest.raises(RuleViolation) as caught:
                actions.confirm_played(actor=VISITOR, point=here, airing=wrong, how=Played.DEVICE)
            assert caught.value.code == "loudspeaker.not_due"
        with pytest.raises(NotAllowed):
            actions.confirm_played(actor=VISITOR, point=elsewhere, airing=airing, how=Played.DEVICE)
    with acting(actor_of("dana")) as dana:
        actions.end_point(actor=dana, point=here)
        with pytest.raises(RuleViolation):
            actions.end_point(actor=dana, point=here)
    for attempt in (
        lambda: actions.confirm_played(actor=VISITOR, point=here, airing=airing, how=Played.DEVICE),
        lambda: actions.note_asked(actor=VISITOR, point=here),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert Receipt.objects.count() == 1


@pytest.mark.django_db
def test_missing_receipts_are_counted_against_the_points_of_that_moment(client: Client) -> None:
    here, _one = point()
    point(NANSHAN + "440305001/", "社区广播")
    broadcast = approved()
    Point.objects.update(created_at=timezone.now() - dt.timedelta(days=3))
    later, _late = point(name="后来的")
    airing, young = airing_now(broadcast, 60), airing_now(broadcast, 10)
    Point.objects.filter(pk=later.pk).update(created_at=timezone.now())
    Receipt.objects.create(airing=airing, point=here, how=Played.DEVICE)
    signed_in(client, "dana")
    page = client.get(f"/workbench/broadcasts/{broadcast.public_id}/", secure=True).content.decode()
    assert "1 次播放缺少回执" in page
    assert "缺 1 个" in page
    found = {one.airing.pk: one for one in selectors.heard(broadcast, [airing, young])}
    assert (found[airing.pk].expected, found[airing.pk].played, found[airing.pk].missing) == (2, 1, 1)
    assert (found[airing.pk].is_late, found[young.pk].is_late) == (True, False)


@pytest.mark.django_db
def test_who_may_not_keep_points() -> None:
    here, _secret = point()
    for name in ("rosa", "edith", "adam", "rita", "visitor"):
        actor = actor_of(name)
        with pytest.raises(NotAllowed):
            actions.add_point(actor=actor, path=NANSHAN, name="x")
        with pytest.raises(NotAllowed):
            actions.end_point(actor=actor, point=here)


# --- what the database itself refuses ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"path": "44"}, "loudspeaker_broadcast_path"),
        ({"text": ""}, "loudspeaker_broadcast_sound"),
        ({"last_on": dt.date(2000, 1, 1)}, "loudspeaker_broadcast_days"),
        ({"state": "heard"}, "loudspeaker_broadcast_state"),
        ({"state": State.APPROVED}, "loudspeaker_broadcast_approved"),
        ({"state": State.WITHDRAWN}, "loudspeaker_broadcast_withdrawn"),
        ({"approved_by_person": "maker"}, "loudspeaker_broadcast_second_person"),
    ],
)
def test_broadcasts_that_cannot_be(changes: dict[str, Any], constraint: str) -> None:
    broadcast = draft()
    changes = {key: broadcast.created_by_person if value == "maker" else value for key, value in changes.items()}
    with pytest.raises(IntegrityError, match=constraint), acting(actor_of("dana")):
        Broadcast.objects.filter(pk=broadcast.pk).update(**changes)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make_row", "constraint"),
    [
        (lambda at, here: Point.objects.filter(pk=here.pk).update(path="44"), "loudspeaker_point_path"),
        (lambda at, here: Point.objects.filter(pk=here.pk).update(key_sha256="x"), "loudspeaker_point_key"),
        (lambda at, here: Airing.objects.create(broadcast=at.broadcast, at=at.at), "loudspeaker_airing_once"),
        (lambda at, here: Receipt.objects.create(airing=at, point=here, how="device"), "loudspeaker_receipt_once"),
        (lambda at, here: Receipt.objects.create(airing=other(at), point=here, how="x"), "loudspeaker_receipt_how"),
        (lambda at, here: Receipt.objects.update(how="person"), "permission denied"),
        (lambda at, here: Receipt.objects.all().delete(), "permission denied"),
        (lambda at, here: Airing.objects.update(at=timezone.now()), "permission denied"),
    ],
)
def test_points_airings_and_receipts_that_cannot_be(make_row: Any, constraint: str) -> None:
    here, _secret = point()
    at = airing_now(approved())
    Receipt.objects.create(airing=at, point=here, how=Played.DEVICE)
    with pytest.raises(DatabaseError, match=constraint), acting(actor_of("dana")):
        make_row(at, here)


def other(airing: Airing) -> Airing:
    return airing_now(airing.broadcast, 3)


# --- speech ---


@pytest.mark.speech
@pytest.mark.skipif(not speech.available(), reason="no voice: install the Debian package espeak-ng")
def test_a_text_is_spoken_as_a_wav_once() -> None:
    file = speech.spoken("-w 今晚有暴雨，请不要下河。")
    with wave.open(str(file)) as sound:
        assert sound.getnframes() / sound.getframerate() > 1
        assert any(sound.readframes(sound.getnframes()))
    before = file.stat().st_ino
    assert speech.spoken("-w 今晚有暴雨，请不要下河。").stat().st_ino == before
    longer = speech.spoken("今晚有暴雨，请不要下河。" * 4)
    assert longer.stat().st_size > file.stat().st_size * 2  # the control: it says what it is given
    assert speech.forget() == 0


@pytest.mark.speech
@pytest.mark.skipif(not speech.available(), reason="no voice: install the Debian package espeak-ng")
@pytest.mark.django_db
def test_a_device_fetches_what_is_due_downloads_the_sound_and_confirms(client: Client) -> None:
    here, secret = point()
    broadcast = approved()
    airing = airing_now(broadcast, -0.0)
    told = client.post(f"/loudspeaker/{secret}/due.json", secure=True).json()
    (one,) = [row for row in told["airings"] if row["id"] == airing.pk]
    assert (told["point"], one["title"], one["is_played"]) == ("村口广播", "防汛通知", False)
    sound = client.get(one["sound"], secure=True)
    assert sound["Content-Type"] == "audio/wav"
    assert sound.getvalue().startswith(b"RIFF")
    assert client.post(one["played"], {"how": "device"}, secure=True).json() == {"id": airing.pk, "is_played": True}
    assert Receipt.objects.get().how == Played.DEVICE
    here.refresh_from_db()
    assert here.heard_of_at is not None
    assert Point.objects.filter(key_sha256=secret).count() == 0  # only its hash is kept


@pytest.mark.django_db
def test_without_a_voice_the_pages_say_so_and_keep_the_text(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "speech" in {one.id for one in switched_off()}
    with pytest.raises(speech.Mute):
        speech.spoken("你好")
    _here, secret = point()
    broadcast = approved()
    airing = airing_now(broadcast)
    page = client.get(f"/loudspeaker/{secret}/", secure=True).content.decode()
    assert "请不要下河" in page
    assert "对着话筒" in page
    assert "<audio" not in page
    assert client.get(f"/loudspeaker/{secret}/{airing.pk}/sound/", secure=True).status_code == 404
    told = client.post(f"/loudspeaker/{secret}/due.json", secure=True).json()
    assert {row["sound"] for row in told["airings"]} == {None}
    signed_in(client, "dana")
    assert "espeak" not in page
    assert "<audio" not in client.get(f"/workbench/broadcasts/{broadcast.public_id}/", secure=True).content.decode()


# --- pages ---


@pytest.mark.django_db
def test_an_officer_makes_a_broadcast_by_page_with_a_recording_and_hears_it(client: Client) -> None:
    signed_in(client, "dana")
    day = today() + dt.timedelta(days=1)
    typed = {
        "title": "防汛通知", "place": "440305", "text": "", "times": "7:00、18:30",
        "first_on-year": day.year, "first_on-month": day.month, "first_on-day": day.day,
        "last_on-year": day.year, "last_on-month": day.month, "last_on-day": day.day,
    }  # fmt: skip
    wrong = client.post("/workbench/broadcasts/new/", typed, secure=True)
    assert wrong.status_code == 422
    assert "18:30" in wrong.content.decode()
    sound = SimpleUploadedFile("通知.wav", make.wav())
    answer = client.post("/workbench/broadcasts/new/", {**typed, "recording": sound}, secure=True)
    assert answer.status_code == 302, answer.content.decode()
    broadcast = Broadcast.objects.get()
    assert (broadcast.path, broadcast.times) == (NANSHAN, ["07:00", "18:30"])
    page = client.get(answer["Location"], secure=True).content.decode()
    assert "<audio" in page
    heard = client.get(f"{answer['Location']}sound/", secure=True)
    assert heard["Content-Type"] == "audio/wav"
    assert heard.getvalue() == make.wav()
    changed = client.post(f"{answer['Location']}change/", {**typed, "title": "防汛通知（更新）"}, secure=True)
    assert changed.status_code == 302, changed.content.decode()
    broadcast.refresh_from_db()
    assert (broadcast.title, broadcast.recording_id is not None) == ("防汛通知（更新）", True)
    assert client.post(answer["Location"], {"step": "ask"}, secure=True).status_code == 302
    mine = client.get(answer["Location"], secure=True).content.decode()
    assert "由同事批准" in mine
    assert client.post(answer["Location"], {"step": "approve"}, secure=True).status_code == 403
    assert client.post(answer["Location"], {"step": "withdraw", "reason": ""}, secure=True).status_code == 422
    assert client.post(answer["Location"], {"step": "nonsense"}, secure=True).status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-1", 206, 0, 1),
        ("bytes=10-", 206, 10, None),
        ("bytes=10-99999999", 206, 10, None),
        ("bytes=99999999-", 416, None, None),
        ("bytes=5-1", 416, None, None),
        ("bytes=-5", 200, 0, None),
        ("bytes=0-1,5-6", 200, 0, None),
        ("nonsense", 200, 0, None),
        ("", 200, 0, None),
    ],
)
def test_a_sound_is_given_in_parts(
    client: Client, asked: str, status: int, first: int | None, last: int | None
) -> None:
    dana, whole = actor_of("dana"), make.wav()
    broadcast = draft(text="", recording=recording(dana))
    signed_in(client, "dana")
    answer: Any = client.get(
        f"/workbench/broadcasts/{broadcast.public_id}/sound/", secure=True, headers={"Range": asked} if asked else {}
    )
    assert answer.status_code == status
    assert answer["Accept-Ranges"] == "bytes"
    body = answer.getvalue()
    assert answer["Content-Security-Policy"].endswith("; sandbox")
    if first is None:
        assert (body, answer["Content-Range"]) == (b"", f"bytes */{len(whole)}")
        return
    end = len(whole) - 1 if last is None else last
    assert body == whole[first : end + 1]
    if status == 206:
        assert answer["Content-Range"] == f"bytes {first}-{end}/{len(whole)}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"place": "没有的地方"}, "没有叫这个名称"),
        ({"place": "999999"}, "没有使用这个代码"),
        ({"place": "330000"}, "不在您单位"),
        ({"times": "25:00"}, "25:00"),
        ({"times": "03:00"}, "静音时段"),
        ({"text": ""}, "二者取一"),
    ],
)
def test_a_form_with_a_fault_says_where_and_keeps_what_was_typed(
    client: Client, changes: dict[str, str], said: str
) -> None:
    signed_in(client, "dana")
    day = today()
    typed = {
        "title": "我打的标题", "place": "440305", "text": "今晚有暴雨。", "times": "12:00",
        "first_on-year": day.year, "first_on-month": day.month, "first_on-day": day.day,
        "last_on-year": day.year, "last_on-month": day.month, "last_on-day": day.day,
    }  # fmt: skip
    answer = client.post("/workbench/broadcasts/new/", {**typed, **changes}, secure=True)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "我打的标题" in page


@pytest.mark.django_db
def test_a_person_at_a_playing_point_reads_and_confirms_without_an_account(client: Client) -> None:
    signed_in(client, "dana")
    made = client.post("/workbench/playing-points/", {"name": "村口广播", "place": "440305"}, secure=True)
    page = made.content.decode()
    secret = page.partition("/loudspeaker/")[2].partition("/")[0]
    assert len(secret) > 40
    assert secret not in client.get("/workbench/playing-points/", secure=True).content.decode()
    broadcast = approved()
    airing, to_come = airing_now(broadcast), airing_now(broadcast, -60)
    visitor = Client()
    page = visitor.get(f"/loudspeaker/{secret}/", secure=True).content.decode()
    assert "请不要下河" in page
    assert f"/{airing.pk}/played/" in page
    assert f"/{to_come.pk}/played/" not in page
    assert visitor.post(f"/loudspeaker/{secret}/{airing.pk}/played/", secure=True).status_code == 302
    assert visitor.post(f"/loudspeaker/{secret}/{to_come.pk}/played/", secure=True).status_code == 422
    early = visitor.post(f"/loudspeaker/{secret}/{to_come.pk}/played/", {"how": "device"}, secure=True)
    assert (early.status_code, early.json()["code"]) == (422, "loudspeaker.not_due")
    assert "已播放" in visitor.get(f"/loudspeaker/{secret}/", secure=True).content.decode()
    assert visitor.get("/loudspeaker/wrong/", secure=True).status_code == 404
    page = client.get(f"/workbench/broadcasts/{broadcast.public_id}/airings/{airing.pk}/", secure=True).content.decode()
    assert "村口广播" in page
    ended = Point.objects.get()
    assert client.post(f"/workbench/playing-points/{ended.public_id}/end/", secure=True).status_code == 302
    assert visitor.get(f"/loudspeaker/{secret}/", secure=True).status_code == 404


@pytest.mark.django_db
def test_no_page_asks_more_often_for_many_rows_than_for_few(client: Client) -> None:
    signed_in(client, "dana")
    here, secret = point()
    broadcast = approved()
    airing = airing_now(broadcast)
    addresses = [
        "/workbench/broadcasts/",
        f"/workbench/broadcasts/{broadcast.public_id}/",
        f"/workbench/broadcasts/{broadcast.public_id}/airings/{airing.pk}/",
        "/workbench/playing-points/",
        f"/loudspeaker/{secret}/",
    ]

    def asked() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address, secure=True).status_code == 200
            counts.append(len(queries))
        return counts

    asked()
    few = asked()
    for number in range(27):
        draft(title=f"通知 {number}")
        point(name=f"广播 {number}")
        more = airing_now(broadcast, number / 10)
        Receipt.objects.create(airing=more, point=here, how=Played.DEVICE)
    assert asked() == few


def test_who_may_see_anything_of_it() -> None:
    assert not policies.can_see(VISITOR)
