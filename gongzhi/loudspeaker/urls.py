"""Addresses of broadcasts and playing points."""

from django.urls import path

from gongzhi.loudspeaker import views

app_name = "loudspeaker"
urlpatterns = [
    path("workbench/broadcasts/", views.broadcast_list, name="broadcast_list"),
    path("workbench/broadcasts/new/", views.broadcast_new, name="broadcast_new"),
    path("workbench/broadcasts/<str:public_id>/", views.broadcast_detail, name="broadcast_detail"),
    path("workbench/broadcasts/<str:public_id>/change/", views.broadcast_change, name="broadcast_change"),
    path("workbench/broadcasts/<str:public_id>/sound/", views.broadcast_sound, name="broadcast_sound"),
    path("workbench/broadcasts/<str:public_id>/airings/<int:number>/", views.airing_detail, name="airing_detail"),
    path("workbench/playing-points/", views.point_list, name="point_list"),
    path("workbench/playing-points/<str:public_id>/end/", views.point_end, name="point_end"),
    path("loudspeaker/<str:secret>/", views.point_page, name="point_page"),
    path("loudspeaker/<str:secret>/due.json", views.point_due, name="point_due"),
    path("loudspeaker/<str:secret>/<int:number>/sound/", views.point_sound, name="point_sound"),
    path("loudspeaker/<str:secret>/<int:number>/played/", views.point_played, name="point_played"),
]
