from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "gongzhi.files"
    default_auto_field = "django.db.models.BigAutoField"
