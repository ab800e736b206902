"""The state machine of a delivery: every change of its state is a row of `TRANSITIONS`.

A delivery is pending until it is claimed, claimed while somebody works on it, and ends in one of
six states. The claim number is the fence: it is raised by each claim and by whoever takes the
delivery away from the holder of a claim, so that a late result is never written.

Locks are taken in one order: the notification, then its deliveries, then their attempts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from notifications.models import Delivery
from notifications.models.database_now import DatabaseNow

State = Delivery.State


class Writer(Enum):
    """Who may write a transition. All of them hold the row's lock."""

    #: Whoever finds no lease on it that still runs.
    CLAIMANT = "anyone, while no lease runs"
    #: Whoever was given its current claim number.
    HOLDER = "the holder of the claim"
    ANYONE = "anyone"


class Event(Enum):
    CLAIM = "claim"
    THROTTLE = "throttle"
    START = "start"
    DEFER = "defer"
    BLOCK = "block"
    ACCEPT = "accept"
    ACCEPT_CONFIRMED = "accept confirmed"
    RETRY = "retry"
    FAIL = "fail"
    EXPIRE = "expire"
    EXHAUST = "exhaust"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    REJECT = "reject"
    SKIP = "skip"
    PROMOTE = "promote"
    REVIVE = "revive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    when: str
    writer: Writer
    sources: tuple[State, ...]
    target: State
    #: What is added to the count of attempts.
    attempts: int = 0
    #: Raise the claim number: no earlier holder may write any more.
    fences: bool = False


UNFINISHED = Delivery.UNFINISHED

TRANSITIONS: dict[Event, Transition] = {
    Event.CLAIM: Transition(
        when="a worker takes it",
        writer=Writer.CLAIMANT,
        sources=UNFINISHED,
        target=State.CLAIMED,
        attempts=+1,
        fences=True,
    ),
    Event.THROTTLE: Transition(
        when="another message went to the address a moment ago",
        writer=Writer.CLAIMANT,
        sources=UNFINISHED,
        target=State.PENDING,
    ),
    Event.START: Transition(
        when="the call begins: the lease starts again",
        writer=Writer.HOLDER,
        sources=(State.CLAIMED,),
        target=State.CLAIMED,
    ),
    Event.DEFER: Transition(
        when="no call now: quiet hours, an open breaker, or the bundle leader was cancelled",
        writer=Writer.HOLDER,
        sources=(State.CLAIMED,),
        target=State.PENDING,
        attempts=-1,
    ),
    Event.BLOCK: Transition(
        when="the address is not used any more",
        writer=Writer.HOLDER,
        sources=(State.CLAIMED,),
        target=State.SUPPRESSED,
    ),
    Event.ACCEPT: Transition(
        when="the provider accepted the message",
        writer=Writer.HOLDER,
        sources=(State.CLAIMED,),
        target=State.SENT,
    ),
    Event.ACCEPT_CONFIRMED: Transition(
        when="the provider accepted a message whose receipt had already come",
        writer=Writer.HOLDER,
        sources=(State.CLAIMED,),
        target=State.DELIVERED,
    ),
    Event.RETRY: Transition(
        when="the call failed and another attempt is left",
        writer=Writer.HOLDER,
        sources=(State.CLAIMED,),
        target=State.PENDING,
    ),
    Event.FAIL: Transition(
        when="the call failed for good, or on the last attempt",
        writer=Writer.HOLDER,
        sources=(State.CLAIMED,),
        target=State.DEAD,
    ),
    Event.EXPIRE: Transition(
        when="it is too late to be useful",
        writer=Writer.CLAIMANT,
        sources=UNFINISHED,
        target=State.EXPIRED,
        fences=True,
    ),
    Event.EXHAUST: Transition(
        when="no attempt is left, and the last one wrote no result",
        writer=Writer.CLAIMANT,
        sources=UNFINISHED,
        target=State.DEAD,
        fences=True,
    ),
    Event.CANCEL: Transition(
        when="its group was cancelled",
        writer=Writer.ANYONE,
        sources=UNFINISHED,
        target=State.CANCELLED,
        fences=True,
    ),
    Event.CONFIRM: Transition(
        when="the provider reports that the message arrived",
        writer=Writer.ANYONE,
        sources=(*UNFINISHED, State.SENT),
        target=State.DELIVERED,
        fences=True,
    ),
    Event.REJECT: Transition(
        when="the provider reports that the message did not arrive",
        writer=Writer.ANYONE,
        sources=(State.SENT,),
        target=State.DEAD,
    ),
    Event.SKIP: Transition(
        when="the person was told on an earlier channel",
        writer=Writer.ANYONE,
        sources=(State.PENDING,),
        target=State.SUPPRESSED,
        fences=True,
    ),
    Event.PROMOTE: Transition(
        when="an earlier channel failed: due now",
        writer=Writer.ANYONE,
        sources=(State.PENDING,),
        target=State.PENDING,
    ),
    Event.REVIVE: Transition(
        when="an operator tries it again",
        writer=Writer.ANYONE,
        sources=(State.DEAD,),
        target=State.PENDING,
        fences=True,
    ),
}


class IllegalTransition(Exception):
    """A delivery was not as its writer had read it; the transaction must be rolled back."""


def apply(event: Event, rows: Iterable[Delivery], **values: Any) -> int:
    """Write the transition on rows that the caller has read and locked; return their number.

    `values` are further columns, such as `next_attempt_at`. Raises `IllegalTransition` for a row
    that is in none of the event's source states, has another claim number than when it was
    read, or is leased to somebody else.
    """
    transition = TRANSITIONS[event]
    by_claim_no: dict[int, list[UUID]] = defaultdict(list)
    for row in rows:
        by_claim_no[row.claim_no].append(row.pk)
    if not by_claim_no:
        return 0
    as_read = Q()
    for claim_no, ids in by_claim_no.items():
        as_read |= Q(claim_no=claim_no, pk__in=ids)
    allowed = Delivery.objects.filter(as_read, state__in=transition.sources)
    if transition.writer is Writer.CLAIMANT:
        allowed = allowed.unleased()
    changed = allowed.update(**_columns(transition) | values)
    if changed != sum(len(ids) for ids in by_claim_no.values()):
        raise IllegalTransition(event.value)
    return changed


def _columns(transition: Transition) -> dict[str, Any]:
    columns: dict[str, Any] = {"state": transition.target}
    if transition.attempts:
        columns["attempts"] = F("attempts") + transition.attempts
    if transition.fences:
        columns["claim_no"] = F("claim_no") + 1
    if transition.target == State.PENDING:
        columns |= {"lease_until": None, "hinted_at": None, "bundle_leader": None, "ended_at": None}
    elif transition.target != State.CLAIMED:
        columns |= {"lease_until": None, "ended_at": DatabaseNow()}
    return columns
