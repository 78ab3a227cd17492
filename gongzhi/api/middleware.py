"""What stands before the door for everything below /api/v1/: keys, fair use, other sites' scripts (CORS).

It runs before the door, because a request is counted although PostgreSQL lets a GET write nothing: one statement in a
transaction of its own, into an unlogged table, so that every process counts together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.cache import patch_vary_headers

from gongzhi.accounts.models import ApiClient
from gongzhi.api.problems import problem
from gongzhi.core import throttle
from gongzhi.core.middleware import unavailable
from gongzhi.core.network import address_of, bucket_of

BELOW = "/api/v1/"
KEY_HEADER = "X-Api-Key"
WINDOW_S = 60
#: What a script of another site may send, and may read of our answers besides the few that are always readable.
SENT = f"{KEY_HEADER}, If-None-Match"
READ = "ETag, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After"


@dataclass(frozen=True)
class Use:
    """How much of its share somebody has used up in the present minute."""

    limit: int
    used: int
    seconds_left: int

    @property
    def is_over(self) -> bool:
        """Whether this request is one too many."""
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        """What every answer says about the share."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(self.seconds_left),
        }


def use_of(request: HttpRequest, client: ApiClient | None) -> Use:
    """Count this request: for a client by itself, for everybody else by network address."""
    if client is not None:
        limit, bucket = client.per_minute or settings.API_CLIENT_PER_MINUTE, f"api:client:{client.pk}"
    else:
        limit, bucket = settings.API_PER_MINUTE, bucket_of("api:address", address_of(request))
    used, left = throttle.count(bucket, seconds=WINDOW_S)
    return Use(limit, used, left)


def too_many(use: Use) -> HttpResponse:
    """429: how much is allowed, when to come back, how to be allowed more."""
    response = problem(
        429,
        "too_many_requests",
        f"More than {use.limit} requests in a minute. Come back in {use.seconds_left} seconds.",
        limit=use.limit,
        window_seconds=WINDOW_S,
        retry_after_seconds=use.seconds_left,
        remedy=(
            "Ask the operator for a key and send it as X-Api-Key; whoever needs the whole register takes the dated "
            "files of /data/ and then follows /api/v1/changes."
        ),
    )
    response.headers["Retry-After"] = str(use.seconds_left)
    return response


def wrong_key() -> HttpResponse:
    """401: a key was sent and opens nothing. Answering as if none had been sent would hide the mistake."""
    response = problem(
        401, "wrong_key", "This key is not, or no longer, the key of a client. Without a key the public part is open."
    )
    response.headers["WWW-Authenticate"] = f'ApiKey header="{KEY_HEADER}"'
    return response


class Doorstep:
    """Counts and answers before the door; what it lets through carries `request.api_client`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(BELOW):
            return self.get_response(request)
        public = _is_public(request.path_info)
        response: HttpResponseBase
        if public and request.method == "OPTIONS":
            response = HttpResponse(status=204, headers={"Allow": "GET, HEAD, OPTIONS"})
        else:
            response = self._counted(request)
        if public:
            _open_to_scripts(request, response)
        patch_vary_headers(response, [KEY_HEADER])
        return response

    def _counted(self, request: HttpRequest) -> HttpResponseBase:
        key = request.headers.get(KEY_HEADER, "")
        try:
            client = ApiClient.objects.with_key(key).first() if key else None
            use = use_of(request, client)
        except (OperationalError, InterfaceError):
            return unavailable(request)
        response: HttpResponseBase
        if use.is_over:
            response = too_many(use)
        elif key and client is None:
            response = wrong_key()
        else:
            request.api_client = client  # type: ignore[attr-defined]  # read by orgs.acting
            response = self.get_response(request)
        for name, value in use.headers().items():
            response.headers[name] = value
        return response


def _is_public(path: str) -> bool:
    try:
        return bool(getattr(resolve(path).func, "public_read", False))
    except Resolver404:
        return False


def _open_to_scripts(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let scripts of any site read what everybody may read. Never with cookies: `*` forbids them."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = READ
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = SENT
        response.headers["Access-Control-Max-Age"] = "86400"
