from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "gongzhi.cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.cases.contracts import register_source
        from gongzhi.cases.handlers import RECENT, SOURCES, WAITING
        from gongzhi.cases.notifications import KINDS, TALK_KINDS, WORK_KINDS
        from gongzhi.core.waiting import register_recent, register_waiting
        from gongzhi.notify.contracts import register_kind

        for kind in (*KINDS, *TALK_KINDS, *WORK_KINDS):
            register_kind(kind)
        for source in SOURCES:
            register_source(source)
        for waiting in WAITING:
            register_waiting(waiting)
        for recent in RECENT:
            register_recent(recent)
