"""Verification of identity: a person's own page, and the officials' list of what waits."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts import numbers, policies, verifiers
from gongzhi.accounts.actions import verification as actions
from gongzhi.accounts.contracts import IDENTITY_REVIEW, review_queue
from gongzhi.accounts.documents import DOUBTS
from gongzhi.accounts.enums import REVIEW_IDENTITY, VerificationState
from gongzhi.accounts.forms import ReviewIdentityForm, VerificationForm
from gongzhi.accounts.models import Account, Card, CardWish, Person, Reach, Verification
from gongzhi.audit.looks import look, reveal
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files.models import Upload
from gongzhi.reference import selectors as reference
from gongzhi.rulebook import selectors as rulebook

#: Tries shown on the person's own page.
SHOWN = 10


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_identity(request: DoorRequest) -> HttpResponse:
    """Whether the person is verified, what was decided and why, their number and card; the form that hands a document in."""
    actor = request.actor
    if not policies.can_ask_verification(actor):
        if request.method == "POST" or not isinstance(request.user, Account):
            raise NotAllowed("accounts.own_identity")
        return render(request, "portal/not_as_office.html")
    person = Person.objects.visible_to(actor).get(pk=actor.scope.person or 0)
    tries = list(Verification.objects.visible_to(actor).order_by("-pk")[:SHOWN])
    now = next((one for one in tries if one.state in {VerificationState.ASKED, VerificationState.VERIFIED}), None)
    form = None
    if now is None:
        initial = {"division": reference.code_of(person.path) if person.path and person.path != "/" else ""}
        posted = request.method == "POST"
        form = VerificationForm(request.POST if posted else None, request.FILES if posted else None, initial=initial)
    elif request.method == "POST":
        raise RuleViolation("accounts.verification_exists", actions.ALREADY)
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            actions.ask_verification(actor=actor, **form.cleaned_data)
            return HttpResponseRedirect(reverse("accounts:own_identity"))
        except RuleViolation as error:
            field = "proof" if error.field == "file" else error.field
            form.add_error(field if field in form.fields else None, str(error.message))
    context = {
        "person": person,
        "volunteer_number": numbers.grouped(person.volunteer_number or ""),
        "now": now,
        "tries": [one for one in tries if one != now],
        "due": review_queue().find(actor=actor, kind=IDENTITY_REVIEW, subject=now.public_id) if now else None,
        "card": Card.objects.visible_to(actor).active().first(),
        "wish": CardWish.objects.visible_to(actor).waiting().first(),
        "reach": Reach.objects.visible_to(actor).first(),
        "days": rulebook.value("privacy.identity_proof_days"),
        "sources": [str(one.get("label", code)) for code, one in settings.IDENTITY_CHECKS.items()],
        "form": form,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "accounts/own_identity.html", context, status=status)


@require_POST
def withdraw(request: DoorRequest) -> HttpResponse:
    """Take back what waits."""
    if not policies.can_ask_verification(request.actor):
        raise NotAllowed("accounts.own_identity")
    waiting = Verification.objects.visible_to(request.actor).filter(state=VerificationState.ASKED).first()
    if waiting is None:
        raise Http404
    actions.withdraw_verification(actor=request.actor, verification=waiting)
    return HttpResponseRedirect(reverse("accounts:own_identity"))


@require_safe
def own_proof(request: DoorRequest, public_id: str) -> HttpResponseBase:
    """The picture a person handed in, while it is kept."""
    if not policies.can_ask_verification(request.actor):
        raise NotAllowed("accounts.own_identity")
    return _proof(request, public_id)


def _proof(request: DoorRequest, public_id: str) -> HttpResponseBase:
    found = Verification.objects.visible_to(request.actor).filter(public_id=public_id).first()
    upload = Upload.objects.visible_to(request.actor).filter(pk=found.upload_id or 0).first() if found else None
    if upload is None:
        raise Http404
    return files.send(upload, actor=request.actor, purpose="verification.proof", in_page=True)


# --- officials ---


@require_safe
def review_list(request: DoorRequest) -> HttpResponse:
    """What waits for a decision in the official's divisions, soonest due first."""
    actor = request.actor
    if not actor.may(REVIEW_IDENTITY):
        raise NotAllowed(REVIEW_IDENTITY)
    page = review_queue().page(actor=actor, kind=IDENTITY_REVIEW, cursor=request.GET.get("cursor", ""))
    rows = {
        one.public_id: one
        for one in Verification.objects.visible_to(actor).filter(public_id__in=[item.subject for item in page.rows])
    }
    shown = [
        {"item": item, "row": rows[item.subject], "overdue": item.is_overdue(today())}
        for item in page.rows
        if item.subject in rows
    ]
    return render(request, "accounts/review_list.html", {"rows": shown, "page": page})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review_detail(request: DoorRequest, public_id: str) -> HttpResponse:
    """One document by its masks. Opening name and number is a look, opening the picture another; then it is decided."""
    actor = request.actor
    if not actor.may(REVIEW_IDENTITY):
        raise NotAllowed(REVIEW_IDENTITY)
    row = Verification.objects.visible_to(actor).filter(public_id=public_id).first()
    if row is None:
        raise Http404
    shows = request.method == "POST" and "show" in request.POST
    deciding = request.method == "POST" and not shows
    form = ReviewIdentityForm(request.POST if deciding else None)
    context: dict[str, Any] = {
        "row": row,
        "form": form if row.state == VerificationState.ASKED else None,
        "may_decide": policies.can_review_identity(actor, row),
        "doubts": [DOUBTS[code] for code in row.doubts.split(",") if code in DOUBTS],
        "item": review_queue().find(actor=actor, kind=IDENTITY_REVIEW, subject=public_id),
        "place": reference.name_of_path(row.path),
        "source": verifiers.label_of(row.source) if row.source else "",
    }
    if shows:
        if not context["may_decide"]:
            raise NotAllowed(REVIEW_IDENTITY, about=row)
        fields = ["name_sealed", "number_sealed", "born_sealed"]
        look(actor=actor, subject=row, purpose="verification.review", fields=fields)
        context["opened"] = {
            field: reveal(actor, row, field, purpose="verification.review", own=True) for field in fields
        }
        return render(request, "accounts/review_detail.html", context)
    if deciding and form.is_valid():
        data = form.cleaned_data
        try:
            if data["outcome"] == ReviewIdentityForm.APPROVE:
                actions.approve_verification(actor=actor, verification=row, because=data["because"] or "")
            else:
                actions.refuse_verification(actor=actor, verification=row, reason=data["reason"])
            return HttpResponseRedirect(reverse("accounts:identity_review_list"))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    return render(request, "accounts/review_detail.html", context, status=422 if deciding else 200)


@require_safe
def review_proof(request: DoorRequest, public_id: str) -> HttpResponseBase:
    """The picture, for who decides: every opening is a look."""
    if not request.actor.may(REVIEW_IDENTITY):
        raise NotAllowed(REVIEW_IDENTITY)
    return _proof(request, public_id)
