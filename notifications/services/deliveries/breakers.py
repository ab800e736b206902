"""Circuit breakers: a provider that is down, or refuses our credential, is not called for now.

While a breaker is open, one call in 30 seconds tests the provider; the other deliveries wait and
use up no attempt. The state is a row, so all workers agree.
"""

from __future__ import annotations

import logging
import random
from datetime import datetime, timedelta

from notifications.channels.base import CredentialRefused, Outage
from notifications.models import Attempt, Breaker

logger = logging.getLogger(__name__)

PROBE_EVERY = timedelta(seconds=30)
#: Deliveries that waited come back spread over this time.
SPREAD = timedelta(seconds=5)

CONSECUTIVE_OUTAGES = 5
CONSECUTIVE_WITHIN = timedelta(minutes=10)
LATEST = 20
LATEST_WITHIN = timedelta(minutes=1)


def wait_until(*, channel: str, credential: str, at: datetime) -> datetime | None:
    """Return when to ask again, or None if a call may be made: closed, or this is the probe."""
    breaker = Breaker.objects.filter(channel=channel, credential=credential).first()
    if breaker is None:
        return None
    due = Breaker.objects.filter(pk=breaker.pk, probe_at__lte=at)
    if due.update(probe_at=at + PROBE_EVERY):
        return None
    earliest = max(breaker.probe_at, at + PROBE_EVERY / 10)
    return earliest + SPREAD * random.random()  # noqa: S311 - spreads load, guards nothing


def record_result(
    *, channel: str, credential: str, failure: Exception | None, at: datetime
) -> None:
    """Open or close the breaker by a call's result; its attempt is written already."""
    if not isinstance(failure, Outage):
        # The provider responded, even if it refused this message.
        closed, _ = Breaker.objects.filter(channel=channel, credential=credential).delete()
        if closed:
            logger.info("breaker_closed", extra={"channel": channel})
    elif isinstance(failure, CredentialRefused) or _is_down(channel, credential, at):
        _, is_new = Breaker.objects.update_or_create(
            channel=channel,
            credential=credential,
            defaults={"last_code": failure.code},
            create_defaults={
                "opened_at": at,
                "probe_at": at + PROBE_EVERY,
                "last_code": failure.code,
            },
        )
        if is_new:
            logger.error("breaker_open", extra={"channel": channel, "outcome": failure.code})


def _is_down(channel: str, credential: str, at: datetime) -> bool:
    ended = Attempt.objects.filter(
        channel=channel, credential=credential, ended_at__gt=at - CONSECUTIVE_WITHIN
    ).order_by("-ended_at")
    latest = list(ended.values_list("outcome", "ended_at")[:LATEST])
    in_a_row = [outcome for outcome, _ in latest[:CONSECUTIVE_OUTAGES]]
    if in_a_row == [Attempt.Outcome.OUTAGE] * CONSECUTIVE_OUTAGES:
        return True
    since = at - LATEST_WITHIN
    lately = [outcome for outcome, ended_at in latest if ended_at and ended_at > since]
    return len(lately) == LATEST and lately.count(Attempt.Outcome.OUTAGE) * 2 >= LATEST
