from __future__ import annotations

from django.urls import path

from notifications.api import callbacks
from notifications.channels import CHANNELS

urlpatterns = [
    *(
        callbacks.url_of(channel, channel.callback)
        for channel in CHANNELS.values()
        if channel.callback
    ),
    path("receipts", callbacks.report),
]
