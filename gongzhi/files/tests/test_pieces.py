"""Files in pieces: begun, gone on with, finished, given up, forgotten; and the pages around them."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongzhi.audit.models import Event, Look
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.files import actions, jobs, selectors, store
from gongzhi.files.actions import pieces
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import MOST_TRANSFERS, Purpose
from gongzhi.files.forms import KeepFileForm
from gongzhi.files.models import Piece, Transfer, Upload
from gongzhi.files.tests import samples as make
from tests.test_access import signed_in
from tests.world import actor_of

PROCESS = Actor.system("test")
CONTENT = make.pdf(b"<< /Length 2000 >>\nstream\n" + b"x" * 2000 + b"\nendstream")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of the test's own, and pieces of a thousand bytes."""
    settings.UPLOADS = tmp_path / "uploads"
    monkeypatch.setattr(pieces, "PIECE", 1000)
    return tmp_path / "uploads"


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def begin(
    actor: Actor, content: bytes = CONTENT, *, name: str = "章程.pdf", purpose: Purpose = Purpose.OWN
) -> Transfer:
    with acting(actor):
        return actions.begin_transfer(
            actor=actor, name=name, size=len(content), sha256=sha256(content), purpose=purpose
        )


def add(actor: Actor, transfer: Transfer, number: int, content: bytes = CONTENT) -> Piece:
    part = content[number * 1000 : (number + 1) * 1000]
    with acting(actor):
        return actions.add_piece(actor=actor, transfer=transfer, number=number, content=part, sha256=sha256(part))


def send_all(actor: Actor, content: bytes = CONTENT, **named: Any) -> Transfer:
    transfer = begin(actor, content, **named)
    for number in range(transfer.pieces_wanted):
        add(actor, transfer, number, content)
    return transfer


def finish(actor: Actor, transfer: Transfer, owner: Owner | None = None) -> Upload:
    with acting(actor):
        return actions.finish_transfer(actor=actor, transfer=transfer, owner=owner)


def pieces_in(folder: Path) -> list[Path]:
    return [path for path in (folder / "pieces").rglob("*") if path.is_file()]


# --- actions ---


@pytest.mark.django_db(transaction=False)
def test_a_file_arrives_in_pieces_in_any_order_and_is_taken_in_like_any_file(
    folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    rita = actor_of("rita")
    transfer = begin(rita)
    assert transfer.pieces_wanted == 3
    for number in (2, 0, 1):
        add(rita, transfer, number)
    assert len(pieces_in(folder)) == 3
    with django_capture_on_commit_callbacks(execute=True):
        upload = finish(rita, transfer, Owner(person_id=rita.person_id, path="44/4403/"))
    assert upload.place.read_bytes() == CONTENT
    assert bytes(upload.sha256) == sha256(CONTENT)
    assert (upload.purpose, upload.path, upload.person_id) == (Purpose.OWN, "44/4403/", rita.person_id)
    assert selectors.own_name(rita, upload) == "章程.pdf"
    assert not Transfer.objects.exists()
    assert pieces_in(folder) == []
    assert {"files.transfer.begun", "files.upload.received"} <= set(Event.objects.values_list("event", flat=True))


@pytest.mark.django_db
def test_the_same_file_chosen_again_goes_on_where_it_was() -> None:
    rita = actor_of("rita")
    first = begin(rita)
    add(rita, first, 0)
    again = begin(rita, name="另一个名字.pdf")
    assert again.pk == first.pk
    assert selectors.arrived(again) == [0]
    others = (begin(rita, CONTENT + b"\n"), begin(rita, purpose=Purpose.DOCUMENT), begin(actor_of("dana")))
    assert first.pk not in {other.pk for other in others}


@pytest.mark.django_db
def test_a_piece_that_is_there_is_not_written_again(folder: Path) -> None:
    rita = actor_of("rita")
    transfer = begin(rita)
    piece = add(rita, transfer, 0)
    (file,) = pieces_in(folder)
    before = file.stat().st_mtime_ns
    assert add(rita, transfer, 0).pk == piece.pk
    assert file.stat().st_mtime_ns == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "content", "digest"),
    [
        (0, CONTENT[:999], None),
        (0, CONTENT[:1001], None),
        (0, CONTENT[:1000], sha256(b"other")),
        (2, CONTENT[:1000], None),
        (3, b"x", None),
        (-1, CONTENT[:1000], None),
        (0, b"", None),
    ],
    ids=["too short", "too long", "changed", "the last is shorter", "no such piece", "before the first", "empty"],
)
def test_a_piece_that_is_not_as_it_was_sent_is_refused(
    number: int, content: bytes, digest: bytes | None, folder: Path
) -> None:
    rita = actor_of("rita")
    transfer = begin(rita)
    with pytest.raises(RuleViolation) as caught, acting(rita):
        actions.add_piece(
            actor=rita, transfer=transfer, number=number, content=content, sha256=digest or sha256(content)
        )
    assert caught.value.code == "files.piece_damaged"
    assert not Piece.objects.exists()
    assert pieces_in(folder) == []


