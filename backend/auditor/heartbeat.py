"""Tells somebody outside that all is well. If it falls silent, that one raises the alarm.

Nothing in here could say so itself: whoever is down sends no alarm.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings

from backend.auditor import rounds
from notifications.channels import http_client
from notifications.channels.base import PermanentFailure, TransientFailure
from notifications.services.dispatch import heartbeats

logger = logging.getLogger(__name__)

SECONDS = 5.0


def is_all_well(*, at: datetime) -> bool:
    """The newest round found nothing, and a dispatcher's loop goes round.

    That timers are in time and deliveries find a hand are laws of the round.
    """
    newest = rounds.newest(at=at)
    return newest is not None and newest.is_clean and heartbeats.is_dispatching(at=at)


def beat(*, at: datetime) -> bool:
    """Call the address outside, if there is one and all is well; True if it answered so."""
    if not settings.HEARTBEAT_URL or not is_all_well(at=at):
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
