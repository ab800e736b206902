"""Attempts: the row that is written before each call, and the result after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from notifications.channels import CHANNELS
from notifications.channels.base import Outage, PermanentFailure, TransientFailure
from notifications.kinds import Kind
from notifications.models import Attempt, Delivery, Urgency
from notifications.models.database_now import DatabaseNow
from notifications.services.contact_points import addresses
from notifications.services.deliveries import breakers, fallback_channels
from notifications.services.deliveries.backoff import wait_before_next
from notifications.services.deliveries.claims import LEASE, Claim
from notifications.services.deliveries.quiet_hours import end_of_quiet
from notifications.services.deliveries.transitions import Event, apply
from notifications.services.dispatch.wake import wake_dispatcher


@dataclass(frozen=True, slots=True)
class Sent:
    reference: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class StartedAttempt:
    delivery: Delivery
    #: How many groups the message covers.
    count: int = 1


Result = Sent | TransientFailure | PermanentFailure


@transaction.atomic(durable=True)
def begin(claim: Claim, *, at: datetime) -> StartedAttempt | None:
    """Write the attempt and return it, or return None if no call is to be made.

    State and claim number are read again under the rows' locks: what was cancelled or claimed
    by another since the claim does not begin and is not counted.
    """
    leader, followers = _leader(claim), _followers(claim)
    if leader is None:
        _release(followers)
        return None
    bundle = [leader, *followers]
    if not _is_due(bundle, at):
        return None
    Attempt.objects.create(
        delivery=leader,
        claim_no=claim.number,
        started_at=DatabaseNow(),
        channel=leader.channel,
        credential=credential_of(leader),
    )
    # The transaction may have waited for the lock; the call gets a whole lease.
    apply(Event.START, bundle, lease_until=DatabaseNow() + LEASE)
    return StartedAttempt(leader, len({each.notification.group for each in bundle}))


@transaction.atomic(durable=True)
def finish(
    claim: Claim, delivery: Delivery, result: Result, seconds: float, *, at: datetime
) -> bool:
    """Write the result; return False if the claim was no longer the current one."""
    # The delivery is locked before its attempt and its address, as `outbox.forget` does:
    # otherwise each would wait for the other.
    leader = _leader(claim)
    Attempt.objects.filter(delivery=delivery, claim_no=claim.number).update(
        ended_at=DatabaseNow(),
        outcome=_outcome(result),
        code=result.code,
        latency_ms=round(seconds * 1000),
    )
    breakers.record_result(
        channel=delivery.channel,
        credential=credential_of(delivery),
        failure=None if isinstance(result, Sent) else result,
        at=at,
    )
    if isinstance(result, PermanentFailure):
        addresses.apply_feedback(
            contact_point_id=delivery.contact_point_id,
            disables=result.disables,
            as_of=result.as_of,
            is_refused=result.is_address_refused,
        )
    addresses.record_result(
        contact_point_id=delivery.contact_point_id,
        channel=delivery.channel,
        is_reached=isinstance(result, Sent),
        at=at,
    )
    bundle = [*([leader] if leader else []), *_followers(claim)]
    if isinstance(result, Sent):
        _write_sent(claim, bundle, result)
    else:
        _write_failed(bundle, result)
    return leader is not None


def credential_of(delivery: Delivery) -> str:
    return CHANNELS[delivery.channel].credential(delivery.contact_point.address)[:128]


def _leader(claim: Claim) -> Delivery | None:
    held = Delivery.objects.held(claim.delivery_id, claim.number)
    related = held.select_related("notification__recipient", "contact_point")
    return related.select_for_update(of=("self",)).first()


def _followers(claim: Claim) -> list[Delivery]:
    """Lock and return the followers that the claim still holds.

    Only the leader is waited for: a cancel that has locked one follower may want another, and
    waiting for it while holding that one is a deadlock.
    """
    if not claim.followers:
        return []
    held = Delivery.objects.filter(
        pk__in=claim.followers, state=Delivery.State.CLAIMED, bundle_leader=claim.delivery_id
    )
    free = held.select_related("notification").select_for_update(of=("self",), skip_locked=True)
    return [row for row in free if row.claim_no == claim.followers[row.pk]]


def _release(followers: list[Delivery]) -> None:
    """Make the followers of a cancelled leader due again at once."""
    apply(Event.DEFER, followers, next_attempt_at=DatabaseNow())
    if any(each.urgency == Urgency.URGENT for each in followers):
        wake_dispatcher()


def _is_due(bundle: list[Delivery], at: datetime) -> bool:
    """Whether a call may be made now; if not, the bundle waits or ends."""
    leader = bundle[0]
    # A code goes to an address that is not verified yet: that is its purpose.
    if not leader.contact_point.is_usable and leader.notification.kind != Kind.VERIFICATION:
        apply(Event.BLOCK, bundle, last_code="address_disabled")
        fallback_channels.promote_fallback(*bundle)
        return False
    if leader.urgency != Urgency.URGENT:
        later = end_of_quiet(leader.notification.recipient, at)
        if later is not None:
            apply(Event.DEFER, bundle, next_attempt_at=later)
            return False
    later = breakers.wait_until(channel=leader.channel, credential=credential_of(leader), at=at)
    if later is not None:
        apply(Event.DEFER, bundle, next_attempt_at=later)
        fallback_channels.promote_fallback(*bundle)
    return later is None


def _write_sent(claim: Claim, bundle: list[Delivery], result: Sent) -> None:
    # A receipt may come before the response to the call.
    confirmed = Delivery.objects.filter(pk=claim.delivery_id, state=Delivery.State.DELIVERED)
    is_confirmed = confirmed.exists()
    event = Event.ACCEPT_CONFIRMED if is_confirmed else Event.ACCEPT
    apply(event, bundle, provider_reference=result.reference[:255])
    told = (each for each in bundle if is_confirmed or each.urgency != Urgency.URGENT)
    fallback_channels.suppress_fallbacks(*told)


def _write_failed(bundle: list[Delivery], failure: TransientFailure | PermanentFailure) -> None:
    is_over = isinstance(failure, PermanentFailure)
    over = [each for each in bundle if is_over or each.attempts >= each.attempts_allowed]
    apply(Event.FAIL, over, last_code=failure.code)
    fallback_channels.promote_fallback(*over)
    again = [each for each in bundle if each not in over]
    if again and isinstance(failure, TransientFailure):
        retry = CHANNELS[again[0].channel].retry
        wait = wait_before_next(retry, again[0].attempts, failure.retry_after)
        apply(Event.RETRY, again, next_attempt_at=DatabaseNow() + wait, last_code=failure.code)


def _outcome(result: Result) -> Attempt.Outcome:
    if isinstance(result, Sent):
        return Attempt.Outcome.SENT
    if isinstance(result, PermanentFailure):
        return Attempt.Outcome.PERMANENT
    if isinstance(result, Outage):
        return Attempt.Outcome.OUTAGE
    return Attempt.Outcome.TRANSIENT
