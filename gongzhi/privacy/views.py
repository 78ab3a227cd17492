"""A person's own pages about their data, and the officials' pages that open it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.accounts.models import Account
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed
from gongzhi.orgs.acting import capacities
from gongzhi.privacy import actions, policies
from gongzhi.privacy.enums import READ_OUT, Shown
from gongzhi.privacy.forms import CounterForm
from gongzhi.privacy.selectors import Looked, Owner, looked
from gongzhi.ui import svg


def _for_an_office(request: DoorRequest) -> HttpResponse:
    """Who acts for an agency has the agency's scope and no other: the page says so and offers to act for oneself."""
    if not isinstance(request.user, Account):
        raise NotAllowed
    return render(request, "portal/not_as_office.html", {"agencies": capacities(request.user)})


def _context(request: DoorRequest, found: Looked) -> dict[str, object]:
    total = found.total
    return {
        "looked": found,
        "total": total,
        "drawing": svg.bar_columns([month.total for month in reversed(found.months)]),
        "filters": [
            {"label": _("All"), "url": request.path, "current": not found.only},
            *(
                {
                    "label": label,
                    "url": f"{request.path}?only={only}",
                    "current": found.only == only,
                }
                for only, label in (
                    (Shown.SEEN, _("Seen")),
                    (Shown.EXPORT, _("Exported")),
                    (Shown.REFUSED, _("Refused")),
                )
            ),
        ],
    }


@never_cache
@require_safe
def my_looked(request: DoorRequest) -> HttpResponse:
    """Everybody else who saw, exported or wanted to see the person's data, and how many notices are held back."""
    account = request.user
    if not policies.can_see_own_looks(request.actor) or not isinstance(account, Account):
        return _for_an_office(request)
    found = looked(Owner.of(request.actor), only=request.GET.get("only", ""), cursor=request.GET.get("cursor", ""))
    context = _context(request, found) | {"number": account.person.public_id}
    return render(request, "privacy/looked.html", context)


@never_cache
@require_safe
def desk_looked(request: DoorRequest) -> HttpResponse:
    """The same for an organization: who saw what of its own house."""
    if not policies.can_see_organization_looks(request.actor):
        raise NotAllowed
    found = looked(Owner.of(request.actor), only=request.GET.get("only", ""), cursor=request.GET.get("cursor", ""))
    return render(request, "privacy/looked.html", _context(request, found) | {"organization": True})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def counter_looked(request: DoorRequest) -> HttpResponse:
    """Read out to somebody at a counter who looked at their data. Opening it is itself a look that they see."""
    if not policies.can_read_out(request.actor):
        raise NotAllowed(READ_OUT)
    form = CounterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person = actions.person_with(form.cleaned_data["number"])
        if person is not None:
            actions.read_out(actor=request.actor, person=person)
            found = looked(Owner(person=person.pk), cursor=request.POST.get("cursor", ""), size=60)
            context = _context(request, found) | {"person": person}
            return render(request, "privacy/counter_read.html", context)
        form.add_error("number", _("Nobody has this number. Compare it with the printed copy, letter by letter."))
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/counter.html", {"form": form, "address": reverse("privacy:counter")}, status=status)