@pytest.mark.django_db
def test_another_content_for_a_piece_that_is_there_is_refused() -> None:
    rita = actor_of("rita")
    transfer = begin(rita)
    add(rita, transfer, 0)
    with pytest.raises(RuleViolation) as caught:
        add(rita, transfer, 0, b"y" * 3000)
    assert caught.value.code == "files.piece_damaged"


@pytest.mark.django_db
def test_a_file_that_is_not_whole_is_not_taken_in() -> None:
    rita = actor_of("rita")
    transfer = begin(rita)
    add(rita, transfer, 0)
    with pytest.raises(RuleViolation) as caught:
        finish(rita, transfer)
    assert (caught.value.code, caught.value.field) == ("files.not_whole", "file")
    assert Transfer.objects.filter(pk=transfer.pk).exists()


@pytest.mark.django_db
def test_a_whole_that_is_not_what_its_sender_has_is_forgotten() -> None:
    rita = actor_of("rita")
    with acting(rita):
        transfer = actions.begin_transfer(
            actor=rita, name="a.pdf", size=len(CONTENT), sha256=bytes(32), purpose=Purpose.OWN
        )
    for number in range(3):
        add(rita, transfer, number)
    with pytest.raises(RuleViolation) as caught:
        finish(rita, transfer)
    assert caught.value.code == "files.damaged_on_the_way"
    assert not Transfer.objects.exists()


@pytest.mark.django_db
def test_a_hostile_file_in_pieces_is_refused_like_any_other_and_forgotten(folder: Path) -> None:
    rita = actor_of("rita")
    hostile = make.pdf(b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>" + b" " * 1500)
    transfer = send_all(rita, hostile)
    with pytest.raises(RuleViolation) as caught:
        finish(rita, transfer)
    assert caught.value.code == "files.active_content"
    assert not Transfer.objects.exists()
    assert not Upload.objects.exists()


@pytest.mark.django_db
def test_a_piece_that_is_lost_from_the_store_is_told() -> None:
    rita = actor_of("rita")
    transfer = send_all(rita)
    store.remove(transfer.key_of(1))
    with pytest.raises(RuleViolation) as caught:
        finish(rita, transfer)
    assert caught.value.code == "files.transfer_gone"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "size", "code"),
    [
        ("a.pdf", 0, "files.empty"),
        ("a.pdf", -1, "files.empty"),
        ("a.pdf", 21 * 1024 * 1024, "files.too_large"),
        ("a.exe", 1000, "files.not_allowed_kind"),
        ("a.mp3", 1000, "files.not_allowed_kind"),
        ("..", 1000, "files.unnamed"),
    ],
)
def test_what_a_name_or_a_size_tells_is_refused_before_anything_is_sent(name: str, size: int, code: str) -> None:
    rita = actor_of("rita")
    with pytest.raises(RuleViolation) as caught, acting(rita):
        actions.begin_transfer(actor=rita, name=name, size=size, sha256=bytes(32), purpose=Purpose.OWN)
    assert caught.value.code == code


@pytest.mark.django_db
def test_nobody_has_more_than_a_few_files_on_the_way() -> None:
    rita = actor_of("rita")
    for number in range(MOST_TRANSFERS):
        begin(rita, CONTENT + b"\n" * (number + 1))
    with pytest.raises(RuleViolation) as caught:
        begin(rita)
    assert caught.value.code == "files.too_many_transfers"


