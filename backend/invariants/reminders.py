"""I12: a patient is reminded once per local day."""

from __future__ import annotations

from backend.invariants.base import SqlInvariant

INVARIANTS = (
    SqlInvariant(
        name="reminded_once_a_day",
        code="I12",
        description="a slot has one reminder a local day, on days of 23, 24 and 25 hours alike",
        rationale="the patient: they are reminded once",
        sql="""
            SELECT unnest(array_agg(id))
            FROM (SELECT * FROM tracker_reminder ORDER BY id DESC LIMIT %(newest)s) reminder
            GROUP BY slot_id, local_date HAVING count(*) > 1
        """,
    ),
    SqlInvariant(
        name="reminder_sent_once",
        code="I12",
        description="a reminder sends one notice",
        rationale="the patient: they are reminded once",
        sql="""
            SELECT unnest(array_agg(id))
            FROM (SELECT * FROM notifications_notification
                  ORDER BY created_at DESC LIMIT %(newest)s) notice
            WHERE kind = 'diary_reminder' GROUP BY group_name HAVING count(*) > 1
        """,
    ),
)
