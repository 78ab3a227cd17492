"""Addresses of services and cases."""

from django.urls import path

from gongzhi.cases.views import applying, documents, guide, office, rating, talking, working

app_name = "cases"
urlpatterns = [
    path("services/", guide.service_list, name="service_list"),
    path("services/progress/", guide.progress, name="progress"),
    path("services/decided/", rating.decided, name="decided"),
    path("services/results/", rating.results, name="results"),
    path("services/<slug:code>/", guide.service, name="service"),
    path("services/<slug:code>/can-we/", guide.can_we, name="can_we"),
    path("services/<slug:code>/begin/", applying.begin, name="begin"),
    path("cases/", applying.case_list, name="case_list"),
    path("cases/<str:public_id>/", applying.case, name="case"),
    path("cases/<str:public_id>/form/<slug:section>/", applying.page, name="page"),
    path("cases/<str:public_id>/form/<slug:section>/save/", applying.autosave, name="autosave"),
    path("cases/<str:public_id>/check/", applying.check, name="check"),
    path("cases/<str:public_id>/rate/", rating.rate, name="rate"),
    path("cases/<str:public_id>/withdraw/", applying.withdraw, name="withdraw"),
    path("cases/<str:public_id>/files/<int:number>/", applying.file, name="file"),
    path("cases/<str:public_id>/documents/<str:name>/", documents.document, name="document"),
    path("cases/<str:public_id>/documents/<str:name>/receive/", documents.receive, name="document_receive"),
    path("cases/<str:public_id>/documents/<str:name>/file/", documents.document_file, name="document_file"),
    path("workbench/ratings/", rating.rating_list, name="rating_list"),
    path("workbench/ratings/<int:number>/", rating.rating_answer, name="rating_answer"),
    path("cases/<str:public_id>/talk/", talking.talk, name="talk"),
    path("cases/<str:public_id>/talk/<str:message>/file/", talking.own_file, name="message_file"),
    path("cases/<str:public_id>/link/", talking.link, name="link"),
    path("workbench/asked/", talking.asked, name="asked"),
    path("workbench/asked/<str:message>/", talking.asked_one, name="asked_one"),
    path("workbench/asked/<str:message>/file/", talking.asked_file, name="asked_file"),
    path("workbench/cases/", working.queue, name="queue"),
    path("workbench/case-list/together/", working.together, name="together"),
    path("workbench/case-list/views/", working.views, name="views"),
    path("workbench/case-list/figures/", working.figures, name="figures"),
    path("workbench/cases/<str:public_id>/", office.review, name="review"),
    path("workbench/cases/<str:public_id>/papers/<int:number>/", office.paper, name="paper"),
    path("workbench/cases/<str:public_id>/documents/<str:name>/", documents.office_document, name="office_document"),
    path(
        "workbench/cases/<str:public_id>/documents/<str:name>/file/",
        documents.office_document_file,
        name="office_document_file",
    ),
    path("workbench/cases/<str:public_id>/volume/", documents.volume, name="volume"),
    path("workbench/cases/<str:public_id>/<slug:verb>/", office.act, name="act"),
]
