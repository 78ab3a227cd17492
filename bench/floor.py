"""The floor under every page: one Django view that touches no database, behind the product's own web server.

A floor and not a product: it has no session, no templates, no translation and nothing to say. What a page costs above
it is what the platform itself costs. `python -m bench.floor PORT` serves until it is told to end.
"""

from __future__ import annotations

import secrets
import sys
from unittest.mock import patch

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from gongzhi.config import web


def bare(request: HttpRequest) -> HttpResponse:
    """Two bytes, whatever is asked for."""
    return HttpResponse("ok")


urlpatterns = [re_path("", bare)]


def application(_server: web.WebServer) -> WSGIHandler:
    """Django with this one view; stands in for `WebServer.load`."""
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[], SECRET_KEY=secrets.token_hex(32))
    return get_wsgi_application()


def main(port: int) -> int:
    """Serve with the options of `gongzhi serve`; only the application is another."""
    with patch.object(web.WebServer, "load", application):
        return web.serve([f"127.0.0.1:{port}"], workers=2)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
