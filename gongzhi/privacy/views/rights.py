"""A person's rights over their data, and the operator's pages that decide and forget."""

from __future__ import annotations

import base64

from django.db.models import Case, Value, When
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts.models import Account
from gongzhi.audit.looks import reveal
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.privacy import actions, policies
from gongzhi.privacy.consents import CONSENTS
from gongzhi.privacy.enums import DECIDE_REQUESTS, SEE_RETENTION, RequestKind, RequestState
from gongzhi.privacy.forms import DecideForm, DivisionForm, RightsForm
from gongzhi.privacy.models import Consent, Request
from gongzhi.privacy.views.looks import for_an_office, page_for
from gongzhi.reference import selectors as reference
from gongzhi.ui.forms import Form


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_data(request: DoorRequest) -> HttpResponse:
    """A person's rights on one page: copy, correction, deletion, restriction, consents, where they live."""
    account, actor = request.user, request.actor
    if not policies.can_use_own_rights(actor) or not isinstance(account, Account):
        if request.method == "POST":
            raise NotAllowed("privacy.own")
        return for_an_office(request)
    step = request.POST.get("step", "ask") if request.method == "POST" else ""
    if step == "lift":
        actions.lift_restriction(actor=actor)
        return HttpResponseRedirect(reverse("privacy:own_data"))
    form = RightsForm(request.POST if step == "ask" else None)
    division = DivisionForm(
        request.POST if step == "division" else None,
        initial={"code": reference.code_of(account.person.path) if account.person.path else ""},
    )
    if step:
        shown: Form = division if step == "division" else form
        try:
            if step == "ask" and form.is_valid():
                actions.ask_about_own(actor=actor, **form.cleaned_data)
                return HttpResponseRedirect(reverse("privacy:own_data"))
            if step == "division" and division.is_valid():
                actions.state_division(actor=actor, code=division.cleaned_data["code"])
                return HttpResponseRedirect(reverse("privacy:own_data"))
        except RuleViolation as error:
            shown.add_error(error.field if error.field in shown.fields else None, str(error.message))
    asked = page_for(
        Request.objects.visible_to(actor).defer("content_sealed", "says_sealed"), request, "own", ("-asked_at", "-pk")
    )
    said = {one.purpose: one for one in Consent.objects.visible_to(actor).last_words()}
    context = {
        "form": form,
        "division": division,
        "person": account.person,
        "today": today(),
        "place": reference.name_of_path(account.person.path) if account.person.path else "",
        "page": asked,
        "rows": [
            {"request": one, "late": one.is_overdue(today()), "until": actions.expires_on(one)} for one in asked.rows
        ],
        "consents": [
            {"code": code, "purpose": one, "said": said.get(code), "holds": code in said and said[code].given}
            for code, one in CONSENTS.items()
        ],
    }
    return render(request, "privacy/own_data.html", context, status=422 if step else 200)


def _mine(request: DoorRequest, public_id: str) -> Request:
    found = Request.objects.visible_to(request.actor).filter(public_id=public_id).first()
    if found is None or not policies.can_use_own_rights(request.actor):
        raise Http404
    return found


@require_POST
def own_take_back(request: DoorRequest, public_id: str) -> HttpResponse:
    """Take back a request that was not decided."""
    actions.take_back(actor=request.actor, request=_mine(request, public_id))
    return HttpResponseRedirect(reverse("privacy:own_data"))


@never_cache
@require_safe
def own_copy(request: DoorRequest, public_id: str) -> HttpResponse:
    """The copy a person asked for, as a zip."""
    found = _mine(request, public_id)
    if found.kind != RequestKind.COPY or not bytes(found.content_sealed):
        raise Http404
    packed = base64.b64decode(reveal(request.actor, found, "content_sealed", purpose="privacy.request", own=True))
    response = HttpResponse(packed, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="my-data-{found.public_id}.zip"'
    return response


@require_POST
def own_consent(request: DoorRequest, purpose: str) -> HttpResponse:
    """Agree to one purpose, or take that back."""
    if "withdraw" in request.POST:
        actions.withdraw_consent(actor=request.actor, purpose=purpose)
    else:
        version = request.POST.get("version", "")
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 6 else 0
        actions.give_consent(actor=request.actor, purpose=purpose, version=number)
    return HttpResponseRedirect(f"{reverse('privacy:own_data')}#consents")


# --- the operator ---


@require_safe
def request_list(request: DoorRequest) -> HttpResponse:
    """Requests people made about their own data, those that wait first, the earliest day at the top."""
    if not request.actor.may(DECIDE_REQUESTS):
        raise NotAllowed(DECIDE_REQUESTS)
    rows = (
        Request.objects.visible_to(request.actor)
        .exclude(kind=RequestKind.COPY)
        .defer("content_sealed", "says_sealed")
        .annotate(sort_decided=Case(When(state=RequestState.WAITING, then=Value(0)), default=Value(1)))
    )
    page = page_for(rows, request, "requests", ("sort_decided", "due_on", "pk"))
    shown = [{"request": one, "late": one.is_overdue(today())} for one in page.rows]
    return render(request, "privacy/request_list.html", {"rows": shown, "page": page})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_decide(request: DoorRequest, public_id: str) -> HttpResponse:
    """Decide one request; the new value of a correction is opened by a button, and that is a look."""
    actor = request.actor
    if not actor.may(DECIDE_REQUESTS):
        raise NotAllowed(DECIDE_REQUESTS)
    found = Request.objects.visible_to(actor).exclude(kind=RequestKind.COPY).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    opens = request.method == "POST" and "open" in request.POST
    deciding = request.method == "POST" and not opens
    form = DecideForm(request.POST if deciding else None)
    context: dict[str, object] = {"request_": found, "late": found.is_overdue(today())}
    if opens:
        context["says"] = reveal(actor, found, "says_sealed", purpose="privacy.request")
    if deciding and form.is_valid():
        data = form.cleaned_data
        try:
            actions.decide_request(
                actor=actor,
                request=found,
                grant=data["outcome"] == "grant",
                answer=data["answer"],
                ground=data["ground"] or "",
            )
            return HttpResponseRedirect(reverse("privacy:request_list"))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    may = policies.can_decide_request(actor, found) and found.state == RequestState.WAITING
    context["form"] = form if may or deciding else None
    return render(request, "privacy/request_decide.html", context, status=422 if deciding else 200)


@require_safe
def retention(request: DoorRequest) -> HttpResponse:
    """What is kept how long, and how much of it would be forgotten tonight. It changes nothing."""
    if not request.actor.may(SEE_RETENTION):
        raise NotAllowed(SEE_RETENTION)
    return render(request, "privacy/retention.html", {"due": actions.due_now()})