@pytest.mark.django_db
def test_room_is_counted_for_each_person_with_what_is_on_the_way(settings: Any) -> None:
    rita = actor_of("rita")
    settings.UPLOADS_PER_PERSON_MB = 1
    big = make.pdf(b"<< /Length 700000 >>\nstream\n" + os.urandom(700_000).hex().encode()[:700_000] + b"\nendstream")
    with acting(rita):
        handed = SimpleUploadedFile("a.pdf", big)
        kept = actions.take_in(actor=rita, handed=handed, purpose=Purpose.OWN)
    for again in (lambda: begin(rita, big), lambda: finish_whole(rita, big)):
        with pytest.raises(RuleViolation) as caught:
            again()
        assert (caught.value.code, caught.value.field) == ("files.no_room", "file")
    begin(actor_of("dana"), big)  # an agency's own files have no such limit
    with acting(rita):
        actions.remove(actor=rita, upload=kept)
    begin(rita, big)
    with pytest.raises(RuleViolation) as caught:
        begin(rita, big + b"\n")  # together with what is on the way it is too much
    assert caught.value.code == "files.no_room"


def finish_whole(actor: Actor, content: bytes) -> Upload:
    with acting(actor):
        return actions.take_in(actor=actor, handed=SimpleUploadedFile("a.pdf", content), purpose=Purpose.OWN)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["dana", "edith", "visitor"])
def test_only_its_sender_goes_on_with_a_transfer(name: str) -> None:
    rita, actor = actor_of("rita"), actor_of(name)
    transfer = send_all(rita)
    with acting(actor):
        assert not Transfer.objects.visible_to(actor).exists()
    with acting(PROCESS):
        for attempt in (
            lambda: actions.finish_transfer(actor=actor, transfer=transfer),
            lambda: actions.give_up(actor=actor, transfer=transfer),
            lambda: actions.add_piece(actor=actor, transfer=transfer, number=0, content=b"", sha256=b""),
        ):
            with pytest.raises(NotAllowed):
                attempt()
    with pytest.raises(NotAllowed), acting(actor_of("visitor")) as visitor:
        actions.begin_transfer(actor=visitor, name="a.pdf", size=1, sha256=bytes(32), purpose=Purpose.OWN)
    with pytest.raises(RuleViolation) as caught, acting(actor):
        actions.take_in(actor=actor, handed=transfer.public_id, purpose=Purpose.OWN)
    assert caught.value.code == "files.transfer_gone"


@pytest.mark.django_db
def test_who_acts_for_an_organization_sends_for_it_and_a_colleague_does_not_go_on_with_it() -> None:
    from dataclasses import replace

    from gongzhi.files.tests.test_actions import ORGANIZATION

    colleague = replace(ORGANIZATION, person_id=72)
    transfer = send_all(ORGANIZATION)
    with acting(colleague):
        assert not Transfer.objects.visible_to(colleague).exists()
        with pytest.raises(NotAllowed):
            actions.finish_transfer(actor=colleague, transfer=transfer)
    upload = finish(ORGANIZATION, transfer)
    assert (upload.org_id, upload.person_id) == (7, None)
    with acting(colleague):
        assert selectors.own_name(colleague, Upload.objects.visible_to(colleague).get()) == "章程.pdf"
        with pytest.raises(NotAllowed):  # a file of the organization is removed by who kept it
            actions.remove(actor=colleague, upload=upload)


@pytest.mark.usefixtures("fresh_database")
def test_the_second_wall_hides_transfers_of_others() -> None:
    begin(actor_of("rita"))
    for name, sees in (("rita", True), ("dana", False), ("edith", False), ("visitor", False)):
        with acting(actor_of(name)):
            assert Transfer.objects.exists() is sees, name
    assert not Transfer.objects.exists()


