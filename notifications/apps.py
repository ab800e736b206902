from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The one signal in use, because anymail offers nothing else; it calls a service.
        from anymail.signals import tracking

        from notifications.api import mail_events

        tracking.connect(mail_events.record_event, dispatch_uid="notifications.bounces")
