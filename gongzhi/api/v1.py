"""Version 1 of the API: typed, the same querysets as the pages, errors as problem+json, deny by default."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import APIKeyHeader

from gongzhi.api.middleware import KEY_HEADER
from gongzhi.api.problems import problem
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import BadCursor
from gongzhi.privacy.api import router as people
from gongzhi.registry.api import changes
from gongzhi.registry.api import router as registry

DESCRIPTION = """The public register of social organizations, open to everybody without a key.

Answers are JSON in UTF-8; days are ISO dates (China), moments are UTC, money is whole fen. An empty or missing value says
that no source states it. Lists are paged by cursor: follow `next`. Errors are application/problem+json (RFC 9457) with a
stable `code`. A parameter that an address does not know is refused with 422, because a mistyped one would otherwise be
answered as if it had not been asked.

Fair use is counted by the minute, for a network address or, with a key in the header `X-Api-Key`, for the client; the
headers `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` say how much is left, 429 with `Retry-After` that
nothing is. Answers carry an `ETag`: ask again with `If-None-Match`, and what has not changed is a 304 without a body.
Scripts of other sites may read everything (CORS), never with cookies."""


class ClientKey(APIKeyHeader):
    """The key of a registered client. It opens nothing that is not public, only more requests a minute."""

    param_name = KEY_HEADER

    def authenticate(self, request: HttpRequest, key: str | None) -> object | None:
        """The client the doorstep has found by its key."""
        return getattr(request, "api_client", None)


api = NinjaAPI(
    title="共治 Gongzhi API",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api-1",
    auth=[ClientKey()],
    openapi_url=None,
    docs_url=None,
)
api.add_router("/organizations", registry)
api.add_router("/changes", changes)
api.add_router("/people", people)


@dataclass(frozen=True)
class Described:
    """What the description says about one address."""

    methods: frozenset[str]
    parameters: frozenset[str]
    #: Whether everybody may read it: only GET, and no key is asked for.
    is_public: bool


@functools.cache
def described() -> dict[str, Described]:
    """Name of an address → what the description says about it. Every operation's id is the name of its address."""
    found = {}
    for methods in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].values():
        operations = {method: one for method, one in methods.items() if "operationId" in one}
        name = next(iter(operations.values()))["operationId"]
        found[name] = Described(
            methods=frozenset(method.upper() for method in operations),
            parameters=frozenset(
                one["name"]
                for operation in operations.values()
                for one in operation["parameters"]
                if one["in"] == "query"
            ),
            is_public=set(operations) == {"get"} and "security" not in operations["get"],
        )
    return found


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"where": [str(part) for part in one["loc"]], "what": one["msg"]} for one in error.errors]
    return problem(422, "invalid_request", "The request does not fit the description.", errors=errors)


@api.exception_handler(BadCursor)
def _bad_cursor(request: HttpRequest, error: BadCursor) -> HttpResponse:
    return problem(422, "bad_cursor", "This cursor does not belong to this list. Begin without one.")


def _note_refusal(request: HttpRequest, error: NotAllowed | Http404) -> None:
    """Tell the door whom the refusal is about: the exception ends here and does not reach it."""
    request.refused_about = getattr(error, "about", None)  # type: ignore[attr-defined]
    request.refused_purpose = getattr(error, "purpose", "")  # type: ignore[attr-defined]


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    _note_refusal(request, error)
    return problem(404, "not_found", "There is nothing here.")


@api.exception_handler(NotAllowed)
def _not_allowed(request: HttpRequest, error: NotAllowed) -> HttpResponse:
    _note_refusal(request, error)
    return problem(403, "not_allowed", "You may not do this.")


@api.exception_handler(RuleViolation)
def _rule(request: HttpRequest, error: RuleViolation) -> HttpResponse:
    return problem(422, error.code, str(error.message))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    code = {401: "not_signed_in", 405: "method_not_allowed"}.get(error.status_code, "refused")
    return problem(error.status_code, code, error.message)
