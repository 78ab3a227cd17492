"""What surrounds requests of somebody signed in: the mark of a known device, and the end of sessions by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase

from gongzhi.accounts.sessions import DEVICE_AGE_S, OPENED, SEEN, cookie_name, renew_key

#: What the browser is asked to forget of us when a session ends.
FORGET: Final = '"cache", "storage"'
#: A session is noted as used at most this often, so that reading pages writes little.
NOTED_S: Final = 300
#: On a public computer somebody else sits down sooner.
PUBLIC_IDLE_S: Final = 1800


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


class SessionLimits:
    """Ends a session that nobody used for a while, and each one some hours after signing in, however busy it is; and gives
    it a new key after the person proved again who they are.

    Stands behind `Refusals`, which has read who is signed in. It writes nothing but the session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        ended = False
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            session, now = request.session, int(time.time())
            opened = session.get(OPENED)
            if opened is not None:
                seen = session.get(SEEN, opened)
                public = session.get_expire_at_browser_close()
                idle = min(settings.SESSION_IDLE_S, PUBLIC_IDLE_S) if public else settings.SESSION_IDLE_S
                if now - opened > settings.SESSION_COOKIE_AGE or now - seen > idle:
                    logout(request)
                    ended = True
                elif now - seen > NOTED_S:
                    session[SEEN] = now
        response = self.get_response(request)
        if getattr(request, "renews_key", False) and response.status_code < 500 and request.user.is_authenticated:
            renew_key(request)
        if ended:
            response.headers["Clear-Site-Data"] = FORGET
        return response
