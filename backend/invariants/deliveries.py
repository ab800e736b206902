"""I5 and I6: nothing is sent after an acknowledgement, and every delivery ends once."""

from __future__ import annotations

from backend.invariants.base import SqlInvariant

_NEWEST_ATTEMPTS = "(SELECT * FROM notifications_attempt ORDER BY id DESC LIMIT %(newest)s)"

#: A request reads its time when it begins, and commits within this time after it.
_COMMIT = "interval '30 seconds'"

INVARIANTS = (
    SqlInvariant(
        name="no_attempt_after_cancel",
        code="I5",
        description="no attempt starts after its delivery was canceled",
        rationale="the clinician: after an acknowledgement no further notice comes",
        sql=f"""
            SELECT attempt.id FROM {_NEWEST_ATTEMPTS} attempt
            JOIN notifications_delivery delivery ON delivery.id = attempt.delivery_id
            JOIN notifications_notification notice ON notice.id = delivery.notification_id
            WHERE (delivery.state = 'cancelled' AND attempt.claim_no >= delivery.claim_no)
            OR attempt.started_at > notice.cancelled_at + {_COMMIT}
        """,
    ),
    SqlInvariant(
        name="no_attempt_after_acknowledgement",
        code="I5",
        description="after an acknowledgement no attempt of an earlier notice starts",
        rationale="the clinician: after an acknowledgement no further notice comes",
        sql=f"""
            SELECT attempt.id
            FROM (SELECT * FROM tracker_acknowledgement ORDER BY id DESC LIMIT %(newest)s) said
            JOIN notifications_notification notice
                ON notice.group_name = 'escalation:' || said.escalation_id
                AND notice.created_at < said.at
            JOIN notifications_delivery delivery ON delivery.notification_id = notice.id
            JOIN notifications_attempt attempt ON attempt.delivery_id = delivery.id
            WHERE attempt.started_at > said.at + {_COMMIT}
        """,
    ),
    SqlInvariant(
        name="nothing_pending_after_cancel",
        code="I5",
        description="no delivery of a canceled notice is pending",
        rationale="the clinician: after an acknowledgement no further notice comes",
        sql="""
            SELECT delivery.id FROM notifications_delivery delivery
            JOIN notifications_notification notice ON notice.id = delivery.notification_id
            WHERE delivery.state IN ('pending', 'claimed') AND notice.cancelled_at IS NOT NULL
        """,
    ),
    SqlInvariant(
        name="delivery_ended_by_its_expiry",
        code="I6",
        description="a delivery past its expiry has ended",
        rationale="the recipient: yesterday's notice does not come today",
        sql="""
            SELECT id FROM notifications_delivery
            WHERE state IN ('pending', 'claimed')
            AND expires_at < %(at)s - interval '90 seconds'
        """,
    ),
    SqlInvariant(
        name="delivery_ended_with_its_attempts",
        code="I6",
        description="a delivery without attempts left has ended, so that the next channel is tried",
        rationale="the patient: an address that does not work is not the last one tried",
        sql="""
            SELECT id FROM notifications_delivery
            WHERE state IN ('pending', 'claimed') AND attempts >= attempts_allowed
            AND coalesce(lease_until, next_attempt_at) < %(at)s - interval '60 seconds'
        """,
    ),
    SqlInvariant(
        name="urgent_delivery_attempted_in_time",
        code="I6",
        description="no urgent delivery is due for more than 2 minutes without an attempt",
        rationale="the patient: urgent notices are sent",
        sql="""
            SELECT id FROM notifications_delivery
            WHERE state IN ('pending', 'claimed') AND urgency = 1
            AND greatest(next_attempt_at, lease_until) < %(at)s - interval '2 minutes'
        """,
    ),
    SqlInvariant(
        name="delivery_attempted_in_time",
        code="I6",
        description="no delivery is due, or its lease expired, for more than 15 minutes",
        rationale="the patient: messages from the clinic arrive",
        sql="""
            SELECT id FROM notifications_delivery
            WHERE state IN ('pending', 'claimed')
            AND greatest(next_attempt_at, lease_until) < %(at)s - interval '15 minutes'
        """,
    ),
    SqlInvariant(
        name="one_delivery_per_address",
        code="I6",
        description="a notice has one delivery, its idempotency key, per channel and address",
        rationale="the recipient: each notice comes once",
        sql="""
            SELECT unnest(array_agg(delivery.id))
            FROM (SELECT id FROM notifications_notification
                  ORDER BY created_at DESC LIMIT %(newest)s) notice
            JOIN notifications_delivery delivery ON delivery.notification_id = notice.id
            GROUP BY delivery.notification_id, delivery.channel, delivery.contact_point_id
            HAVING count(*) > 1
        """,
    ),
    SqlInvariant(
        name="every_attempt_has_its_claim",
        code="I6",
        description="each attempt has a claim number of its own, not above its delivery's",
        rationale="the recipient: a worker whose lease has expired sends nothing",
        sql=f"""
            SELECT attempt.id FROM {_NEWEST_ATTEMPTS} attempt
            JOIN notifications_delivery delivery ON delivery.id = attempt.delivery_id
            WHERE attempt.claim_no > delivery.claim_no OR EXISTS (
                SELECT FROM notifications_attempt other
                WHERE other.delivery_id = attempt.delivery_id
                AND other.claim_no = attempt.claim_no AND other.id <> attempt.id
            )
        """,
    ),
)
