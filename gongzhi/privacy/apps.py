from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "gongzhi.privacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.notify.contracts import register_kind
        from gongzhi.privacy.notifications import KINDS

        for kind in KINDS:
            register_kind(kind)
