from __future__ import annotations

from django.urls import path

from notifications.api import callbacks

urlpatterns = [
    path("twilio/<uuid:delivery_id>", callbacks.twilio),
    path("receipts", callbacks.receipt),
]
