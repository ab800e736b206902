"""I5 and I6: nothing is sent after "I have it", and every delivery comes to an end, once."""

from __future__ import annotations

from backend.auditor.check import Check

_NEWEST_ATTEMPTS = "(SELECT * FROM notifications_attempt ORDER BY id DESC LIMIT %(newest)s)"

#: A request's time is taken when it begins; it commits within so long of that.
_COMMIT = "interval '30 seconds'"

CHECKS = (
    Check(
        name="no_attempt_after_cancel",
        invariant="I5",
        says="what was canceled is not begun: the claim's number was raised above every attempt's",
        serves="the clinician: who has acknowledged is left alone",
        sql=f"""
            SELECT attempt.id FROM {_NEWEST_ATTEMPTS} attempt
            JOIN notifications_delivery delivery ON delivery.id = attempt.delivery_id
            JOIN notifications_notification notice ON notice.id = delivery.notification_id
            WHERE (delivery.state = 'cancelled' AND attempt.claim_no >= delivery.claim_no)
            OR attempt.started_at > notice.cancelled_at + {_COMMIT}
        """,
    ),
    Check(
        name="no_attempt_after_acknowledgement",
        invariant="I5",
        says="after an acknowledgement no attempt begins of a notice that was there before it",
        serves="the clinician: who has acknowledged is left alone",
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
    Check(
        name="nothing_pending_after_cancel",
        invariant="I5",
        says="no delivery of a canceled notice is still to be made",
        serves="the clinician: who has acknowledged is left alone",
        sql="""
            SELECT delivery.id FROM notifications_delivery delivery
            JOIN notifications_notification notice ON notice.id = delivery.notification_id
            WHERE delivery.state IN ('pending', 'claimed') AND notice.cancelled_at IS NOT NULL
        """,
    ),
    Check(
        name="delivery_ended_by_its_expiry",
        invariant="I6",
        says="a delivery that is too late to be useful has ended",
        serves="the recipient: yesterday's page does not come today",
        sql="""
            SELECT id FROM notifications_delivery
            WHERE state IN ('pending', 'claimed')
            AND expires_at < %(at)s - interval '90 seconds'
        """,
    ),
    Check(
        name="delivery_ended_with_its_attempts",
        invariant="I6",
        says="a delivery without attempts left has ended, so that the next channel is tried",
        serves="the patient: a dead address does not end the search",
        sql="""
            SELECT id FROM notifications_delivery
            WHERE state IN ('pending', 'claimed') AND attempts >= attempts_allowed
            AND coalesce(lease_until, next_attempt_at) < %(at)s - interval '60 seconds'
        """,
    ),
    Check(
        name="urgent_delivery_finds_a_hand",
        invariant="I6",
        says="no urgent delivery is due for more than 2 minutes with nobody trying it",
        serves="the patient: a page leaves the building",
        sql="""
            SELECT id FROM notifications_delivery
            WHERE state IN ('pending', 'claimed') AND urgency = 1
            AND greatest(next_attempt_at, lease_until) < %(at)s - interval '2 minutes'
        """,
    ),
    Check(
        name="delivery_finds_a_hand",
        invariant="I6",
        says="no delivery is due, or its lease run out, for more than 15 minutes",
        serves="the patient: what the clinic wrote arrives",
        sql="""
            SELECT id FROM notifications_delivery
            WHERE state IN ('pending', 'claimed')
            AND greatest(next_attempt_at, lease_until) < %(at)s - interval '15 minutes'
        """,
    ),
    Check(
        name="one_delivery_per_address",
        invariant="I6",
        says="a notice goes to an address under one idempotency key, which is its delivery's id",
        serves="the recipient: told once",
        sql="""
            SELECT unnest(array_agg(delivery.id))
            FROM (SELECT id FROM notifications_notification
                  ORDER BY created_at DESC LIMIT %(newest)s) notice
            JOIN notifications_delivery delivery ON delivery.notification_id = notice.id
            GROUP BY delivery.notification_id, delivery.channel, delivery.contact_point_id
            HAVING count(*) > 1
        """,
    ),
    Check(
        name="every_attempt_had_its_claim",
        invariant="I6",
        says="an attempt's number was given out, and to one attempt only",
        serves="the recipient: a worker that wakes late sends nothing",
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
