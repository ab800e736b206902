"""What an operator watches. docs/operating.md says what to be alarmed by."""

from __future__ import annotations

from backend.auditor import LAWS
from backend.metrics.measure import Measure
from notifications.channels import CHANNELS
from notifications.models import Attempt, Delivery, Urgency
from tracker.models import Escalation, Priority

_URGENCIES = tuple(urgency.queue for urgency in Urgency)
_URGENCY = "CASE urgency WHEN 1 THEN 'urgent' WHEN 2 THEN 'routine' ELSE 'bulk' END"
_OVERDUE = "greatest(0, extract(epoch FROM %(at)s - {}))"
_LADDERS = tuple(priority.value for priority in Priority if priority != Priority.P4)
_LIVE = tuple(
    state.value
    for state in Escalation.State
    if state not in {Escalation.State.RESOLVED, Escalation.State.WITHDRAWN}
)
_QUANTILES = ("0.5", "0.99", "1")


def _oldest(timer: str, column: str, table: str) -> str:
    seconds = _OVERDUE.format(f"min({column})")
    return f"SELECT '{timer}', {seconds} FROM {table} WHERE {column} <= %(at)s"


def _quantiles(rows: str, labels: str = "") -> str:
    """The median, the 99th of a hundred and the greatest of `rows` (label, seconds)."""
    grouped = f"GROUP BY {labels}" if labels else ""
    return " UNION ALL ".join(
        f"SELECT {labels + ',' if labels else ''} '{quantile}',"
        f" percentile_cont({quantile}) WITHIN GROUP (ORDER BY seconds) FROM ({rows}) r {grouped}"
        for quantile in _QUANTILES
    )


_TIMERS = {
    "ladder_step": ("next_step_at", "tracker_escalation"),
    "review_deadline": ("review_by", "tracker_escalation"),
    "snooze": ("wake_at", "tracker_escalation"),
    "day_close": ("next_close_at", "tracker_episode"),
    "reminder": ("remind_at", "tracker_reminderslot"),
    "snoozed_reminder": ("again_at", "tracker_reminder"),
    "unread_message": ("chase_at", "tracker_message"),
}
_STEPS = """
    SELECT extract(epoch FROM fired_at - due_at) AS seconds
    FROM (SELECT * FROM tracker_escalationstep ORDER BY id DESC LIMIT 5000) step
    WHERE fired_at > %(at)s - interval '1 day'
"""
_SENT = f"""
    SELECT {_URGENCY} AS urgency,
        extract(epoch FROM attempt.started_at - delivery.next_attempt_at) AS seconds
    FROM notifications_attempt attempt
    JOIN notifications_delivery delivery ON delivery.id = attempt.delivery_id
    WHERE attempt.started_at > %(at)s - interval '1 hour' AND attempt.outcome = 'sent'
"""

STEP_LATENESS = Measure(
    name="step_lateness_seconds",
    says="How late ladder steps of the last day fired",
    labels={"quantile": _QUANTILES},
    sql=_quantiles(_STEPS),
)
STEPS_LATE = Measure(
    name="steps_fired_late",
    says="Ladder steps of the last day that fired later than so many seconds",
    labels={"seconds": ("15", "60")},
    sql=f"""
        SELECT limits.seconds, count(*) FROM ({_STEPS}) step
        JOIN (VALUES (15), (60)) limits (seconds) ON step.seconds > limits.seconds GROUP BY 1
    """,
)

LADDERS = (
    Measure(
        name="timer_overdue_seconds",
        says="For how long the oldest due timer of its kind has been waiting",
        labels={"timer": tuple(_TIMERS)},
        sql=" UNION ALL ".join(_oldest(timer, *where) for timer, where in _TIMERS.items()),
    ),
    STEP_LATENESS,
    STEPS_LATE,
    Measure(
        name="escalations",
        says="Escalations that nobody has decided yet",
        labels={"priority": _LADDERS, "state": _LIVE},
        sql=f"""
            SELECT priority, state, count(*) FROM tracker_escalation
            WHERE state IN {_LIVE} GROUP BY 1, 2
        """,
    ),
)

