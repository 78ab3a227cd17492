"""Pages for signing in and out."""

from __future__ import annotations

from django.contrib.auth import logout as close_session
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from gongzhi.accounts import actions
from gongzhi.accounts.enums import Method
from gongzhi.accounts.forms import SignInForm
from gongzhi.accounts.models import Account
from gongzhi.accounts.sessions import enter
from gongzhi.accounts.views.codes import beside
from gongzhi.core.door import DoorRequest, after
from gongzhi.core.errors import RuleViolation
from gongzhi.core.links import safe_next
from gongzhi.core.network import address_of
from gongzhi.core.sessions import stored_key


@sensitive_post_parameters("password")
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: DoorRequest) -> HttpResponse:
    """Sign in by password. A failed try is counted after the rollback; the name typed stays in the form."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    context = beside(request, form=form)
    if request.method != "POST":
        if request.actor.signed_in:
            return HttpResponseRedirect(safe_next(request) or reverse("portal:home"))
        return render(request, "accounts/sign_in.html", context)
    if not form.is_valid():
        return render(request, "accounts/sign_in.html", context, status=422)
    name, address = form.cleaned_data["login"], address_of(request)
    try:
        account = actions.sign_in(
            actor=request.actor, login=name, password=form.cleaned_data["password"], address=address
        )
    except RuleViolation as error:
        if error.code == "accounts.sign_in_failed":
            after(lambda: actions.count_failed_sign_in(login=name, address=address))
        form.add_error(None, str(error.message))
        return render(request, "accounts/sign_in.html", context, status=422)
    return enter(request, account, method=Method.PASSWORD)


@login_not_required
@require_POST
def sign_out(request: DoorRequest) -> HttpResponse:
    """Sign out. Signing out twice is no error. The browser is asked to forget what it kept of us."""
    if isinstance(request.user, Account):
        actions.sign_out(actor=request.actor, account=request.user, stored_key=stored_key(request.session.session_key))
    close_session(request)
    response = HttpResponseRedirect(reverse("portal:home"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
