"""Pages that combine apps. The reserved addresses of later capabilities stand in `tests/test_addresses.py`."""

from django.urls import path

from gongzhi.portal import views, workbench

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("orgs/", views.organization_search, name="organization_search"),
    path("orgs/<str:reference>/", views.organization_detail, name="organization_detail"),
    path("data/", views.data, name="data"),
    path("workbench/", workbench.home, name="workbench"),
    path("workbench/imports/<int:number>/", workbench.import_detail, name="import_detail"),
    path("workbench/imports/<int:number>/file/", workbench.import_file, name="import_file"),
    path("workbench/orgs/<str:reference>/correct/", workbench.correct, name="correct"),
    path("acting/", workbench.act_for, name="act_for"),
    path("acting/first/", workbench.after_sign_in, name="after_sign_in"),
]
