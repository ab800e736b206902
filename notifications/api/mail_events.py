"""What a mail provider reports: anymail checks who it is and reads each provider's form."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from anymail.signals import EventType

import clock
from notifications.models import ContactPoint
from notifications.services.deliveries import receipts

Reason = ContactPoint.DisabledReason

#: Said by the person, and so believed at once.
OPTED_OUT = {EventType.COMPLAINED, EventType.UNSUBSCRIBED}
#: One bounce may be a full mailbox, and not every provider tells it from one that is gone.
REFUSED = {EventType.BOUNCED, EventType.REJECTED}
FAILED = OPTED_OUT | REFUSED | {EventType.FAILED}


def record_event(sender: object, *, event: Any, esp_name: str, **_: object) -> None:
    """Called for each event; the delivery's id is in the metadata that its mail was given."""
    try:
        delivery_id = UUID(str((event.metadata or {})["delivery_id"]))
    except (KeyError, ValueError):
        return  # a mail of ours that is no notice, such as a link for a new password
    known: dict[str, Any] = {"delivery_id": delivery_id, "channel": "email", "at": clock.now()}
    if event.event_type == EventType.DELIVERED:
        receipts.record_delivered(**known)
    elif event.event_type in FAILED:
        receipts.record_failed(
            **known,
            code=f"esp_{event.event_type}",
            disables=Reason.OPTED_OUT if event.event_type in OPTED_OUT else None,
            is_refused=event.event_type in REFUSED,
        )
