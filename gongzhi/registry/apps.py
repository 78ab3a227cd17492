from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "gongzhi.registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pathlib import Path

        from gongzhi.cases.contracts import register_folder, register_handler
        from gongzhi.notify.contracts import register_kind
        from gongzhi.orgs.contracts import register_representatives
        from gongzhi.registry.facts import FACTS
        from gongzhi.registry.handlers import FileCommunityGroup, RegisterRepresentatives
        from gongzhi.registry.notifications import LIST_IMPORTED, OBJECTION_ANSWERED, OBJECTION_RAISED
        from gongzhi.registry.rules import RULES
        from gongzhi.rulebook.rules import declare, register

        for kind in (LIST_IMPORTED, OBJECTION_RAISED, OBJECTION_ANSWERED):
            register_kind(kind)
        register_representatives(RegisterRepresentatives())
        register_folder(Path(__file__).parent / "casetypes")
        register_handler(FileCommunityGroup())
        declare(*FACTS)
        register(*RULES)
