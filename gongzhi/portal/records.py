"""What officials record about one organization: a page that says what can be recorded, and one form for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.core.actor import Actor
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs.enums import ENDED, Kind
from gongzhi.orgs.models import Organization
from gongzhi.orgs.policies import can_open_house
from gongzhi.portal import selectors
from gongzhi.registry import actions, forms
from gongzhi.registry.enums import CORRECT, NO_LEGAL_PERSON
from gongzhi.registry.models import Branch, Host, Officer
from gongzhi.registry.policies import can_correct
from gongzhi.registry.selectors import record_of, surroundings_of

Apply = Callable[[Actor, Organization, dict[str, Any]], object]


@dataclass(frozen=True)
class Recordable:
    """One thing an official can record: its words, its form, its action, and for which organizations."""

    title: str | Promise
    about: str | Promise
    form: type[forms.CorrectionForm] | type[Any]
    apply: Apply
    icon: str
    fits: Callable[[Organization], bool] = lambda organization: organization.standing not in ENDED


def _lineage(actor: Actor, organization: Organization, data: dict[str, Any]) -> object:
    first, then = organization, data["other"]
    if data["direction"] == forms.LineageForm.IN:
        first, then = then, first
    return actions.record_lineage(
        actor=actor,
        origin=first,
        successor=then,
        kind=data["kind"],
        on=data["on"],
        reason=data["reason"],
        ends_origin=data["ends"],
    )


def _host(actor: Actor, organization: Organization, data: dict[str, Any]) -> object:
    return actions.record_host(
        actor=actor,
        organization=organization,
        name=data["name"],
        host=data["host"],
        since=data["since"],
        reason=data["reason"],
    )


#: Part of the address → what can be recorded there.
RECORDABLE: dict[str, Recordable] = {
    "change": Recordable(
        _("Change of an item"),
        _("A change registered by decision, with the day it takes effect. What was wrong is corrected instead."),
        forms.ChangeForm,
        lambda actor, organization, data: actions.change_item(actor=actor, organization=organization, **data),
        "file-check",
    ),
    "officer": Recordable(
        _("Officer"),
        _("Name and post only: what the law makes public."),
        forms.OfficerForm,
        lambda actor, organization, data: actions.record_officer(actor=actor, organization=organization, **data),
        "user",
    ),
    "branch": Recordable(
        _("Branch or representative office"),
        _("Part of the organization and no legal person. No branch for a region, no branch of a branch."),
        forms.BranchForm,
        lambda actor, organization, data: actions.record_branch(actor=actor, organization=organization, **data),
        "network",
        lambda organization: (
            organization.standing not in ENDED and organization.kind in {Kind.SOCIAL_GROUP, Kind.FOUNDATION}
        ),
    ),
    "host": Recordable(
        _("Hosting body"),
        _("The body the organization leans on. It gives no legal personality."),
        forms.HostForm,
        _host,
        "building-2",
    ),
    "certificate": Recordable(
        _("Certificate"),
        _("The period of the registration certificate. Older ones stay readable."),
        forms.CertificateForm,
        lambda actor, organization, data: actions.record_certificate(actor=actor, organization=organization, **data),
        "stamp",
    ),
    "mark": Recordable(
        _("Charity, public fundraising"),
        _(
            "That the organization was recognised as a charity or given the qualification for public fundraising, or lost it."
        ),
        forms.MarkForm,
        lambda actor, organization, data: actions.record_mark(actor=actor, organization=organization, **data),
        "badge-check",
        lambda organization: organization.kind not in NO_LEGAL_PERSON,
    ),
    "lineage": Recordable(
        _("Merger, split, succession"),
        _("Which body came out of which. Both keep their page and their history."),
        forms.LineageForm,
        _lineage,
        "layers",
        lambda _organization: True,
    ),
    "division": Recordable(
        _("New division"),
        _("The division was given a new code, merged or divided. The credit code stays as it is."),
        forms.RecodeForm,
        lambda actor, organization, data: actions.recode(actor=actor, organization=organization, **data),
        "map-pin",
        lambda _organization: True,
    ),
    "end": Recordable(
        _("End of the registration"),
        _("Cancelled, certificate revoked, or registration withdrawn. The entry stays readable for ever."),
        forms.EndingForm,
        lambda actor, organization, data: actions.end_organization(actor=actor, organization=organization, **data),
        "ban",
    ),
}

#: Part of the address → what has an end of its own: its rows, and the action that enters it.
ENDABLE: dict[str, tuple[type[Officer] | type[Branch] | type[Host], Callable[..., object]]] = {
    "officer": (Officer, lambda actor, row, data: actions.end_officer(actor=actor, officer=row, **data)),
    "branch": (Branch, lambda actor, row, data: actions.end_branch(actor=actor, branch=row, **data)),
    "host": (Host, lambda actor, row, data: actions.end_host(actor=actor, host=row, **data)),
}


def _mine(actor: Actor, reference: str) -> Organization:
    """The body of the officer's division with this code, number or public id. A shared number names it by reach only."""
    named = list(Organization.objects.named_by(reference).order_by("pk")[:20])
    if not named:
        raise Http404
    mine = [one for one in named if can_correct(actor, one)]
    if not mine:
        raise NotAllowed(CORRECT)
    if len(mine) > 1:
        raise Http404(_("Two organizations have this number. Go by way of their pages."))
    return mine[0]


def _done(organization: Organization, what: str) -> HttpResponseRedirect:
    address = reverse("portal:organization_desk", args=[organization.public_id])
    return HttpResponseRedirect(f"{address}?done={what}")


@require_safe
def organization_desk(request: DoorRequest, reference: str) -> HttpResponse:
    """What the register holds about one organization, and what an official can record about it."""
    organization = _mine(request.actor, reference)
    done = RECORDABLE.get(request.GET.get("done", ""))
    context = {
        "organization": organization,
        "record": record_of(organization),
        "around": surroundings_of(organization),
        "place": selectors.place_names([organization.path])[organization.path],
        "recordable": [
            {"url": reverse("portal:record", args=[organization.public_id, slug]), "what": what}
            for slug, what in RECORDABLE.items()
            if what.fits(organization)
        ],
        "done": done.title if done else "",
        "closed_kind": organization.kind == Kind.OVERSEAS_OFFICE,
        "may_open_house": can_open_house(request.actor, organization),
    }
    return render(request, "portal/organization_desk.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: DoorRequest, reference: str, slug: str) -> HttpResponse:
    """One form: what is recorded is shown to everybody with its reason and its day."""
    organization = _mine(request.actor, reference)
    what = RECORDABLE.get(slug)
    if what is None or not what.fits(organization):
        raise Http404
    form = what.form(organization, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            what.apply(request.actor, organization, form.cleaned_data)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return _done(organization, slug)
    context = {"organization": organization, "title": what.title, "about": what.about, "form": form}
    return render(request, "portal/record.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def record_end(request: DoorRequest, reference: str, slug: str, number: int) -> HttpResponse:
    """The last day of an officer, a branch or a host."""
    organization = _mine(request.actor, reference)
    if slug not in ENDABLE:
        raise Http404
    model, end = ENDABLE[slug]
    row = model.objects.known().filter(org=organization, pk=number, valid_to=None).first()
    if row is None:
        raise Http404
    form = forms.UntilForm(organization, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            end(request.actor, row, form.cleaned_data)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return _done(organization, slug)
    context = {"organization": organization, "title": _("Last day"), "about": row.name, "form": form}
    return render(request, "portal/record.html", context, status=422 if request.method == "POST" else 200)
