from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoudspeakerConfig(AppConfig):
    name = "gongzhi.loudspeaker"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.loudspeaker.enums import MODULE
        from gongzhi.rulebook.contracts import register_module

        register_module(
            MODULE,
            _("Village loudspeaker"),
            _("Whether broadcasts are prepared, approved and played; where it is off, playing points stay silent."),
        )
