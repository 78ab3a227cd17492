"""Who is in charge of a registered organization: the pages of who claims it, of who is in charge, and of the registry."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Case, QuerySet, Value, When
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts.models import Account
from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.audit.looks import reveal
from gongzhi.core.actor import ActorKind
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import Page, page_or_first
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files import selectors as links
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import READ, Purpose
from gongzhi.files.models import Upload
from gongzhi.orgs.acting import memberships_of
from gongzhi.orgs.actions import claims as actions
from gongzhi.orgs.enums import ADMIT_OWNER, ENDED, NAME_OWNERS, Basis, ClaimState
from gongzhi.orgs.models import Claim, Membership, Organization
from gongzhi.orgs.policies import can_answer_claim, can_claim, can_decide_claim
from gongzhi.orgs.selectors import by_identity, owners_of, registry_of
from gongzhi.portal.forms import ClaimAnswerForm, ClaimDecisionForm, ClaimForm

PAGE = 30


def _page(rows: QuerySet[Any], request: DoorRequest, name: str, order: tuple[str, ...]) -> Page[Any]:
    return page_or_first(rows, name=name, order=order, cursor=request.GET.get("cursor", ""), size=PAGE)


def _seen(request: DoorRequest, public_id: str) -> Claim:
    found = Claim.objects.visible_to(request.actor).select_related("org").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


# --- who claims ---


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def claim_ask(request: DoorRequest, reference: str) -> HttpResponse:
    """Ask to be admitted as the person in charge, by a letter or by the legal representative's verified identity."""
    matches = list(Organization.objects.named_by(reference).order_by("pk")[:2])
    if not matches:
        raise Http404(_("No organization has this code or number."))
    if len(matches) > 1:
        return HttpResponseRedirect(reverse("portal:organization_detail", args=[reference]))
    organization, actor = matches[0], request.actor
    if not can_claim(actor) or actor.scope.person is None:
        if request.method == "POST":
            raise NotAllowed("orgs.claim")
        return render(request, "portal/not_as_office.html", {"next": request.get_full_path()})
    identity = by_identity(organization, actor.scope.person)
    posted = request.POST if request.method == "POST" else None
    form = ClaimForm(posted, request.FILES or None, by_identity=identity.holds)
    if posted is not None and form.is_valid():
        try:
            claim = _claimed(request, organization, form)
        except RuleViolation as error:
            field = "letter" if error.field == "file" else error.field
            form.add_error(field if field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:claim", args=[claim.public_id]))
    open_claim = Claim.objects.visible_to(actor).open().filter(org=organization).first()
    context = {
        "organization": organization,
        "form": form,
        "identity": identity,
        "registry": registry_of(organization),
        "taken": bool(owners_of(organization.pk)),
        "ended": organization.standing in ENDED,
        "open_claim": open_claim,
        "member": Membership.objects.visible_to(actor).living(today()).filter(org=organization).exists(),
    }
    return render(request, "portal/claim_ask.html", context, status=200 if posted is None else 422)


def _claimed(request: DoorRequest, organization: Organization, form: ClaimForm) -> Claim:
    actor, data = request.actor, form.cleaned_data
    basis, letter = Basis(data["basis"]), None
    if basis is Basis.LETTER:
        owner = Owner(person_id=actor.scope.person, path=organization.path)
        letter = files.take_in(actor=actor, handed=data["letter"], purpose=Purpose.DOCUMENT, owner=owner)
    return actions.claim_organization(
        actor=actor, organization=organization, basis=basis, letter=letter, says=data["says"]
    )


@login_not_required
@require_safe
def claim_paper(request: DoorRequest, reference: str) -> HttpResponse:
    """The letter of authorization, to print, sign and stamp. Nothing personal stands in it."""
    matches = list(Organization.objects.named_by(reference).order_by("pk")[:2])
    if len(matches) != 1:
        raise Http404(_("No organization has this code or number."))
    context = {"organization": matches[0], "registry": registry_of(matches[0])}
    return render(request, "portal/claim_paper.html", context)


@never_cache
@require_safe
def claim(request: DoorRequest, public_id: str) -> HttpResponse:
    """Where one's own claim stands, who has it, and what was decided."""
    if not can_claim(request.actor):
        if not isinstance(request.user, Account):
            raise NotAllowed
        return render(request, "portal/not_as_office.html", {"next": request.get_full_path()})
    found = _seen(request, public_id)
    context = {"claim": found, "organization": found.org, "registry": registry_of(found.org)}
    return render(request, "portal/claim.html", context)


@require_POST
def claim_withdraw(request: DoorRequest, public_id: str) -> HttpResponse:
    """Take one's own claim back."""
    if not can_claim(request.actor):
        raise NotAllowed("orgs.claim")
    found = _seen(request, public_id)
    actions.withdraw_claim(actor=request.actor, claim=found)
    return HttpResponseRedirect(reverse("portal:claim", args=[found.public_id]))


# --- who is in charge ---


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def claim_answer(request: DoorRequest, public_id: str) -> HttpResponse:
    """The person in charge confirms or disputes somebody else's claim, and reads afterwards what was decided."""
    actor = request.actor
    if request.method != "POST" and actor.kind is ActorKind.PERSON and isinstance(request.user, Account):
        memberships = memberships_of(request.user)
        if memberships:  # from a message: the organization is chosen first, then the page opens
            first = {"memberships": memberships, "next": request.get_full_path()}
            return render(request, "portal/desk_choose.html", first)
    if actor.org_id is None or not actor.may(NAME_OWNERS):
        raise NotAllowed(NAME_OWNERS)
    found = _seen(request, public_id)
    mine = can_answer_claim(actor, found) and found.state == ClaimState.WITH_OWNER
    posted = request.POST if request.method == "POST" else None
    form = ClaimAnswerForm(posted) if mine or posted is not None else None
    if form is not None and posted is not None and form.is_valid():
        try:
            if form.cleaned_data["outcome"] == ClaimAnswerForm.CONFIRM:
                actions.confirm_claim(actor=actor, claim=found)
            else:
                actions.dispute_claim(actor=actor, claim=found, words=form.cleaned_data["words"])
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:claim_answer", args=[found.public_id]))
    context = {"claim": found, "organization": found.org, "form": form}
    return render(request, "portal/claim_answer.html", context, status=200 if posted is None else 422)


# --- the registry ---


@require_safe
def claim_list(request: DoorRequest) -> HttpResponse:
    """Claims to organizations of the division: those that wait for the registry first, the oldest of them first."""
    actor = request.actor
    if not actor.may(ADMIT_OWNER):
        raise NotAllowed(ADMIT_OWNER)
    turn = Case(
        When(state=ClaimState.WAITING, then=Value(0)),
        When(state=ClaimState.WITH_OWNER, then=Value(1)),
        default=Value(2),
    )
    rows = Claim.objects.visible_to(actor).select_related("org").annotate(sort_turn=turn)
    page = _page(rows, request, "claims", ("sort_turn", "asked_at", "pk"))
    return render(request, "portal/claim_list.html", {"page": page})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def claim_decide(request: DoorRequest, public_id: str) -> HttpResponse:
    """One claim: what proves it, what the person in charge says, and the decision to admit or to refuse."""
    actor = request.actor
    if not actor.may(ADMIT_OWNER):
        raise NotAllowed(ADMIT_OWNER)
    found = _seen(request, public_id)
    if not can_decide_claim(actor, found):
        raise Http404
    asks_name = request.method == "POST" and request.POST.get("show") == "name"
    posted = request.POST if request.method == "POST" and not asks_name else None
    form = ClaimDecisionForm(posted) if found.state == ClaimState.WAITING or posted is not None else None
    if form is not None and posted is not None and form.is_valid():
        try:
            if form.cleaned_data["outcome"] == ClaimDecisionForm.ADMIT:
                actions.admit_claim(actor=actor, claim=found)
            else:
                actions.refuse_claim(actor=actor, claim=found, answer=form.cleaned_data["answer"])
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:claim_list"))
    context = {
        "claim": found,
        "organization": found.org,
        "form": form,
        "name": reveal(actor, found, "name_sealed", purpose="orgs.claim") if asks_name else "",
        "may_open": found.upload_id is not None and actor.may(READ),
    }
    return render(request, "portal/claim_decide.html", context, status=200 if posted is None else 422)


@require_safe
def claim_letter(request: DoorRequest, public_id: str) -> HttpResponse:
    """The letter of a claim, by a link of the next minutes; that it was opened is a look at who claims."""
    actor = request.actor
    if not actor.may(ADMIT_OWNER) or not actor.may(READ):
        raise NotAllowed(ADMIT_OWNER)
    found = _seen(request, public_id)
    upload = Upload.objects.visible_to(actor).filter(pk=found.upload_id or 0).first()
    if upload is None:
        raise Http404
    return HttpResponseRedirect(links.link_to(actor, upload, purpose="orgs.claim"))
