from __future__ import annotations

from notifications.models.breakers import Breaker
from notifications.models.deliveries import Attempt, Delivery, Notification, Urgency
from notifications.models.heartbeats import WorkerHeartbeat
from notifications.models.recipients import ContactPoint, Recipient
from notifications.models.verifications import Verification

__all__ = [
    "Attempt",
    "Breaker",
    "ContactPoint",
    "Delivery",
    "Notification",
    "Recipient",
    "Urgency",
    "Verification",
    "WorkerHeartbeat",
]
