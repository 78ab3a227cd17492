"""A person's own pages about their data, and the officials' pages that open it."""

from django.urls import path

from gongzhi.privacy.views import holds, looks, people, rights

app_name = "privacy"
urlpatterns = [
    path("my/looked/", looks.my_looked, name="looked"),
    path("my/looked/<int:number>/why/", looks.ask_why, name="ask_why"),
    path("my/data/", rights.own_data, name="own_data"),
    path("my/data/consents/<slug:purpose>/", rights.own_consent, name="own_consent"),
    path("my/data/<str:public_id>/copy/", rights.own_copy, name="own_copy"),
    path("my/data/<str:public_id>/take-back/", rights.own_take_back, name="own_take_back"),
    path("desk/looked/", looks.desk_looked, name="desk_looked"),
    path("desk/questions/", looks.desk_questions, name="desk_questions"),
    path("desk/questions/<str:public_id>/", looks.desk_question, name="desk_question"),
    path("workbench/counter/looked/", looks.counter_looked, name="counter"),
    path("workbench/people/", people.people, name="people"),
    path("workbench/people/export/", people.exports, name="exports"),
    path("workbench/people/export/<str:public_id>/file/", people.export_file, name="export_file"),
    path("workbench/people/emergency/", people.emergency, name="emergency"),
    path("workbench/people/<str:number>/", people.person, name="person"),
    path("workbench/emergency/", people.access_list, name="access_list"),
    path("workbench/emergency/<str:public_id>/", people.access_review, name="access_review"),
    path("workbench/holds/", holds.holds, name="holds"),
    path("workbench/holds/<str:public_id>/", holds.hold_step, name="hold_step"),
    path("workbench/data-requests/", rights.request_list, name="request_list"),
    path("workbench/data-requests/<str:public_id>/", rights.request_decide, name="request_decide"),
    path("workbench/retention/", rights.retention, name="retention"),
    path("workbench/questions/", looks.question_list, name="question_list"),
    path("workbench/questions/<str:public_id>/", looks.question_answer, name="question_answer"),
]
