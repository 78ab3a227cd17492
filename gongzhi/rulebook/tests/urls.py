"""The parameter pages with what their shell needs, so that these tests do not depend on the other apps' pages."""

from __future__ import annotations

from django.urls import include, path

from gongzhi.core.door import through

urlpatterns = through([path("", include("gongzhi.rulebook.urls")), path("", include("gongzhi.ui.urls"))])

handler403 = "gongzhi.config.refusals.forbidden"
handler404 = "gongzhi.config.refusals.not_found"
