"""Sets the cookie that marks a device as known, after somebody signed in on it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from gongzhi.accounts.sessions import DEVICE_AGE_S, cookie_name


class RememberDevice:
    """The cookie holds a random word and nothing about the person; a public computer gets none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        mark = getattr(request, "remember_device", "")
        if mark and response.status_code < 400:
            response.set_cookie(
                cookie_name(),
                mark,
                max_age=DEVICE_AGE_S,
                path="/",
                httponly=True,
                secure=settings.HTTPS,
                samesite="Lax",
            )
        return response
