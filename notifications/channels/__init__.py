"""The ways to a person. Adding one is a file here and a name in this tuple."""

from __future__ import annotations

from notifications.channels.base import Channel
from notifications.channels.email import Email

_ALL: tuple[Channel, ...] = (Email(),)

CHANNELS = {channel.name: channel for channel in _ALL}
