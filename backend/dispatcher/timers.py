"""Everything that happens because time passes. Adding a timer is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.services.deliveries.expiry import expire
from notifications.services.notifications.prune import prune
from tracker.services import clinic_messages, ladder_timers, reminders

#: How much one timer does before the others get their turn.
BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Work that is due by a column; `run(at=, limit=)` returns how much it did.

    Any number of dispatchers run it at once: it claims with SKIP LOCKED and commits
    item by item, so that one failing item does not undo the others.
    """

    name: str
    run: Callable[..., int]
    every: timedelta = timedelta(0)
    limit: int = BATCH


TIMERS: tuple[Timer, ...] = (
    Timer(name="snoozes", run=ladder_timers.wake_due),
    Timer(name="lost steps", run=ladder_timers.pass_over_lost, every=timedelta(seconds=5)),
    Timer(name="ladder steps", run=ladder_timers.fire_due),
    Timer(name="overdue reviews", run=ladder_timers.reopen_overdue),
    Timer(name="reminders", run=reminders.send_due),
    Timer(name="snoozed reminders", run=reminders.send_again),
    Timer(name="unread messages", run=clinic_messages.chase_due),
    Timer(name="expire deliveries", run=expire),
    Timer(name="prune notifications", run=prune, every=timedelta(minutes=10)),
)


def is_due(timer: Timer, latest_at: datetime | None, at: datetime) -> bool:
    # Also when the clock went back, as the demo's may.
    return latest_at is None or not latest_at <= at < latest_at + timer.every
