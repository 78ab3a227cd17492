"""A person's own page, the choice of a capacity, and the desk of an organization: its people, roles, invitations."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts.actions import find_account
from gongzhi.accounts.models import Account, Person
from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.accounts.selectors import masked_names
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import today
from gongzhi.notify.selectors import latest
from gongzhi.orgs.acting import capacities, memberships_of
from gongzhi.orgs.actions import members as actions
from gongzhi.orgs.enums import ADMIT_OWNER, INVITE, SEE_DESK, Basis, OrgRole
from gongzhi.orgs.models import Invitation, Membership, Organization
from gongzhi.orgs.policies import can_admit_owner, can_give_role, can_keep_membership
from gongzhi.orgs.roles import MEANINGS, ROLES, permissions_held
from gongzhi.portal import results
from gongzhi.portal.forms import InvitationForm, MemberRoleForm, OwnerForm, SuccessorForm
from gongzhi.portal.selectors import desk_tabs, openings_now, shell_of

PAGE = 30
RECENT = 5


def _account(request: DoorRequest) -> Account:
    if not isinstance(request.user, Account):
        raise NotAllowed
    return request.user


def _house(request: DoorRequest) -> Organization:
    """The organization one acts for; 403 for everybody else."""
    actor = request.actor
    if actor.org_id is None or not actor.may(SEE_DESK):
        raise NotAllowed(SEE_DESK)
    return Organization.objects.get(pk=actor.org_id)


def _mine(request: DoorRequest) -> Membership:
    """One's own membership in the organization one acts for."""
    living = Membership.objects.visible_to(request.actor).living(today())
    return living.get(person_id=_account(request).person_id)


def _tabs(request: DoorRequest) -> list[dict[str, Any]]:
    return desk_tabs(request.actor, request.resolver_match.view_name if request.resolver_match else "")


@require_safe
def my_page(request: DoorRequest) -> HttpResponse:
    """What waits for a person, new messages, the organizations and agencies to act for, recent things, saved searches."""
    account, actor = _account(request), request.actor
    if actor.kind is not ActorKind.PERSON:
        return render(request, "portal/not_as_office.html", {})
    context = {
        **shell_of(actor, account),
        "letters": latest(actor, limit=RECENT, only_unread=True),
        "memberships": memberships_of(account),
        "agencies": capacities(account),
        "searches": results.saved(actor)[:RECENT],
    }
    return render(request, "portal/my.html", context)


@require_safe
def desk(request: DoorRequest) -> HttpResponse:
    """The desk of the organization one acts for; for who acts for none, the choice of one."""
    account, actor = _account(request), request.actor
    if actor.kind is not ActorKind.ORGANIZATION:
        return render(request, "portal/desk_choose.html", {"memberships": memberships_of(account)})
    house = _house(request)
    living = Membership.objects.visible_to(actor).living(today())
    mine = _mine(request)
    context = {
        **shell_of(actor, account),
        "organization": house,
        "tabs": _tabs(request),
        "mine": mine,
        "purpose": ROLES[mine.role].purpose,
        "held": [MEANINGS[code] for code in sorted(permissions_held(mine.role, mine.delegated))],
        "count": living.count(),
        "openings": openings_now(actor),
        "may_invite": actor.may(INVITE),
    }
    return render(request, "portal/house_desk.html", context)


def _named(rows: list[Membership]) -> list[dict[str, Any]]:
    """Memberships with the masked names of their people: one query for any number of rows.

    The name comes from the account, because a person's own record is open to that person alone.
    """
    people = {one.person_id for one in rows}
    names = masked_names(people)
    return [
        {
            "membership": one,
            "name": names.get(one.person_id, "–"),
            "delegated": [MEANINGS[code] for code in one.delegated],
        }
        for one in rows
    ]


