"""The channels. To add one, write its class in a file here and add it to `_ALL`."""

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


def choices() -> list[tuple[str, str]]:
    """Return the channels' names and labels."""
    return [(channel.name, channel.label) for channel in CHANNELS.values()]


def configured() -> list[str]:
    """Return the channels that this installation can use."""
    return [channel.name for channel in CHANNELS.values() if channel.is_configured]


def devices() -> list[str]:
    """Return the channels whose addresses an app or a browser registers for itself."""
    return [channel.name for channel in CHANNELS.values() if channel.is_device]
