"""Run eight weeks on the shifted clock: whatever falls due on the way happens at its time.

One thread moves the clock, so that the same seed gives the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import clock
from backend.dispatcher import run_once, timers
from demo.parallel_scheduler import ParallelScheduler
from notifications.services.dispatch import dispatch_hints
from tracker.services.evaluation import day_closes

#: This many day closes at once are worth a second process.
MANY = 3

#: More runs than any moment of the demo needs.
MOST_RUNS = 500


@dataclass(frozen=True, slots=True, order=True)
class ScheduledAction:
    """Something that a person does at a certain time."""

    at: datetime
    order: int
    act: Callable[[], None] = field(compare=False)


class StuckError(Exception):
    """The dispatcher does not finish what is due at one and the same time."""


class Timeline:
    def __init__(self, parallel: ParallelScheduler | None = None) -> None:
        self._shift = timedelta(0)
        self._parallel = parallel

    def now(self) -> datetime:
        """Return the demo's time, for threads without a database connection."""
        return datetime.now(UTC) + self._shift

    def run(
        self,
        actions: Iterable[ScheduledAction],
        *,
        until: datetime,
        new_day: Callable[[datetime], None],
    ) -> None:
        """Run all actions that are scheduled before `until`."""
        today = None
        for action in sorted(actions):
            if action.at >= until:
                break
            self.advance_to(action.at)
            action.act()
            self.run_due()
            if action.at.date() != today:
                today = action.at.date()
                new_day(action.at)
        self.advance_to(until)
        new_day(until)

    def advance_to(self, until: datetime) -> None:
        """Move the clock on, stopping at each timer on the way."""
        while (due_at := next_due_at()) is not None and due_at < until:
            self.set_clock(max(due_at, self.now()))
            self.run_due()
        self.set_clock(until)

    def run_due(self) -> None:
        """Do all that is due now."""
        for _ in range(MOST_RUNS):
            due_at = next_due_at()
            if due_at is None or due_at > (at := clock.now()):
                return
            self._run_once(at)
        raise StuckError(f"The dispatcher does not finish what was due at {self.now()}.")

    def _run_once(self, at: datetime) -> None:
        if self._parallel and day_closes.due(at=at, limit=MANY)[MANY - 1 :]:
            self._parallel.run_once(at)
        else:
            run_once(at)

    def set_clock(self, at: datetime) -> None:
        clock.travel_to(at)
        self._shift = at - datetime.now(UTC)

    def return_to_present(self) -> None:
        clock.reset()
        self._shift = timedelta(0)


def next_due_at() -> datetime | None:
    """Return when the next timer or delivery is due."""
    due = (timers.next_due_at(timers.TIMERS), dispatch_hints.next_due_at())
    return min((at for at in due if at is not None), default=None)
