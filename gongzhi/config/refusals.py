"""What a refused request sees: a page in the house style, or problem+json below /api/."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gongzhi.cases.views.applying import again


def _answer(request: HttpRequest, status: int, template: str, title: str, code: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"type": "about:blank", "status": status, "title": title, "code": code},
            status=status,
            content_type="application/problem+json",
        )
    return render(request, template, {"title": title, "code": code}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: there is no such page, or it is not for this person; the two look the same."""
    return _answer(request, 404, "404.html", _("Page not found"), "not_found")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the person may see the thing, but not do this to it."""
    return _answer(request, 403, "403.html", _("Not allowed"), "not_allowed")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request itself is broken."""
    return _answer(request, 400, "errors/400.html", _("The request could not be read"), "bad_request")


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 because the form is too old or came from elsewhere; nothing was changed.

    What was typed on a page of a form of ours comes back in the answer, to be sent once more. Never what another site sent.
    """
    match = request.resolver_match
    origin = request.headers.get("origin", "")
    ours = origin == f"{request.scheme}://{request.get_host()}"
    if match is not None and match.view_name == "cases:page" and ours and request.POST:
        return again(request, expired=True)
    return _answer(request, 403, "errors/csrf.html", _("This form has expired"), "csrf")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault. Rendered without database, actor or context processors."""
    from django.template.loader import get_template  # the template must not be looked for at import time

    return HttpResponse(get_template("500.html").render(), status=500)
