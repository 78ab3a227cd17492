from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "gongzhi.audit"
    default_auto_field = "django.db.models.BigAutoField"
