"""Everything that happens because time passes. Adding a timer is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.services.prune import prune
from notifications.services.settlement import settle
from tracker.services.context import SYSTEM, Context
from tracker.services.escalations import timers
from tracker.services.reminders import reminders
from tracker.services.reviews import clinic_messages

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


def _as_system(service: Callable[..., int]) -> Callable[..., int]:
    """A service of the tracker, which takes who acts and when as one context."""
    return lambda *, at, limit: service(Context(SYSTEM, at), limit=limit)


TIMERS: tuple[Timer, ...] = (
    Timer(name="snoozes", run=_as_system(timers.wake_due)),
    Timer(
        name="undelivered steps",
        run=_as_system(timers.skip_undelivered),
        every=timedelta(seconds=5),
    ),
    Timer(name="escalation steps", run=_as_system(timers.fire_due)),
    Timer(name="overdue reviews", run=_as_system(timers.reopen_overdue)),
    Timer(name="reminders", run=_as_system(reminders.send_due)),
    Timer(name="snoozed reminders", run=_as_system(reminders.send_again)),
    Timer(name="unread messages", run=_as_system(clinic_messages.chase_due)),
    Timer(name="settle deliveries", run=settle),
    Timer(name="prune notifications", run=prune, every=timedelta(minutes=10)),
)


def is_due(timer: Timer, latest_at: datetime | None, at: datetime) -> bool:
    # Also when the clock went back, as the demo's may.
    return latest_at is None or not latest_at <= at < latest_at + timer.every
