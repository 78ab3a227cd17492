"""What an organization keeps for itself: its pages on the desk, what the authority can see, and the officials' side."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts.models import Account
from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.audit.looks import look, reveal
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.door import DoorRequest, acting
from gongzhi.core.errors import NotAllowed, NotVisible, RuleViolation
from gongzhi.core.paging import Page, page_or_first
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files.enums import READ
from gongzhi.files.models import Upload
from gongzhi.orgs.acting import memberships_of
from gongzhi.orgs.actions import house as actions
from gongzhi.orgs.enums import GROUND_ARTICLES, KEEP_HOUSE, OPEN_HOUSE, READ_HOUSE, SEE_DESK, HouseKind, OpeningGround
from gongzhi.orgs.models import HouseRecord, Opening, Organization
from gongzhi.orgs.policies import can_close_opening, can_open_house, can_read_house, can_write_house
from gongzhi.portal.forms import HouseRecordForm, OpeningForm
from gongzhi.portal.selectors import desk_tabs, kept_kinds
from gongzhi.privacy.selectors import Owner, looked
from gongzhi.rulebook import selectors as rulebook

PAGE = 30
LOOKS = 10
#: The platform finds a record or a paper whose existence an official may not be told.
FINDER = Actor.system("orgs.own_house")


def _page(rows: QuerySet[Any], request: DoorRequest, name: str, order: tuple[str, ...]) -> Page[Any]:
    return page_or_first(rows, name=name, order=order, cursor=request.GET.get("cursor", ""), size=PAGE)


def _house(request: DoorRequest, permission: str) -> Organization:
    """The organization one acts for, if one's role holds the permission; 403 for everybody else."""
    actor = request.actor
    if actor.kind is not ActorKind.ORGANIZATION or actor.org_id is None or not actor.may(permission):
        raise NotAllowed(permission)
    return Organization.objects.get(pk=actor.org_id)


def _tabs(request: DoorRequest, here: str) -> list[dict[str, Any]]:
    return desk_tabs(request.actor, here)


def _own_title(actor: Actor, record: HouseRecord) -> str:
    return reveal(actor, record, "title_sealed", purpose="orgs.own_house", own=True)


# --- the desk ---


