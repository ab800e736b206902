"""Sends one delivery: claim, attempt, call, result. No transaction is open during the call."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from uuid import UUID

from django.db import connection

from notifications.channels import CHANNELS
from notifications.channels.base import Message, PermanentFailure, TransientFailure
from notifications.models import Urgency
from notifications.services.deliveries import attempts, claims, texts

logger = logging.getLogger(__name__)


def deliver(*, delivery_id: UUID, at: datetime) -> bool:
    """Try the delivery once if it is due and free; return whether a call was made."""
    claim = claims.take(delivery_id=delivery_id, at=at)
    if claim is None:
        return False
    begun = attempts.begin(claim, at=at)
    if begun is None:
        return False
    if not connection.in_atomic_block:
        # A provider may take seconds; meanwhile others can use the pool's connection.
        connection.close()
    started = time.monotonic()
    result = _send(begun, at)
    attempts.finish(claim, begun.delivery, result, time.monotonic() - started, at=at)
    return True


def _send(begun: attempts.StartedAttempt, at: datetime) -> attempts.Result:
    delivery = begun.delivery
    try:
        reference = CHANNELS[delivery.channel].send(_message(begun, at))
    except (TransientFailure, PermanentFailure) as failure:
        return failure
    except Exception as error:  # noqa: BLE001 - a poison item must not stop the others
        logger.error(  # the type only: a message could quote an address
            "channel_error",
            extra={"delivery_id": delivery.pk, "outcome": type(error).__name__},
        )
        return TransientFailure(type(error).__name__)
    return attempts.Sent(reference)


def _message(begun: attempts.StartedAttempt, at: datetime) -> Message:
    delivery, notification = begun.delivery, begun.delivery.notification
    link, language = notification.link, notification.recipient.language
    if begun.count > 1:
        link = notification.list_link
        text = texts.render_bundle(
            notification.kind, count=begun.count, language=language, link=link
        )
    else:
        text = texts.render(notification.kind, language=language, link=link, code=notification.code)
    return Message(
        delivery_id=delivery.pk,
        address=delivery.contact_point.address,
        subject=text.subject,
        body=text.body,
        secret=delivery.contact_point.secret,
        link=texts.absolute(link),
        is_urgent=delivery.urgency == Urgency.URGENT,
        lasts=delivery.expires_at - at,
        attempt=delivery.attempts,
    )
