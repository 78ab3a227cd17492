"""The API's addresses: `/api/v1/…`, its description at `/api/openapi.json`."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from gongzhi.api.v1 import api
from gongzhi.core.door import no_transaction


@no_transaction
@login_not_required
@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """The description of the API (OpenAPI 3.1); the same text is kept in docs/openapi.json."""
    return JsonResponse(api.get_openapi_schema(path_prefix="/api/v1/"), json_dumps_params={"ensure_ascii": False})


_patterns, _app, _namespace = api.urls
#: The library's own root page shows nothing a reader wants.
_operations = [one for one in _patterns if isinstance(one, URLPattern) and one.name != "api-root"]
for _operation in _operations:
    # The API denies by itself with 401; Django's redirect to the sign-in page would be an answer no client understands.
    setattr(_operation.callback, "login_required", False)  # noqa: B010 - a function attribute Django reads

urlpatterns = [path("openapi.json", openapi, name="openapi"), path("v1/", (_operations, _app, _namespace))]
