"""What surrounds every answer: refusals in the house style, and the headers a browser needs to protect its user."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from gongzhi.core.door import Unavailable
from gongzhi.core.errors import RuleViolation

CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
    "media-src": "'self'",
}
#: Both htmx and accessible-autocomplete write HTML and are blocked by Trusted Types, so pages that load them go without.
TRUSTED_TYPES = {"require-trusted-types-for": "'script'", "trusted-types": "'none'"}


def content_security_policy(*, trusted_types: bool, https: bool) -> str:
    """The policy's text. Nothing but our own files is ever loaded."""
    parts = {**CSP, **(TRUSTED_TYPES if trusted_types else {})}
    text = "; ".join(f"{name} {value}" for name, value in parts.items())
    return f"{text}; upgrade-insecure-requests" if https else text


class SecurityHeaders:
    """Sets the header baseline on every answer; `request.writes_html_by_script` marks pages that load htmx."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        loads_writers = getattr(request, "writes_html_by_script", False)
        headers = response.headers
        policy = content_security_policy(trusted_types=not loads_writers, https=settings.HTTPS)
        # A file somebody handed in: shown all the same, it has no origin, no script and no form.
        sandboxed = getattr(response, "sandboxed", False)
        headers["Content-Security-Policy"] = f"{policy}; sandbox" if sandboxed else policy
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"
        if settings.HTTPS:
            headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains; preload"
        actor = getattr(request, "actor", None)
        if actor is not None and actor.signed_in:
            headers.setdefault("Cache-Control", "no-store")
        return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: come back in ten seconds. A page, or problem+json below /api/; neither asks the database."""
    response: HttpResponse
    if request.path.startswith("/api/"):
        body = {"type": "urn:gongzhi:problem:unavailable", "status": 503, "code": "unavailable"}
        response = JsonResponse(
            {**body, "title": "The service does not answer just now."},
            status=503,
            content_type="application/problem+json",
        )
    else:
        request.asks_no_database = True  # type: ignore[attr-defined]  # the words of the place are those of the platform
        response = render(request, "errors/503.html", status=503)
    response.headers["Retry-After"] = "10"
    return response


class Refusals:
    """Turns the house's own refusals into pages: a broken rule is 422, a database that does not answer is 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            # Read who is signed in here: LoginRequiredMiddleware does it outside the door, where a database that is
            # down would be our fault (500). It is read once, the door and the page use the same.
            try:
                _ = request.user.is_authenticated
            except (OperationalError, InterfaceError):
                return unavailable(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django calls this when a view raised; the transaction is rolled back by then."""
        if isinstance(exception, RuleViolation):
            return render(request, "errors/422.html", {"violation": exception}, status=422)
        return unavailable(request) if isinstance(exception, Unavailable) else None