@pytest.mark.django_db
def test_given_up_and_late_files_are_forgotten_with_their_pieces(
    folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    rita = actor_of("rita")
    with django_capture_on_commit_callbacks(execute=True):
        given_up = send_all(rita)
        with acting(rita):
            actions.give_up(actor=rita, transfer=given_up)
    assert pieces_in(folder) == []
    late, young = send_all(rita), send_all(rita, CONTENT + b"\n")
    with acting(PROCESS):
        Transfer.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True), acting(PROCESS) as actor:
        jobs.forget_transfers(actor=actor)
    with acting(rita):
        assert [one.pk for one in Transfer.objects.visible_to(rita)] == [young.pk]
    assert len(pieces_in(folder)) == 3
    assert Event.objects.filter(event="files.transfers.forgotten").count() == 1
    with pytest.raises(RuleViolation) as caught:
        add(rita, late, 0)
    assert caught.value.code == "files.transfer_gone"
    with pytest.raises(NotAllowed), acting(rita):
        actions.forget_transfers(actor=rita)


@pytest.mark.usefixtures("fresh_database")
def test_a_sweep_removes_pieces_nobody_waits_for_and_no_others(folder: Path) -> None:
    rita = actor_of("rita")
    transfer = send_all(rita)
    lost = folder / "pieces" / ("0" * 32) / "0"
    lost.parent.mkdir()
    lost.write_bytes(b"x")
    old = timezone.now().timestamp() - 3 * 86400
    for path in pieces_in(folder):
        os.utime(path, (old, old))
    with acting(PROCESS) as actor:
        actions.sweep(actor=actor)
    assert not lost.exists()
    assert len(pieces_in(folder)) == transfer.pieces_wanted


@pytest.mark.django_db
def test_a_person_removes_what_they_kept_and_nothing_that_was_handed_in() -> None:
    rita, dana = actor_of("rita"), actor_of("dana")
    kept = finish(rita, send_all(rita))
    handed = finish(rita, send_all(rita, purpose=Purpose.DOCUMENT), Owner(person_id=rita.person_id, path="44/4403/"))
    with pytest.raises(RuleViolation) as caught, acting(rita):
        actions.remove(actor=rita, upload=handed)
    assert caught.value.code == "files.in_use"
    with pytest.raises(NotAllowed), acting(dana):
        actions.remove(actor=dana, upload=handed)
    with acting(rita):
        actions.remove(actor=rita, upload=kept)
        assert not Upload.objects.filter(pk=kept.pk).exists()
    assert kept.place.exists()  # the bytes go by the sweep, so that yesterday's database still finds them


# --- what the database itself refuses ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"person_id": None}, "files_transfer_has_owner"),
        ({"size": 0}, "files_transfer_not_empty"),
        ({"piece_size": 0}, "files_transfer_not_empty"),
        ({"sha256": b"x"}, "files_transfer_sha256_size"),
        ({"stored_name": "../x"}, "files_transfer_stored_name"),
        ({"purpose": "x"}, "files_transfer_purpose"),
        ({}, ""),
    ],
)
def test_transfers_that_can_be_and_that_cannot(changes: dict[str, Any], constraint: str) -> None:
    values: dict[str, Any] = {
        "stored_name": "0" * 32, "name_sealed": b"x", "name_masked": "x", "sha256": bytes(32), "size": 1,
        "piece_size": 1, "purpose": Purpose.OWN, "person_id": 1, "created_by_person": 1, "expires_at": timezone.now(),
    }  # fmt: skip
    if constraint:
        with pytest.raises(IntegrityError, match=constraint), acting(PROCESS):
            Transfer.objects.create(**(values | changes))
        return
    with acting(PROCESS):
        transfer = Transfer.objects.create(**values)
        Piece.objects.create(transfer=transfer, number=0, sha256=bytes(32))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"number": 0}, "files_piece_once"),
        ({"number": -1}, "files_piece_number"),
        ({"sha256": b""}, "files_piece_sha256_size"),
    ],
)
def test_pieces_that_cannot_be(changes: dict[str, Any], constraint: str) -> None:
    rita = actor_of("rita")
    transfer = begin(rita)
    add(rita, transfer, 0)
    with pytest.raises(IntegrityError, match=constraint), acting(rita):
        Piece.objects.create(**({"transfer": transfer, "number": 1, "sha256": bytes(32)} | changes))


# --- links ---


