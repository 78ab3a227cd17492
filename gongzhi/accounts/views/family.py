"""A guardian's own page: the children, and what is agreed to for them."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gongzhi.accounts import policies, selectors
from gongzhi.accounts.actions import guardians
from gongzhi.accounts.enums import Consents
from gongzhi.accounts.models import Account, Guardianship
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed
from gongzhi.rulebook import selectors as rulebook

#: Children shown; nobody is the guardian of more here.
SHOWN = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_family(request: DoorRequest) -> HttpResponse:
    """Children of the person with what is agreed to, and the person's own guardians; agreeing, and no longer agreeing."""
    actor = request.actor
    if not policies.can_ask_verification(actor):
        if request.method == "POST" or not isinstance(request.user, Account):
            raise NotAllowed("accounts.own_family")
        return render(request, "portal/not_as_office.html")
    rows = Guardianship.objects.visible_to(actor).standing().order_by("pk")
    if request.method == "POST":
        row = rows.filter(guardian_id=actor.scope.person, public_id=request.POST.get("row", "")).first()
        if row is None:
            raise Http404
        change = (
            guardians.give_guardian_consent if request.POST.get("do") == "give" else guardians.withdraw_guardian_consent
        )
        change(actor=actor, guardianship=row, what=request.POST.get("what", ""))
        return HttpResponseRedirect(request.path)
    context = {
        "wards": [_shown(row) for row in rows.filter(guardian_id=actor.scope.person)[:SHOWN]],
        "guardians": rows.filter(ward_id=actor.scope.person)[:SHOWN],
    }
    return render(request, "accounts/own_family.html", context)


def _shown(row: Guardianship) -> dict[str, object]:
    age = selectors.age_of(row.ward_id)
    young = age is not None and age < rulebook.value("privacy.parental_consent_below", path=row.path)
    return {
        "row": row,
        "age": age,
        "grown": age is not None and age >= guardians.full_age(row.path),
        "young": young,
        "open": Account.objects.filter(person=row.ward_id, is_active=True).exists(),
        "agreed": [
            {"what": what.value, "label": what.label, "given": selectors.is_agreed_to(row.ward_id, what)}
            for what in Consents
            if young or what != Consents.DATA
        ],
    }
