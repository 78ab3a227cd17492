"""The officials' pages, and the choice for whom one acts."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts.models import Account
from gongzhi.accounts.selectors import masked_names
from gongzhi.accounts.sessions import used_second_factor
from gongzhi.audit.enums import READ_TRAIL
from gongzhi.core.actor import Actor
from gongzhi.core.capabilities import switched_off
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.links import safe_next
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files.enums import READ
from gongzhi.files.models import Upload
from gongzhi.notify import actions as notices
from gongzhi.notify.enums import OVERSEE
from gongzhi.notify.models import Outbox
from gongzhi.notify.policies import can_oversee
from gongzhi.notify.selectors import oversight
from gongzhi.orgs.acting import ACTING_FOR, capacities, memberships_of
from gongzhi.orgs.enums import APPOINT, SEE_WORKBENCH
from gongzhi.orgs.models import Cover, Organization
from gongzhi.orgs.selectors import duties_vacant
from gongzhi.portal import selectors
from gongzhi.registry.actions import correct_item
from gongzhi.registry.enums import CORRECT
from gongzhi.registry.forms import CorrectionForm
from gongzhi.registry.lists import RULES
from gongzhi.registry.models import Doubt, Source
from gongzhi.registry.policies import can_correct
from gongzhi.registry.selectors import record_of

#: Lines about leave cover on the workbench; its own page shows all.
SHOWN_COVERS = 5


def _account(request: DoorRequest) -> Account:
    account = request.user
    if not isinstance(account, Account):
        raise NotAllowed
    return account


def _may_work(request: DoorRequest) -> bool:
    """Whether this session may act for an agency: only with a second factor, where the operator has not waived it."""
    return not settings.STAFF_SECOND_FACTOR or used_second_factor(request)


def _second_factor_first(wanted: str) -> HttpResponse:
    """To the page that asks for the second factor, or leads through setting one up; nobody acts for an agency yet."""
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return HttpResponseRedirect(reverse("accounts:factor_needed") + query)


@require_safe
def after_sign_in(request: DoorRequest) -> HttpResponse:
    """Where a person arrives: where they were going, else at their agency's workbench. Writes the session only."""
    account = _account(request)
    agencies = capacities(account)
    if not agencies:
        onward = reverse("portal:my" if memberships_of(account) else "portal:home")
        return HttpResponseRedirect(safe_next(request) or onward)
    if not _may_work(request):
        return _second_factor_first(safe_next(request))
    request.session[ACTING_FOR] = f"agency:{agencies[0].pk}" if len(agencies) == 1 else ""
    return HttpResponseRedirect(safe_next(request) or reverse("portal:workbench"))


@require_POST
def act_for(request: DoorRequest) -> HttpResponse:
    """Choose for whom one acts from now on: one of one's agencies or organizations, or oneself."""
    account = _account(request)
    house = request.POST.get("org", "")
    if house:
        mine = {one.org.public_id: one.org_id for one in memberships_of(account)}
        if house not in mine:
            raise NotAllowed
        request.session[ACTING_FOR] = f"org:{mine[house]}"
        return HttpResponseRedirect(safe_next(request) or reverse("portal:desk"))
    chosen = request.POST.get("agency", "")
    allowed = {str(agency.pk) for agency in capacities(account)}
    if chosen and chosen not in allowed:
        raise NotAllowed
    if chosen and not _may_work(request):
        return _second_factor_first("")
    request.session[ACTING_FOR] = f"agency:{chosen}" if chosen else ""
    onward = reverse("portal:workbench") if chosen else safe_next(request) or reverse("portal:home")
    return HttpResponseRedirect(onward)


def _covering(actor: Actor) -> list[dict[str, object]]:
    """Who stands in for whom today, as far as it is about the reader: masked names and last days."""
    rows = list(Cover.objects.visible_to(actor).living(today()).order_by("until", "pk")[:SHOWN_COVERS])
    people = {one.absent_id for one in rows} | {one.deputy_id for one in rows}
    names = masked_names(people)
    return [
        {
            "mine": one.absent_id == actor.person_id,
            "name": names.get(one.deputy_id if one.absent_id == actor.person_id else one.absent_id, "–"),
            "until": one.until,
        }
        for one in rows
    ]


