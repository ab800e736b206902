"""I2: one open flag per episode and rule, and somebody is sought for each that needs a human."""

from __future__ import annotations

from backend.auditor.check import Check

LIVE = "('active', 'acknowledged', 'snoozed', 'exhausted')"

#: Before an operation a flag may end by it.
_ENDED_BY_OPERATION = """
    (flag.ended_reason = 'An operation.' OR flag.local_date <= episode.surgery_date) IS TRUE
"""

CHECKS = (
    Check(
        name="flag_open_once",
        invariant="I2",
        says="an episode has one open flag of a rule at most",
        serves="the clinician: one line for one reason",
        sql="""
            SELECT unnest(array_agg(id)) FROM tracker_flag WHERE state = 'open'
            GROUP BY episode_id, rule HAVING count(*) > 1
        """,
    ),
    Check(
        name="flag_has_its_escalation",
        invariant="I2",
        says="an open flag that needs a human has a live escalation",
        serves="the patient: nobody is forgotten",
        sql=f"""
            SELECT flag.id FROM tracker_flag flag
            WHERE flag.state = 'open' AND flag.priority <> 'P4' AND NOT flag.retrospective
            AND NOT EXISTS (
                SELECT FROM tracker_escalation live
                WHERE live.flag_id = flag.id AND live.state IN {LIVE}
            )
        """,
    ),
    Check(
        name="escalation_live_once",
        invariant="I2",
        says="a flag has one live escalation at most",
        serves="the clinician: nobody is chased twice for one thing",
        sql=f"""
            SELECT unnest(array_agg(id)) FROM tracker_escalation WHERE state IN {LIVE}
            GROUP BY flag_id HAVING count(*) > 1
        """,
    ),
    Check(
        name="escalation_of_a_decided_flag",
        invariant="I2",
        says="an escalation does not go on when its flag was reviewed or withdrawn",
        serves="the clinician: nobody is woken for what is decided",
        sql=f"""
            SELECT live.id FROM tracker_escalation live
            JOIN tracker_flag flag ON flag.id = live.flag_id
            WHERE live.state IN {LIVE} AND (flag.review_id IS NOT NULL OR flag.state = 'withdrawn')
        """,
    ),
    Check(
        name="urgent_flag_ended_by_a_clinician",
        invariant="I2",
        says="P0, P1 and red flags end by a clinician's review, or by an operation, and not else",
        serves="the patient: what is urgent does not go away by itself",
        sql=f"""
            SELECT flag.id FROM tracker_flag flag
            JOIN tracker_episode episode ON episode.id = flag.episode_id
            WHERE flag.state <> 'open' AND flag.review_id IS NULL
            AND (flag.priority IN ('P0', 'P1') OR flag.rule LIKE 'RF-%%')
            AND NOT {_ENDED_BY_OPERATION}
        """,
    ),
    Check(
        name="escalation_ended_by_a_clinician",
        invariant="I2",
        says="an escalation is resolved by a review; P0, P1 and red flags' end in no other way",
        serves="the patient: somebody has looked",
        sql=f"""
            SELECT ended.id FROM tracker_escalation ended
            JOIN tracker_flag flag ON flag.id = ended.flag_id
            JOIN tracker_episode episode ON episode.id = flag.episode_id
            WHERE ended.review_id IS NULL AND (
                ended.state = 'resolved'
                OR ended.state = 'withdrawn'
                AND (ended.priority IN ('P0', 'P1') OR flag.rule LIKE 'RF-%%')
                AND NOT {_ENDED_BY_OPERATION}
            )
        """,
    ),
)
