"""Files: who may hand in and open them, under which name, and what stays on the disk."""

from __future__ import annotations

import hashlib
import io
import os
import re
import socket
import stat
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.http import FileResponse
from django.utils import timezone, translation
from PIL import Image

from gongzhi.audit.models import Event, Look
from gongzhi.core.actor import Actor, ActorKind, Scope
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.files import actions, inspection, jobs, policies, scanning
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import ALLOWED, CONTENT_TYPES, EXTENSIONS, PICTURES, READ, Allowed, Format, Purpose, ScanState
from gongzhi.files.models import Upload
from gongzhi.files.tests import samples as make
from tests.plugin import cluster
from tests.world import actor_of

PROCESS = Actor.system("test")
ORGANIZATION = Actor(
    kind=ActorKind.ORGANIZATION, scope=Scope(org=7), person_id=71, org_id=7, permissions=frozenset({READ})
)


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> Path:
    """A store of the test's own."""
    settings.UPLOADS = tmp_path / "uploads"
    return tmp_path / "uploads"


def hand_in(
    actor: Actor,
    content: bytes | None = None,
    *,
    name: str = "章程.pdf",
    purpose: Purpose = Purpose.EVIDENCE,
    owner: Owner | None = None,
) -> Upload:
    whose = owner or Owner(person_id=actor.scope.person, org_id=actor.scope.org, path=actor.scope.path or "")
    stream = io.BytesIO(make.pdf() if content is None else content)
    with acting(actor):
        return actions.receive(actor=actor, stream=stream, name=name, purpose=purpose, owner=whose)


def refusal(*arguments: Any, **named: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        hand_in(*arguments, **named)
    assert caught.value.field == "file"
    assert len(str(caught.value.message)) > 12
    return caught.value


def close(response: FileResponse) -> None:
    """Close the file only: `response.close()` tells Django that the request is over, and it drops the connection."""
    assert response.file_to_stream is not None
    response.file_to_stream.close()


def files_in(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


# --- taking in ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("某某社会工作服务中心章程（草案）.pdf", make.pdf(), Format.PDF),
        ("核名.OFD", make.ofd(), Format.OFD),
        ("会议纪要 2026.docx", make.docx(), Format.DOCX),
        ("志愿者名单.xlsx", make.xlsx(), Format.XLSX),
        ("名单.csv", "姓名,电话\n王小明,无\n".encode("gb18030"), Format.CSV),
        ("名单.tsv", "姓名\t电话\n".encode(), Format.TSV),
        ("说明.txt", "情况说明".encode(), Format.TXT),
        ("㐀𠮷的照片.JPG", make.photo_with_place(), Format.JPEG),
        ("标志.png", make.picture("PNG"), Format.PNG),
        ("现场.webp", make.picture("WEBP"), Format.WEBP),
    ],
    ids=lambda value: value if isinstance(value, Format) else "",
)
def test_an_honest_file_comes_in_and_goes_out_under_its_name(
    name: str, content: bytes, kind: Format, store: Path
) -> None:
    rita = actor_of("rita")
    upload = hand_in(rita, content, name=name)
    with acting(rita):
        upload = Upload.objects.visible_to(rita).get(pk=upload.pk)
        response = actions.send(upload, actor=rita)
        body = response.getvalue()
        close(response)
    assert upload.format == kind
    assert hashlib.sha256(body).digest() == bytes(upload.sha256)
    assert len(body) == upload.size
    if kind not in PICTURES:
        assert body == content
    assert f"filename*=utf-8''{quote(name)}" in response["Content-Disposition"]
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == CONTENT_TYPES[kind]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_nothing_of_the_name_stands_in_clear_and_the_file_is_ours_alone(store: Path) -> None:
    rita = actor_of("rita")
    upload = hand_in(rita, name="王小明身份证.pdf")
    assert upload.name_masked == "王××.pdf"
    assert "小明".encode() not in bytes(upload.name_sealed)
    assert upload.created_by_person == rita.person_id
    (file,) = files_in(store)
    assert file == upload.place.resolve()
    assert file.relative_to(store).parts == (upload.stored_name[:2], upload.stored_name[2:4], upload.stored_name)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert all(stat.S_IMODE(folder.stat().st_mode) == 0o700 for folder in (file.parent, file.parent.parent))
    event = Event.objects.get(event="files.upload.received", subject_id=upload.pk)
    assert event.details["sha256"] == bytes(upload.sha256).hex()
    assert "王" not in str(event.details)


