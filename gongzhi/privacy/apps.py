from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "gongzhi.privacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.core.waiting import register_recent, register_waiting
        from gongzhi.notify.contracts import register_kind
        from gongzhi.privacy.handlers import RECENT, WAITING
        from gongzhi.privacy.notifications import KINDS

        for kind in KINDS:
            register_kind(kind)
        for source in WAITING:
            register_waiting(source)
        for recent in RECENT:
            register_recent(recent)
