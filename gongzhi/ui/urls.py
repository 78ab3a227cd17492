from __future__ import annotations

from django.urls import path

from gongzhi.ui import views

app_name = "ui"

urlpatterns = [
    path("ui/", views.gallery, name="gallery"),
    path("ui/settings/", views.settings_page, name="settings"),
    path("ui/language/", views.language, name="language"),
]
