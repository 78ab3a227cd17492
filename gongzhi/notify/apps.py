from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "gongzhi.notify"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.notify.contracts import register_courier
        from gongzhi.notify.handlers import MailCourier, configured

        for courier in (MailCourier(), *configured()):
            register_courier(courier)
