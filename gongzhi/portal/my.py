"""What belongs to one person alone: the messages left for them, what was sent and is to be sent, saved searches."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts.models import Account
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.notify import actions as notices
from gongzhi.notify import selectors as notified
from gongzhi.notify.models import Message, Outbox
from gongzhi.notify.policies import can_choose, can_read_messages
from gongzhi.notify.selectors import letter_of, unread_count
from gongzhi.orgs import actions
from gongzhi.orgs.acting import capacities
from gongzhi.orgs.models import SavedSearch
from gongzhi.orgs.notifications import SAVED_SEARCH_ANSWERED
from gongzhi.orgs.policies import can_save_searches
from gongzhi.orgs.search.asking import Asked
from gongzhi.portal import results
from gongzhi.portal.forms import NoticesForm, SavedSearchForm
from gongzhi.portal.selectors import closed_channels

MESSAGES_ON_A_PAGE = 20


def _for_an_office(request: DoorRequest) -> HttpResponse:
    """Who acts for an agency has the agency's scope and no other: the page says so and offers to act for oneself."""
    if not isinstance(request.user, Account):
        raise NotAllowed
    return render(request, "portal/not_as_office.html", {"agencies": capacities(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: DoorRequest) -> HttpResponse:
    """The person's messages, newest first. A POST notes one or all of this page as read, and goes where one leads."""
    if not can_read_messages(request.actor):
        if request.method == "POST":
            raise NotAllowed("notify.own")
        return _for_an_office(request)
    if request.method == "POST":
        return _read(request)
    mine = Message.objects.visible_to(request.actor)
    order = ("-created_at", "-pk")
    page = page_or_first(
        mine, name="messages", order=order, cursor=request.GET.get("cursor", ""), size=MESSAGES_ON_A_PAGE
    )
    names = dict(
        SavedSearch.objects.visible_to(request.actor)
        .filter(
            public_id__in=[
                one.url_args[0] for one in page.rows if one.kind == SAVED_SEARCH_ANSWERED.code and one.url_args
            ]
        )
        .values_list("public_id", "name")
    )
    context = {
        # A notice holds codes only, so the name a person gave to a search is put beside it here.
        "letters": [(letter_of(one), names.get(one.url_args[0], "") if one.url_args else "") for one in page.rows],
        "unread": unread_count(request.actor),
        "fresh": [one.pk for one in page.rows if one.read_at is None],
        "page": page,
        "address": reverse("portal:messages"),
    }
    return render(request, "portal/messages.html", context)


def _read(request: DoorRequest) -> HttpResponse:
    chosen = [int(text) for text in request.POST.getlist("message") if text.isascii() and text.isdigit()][:100]
    try:
        notices.mark_read(actor=request.actor, message_ids=chosen)
    except Message.DoesNotExist as error:
        raise Http404 from error
    if "open" in request.POST and chosen:
        letter = letter_of(Message.objects.visible_to(request.actor).get(pk=chosen[0]))
        return HttpResponseRedirect(letter.url or reverse("portal:messages"))
    return HttpResponseRedirect(reverse("portal:messages"))


@require_safe
def sent(request: DoorRequest) -> HttpResponse:
    """Every notice that was to leave the platform for this person: which way, where to, when, and what became of it."""
    if not can_read_messages(request.actor):
        return _for_an_office(request)
    mine = Outbox.objects.visible_to(request.actor)
    page = page_or_first(mine, name="sent", order=("-pk",), cursor=request.GET.get("cursor", ""))
    context = {"rows": [notified.parcel_of(one) for one in page.rows], "page": page}
    return render(request, "portal/notices_sent.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: DoorRequest) -> HttpResponse:
    """Which categories go out on which channels, and when one is not rung. Saved as a whole."""
    if not can_choose(request.actor):
        if request.method == "POST":
            raise NotAllowed("notify.own")
        return _for_an_office(request)
    choice = notified.wanted(request.actor)
    form = NoticesForm(choice, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        for category, channel, on in form.changed_choices():
            notices.set_category(actor=request.actor, category=category, channel=channel, on=on)
        begins, ends = form.cleaned_data["begins"], form.cleaned_data["ends"]
        if (begins, ends) != choice.quiet:
            notices.set_quiet_hours(actor=request.actor, begins=begins, ends=ends)
        return HttpResponseRedirect(f"{reverse('portal:notices_choose')}?saved=1")
    context = {
        "form": form,
        "saved": "saved" in request.GET,
        "closed": closed_channels(request.actor),
    }
    return render(request, "portal/notices_choose.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def proof(request: DoorRequest, number: int) -> HttpResponse:
    """How it is known that a legal notice reached the person: a page to print."""
    message = Message.objects.visible_to(request.actor).filter(pk=number).first()
    if message is None or not notified.is_legal(message):
        raise Http404
    context = {"letter": notified.letter_of(message), "key": message.key, "proofs": notified.proofs_of(message)}
    return render(request, "portal/notice_proof.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def saved_searches(request: DoorRequest) -> HttpResponse:
    """The searches a person wants to hear about; with a search in the address, the form that saves it."""
    if not can_save_searches(request.actor):
        if request.method == "POST":
            raise NotAllowed("orgs.own_searches")
        return _for_an_office(request)
    asked, _unread = results.asked_of(request.GET)
    form: SavedSearchForm | None = None
    if request.method == "POST":
        form = SavedSearchForm(request.POST)
        if form.is_valid():
            try:
                actions.save_search(actor=request.actor, name=form.cleaned_data["name"], asked=asked)
                return HttpResponseRedirect(reverse("portal:saved_searches"))
            except RuleViolation as error:
                form.add_error(error.field or None, str(error.message))
    elif asked.narrowed:
        form = SavedSearchForm(initial={"name": results.name_for(asked)})
    context = {
        "form": form,
        "asked": results.in_words(asked) if form is not None else [],
        "action": f"{request.path}?{results.query_of(asked)}",
        "searches": results.saved(request.actor),
        "most": actions.SAVED_SEARCHES,
    }
    return render(request, "portal/saved_searches.html", context, status=422 if form and form.errors else 200)


@require_safe
def saved_search(request: DoorRequest, public_id: str) -> HttpResponse:
    """Leads to what answers a saved search today."""
    return HttpResponseRedirect(results.address(Asked.of(_mine(request, public_id).asked)))


@require_POST
def forget_search(request: DoorRequest, public_id: str) -> HttpResponse:
    """Remove a saved search; no more notices come."""
    actions.forget_search(actor=request.actor, search=_mine(request, public_id))
    return HttpResponseRedirect(reverse("portal:saved_searches"))


def _mine(request: DoorRequest, public_id: str) -> SavedSearch:
    search = SavedSearch.objects.visible_to(request.actor).filter(public_id=public_id).first()
    if search is None:
        raise Http404
    return search
