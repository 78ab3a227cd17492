"""Signing in with a printed card, and blocking one's own."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from gongzhi.accounts import numbers, policies
from gongzhi.accounts.actions import cards as actions
from gongzhi.accounts.enums import Method
from gongzhi.accounts.forms import CardSignInForm
from gongzhi.accounts.models import Card, CardWish
from gongzhi.accounts.sessions import enter
from gongzhi.accounts.views.codes import beside
from gongzhi.core.door import DoorRequest, after
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.links import safe_next
from gongzhi.core.network import address_of


@sensitive_post_parameters("pin")
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_card(request: DoorRequest) -> HttpResponse:
    """Sign in by number and PIN. The number may stand in the address, where the card's pattern leads; the PIN never."""
    if request.actor.signed_in:
        return HttpResponseRedirect(safe_next(request) or reverse("portal:home"))
    wanted = numbers.clean(request.GET.get("card", ""))
    initial = {"number": numbers.grouped(wanted) if numbers.fits(wanted, numbers.CARD) else ""}
    form = CardSignInForm(request.POST if request.method == "POST" else None, initial=initial)
    context = beside(request, form=form)
    if request.method == "POST" and form.is_valid():
        number, address = form.cleaned_data["number"], address_of(request)
        try:
            account = actions.sign_in_by_card(
                actor=request.actor, number=number, pin=form.cleaned_data["pin"], address=address
            )
            return enter(request, account, method=Method.CARD)
        except RuleViolation as error:
            if error.code == "accounts.card_failed":
                after(lambda: actions.count_failed_card(number=number, address=address))
            form.add_error(None, str(error.message))
    return render(request, "accounts/sign_in_card.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def block_own(request: DoorRequest) -> HttpResponse:
    """The owner lost the card: it opens nothing from now on."""
    if not policies.can_ask_verification(request.actor):
        raise NotAllowed("accounts.own_identity")
    card = Card.objects.visible_to(request.actor).active().first()
    if card is None:
        raise Http404
    actions.block_card(actor=request.actor, card=card)
    return HttpResponseRedirect(reverse("accounts:own_identity"))


@require_POST
def stop_own(request: DoorRequest) -> HttpResponse:
    """The owner was told that a card or PIN was asked for, and did not ask: it is dropped."""
    if not policies.can_ask_verification(request.actor):
        raise NotAllowed("accounts.own_identity")
    wish = CardWish.objects.visible_to(request.actor).waiting().first()
    if wish is None:
        raise Http404
    actions.drop_card(actor=request.actor, wish=wish)
    return HttpResponseRedirect(reverse("accounts:own_identity"))