@require_safe
def member_list(request: DoorRequest) -> HttpResponse:
    """Who belongs to the organization today, in which role, until when."""
    house, actor = _house(request), request.actor
    living = Membership.objects.visible_to(actor).living(today())
    page = page_or_first(living, name="members", order=("pk",), cursor=request.GET.get("cursor", ""), size=PAGE)
    rows = [
        {
            **row,
            "may_keep": can_keep_membership(actor, row["membership"]),
            "is_me": row["membership"].person_id == actor.person_id,
        }
        for row in _named(list(page.rows))
    ]
    context = {"organization": house, "tabs": _tabs(request), "rows": rows, "page": page}
    return render(request, "portal/member_list.html", context)


def _member(request: DoorRequest, number: int) -> Membership:
    """A living membership of the organization one acts for, which one may change."""
    _house(request)
    found = Membership.objects.visible_to(request.actor).living(today()).filter(pk=number).first()
    if found is None:
        raise Http404
    if not can_keep_membership(request.actor, found):
        raise NotAllowed("orgs.keep_members")
    return found


def _offers(actor: Actor) -> list[OrgRole]:
    """The roles this actor may give, from the least."""
    wanted = (OrgRole.READER, OrgRole.HANDLER, OrgRole.ADMINISTRATOR, OrgRole.OWNER)
    return [role for role in wanted if actor.org_id is not None and can_give_role(actor, actor.org_id, role)]


