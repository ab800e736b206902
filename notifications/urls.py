from __future__ import annotations

from django.urls import include, path

from notifications.api import callbacks

urlpatterns = [
    path("twilio/<uuid:delivery_id>", callbacks.twilio),
    path("receipts", callbacks.receipt),
    path("anymail/", include("anymail.urls")),
]
