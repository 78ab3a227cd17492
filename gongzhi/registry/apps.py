from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "gongzhi.registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from pathlib import Path

        from gongzhi.cases.contracts import register_folder, register_handler
        from gongzhi.core.waiting import register_recent, register_waiting
        from gongzhi.notify.contracts import register_kind
        from gongzhi.orgs.contracts import register_representatives
        from gongzhi.registry.facts import FACTS
        from gongzhi.registry.handlers import RECENT, WAITING, RegisterRepresentatives
        from gongzhi.registry.handlers.decisions import HANDLERS
        from gongzhi.registry.notifications import LIST_IMPORTED, OBJECTION_ANSWERED, OBJECTION_RAISED
        from gongzhi.registry.rules import RULES
        from gongzhi.rulebook.rules import declare, register

        for kind in (LIST_IMPORTED, OBJECTION_RAISED, OBJECTION_ANSWERED):
            register_kind(kind)
        register_representatives(RegisterRepresentatives())
        for source in WAITING:
            register_waiting(source)
        for recent in RECENT:
            register_recent(recent)
        register_folder(Path(__file__).parent / "casetypes")
        for handler in HANDLERS:
            register_handler(handler)
        declare(*FACTS)
        register(*RULES)