@pytest.mark.django_db
def test_a_link_opens_its_file_for_its_reader_and_for_nobody_else(client: Client) -> None:
    rita = actor_of("rita")
    upload = finish(rita, send_all(rita, purpose=Purpose.DOCUMENT), Owner(person_id=rita.person_id, path="44/4403/"))
    signed_in(client, "rita")
    led = client.get(f"/my/files/{upload.public_id}/", secure=True)
    assert led.status_code == 302
    answer = client.get(led["Location"], secure=True)
    assert answer.getvalue() == CONTENT
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].endswith("; sandbox")
    assert answer["Cache-Control"] == "private, no-store"
    assert not Look.objects.exists()
    for name, status in (("dana", 404), ("edith", 404), ("visitor", 302)):
        other = signed_in(Client(), name)
        assert other.get(led["Location"], secure=True).status_code == status, name
    assert not Look.objects.exists()


@pytest.mark.django_db
def test_an_officer_s_link_writes_a_look_and_rosa_who_may_not_open_files_gets_none(client: Client) -> None:
    rita, dana = actor_of("rita"), actor_of("dana")
    upload = finish(rita, send_all(rita, purpose=Purpose.DOCUMENT), Owner(person_id=rita.person_id, path="44/4403/"))
    signed_in(client, "dana")
    led = client.get(f"/my/files/{upload.public_id}/", secure=True)
    assert client.get(led["Location"], secure=True).getvalue() == CONTENT
    look = Look.objects.get(subject_kind="files.upload", subject_id=upload.pk)
    assert (look.person_id, look.purpose) == (dana.person_id, "files.download")
    assert signed_in(Client(), "rosa").get(f"/my/files/{upload.public_id}/", secure=True).status_code == 403
    assert signed_in(Client(), "edith").get(f"/my/files/{upload.public_id}/", secure=True).status_code == 404


@pytest.mark.django_db
def test_a_link_that_is_old_forged_or_whose_file_is_gone_opens_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rita = actor_of("rita")
    upload = finish(rita, send_all(rita))
    link = selectors.link_to(rita, upload)
    signed_in(client, "rita")
    assert client.get(link, secure=True).getvalue() == CONTENT
    assert client.get(link[:-2] + ("A" if link[-2] != "A" else "B") + "/", secure=True).status_code == 404
    forged = signing.dumps([upload.public_id, f"{rita.person_id}:", "x"], salt="something else")
    assert client.get(f"/files/open/{forged}/", secure=True).status_code == 404
    with monkeypatch.context() as later:
        later.setattr(selectors, "LINK_S", -1)
        late = client.get(link, secure=True)
    assert late.status_code == 410
    assert "五分钟" in late.content.decode()
    with acting(rita):
        Upload.objects.filter(pk=upload.pk).delete()
    assert client.get(link, secure=True).status_code == 404


# --- pages ---


def sent(
    client: Client, content: bytes = CONTENT, *, name: str = "章程.pdf", only: int | None = None
) -> dict[str, Any]:
    """What the script does: begin, send what is missing."""
    asked = {"name": name, "size": len(content), "sha256": sha256(content).hex(), "purpose": "own"}
    answer = client.post("/files/sending/", json.dumps(asked), content_type="application/json", secure=True)
    assert answer.status_code == 200, answer.content
    state: dict[str, Any] = answer.json()
    missing = [number for number in range(state["pieces"]) if number not in state["have"]]
    for number in missing[:only]:
        part = content[number * 1000 : (number + 1) * 1000]
        piece = client.post(
            f"{state['address']}{number}/",
            part,
            content_type="application/octet-stream",
            secure=True,
            headers={"X-Piece-SHA256": sha256(part).hex()},
        )
        assert piece.status_code == 200
    return state


@pytest.mark.django_db
def test_the_page_takes_a_whole_file_without_a_script_and_shows_it(client: Client) -> None:
    signed_in(client, "rita")
    assert "还没有文件" in client.get("/my/files/", secure=True).content.decode()
    handed = SimpleUploadedFile("低保证明.pdf", CONTENT)
    answer = client.post("/my/files/", {"file": handed}, secure=True)
    assert answer.status_code == 302
    page = client.get("/my/files/", secure=True).content.decode()
    assert "低保证明.pdf" in page
    assert "自己留存" in page
    assert not Look.objects.exists()