@never_cache
@require_safe
def house_list(request: DoorRequest) -> HttpResponse:
    """What the organization keeps for itself, the newest day first; `kind` keeps one kind."""
    house, actor = _house(request, READ_HOUSE), request.actor
    kind = request.GET.get("kind", "")
    rows = HouseRecord.objects.visible_to(actor)
    if kind in HouseKind.values:
        rows = rows.filter(kind=kind)
    page = _page(rows, request, f"house:{kind if kind in HouseKind.values else ''}", ("-on", "-pk"))
    filters = [{"url": request.path, "label": None, "current": kind not in HouseKind.values}] + [
        {"url": f"{request.path}?kind={one.value}", "label": one.label, "current": kind == one.value}
        for one in HouseKind
    ]
    context = {
        "organization": house,
        "tabs": _tabs(request, "portal:house_list"),
        "filters": filters,
        "page": page,
        "rows": [{"record": one, "title": _own_title(actor, one)} for one in page.rows],
        "may_write": can_write_house(actor, house.pk),
    }
    return render(request, "portal/house_list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def house_new(request: DoorRequest) -> HttpResponse:
    """Keep something new."""
    house = _house(request, KEEP_HOUSE)
    posted = request.POST if request.method == "POST" else None
    kind = request.GET.get("kind", "")
    form = HouseRecordForm(posted, request.FILES or None, initial={"kind": kind, "on": today()})
    if posted is not None and form.is_valid():
        data = form.cleaned_data
        try:
            record = actions.write_record(
                actor=request.actor,
                organization=house,
                kind=HouseKind(data["kind"]),
                title=data["title"],
                text=data["text"],
                on=data["on"],
                paper=data["paper"],
            )
        except RuleViolation as error:
            field = "paper" if error.field == "file" else error.field
            form.add_error(field if field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:house_record", args=[record.public_id]))
    context = {"organization": house, "form": form}
    return render(request, "portal/house_new.html", context, status=200 if posted is None else 422)


def _record(request: DoorRequest, public_id: str, permission: str) -> HouseRecord:
    _house(request, permission)
    found = HouseRecord.objects.visible_to(request.actor).select_related("org").filter(public_id=public_id).first()
    if found is None or not can_read_house(request.actor, found):
        raise Http404
    return found


@never_cache
@require_safe
def house_record(request: DoorRequest, public_id: str) -> HttpResponse:
    """One record, with what can be done with it, and who of the authority sees it."""
    actor = request.actor
    found = _record(request, public_id, READ_HOUSE)
    openings = Opening.objects.visible_to(actor).open_at(timezone.now()).filter(kind=found.kind)
    upload = Upload.objects.visible_to(actor).filter(pk=found.upload_id or 0).first()
    context = {
        "organization": found.org,
        "record": found,
        "title": _own_title(actor, found),
        "text": reveal(actor, found, "text_sealed", purpose="orgs.own_house", own=True),
        "upload": upload,
        "may_open": upload is not None and actor.may(READ),
        "may_write": can_write_house(actor, found.org_id) and found.filed_at is None,
        "openings": list(openings.select_related("agency").order_by("until")),
    }
    return render(request, "portal/house_record.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def house_change(request: DoorRequest, public_id: str) -> HttpResponse:
    """Write a record anew, until it is filed."""
    actor = request.actor
    found = _record(request, public_id, KEEP_HOUSE)
    initial = {
        "title": _own_title(actor, found),
        "text": reveal(actor, found, "text_sealed", purpose="orgs.own_house", own=True),
        "on": found.on,
    }
    posted = request.POST if request.method == "POST" else None
    form = HouseRecordForm(posted, changes=True, initial=initial)
    if posted is not None and form.is_valid():
        try:
            actions.change_record(actor=actor, record=found, **form.cleaned_data)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:house_record", args=[found.public_id]))
    context = {"organization": found.org, "record": found, "form": form}
    return render(request, "portal/house_change.html", context, status=200 if posted is None else 422)


@require_POST
def house_file(request: DoorRequest, public_id: str) -> HttpResponse:
    """File a record to the authority."""
    found = _record(request, public_id, KEEP_HOUSE)
    actions.file_record(actor=request.actor, record=found)
    return HttpResponseRedirect(reverse("portal:house_record", args=[found.public_id]))


@require_POST
def house_remove(request: DoorRequest, public_id: str) -> HttpResponse:
    """Take a record away for good."""
    actions.remove_record(actor=request.actor, record=_record(request, public_id, KEEP_HOUSE))
    return HttpResponseRedirect(reverse("portal:house_list"))


@never_cache
@require_safe
def desk_seen(request: DoorRequest) -> HttpResponse:
    """What the authority can see of the organization: kind by kind, every opening, the newest looks."""
    actor = request.actor
    if actor.kind is ActorKind.PERSON and isinstance(request.user, Account):
        memberships = memberships_of(request.user)
        if memberships:  # from a message: the organization is chosen first, then the page opens
            first = {"memberships": memberships, "next": request.get_full_path()}
            return render(request, "portal/desk_choose.html", first)
    house = _house(request, SEE_DESK)
    openings = Opening.objects.visible_to(actor).select_related("agency")
    page = _page(openings, request, "openings", ("-opened_at", "-pk"))
    now = timezone.now()
    usual = int(rulebook.value("orgs.opening_longest_days", path=house.path))
    context = {
        "organization": house,
        "tabs": _tabs(request, "portal:desk_seen"),
        "kinds": kept_kinds(actor),
        "page": page,
        "openings": [
            {
                "opening": one,
                "article": GROUND_ARTICLES[OpeningGround(one.ground)],
                "live": one.opens_at(now),
                "long": (one.until - one.opened_at).days > usual,
            }
            for one in page.rows
        ],
        "usual": usual,
        "looked": looked(Owner.of(actor), size=LOOKS),
    }
    return render(request, "portal/desk_seen.html", context)


# --- the officials' side ---


def _reached(request: DoorRequest, reference: str) -> Organization:
    """The organization an official with that task reaches; 403 without the task, 404 out of reach."""
    if not request.actor.may(OPEN_HOUSE):
        raise NotAllowed(OPEN_HOUSE)
    found = [one for one in Organization.objects.named_by(reference)[:20] if can_open_house(request.actor, one)]
    if len(found) != 1:
        raise Http404
    return found[0]


@never_cache
@require_safe
def house_opened(request: DoorRequest, reference: str) -> HttpResponse:
    """What an organization has filed and what the agency has opened, without titles; and the agency's openings."""
    organization, actor = _reached(request, reference), request.actor
    rows = HouseRecord.objects.visible_to(actor).filter(org=organization)
    page = _page(rows, request, "house_opened", ("-on", "-pk"))
    openings = Opening.objects.visible_to(actor).filter(org=organization, agency_id=actor.agency_id or 0)
    now = timezone.now()
    context = {
        "organization": organization,
        "page": page,
        "openings": [
            {"opening": one, "may_close": one.opens_at(now) and can_close_opening(actor, one)}
            for one in openings.order_by("-opened_at", "-pk")[:PAGE]
        ],
    }
    return render(request, "portal/house_opened.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def house_open(request: DoorRequest, reference: str) -> HttpResponse:
    """Open one kind of what an organization keeps for itself, on a legal ground."""
    organization, actor = _reached(request, reference), request.actor
    posted = request.POST if request.method == "POST" else None
    form = OpeningForm(posted)
    if posted is not None and form.is_valid():
        data = form.cleaned_data
        try:
            actions.open_house(
                actor=actor,
                organization=organization,
                kind=HouseKind(data["kind"]),
                ground=OpeningGround(data["ground"]),
                matter=data["matter"],
                reason=data["reason"],
                until=data["until"],
            )
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:house_opened", args=[organization.public_id]))
    usual = int(rulebook.value("orgs.opening_longest_days", path=organization.path))
    context = {"organization": organization, "form": form, "usual": usual}
    return render(request, "portal/house_open.html", context, status=200 if posted is None else 422)


def _opened(request: DoorRequest, reference: str, public_id: str) -> HouseRecord:
    """A record that was filed or opened. One that was not is a 404 like a missing one, and the organization sees the try."""
    organization = _reached(request, reference)
    mine = HouseRecord.objects.visible_to(request.actor).select_related("org")
    found = mine.filter(org=organization, public_id=public_id).first()
    if found is not None:
        return found
    with acting(FINDER) as finder:
        hidden = HouseRecord.objects.visible_to(finder).filter(org=organization, public_id=public_id).first()
    if hidden is None:
        raise Http404
    raise NotVisible(hidden, purpose="orgs.own_house")


@never_cache
@require_safe
def house_record_opened(request: DoorRequest, reference: str, public_id: str) -> HttpResponse:
    """One record as an official reads it: a look that stands on the organization's desk."""
    actor = request.actor
    found = _opened(request, reference, public_id)
    look(actor=actor, subject=found, purpose="orgs.own_house", fields=["title_sealed", "text_sealed"])
    context = {
        "organization": found.org,
        "record": found,
        # The look above covers both.
        "title": _own_title(actor, found),
        "text": reveal(actor, found, "text_sealed", purpose="orgs.own_house", own=True),
    }
    return render(request, "portal/house_record_opened.html", context)


@require_safe
def house_paper_opened(request: DoorRequest, reference: str, public_id: str) -> HttpResponseBase:
    """The paper of a record that was filed or opened."""
    found = _opened(request, reference, public_id)
    with acting(FINDER) as finder:
        upload = Upload.objects.visible_to(finder).filter(pk=found.upload_id or 0).first()
    if upload is None:
        raise Http404
    return files.send(upload, actor=request.actor, purpose="orgs.own_house", granted=True)


@require_POST
def opening_close(request: DoorRequest, public_id: str) -> HttpResponse:
    """End an opening of one's agency before its last day."""
    if not request.actor.may(OPEN_HOUSE):
        raise NotAllowed(OPEN_HOUSE)
    found = Opening.objects.visible_to(request.actor).select_related("org").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    actions.close_opening(actor=request.actor, opening=found)
    return HttpResponseRedirect(reverse("portal:house_opened", args=[found.org.public_id]))
