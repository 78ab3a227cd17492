from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "gongzhi.rulebook"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.rulebook.handlers import PLACES
        from gongzhi.ui.contracts import register_place_keeper

        register_place_keeper(PLACES)
