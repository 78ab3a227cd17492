from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "gongzhi.cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.cases.contracts import register_source
        from gongzhi.cases.handlers import SOURCES
        from gongzhi.cases.notifications import KINDS
        from gongzhi.notify.contracts import register_kind

        for kind in KINDS:
            register_kind(kind)
        for source in SOURCES:
            register_source(source)
