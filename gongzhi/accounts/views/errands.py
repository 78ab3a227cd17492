"""Letters to write and calls to make, for people whom no notice reaches otherwise."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.accounts import policies
from gongzhi.accounts.actions import errands as actions
from gongzhi.accounts.enums import SERVE_COUNTER, ErrandState
from gongzhi.accounts.forms import ErrandForm
from gongzhi.accounts.models import Errand, Person, Reach
from gongzhi.audit.looks import look, reveal
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import today
from gongzhi.notify.contracts import UnknownKind, kind_of

SIZE = 20


def _words(row: Errand) -> tuple[str, str]:
    """Subject and text in the present language; empty for a kind that is gone."""
    try:
        kind = kind_of(row.kind)
    except UnknownKind:
        return "", ""
    return kind.subject_for(row.params), kind.text_for(row.params)


@require_safe
def errand_list(request: DoorRequest) -> HttpResponse:
    """What waits in the official's divisions, the oldest first."""
    actor = request.actor
    if not actor.may(SERVE_COUNTER):
        raise NotAllowed(SERVE_COUNTER)
    rows, order = Errand.objects.visible_to(actor).waiting(), ("since", "pk")
    page = page_or_first(rows, name="errands", order=order, cursor=request.GET.get("cursor", ""), size=SIZE)
    shown = [{"row": row, "subject": _words(row)[0]} for row in page.rows]
    return render(request, "accounts/errand_list.html", {"rows": shown, "page": page})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def errand_detail(request: DoorRequest, public_id: str) -> HttpResponse:
    """One letter or call: its words; name and address when they are opened, which is a look; that it was done."""
    actor = request.actor
    if not actor.may(SERVE_COUNTER):
        raise NotAllowed(SERVE_COUNTER)
    row = Errand.objects.visible_to(actor).filter(public_id=public_id).first()
    if row is None:
        raise Http404
    subject, text = _words(row)
    shows = request.method == "POST" and "show" in request.POST
    finishing = request.method == "POST" and not shows
    day = today()
    form = ErrandForm(request.POST if finishing else None, initial={"on": day, "hand": row.way})
    context: dict[str, Any] = {
        "row": row,
        "subject": subject,
        "text": text,
        "open": row.state == ErrandState.OPEN,
        "may_finish": policies.can_finish_errand(actor, row),
        "form": form,
    }
    if shows:
        if not context["may_finish"]:
            raise NotAllowed(SERVE_COUNTER, about=row)
        context |= _opened(request, row)
        return render(request, "accounts/errand_detail.html", context)
    if finishing and form.is_valid():
        try:
            actions.finish_errand(actor=actor, errand=row, **form.cleaned_data)
            return HttpResponseRedirect(reverse("accounts:errand_list"))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    return render(request, "accounts/errand_detail.html", context, status=422 if finishing else 200)


def _opened(request: DoorRequest, row: Errand) -> dict[str, Any]:
    """Name and address of the person, each a look on their page."""
    actor, purpose = request.actor, "errand.deliver"
    found: dict[str, Any] = {}
    for key, name, one in (
        ("name", "name_sealed", Person.objects.visible_to(actor).filter(pk=row.person_id).first()),
        ("reach", "value_sealed", Reach.objects.visible_to(actor).filter(person_id=row.person_id).first()),
    ):
        if one is not None:
            look(actor=actor, subject=one, purpose=purpose, fields=[name])
            found[key] = reveal(actor, one, name, purpose=purpose, own=True)
    return found