@pytest.mark.django_db
def test_the_page_takes_a_file_that_arrived_in_pieces_and_says_what_is_missing(client: Client) -> None:
    signed_in(client, "rita")
    state = sent(client, only=2)
    page = client.get("/my/files/", secure=True).content.decode()
    assert "章程.pdf" in page
    assert "已到达 66%" in page
    early = client.post("/my/files/", {"file-transfer": state["id"]}, secure=True)
    assert early.status_code == 422
    assert client.get(state["address"], secure=True).json()["have"] == [0, 1]
    again = sent(client)
    assert (again["id"], again["have"]) == (state["id"], [0, 1])
    assert client.post("/my/files/", {"file-transfer": state["id"]}, secure=True).status_code == 302
    assert Upload.objects.get().purpose == Purpose.OWN
    assert client.post("/my/files/", {"file-transfer": state["id"]}, secure=True).status_code == 422


@pytest.mark.django_db
def test_a_form_shown_again_keeps_a_file_that_has_arrived() -> None:
    form = KeepFileForm({"file-transfer": "ABCDEFGHJK"})
    assert 'data-arrived="ABCDEFGHJK"' in str(form["file"].as_field_group())
    for wrong in ("../etc", '"><script>', "abc"):
        form = KeepFileForm({"file-transfer": wrong})
        assert 'data-arrived=""' in str(form["file"].as_field_group())
        assert not form.is_valid()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"name": "a.pdf", "size": "x", "sha256": "", "purpose": "own"}',
        '{"name": "a.pdf", "size": 9, "sha256": "zz", "purpose": "own"}',
        '{"name": "a.pdf", "size": 9, "sha256": "00", "purpose": "own"}',
        '{"name": "a.pdf", "size": 9, "sha256": "", "purpose": "everything"}',
        '{"name": "a.pdf", "size": 1e400, "sha256": "", "purpose": "own"}',
        '{"name": "a.pdf", "size": 99999999999999999999, "sha256": "", "purpose": "own"}',
        "null",
        "9",
    ],
)
def test_nonsense_begins_nothing(client: Client, body: str) -> None:
    signed_in(client, "rita")
    answer = client.post("/files/sending/", body, content_type="application/json", secure=True)
    assert answer.status_code == 422
    assert not Transfer.objects.exists()


@pytest.mark.django_db
def test_a_piece_in_nonsense_is_refused(client: Client) -> None:
    signed_in(client, "rita")
    state = sent(client, only=0)
    for number, headers in ((0, {}), (0, {"X-Piece-SHA256": "zz"}), (10**12, {"X-Piece-SHA256": "00"})):
        answer = client.post(
            f"{state['address']}{number}/", b"x", content_type="application/octet-stream", secure=True, headers=headers
        )
        assert answer.status_code == 422
    assert client.post(f"{state['address']}{10**30}/", b"x", content_type="a/b", secure=True).status_code in {404, 422}


@pytest.mark.django_db
def test_pieces_need_the_token_of_the_form() -> None:
    client = signed_in(Client(enforce_csrf_checks=True), "rita")
    assert client.post("/files/sending/", "{}", content_type="application/json", secure=True).status_code == 403


@pytest.mark.django_db
def test_the_page_asks_as_often_for_many_files_as_for_few(client: Client) -> None:
    rita = actor_of("rita")
    signed_in(client, "rita")

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/my/files/", secure=True).status_code == 200
        return len(queries)

    first = finish(rita, send_all(rita))
    fields = {f.attname: getattr(first, f.attname) for f in Upload._meta.concrete_fields if f.attname not in {"id"}}

    def more(count: int) -> None:
        from gongzhi.core.crypto import seal
        from gongzhi.core.ids import next_pk, public_id

        with acting(rita):
            for _ in range(count):
                pk = next_pk(Upload)
                name = seal("某文件.pdf", where="files_upload.name_sealed", pk=pk)
                own = {"public_id": public_id(), "stored_name": os.urandom(16).hex(), "name_sealed": name}
                Upload.objects.create(**{**fields, **own, "pk": pk})

    more(2)
    begin(rita)
    few = asked()
    more(27)
    for number in range(5):
        begin(rita, CONTENT + b"\n" * (number + 1))
    assert asked() == few
    page = client.get("/my/files/", secure=True).content.decode()
    assert page.count("某文件.pdf</h3>") == 20
    assert "cursor=" in page
