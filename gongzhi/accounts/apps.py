from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "gongzhi.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.accounts.handlers import ADDRESS_BOOK
        from gongzhi.notify.contracts import register_address_book

        register_address_book(ADDRESS_BOOK)
