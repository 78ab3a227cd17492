from django.apps import AppConfig


class LoudspeakerConfig(AppConfig):
    name = "gongzhi.loudspeaker"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.core.waiting import register_recent, register_waiting
        from gongzhi.loudspeaker.handlers import RECENT, WAITING

        for source in WAITING:
            register_waiting(source)
        for recent in RECENT:
            register_recent(recent)