@pytest.mark.django_db
def test_a_photo_is_kept_without_its_place() -> None:
    upload = hand_in(actor_of("rita"), make.photo_with_place(), name="照片.jpg")
    with Image.open(upload.place) as kept:
        assert len(kept.getexif()) == 0


@pytest.mark.parametrize(
    ("name", "shown", "extension"),
    [
        ("C:\\文件\\章程.pdf", "章程.pdf", "pdf"),
        ("../../etc/章程.PDF", "章程.PDF", "pdf"),
        ("photo\u202egpj.exe", "photogpj.exe", "exe"),
        ("章\u200b程\x00\n.pdf", "章程.pdf", "pdf"),
        ("  两  个\u3000空格 .pdf ", "两 个 空格 .pdf", "pdf"),
        ("无扩展名", "无扩展名", ""),
        ("a" * 300 + ".pdf", "a" * 100 + ".pdf", "pdf"),
        ("㐀𠮷.pdf", "㐀𠮷.pdf", "pdf"),
        ("e\u0301.pdf", "\u00e9.pdf", "pdf"),
    ],
)
def test_what_a_name_becomes(name: str, shown: str, extension: str) -> None:
    assert actions.clean_name(name) == (shown, extension)


@pytest.mark.parametrize("name", ["", "  ", "..", "a/..", "\u202e", ". ."])
def test_a_name_of_which_nothing_is_left_is_refused(name: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        actions.clean_name(name)
    assert caught.value.code == "files.unnamed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "purpose", "code"),
    [
        ("章程.docx", make.pdf(), Purpose.EVIDENCE, "name_mismatch"),
        ("photo\u202egpj.exe", make.picture("JPEG"), Purpose.EVIDENCE, "name_mismatch"),
        ("照片.png", make.picture("JPEG"), Purpose.EVIDENCE, "name_mismatch"),
        ("章程", make.pdf(), Purpose.EVIDENCE, "name_mismatch"),
        ("章程.pdf", "只是文字".encode(), Purpose.EVIDENCE, "name_mismatch"),
        ("页.html", b"hello", Purpose.EVIDENCE, "name_mismatch"),
        ("章程.pdf", make.pdf(), Purpose.PICTURE, "not_allowed_kind"),
        ("名单.xlsx", make.xlsx(), Purpose.DOCUMENT, "not_allowed_kind"),
        ("图.svg", b"<svg/>", Purpose.PICTURE, "not_allowed_kind"),
        ("章程.docx", make.docx()[:-30], Purpose.DOCUMENT, "damaged"),
        ("章程.docm", make.docx(("word/vbaProject.bin", b"")), Purpose.DOCUMENT, "macros"),
        ("章程.pdf", b"", Purpose.DOCUMENT, "empty"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else str(value),
)
def test_what_must_not_come_in_leaves_nothing(
    name: str, content: bytes, purpose: Purpose, code: str, store: Path
) -> None:
    before = Upload.objects.count()
    assert refusal(actor_of("rita"), content, name=name, purpose=purpose).code == f"files.{code}"
    assert Upload.objects.count() == before
    assert files_in(store) == []


@pytest.mark.django_db
def test_every_refusal_says_what_where_and_what_to_do_in_both_languages() -> None:
    codes = set(actions.keeping.REFUSALS)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            for code in codes:
                violation = actions.keeping._refusal(code, "word/document.xml", ALLOWED[Purpose.DOCUMENT])
                assert "%(" not in str(violation.message)
    source = Path(inspection.__file__).read_text()
    used = set(re.findall(r'Refused\("([a-z_]+)"', source)) | {"too_complex"}
    assert used == codes


class Endless:
    """A stream that never ends, whatever length was promised."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int, /) -> bytes:
        self.given += size
        return bytes(size)


@pytest.mark.django_db
def test_the_cap_counts_real_bytes(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    monkeypatch.setitem(ALLOWED, Purpose.DOCUMENT, Allowed(frozenset({Format.PDF}), 1024 * 1024))
    rita, stream = actor_of("rita"), Endless()
    with pytest.raises(RuleViolation) as caught, acting(rita):
        actions.receive(
            actor=rita, stream=stream, name="a.pdf", purpose=Purpose.DOCUMENT, owner=Owner(person_id=rita.person_id)
        )
    assert caught.value.code == "files.too_large"
    assert stream.given < 1_200_000
    assert files_in(store) == []


@pytest.mark.django_db
def test_a_program_that_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for text in ("import os; os.kill(os.getpid(), 9)", "print('no json')"):
        (tmp_path / "dies.py").write_text(text)
        monkeypatch.setattr(inspection, "__file__", str(tmp_path / "dies.py"))
        assert refusal(actor_of("rita")).code == "files.too_complex"

    def late(*arguments: Any, **named: Any) -> None:
        raise subprocess.TimeoutExpired("inspection", 1)

    monkeypatch.setattr(subprocess, "run", late)
    assert refusal(actor_of("rita")).code == "files.too_complex"


@pytest.mark.django_db
def test_a_store_that_cannot_be_written_is_told_and_nothing_is_recorded(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gongzhi.files.store.put", full)
    before = Upload.objects.count()
    assert refusal(actor_of("rita")).code == "files.not_stored"
    assert Upload.objects.count() == before
    assert files_in(store) == []


# --- who ---


@pytest.mark.parametrize(
    ("actor", "owner", "allowed"),
    [
        (Actor(kind=ActorKind.PERSON, scope=Scope(person=1), person_id=1), Owner(person_id=1), True),
        (Actor(kind=ActorKind.PERSON, scope=Scope(person=1), person_id=1), Owner(person_id=1, path="44/4403/"), True),
        (Actor(kind=ActorKind.PERSON, scope=Scope(person=1), person_id=1), Owner(person_id=2), False),
        (Actor(kind=ActorKind.PERSON, scope=Scope(person=1), person_id=1), Owner(person_id=1, org_id=7), False),
        (ORGANIZATION, Owner(org_id=7), True),
        (ORGANIZATION, Owner(org_id=8), False),
        (ORGANIZATION, Owner(person_id=71), False),
        (Actor(kind=ActorKind.AGENCY, scope=Scope(path="44/"), path="44/"), Owner(path="44/4403/"), True),
        (Actor(kind=ActorKind.AGENCY, scope=Scope(path="44/"), path="44/"), Owner(path="45/"), False),
        (Actor(kind=ActorKind.AGENCY, scope=Scope(path="44/"), path="44/"), Owner(person_id=1), False),
        (Actor.visitor(), Owner(person_id=1), False),
        (PROCESS, Owner(person_id=1), True),
    ],
)
def test_who_may_hand_in_for_whom(actor: Actor, owner: Owner, allowed: bool) -> None:
    assert policies.can_receive(actor, owner) is allowed


@pytest.mark.django_db
def test_handing_in_for_somebody_else_is_not_allowed(store: Path) -> None:
    rita = actor_of("rita")
    for actor, owner in ((rita, Owner(person_id=10**9)), (actor_of("visitor"), Owner(person_id=rita.person_id))):
        with pytest.raises(NotAllowed):
            hand_in(actor, owner=owner)
    assert files_in(store) == []


@pytest.mark.django_db
def test_who_sees_and_who_opens_a_file_sent_to_an_agency() -> None:
    rita, dana = actor_of("rita"), actor_of("dana")
    upload = hand_in(rita, owner=Owner(person_id=rita.person_id, path="44/4403/440305/"))
    expected = {"rita": (True, True), "dana": (True, True), "rosa": (True, False), "edith": (False, False)}
    for name, (sees, opens) in expected.items():
        actor = actor_of(name)
        with acting(actor):
            assert Upload.objects.visible_to(actor).filter(pk=upload.pk).exists() is sees, name
        assert policies.can_read(actor, upload) is opens, name
    assert policies.can_read(dana, replace_owner(upload, path="")) is False
    assert not Upload.objects.visible_to(actor_of("visitor")).exists()


def replace_owner(upload: Upload, **changes: Any) -> Upload:
    fields = {field.attname: getattr(upload, field.attname) for field in Upload._meta.concrete_fields}
    return Upload(**(fields | changes))


@pytest.mark.django_db
def test_an_organization_s_file_opens_to_it_and_to_no_other() -> None:
    upload = hand_in(ORGANIZATION)
    other = replace(ORGANIZATION, scope=Scope(org=8), org_id=8)
    reader = replace(ORGANIZATION, permissions=frozenset())
    assert [policies.can_read(actor, upload) for actor in (ORGANIZATION, other, reader)] == [True, False, False]
    for actor, sees in ((ORGANIZATION, True), (other, False), (reader, True)):
        with acting(actor):
            assert Upload.objects.visible_to(actor).filter(pk=upload.pk).exists() is sees


@pytest.mark.usefixtures("fresh_database")
def test_the_second_wall_shows_nobody_what_is_not_theirs() -> None:
    """Without `visible_to`: the database itself refuses."""
    rita = actor_of("rita")
    upload = hand_in(rita, owner=Owner(person_id=rita.person_id, path="44/4403/"))
    sees = {"rita": True, "dana": True, "rosa": True, "adam": True, "edith": False, "visitor": False}
    for name, expected in sees.items():
        with acting(actor_of(name)):
            assert Upload.objects.filter(pk=upload.pk).exists() is expected, name
    assert not Upload.objects.exists()  # no scope at all
    with pytest.raises(Exception, match="row-level security"), acting(actor_of("edith")):
        row(person_id=rita.person_id)


@pytest.mark.django_db
def test_opening_somebody_s_file_is_a_look_and_one_s_own_is_not() -> None:
    rita, dana = actor_of("rita"), actor_of("dana")
    upload = hand_in(rita, owner=Owner(person_id=rita.person_id, path="44/4403/"))
    with acting(rita):
        close(actions.send(upload, actor=rita))
    assert not Look.objects.filter(subject_kind="files.upload").exists()
    with acting(dana):
        close(actions.send(upload, actor=dana, purpose="cases.review"))
    look = Look.objects.get(subject_kind="files.upload", subject_id=upload.pk)
    assert (look.fields, look.purpose, look.person_id) == (["content", "name_sealed"], "cases.review", dana.person_id)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["rosa", "edith", "visitor"])
def test_who_may_not_open_a_file_gets_none(name: str) -> None:
    rita = actor_of("rita")
    upload = hand_in(rita, owner=Owner(person_id=rita.person_id, path="44/4403/"))
    with pytest.raises(NotAllowed):
        actions.send(upload, actor=actor_of(name))


# --- giving out ---


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("a.pdf", make.pdf(), True),
        ("a.png", make.picture("PNG"), True),
        ("a.csv", b"a,b", False),
        ("a.txt", b"<b>", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_a_pdf_or_a_picture_is_shown_in_a_page(name: str, content: bytes, shown: bool) -> None:
    rita = actor_of("rita")
    upload = hand_in(rita, content, name=name)
    with acting(rita):
        response = actions.send(upload, actor=rita, in_page=True)
        close(response)
    assert response["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert "html" not in response["Content-Type"]


def test_no_format_is_served_as_something_a_browser_runs() -> None:
    assert set(CONTENT_TYPES) == set(EXTENSIONS) == set(Format)
    assert not {"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml"} & set(CONTENT_TYPES.values())


@pytest.mark.django_db
def test_a_file_that_is_gone_from_the_disk_is_told() -> None:
    rita = actor_of("rita")
    upload = hand_in(rita)
    upload.place.unlink()
    with pytest.raises(RuleViolation) as caught, acting(rita):
        actions.send(upload, actor=rita)
    assert caught.value.code == "files.lost"


# --- the virus scanner ---


class FakeClamd(threading.Thread):
    """Speaks as clamd does: PING, and INSTREAM with a verdict about the letters EICAR."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        self.received: list[bytes] = []
        self.answer = b""

    def run(self) -> None:
        while True:
            try:
                talk = self.server.accept()[0]
            except OSError:
                return
            with talk, talk.makefile("rb") as stream:
                command = b""
                while not command.endswith(b"\0"):
                    command += stream.read(1)
                if command == b"zPING\0":
                    talk.sendall(b"PONG\0")
                    continue
                content = b""
                while size := struct.unpack("!L", stream.read(4))[0]:
                    content += stream.read(size)
                self.received.append(content)
                found = b"stream: Eicar-Signature FOUND\0" if b"EICAR" in content else b"stream: OK\0"
                talk.sendall(self.answer or found)


@pytest.fixture
def clamd(settings: Any, tmp_path: Path) -> Iterator[FakeClamd]:
    """A scanner on a socket of the test's own."""
    settings.CLAMD_SOCKET = str(tmp_path / "s")
    fake = FakeClamd(tmp_path / "s")
    fake.start()
    yield fake
    fake.server.shutdown(socket.SHUT_RDWR)
    fake.server.close()
    fake.join(10)


@pytest.mark.django_db
def test_the_scanner_reads_every_byte_and_refuses_what_it_finds(clamd: FakeClamd, store: Path) -> None:
    assert scanning.unavailable() == ""
    rita = actor_of("rita")
    upload = hand_in(rita, "很长的说明\n".encode() * 20_000, name="a.txt")
    assert (upload.scan_state, upload.scanned_at is None) == (ScanState.CLEAN, False)
    assert clamd.received == [upload.place.read_bytes()]
    assert refusal(rita, b"X5O!P%@AP EICAR", name="b.txt").code == "files.infected"
    assert files_in(store) == [upload.place.resolve()]


@pytest.mark.django_db
def test_without_a_scanner_files_come_in_and_the_operator_is_told(settings: Any, tmp_path: Path) -> None:
    assert "clamav-daemon" in scanning.unavailable()
    assert hand_in(actor_of("rita")).scan_state == ScanState.NOT_SCANNED
    settings.CLAMD_SOCKET = str(tmp_path / "nobody")
    assert "clamav-daemon" in scanning.unavailable()


@pytest.mark.django_db
def test_what_came_in_while_the_scanner_was_away_waits_for_it(settings: Any, tmp_path: Path) -> None:
    rita, dana = actor_of("rita"), actor_of("dana")
    settings.CLAMD_SOCKET = str(tmp_path / "s")
    clean, bad = (
        hand_in(rita, text, name="a.txt", owner=Owner(person_id=rita.person_id, path="44/4403/"))
        for text in (b"clean", b"EICAR")
    )
    with acting(dana), pytest.raises(RuleViolation) as caught:
        actions.send(clean, actor=dana)
    assert caught.value.code == "files.not_scanned"
    with acting(rita):
        close(actions.send(clean, actor=rita))  # one's own is not held back
    with acting(PROCESS):
        jobs.scan_waiting(actor=PROCESS)  # the scanner is still away: nothing changes
    fake = FakeClamd(tmp_path / "s")
    fake.start()
    try:
        fake.answer = b"INSTREAM size limit exceeded. ERROR\0"
        with acting(PROCESS), pytest.raises(scanning.ScannerAway):
            actions.scan(actor=PROCESS, upload=clean)
        fake.answer = b""
        with acting(PROCESS):
            jobs.scan_waiting(actor=PROCESS)
            states = [Upload.objects.get(pk=upload.pk) for upload in (clean, bad)]
            with pytest.raises(RuleViolation) as again:
                actions.scan(actor=PROCESS, upload=states[0])
    finally:
        fake.server.shutdown(socket.SHUT_RDWR)
        fake.server.close()
    assert [upload.scan_state for upload in states] == [ScanState.CLEAN, ScanState.INFECTED]
    assert again.value.code == "files.already_scanned"
    with acting(dana):
        close(actions.send(states[0], actor=dana))
    with acting(rita), pytest.raises(RuleViolation) as infected:
        actions.send(states[1], actor=rita)
    assert infected.value.code == "files.infected"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["adam", "dana", "rita", "visitor"])
def test_the_store_is_kept_by_processes_only(name: str) -> None:
    rita, actor = actor_of("rita"), actor_of(name)
    upload = hand_in(rita)
    with pytest.raises(NotAllowed), acting(PROCESS):
        actions.scan(actor=actor, upload=upload)
    with pytest.raises(NotAllowed), acting(PROCESS):
        actions.sweep(actor=actor)


# --- leftovers ---


def age(path: Path, days: float) -> None:
    moment = time.time() - days * 86400
    os.utime(path, (moment, moment))


@pytest.mark.usefixtures("fresh_database")
def test_what_a_rolled_back_transaction_left_is_removed_when_it_is_old_and_nothing_else(store: Path) -> None:
    rita = actor_of("rita")
    kept = hand_in(rita)
    places = []
    for _ in range(2):
        with transaction.atomic():
            places.append(hand_in(rita).place)
            transaction.set_rollback(True)
    unfinished = store / "incoming" / "abc"
    unfinished.write_bytes(b"x")
    for path, days in ((kept.place, 100.0), (places[0], 8.0), (places[1], 6.0), (unfinished, 2.0)):
        age(path, days)
    with acting(PROCESS) as actor:
        jobs.sweep(actor=actor)
    assert [path.exists() for path in (kept.place, *places, unfinished)] == [True, False, True, False]
    event = Event.objects.get(event="files.store.swept")
    assert event.details == {"unfinished": 1, "orphans": 1, "files": 3}
    with acting(PROCESS) as actor:
        assert actions.sweep(actor=actor) == 0


@pytest.mark.usefixtures("fresh_database")
def test_sweeping_without_the_right_scope_or_with_the_wrong_database_removes_nothing(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rita = actor_of("rita")
    kept = hand_in(rita)
    age(kept.place, 100)
    with pytest.raises(NotAllowed):
        actions.sweep(actor=PROCESS)  # outside `acting` the second wall would hide every row
    with acting(PROCESS):
        Upload.objects.all().delete()
    monkeypatch.setattr(actions.keeping, "MOST_ORPHANS", 0)
    with pytest.raises(RuleViolation) as caught, acting(PROCESS) as actor:
        actions.sweep(actor=actor)
    assert caught.value.code == "files.store_mismatch"
    assert kept.place.exists()


# --- what the database itself refuses ---


def row(**changes: Any) -> Upload:
    values: dict[str, Any] = {
        "pk": next_pk(Upload),
        "stored_name": os.urandom(16).hex(),
        "name_sealed": b"x",
        "name_masked": "x",
        "sha256": bytes(32),
        "size": 1,
        "format": Format.PDF,
        "purpose": Purpose.DOCUMENT,
        "person_id": 1,
    }
    return Upload.objects.create(**(values | changes))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"person_id": None}, "files_upload_has_owner"),
        ({"path": "44/4403"}, "files_upload_path_form"),
        ({"size": 0}, "files_upload_not_empty"),
        ({"sha256": bytes(31)}, "files_upload_sha256_size"),
        ({"stored_name": "../../etc/passwd"}, "files_upload_stored_name"),
        ({"format": "html"}, "files_upload_format"),
        ({"purpose": "other"}, "files_upload_purpose"),
        ({"scan_state": ScanState.CLEAN}, "files_upload_scan"),
        ({"scan_state": "unknown", "scanned_at": timezone.now()}, "files_upload_scan"),
    ],
)
def test_a_row_that_cannot_be_is_refused(changes: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), acting(PROCESS):
        row(**changes)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"person_id": None, "org_id": 7},
        {"person_id": None, "path": "/"},
        {"scan_state": "clean", "scanned_at": timezone.now()},
    ],
)
def test_a_row_that_can_be_is_kept(changes: dict[str, Any]) -> None:
    with acting(PROCESS):
        assert row(**changes).pk


def test_what_a_file_is_never_changes(fresh_database: str) -> None:
    with acting(PROCESS):
        row()
    with psycopg.connect(cluster.url("gz_app", fresh_database), autocommit=True) as other:
        other.execute("SELECT set_config('gz.process', 'test', false)")
        assert other.execute("UPDATE files_upload SET scan_state = scan_state").rowcount == 1
        for statement in (
            "UPDATE files_upload SET sha256 = sha256",
            "UPDATE files_upload SET person_id = 2",
            "UPDATE files_upload SET stored_name = stored_name",
            "TRUNCATE files_upload",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute(statement)
    assert connection.settings_dict["USER"] == "gz_app"
