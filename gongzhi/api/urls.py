"""The API's addresses: `/api/v1/…`, its description at `/api/openapi.json`."""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from gongzhi.api.problems import problem
from gongzhi.api.v1 import api, described
from gongzhi.core.door import no_transaction


@no_transaction
@login_not_required
@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """The description of the API (OpenAPI 3.1); the same text is kept in docs/openapi.json."""
    return JsonResponse(api.get_openapi_schema(path_prefix="/api/v1/"), json_dumps_params={"ensure_ascii": False})


def _entrance(view: Callable[..., HttpResponseBase], name: str) -> Callable[..., HttpResponseBase]:
    """What every operation has in common: HEAD, methods and parameters nobody described."""

    @functools.wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        operation = described()[name]
        unknown = sorted(set(request.GET) - operation.parameters)
        if unknown:
            # A mistyped `known` must not be answered as if nothing had been asked.
            return problem(
                422,
                "unknown_parameter",
                f"This address does not know: {', '.join(unknown)[:200]}.",
                known=sorted(operation.parameters),
            )
        asked = request.method
        if asked == "HEAD":
            request.method = "GET"  # the server sends the head alone
        response = view(request, *args, **kwargs)
        request.method = asked
        if response.status_code == 405:
            refused = problem(405, "method_not_allowed", "This address answers other methods; see Allow.")
            refused.headers["Allow"] = ", ".join([*sorted(operation.methods), "HEAD", "OPTIONS"])
            return refused
        return response

    # The API denies by itself with 401; Django's redirect to the sign-in page would be an answer no client understands.
    inside.login_required = False  # type: ignore[attr-defined]  # a function attribute Django reads
    inside.public_read = described()[name].is_public  # type: ignore[attr-defined]  # read by api.middleware
    return inside


_patterns, _app, _namespace = api.urls
#: The library's own root page shows nothing a reader wants.
_operations = [one for one in _patterns if isinstance(one, URLPattern) and one.name != "api-root"]
for _operation in _operations:
    _operation.callback = _entrance(_operation.callback, _operation.name or "")

urlpatterns = [path("openapi.json", openapi, name="openapi"), path("v1/", (_operations, _app, _namespace))]
