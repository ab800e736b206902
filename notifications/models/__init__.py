from __future__ import annotations

from notifications.models.attempts import Attempt
from notifications.models.breakers import Breaker
from notifications.models.contact_points import ContactPoint
from notifications.models.deliveries import Delivery
from notifications.models.heartbeats import WorkerHeartbeat
from notifications.models.notifications import Notification, Urgency
from notifications.models.recipients import Recipient
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
