from __future__ import annotations

from notifications.models.deliveries import Attempt, Delivery, Notification, Urgency
from notifications.models.heartbeats import WorkerHeartbeat
from notifications.models.recipients import ContactPoint, Recipient

__all__ = [
    "Attempt",
    "ContactPoint",
    "Delivery",
    "Notification",
    "Recipient",
    "Urgency",
    "WorkerHeartbeat",
]