DELIVERIES = (
    Measure(
        name="deliveries_waiting",
        says="Deliveries that have not come to an end: due now, due later, being tried",
        labels={"urgency": _URGENCIES, "state": ("due", "later", "claimed")},
        sql=f"""
            SELECT {_URGENCY}, CASE
                WHEN lease_until > %(at)s THEN 'claimed'
                WHEN next_attempt_at <= %(at)s THEN 'due' ELSE 'later'
            END, count(*)
            FROM notifications_delivery WHERE state IN ('pending', 'claimed') GROUP BY 1, 2
        """,
    ),
    Measure(
        name="delivery_overdue_seconds",
        says="For how long the oldest due delivery has been waiting for somebody to try it",
        labels={"urgency": _URGENCIES},
        sql=f"""
            SELECT {_URGENCY}, {_OVERDUE.format("min(greatest(next_attempt_at, lease_until))")}
            FROM notifications_delivery WHERE state IN ('pending', 'claimed')
            AND next_attempt_at <= %(at)s GROUP BY 1
        """,
    ),
    Measure(
        name="delivery_lateness_seconds",
        says="How late the calls of the last hour that succeeded were made",
        labels={"urgency": _URGENCIES, "quantile": _QUANTILES},
        sql=_quantiles(_SENT, "urgency"),
    ),
    Measure(
        name="attempts",
        says="Calls of providers begun in the last hour",
        labels={"channel": tuple(CHANNELS), "outcome": tuple(Attempt.Outcome.values)},
        sql="""
            SELECT channel, outcome, count(*) FROM notifications_attempt
            WHERE started_at > %(at)s - interval '1 hour' GROUP BY 1, 2
        """,
    ),
    Measure(
        name="deliveries_failed",
        says="Deliveries that ended in the last hour too late (expired) or for good (dead)",
        labels={
            "urgency": _URGENCIES,
            "state": (Delivery.State.EXPIRED.value, Delivery.State.DEAD.value),
        },
        sql=f"""
            SELECT {_URGENCY}, state, count(*) FROM notifications_delivery
            WHERE state IN ('expired', 'dead') AND ended_at > %(at)s - interval '1 hour'
            GROUP BY 1, 2
        """,
    ),
    Measure(
        name="dead_letters",
        says="Deliveries that failed for good and can still be looked at",
        labels={"urgency": _URGENCIES},
        sql=f"""
            SELECT {_URGENCY}, count(*) FROM notifications_delivery WHERE state = 'dead' GROUP BY 1
        """,
    ),
    Measure(
        name="breakers_open",
        says="Providers, each under one credential, that are not called for now",
        labels={"channel": tuple(CHANNELS)},
        sql="SELECT channel, count(*) FROM notifications_breaker GROUP BY 1",
    ),
)

PROCESSES = (
    Measure(
        name="dispatcher_heartbeat_age_seconds",
        says="Since when no dispatcher's loop has gone round",
        labels={},
        sql="""
            SELECT extract(epoch FROM %(at)s - max(beat_at)) FROM notifications_workerheartbeat
            WHERE role = 'dispatcher'
        """,
        otherwise=None,
    ),
    Measure(
        name="worker_heartbeat_age_seconds",
        says="Since when no worker has taken a task from the queue",
        labels={"queue": _URGENCIES},
        sql="""
            SELECT queue, extract(epoch FROM %(at)s - max(beat_at))
            FROM notifications_workerheartbeat WHERE role = 'worker' GROUP BY 1
        """,
        otherwise=None,
    ),
    Measure(
        name="auditor_age_seconds",
        says="Since when the auditor has finished no round",
        labels={},
        sql="SELECT extract(epoch FROM %(at)s - max(at)) FROM backend_auditorrun",
        otherwise=None,
    ),
    Measure(
        name="auditor_round_seconds",
        says="How long the auditor's newest round took",
        labels={},
        sql="SELECT milliseconds / 1000.0 FROM backend_auditorrun ORDER BY at DESC LIMIT 1",
        otherwise=None,
    ),
    Measure(
        name="rows_breaking_a_law",
        says="Rows that break a law of `check_invariants`, by the auditor's newest round",
        labels={"law": tuple(law.name for law in LAWS)},
        sql="""
            SELECT law, (found->>'count')::int
            FROM (SELECT * FROM backend_auditorrun ORDER BY at DESC LIMIT 1) newest,
            jsonb_each(newest.broken) broken (law, found)
        """,
    ),
    Measure(
        name="laws_unchecked",
        says="Laws for which the auditor's newest round had no time, or whose query failed",
        labels={},
        sql="""
            SELECT jsonb_array_length(unchecked) FROM backend_auditorrun ORDER BY at DESC LIMIT 1
        """,
    ),
)

MEASURES = (*LADDERS, *DELIVERIES, *PROCESSES)
