"""The counter: registering somebody who stands there, and their card."""

from __future__ import annotations

import base64
from typing import Any

import qrcode
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from qrcode.image.svg import SvgPathImage

from gongzhi.accounts import numbers, policies, selectors
from gongzhi.accounts.actions import cards, counter, guardians
from gongzhi.accounts.actions.cards import Issued
from gongzhi.accounts.enums import SERVE_COUNTER, DocumentKind, ReachWay, Relation, WishFor
from gongzhi.accounts.forms import ChildForm, CounterForm, JoinGuardianForm, PresentForm, ReachForm
from gongzhi.accounts.models import Card, CardWish, Guardianship, Person, Reach, Verification
from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.network import site_address
from gongzhi.reference import selectors as reference
from gongzhi.ui.forms import Form

#: Wishes shown that wait for a second official; more than a counter ever has at once.
SHOWN = 20


@never_cache
@proof_needed_to_post
@require_http_methods(["GET", "HEAD", "POST"])
def counter_register(request: DoorRequest) -> HttpResponse:
    """Two steps: what stands in the document, then a page to compare it with the document and the person; then the card."""
    actor = request.actor
    if not actor.may(SERVE_COUNTER):
        raise NotAllowed(SERVE_COUNTER)
    number = numbers.clean(request.GET.get("volunteer", ""))
    if number:
        found = Person.objects.visible_to(actor).filter(volunteer_number=number).first()
        if found is None:
            raise Http404
        return HttpResponseRedirect(reverse("accounts:counter_person", args=[found.public_id]))
    posted = request.method == "POST"
    code = reference.code_of(actor.path) if actor.path not in {"", "/"} else ""
    kind = ChildForm if "guardian" in request.POST else CounterForm
    form = kind(request.POST if posted else None, initial={"division": code})
    context: dict[str, Any] = {"form": form}
    if posted and form.is_valid() and "change" not in request.POST:
        data = dict(form.cleaned_data)
        typed = {name: data[name] for name in ("kind", "name", "number", "division", "born_on")}
        try:
            seen = counter.check_seen(actor=actor, guardian=data.get("guardian", ""), **typed)
            if "register" in request.POST and "seen" in request.POST:
                return print_card(request, counter.register_at_counter(actor=actor, seen=True, **data))
            context |= {
                "seen": seen,
                "typed": [(name, value) for name, value in request.POST.items() if name in _names(form)],
                "place": reference.name_of_path(seen.path),
                "unseen": "register" in request.POST,
                "data": data | {"way": ReachWay(data["way"]).label},
                "kind": DocumentKind(data["kind"]).label,
                "relation": Relation(data["relation"]).label if "relation" in data else "",
            }
            status = 422 if "register" in request.POST else 200
            return render(request, "accounts/counter_check.html", context, status=status)
        except RuleViolation as error:
            if error.code == "accounts.guardian_needed" and not isinstance(form, ChildForm):
                return _with_guardian(request)
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    context["wishes"] = CardWish.objects.visible_to(actor).waiting().select_related("person").order_by("pk")[:SHOWN]
    status = 422 if posted and "change" not in request.POST else 200
    return render(request, "accounts/counter_register.html", context, status=status)


def _with_guardian(request: DoorRequest) -> HttpResponse:
    """The same form with the questions about a guardian, and all that was typed."""
    form = ChildForm(request.POST)
    form.is_valid()
    for name in ("guardian", "relation", "shown_by"):
        form.errors.pop(name, None)
    form.add_error(
        "guardian", _("At this age a guardian comes along. Enter their volunteer number, and compare both documents.")
    )
    return render(request, "accounts/counter_register.html", {"form": form}, status=422)


def _names(form: CounterForm) -> set[str]:
    return {*form.fields, "born_on-year", "born_on-month", "born_on-day"} - {"born_on"}


