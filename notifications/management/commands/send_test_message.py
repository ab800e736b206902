from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import clock
from notifications.channels import choices, configured
from notifications.models import Delivery
from notifications.services.notifications.trial_messages import NoSuchAddress, send_trial_message


class Command(BaseCommand):
    help = "Send a test message to an address that is in use, and wait for what becomes of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("channel", choices=[name for name, _ in choices()])
        parser.add_argument("address", help="for example an email address or +15005550006")
        parser.add_argument("--wait", type=int, default=30, metavar="SECONDS")

    def handle(self, *, channel: str, address: str, wait: int, **_: Any) -> None:
        if channel not in configured():
            raise CommandError(f"The channel {channel} is not set up: see docs/channels.md.")
        try:
            delivery = send_trial_message(channel=channel, address=address, at=clock.now())
        except NoSuchAddress:
            raise CommandError("Nobody uses this address, or it is disabled.") from None
        until = time.monotonic() + wait
        while delivery.state in Delivery.UNFINISHED and time.monotonic() < until:
            time.sleep(0.5)
            delivery.refresh_from_db()
        result = f"Delivery {delivery.pk}: {delivery.state} {delivery.last_code}".rstrip()
        self.stdout.write(result)
        if delivery.state not in (Delivery.State.SENT, Delivery.State.DELIVERED):
            raise CommandError("The message was not sent. Is the dispatcher running?")
