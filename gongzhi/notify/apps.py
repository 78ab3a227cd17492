from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "gongzhi.notify"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gongzhi.core.waiting import register_waiting
        from gongzhi.notify.contracts import register_courier
        from gongzhi.notify.handlers import WAITING, MailCourier, configured

        for courier in (MailCourier(), *configured()):
            register_courier(courier)
        for source in WAITING:
            register_waiting(source)
