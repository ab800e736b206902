"""Call a dead man's switch outside while the system is healthy: it raises the alarm on silence.

A system that is down cannot raise an alarm itself.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings

from backend.invariants import periodic_check
from notifications.channels import http_client
from notifications.channels.base import PermanentFailure, TransientFailure
from notifications.services.dispatch import heartbeats

logger = logging.getLogger(__name__)

SECONDS = 5.0


def is_healthy(*, at: datetime) -> bool:
    """Return whether the newest invariant check found nothing and a dispatcher runs.

    Timers and deliveries in time are among the invariants.
    """
    newest = periodic_check.newest(at=at)
    return newest is not None and newest.is_clean and heartbeats.is_dispatching(at=at)


def beat(*, at: datetime) -> bool:
    """Call HEARTBEAT_URL if the system is healthy; return whether the call succeeded."""
    if not settings.HEARTBEAT_URL or not is_healthy(at=at):
        return False
    try:
        answer = http_client.post(settings.HEARTBEAT_URL, body=b"", headers={}, seconds=SECONDS)
    except (TransientFailure, PermanentFailure) as failure:
        # The type only: the address is a secret.
        logger.warning("heartbeat_failed", extra={"outcome": failure.code})
        return False
    if answer.status >= 300:
        logger.warning("heartbeat_failed", extra={"status": answer.status})
        return False
    return True
