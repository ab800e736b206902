"""Eight weeks on the shifted clock: whatever falls due on the way happens at its time.

One thread moves the clock, so that the same seed tells the same story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import connection

import clock
from backend.demo.second_hand import SecondHand
from backend.dispatcher import tick
from notifications.services.dispatch import dispatch_hints
from tracker.models import Episode, Escalation, Message, Reminder, ReminderSlot
from tracker.services import day_closes

#: So many days to close at once are worth a second process.
MANY = 3

#: More rounds than any moment of the demo needs.
MOST_ROUNDS = 500

#: The timers are columns with partial indexes, so that asking them costs next to nothing.
TIMERS = ((Escalation, "next_step_at"), (Escalation, "review_by"), (Escalation, "wake_at"),
          (ReminderSlot, "remind_at"), (Reminder, "again_at"), (Message, "chase_at"),
          (Episode, "next_close_at"))  # fmt: skip
NEXT_DUE = "SELECT least({})".format(
    ", ".join(f"(SELECT min({name}) FROM {model._meta.db_table})" for model, name in TIMERS)  # noqa: S608 - our names
)


@dataclass(frozen=True, slots=True, order=True)
class Happening:
    """Something that somebody does at a certain time."""

    at: datetime
    order: int
    act: Callable[[], None] = field(compare=False)


class StuckError(Exception):
    """The dispatcher finds more and more to do at one and the same time."""


class Walk:
    def __init__(self, second: SecondHand | None = None) -> None:
        self._shift = timedelta(0)
        self._second = second

    def now(self) -> datetime:
        """The demo's time, for whoever has no database at hand."""
        return datetime.now(UTC) + self._shift

    def through(
        self,
        happenings: Iterable[Happening],
        *,
        until: datetime,
        new_day: Callable[[datetime], None],
    ) -> None:
        """Live through all that happens before `until`."""
        today = None
        for happening in sorted(happenings):
            if happening.at >= until:
                break
            self.to(happening.at)
            happening.act()
            self.settle()
            if happening.at.date() != today:
                today = happening.at.date()
                new_day(happening.at)
        self.to(until)
        new_day(until)

    def to(self, until: datetime) -> None:
        """Let time pass, timer by timer."""
        while (due_at := next_due_at()) is not None and due_at < until:
            self._travel(max(due_at, self.now()))
            self.settle()
        self._travel(until)

    def settle(self) -> None:
        """Do all that is due now."""
        for _ in range(MOST_ROUNDS):
            due_at = next_due_at()
            if due_at is None or due_at > (at := clock.now()):
                return
            self._tick(at)
        raise StuckError(f"The dispatcher does not get done with what was due at {self.now()}.")

    def _tick(self, at: datetime) -> None:
        """One round; where many days close at once, a second process takes its share."""
        if self._second and day_closes.due(at=at, limit=MANY)[MANY - 1 :]:
            self._second.tick_beside(at)
        else:
            tick(at)

    def start(self, at: datetime) -> None:
        self._travel(at)

    def home(self) -> None:
        """Back to the real time."""
        clock.reset()
        self._shift = timedelta(0)

    def _travel(self, at: datetime) -> None:
        clock.travel_to(at)
        self._shift = at - datetime.now(UTC)


def next_due_at() -> datetime | None:
    """When the next timer of any kind is due."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE)
        (timer_at,) = cursor.fetchone()
    delivery_at = dispatch_hints.next_due_at()
    return min((at for at in (timer_at, delivery_at) if at is not None), default=None)
