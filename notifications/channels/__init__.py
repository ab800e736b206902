"""The ways to a person. Adding one is a file here and a name in this tuple."""

from __future__ import annotations

from notifications.channels.apns import Apns
from notifications.channels.base import Channel
from notifications.channels.email import Email
from notifications.channels.fcm import Fcm
from notifications.channels.sms import Sms
from notifications.channels.webhook import Webhook
from notifications.channels.webpush import WebPush

_ALL: tuple[Channel, ...] = (WebPush(), Apns(), Fcm(), Webhook(), Sms(), Email())

CHANNELS = {channel.name: channel for channel in _ALL}

#: Who does not answer on one rung is told on the next. All of a rung is used at once.
RUNGS = {"webpush": 0, "apns": 0, "fcm": 0, "webhook": 0, "sms": 1, "email": 2}

#: What an app or a browser registers for itself.
DEVICES = ("webpush", "apns", "fcm")


def configured() -> list[str]:
    """The channels that this installation can use."""
    return [channel.name for channel in _ALL if channel.is_configured]
