"""What surrounds every answer: the headers, and the two refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.door import Unavailable
from gongzhi.core.errors import RuleViolation
from gongzhi.core.middleware import Refusals, SecurityHeaders

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none';"
    " manifest-src 'self'; media-src 'self'"
)
TRUSTED = "; require-trusted-types-for 'script'; trusted-types 'none'"
UPGRADE = "; upgrade-insecure-requests"
BASELINE = {
    "Content-Security-Policy": POLICY + TRUSTED + UPGRADE,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
}


def headers(*, status: int = 200, own: dict[str, str] | None = None, **marks: object) -> dict[str, str]:
    """The headers an answer leaves with, when the view left these marks on the request."""

    def view(request: HttpRequest) -> HttpResponse:
        for name, value in marks.items():
            setattr(request, name, value)
        return HttpResponse("x", status=status, headers=own or {}, content_type="text/plain")

    answer = SecurityHeaders(view)(RequestFactory().get("/"))
    found = dict(answer.headers)
    assert found.pop("Content-Type") == "text/plain"
    return found


@pytest.mark.parametrize("status", [200, 302, 404, 500, 503])
def test_every_answer_has_the_whole_baseline_and_nothing_else(settings: Any, status: int) -> None:
    settings.HTTPS = True
    assert headers(status=status) == BASELINE


@pytest.mark.parametrize("marks", [{"writes_html_by_script": True}, {"writes_html_by_script": False}, {}])
def test_trusted_types_are_dropped_only_where_a_script_writes_html(settings: Any, marks: dict[str, Any]) -> None:
    settings.HTTPS = True
    dropped = marks == {"writes_html_by_script": True}
    assert headers(**marks) == {
        **BASELINE,
        "Content-Security-Policy": POLICY + ("" if dropped else TRUSTED) + UPGRADE,
    }


def test_without_https_nothing_is_said_about_https(settings: Any) -> None:
    settings.HTTPS = False
    expected = {name: value for name, value in BASELINE.items() if name != "Strict-Transport-Security"}
    assert headers() == {**expected, "Content-Security-Policy": POLICY + TRUSTED}


def test_the_policy_holds_no_word_that_opens_it(settings: Any) -> None:
    for https in (True, False):
        settings.HTTPS = https
        for writes in (True, False):
            policy = headers(writes_html_by_script=writes)["Content-Security-Policy"]
            assert not [word for word in ("unsafe", "http:", "https:", "*", "blob:") if word in policy]


def test_a_view_cannot_weaken_the_baseline(settings: Any) -> None:
    settings.HTTPS = True
    assert headers(own={"X-Frame-Options": "SAMEORIGIN", "Content-Security-Policy": "default-src *"}) == BASELINE


def test_what_somebody_signed_in_sees_is_kept_by_no_cache(settings: Any) -> None:
    settings.HTTPS = True
    person = Actor(kind=ActorKind.PERSON, person_id=1)
    assert headers(actor=person) == {**BASELINE, "Cache-Control": "no-store"}
    assert headers(actor=Actor.visitor()) == BASELINE
    own = {"Cache-Control": "private, max-age=60"}
    assert headers(actor=person, own=own)["Cache-Control"] == "private, max-age=60"


# --- refusals ---


def refusal(error: Exception, path: str = "/") -> HttpResponse | None:
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    return Refusals(lambda _: HttpResponse()).process_exception(request, error)


def test_a_broken_rule_is_422_with_code_and_sentence() -> None:
    answer = refusal(RuleViolation("core.test_rule", "Not on a <b>Sunday</b>."))
    assert answer is not None
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "core.test_rule" in page
    assert "Not on a &lt;b&gt;Sunday&lt;/b&gt;." in page


def test_a_database_that_is_away_is_503_as_a_page_or_as_a_problem() -> None:
    page, problem = refusal(Unavailable()), refusal(Unavailable(), "/api/v1/organizations")
    assert page is not None
    assert problem is not None
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert page.headers["Content-Type"].startswith("text/html")
    assert (problem.status_code, problem.headers["Retry-After"]) == (503, "10")
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert json.loads(problem.content)["status"] == 503


@pytest.mark.parametrize("error", [RuntimeError(), KeyError(), PermissionError()])
def test_every_other_exception_is_left_to_django(error: Exception) -> None:
    assert refusal(error) is None
