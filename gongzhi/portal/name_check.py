"""The page that checks a proposed name while it is typed; an address that can be sent to somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gongzhi.core.errors import RuleViolation
from gongzhi.orgs.enums import Kind
from gongzhi.portal.forms import NameForm
from gongzhi.reference import selectors as reference
from gongzhi.reference.enums import NATIONAL_PATH
from gongzhi.registry import names

ROLES: dict[str, str | Promise] = {
    "division": gettext_lazy("Administrative division"),
    "national": gettext_lazy("Word for the whole country"),
    "brand": gettext_lazy("Brand word"),
    "origin": gettext_lazy("Place of origin"),
    "field": gettext_lazy("Trade or field"),
    "form": gettext_lazy("Organization form"),
}
#: What a name of each kind has, in order (令69 Art 8).
EXPECTED = {
    Kind.SOCIAL_GROUP: ("division", "field", "form"),
    Kind.SERVICE: ("division", "brand", "field", "form"),
    Kind.FOUNDATION: ("division", "brand", "field", "form"),
}


@dataclass(frozen=True)
class Box:
    """One part of the name as the page draws it; empty where the rules expect one and none was recognised."""

    label: str | Promise
    text: str


@login_not_required
@require_safe
def name_check(request: HttpRequest) -> HttpResponse:
    """Check a name: the whole page, or only the answer for the script that swaps it in while one types."""
    asked = bool(request.GET.get("name", "").strip())
    form = NameForm(request.GET) if asked else NameForm(initial=_begun(request))
    context: dict[str, object] = {"form": form, "check": None, "grounds": names.GROUNDS}
    if asked and form.is_valid():
        given = form.cleaned_data
        try:
            found = names.check(name=given["name"], kind=given["kind"], registry=given["place"], field=given["field"])
            context.update(check=found, boxes=boxes(found))
        except RuleViolation as refusal:
            form.add_error(refusal.field or None, str(refusal.message))
    context["choices"] = [_choice(request, path) for path in form.shared]
    partly = request.headers.get("HX-Request") == "true"
    response = render(request, "portal/_name_answer.html" if partly else "portal/name_check.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _begun(request: HttpRequest) -> dict[str, str]:
    """What an address without a name says already, such as a kind."""
    return {name: request.GET[name] for name in ("kind", "place", "field") if name in request.GET}


def _choice(request: HttpRequest, path: str) -> tuple[str, str]:
    """(full name, address of the same question there) of one division of several with the same name."""
    given = {name: request.GET.get(name, "") for name in ("kind", "name", "field")}
    place = reference.name_of_path(path, separator="")
    return place, f"{reverse('portal:name_check')}?{urlencode({**given, 'place': place})}"


def boxes(found: names.Check) -> Sequence[Box]:
    """The parts in order, with an empty box where one is expected and missing."""
    parsed = found.parsed
    there = [Box(_label(part.role, parsed.kind), part.text) for part in parsed.parts]
    roles = [part.role for part in parsed.parts]
    order = list(ROLES)
    for role in EXPECTED[Kind(parsed.kind)]:
        free = (
            role in roles
            or (role == "division" and (found.registry == NATIONAL_PATH or "national" in roles))
            or (role == "brand" and "national" in roles)
            or (role == "field" and "origin" in roles)
        )
        if free:
            continue
        at = sum(order.index(one) < order.index(role) for one in roles)
        there.insert(at, Box(_label(role, parsed.kind), ""))
        roles.insert(at, role)  # type: ignore[arg-type]
    return there


def _label(role: str, kind: str) -> str | Promise:
    if role == "field" and kind == Kind.SOCIAL_GROUP:
        return _("Trade, field or members")
    return ROLES[role]
