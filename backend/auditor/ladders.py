"""I3 and I4: every timer is heard, no step is skipped, none ends in silence."""

from __future__ import annotations

from backend.auditor.check import Check
from backend.auditor.flags import LIVE

_NEWEST_STEPS = "(SELECT * FROM tracker_escalationstep ORDER BY id DESC LIMIT %(newest)s)"

CHECKS = (
    Check(
        name="ladder_step_on_time",
        invariant="I3",
        says="no step or repeated page of a ladder is due for more than 60 seconds",
        serves="the patient: the next person is told in time",
        sql="""
            SELECT id FROM tracker_escalation
            WHERE next_step_at < %(at)s - interval '60 seconds'
        """,
    ),
    Check(
        name="review_deadline_on_time",
        invariant="I3",
        says="no acknowledgement is overdue for more than 60 seconds without its ladder again",
        serves="the patient: a promise to look is held to",
        sql="""
            SELECT id FROM tracker_escalation
            WHERE review_by < %(at)s - interval '60 seconds'
        """,
    ),
    Check(
        name="snooze_ends_on_time",
        invariant="I3",
        says="no snooze is over for more than 60 seconds without its ladder again",
        serves="the patient: put off is not called off",
        sql="""
            SELECT id FROM tracker_escalation
            WHERE wake_at < %(at)s - interval '60 seconds'
        """,
    ),
    Check(
        name="day_close_on_time",
        invariant="I3",
        says="no close of a local day is due for more than 15 minutes",
        serves="the patient: silence and trends are judged every day",
        sql="""
            SELECT id FROM tracker_episode
            WHERE next_close_at < %(at)s - interval '15 minutes'
        """,
    ),
    Check(
        name="ladder_skipped_nobody",
        invariant="I4",
        says="no step of a ladder has fired before the one below it",
        serves="the patient: whoever the clinic named is told",
        sql=f"""
            SELECT DISTINCT fired.escalation_id FROM {_NEWEST_STEPS} fired
            JOIN tracker_escalationstep below USING (escalation_id, run_number)
            WHERE fired.fired_at IS NOT NULL AND below.fired_at IS NULL
            AND below.position < fired.position
        """,
    ),
    Check(
        name="ladder_stands_where_it_fired",
        invariant="I4",
        says="a live escalation stands at its newest fired step, and has steps to stand on",
        serves="the patient: the next step is the next person",
        sql=f"""
            SELECT id FROM (
                SELECT live.id, live.position, count(step.id) AS steps,
                    max(step.position) FILTER (WHERE step.fired_at IS NOT NULL) AS fired
                FROM tracker_escalation live
                LEFT JOIN tracker_escalationstep step
                    ON step.escalation_id = live.id AND step.run_number = live.run_number
                WHERE live.state IN {LIVE} GROUP BY live.id
            ) ladder
            WHERE steps = 0 OR position <> coalesce(fired, 0)
        """,
    ),
    Check(
        name="ladder_waits_for_something",
        invariant="I4",
        says="a live escalation has a time at which it goes on by itself",
        serves="the patient: no ladder waits for ever",
        sql=f"""
            SELECT id FROM tracker_escalation
            WHERE state IN {LIVE} AND CASE state
                WHEN 'acknowledged' THEN review_by
                WHEN 'snoozed' THEN wake_at
                ELSE next_step_at
            END IS NULL
        """,
    ),
    Check(
        name="unreachable_step_gave_way",
        invariant="I4",
        says="after a step that reached nobody the next one fires at once",
        serves="the patient: an address that does not work costs no time",
        sql=f"""
            SELECT DISTINCT fired.escalation_id FROM {_NEWEST_STEPS} fired
            JOIN tracker_escalation live ON live.id = fired.escalation_id
            JOIN tracker_escalationstep above
                ON above.escalation_id = live.id AND above.run_number = live.run_number
                AND above.position = fired.position + 1
            WHERE live.state = 'active' AND live.run_number = fired.run_number AND fired.reached = 0
            AND above.fired_at IS NULL AND fired.fired_at < %(at)s - interval '60 seconds'
        """,
    ),
)
