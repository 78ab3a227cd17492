"""Officials' pages on which people's contact data are opened: by division, in an emergency, as a list."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.accounts.models import Person
from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.accounts.selectors import masked_names
from gongzhi.audit.enums import READ_TRAIL
from gongzhi.core.actor import Actor
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.privacy import actions, policies, selectors
from gongzhi.privacy.enums import EXPORT_PEOPLE, OPEN_EMERGENCY, REVIEW_ACCESS, SEE_PEOPLE
from gongzhi.privacy.forms import EmergencyForm, ExportForm, NumberForm, OpenForm, ReviewForm
from gongzhi.privacy.models import Export, Grant, Hold
from gongzhi.privacy.views.looks import page_for


def _needs(actor: Actor, permission: str) -> None:
    if not actor.may(permission):
        raise NotAllowed(permission)


@never_cache
@require_safe
def people(request: DoorRequest) -> HttpResponse:
    """The people of the agency's divisions by their masks; with `number` the way to one of them."""
    actor = request.actor
    _needs(actor, SEE_PEOPLE)
    form = NumberForm(request.GET if "number" in request.GET else None)
    if "number" in request.GET and form.is_valid():
        return HttpResponseRedirect(reverse("privacy:person", args=[form.cleaned_data["number"]]))
    page = page_for(Person.objects.visible_to(actor), request, "people", ("name_masked", "pk"))
    return render(request, "privacy/people.html", {"form": form, "page": page})


def _holds(actor: Actor) -> list[Hold]:
    return list(
        Hold.objects.visible_to(actor)
        .holding(today())
        .filter(agency_id=actor.agency_id or 0)
        .order_by("until", "pk")[:50]
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: DoorRequest, number: str) -> HttpResponse:
    """One person by their masks; a POST with a purpose opens name and phone number, and that is a look."""
    actor = request.actor
    if not actor.may(SEE_PEOPLE):
        raise NotAllowed(SEE_PEOPLE, about=selectors.person_with(number))
    found = selectors.person_for(actor, number)
    holds = {one.public_id: one for one in _holds(actor)}
    form = OpenForm(
        [(one.public_id, f"{one.matter} ({one.until})") for one in holds.values()],
        request.POST if request.method == "POST" else None,
    )
    grant = None if policies.can_open_contact(actor, found) else selectors.live_grant(actor, found)
    context = {
        "person": found,
        "form": form,
        "grant": grant,
        "may_open": grant is not None or policies.can_open_contact(actor, found),
    }
    status = 200
    if request.method == "POST":
        status = 422
        if grant is not None or form.is_valid():
            data = getattr(form, "cleaned_data", {}) if grant is None else {}
            try:
                context["opened"] = actions.open_contact(
                    actor=actor,
                    person=found,
                    purpose=str(data.get("purpose", "")),
                    hold=holds.get(str(data.get("hold", ""))),
                )
                status = 200
            except RuleViolation as error:
                form.add_error(None, str(error.message))
    return render(request, "privacy/person.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def emergency(request: DoorRequest) -> HttpResponse:
    """Open the record of a person outside the agency's divisions, with a reason they read at once."""
    actor = request.actor
    _needs(actor, OPEN_EMERGENCY)
    form = EmergencyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        found = selectors.person_with(form.cleaned_data["number"])
        if found is None:
            form.add_error("number", _("Nobody has this number. Compare it with the printed copy, letter by letter."))
        else:
            try:
                actions.open_emergency(actor=actor, person=found, reason=form.cleaned_data["reason"])
                return HttpResponseRedirect(reverse("privacy:person", args=[found.public_id]))
            except RuleViolation as error:
                form.add_error(error.field if error.field in form.fields else None, str(error.message))
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/emergency.html", {"form": form}, status=status)


@never_cache
@require_safe
def access_list(request: DoorRequest) -> HttpResponse:
    """Emergency accesses for the security administrator to judge, those nobody has judged first; the audit
    administrator reads them."""
    actor = request.actor
    if not actor.may(READ_TRAIL):
        _needs(actor, REVIEW_ACCESS)
    rows = Grant.objects.visible_to(actor).select_related("agency")
    page = page_for(rows.to_review() if "all" not in request.GET else rows, request, "accesses", ("-opened_at", "-pk"))
    names = masked_names([one.official_id for one in page.rows])
    shown = [{"grant": one, "by": names.get(one.official_id, "")} for one in page.rows]
    return render(request, "privacy/access_list.html", {"rows": shown, "page": page, "all": "all" in request.GET})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def access_review(request: DoorRequest, public_id: str) -> HttpResponse:
    """Judge one emergency access, or read how it was judged."""
    actor = request.actor
    if request.method == "POST" or not actor.may(READ_TRAIL):
        _needs(actor, REVIEW_ACCESS)
    grant = Grant.objects.visible_to(actor).select_related("agency").filter(public_id=public_id).first()
    if grant is None:
        raise Http404
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.review_emergency(
                actor=actor,
                grant=grant,
                in_order=form.cleaned_data["outcome"] == "yes",
                review=form.cleaned_data["review"],
            )
            return HttpResponseRedirect(reverse("privacy:access_list"))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    may = policies.can_review_access(actor, grant) and grant.reviewed_at is None
    context = {
        "reads_only": actor.may(READ_TRAIL),
        "grant": grant,
        "by": masked_names([grant.official_id]).get(grant.official_id, ""),
        "form": form if may or request.method == "POST" else None,
    }
    return render(request, "privacy/access_review.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def exports(request: DoorRequest) -> HttpResponse:
    """Ask for a list of people's contact data, and take those that are ready."""
    actor = request.actor
    _needs(actor, EXPORT_PEOPLE)
    form = ExportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_export(actor=actor, **form.cleaned_data)
            return HttpResponseRedirect(reverse("privacy:exports"))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    mine = Export.objects.visible_to(actor).filter(official_id=actor.person_id).defer("content_sealed")
    page = page_for(mine, request, "exports", ("-asked_at", "-pk"))
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/exports.html", {"form": form, "page": page}, status=status)


@never_cache
@require_safe
def export_file(request: DoorRequest, public_id: str) -> HttpResponse:
    """The list, for the official who asked for it."""
    actor = request.actor
    _needs(actor, EXPORT_PEOPLE)
    export = Export.objects.visible_to(actor).filter(public_id=public_id).first()
    if export is None:
        raise Http404
    text = actions.take_export(actor=actor, export=export)
    response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="people-{export.public_id}.csv"'
    return response
