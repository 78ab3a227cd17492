"""A person's own pages about their data, and the officials' pages that open it."""

from django.urls import path

from gongzhi.privacy import views

app_name = "privacy"
urlpatterns = [
    path("my/looked/", views.my_looked, name="looked"),
    path("my/looked/<int:number>/why/", views.ask_why, name="ask_why"),
    path("desk/looked/", views.desk_looked, name="desk_looked"),
    path("workbench/counter/looked/", views.counter_looked, name="counter"),
    path("workbench/questions/", views.question_list, name="question_list"),
    path("workbench/questions/<str:public_id>/", views.question_answer, name="question_answer"),
]
