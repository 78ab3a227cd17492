from __future__ import annotations

from django.urls import path

from gongzhi.rulebook import views

app_name = "rulebook"

urlpatterns = [
    path("rules/", views.rule_list, name="rule_list"),
    path("workbench/parameters/", views.parameter_list, name="parameter_list"),
    path("workbench/parameters.csv", views.parameter_csv, name="parameter_csv"),
    path("workbench/parameters/<str:code>/", views.parameter_amend, name="parameter_amend"),
]