def _given(form: MemberRoleForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "role": OrgRole(data["role"]),
        "delegated": data.get("delegated") or [],
        "until": data.get("until"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def member_detail(request: DoorRequest, number: int) -> HttpResponse:
    """Give a member another role, delegate to a handler, or take the member out."""
    found = _member(request, number)
    initial = {"role": found.role, "delegated": found.delegated, "until": found.until}
    posted = request.POST if request.method == "POST" else None
    form = MemberRoleForm(posted, roles=_offers(request.actor), initial=initial)
    if posted is not None and form.is_valid():
        try:
            actions.change_membership(actor=request.actor, membership=found, **_given(form))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:member_list"))
    context = {"one": _named([found])[0], "form": form, "organization": found.org}
    return render(request, "portal/member_detail.html", context, status=200 if posted is None else 422)


@require_POST
def member_end(request: DoorRequest, number: int) -> HttpResponse:
    """Take a member out."""
    actions.end_membership(actor=request.actor, membership=_member(request, number))
    return HttpResponseRedirect(reverse("portal:member_list"))


@require_http_methods(["GET", "HEAD", "POST"])
def member_leave(request: DoorRequest) -> HttpResponse:
    """Leave the organization. Its last person in charge names a successor first."""
    house, actor = _house(request), request.actor
    living = Membership.objects.visible_to(actor).living(today())
    mine = _mine(request)
    others = living.exclude(pk=mine.pk)
    last = mine.role == OrgRole.OWNER and not others.filter(role=OrgRole.OWNER).exists()
    form: SuccessorForm | None = None
    posted = request.method == "POST"
    if last:
        named = _named(list(others.order_by("pk")[:200]))
        choices = [
            (str(one["membership"].pk), f"{one['name']} {one['membership'].get_role_display()}") for one in named
        ]
        form = SuccessorForm(request.POST if posted else None, members=choices)
    if posted and (form is None or form.is_valid()):
        chosen = others.filter(pk=int(form.cleaned_data["successor"])).first() if form else None
        actions.leave_organization(actor=actor, organization=house, successor=chosen)
        return HttpResponseRedirect(reverse("portal:my"))
    context = {"organization": house, "form": form, "alone": last and not others.exists()}
    return render(request, "portal/member_leave.html", context, status=422 if posted else 200)


@require_safe
def role_list(request: DoorRequest) -> HttpResponse:
    """What each role of an organization is for, and what it may do."""
    house = _house(request)
    roles = [
        {
            "label": role.label,
            "purpose": ROLES[role].purpose,
            "held": [MEANINGS[code] for code in sorted(ROLES[role].permissions)],
            "delegated": role == OrgRole.HANDLER,
        }
        for role in OrgRole
    ]
    return render(request, "portal/org_roles.html", {"organization": house, "tabs": _tabs(request), "roles": roles})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_list(request: DoorRequest) -> HttpResponse:
    """The organization's invitations, the newest first, and the form for a new one. Its link is shown once."""
    house, actor = _house(request), request.actor
    if not actor.may(INVITE):
        raise NotAllowed(INVITE)
    posted = request.POST if request.method == "POST" else None
    form = InvitationForm(posted, roles=_offers(actor), initial={"role": OrgRole.READER})
    if posted is not None and form.is_valid():
        try:
            made, token = actions.invite_member(
                actor=actor, organization=house, address=form.cleaned_data["address"], **_given(form)
            )
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            link = request.build_absolute_uri(reverse("portal:invitation", args=[token]))
            return render(request, "portal/invitation_made.html", {"made": made, "link": link, "organization": house})
    rows = Invitation.objects.visible_to(actor)
    order = ("-made_at", "-pk")
    page = page_or_first(rows, name="invitations", order=order, cursor=request.GET.get("cursor", ""), size=PAGE)
    context = {
        "organization": house,
        "tabs": _tabs(request),
        "form": form,
        "page": page,
        "now": timezone.now(),
    }
    return render(request, "portal/invitation_list.html", context, status=200 if posted is None else 422)


@require_POST
def invitation_withdraw(request: DoorRequest, public_id: str) -> HttpResponse:
    """Close an open invitation."""
    _house(request)
    found = Invitation.objects.visible_to(request.actor).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    actions.withdraw_invitation(actor=request.actor, invitation=found)
    return HttpResponseRedirect(reverse("portal:invitation_list"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: DoorRequest, token: str) -> HttpResponse:
    """What an invitation offers, for the person it was made for; a POST takes it up and acts for the organization."""
    account = _account(request)
    found = actions.find_invitation(token)
    if found is None:
        raise Http404(_("This invitation is not open: it was used, withdrawn or its time is over. Ask for a new one."))
    if not actions.is_for(found, account):
        raise NotAllowed("orgs.accept")
    if request.actor.kind is not ActorKind.PERSON:
        if request.method == "POST":
            raise NotAllowed("orgs.accept")
        return render(request, "portal/not_as_office.html", {"next": request.get_full_path()})
    if request.method == "POST" and request.POST.get("answer") == "refuse":
        actions.refuse_invitation(actor=request.actor, token=token, account=account)
        return HttpResponseRedirect(reverse("portal:my"))
    if request.method == "POST":
        actions.accept_invitation(actor=request.actor, token=token, account=account)
        return HttpResponseRedirect(reverse("portal:my"))
    context = {
        "found": found,
        "purpose": ROLES[found.role].purpose,
        "held": [MEANINGS[code] for code in sorted(permissions_held(found.role, found.delegated))],
        "address": request.path,
    }
    return render(request, "portal/invitation.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@proof_needed_to_post
def owner_admit(request: DoorRequest, reference: str) -> HttpResponse:
    """The registry officer admits the person in charge of an organization, after control of it was proved."""
    actor = request.actor
    if not actor.may(ADMIT_OWNER):
        raise NotAllowed(ADMIT_OWNER)
    found = [one for one in Organization.objects.named_by(reference)[:20] if can_admit_owner(actor, one)]
    if len(found) != 1:
        raise Http404
    form = OwnerForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"organization": found[0], "form": form}
    if request.method == "POST" and form.is_valid():
        account = find_account(form.cleaned_data["login"])
        if account is None:
            form.add_error("login", _("Nobody signs in with this. The person signs up first."))
        else:
            try:
                actions.admit_owner(
                    actor=actor,
                    organization=found[0],
                    person=Person(pk=account.person_id),
                    basis=Basis(form.cleaned_data["basis"]),
                )
            except RuleViolation as error:
                form.add_error("login", str(error.message))
            else:
                return HttpResponseRedirect(reverse("portal:organization_desk", args=[found[0].public_id]))
    return render(request, "portal/owner_admit.html", context, status=422 if request.method == "POST" else 200)
