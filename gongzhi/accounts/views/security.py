"""Sign-in and security: what one's account is protected by, where it is open, and how to change both."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts import factors, providers
from gongzhi.accounts.actions import codes, find_account, sessions
from gongzhi.accounts.actions import factors as actions
from gongzhi.accounts.enums import DISABLE, CodePurpose
from gongzhi.accounts.forms import ConfirmContactForm, ContactForm, EndSessionsForm, PasswordForm
from gongzhi.accounts.models import Account, Person, Recovery, SignIn
from gongzhi.accounts.proving import proof_needed, proof_needed_to_post
from gongzhi.accounts.sessions import keep_session
from gongzhi.accounts.views.codes import CODE, refused, waiting_code
from gongzhi.core.door import DoorRequest, acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.masks import mask_email
from gongzhi.core.network import address_of
from gongzhi.core.sessions import living_stored, stored_key

SHOWN = 20


def account_of(request: DoorRequest) -> Account:
    """Who is signed in."""
    if not isinstance(request.user, Account):
        raise NotAllowed
    return request.user


def _identities(account: Account) -> list[tuple[providers.Offered, bool]]:
    """The providers there are, and whether each opens this account. Asks nothing where there are none."""
    offered = providers.offered()
    if not offered:
        return []
    connected = set(SocialAccount.objects.filter(user_id=account.pk).values_list("provider", flat=True))
    return [(one, one.code in connected) for one in offered]


@require_safe
def security(request: DoorRequest) -> HttpResponse:
    """Password, addresses, second factors, open sessions and recent sign-ins on one page."""
    account = account_of(request)
    with acting(codes.own(account, request.actor)):
        phone = Person.objects.filter(pk=account.person_id).values_list("phone_masked", flat=True).first() or ""
    here = stored_key(request.session.session_key)
    recent = list(SignIn.objects.visible_to(request.actor).order_by("-opened_at")[:SHOWN])
    living = living_stored([one.stored_key for one in recent if one.ended_at is None])
    own_factors = factors.factors_of(account)
    context = {
        "account": account,
        "factors": [
            {
                "number": row.pk,
                "type": actions.TYPES[row.type],
                "name": row.data.get("name", ""),
                "made_at": row.created_at,
                "used_at": row.last_used_at,
            }
            for row in own_factors
            if row.type in factors.SECOND
        ],
        "has_authenticator": any(row.type == "totp" for row in own_factors),
        "identities": _identities(account),
        "recoveries": list(Recovery.objects.running().filter(account=account)),
        "left": factors.unused_recovery_codes(account),
        "email": mask_email(account.email) if account.email else "",
        "phone": phone,
        "open": [(one, one.stored_key == here) for one in recent if one.stored_key in living],
        "ended": [one for one in recent if one.stored_key not in living],
    }
    return render(request, "accounts/security.html", context)


@proof_needed
@sensitive_post_parameters("old", "new")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: DoorRequest) -> HttpResponse:
    """Change one's password. All other sessions end."""
    account = account_of(request)
    has_password = account.has_usable_password()
    form = PasswordForm(request.POST if request.method == "POST" else None, has_password=has_password)
    if request.method == "POST" and form.is_valid():
        try:
            account = codes.change_password(
                actor=request.actor,
                account=account,
                old=form.cleaned_data.get("old", ""),
                new=form.cleaned_data["new"],
                keep=stored_key(request.session.session_key),
            )
            keep_session(request, account)
            return HttpResponseRedirect(reverse("accounts:security"))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    return render(request, "accounts/password.html", {"form": form}, status=422 if form.errors else 200)


@proof_needed
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: DoorRequest) -> HttpResponse:
    """A new address or number: where shall the code go?"""
    account_of(request)
    form = ContactForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            code = codes.request_code(
                actor=request.actor,
                purpose=CodePurpose.CONTACT,
                login=form.cleaned_data["login"],
                address=address_of(request),
            )
            request.session[CODE] = {"id": code.pk, "purpose": str(CodePurpose.CONTACT)}
            return HttpResponseRedirect(reverse("accounts:contact_confirm"))
        except RuleViolation as error:
            form.add_error(error.field or None, str(error.message))
    return render(request, "accounts/contact.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def contact_confirm(request: DoorRequest) -> HttpResponse:
    """A new address or number: the code that came."""
    account = account_of(request)
    code = waiting_code(request, CodePurpose.CONTACT)
    if code is None:
        return HttpResponseRedirect(reverse("accounts:contact"))
    form = ConfirmContactForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            codes.change_contact(actor=request.actor, account=account, code_id=code.pk, typed=form.cleaned_data["code"])
            request.session.pop(CODE, None)
            return HttpResponseRedirect(reverse("accounts:security"))
        except RuleViolation as error:
            refused(form, error, code)
    context = {"form": form, "code": code}
    return render(request, "accounts/contact_confirm.html", context, status=422 if form.errors else 200)


@proof_needed
@require_POST
def session_end(request: DoorRequest) -> HttpResponse:
    """End one other session, or all others."""
    account = account_of(request)
    here = stored_key(request.session.session_key)
    if request.POST.get("session") == "others":
        sessions.end_other_sessions(actor=request.actor, account=account, but=here)
        return HttpResponseRedirect(reverse("accounts:security"))
    row = SignIn.objects.visible_to(request.actor).filter(public_id=request.POST.get("session", "")).first()
    if row is None:
        raise Http404
    sessions.end_session(actor=request.actor, sign_in=row)
    return HttpResponseRedirect(reverse("accounts:security"))


@never_cache
@proof_needed_to_post
@require_http_methods(["GET", "HEAD", "POST"])
def sessions_end(request: DoorRequest) -> HttpResponse:
    """The security administrator ends all sessions of one account, which stays open."""
    if not request.actor.may(DISABLE):
        raise NotAllowed(DISABLE)
    form = EndSessionsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        login = form.cleaned_data["login"].strip()
        account = find_account(login) or Account.objects.filter(public_id=login.upper()).first()
        try:
            if account is None:
                form.add_error("login", _("No account has this address or number."))
            else:
                ended = sessions.end_sessions_of(actor=request.actor, account=account)
                return HttpResponseRedirect(f"{reverse('accounts:sessions_end')}?ended={ended}")
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    said = request.GET.get("ended", "")
    context = {"form": form, "ended": int(said) if said.isascii() and said.isdigit() and len(said) < 6 else None}
    return render(request, "accounts/sessions_end.html", context, status=422 if request.method == "POST" else 200)
