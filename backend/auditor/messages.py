"""I7: many things at once are one message, to the one who is to know of them."""

from __future__ import annotations

from backend.auditor.check import Check

CHECKS = (
    Check(
        name="no_storm_of_messages",
        invariant="I7",
        says="an address gets at most ten bundled urgent messages in 10 minutes, others in an hour",
        serves="the clinician: hundreds of pages are as bad as none",
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
    Check(
        name="bundle_is_of_one_address",
        invariant="I7",
        says="what one message tells of is for the one address that it goes to",
        serves="the patient: nobody else's page counts them",
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
    Check(
        name="sent_was_said",
        invariant="I7",
        says="a delivery is sent only by a call, its own or of the message that tells of it",
        serves="the patient: nobody is told in the books only",
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
