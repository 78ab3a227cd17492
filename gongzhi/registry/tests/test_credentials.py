"""Certificates and extracts: signed, checked with the public key alone, revoked with a reason, and no forgery passes."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gongzhi.cases.tests import people
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.signing import BadKey, SigningKey, by_id, read_key, read_keys
from gongzhi.orgs.models import Organization
from gongzhi.registry import exports
from gongzhi.registry.actions.credentials import issue_credential, issue_extract, revoke_credential
from gongzhi.registry.enums import CredentialKind
from gongzhi.registry.models import Credential, Revocation
from gongzhi.registry.verify import (
    FILE,
    MOST_BYTES,
    STATEMENT,
    Verdict,
    canonical,
    check_file,
    check_statement,
    closing_line,
    envelope,
    signed_hash,
)
from tests.test_access import signed_in as signed_in_as
from tests.world import GUANGDONG, SHENZHEN, account_of, actor_of

SYSTEM = Actor.system("tests")
OTHER = SigningKey("gongzhi-certificates", b"\7" * 32)


def keys() -> dict[str, Any]:
    return by_id(one.verifier for one in settings.CERTIFICATE_KEYS)


def signed_in(name: str) -> Client:
    return signed_in_as(Client(), name)


def body(code: str = SHENZHEN) -> Organization:
    return Organization.objects.get(credit_code=code)


def an_extract(code: str = SHENZHEN) -> Credential:
    with acting(Actor.visitor()) as visitor:
        return issue_extract(actor=visitor, organization=body(code), address="198.51.100.7")


def read(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")


def forged(credential: Credential, key: SigningKey | None = None, **changes: Any) -> bytes:
    """A file that looks like ours, with a changed statement, its old signature or one of another key."""
    statement = {**json.loads(credential.statement), **changes}
    signature = key.sign(STATEMENT, canonical(statement)) if key else base64.b64decode(credential.signature)
    return envelope(statement, key_id=key.verifier.key_id if key else credential.key_id, signature=signature)


# --- issued ---


@pytest.mark.django_db
def test_a_filing_that_is_approved_brings_its_certificate_in_the_same_transaction() -> None:
    case = people.approved()
    credential = Credential.objects.get()
    assert credential.kind == CredentialKind.FILING
    assert re.fullmatch(r"BAZ-\d{4}-\d{6}", credential.number)
    assert credential.case_number == case.number
    statement = json.loads(credential.statement)
    assert statement["title"] == "社区社会组织备案证书"
    assert statement["issuer"] == "深圳市民政局"
    shown = dict(statement["shown"])
    assert shown["备案编号"].startswith("SQ440300-")
    assert shown["负责人"] == "李××"
    assert "法定代表人" not in shown
    assert shown["名称"] == people.FILLED["group"]["name"]
    assert shown["负责人"] == "李××"
    assert "法定代表人" not in shown
    assert not any("13900000001" in value for value in shown.values())
    pdf = exports.credential_pdf(credential)
    assert check_file(pdf, keys()).verdict is Verdict.GENUINE
    text = read(pdf)
    for word in (
        "社区社会组织备案证书",
        people.FILLED["group"]["name"],
        "深圳市民政局",
        credential.number,
        "不产生法人资格",
    ):
        assert word in text, word
    assert exports.credential_pdf(credential) == pdf
    with acting(SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT body FROM tlog_pending WHERE seal = %s", [credential.seal])
        sealed = cursor.fetchone()
    if sealed is not None:  # the application may not read what waits, only the sequencer
        assert hashlib.sha256(credential.statement.encode()).hexdigest().encode() in bytes(sealed[0])


@pytest.mark.django_db
def test_anybody_gets_an_extract_of_the_public_items_and_the_same_one_all_day() -> None:
    first = an_extract()
    assert an_extract() == first
    statement = json.loads(first.statement)
    shown = dict(statement["shown"])
    assert shown["统一社会信用代码"] == SHENZHEN
    assert "深圳市××社工服务社" in shown.values()
    assert check_file(exports.credential_pdf(first), keys()).verdict is Verdict.GENUINE
    assert "登记信息摘录" in read(exports.credential_pdf(first))
    assert an_extract(GUANGDONG) != first


@pytest.mark.django_db
def test_who_asks_for_too_many_extracts_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongzhi.registry.actions.credentials.EXTRACTS_AN_HOUR", 1)
    an_extract()
    an_extract()  # there already: free
    with pytest.raises(RuleViolation, match=r"registry\.too_many_extracts"):
        an_extract(GUANGDONG)


@pytest.mark.django_db
def test_only_an_official_who_may_decide_issues_a_certificate() -> None:
    for name in ("rita", "rosa", "edith", "alice"):
        with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
            issue_credential(
                actor=actor, organization=body(), kind=CredentialKind.FILING, case_number="BA-2026-000001", issuer="x"
            )
    with acting(actor_of("dana")) as dana, pytest.raises(NotAllowed):
        issue_credential(actor=dana, organization=body(), kind=CredentialKind.EXTRACT, case_number="", issuer="x")


@pytest.mark.django_db
def test_what_was_signed_is_never_changed_and_holds_its_rules() -> None:
    credential = an_extract()
    for change in ("UPDATE registry_credential SET statement = '{}'", "DELETE FROM registry_credential"):
        with acting(SYSTEM), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    row = {
        "org": credential.org, "statement": "{}", "key_id": "x", "signature": "x", "issued_on": credential.issued_on,
        "seal": credential.seal,
    }  # fmt: skip
    for bad in (
        {"number": credential.number, "kind": "extract"},
        {"number": "X", "kind": "letter", "case_number": "x"},
        {"number": "X", "kind": "filing"},
        {"number": "X", "kind": "extract", "case_number": "x"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Credential.objects.create(**row, **bad)
    with pytest.raises(IntegrityError), transaction.atomic():
        Revocation.objects.create(
            credential=credential, revoked_on=credential.issued_on, reason="", office="x", seal=credential.seal
        )
    assert Credential.objects.create(**row, number="X", kind="filing", case_number="x").pk


# --- no forgery passes ---


@pytest.mark.django_db
def test_a_changed_byte_a_changed_statement_and_another_key_are_found() -> None:
    credential = an_extract()
    pdf = exports.credential_pdf(credential)
    for at in (30, len(pdf) // 3, len(pdf) // 2, len(pdf) - 300, len(pdf) - 20):
        changed = pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]
        assert check_file(changed, keys()).verdict is not Verdict.GENUINE, at
    for changed in (pdf[:-1], pdf + b"\n", pdf + b"%%EOF\n", pdf[: pdf.rindex(b"\n%gongzhi")]):
        assert check_file(changed, keys()).verdict is Verdict.CHANGED
    # The same words laid out anew by somebody else: the statement holds, the file does not.
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    again = io.BytesIO()
    writer.write(again)
    found = check_file(again.getvalue(), keys())
    assert (found.verdict, found.number) == (Verdict.CHANGED, credential.number)
    # Another line of ours put under a changed file.
    line = pdf[pdf.rindex(b"\n%gongzhi") :]
    assert check_file(again.getvalue() + line, keys()).verdict is Verdict.CHANGED
    # Statements.
    assert check_file(forged(credential), keys()).verdict is Verdict.GENUINE  # the control: nothing was changed
    assert check_file(forged(credential, shown=[["名称", "另一家"]]), keys()).verdict is Verdict.FORGED
    assert check_file(forged(credential, issued_on="2001-01-01"), keys()).verdict is Verdict.FORGED
    assert check_file(forged(credential, OTHER), keys()).verdict is Verdict.UNKNOWN_KEY
    assert check_file(pdf, by_id([OTHER.verifier])).verdict is Verdict.UNKNOWN_KEY


@pytest.mark.django_db
def test_a_file_signed_whole_by_a_stranger_is_none_of_ours() -> None:
    credential = an_extract()
    pdf = exports.credential_pdf(credential)
    content = pdf[: pdf.rindex(b"\n%gongzhi")]
    own = OTHER.sign(FILE, signed_hash(content))
    assert check_file(content + closing_line(OTHER.verifier.key_id, own), keys()).verdict is Verdict.CHANGED
    assert check_file(content + closing_line(credential.key_id, own), keys()).verdict is Verdict.CHANGED


def test_a_signature_for_one_purpose_is_none_for_another() -> None:
    signature = OTHER.sign(STATEMENT, b"x")
    assert OTHER.verifier.verifies(STATEMENT, b"x", signature)
    assert not OTHER.verifier.verifies(FILE, b"x", signature)
    assert not OTHER.verifier.verifies(STATEMENT, b"y", signature)
    assert not OTHER.verifier.verifies(STATEMENT, b"x", b"short")


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"%PDF-1.7\n", b"{", b'{"statement": {}, "key": "']))
def test_hostile_bytes_are_no_certificate_and_break_nothing(content: bytes, start: bytes) -> None:
    assert check_file(start + content, by_id([OTHER.verifier])).verdict is not Verdict.GENUINE


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        b'{"statement": [], "key": 1, "signature": "x"}',
        b'{"statement": {"a": 1e999}, "key": "x", "signature": ""}',
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b"\xff\xfe",
    ],
)
def test_statements_that_are_none_are_told_apart(content: bytes) -> None:
    assert check_statement(content, by_id([OTHER.verifier])).verdict in {Verdict.NO_CERTIFICATE, Verdict.UNKNOWN_KEY}


def test_public_keys_are_read_from_their_line_and_a_changed_one_is_refused() -> None:
    line = str(OTHER.verifier)
    assert read_key(line) == OTHER.verifier
    assert read_keys(f"# key\n\n{line}\n") == {OTHER.verifier.key_id: OTHER.verifier}
    for bad in (
        "",
        "x",
        line.replace("+", "-"),
        line[:-4],
        f"y{line}",
        line.replace(OTHER.verifier.key_id, "00000000"),
    ):
        with pytest.raises(BadKey):
            read_key(bad)
    with pytest.raises(BadKey):
        read_keys("# none\n")


# --- the command: no database, no settings ---


def command(*words: str, var: Path) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys; sys.modules['django'] = None\n"  # the command must not need it
        "from gongzhi.config.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    environment = {"PATH": "/usr/bin:/bin", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "VAR": str(var)}
    return subprocess.run(
        [sys.executable, "-c", program, "--var", str(var), "verify", *words],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


@pytest.mark.django_db
def test_the_command_verifies_with_the_public_key_alone(tmp_path: Path) -> None:
    credential = an_extract()
    pdf = exports.credential_pdf(credential)
    file, key = tmp_path / "摘录.pdf", tmp_path / "keys.txt"
    file.write_bytes(pdf)
    key.write_text("".join(f"{one}\n" for one in keys().values()), encoding="utf-8")
    good = command(str(file), "--key", str(key), var=tmp_path)
    assert good.returncode == 0, good.stderr
    assert "GENUINE" in good.stdout
    assert credential.number in good.stdout
    assert "深圳市××社工服务社" in good.stdout
    as_line = command(str(file), "--key", next(iter(map(str, keys().values()))), "--json", var=tmp_path)
    assert json.loads(as_line.stdout)["verdict"] == "genuine"
    file.write_bytes(pdf.replace(b"%PDF-1.7", b"%PDF-1.6"))
    bad = command(str(file), "--key", str(key), var=tmp_path)
    assert bad.returncode == 1
    assert "changed" in bad.stderr
    stranger = command(str(file), "--key", str(OTHER.verifier), var=tmp_path)
    assert stranger.returncode == 1
    for words in (("--key", "x+y+z"), (), ("--key", str(tmp_path / "none.txt"))):
        none = command(str(file), *words, var=tmp_path)
        assert none.returncode == 2, words
        assert "Traceback" not in none.stderr
    assert command(str(tmp_path / "none.pdf"), "--key", str(key), var=tmp_path).returncode == 2


# --- revoked ---


@pytest.mark.django_db
def test_the_authority_revokes_once_with_a_reason_and_nobody_else_does() -> None:
    credential = an_extract()
    for name in ("rita", "edith", "rosa", "alice"):
        with acting(actor_of(name)) as actor, pytest.raises(NotAllowed):
            revoke_credential(actor=actor, credential=credential, reason="x")
    with acting(actor_of("dana")) as dana:
        with pytest.raises(RuleViolation, match=r"registry\.no_reason"):
            revoke_credential(actor=dana, credential=credential, reason="  ")
        with pytest.raises(RuleViolation, match=r"registry\.no_reason"):
            revoke_credential(actor=dana, credential=credential, reason="x" * 501)
        revoke_credential(actor=dana, credential=credential, reason="登记事项有误，另行出具")
        with pytest.raises(RuleViolation, match=r"registry\.revoked"):
            revoke_credential(actor=dana, credential=credential, reason="x")
    assert an_extract() != credential  # a revoked extract is not given again


# --- pages ---


def hand_in(client: Client, content: bytes, name: str = "x.pdf") -> str:
    answer = client.post("/verify/", {"number": "", "file": SimpleUploadedFile(name, content)})
    assert answer.status_code in {200, 422}, answer.status_code
    return str(answer.content.decode())


@pytest.mark.django_db
def test_the_page_tells_genuine_changed_forged_strange_and_too_large_files_apart() -> None:
    credential = an_extract()
    pdf = exports.credential_pdf(credential)
    visitor = Client()
    assert str(next(iter(keys().values()))) in visitor.get("/verify/").content.decode().replace("&#x2B;", "+")
    good = hand_in(visitor, pdf)
    assert "文件与签名时完全一致" in good
    assert "深圳市××社工服务社" in good
    assert "被改动过" in hand_in(visitor, pdf + b"\n")
    assert "不真实：所载内容" in hand_in(visitor, forged(credential, issued_on="2001-01-01"), "x.json")
    assert "不属于本平台" in hand_in(visitor, forged(credential, OTHER), "x.json")
    for content in (b"%PDF-1.7 nothing", b"\x89PNG\r\n", b"x", b"", b"PK\x03\x04"):
        assert "不是本平台的证书" in hand_in(visitor, content), content
    assert "文件太大" in hand_in(visitor, b"%PDF-1.7" + b"0" * MOST_BYTES)
    nothing = visitor.post("/verify/", {"number": ""})
    assert nothing.status_code == 422
    unknown = visitor.post("/verify/", {"number": "BAZ-2026-999999"})
    assert unknown.status_code == 422
    assert "没有这个编号" in unknown.content.decode()
    full = credential.number.lower().replace("-", "－")
    assert visitor.post("/verify/", {"number": f" {full} "}).headers["Location"] == f"/verify/{credential.number}/"
    assert "被改动过" not in hand_in(visitor, pdf)


@pytest.mark.django_db
def test_a_signed_statement_whose_number_nobody_knows_is_no_good_news() -> None:
    key = settings.CERTIFICATE_KEYS[0]
    statement = {
        "v": 1,
        "number": "ZL-2026-999999",
        "title": "x",
        "shown": [],
        "issuer": "x",
        "issued_on": "2026-01-01",
    }
    lost = envelope(statement, key_id=key.verifier.key_id, signature=key.sign(STATEMENT, canonical(statement)))
    assert "查不到这个编号" in hand_in(Client(), lost)
    odd = statement | {"shown": "x", "number": ["x"]}
    strange = envelope(odd, key_id=key.verifier.key_id, signature=key.sign(STATEMENT, canonical(odd)))
    assert "查不到这个编号" in hand_in(Client(), strange)


@pytest.mark.django_db
def test_the_page_of_a_number_shows_what_was_signed_and_that_it_was_revoked() -> None:
    credential = an_extract()
    visitor, dana = Client(), signed_in("dana")
    page = f"/verify/{credential.number}/"
    shown = visitor.get(page).content.decode()
    assert "真实有效" in shown
    assert "深圳市××社工服务社" in shown
    assert "revoke" not in shown
    assert "登记信息摘录" in read(visitor.get(f"{page}file/").content)
    assert visitor.get("/verify/ZL-2026-999999/").status_code == 404
    assert visitor.get("/verify/x'--/").status_code == 404
    revoke = f"/workbench/certificates/{credential.number}/revoke/"
    assert revoke in dana.get(page).content.decode()
    assert dana.post(revoke, {"reason": ""}).status_code == 422
    assert dana.post(revoke, {"reason": "登记事项有误"}).status_code == 302
    for said in (visitor.get(page).content.decode(), hand_in(visitor, exports.credential_pdf(credential))):
        assert "撤销，不再有效" in said
        assert "登记事项有误" in said
        assert "深圳市民政局" in said
        assert "真实有效" not in said
    assert dana.post(revoke, {"reason": "再一次"}).status_code == 422


@pytest.mark.django_db
def test_an_extract_is_asked_for_from_the_organizations_page_without_an_account() -> None:
    visitor = Client()
    page = visitor.get(f"/orgs/{SHENZHEN}/").content.decode()
    found = re.search(r'href="(/orgs/[^"]+/extract/)"', page)
    assert found
    assert visitor.get(found[1]).status_code == 200
    assert Credential.objects.count() == 0
    made = visitor.post(found[1])
    assert made.status_code == 302
    assert "真实有效" in visitor.get(made.headers["Location"]).content.decode()
    assert visitor.post("/orgs/NOBODY/extract/").status_code == 404


@pytest.mark.django_db
def test_a_certificate_is_taken_by_its_body_and_its_authority_and_read_by_everybody() -> None:
    case = people.approved()
    credential = Credential.objects.get()
    page = f"/verify/{credential.number}/"
    assert "真实有效" in Client().get(page).content.decode()
    for name, status in (("rita", 200), ("dana", 200), ("edith", 403), ("alice", 403), ("victor", 403), ("rosa", 403)):
        assert signed_in(name).get(f"{page}file/").status_code == status, name
    assert Client().get(f"{page}file/").status_code == 403
    herself = Client()
    herself.force_login(account_of("rita"))
    assert herself.get(f"{page}file/").status_code == 200
    assert credential.number in herself.get(f"/cases/{case.public_id}/").content.decode()
    assert credential.number in signed_in("dana").get(f"/workbench/cases/{case.public_id}/").content.decode()


@pytest.mark.django_db
def test_too_many_files_from_one_address_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gongzhi.portal.verifying.FILES_AN_HOUR", 2)
    visitor = Client()
    for _number in range(2):
        hand_in(visitor, b"x")
    again = visitor.post("/verify/", {"number": "", "file": SimpleUploadedFile("x.pdf", b"x")})
    assert again.status_code == 429
    assert "请一小时后再来" in again.content.decode()


def test_the_keys_are_made_once_and_kept_for_their_owner(tmp_path: Path) -> None:
    from gongzhi.config.env import BadSetting, certificate_keys, certificate_keys_file

    first = certificate_keys(tmp_path)
    assert certificate_keys(tmp_path) == first
    file = certificate_keys_file(tmp_path)
    assert file.stat().st_mode & 0o077 == 0
    ring = json.loads(file.read_text())
    ring["keys"]["2"] = "22" * 32
    file.write_text(json.dumps(ring))
    assert [one.seed for one in certificate_keys(tmp_path)] == [b"\x22" * 32, first[0].seed]
    for broken in ("", "{}", '{"name": "x", "keys": {}}', '{"name": "x", "keys": {"1": "22"}}'):
        file.write_text(broken)
        with pytest.raises(BadSetting):
            certificate_keys(tmp_path)
