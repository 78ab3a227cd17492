"""Version 1 of the API: typed, the same querysets as the pages, errors as problem+json, deny by default."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import APIKeyHeader

from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import BadCursor
from gongzhi.registry.api import router as registry


class ClientKey(APIKeyHeader):
    """The key of a registered client. No keys are given yet, so nothing but the public operations is open."""

    param_name = "X-Api-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> None:
        return None


def problem(request: HttpRequest, status: int, code: str, title: str, **more: Any) -> HttpResponse:
    """An error as RFC 9457 describes it; `code` is stable, `title` is for people."""
    body = {"type": f"urn:gongzhi:problem:{code}", "status": status, "code": code, "title": title, **more}
    return JsonResponse(
        body, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )


api = NinjaAPI(
    title="共治 Gongzhi API",
    version="1",
    description="The public register of social organizations. Errors are application/problem+json (RFC 9457).",
    urls_namespace="api-1",
    auth=[ClientKey()],
    openapi_url=None,
    docs_url=None,
)
api.add_router("/organizations", registry)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"where": [str(part) for part in one["loc"]], "what": one["msg"]} for one in error.errors]
    return problem(request, 422, "invalid_request", "The request does not fit the description.", errors=errors)


@api.exception_handler(BadCursor)
def _bad_cursor(request: HttpRequest, error: BadCursor) -> HttpResponse:
    return problem(request, 422, "bad_cursor", "This cursor does not belong to this list. Begin without one.")


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, 404, "not_found", "There is nothing here.")


@api.exception_handler(NotAllowed)
def _not_allowed(request: HttpRequest, error: NotAllowed) -> HttpResponse:
    return problem(request, 403, "not_allowed", "You may not do this.")


@api.exception_handler(RuleViolation)
def _rule(request: HttpRequest, error: RuleViolation) -> HttpResponse:
    return problem(request, 422, error.code, str(error.message))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    code = {401: "not_signed_in", 405: "method_not_allowed"}.get(error.status_code, "refused")
    return problem(request, error.status_code, code, error.message)
