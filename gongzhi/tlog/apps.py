from django.apps import AppConfig


class TlogConfig(AppConfig):
    name = "gongzhi.tlog"
    default_auto_field = "django.db.models.BigAutoField"
