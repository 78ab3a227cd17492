from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoudspeakerConfig(AppConfig):
    name = "gongzhi.loudspeaker"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.core.waiting import register_recent, register_waiting
        from gongzhi.loudspeaker.enums import MODULE
        from gongzhi.loudspeaker.handlers import RECENT, WAITING
        from gongzhi.rulebook.contracts import register_module

        for source in WAITING:
            register_waiting(source)
        for recent in RECENT:
            register_recent(recent)
        register_module(
            MODULE,
            _("Village loudspeaker"),
            _("Whether broadcasts are prepared, approved and played; where it is off, playing points stay silent."),
        )
