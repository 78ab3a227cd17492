from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "gongzhi.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.accounts.handlers import ADDRESS_BOOK
        from gongzhi.accounts.notifications import KINDS
        from gongzhi.notify.contracts import register_address_book, register_kind

        register_address_book(ADDRESS_BOOK)
        for kind in KINDS:
            register_kind(kind)
