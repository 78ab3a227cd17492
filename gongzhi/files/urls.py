"""Addresses of private files."""

from django.urls import path

from gongzhi.files import views

app_name = "files"
urlpatterns = [
    path("my/files/", views.mine, name="mine"),
    path("my/files/<str:public_id>/", views.download, name="download"),
    path("my/files/<str:public_id>/remove/", views.remove, name="remove"),
    path("files/open/<str:token>/", views.open_link, name="open"),
    path("files/sending/", views.begin, name="begin"),
    path("files/sending/<str:public_id>/", views.sending, name="sending"),
    path("files/sending/<str:public_id>/<int:number>/", views.piece, name="piece"),
    path("files/sending/<str:public_id>/give-up/", views.give_up, name="give_up"),
]
