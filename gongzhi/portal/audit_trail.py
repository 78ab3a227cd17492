"""What was done on the platform, for the audit administrator: ids and codes, never a name or a value of a person."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gongzhi.accounts.models import Account
from gongzhi.audit import actions as audit
from gongzhi.audit.enums import READ_TRAIL
from gongzhi.audit.models import Event
from gongzhi.core.door import DoorRequest, after
from gongzhi.core.errors import NotAllowed
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import SHANGHAI
from gongzhi.orgs.models import Agency, Organization
from gongzhi.portal.forms import TrailForm

PAGE = 30


def _asked(form: TrailForm) -> tuple[QuerySet[Event], dict[str, Any]]:
    """The events somebody asks for, and the question as ids and codes, as it is written down."""
    rows = Event.objects.all()
    question: dict[str, Any] = {}
    if reference := form.cleaned_data["account"].strip().upper():
        person = Account.objects.filter(public_id=reference).values_list("person_id", flat=True).first()
        if person is None:
            form.add_error("account", form.unknown_account)
            return rows.none(), {}
        rows, question["person"] = rows.filter(person_id=person), person
    if event := form.cleaned_data["event"].strip().lower():
        # What somebody types may be anything, so only a code that some event can have is written down.
        rows = rows.filter(event=event)
        question["event"] = event if form.is_code(event) else ""
    if day := form.cleaned_data["day"]:
        begin = dt.datetime.combine(day, dt.time(), SHANGHAI)
        rows = rows.filter(at__gte=begin, at__lt=begin + dt.timedelta(days=1))
        question["day"] = day.isoformat()
    return rows, question


def _shown(rows: Sequence[Event]) -> list[dict[str, Any]]:
    """Events with the numbers of their authors' accounts and the names of the bodies acted for: three queries."""
    people = {one.person_id for one in rows if one.person_id is not None}.union(*(one.covers for one in rows))
    accounts = dict(Account.objects.filter(person_id__in=people).values_list("person_id", "public_id"))
    capacities = [one.acting_for.partition(":") for one in rows]
    names: dict[str, str] = {}
    for word, model in (("agency", Agency), ("org", Organization)):
        wanted = {int(number) for kind, _sign, number in capacities if kind == word}
        found = model.objects.filter(pk__in=wanted).values_list("pk", "name")
        names |= {f"{word}:{number}": name for number, name in found}
    return [
        {
            "event": one,
            "account": accounts.get(one.person_id, "") if one.person_id is not None else "",
            "covers": [accounts[person] for person in one.covers if person in accounts],
            "acting_for": names.get(one.acting_for, ""),
            "details": json.dumps(one.details, ensure_ascii=False, sort_keys=True) if one.details else "",
        }
        for one in rows
    ]


@never_cache
@require_safe
def audit_trail(request: DoorRequest) -> HttpResponse:
    """The newest first, by account, event and day. That it was read, and what was asked, is an event itself."""
    actor = request.actor
    if not actor.may(READ_TRAIL):
        raise NotAllowed(READ_TRAIL)
    form = TrailForm(request.GET)
    rows, question = _asked(form) if form.is_valid() else (Event.objects.none(), {})
    order = ("-at", "-id")
    page = page_or_first(rows, name="trail", order=order, cursor=request.GET.get("cursor", ""), size=PAGE)
    if not form.errors:
        after(lambda: audit.record(actor=actor, event="audit.trail.read", details=question))
    context = {"form": form, "rows": _shown(page.rows), "page": page}
    return render(request, "portal/audit_trail.html", context, status=422 if form.errors else 200)
