from django.apps import AppConfig


class LoudspeakerConfig(AppConfig):
    name = "gongzhi.loudspeaker"
    default_auto_field = "django.db.models.BigAutoField"
