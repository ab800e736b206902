"""No timer is overdue: derived from the declarations in `backend.dispatcher.timers`."""

from __future__ import annotations

from datetime import timedelta

from backend.dispatcher import timers
from backend.dispatcher.timers import Timer
from backend.invariants.base import SqlInvariant


def timer_invariants() -> tuple[SqlInvariant, ...]:
    return tuple(_not_overdue(timer) for timer in timers.TIMERS)


def _not_overdue(timer: Timer) -> SqlInvariant:
    seconds = timer.overdue_after // timedelta(seconds=1)
    span = f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"
    return SqlInvariant(
        name=f"{timer.name}_on_time",
        code=timer.code,
        description=f"no {timer.description} is due for more than {span}",
        rationale=timer.rationale,
        sql=f"""
            SELECT id FROM {timer.table}
            WHERE {timer.column} < %(at)s - interval '{seconds} seconds'
        """,
    )
