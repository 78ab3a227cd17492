from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "gongzhi.orgs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.core.waiting import register_recent, register_waiting
        from gongzhi.notify.contracts import register_channel_gate, register_kind
        from gongzhi.orgs.handlers import GATE, RECENT, WAITING
        from gongzhi.orgs.notifications import KINDS

        register_channel_gate(GATE)
        for kind in KINDS:
            register_kind(kind)
        for source in WAITING:
            register_waiting(source)
        for recent in RECENT:
            register_recent(recent)
