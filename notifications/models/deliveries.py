from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q

from notifications.models.now import DatabaseNow
from notifications.models.recipients import ContactPoint, Recipient
from notifications.models.sealed import SealedTextField


class Urgency(models.IntegerChoices):
    """The order of work, and the names of the queues."""

    URGENT = 1
    ROUTINE = 2
    BULK = 3

    @property
    def queue(self) -> str:
        return self.name.lower()


class Notification(models.Model):
    """One thing to tell one person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="notifications")
    # One of `Kind`, which the outbox sees to: a new sentence needs no migration.
    kind = models.CharField(max_length=32)
    # Opaque to this app: whoever enqueues can cancel by it.
    group = models.CharField(max_length=128, db_column="group_name")
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    link = models.TextField(blank=True)
    # Where all of its family are listed; without it, each has a message of its own.
    list_link = models.TextField(blank=True, default="")
    # What only the person at the address may know; erased once it was sent.
    code = SealedTextField(blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Whoever asked for it wants it no more; a dead delivery of it is not brought back.
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Serves the recipient: a notice born stale would never be sent, silently.
            models.CheckConstraint(
                name="notification_expires_after_creation",
                condition=Q(expires_at__gt=F("created_at")),
            ),
        ]
        indexes = [
            # Serves cancel(): an acknowledgement finds what it has to stop.
            models.Index(name="notification_by_group", fields=["group"]),
            # Serves prune().
            models.Index(name="notification_by_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def unfinished(self) -> DeliveryQuerySet:
        return self.filter(state__in=Delivery.UNFINISHED)

    def in_nobodys_hands(self) -> DeliveryQuerySet:
        return self.unfinished().filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=DatabaseNow())
        )

    def claimable(self, at: datetime) -> DeliveryQuerySet:
        return self.in_nobodys_hands().filter(
            next_attempt_at__lte=at,
            expires_at__gt=at,
            attempts__lt=F("attempts_allowed"),
        )

    def held(self, pk: uuid.UUID, claim_no: int) -> DeliveryQuerySet:
        return self.filter(pk=pk, claim_no=claim_no, state=Delivery.State.CLAIMED)

    def lock(self) -> list[uuid.UUID]:
        """Hold the rows until the transaction ends, in the one order for all who want several.

        Before their attempts, too: a result holds its delivery when it writes its attempt.
        """
        rows = self.select_for_update(of=("self",)).order_by("pk")
        return list(rows.values_list("pk", flat=True))

    def claim(self, lease: timedelta, *, into: uuid.UUID | None = None) -> int:
        return self.update(
            state=Delivery.State.CLAIMED,
            bundled_into=into,
            claim_no=F("claim_no") + 1,
            attempts=F("attempts") + 1,
            lease_until=DatabaseNow() + lease,
        )

    def put_back(self, *, next_attempt_at: Any, **others: Any) -> int:
        return self.update(
            state=Delivery.State.PENDING,
            next_attempt_at=next_attempt_at,
            lease_until=None,
            offered_at=None,
            bundled_into=None,
            **others,
        )

    def end(self, state: Delivery.State, **others: Any) -> int:
        ended = {"ended_at": DatabaseNow(), "lease_until": None}
        return self.update(state=state, **ended | others)


class Delivery(models.Model):
    """A notification on its way to one address."""

    class State(models.TextChoices):
        PENDING = "pending"
        CLAIMED = "claimed"
        SENT = "sent"
        DELIVERED = "delivered"
        CANCELLED = "cancelled"
        SUPPRESSED = "suppressed"
        EXPIRED = "expired"
        DEAD = "dead"

    UNFINISHED = (State.PENDING, State.CLAIMED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, related_name="deliveries"
    )
    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    channel = models.CharField(max_length=16)
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    expires_at = models.DateTimeField()
    # The person's channels in order: a later one waits for the earlier to stay unconfirmed.
    rung = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    next_attempt_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True, blank=True)
    # The fencing number: only who holds the current one may begin or finish.
    claim_no = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Counted when claimed, so that an item which kills its worker counts too.
    attempts = models.PositiveSmallIntegerField(default=0)
    attempts_allowed = models.PositiveSmallIntegerField()
    ended_at = models.DateTimeField(null=True, blank=True)
    last_code = models.CharField(max_length=64, blank=True, default="")
    provider_reference = models.CharField(max_length=255, blank=True, default="")
    # The delivery whose message tells of this one, too. The carrier itself has none.
    bundled_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="members", db_index=False
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            # Serves the recipient: one notification reaches one address once.
            models.UniqueConstraint(
                name="delivery_once_per_address",
                fields=["notification", "channel", "contact_point"],
            ),
            # Serves the claim: a claimed row without a lease would never be freed.
            models.CheckConstraint(
                name="delivery_claimed_with_lease",
                condition=Q(state="claimed", lease_until__isnull=False)
                | (~Q(state="claimed") & Q(lease_until__isnull=True)),
            ),
            # Invariant I6 needs the time at which each delivery ended.
            models.CheckConstraint(
                name="delivery_ended_with_time",
                condition=Q(state__in=["pending", "claimed"], ended_at__isnull=True)
                | (
                    Q(
                        state__in=[
                            "sent",
                            "delivered",
                            "cancelled",
                            "suppressed",
                            "expired",
                            "dead",
                        ]
                    )
                    & Q(ended_at__isnull=False)
                ),
            ),
            # Serves fencing: each attempt had a claim of its own.
            models.CheckConstraint(
                name="delivery_attempts_within_claims",
                condition=Q(attempts__lte=F("claim_no")),
            ),
            # Serves the recipient: what waits is told by no message yet, and a carrier by its own.
            models.CheckConstraint(
                name="delivery_bundled_once_claimed",
                condition=Q(bundled_into__isnull=True)
                | (~Q(state="pending") & ~Q(bundled_into=F("id"))),
            ),
        ]
        indexes = [
            # Serves claim and offer: what is due, however much history there is.
            models.Index(
                name="delivery_due",
                fields=["urgency", "next_attempt_at"],
                condition=Q(state__in=["pending", "claimed"]),
            ),
            # Serves the pace of bundles: what an address was told of lately.
            models.Index(name="delivery_by_address", fields=["contact_point", "ended_at"]),
            # Serves the operator: what nobody got, lately.
            models.Index(
                name="delivery_failed",
                fields=["state", "ended_at"],
                condition=Q(state__in=["expired", "dead"]),
            ),
            # Serves receipts: whatever else the message told of.
            models.Index(
                name="delivery_in_bundle",
                fields=["bundled_into"],
                condition=Q(bundled_into__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk} {self.state}"


class Attempt(models.Model):
    """One call to a provider, written before it is made.

    Without `ended_at` the process died during the call: nobody knows what happened.
    """

    class Outcome(models.TextChoices):
        STARTED = "started"
        SENT = "sent"
        TRANSIENT = "transient"
        OUTAGE = "outage"
        PERMANENT = "permanent"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempt_rows")
    claim_no = models.PositiveIntegerField()
    channel = models.CharField(max_length=16, default="")
    credential = models.CharField(max_length=128, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.STARTED)
    code = models.CharField(max_length=64, blank=True, default="")
    latency_ms = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            # Serves fencing: a claim is good for one call.
            models.UniqueConstraint(name="attempt_once_per_claim", fields=["delivery", "claim_no"]),
            # An outcome has its time, and a time its outcome.
            models.CheckConstraint(
                name="attempt_ended_with_outcome",
                condition=Q(outcome="started", ended_at__isnull=True)
                | (~Q(outcome="started") & Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [
            # Serves the breaker: how the latest calls of one provider ended.
            models.Index(name="attempt_latest", fields=["channel", "credential", "-ended_at"]),
            # Serves the operator: what was tried in the last hour, and with what outcome.
            models.Index(name="attempt_by_time", fields=["started_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.claim_no}"
