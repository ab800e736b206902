"""I4: no step is skipped, and no escalation ends without anybody being told."""

from __future__ import annotations

from backend.invariants.base import SqlInvariant
from backend.invariants.flags import LIVE

_NEWEST_STEPS = "(SELECT * FROM tracker_escalationstep ORDER BY id DESC LIMIT %(newest)s)"

INVARIANTS = (
    SqlInvariant(
        name="escalation_skipped_no_step",
        code="I4",
        description="no step of an escalation has fired before the one below it",
        rationale="the patient: everybody in the escalation policy is told",
        sql=f"""
            SELECT DISTINCT fired.escalation_id FROM {_NEWEST_STEPS} fired
            JOIN tracker_escalationstep below USING (escalation_id, run_number)
            WHERE fired.fired_at IS NOT NULL AND below.fired_at IS NULL
            AND below.position < fired.position
        """,
    ),
    SqlInvariant(
        name="escalation_at_its_newest_step",
        code="I4",
        description="a live escalation has steps, and its position is that of the newest fired one",
        rationale="the patient: the next step is the next person",
        sql=f"""
            SELECT id FROM (
                SELECT live.id, live.position, count(step.id) AS steps,
                    max(step.position) FILTER (WHERE step.fired_at IS NOT NULL) AS fired
                FROM tracker_escalation live
                LEFT JOIN tracker_escalationstep step
                    ON step.escalation_id = live.id AND step.run_number = live.run_number
                WHERE live.state IN {LIVE} GROUP BY live.id
            ) escalation
            WHERE steps = 0 OR position <> coalesce(fired, 0)
        """,
    ),
    SqlInvariant(
        name="escalation_has_a_timer",
        code="I4",
        description="a live escalation has a timer",
        rationale="the patient: no escalation waits forever",
        sql=f"""
            SELECT id FROM tracker_escalation
            WHERE state IN {LIVE} AND CASE state
                WHEN 'acknowledged' THEN review_by
                WHEN 'snoozed' THEN wake_at
                ELSE next_step_at
            END IS NULL
        """,
    ),
    SqlInvariant(
        name="unreachable_step_was_passed_over",
        code="I4",
        description="after a step that could not notify anybody the next one fires at once",
        rationale="the patient: an address that does not work costs no time",
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
