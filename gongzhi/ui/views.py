"""The two public pages of the interface itself: display settings and the gallery of components."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language

from gongzhi.core.links import safe_next
from gongzhi.ui.gallery import shelves
from gongzhi.ui.modes import COOKIE, COOKIE_AGE, Modes, modes_of

#: The button of the strip sends only this: in or out of the care version, the rest stays.
TOGGLE: Final = "toggle"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    """Show the display settings; a POST keeps the choice in the cookie and the profile and goes back."""
    modes = modes_of(request)
    here = reverse("ui:settings")
    if request.method != "POST":
        return render(request, "ui/settings.html", {"next": safe_next(request, here)})
    elder = request.POST.get(TOGGLE) == "elder"
    modes = replace(modes, elder=not modes.elder) if elder else Modes.chosen(request.POST)
    import_string(settings.DISPLAY_KEEPER)(request, modes.cookie)
    response = HttpResponseRedirect(safe_next(request, here))
    response.set_cookie(COOKIE, modes.cookie, max_age=COOKIE_AGE, secure=settings.HTTPS, httponly=True, samesite="Lax")
    return response


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language of pages that have one URL for all languages."""
    return set_language(request)


@login_not_required
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every state beside its source: what a template author may use."""
    return render(request, "ui/gallery.html", {"shelves": shelves(request)})
