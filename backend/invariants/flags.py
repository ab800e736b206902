"""I2: one open flag per episode and rule, and an escalation for each that needs a human."""

from __future__ import annotations

from backend.invariants.base import SqlInvariant

LIVE = "('active', 'acknowledged', 'snoozed', 'exhausted')"

#: An operation ends the flags of the time before it.
_ENDED_BY_OPERATION = """
    (flag.ended_reason = 'An operation.' OR flag.local_date <= episode.surgery_date) IS TRUE
"""

INVARIANTS = (
    SqlInvariant(
        name="flag_open_once",
        code="I2",
        description="an episode has at most one open flag of a rule",
        rationale="the clinician: one worklist line per reason",
        sql="""
            SELECT unnest(array_agg(id)) FROM tracker_flag WHERE state = 'open'
            GROUP BY episode_id, rule HAVING count(*) > 1
        """,
    ),
    SqlInvariant(
        name="flag_has_its_escalation",
        code="I2",
        description="an open flag that needs a human has a live escalation",
        rationale="the patient: somebody is told about each of their flags",
        sql=f"""
            SELECT flag.id FROM tracker_flag flag
            WHERE flag.state = 'open' AND flag.priority <> 'P4' AND NOT flag.retrospective
            AND NOT EXISTS (
                SELECT FROM tracker_escalation live
                WHERE live.flag_id = flag.id AND live.state IN {LIVE}
            )
        """,
    ),
    SqlInvariant(
        name="escalation_live_once",
        code="I2",
        description="a flag has at most one live escalation",
        rationale="the clinician: one flag does not page people twice",
        sql=f"""
            SELECT unnest(array_agg(id)) FROM tracker_escalation WHERE state IN {LIVE}
            GROUP BY flag_id HAVING count(*) > 1
        """,
    ),
    SqlInvariant(
        name="escalation_of_a_decided_flag",
        code="I2",
        description="no escalation is live whose flag was reviewed or withdrawn",
        rationale="the clinician: no page for a flag that is decided",
        sql=f"""
            SELECT live.id FROM tracker_escalation live
            JOIN tracker_flag flag ON flag.id = live.flag_id
            WHERE live.state IN {LIVE} AND (flag.review_id IS NOT NULL OR flag.state = 'withdrawn')
        """,
    ),
    SqlInvariant(
        name="urgent_flag_ended_by_a_clinician",
        code="I2",
        description="P0, P1 and red flags end only by a clinician's review or by an operation",
        rationale="the patient: an urgent flag does not end by itself",
        sql=f"""
            SELECT flag.id FROM tracker_flag flag
            JOIN tracker_episode episode ON episode.id = flag.episode_id
            WHERE flag.state <> 'open' AND flag.review_id IS NULL
            AND (flag.priority IN ('P0', 'P1') OR flag.rule LIKE 'RF-%%')
            AND NOT {_ENDED_BY_OPERATION}
        """,
    ),
    SqlInvariant(
        name="escalation_ended_by_a_clinician",
        code="I2",
        description="only reviews resolve escalations; those of P0, P1 and red flags only end so",
        rationale="the patient: a clinician has decided on each of these flags",
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
