"""Agencies of a division and who works there: founding, appointing, ending."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.accounts.actions import find_account
from gongzhi.accounts.models import Person
from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.accounts.selectors import masked_names
from gongzhi.core.actor import Actor
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import today
from gongzhi.orgs import actions
from gongzhi.orgs.enums import APPOINT, KEEP_STAFF, ROLES_OF_KIND, AgencyKind, Role
from gongzhi.orgs.models import Agency, Appointment
from gongzhi.orgs.policies import can_appoint
from gongzhi.orgs.roles import ROLES
from gongzhi.portal.forms import AgencyForm, AppointForm, LastDayForm
from gongzhi.reference import selectors as reference

PAGE = 30


@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def agency_list(request: DoorRequest) -> HttpResponse:
    """The agencies within reach with the number of their people today, and the form that founds one."""
    actor = request.actor
    if not actor.may(APPOINT):
        raise NotAllowed(APPOINT)
    posted = request.POST if request.method == "POST" else None
    form = AgencyForm(posted)
    if posted is not None and form.is_valid():
        agency = _found(actor, form)
        if agency is not None:
            return HttpResponseRedirect(reverse("portal:agency_detail", args=[agency.public_id]))
    rows = Agency.objects.within(actor.path).with_staff(today())
    order = ("path", "name", "pk")
    page = page_or_first(rows, name="agencies", order=order, cursor=request.GET.get("cursor", ""), size=PAGE)
    places = {path: _place(path) for path in {one.path for one in page.rows}}
    context = {"rows": [(one, places[one.path]) for one in page.rows], "page": page, "form": form}
    return render(request, "portal/agency_list.html", context, status=200 if posted is None else 422)


def _place(path: str) -> str:
    """The name of a division; empty for the whole country, which the page says in the reader's language."""
    return "" if path == "/" else reference.name_of_path(path)


def _found(actor: Actor, form: AgencyForm) -> Agency | None:
    """The agency the form asks for, or None with the errors in the form."""
    code = form.cleaned_data["division"].strip()
    try:
        path = reference.path_of(code) if code else "/"
        return actions.found_agency(
            actor=actor, name=form.cleaned_data["name"], kind=AgencyKind(form.cleaned_data["kind"]), path=path
        )
    except (reference.UnknownDivision, ValueError):
        form.add_error("division", _("No division has this code."))
    except NotAllowed:
        form.add_error("division", _("This division is not one of your agency's."))
    except RuleViolation as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
    return None


@require_safe
def own_staff(request: DoorRequest) -> HttpResponse:
    """To the people of the agency one acts for."""
    actor = request.actor
    if not (actor.may(KEEP_STAFF) or actor.may(APPOINT)):
        raise NotAllowed(KEEP_STAFF)
    agency = Agency.objects.get(pk=actor.agency_id or 0)
    return HttpResponseRedirect(reverse("portal:agency_detail", args=[agency.public_id]))


def _agency(request: DoorRequest, public_id: str) -> Agency:
    """An agency whose people one may name; 404 for all others."""
    actor = request.actor
    if not (actor.may(KEEP_STAFF) or actor.may(APPOINT)):
        raise NotAllowed(KEEP_STAFF)
    found = Agency.objects.filter(public_id=public_id).first()
    if found is None or not can_appoint(actor, found):
        raise Http404
    return found


def _offers(actor: Actor, agency: Agency) -> list[Role]:
    """The roles one may give there."""
    return [role for role in ROLES_OF_KIND[agency.kind] if can_appoint(actor, agency, role)]


@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def agency_detail(request: DoorRequest, public_id: str) -> HttpResponse:
    """Who works for an agency today, in which role, until when; and the form that gives somebody a role."""
    agency, actor = _agency(request, public_id), request.actor
    offers = _offers(actor, agency)
    posted = request.POST if request.method == "POST" else None
    form = AppointForm(posted, roles=offers)
    if posted is not None and form.is_valid() and _appointed(actor, agency, form):
        return HttpResponseRedirect(request.path)
    rows = Appointment.objects.on(today()).filter(agency=agency)
    page = page_or_first(rows, name="staff", order=("pk",), cursor=request.GET.get("cursor", ""), size=PAGE)
    context = {
        "agency": agency,
        "place": _place(agency.path),
        "rows": [
            {
                "one": one,
                "name": name,
                "may_end": _may_end(actor, agency, one),
                "is_me": one.person_id == actor.person_id,
            }
            for one, name in _named(page.rows)
        ],
        "page": page,
        "form": form,
        "roles": [(role.label, ROLES[role].purpose) for role in ROLES_OF_KIND[agency.kind]],
    }
    return render(request, "portal/agency_detail.html", context, status=200 if posted is None else 422)


def _may_end(actor: Actor, agency: Agency, one: Appointment) -> bool:
    return can_appoint(actor, agency, one.role) and one.person_id != actor.person_id


def _named(rows: list[Appointment]) -> list[tuple[Appointment, str]]:
    """Appointments with the masked names of their people: one query for any number of rows."""
    people = {one.person_id for one in rows}
    names = masked_names(people)
    return [(one, names.get(one.person_id, "–")) for one in rows]


def _appointed(actor: Actor, agency: Agency, form: AppointForm) -> bool:
    """Give the role the form asks for; False with the errors in the form."""
    account = find_account(form.cleaned_data["login"])
    if account is None:
        form.add_error("login", _("Nobody signs in with this. The person signs up first."))
        return False
    if account.person_id == actor.person_id:
        form.add_error("login", _("Nobody gives a role to themself. Somebody else of your agency or above does it."))
        return False
    try:
        actions.appoint(
            actor=actor,
            person=Person(pk=account.person_id),
            agency=agency,
            role=Role(form.cleaned_data["role"]),
            until=form.cleaned_data["until"],
        )
    except RuleViolation as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def appointment_end(request: DoorRequest, public_id: str, number: int) -> HttpResponse:
    """Give a role its last day, or end it at once."""
    agency, actor = _agency(request, public_id), request.actor
    one = Appointment.objects.on(today()).filter(agency=agency, pk=number).first()
    if one is None:
        raise Http404
    if not _may_end(actor, agency, one):
        raise NotAllowed(APPOINT)
    posted = request.POST if request.method == "POST" else None
    form = LastDayForm(posted, initial={"until": one.until})
    if posted is not None and form.is_valid():
        try:
            actions.end_appointment(actor=actor, appointment=one, on=form.cleaned_data["until"])
        except RuleViolation as error:
            form.add_error("until", str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:agency_detail", args=[agency.public_id]))
    context = {"agency": agency, "one": one, "name": _named([one])[0][1], "form": form}
    return render(request, "portal/appointment_end.html", context, status=200 if posted is None else 422)
