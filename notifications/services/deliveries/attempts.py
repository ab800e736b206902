"""An attempt is a row before it is a call, and its result is fenced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from notifications.channels import CHANNELS
from notifications.channels.base import Outage, PermanentFailure, TransientFailure
from notifications.kinds import Kind
from notifications.models import Attempt, Delivery, Urgency
from notifications.models.database_now import DatabaseNow
from notifications.models.deliveries import DeliveryQuerySet
from notifications.services.contact_points import addresses
from notifications.services.deliveries import breakers, fallback_channels
from notifications.services.deliveries.backoff import wait_before_next
from notifications.services.deliveries.claims import LEASE, Claim
from notifications.services.deliveries.quiet_hours import end_of_quiet
from notifications.services.dispatch.wake import wake_dispatcher


@dataclass(frozen=True, slots=True)
class Sent:
    reference: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class StartedAttempt:
    delivery: Delivery
    #: Of how many things the message tells.
    count: int = 1


Result = Sent | TransientFailure | PermanentFailure


@transaction.atomic(durable=True)
def begin(claim: Claim, *, at: datetime) -> StartedAttempt | None:
    """Write the attempt, or return None if there is to be none.

    State and number are read again under the rows' locks: what was canceled in the
    meantime, or claimed by another, does not begin and is not counted.
    """
    delivery = _leader(claim)
    followers = _followers(claim)
    if delivery is None:
        _let_go(followers)
        return None
    bundle = [delivery, *followers]
    if not _is_wanted_now(bundle, at):
        return None
    Attempt.objects.create(
        delivery=delivery,
        claim_no=claim.number,
        started_at=DatabaseNow(),
        channel=delivery.channel,
        credential=credential_of(delivery),
    )
    # The claim may have waited for the lock: the call gets a whole lease.
    _rows(bundle).update(lease_until=DatabaseNow() + LEASE)
    return StartedAttempt(delivery, len({each.notification.group for each in bundle}))


@transaction.atomic(durable=True)
def finish(
    claim: Claim, delivery: Delivery, result: Result, seconds: float, *, at: datetime
) -> bool:
    """Write the result; False if the number was no longer the current one."""
    # Before its attempt and its address, as `forget` does: each would wait for the other.
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
    _write_result(claim, leader, result)
    return leader is not None


def credential_of(delivery: Delivery) -> str:
    return CHANNELS[delivery.channel].credential(delivery.contact_point.address)[:128]


def _leader(claim: Claim) -> Delivery | None:
    held = Delivery.objects.held(claim.delivery_id, claim.number)
    related = held.select_related("notification__recipient", "contact_point")
    return related.select_for_update(of=("self",)).first()


def _followers(claim: Claim) -> list[Delivery]:
    """What is still ours of it, and in nobody else's hands at this moment.

    The leader alone is waited for: a cancel that holds one follower may want another, and
    to wait for it while holding that one is a deadlock.
    """
    if not claim.followers:
        return []
    held = Delivery.objects.filter(
        pk__in=claim.followers, state=Delivery.State.CLAIMED, bundle_leader=claim.delivery_id
    )
    free = held.select_related("notification").select_for_update(of=("self",), skip_locked=True)
    return [row for row in free if row.claim_no == claim.followers[row.pk]]


def _let_go(followers: list[Delivery]) -> None:
    """The leader was canceled: the others are due anew, now."""
    _rows(followers).put_back(next_attempt_at=DatabaseNow(), attempts=F("attempts") - 1)
    if any(each.urgency == Urgency.URGENT for each in followers):
        wake_dispatcher()


def _rows(bundle: list[Delivery]) -> DeliveryQuerySet:
    return Delivery.objects.filter(pk__in=[each.pk for each in bundle])


def _is_wanted_now(bundle: list[Delivery], at: datetime) -> bool:
    delivery = bundle[0]
    if not _may_be_used(delivery):
        _rows(bundle).end(Delivery.State.SUPPRESSED, last_code="address_disabled")
        fallback_channels.promote_fallback(*bundle)
        return False
    later = _held_back_until(delivery, at)
    if later is not None:
        _rows(bundle).put_back(next_attempt_at=later, attempts=F("attempts") - 1)
        return False
    later = breakers.wait_until(channel=delivery.channel, credential=credential_of(delivery), at=at)
    if later is not None:
        _rows(bundle).put_back(next_attempt_at=later, attempts=F("attempts") - 1)
        fallback_channels.promote_fallback(*bundle)
    return later is None


def _may_be_used(delivery: Delivery) -> bool:
    """A code goes to an address that is not verified: that is what it is for."""
    point = delivery.contact_point
    return point.is_usable or delivery.notification.kind == Kind.VERIFICATION


def _held_back_until(delivery: Delivery, at: datetime) -> datetime | None:
    if delivery.urgency == Urgency.URGENT:
        return None
    return end_of_quiet(delivery.notification.recipient, at)


def _write_result(claim: Claim, leader: Delivery | None, result: Result) -> None:
    bundle = [each for each in (leader, *_followers(claim)) if each]
    if isinstance(result, Sent):
        _write_sent(claim, bundle, result)
    elif bundle:
        _write_failed(bundle, result)


def _write_sent(claim: Claim, bundle: list[Delivery], result: Sent) -> None:
    # Word of its arrival may be here before the answer to the call.
    arrived = Delivery.objects.filter(pk=claim.delivery_id, state=Delivery.State.DELIVERED)
    state = Delivery.State.DELIVERED if arrived.exists() else Delivery.State.SENT
    _rows(bundle).end(state, provider_reference=result.reference[:255])
    fallback_channels.suppress_fallbacks(
        *(each for each in bundle if fallback_channels.needs_no_fallback(each, state))
    )


def _write_failed(bundle: list[Delivery], failure: TransientFailure | PermanentFailure) -> None:
    is_over = isinstance(failure, PermanentFailure)
    over = [each for each in bundle if is_over or each.attempts >= each.attempts_allowed]
    _rows(over).end(Delivery.State.DEAD, last_code=failure.code)
    fallback_channels.promote_fallback(*over)
    again = [each for each in bundle if each not in over]
    if again and isinstance(failure, TransientFailure):
        retry = CHANNELS[again[0].channel].retry
        wait = wait_before_next(retry, again[0].attempts, failure.retry_after)
        _rows(again).put_back(next_attempt_at=DatabaseNow() + wait, last_code=failure.code)


def _outcome(result: Result) -> Attempt.Outcome:
    if isinstance(result, Sent):
        return Attempt.Outcome.SENT
    if isinstance(result, PermanentFailure):
        return Attempt.Outcome.PERMANENT
    if isinstance(result, Outage):
        return Attempt.Outcome.OUTAGE
    return Attempt.Outcome.TRANSIENT
