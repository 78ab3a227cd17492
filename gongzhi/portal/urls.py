"""Pages that combine apps. The reserved addresses of later capabilities stand in `tests/test_addresses.py`."""

from django.urls import path, re_path

from gongzhi.portal import desk, find, intake, my, name_check, open_data, organization, records, views, workbench

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("orgs/", find.organization_search, name="organization_search"),
    path("orgs/filter/", find.organization_filter, name="organization_filter"),
    path("orgs/suggest/", find.organization_suggest, name="organization_suggest"),
    path("orgs/compare/", find.organization_compare, name="organization_compare"),
    path("orgs/<str:reference>/", organization.organization_detail, name="organization_detail"),
    path("orgs/<str:reference>/objection/", organization.objection_raise, name="objection_raise"),
    path("objections/<str:public_id>/", organization.objection, name="objection"),
    path("names/", name_check.name_check, name="name_check"),
    path("data/", open_data.data, name="data"),
    path("data/changes.atom", open_data.changes_atom, name="changes_atom"),
    re_path(r"^data/dictionary\.(?P<ending>csv|md)$", open_data.data_dictionary, name="data_dictionary"),
    path("data/downloads/", open_data.download_ask, name="download_ask"),
    path("data/downloads/<str:public_id>/", open_data.download_detail, name="download_detail"),
    path("data/downloads/<str:public_id>/<str:name>", open_data.download_file, name="download_file"),
    path("my/messages/", my.messages, name="messages"),
    path("my/searches/", my.saved_searches, name="saved_searches"),
    path("my/searches/<str:public_id>/", my.saved_search, name="saved_search"),
    path("my/searches/<str:public_id>/remove/", my.forget_search, name="forget_search"),
    path("workbench/", workbench.home, name="workbench"),
    path("workbench/import/", intake.upload, name="intake_upload"),
    path("workbench/import/<str:public_id>/", intake.detail, name="intake_detail"),
    path("workbench/import/<str:public_id>/columns/", intake.columns, name="intake_columns"),
    path("workbench/import/<str:public_id>/apply/", intake.apply, name="intake_apply"),
    path("workbench/import/<str:public_id>/problems.csv", intake.problems_file, name="intake_problems_file"),
    path("workbench/imports/<int:number>/", workbench.import_detail, name="import_detail"),
    path("workbench/imports/<int:number>/file/", workbench.import_file, name="import_file"),
    path("workbench/orgs/<str:reference>/", records.organization_desk, name="organization_desk"),
    path("workbench/orgs/<str:reference>/correct/", workbench.correct, name="correct"),
    path("workbench/orgs/<str:reference>/record/<slug:slug>/", records.record, name="record"),
    path("workbench/orgs/<str:reference>/record/<slug:slug>/<int:number>/end/", records.record_end, name="record_end"),
    path("workbench/objections/", desk.objection_list, name="objection_list"),
    path("workbench/objections/<str:public_id>/", desk.objection_answer, name="objection_answer"),
    path("workbench/doubts/", desk.doubt_list, name="doubt_list"),
    path("workbench/doubts/<int:number>/", desk.doubt_settle, name="doubt_settle"),
    path("workbench/doubts/<int:number>/column/", desk.doubt_units, name="doubt_units"),
    path("workbench/api-clients/", open_data.client_list, name="client_list"),
    path("workbench/api-clients/<str:public_id>/", open_data.client_detail, name="client_detail"),
    path("acting/", workbench.act_for, name="act_for"),
    path("acting/first/", workbench.after_sign_in, name="after_sign_in"),
]
