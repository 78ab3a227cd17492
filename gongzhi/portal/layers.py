"""The settings, level by level: what holds somewhere, who said so and when; and the place a visitor reads for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.core.actor import Actor
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.links import safe_next
from gongzhi.core.times import today
from gongzhi.orgs.enums import SEE_DESK, SEE_WORKBENCH
from gongzhi.orgs.models import Organization
from gongzhi.portal.forms import PlaceForm, SettingForm, TakeBackForm
from gongzhi.portal.selectors import desk_tabs, place_names
from gongzhi.reference import selectors as reference
from gongzhi.rulebook import catalogue, policies
from gongzhi.rulebook.actions import layers as actions
from gongzhi.rulebook.catalogue import Definition, UnknownSetting, definition
from gongzhi.rulebook.enums import CHOOSE_SETTINGS, KEEP_SETTINGS, ORGANIZATION, Area, Shape
from gongzhi.rulebook.handlers import PLACE_COOKIE, place_of
from gongzhi.rulebook.models import Setting, level_of, scope_of_organization
from gongzhi.rulebook.selectors import layers
from gongzhi.rulebook.selectors.layers import Held

#: Divisions below that say something of a setting, shown on its page.
BELOW = 50
_CODE: Final = re.compile(r"[0-9]{6,12}", re.ASCII)
A_YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True)
class Line:
    """One setting as the table shows it."""

    definition: Definition
    held: Held
    #: The value that counts, in words.
    shown: str
    #: The level it comes from, in words.
    level: str | Promise
    url: str
    #: Whether the place the table is about may choose it: the setting is for its level, and nobody above has locked it.
    is_open: bool

    @property
    def by(self) -> str:
        """The body that set it; a process is named as such."""
        row = self.held.row
        return "" if row is None else row.set_by_name or row.set_by


@dataclass(frozen=True)
class Step:
    """What one level of the chain says of a setting, and whether that counts."""

    place: str | Promise
    row: Setting | None
    counts: bool


def _spoken_default(one: Definition, numbers: Mapping[str, int]) -> str:
    """What holds where nobody has set anything, in words."""
    if one.parameter:
        return one.spoken(str(numbers[one.parameter]))
    if one.code == catalogue.SITE_NAME:
        return _("Social Organization Service Platform")
    if one.code == catalogue.HELP_LINE:
        return str(settings.SITE.get("hotline", ""))
    return one.spoken(one.default)


def _shown(held: Held, numbers: Mapping[str, int]) -> str:
    """The value that counts, in words: of a promise never more than the parameter's number of today."""
    if held.row is None:
        return _spoken_default(held.definition, numbers)
    if held.definition.parameter:
        return held.definition.spoken(str(min(int(held.value), numbers[held.definition.parameter])))
    return held.spoken


def _path(scope: str) -> str:
    """A scope as a division path, for names."""
    return scope or "/"


def _names(rows: Iterable[Setting | None], chain: Sequence[str], house: Organization | None) -> dict[str, str]:
    """Scope → what its level is called. One query for any number."""
    scopes = {row.scope for row in rows if row is not None} | set(chain)
    named = place_names([_path(scope) for scope in scopes if not scope.startswith(ORGANIZATION)])
    found = {scope: named[_path(scope)] or scope for scope in scopes if not scope.startswith(ORGANIZATION)}
    if house is not None:
        found[scope_of_organization(house.pk)] = house.name
    return found


def _areas(path: str, house: Organization | None, address: str, query: str) -> list[tuple[Any, list[Line]]]:
    """Every setting by part, as it holds. Three queries."""
    scope = scope_of_organization(house.pk) if house else path
    held = layers.in_force(path=path, org_id=house.pk if house else None)
    numbers = layers.numbers_behind(path)
    names = _names((one.row for one in held.values()), (), house)
    lines = [
        Line(
            one.definition,
            one,
            _shown(one, numbers),
            names[one.row.scope]
            if one.row is not None
            else (_("Parameter") if one.definition.parameter else _("Default of the platform")),
            reverse(address, args=[code]) + query,
            one.definition.may_be_set_at(level_of(scope)) and one.locked_above(scope) is None,
        )
        for code, one in held.items()
    ]
    return [
        (area.label, [line for line in lines if line.definition.area == area])
        for area in Area
        if any(line.definition.area == area for line in lines)
    ]


# --- the workbench ---


def _staff(request: DoorRequest) -> Actor:
    actor = request.actor
    if not actor.may(SEE_WORKBENCH):
        raise NotAllowed(SEE_WORKBENCH)
    return actor


def _scope(path: str) -> str:
    """A division path as a scope: the nation's is empty."""
    return "" if path == "/" else path


