"""The reference page of the API: made from its description, with a form to try each address. Works without scripts.

The library's own page needs scripts and style attributes that the Content-Security-Policy refuses, and it has no
Chinese. A try is a plain GET: the form's values become the address, and the browser goes there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gongzhi.api.middleware import KEY_HEADER
from gongzhi.api.v1 import api

PREFIX = "/api/v1/"


@dataclass(frozen=True)
class Parameter:
    """One parameter of an address."""

    name: str
    meaning: str
    type: str
    #: Values of a closed list; empty where any text of the type fits.
    choices: list[str]
    default: str
    in_path: bool
    required: bool


@dataclass(frozen=True)
class Field:
    """One field of an answer; `name` says where it stands in it."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Operation:
    """One address as the page shows it."""

    name: str
    path: str
    title: str
    about: str
    parameters: list[Parameter]
    fields: list[Field]
    errors: list[str]


def _resolved(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference followed, and of a choice with null the other one."""
    if "$ref" in schema:
        return _resolved(whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole)
    options = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    return {**_resolved(options[0], whole), "nullable": len(options) < len(schema["anyOf"])} if options else schema


def _type_of(schema: dict[str, Any]) -> str:
    kind = str(schema.get("format") or schema.get("type", ""))
    return f"{kind}, null" if schema.get("nullable") else kind


def _parameter(one: dict[str, Any], whole: dict[str, Any]) -> Parameter:
    schema = _resolved(one["schema"], whole)
    inner = _resolved(schema.get("items", {}), whole) if schema.get("type") == "array" else schema
    choices = inner.get("enum", [inner["const"]] if "const" in inner else [])
    default = schema.get("default")
    return Parameter(
        name=one["name"],
        meaning=_(one["description"]) if one.get("description") else "",
        type=_type_of(schema),
        choices=[str(choice) for choice in choices if choice != ""],
        default="" if default in (None, [], "", False) else str(default),
        in_path=one["in"] == "path",
        required=bool(one.get("required")),
    )


def _fields(schema: dict[str, Any], whole: dict[str, Any], before: str = "") -> list[Field]:
    """The fields of an answer, those of its parts after them."""
    found = []
    for name, raw in schema.get("properties", {}).items():
        inner = _resolved(raw, whole)
        listed = inner.get("type") == "array"
        part = _resolved(inner["items"], whole) if listed else inner
        found.append(
            Field(
                f"{before}{name}{'[]' if listed else ''}",
                _type_of(inner),
                _(raw["description"]) if raw.get("description") else "",
            )
        )
        found += _fields(part, whole, f"{before}{name}{'[]' if listed else ''}.")
    return found


def operations() -> list[Operation]:
    """Every address of the API in the order of its description, in the reader's language."""
    whole: dict[str, Any] = api.get_openapi_schema(path_prefix=PREFIX)
    found = []
    for address, methods in whole["paths"].items():
        one = methods["get"]
        answer = _resolved(one["responses"][200]["content"]["application/json"]["schema"], whole)
        found.append(
            Operation(
                name=one["operationId"],
                path=address,
                title=_(one["summary"]),
                about=_(one["description"]),
                parameters=[_parameter(parameter, whole) for parameter in one["parameters"]],
                fields=_fields(answer, whole),
                errors=[str(status) for status in one["responses"] if status != 200],
            )
        )
    return found


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """What every address takes and answers, with a form to try it."""
    context = {
        "operations": operations(),
        "key_header": KEY_HEADER,
        "per_minute": settings.API_PER_MINUTE,
        "client_per_minute": settings.API_CLIENT_PER_MINUTE,
        "base": request.build_absolute_uri(PREFIX).rstrip("/"),
    }
    return render(request, "api/docs.html", context)


@login_not_required
@require_safe
def docs_try(request: HttpRequest, operation: str) -> HttpResponse:
    """From a filled form to the address it means; what was left empty is left out."""
    wanted = next((one for one in operations() if one.name == operation), None)
    if wanted is None:
        raise Http404
    address = wanted.path
    for parameter in wanted.parameters:
        if parameter.in_path:
            value = request.GET.get(parameter.name, "").strip()
            if not value or re.fullmatch(r"\.+", value):
                return HttpResponseRedirect(f"../../#{operation}")
            address = address.replace(f"{{{parameter.name}}}", quote(value, safe=""))
    named = {one.name for one in wanted.parameters if not one.in_path}
    pairs = [(name, value) for name in request.GET if name in named for value in request.GET.getlist(name) if value]
    return HttpResponseRedirect(address + (f"?{urlencode(pairs)}" if pairs else ""))


app_name = "api-docs"
urlpatterns = [
    path("api/docs/", docs, name="docs"),
    path("api/docs/try/<str:operation>/", docs_try, name="try"),
]
