"""Every address of the platform. Chinese by default, English below `/en/`; all of it passes the door once."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

from gongzhi.config import health
from gongzhi.core.door import through

PAGES = [
    "gongzhi.portal.urls",
    "gongzhi.accounts.urls",
    "gongzhi.rulebook.urls",
    "gongzhi.ui.urls",
    "gongzhi.api.docs",
    "gongzhi.files.urls",
    "gongzhi.loudspeaker.urls",
    "gongzhi.privacy.urls",
    "gongzhi.cases.urls",
]

_plain: list[URLPattern | URLResolver] = [path("healthz", health.healthz, name="healthz")]
if find_spec("gongzhi.api"):
    _plain.append(path("api/", include("gongzhi.api.urls")))
_pages = [path("", include(module)) for module in PAGES if find_spec(module.rpartition(".")[0]) and find_spec(module)]

urlpatterns = through([*_plain, *i18n_patterns(*_pages, prefix_default_language=False)])

handler404 = "gongzhi.config.refusals.not_found"
handler403 = "gongzhi.config.refusals.forbidden"
handler400 = "gongzhi.config.refusals.bad_request"
handler500 = "gongzhi.config.refusals.server_error"