def _at(request: DoorRequest) -> str:
    """The division the address asks about by its code, else the actor's own. 404 for a code nothing has."""
    code = request.GET.get("at", "").strip()
    if not code:
        return request.actor.path
    if not _CODE.fullmatch(code):
        raise Http404
    try:
        return reference.path_of(code)
    except reference.UnknownDivision as error:
        raise Http404 from error


def _query(path: str) -> str:
    return f"?{urlencode({'at': reference.code_of(path)})}"


def _full_name(path: str) -> str:
    return _("The whole country") if path == "/" else reference.name_of_path(path)


@require_safe
def setting_list(request: DoorRequest) -> HttpResponse:
    """Every setting as it holds in a division: the actor's own, or the one that is asked for by name or code."""
    actor = _staff(request)
    form = PlaceForm(request.GET) if request.GET.get("at", "").strip() else PlaceForm()
    path, wrong = actor.path, False
    if form.is_bound:
        wrong = not form.is_valid()
        path = path if wrong else form.cleaned_data["at"]
    context = {
        "form": form,
        "place": _full_name(path),
        "choices": [(_full_name(one), reference.code_of(one)) for one in form.shared],
        "areas": _areas(_scope(path), None, "portal:setting_detail", _query(path)),
        "may_set": policies.can_set(actor, _scope(path)),
    }
    return render(request, "portal/setting_list.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def setting_detail(request: DoorRequest, code: str) -> HttpResponse:
    """One setting in a division: what each level says, what counts, its history, the forms for whoever may."""
    actor = _staff(request)
    one = _definition(code)
    path = _at(request)
    scope = _scope(path)
    if request.method == "POST" and not policies.can_set(actor, scope):
        raise NotAllowed(KEEP_SETTINGS)
    page = _Page(request, one, scope, path=scope, house=None)
    done = page.post(f"{request.path}{_query(path)}&saved=1")
    if done is not None:
        return done
    below = layers.below(code, path, most=BELOW + 1) if level_of(scope) is not None else []
    named = _names(below[:BELOW], (), None)
    context = {
        **page.context(),
        "place": _full_name(path),
        "back": reverse("portal:setting_list") + _query(path),
        "below": [(named[row.scope], row, one.spoken(row.value), _query(row.scope)) for row in below[:BELOW]],
        "more_below": len(below) > BELOW,
    }
    return render(request, "portal/setting_detail.html", context, status=page.status)


def _definition(code: str) -> Definition:
    try:
        return definition(code)
    except UnknownSetting as error:
        raise Http404 from error


class _Page:
    """What the page of one setting shows and takes, for a division and for an organization alike."""

    def __init__(
        self, request: DoorRequest, one: Definition, scope: str, *, path: str, house: Organization | None
    ) -> None:
        self.request, self.one, self.scope, self.house = request, one, scope, house
        self.chain = layers.chain_of(path, house.pk if house else None)
        self.said = layers.said_in(one.code, self.chain)
        self.held = layers.resolved([one], self.said.values())[one.code]
        self.numbers = layers.numbers_behind(path) if one.parameter else {}
        self.may = policies.can_set(request.actor, scope)
        own = self.said.get(scope)
        #: Who keeps this level from choosing: a lock from above, or one a body above set at this very level.
        held_here = own is not None and own.locked and not policies.reaches_as_far(request.actor, own.reach)
        self.locked_by = self.held.locked_above(scope) or (own if held_here else None)
        self.fits = one.may_be_set_at(level_of(scope))
        posted = request.POST if request.method == "POST" else None
        self.what = posted.get("do", "set") if posted is not None else ""
        self.coming = layers.coming(one.code, self.chain)
        self.form = self._form(posted if self.what == "set" else None)
        self.back = TakeBackForm(
            posted if self.what == "take_back" else None, initial={"valid_from": self._first_own()}
        )
        self.status = 200

    def _first_own(self) -> dt.date:
        """The first day on which this level says something that could be taken back."""
        if self.said.get(self.scope) is not None:
            return today()
        return next((row.valid_from for row in self.coming if row.scope == self.scope and row.given), today())

    def _form(self, posted: QueryDict | None) -> SettingForm:
        own = self.said.get(self.scope)
        value = own.value if own is not None else self.held.value
        initial = {"value": value, "locked": own is not None and own.locked, "valid_from": today()}
        return SettingForm(
            self.one,
            posted,
            most=self.numbers.get(self.one.parameter),
            may_lock=self.house is None,
            initial=initial,
        )

    def post(self, onward: str) -> HttpResponse | None:
        """Do what was asked for; where to go then, or None with the errors in the form."""
        if self.request.method != "POST":
            return None
        self.status = 422
        form = self.back if self.what == "take_back" else self.form
        if not form.is_valid():
            return None
        where: dict[str, Any] = {"actor": self.request.actor, "code": self.one.code, "scope": self.scope}
        try:
            if self.what == "take_back":
                actions.take_back_setting(**where, **form.cleaned_data)
            else:
                actions.choose_setting(**where, **form.cleaned_data)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
            return None
        return HttpResponseRedirect(onward)

    def context(self) -> dict[str, Any]:
        """What the template needs."""
        own = self.said.get(self.scope)
        history = layers.history(self.one.code, self.scope)
        names = _names((), self.chain, self.house)
        # What was typed is shown again, also where a level above has locked the setting meanwhile.
        open_form = self.may and ((self.fits and self.locked_by is None) or bool(self.form.errors))
        says = own is not None or any(row.scope == self.scope and row.given for row in self.coming)
        may_take_back = self.may and says and (self.locked_by is None or self.locked_by.scope != self.scope)
        return {
            "one": self.one,
            "held": self.held,
            "shown": _shown(self.held, self.numbers),
            "default": _spoken_default(self.one, self.numbers),
            "level": names[self.held.row.scope] if self.held.row else "",
            "steps": [
                Step(names[scope], self.said.get(scope), self.held.row is not None and self.held.row.scope == scope)
                for scope in self.chain
            ],
            "coming": [(names[row.scope], row, self.one.spoken(row.value)) for row in self.coming],
            "history": [(row, self.one.spoken(row.value)) for row in history],
            "own": own,
            "locked_by": self.locked_by,
            "fits": self.fits,
            "may": self.may,
            "form": self.form if open_form else None,
            "takes_back": self.back if may_take_back else None,
            "errors": self.form if self.form.errors else self.back if self.back.errors else None,
            "saved": "saved" in self.request.GET,
            "is_text": self.one.shape in {Shape.LINE, Shape.TEXT},
        }


# --- an organization's desk ---


def _house(request: DoorRequest) -> Organization:
    """The organization one acts for; 403 for everybody else."""
    actor = request.actor
    if actor.org_id is None or not actor.may(SEE_DESK):
        raise NotAllowed(SEE_DESK)
    return Organization.objects.get(pk=actor.org_id)


@require_safe
def house_setting_list(request: DoorRequest) -> HttpResponse:
    """Every setting as it holds for the organization one acts for: what it may choose itself, and who locked the rest."""
    house = _house(request)
    context = {
        "organization": house,
        "tabs": desk_tabs(request.actor, "portal:house_setting_list"),
        "areas": _areas(_scope(house.path), house, "portal:house_setting", ""),
        "may_set": request.actor.may(CHOOSE_SETTINGS),
    }
    return render(request, "portal/house_setting_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def house_setting(request: DoorRequest, code: str) -> HttpResponse:
    """One setting for the organization one acts for; its owner chooses what the levels above leave open."""
    house = _house(request)
    one = _definition(code)
    scope = scope_of_organization(house.pk)
    if request.method == "POST" and not policies.can_set(request.actor, scope):
        raise NotAllowed(CHOOSE_SETTINGS)
    page = _Page(request, one, scope, path=_scope(house.path), house=house)
    done = page.post(f"{request.path}?saved=1")
    if done is not None:
        return done
    context = {
        **page.context(),
        "organization": house,
        "place": house.name,
        "tabs": desk_tabs(request.actor, "portal:house_setting_list"),
    }
    return render(request, "portal/house_setting.html", context, status=page.status)


# --- the place a visitor reads for ---


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: DoorRequest) -> HttpResponse:
    """Choose the place whose words the pages show; kept in one cookie on this device, nowhere else."""
    onward = safe_next(request, reverse("portal:home"))
    if request.method == "POST" and request.POST.get("do") == "forget":
        response = HttpResponseRedirect(onward)
        response.delete_cookie(PLACE_COOKIE, samesite="Lax")
        return response
    form = PlaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        response = HttpResponseRedirect(onward)
        kept = form.cleaned_data["at"].strip("/").replace("/", "-")
        if not kept:
            response.delete_cookie(PLACE_COOKIE, samesite="Lax")
            return response
        response.set_cookie(PLACE_COOKIE, kept, max_age=A_YEAR_S, secure=settings.HTTPS, httponly=True, samesite="Lax")
        return response
    here = place_of(request)
    context = {
        "form": form,
        "here": _full_name(here) if here else "",
        "by_office": bool(request.actor.place),
        "choices": [(_full_name(one), reference.code_of(one)) for one in form.shared],
        "next": onward,
    }
    return render(request, "portal/place.html", context, status=422 if request.method == "POST" else 200)
