"""Sources that compare name and number: both protocols against a server of the same protocol, well and badly behaved."""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from gongzhi.accounts import verifiers
from gongzhi.accounts.actions import verification as actions
from gongzhi.accounts.enums import SourceAnswer
from gongzhi.accounts.models import Review, Verification
from gongzhi.accounts.tests.people import SYSTEM, approve, ask, born, resident_number
from gongzhi.accounts.verifiers import CannotAsk, Question, SignedVerifier, TokenVerifier, signature
from gongzhi.audit.models import Look
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed
from tests.world import account_of, actor_of

SECRET = "a shared secret of the tests"
NUMBER = resident_number(born(46))
ASKED = Question("AB12CD34EF", "resident_id", "李××", NUMBER, born(46).isoformat())


def pair() -> tuple[str, str]:
    """A private and a public key, as an operator writes them into files."""
    key = ed25519.Ed25519PrivateKey.generate()
    return (
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    )


OURS, OURS_PUBLIC = pair()
THEIRS, THEIRS_PUBLIC = pair()
STRANGER, _STRANGER_PUBLIC = pair()


class Source:
    """A source of both protocols. `behaves` says how; what it was asked is kept."""

    def __init__(self) -> None:
        self.behaves = "well"
        self.outcome = "match"
        self.checks: dict[str, str] = {}
        self.counted = 0
        self.asked: list[tuple[str, str]] = []
        self.nonces: set[str] = set()
        self.old: tuple[bytes, str] | None = None
        source = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_parts: object) -> None:
                pass

            def do_GET(self) -> None:
                self.answer(b"")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["Content-Length"])))

            def answer(self, body: bytes) -> None:
                source.asked.append((self.command, self.path))
                if self.path == "/token":
                    source.by_token(self, body)
                else:
                    source.by_secret(self, body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def note(self, reference: str) -> str:
        """The outcome of a reference, counted once."""
        if reference not in self.checks:
            self.counted += 1
            self.checks[reference] = self.outcome
        return self.checks[reference]

    def send(self, handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def by_secret(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        said = handler.headers
        nonce = said["X-Check-Nonce"]
        right = signature(SECRET, handler.command, handler.path, said["X-Check-Time"], nonce, body=body)
        fits = hmac.compare_digest(right, said["X-Check-Signature"]) and nonce not in self.nonces
        if not fits or abs(time.time() - int(said["X-Check-Time"])) > 300:
            return self.send(handler, 401, b"{}")
        self.nonces.add(nonce)
        if self.behaves == "fails":
            return self.send(handler, 503, b"{}")
        if self.behaves == "elsewhere":
            return self.send(handler, 302, b"", Location="http://192.0.2.1/")
        if handler.command == "GET":
            reference = handler.path.rpartition("/")[2]
            if reference not in self.checks:
                return self.send(handler, 404, b"{}")
        else:
            reference = json.loads(body)["reference"]
        outcome = self.note(reference)
        if self.behaves == "loses":
            handler.close_connection = True
            return None
        about = "ZZ99ZZ99ZZ" if self.behaves == "about another" else reference
        answer = json.dumps({"reference": about, "outcome": "maybe" if self.behaves == "mumbles" else outcome}).encode()
        if self.behaves == "no json":
            answer = b"<html>"
        if self.behaves == "long":
            answer = b"x" * 20_000
        sign = signature("wrong" if self.behaves == "lies" else SECRET, "answer", nonce, body=answer)
        if self.behaves == "replays" and self.old:
            answer, sign = self.old
        self.old = self.old or (answer, sign)
        return self.send(handler, 200, answer, X_Check_Signature=sign)

    def by_token(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        said = jwt.decode(body, OURS_PUBLIC, algorithms=["EdDSA"], audience="source", issuer="gongzhi")
        if said["jti"] in self.nonces:
            return self.send(handler, 401, b"")
        self.nonces.add(said["jti"])
        if self.behaves == "fails":
            return self.send(handler, 500, b"")
        outcome = self.note(said["reference"])
        if self.behaves == "loses":
            handler.close_connection = True
            return None
        now = int(time.time())
        answer = {
            "iss": "source", "aud": "gongzhi", "iat": now, "exp": now + 60, "nonce": said["jti"],
            "reference": said["reference"], "outcome": outcome,
        }  # fmt: skip
        if self.behaves == "late":
            answer |= {"iat": now - 200, "exp": now - 100}
        if self.behaves == "about another":
            answer["reference"] = "ZZ99ZZ99ZZ"
        if self.behaves == "for another":
            answer["aud"] = "somebody"
        if self.behaves == "mumbles":
            answer["outcome"] = "maybe"
        token = jwt.encode(answer, STRANGER if self.behaves == "lies" else THEIRS, algorithm="EdDSA").encode()
        if self.behaves == "unsigned":
            token = jwt.encode(answer, "", algorithm="none").encode()
        if self.behaves == "replays" and self.old:
            token = self.old[0]
        self.old = self.old or (token, "")
        return self.send(handler, 200, token)


@pytest.fixture
def source() -> Iterator[Source]:
    one = Source()
    yield one
    one.close()


def verifier(source: Source, protocol: str) -> verifiers.Verifier:
    if protocol == "token":
        return TokenVerifier(f"{source.address}/token", "gongzhi", "source", OURS, THEIRS_PUBLIC)
    return SignedVerifier(source.address, "gongzhi", SECRET)


BOTH = pytest.mark.parametrize("protocol", ["signed", "token"])


@BOTH
@pytest.mark.parametrize("outcome", SourceAnswer.values)
def test_a_source_answers(source: Source, protocol: str, outcome: str) -> None:
    source.outcome = outcome
    assert verifier(source, protocol).ask(ASKED) == outcome


@BOTH
def test_a_lost_answer_is_asked_for_again_and_counted_once(source: Source, protocol: str) -> None:
    source.behaves = "loses"
    with pytest.raises(CannotAsk):
        verifier(source, protocol).ask(ASKED)
    source.behaves = "well"
    assert verifier(source, protocol).ask(ASKED) == "match"
    assert source.counted == 1


@BOTH
@pytest.mark.parametrize("behaves", ["fails", "lies", "about another", "mumbles"])
def test_what_does_not_hold_is_no_answer(source: Source, protocol: str, behaves: str) -> None:
    source.behaves = behaves
    with pytest.raises(CannotAsk) as caught:
        verifier(source, protocol).ask(ASKED)
    assert NUMBER not in str(caught.value)
    source.behaves = "well"
    assert verifier(source, protocol).ask(ASKED) == "match"  # the control


@pytest.mark.parametrize("behaves", ["elsewhere", "no json", "long"])
def test_redirects_and_nonsense_are_no_answer(source: Source, behaves: str) -> None:
    source.behaves = behaves
    with pytest.raises(CannotAsk):
        verifier(source, "signed").ask(ASKED)


@pytest.mark.parametrize("behaves", ["late", "for another", "unsigned"])
def test_a_token_that_is_late_for_another_or_unsigned_is_no_answer(source: Source, behaves: str) -> None:
    source.behaves = behaves
    with pytest.raises(CannotAsk):
        verifier(source, "token").ask(ASKED)


@BOTH
def test_an_answer_played_again_does_not_fit_another_request(source: Source, protocol: str) -> None:
    assert verifier(source, protocol).ask(ASKED) == "match"
    source.behaves = "replays"
    source.outcome = "mismatch"
    with pytest.raises(CannotAsk):
        verifier(source, protocol).ask(ASKED)
    with pytest.raises(CannotAsk):
        verifier(source, protocol).ask(Question("ZY98XW76VU", *list(vars_of(ASKED))[1:]))


def vars_of(question: Question) -> Iterator[str]:
    yield from (question.reference, question.kind, question.name, question.number, question.born_on)


def test_a_wrong_secret_or_key_is_refused_by_the_source(source: Source) -> None:
    with pytest.raises(CannotAsk, match="401"):
        SignedVerifier(source.address, "gongzhi", "another").ask(ASKED)


def test_nothing_goes_out_unencrypted_or_with_a_weak_signature() -> None:
    with pytest.raises(CannotAsk, match="not encrypted"):
        SignedVerifier("http://example.org", "gongzhi", SECRET).ask(ASKED)
    with pytest.raises(CannotAsk, match="algorithm"):
        TokenVerifier("https://example.org", "gongzhi", "source", OURS, THEIRS_PUBLIC, "HS256").ask(ASKED)


# --- what follows ---


@pytest.fixture
def named(source: Source, settings: Any) -> dict[str, Any]:
    """The source as an operator names it."""
    one = {"label": "示例核验平台", "address": source.address, "key": "gongzhi", "secret": SECRET}
    settings.IDENTITY_CHECKS = {"example": one}
    return one


def run(row: Verification) -> Verification:
    with acting(SYSTEM) as actor:
        actions.check_document(actor=actor, verification_id=row.pk)
        return Verification.objects.get(pk=row.pk)


@pytest.mark.django_db
def test_a_match_is_told_to_who_decides_and_decides_nothing_by_itself(source: Source, named: dict[str, Any]) -> None:
    row = run(ask())
    assert (row.state, row.source, row.source_answer) == ("asked", "example", "match")
    assert run(row).source_answer == "match"
    assert len(source.asked) == 2  # asked once: what is known, then the check
    assert Look.objects.filter(purpose="verification.source", owner_person=account_of("rita").person_id).exists()
    approve(row)


@pytest.mark.django_db
def test_where_the_operator_says_so_a_match_verifies_and_a_mismatch_waits_for_a_person(
    source: Source, named: dict[str, Any]
) -> None:
    named["suffices"] = True
    row = run(ask())
    assert (row.state, row.checked, row.decided_by) == ("verified", "source", None)
    with acting(SYSTEM):
        assert not Review.objects.waiting().exists()
    source.outcome = "mismatch"
    other = run(ask("victor", number=resident_number(born(30), 222)))
    assert (other.state, other.source_answer) == ("asked", "mismatch")


@pytest.mark.django_db
def test_a_document_in_use_is_never_verified_by_a_source_alone(source: Source, named: dict[str, Any]) -> None:
    named["suffices"] = True
    run(ask())
    assert run(ask("victor")).state == "asked"


@pytest.mark.django_db
def test_a_source_that_is_down_leaves_the_review_as_it_was(source: Source, named: dict[str, Any]) -> None:
    source.behaves = "fails"
    row = ask()
    with pytest.raises(CannotAsk):
        run(row)
    with acting(SYSTEM):
        assert Review.objects.waiting().count() == 1
    approve(row)


@pytest.mark.django_db
def test_a_kind_no_source_knows_is_not_asked_about(source: Source, named: dict[str, Any]) -> None:
    named["documents"] = ["passport"]
    assert run(ask()).source_answer == ""
    assert source.asked == []


@pytest.mark.django_db
def test_only_the_platform_asks_sources(named: dict[str, Any]) -> None:
    row = ask()
    for who in ("rita", "dana", "adam"):
        with pytest.raises(NotAllowed), acting(actor_of(who)) as actor:
            actions.check_document(actor=actor, verification_id=row.pk)


def test_an_operator_chooses_the_protocol(settings: Any) -> None:
    settings.IDENTITY_CHECKS = {
        "one": {
            "protocol": "token", "address": "https://example.org", "client": "gongzhi", "issuer": "x",
            "private_key": OURS, "public_key": THEIRS_PUBLIC, "documents": ["passport"],
        },
    }  # fmt: skip
    found = verifiers.chosen("passport")
    assert found is not None
    assert isinstance(found.verifier, TokenVerifier)
    assert verifiers.chosen("resident_id") is None
    assert verifiers.label_of("gone") == "gone"