@never_cache
@proof_needed_to_post
@require_http_methods(["GET", "HEAD", "POST"])
def counter_person(request: DoorRequest, number: str) -> HttpResponse:
    """One person at the counter by their masks: what verified them, their card; a new card, a new PIN, a block."""
    actor = request.actor
    if not actor.may(SERVE_COUNTER):
        raise NotAllowed(SERVE_COUNTER)
    person = Person.objects.visible_to(actor).filter(public_id=number).first()
    if person is None:
        raise Http404
    card = Card.objects.visible_to(actor).filter(person=person).order_by("-pk").first()
    reach = Reach.objects.visible_to(actor).filter(person=person).first()
    what = request.POST.get("do", "")
    form = PresentForm(request.POST if what in {"card", "pin", "confirm"} else None)
    joining = JoinGuardianForm(request.POST if what == "join" else None)
    reaching = ReachForm(request.POST if what == "reach" else None, initial={"way": reach.way if reach else ""})
    asked: Form = {"join": joining, "reach": reaching}.get(what, form)
    if what in {"block", "end", "drop"} or (what and asked.is_valid()):
        try:
            done = _serve(request, person, card, asked)
        except RuleViolation as error:
            if not asked.is_bound:
                raise
            asked.add_error(error.field if error.field in asked.fields else None, str(error.message))
        else:
            return done or HttpResponseRedirect(request.path)
    age = selectors.age_of(person.pk)
    wish = CardWish.objects.visible_to(actor).waiting().filter(person=person).first()
    context = {
        "person": person,
        "volunteer_number": numbers.grouped(person.volunteer_number or ""),
        "verified": Verification.objects.visible_to(actor).standing().filter(person=person).first(),
        "card": card,
        "reach": reach,
        "reaching": reaching,
        "wish": wish,
        "may_confirm": wish is not None and policies.can_confirm_card(actor, wish),
        "may_serve": policies.can_serve_person(actor, person),
        "guardians": Guardianship.objects.visible_to(actor).standing().filter(ward=person).order_by("pk"),
        "wards": Guardianship.objects.visible_to(actor).standing().filter(guardian=person).order_by("pk"),
        "minor": age is not None and age < guardians.full_age(person.path or "/"),
        "joining": joining,
        "form": form,
    }
    return render(request, "accounts/counter_person.html", context, status=422 if request.method == "POST" else 200)


def _serve(request: DoorRequest, person: Person, card: Card | None, form: Form) -> HttpResponse | None:
    """Do what was asked for at the counter; the page to print, where one follows."""
    actor, what = request.actor, request.POST.get("do", "")
    if what == "block" and card is not None:
        cards.block_card(actor=actor, card=card)
    elif what == "end":
        held = Guardianship.objects.visible_to(actor).filter(ward=person, public_id=request.POST.get("row", "")).first()
        if held is None:
            raise Http404
        guardians.end_guardianship(actor=actor, guardianship=held)
    elif what == "join":
        guardians.join_guardian(actor=actor, ward=person, **form.cleaned_data)
    elif what == "reach":
        counter.choose_reach(actor=actor, person=person, **form.cleaned_data)
    elif what in WishFor.values:
        cards.ask_card(actor=actor, person=person, what=what, present=True)
    elif what in {"confirm", "drop"}:
        wish = CardWish.objects.visible_to(actor).waiting().filter(person=person).first()
        if wish is None:
            raise Http404
        if what == "confirm":
            return print_card(request, cards.confirm_card(actor=actor, wish=wish, present=True))
        cards.drop_card(actor=actor, wish=wish)
    return None


def print_card(request: DoorRequest, issued: Issued) -> HttpResponse:
    """The page that is printed: the card, and the slip with the PIN to fold and seal. Neither can be shown again."""
    address = f"{site_address()}{reverse('accounts:sign_in_card')}"
    image = qrcode.make(f"{address}?card={issued.number}", image_factory=SvgPathImage, border=2)
    context = {
        "person": issued.card.person,
        "number": numbers.grouped(issued.number),
        "volunteer_number": numbers.grouped(issued.card.person.volunteer_number or ""),
        "pin": f"{issued.pin[:3]} {issued.pin[3:]}",
        "address": address,
        "qr": "data:image/svg+xml;base64," + base64.b64encode(image.to_string()).decode(),
    }
    return render(request, "accounts/card_print.html", context)
