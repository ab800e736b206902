from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from notifications.models.contact_points import ContactPoint
from notifications.models.database_now import DatabaseNow
from notifications.models.notifications import Notification, Urgency


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def unfinished(self) -> DeliveryQuerySet:
        return self.filter(state__in=Delivery.UNFINISHED)

    def unleased(self) -> DeliveryQuerySet:
        return self.unfinished().filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=DatabaseNow())
        )

    def claimable(self, at: datetime) -> DeliveryQuerySet:
        return self.unleased().filter(
            next_attempt_at__lte=at,
            expires_at__gt=at,
            attempts__lt=F("attempts_allowed"),
        )

    def held(self, pk: uuid.UUID, claim_no: int) -> DeliveryQuerySet:
        return self.filter(pk=pk, claim_no=claim_no, state=Delivery.State.CLAIMED)

    def lock(self) -> list[Delivery]:
        """Lock the rows until the transaction ends and return them.

        All who lock several do so in this order, and before the attempts, so that nobody waits
        for somebody who waits for them.
        """
        rows = self.select_for_update(of=("self",)).order_by("pk")
        return list(rows.only("pk", "claim_no"))


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
    # The order of channels: a later level waits while an earlier one may still be confirmed.
    fallback_level = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    next_attempt_at = models.DateTimeField()
    hinted_at = models.DateTimeField(null=True, blank=True)
    # The fence: only the holder of the current number may begin or finish an attempt.
    claim_no = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Counted when claimed, so that a delivery that kills its worker counts too.
    attempts = models.PositiveSmallIntegerField(default=0)
    attempts_allowed = models.PositiveSmallIntegerField()
    ended_at = models.DateTimeField(null=True, blank=True)
    last_code = models.CharField(max_length=64, blank=True, default="")
    provider_reference = models.CharField(max_length=255, blank=True, default="")
    # The delivery whose message also covers this one. The leader itself has none.
    bundle_leader = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="followers", db_index=False
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
            # Serves fencing: each attempt had its own claim.
            models.CheckConstraint(
                name="delivery_attempts_within_claims",
                condition=Q(attempts__lte=F("claim_no")),
            ),
            # Serves the recipient: a pending delivery is in no bundle, a leader in its own only.
            models.CheckConstraint(
                name="delivery_bundled_once_claimed",
                condition=Q(bundle_leader__isnull=True)
                | (~Q(state="pending") & ~Q(bundle_leader=F("id"))),
            ),
        ]
        indexes = [
            # Serves claims and dispatch hints: due deliveries, however much history there is.
            models.Index(
                name="delivery_due",
                fields=["urgency", "next_attempt_at"],
                condition=Q(state__in=["pending", "claimed"]),
            ),
            # Serves the throttle: the latest messages to an address.
            models.Index(name="delivery_by_address", fields=["contact_point", "ended_at"]),
            # Serves the operator: the latest failures.
            models.Index(
                name="delivery_failed",
                fields=["state", "ended_at"],
                condition=Q(state__in=["expired", "dead"]),
            ),
            # Serves receipts: the followers of a message.
            models.Index(
                name="delivery_in_bundle",
                fields=["bundle_leader"],
                condition=Q(bundle_leader__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk} {self.state}"