@require_safe
def home(request: DoorRequest) -> HttpResponse:
    """What waits for the official, what they did last, and what the agency has: its register, lists that came in."""
    account = _account(request)
    actor = request.actor
    agencies = capacities(account)
    if not actor.may(SEE_WORKBENCH):
        if not agencies:
            raise NotAllowed(SEE_WORKBENCH)
        return render(request, "portal/choose_capacity.html", {"agencies": agencies})
    within = (
        Organization.objects.all()
        if actor.path == "/"
        else Organization.objects.filter(path__gte=actor.path, path__lt=actor.path[:-1] + "0")
    )
    context = {
        **selectors.shell_of(actor, account),
        "agencies": agencies,
        "registered": selectors.registered_total() if actor.path == "/" else within.count(),
        "switched_off": switched_off() if actor.may(OVERSEE) else [],
        "covering": _covering(actor),
        "vacant": duties_vacant() if any(actor.may(code) for code in (OVERSEE, APPOINT, READ_TRAIL)) else [],
        "imports": list(Source.objects.filter(kind="list").order_by("-pk")[:8]),
    }
    return render(request, "portal/workbench.html", context)


@require_safe
def import_detail(request: DoorRequest, number: int) -> HttpResponse:
    """One list that came in: its file's hash and counts, and every value that waits for a person."""
    actor = request.actor
    if not actor.may(SEE_WORKBENCH):
        raise NotAllowed(SEE_WORKBENCH)
    source = Source.objects.filter(pk=number, kind="list").first()
    if source is None:
        raise Http404
    doubts = Doubt.objects.filter(source=source, settled_at__isnull=True).select_related("org")
    if actor.path != "/":
        doubts = doubts.filter(org__path__gte=actor.path, org__path__lt=actor.path[:-1] + "0")
    page = page_or_first(doubts, name="doubts", order=("pk",), cursor=request.GET.get("cursor", ""), size=50)
    may_open = (
        source.upload_id is not None
        and actor.may(READ)
        and Upload.objects.visible_to(actor).filter(pk=source.upload_id).exists()
    )
    rows = [{"doubt": doubt, "rule": RULES.get(doubt.rule)} for doubt in page.rows]
    return render(
        request, "portal/import_detail.html", {"source": source, "rows": rows, "page": page, "may_open": may_open}
    )


@require_safe
def import_file(request: DoorRequest, number: int) -> HttpResponseBase:
    """The list as it came, for officials whose role may open files."""
    source = Source.objects.filter(pk=number, kind="list").first()
    if source is None or source.upload_id is None:
        raise Http404
    upload = Upload.objects.visible_to(request.actor).filter(pk=source.upload_id).first()
    if upload is None:
        raise Http404
    return files.send(upload, actor=request.actor)


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: DoorRequest, reference: str) -> HttpResponse:
    """Correct one registered item of a body in the officer's division, with a reason everybody can read."""
    named = list(Organization.objects.named_by(reference).order_by("pk")[:20])
    if not named:
        raise Http404
    # A number two registries gave names a body only within the officer's reach; if both lie there, its page tells.
    mine = [one for one in named if can_correct(request.actor, one)]
    if not mine:
        raise NotAllowed(CORRECT)
    if len(mine) > 1:
        return HttpResponseRedirect(reverse("portal:organization_detail", args=[reference]))
    organization = mine[0]
    form = CorrectionForm(organization, request.POST if request.method == "POST" else None)
    record = record_of(organization)
    context = {"organization": organization, "record": record, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            correct_item(
                actor=request.actor,
                organization=organization,
                item=form.cleaned_data["item"],
                value=form.cleaned_data["value"],
                reason=form.cleaned_data["reason"],
            )
        except RuleViolation as error:
            form.add_error(error.field or None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:organization_detail", args=[reference]))
    return render(request, "portal/correct.html", context, status=422 if request.method == "POST" else 200)


# --- notices on their way ---


@require_safe
def notices_overview(request: DoorRequest) -> HttpResponse:
    """What an operator must look at: deliveries that went wrong, and how many are on their way. No person is named."""
    if not can_oversee(request.actor):
        raise NotAllowed(OVERSEE)
    found = oversight(request.actor, cursor=request.GET.get("cursor", ""))
    context = {"found": found, "page": found.page, "renewed": "renewed" in request.GET}
    return render(request, "portal/notices_overview.html", context)


@require_POST
def notices_renew(request: DoorRequest, number: int) -> HttpResponse:
    """Have one delivery tried anew."""
    try:
        notices.try_again(actor=request.actor, outbox_id=number)
    except Outbox.DoesNotExist as error:
        raise Http404 from error
    except RuleViolation:  # somebody was quicker
        return HttpResponseRedirect(reverse("portal:notices_overview"))
    return HttpResponseRedirect(f"{reverse('portal:notices_overview')}?renewed=1")
