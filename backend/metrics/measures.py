"""The metrics. docs/operating.md says which values call for action."""

from __future__ import annotations

from backend.dispatcher import timers
from backend.dispatcher.timers import Timer
from backend.invariants import all_invariants
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


def _overdue_seconds(timer: Timer) -> str:
    seconds = _OVERDUE.format(f"min({timer.column})")
    return f"SELECT '{timer.name}', {seconds} FROM {timer.table} WHERE {timer.column} <= %(at)s"


def _quantiles(rows: str, labels: str = "") -> str:
    """The median, the 99th percentile and the maximum of `rows` (label, seconds)."""
    grouped = f"GROUP BY {labels}" if labels else ""
    return " UNION ALL ".join(
        f"SELECT {labels + ',' if labels else ''} '{quantile}',"
        f" percentile_cont({quantile}) WITHIN GROUP (ORDER BY seconds) FROM ({rows}) r {grouped}"
        for quantile in _QUANTILES
    )


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
    description="How late escalation steps of the last day fired",
    labels={"quantile": _QUANTILES},
    sql=_quantiles(_STEPS),
)
STEPS_LATE = Measure(
    name="steps_fired_late",
    description="Escalation steps of the last day that fired later than this many seconds",
    labels={"seconds": ("15", "60")},
    sql=f"""
        SELECT limits.seconds, count(*) FROM ({_STEPS}) step
        JOIN (VALUES (15), (60)) limits (seconds) ON step.seconds > limits.seconds GROUP BY 1
    """,
)

ESCALATIONS = (
    STEP_LATENESS,
    STEPS_LATE,
    Measure(
        name="escalations",
        description="Escalations that are not resolved",
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
        description="Deliveries that have not ended: due now, due later, claimed",
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
        description="For how long the oldest due delivery has been waiting for an attempt",
        labels={"urgency": _URGENCIES},
        sql=f"""
            SELECT {_URGENCY}, {_OVERDUE.format("min(greatest(next_attempt_at, lease_until))")}
            FROM notifications_delivery WHERE state IN ('pending', 'claimed')
            AND next_attempt_at <= %(at)s GROUP BY 1
        """,
    ),
    Measure(
        name="delivery_lateness_seconds",
        description="How late the successful attempts of the last hour were",
        labels={"urgency": _URGENCIES, "quantile": _QUANTILES},
        sql=_quantiles(_SENT, "urgency"),
    ),
    Measure(
        name="attempts",
        description="Attempts started in the last hour",
        labels={"channel": tuple(CHANNELS), "outcome": tuple(Attempt.Outcome.values)},
        sql="""
            SELECT channel, outcome, count(*) FROM notifications_attempt
            WHERE started_at > %(at)s - interval '1 hour' GROUP BY 1, 2
        """,
    ),
    Measure(
        name="deliveries_failed",
        description="Deliveries that ended in the last hour as expired or dead",
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
        description="Dead deliveries that are still stored",
        labels={"urgency": _URGENCIES},
        sql=f"""
            SELECT {_URGENCY}, count(*) FROM notifications_delivery WHERE state = 'dead' GROUP BY 1
        """,
    ),
    Measure(
        name="breakers_open",
        description="Providers that are not called for now, counted per credential",
        labels={"channel": tuple(CHANNELS)},
        sql="SELECT channel, count(*) FROM notifications_breaker GROUP BY 1",
    ),
)

PROCESSES = (
    Measure(
        name="dispatcher_heartbeat_age_seconds",
        description="Seconds since a dispatcher last ran",
        labels={},
        sql="""
            SELECT extract(epoch FROM %(at)s - max(beat_at)) FROM notifications_workerheartbeat
            WHERE role = 'dispatcher'
        """,
        default=None,
    ),
    Measure(
        name="worker_heartbeat_age_seconds",
        description="Seconds since a worker last took a task from the queue",
        labels={"queue": _URGENCIES},
        sql="""
            SELECT queue, extract(epoch FROM %(at)s - max(beat_at))
            FROM notifications_workerheartbeat WHERE role = 'worker' GROUP BY 1
        """,
        default=None,
    ),
    Measure(
        name="invariant_check_age_seconds",
        description="Seconds since the invariants were last checked",
        labels={},
        sql="SELECT extract(epoch FROM %(at)s - max(at)) FROM backend_invariantcheckrun",
        default=None,
    ),
    Measure(
        name="invariant_check_seconds",
        description="How long the newest check of the invariants took",
        labels={},
        sql="SELECT milliseconds / 1000.0 FROM backend_invariantcheckrun ORDER BY at DESC LIMIT 1",
        default=None,
    ),
    Measure(
        name="invariants_unchecked",
        description="Invariants that the newest check had no time for, or whose query failed",
        labels={},
        sql="""
            SELECT jsonb_array_length(unchecked)
            FROM backend_invariantcheckrun ORDER BY at DESC LIMIT 1
        """,
    ),
)


def all_measures() -> tuple[Measure, ...]:
    return (_timers(), *ESCALATIONS, *DELIVERIES, *PROCESSES, _invariants())


def _timers() -> Measure:
    return Measure(
        name="timer_overdue_seconds",
        description="For how long the oldest due timer of its kind has been waiting",
        labels={"timer": tuple(timer.name for timer in timers.TIMERS)},
        sql=" UNION ALL ".join(_overdue_seconds(timer) for timer in timers.TIMERS),
    )


def _invariants() -> Measure:
    return Measure(
        name="invariant_violations",
        description="Rows that violate an invariant, in the newest periodic check",
        labels={"invariant": tuple(invariant.name for invariant in all_invariants())},
        sql="""
            SELECT invariant, (found->>'count')::int
            FROM (SELECT * FROM backend_invariantcheckrun ORDER BY at DESC LIMIT 1) newest,
            jsonb_each(newest.broken) broken (invariant, found)
        """,
    )
