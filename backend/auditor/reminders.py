"""I12: a patient is reminded once a local day, and in time."""

from __future__ import annotations

from backend.auditor.check import Check

CHECKS = (
    Check(
        name="reminded_once_a_day",
        invariant="I12",
        says="a slot has one reminder a local day, on days of 23, 24 and 25 hours alike",
        serves="the patient: nobody is nagged",
        sql="""
            SELECT unnest(array_agg(id))
            FROM (SELECT * FROM tracker_reminder ORDER BY id DESC LIMIT %(newest)s) reminder
            GROUP BY slot_id, local_date HAVING count(*) > 1
        """,
    ),
    Check(
        name="reminder_sent_once",
        invariant="I12",
        says="one reminder is one notice",
        serves="the patient: nobody is nagged",
        sql="""
            SELECT unnest(array_agg(id))
            FROM (SELECT * FROM notifications_notification
                  ORDER BY created_at DESC LIMIT %(newest)s) notice
            WHERE kind = 'diary_reminder' GROUP BY group_name HAVING count(*) > 1
        """,
    ),
    Check(
        name="reminder_on_time",
        invariant="I12",
        says="no reminder is due for more than 15 minutes",
        serves="the patient: a reminder comes at the hour they chose",
        sql="""
            SELECT id FROM tracker_reminderslot WHERE remind_at < %(at)s - interval '15 minutes'
        """,
    ),
    Check(
        name="snoozed_reminder_on_time",
        invariant="I12",
        says="no reminder that was put off is due again for more than 15 minutes",
        serves="the patient: a reminder comes back when they said",
        sql="""
            SELECT id FROM tracker_reminder WHERE again_at < %(at)s - interval '15 minutes'
        """,
    ),
    Check(
        name="message_chased_on_time",
        invariant="I4",
        says="no message that its patient does not read is overdue by 15 minutes for its next step",
        serves="the patient: what the clinic wrote is read, or the clinic knows",
        sql="""
            SELECT id FROM tracker_message WHERE chase_at < %(at)s - interval '15 minutes'
        """,
    ),
)
