"""I7: many notices at once are bundled into one message to each address."""

from __future__ import annotations

from backend.invariants.base import SqlInvariant

INVARIANTS = (
    SqlInvariant(
        name="no_storm_of_messages",
        code="I7",
        description="an address gets at most 10 urgent messages in 10 minutes, 10 others an hour",
        rationale="the clinician: urgent messages are not lost among hundreds",
        sql="""
            SELECT id FROM (
                SELECT attempt.id, delivery.urgency, count(*) OVER (
                    PARTITION BY contact_point_id, delivery.urgency ORDER BY attempt.started_at
                    RANGE BETWEEN interval '10 minutes' PRECEDING AND CURRENT ROW
                ) AS in_10_minutes, count(*) OVER (
                    PARTITION BY contact_point_id, delivery.urgency ORDER BY attempt.started_at
                    RANGE BETWEEN interval '1 hour' PRECEDING AND CURRENT ROW
                ) AS in_an_hour
                FROM (SELECT * FROM notifications_attempt
                      ORDER BY id DESC LIMIT %(newest)s) attempt
                JOIN notifications_delivery delivery ON delivery.id = attempt.delivery_id
                JOIN notifications_notification notice ON notice.id = delivery.notification_id
                WHERE attempt.outcome = 'sent' AND notice.list_link <> ''
            ) message
            WHERE CASE urgency WHEN 1 THEN in_10_minutes ELSE in_an_hour END > 10
        """,
    ),
    SqlInvariant(
        name="bundle_is_of_one_address",
        code="I7",
        description="all notices bundled into a message are for the address that it goes to",
        rationale="the patient: their flags are not counted in another person's message",
        sql="""
            SELECT follower.id FROM notifications_delivery follower
            JOIN notifications_delivery leader ON leader.id = follower.bundle_leader_id
            JOIN (SELECT id FROM notifications_notification
                  ORDER BY created_at DESC LIMIT %(newest)s) notice
                ON notice.id = follower.notification_id
            WHERE follower.contact_point_id <> leader.contact_point_id
            OR leader.bundle_leader_id IS NOT NULL AND leader.state = 'sent'
        """,
    ),
    SqlInvariant(
        name="sent_delivery_has_an_attempt",
        code="I7",
        description="a sent delivery has a successful attempt, its own or that of its bundle",
        rationale="the patient: a delivery counts as sent only if it was sent",
        sql="""
            SELECT delivery.id FROM notifications_delivery delivery
            JOIN (SELECT id, created_at FROM notifications_notification
                  ORDER BY created_at DESC LIMIT %(newest)s) notice
                ON notice.id = delivery.notification_id
            WHERE delivery.state = 'sent' AND notice.created_at > %(at)s - interval '80 days'
            AND NOT EXISTS (
                SELECT FROM notifications_attempt attempt
                WHERE attempt.delivery_id = coalesce(delivery.bundle_leader_id, delivery.id)
                AND attempt.outcome = 'sent'
            )
        """,
    ),
)
