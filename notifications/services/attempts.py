"""An attempt is a row before it is a call, and its result is fenced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from notifications.channels import CHANNELS
from notifications.channels.base import Outage, PermanentFailure, TransientFailure
from notifications.models import Attempt, Delivery, Urgency
from notifications.models.deliveries import DeliveryQuerySet
from notifications.models.now import DatabaseNow
from notifications.services import breakers, contact_points, rungs
from notifications.services.backoff import wait_before_next
from notifications.services.claims import LEASE, Claim
from notifications.services.quiet_hours import end_of_quiet


@dataclass(frozen=True, slots=True)
class Sent:
    reference: str
    code: str = ""


Result = Sent | TransientFailure | PermanentFailure


@transaction.atomic(durable=True)
def begin(claim: Claim, *, at: datetime) -> Delivery | None:
    """Write the attempt, or return None if there is to be none.

    State and number are read again under the row's lock: what was canceled in the
    meantime, or claimed by another, does not begin.
    """
    delivery = (
        _held(claim)
        .select_related("notification__recipient", "contact_point")
        .select_for_update(of=("self",))
        .first()
    )
    if delivery is None or not _is_wanted_now(claim, delivery, at):
        return None
    Attempt.objects.create(
        delivery=delivery,
        claim_no=claim.number,
        started_at=DatabaseNow(),
        channel=delivery.channel,
        credential=credential_of(delivery),
    )
    # The claim may have waited for the lock: the call gets a whole lease.
    _held(claim).update(lease_until=DatabaseNow() + LEASE)
    return delivery


@transaction.atomic(durable=True)
def finish(
    claim: Claim, delivery: Delivery, result: Result, seconds: float, *, at: datetime
) -> bool:
    """Write the result; False if the number was no longer the current one."""
    Attempt.objects.filter(delivery=delivery, claim_no=claim.number).update(
        ended_at=DatabaseNow(),
        outcome=_outcome(result),
        code=result.code,
        latency_ms=round(seconds * 1000),
    )
    breakers.note(
        channel=delivery.channel,
        credential=credential_of(delivery),
        failure=None if isinstance(result, Sent) else result,
        at=at,
    )
    if isinstance(result, PermanentFailure):
        contact_points.learn(
            contact_point_id=delivery.contact_point_id,
            disables=result.disables,
            as_of=result.as_of,
            is_refused=result.is_address_refused,
        )
    return _write_result(claim, delivery, result)


def credential_of(delivery: Delivery) -> str:
    return CHANNELS[delivery.channel].credential(delivery.contact_point.address)[:128]


def _held(claim: Claim) -> DeliveryQuerySet:
    return Delivery.objects.held(claim.delivery_id, claim.number)


def _is_wanted_now(claim: Claim, delivery: Delivery, at: datetime) -> bool:
    if not delivery.contact_point.is_usable:
        _held(claim).end(Delivery.State.SUPPRESSED, last_code="address_disabled")
        rungs.bring_forward(delivery)
        return False
    later = _held_back_until(delivery, at)
    if later is not None:
        _held(claim).put_back(next_attempt_at=later, attempts=F("attempts") - 1)
        return False
    later = breakers.wait_until(channel=delivery.channel, credential=credential_of(delivery), at=at)
    if later is not None:
        _held(claim).put_back(next_attempt_at=later, attempts=F("attempts") - 1)
        rungs.bring_forward(delivery)
    return later is None


def _held_back_until(delivery: Delivery, at: datetime) -> datetime | None:
    if delivery.urgency == Urgency.URGENT:
        return None
    return end_of_quiet(delivery.notification.recipient, at)


def _write_result(claim: Claim, delivery: Delivery, result: Result) -> bool:
    held = _held(claim)
    if isinstance(result, Sent):
        reference = result.reference[:255]
        written = held.end(Delivery.State.SENT, provider_reference=reference)
        if written and rungs.is_told(delivery, Delivery.State.SENT):
            rungs.stop(delivery)
        return bool(written)
    is_last = delivery.attempts >= delivery.attempts_allowed
    if isinstance(result, PermanentFailure) or is_last:
        written = held.end(Delivery.State.DEAD, last_code=result.code)
        if written:
            rungs.bring_forward(delivery)
        return bool(written)
    wait = wait_before_next(CHANNELS[delivery.channel].retry, delivery.attempts, result.retry_after)
    return bool(held.put_back(next_attempt_at=DatabaseNow() + wait, last_code=result.code))


def _outcome(result: Result) -> Attempt.Outcome:
    if isinstance(result, Sent):
        return Attempt.Outcome.SENT
    if isinstance(result, PermanentFailure):
        return Attempt.Outcome.PERMANENT
    if isinstance(result, Outage):
        return Attempt.Outcome.OUTAGE
    return Attempt.Outcome.TRANSIENT
