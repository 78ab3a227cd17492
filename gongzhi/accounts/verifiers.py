"""Sources that are asked whether name and number of a document belong together: two small HTTP protocols. None until an
operator names one (`IDENTITY_CHECKS`). A person decides in any case, unless the operator says that a match suffices.

`signed`, for a gateway with a shared secret:

- `POST {address}/checks` with `{"reference", "kind", "name", "number", "born_on"}` as JSON. A reference the source has
  already is answered again and counted no second time.
- `GET {address}/checks/{reference}` answers the same, or 404 for a reference it never received.

Every request carries `X-Check-Key`, `X-Check-Time` (seconds since 1970), `X-Check-Nonce` and `X-Check-Signature`: the
HMAC-SHA256 (hex) of method, path, time, nonce and the SHA-256 (hex) of the body, joined by line feeds. The answer is
`{"reference", "outcome": "match" | "mismatch" | "unknown"}` with `X-Check-Signature`: the same HMAC of `answer`, the nonce
of the request and the SHA-256 of the answer's body. An answer to another request therefore does not fit.

`token`, for a source with keys of its own:

- `POST {address}` with a JWT (`application/jwt`) signed by the platform's key: `iss`, `aud`, `iat`, `exp`, `jti`, and the
  five values above. The answer is a JWT signed by the source's key: `iss`, `aud`, `iat`, `exp`, `nonce` (the request's
  `jti`), `reference`, `outcome`. The same reference is answered again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, NoReturn, Protocol
from urllib.parse import urlsplit

import jwt
import requests
from django.conf import settings

from gongzhi.accounts.enums import SourceAnswer

PATIENCE: Final = (5, 15)
LONGEST_ANSWER: Final = 10_000
TOKEN_S: Final = 60
#: Asymmetric only: a source that shares a secret uses the other protocol.
ALGORITHMS: Final = ("EdDSA", "ES256", "ES384", "RS256", "PS256")


class CannotAsk(Exception):
    """The source did not answer, or what it answered does not hold. The text names no person."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a source is asked. `reference` is the public name of the verification, the same at every try."""

    reference: str
    kind: str
    name: str
    number: str
    born_on: str


class Verifier(Protocol):
    """One source."""

    def ask(self, question: Question) -> SourceAnswer:
        """What the source says. Raises `CannotAsk`; may be called again with the same question."""
        ...


def _refuse(why: str) -> NoReturn:
    raise CannotAsk(why)


def _outcome(found: Any, reference: str) -> SourceAnswer:
    if not isinstance(found, dict) or found.get("reference") != reference:
        _refuse("the answer is about another question")
    if found.get("outcome") not in SourceAnswer.values:
        _refuse("the answer holds no outcome")
    return SourceAnswer(found["outcome"])


def _request(method: str, address: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
    """One request. A redirect would carry a person's number to somebody the operator did not name."""
    if urlsplit(address).scheme != "https" and urlsplit(address).hostname not in {"127.0.0.1", "localhost"}:
        _refuse("the address of the source is not encrypted")
    try:
        answer = requests.request(
            method, address, data=body, headers=dict(headers), timeout=PATIENCE, allow_redirects=False
        )
    except requests.RequestException as error:
        raise CannotAsk(type(error).__name__) from None  # its text may hold the body
    if len(answer.content) > LONGEST_ANSWER:
        _refuse("the answer is too long")
    return answer


def signature(secret: str, *parts: str, body: bytes) -> str:
    """The signature of a request or an answer, as both sides compute it."""
    said = "\n".join((*parts, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class SignedVerifier:
    """A source behind a shared secret. It is asked what it knows of the reference before it is asked anew."""

    address: str
    key: str
    secret: str

    def ask(self, question: Question) -> SourceAnswer:
        """Asks once more for what may have been answered already, so that no check is counted twice."""
        known = self._ask("GET", f"/checks/{question.reference}", b"")
        if known is None:
            body = json.dumps(asdict(question), ensure_ascii=False).encode()
            known = self._ask("POST", "/checks", body)
        return _outcome(known, question.reference)

    def _ask(self, method: str, path: str, body: bytes) -> Any:
        whole = f"{self.address.rstrip('/')}{path}"
        at, nonce = str(int(time.time())), secrets.token_hex(16)
        headers = {
            "Content-Type": "application/json",
            "X-Check-Key": self.key,
            "X-Check-Time": at,
            "X-Check-Nonce": nonce,
            "X-Check-Signature": signature(self.secret, method, urlsplit(whole).path, at, nonce, body=body),
        }
        answer = _request(method, whole, body, headers)
        if answer.status_code == 404 and method == "GET":
            return None
        if answer.status_code != 200:
            _refuse(f"status {answer.status_code}")
        right = signature(self.secret, "answer", nonce, body=answer.content)
        if not hmac.compare_digest(right, answer.headers.get("X-Check-Signature", "")):
            _refuse("the signature of the answer does not fit")
        try:
            return answer.json()
        except ValueError:
            _refuse("the answer is no JSON")


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """A source that signs with a key of its own."""

    address: str
    client: str
    issuer: str
    private_key: str
    public_key: str
    algorithm: str = "EdDSA"

    def ask(self, question: Question) -> SourceAnswer:
        """A source answers the same reference again, so a lost answer is asked for by the same question."""
        if self.algorithm not in ALGORITHMS:
            _refuse("the algorithm is not one of those allowed")
        now, number = int(time.time()), secrets.token_hex(16)
        said = {"iss": self.client, "aud": self.issuer, "iat": now, "exp": now + TOKEN_S, "jti": number}
        body = jwt.encode(said | asdict(question), self.private_key, algorithm=self.algorithm).encode()
        answer = _request("POST", self.address, body, {"Content-Type": "application/jwt"})
        if answer.status_code != 200:
            _refuse(f"status {answer.status_code}")
        try:
            found = jwt.decode(
                answer.content, self.public_key, algorithms=[self.algorithm], audience=self.client, issuer=self.issuer,
                options={"require": ["iss", "aud", "iat", "exp", "nonce"]},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            raise CannotAsk(type(error).__name__) from None
        if not hmac.compare_digest(str(found["nonce"]).encode(), number.encode()):
            _refuse("the answer belongs to another request")
        return _outcome(found, question.reference)


@dataclass(frozen=True, slots=True)
class Source:
    """A source as an operator named it. `suffices`: a match needs no decision of a person any more."""

    code: str
    label: str
    verifier: Verifier
    suffices: bool


def chosen(kind: str) -> Source | None:
    """The first source an operator named for this kind of document."""
    for code, one in settings.IDENTITY_CHECKS.items():
        if kind in one.get("documents", ["resident_id"]):
            return Source(code, str(one.get("label", code)), _made(one), bool(one.get("suffices", False)))
    return None


def label_of(code: str) -> str:
    """How a source is called, also when the operator removed it since."""
    return str(settings.IDENTITY_CHECKS.get(code, {}).get("label", code))


def _made(one: Mapping[str, Any]) -> Verifier:
    if one.get("protocol") == "token":
        return TokenVerifier(
            one["address"], one["client"], one["issuer"], one["private_key"], one["public_key"],
            one.get("algorithm", "EdDSA"),
        )  # fmt: skip
    return SignedVerifier(one["address"], one["key"], one["secret"])
