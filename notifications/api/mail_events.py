"""Mail providers' reports, which anymail checks and delivers as a signal."""

from __future__ import annotations

from typing import Any

import clock
from notifications.channels import email
from notifications.services.deliveries import receipts


def record_event(sender: object, *, event: Any, esp_name: str, **_: object) -> None:
    receipt = email.read_event(event)
    if receipt is not None:
        receipts.record(receipt, channel=email.Email.name, at=clock.now())
