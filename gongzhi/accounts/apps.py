from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "gongzhi.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.accounts.actions.reviews import TABLE
        from gongzhi.accounts.contracts import register_review_queue
        from gongzhi.accounts.handlers import ADDRESS_BOOK, RECENT, WAITING
        from gongzhi.accounts.notifications import KINDS
        from gongzhi.core.waiting import register_recent, register_waiting
        from gongzhi.notify.contracts import register_address_book, register_kind
        from gongzhi.reference.contracts import register_deadline_holder

        register_address_book(ADDRESS_BOOK)
        for kind in KINDS:
            register_kind(kind)
        register_review_queue(TABLE)
        register_deadline_holder(TABLE)
        for source in WAITING:
            register_waiting(source)
        for recent in RECENT:
            register_recent(recent)
