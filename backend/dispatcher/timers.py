"""Everything that happens because time passes, each declared once.

The dispatcher runs these declarations. `backend.invariants.timers` derives the invariants
that no timer is overdue, and `backend.metrics.measures` how long each has been due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Model

from backend.dispatcher import day_close_offers
from backend.dispatcher.broker import Broker
from notifications.services.deliveries.expiry import expire
from notifications.services.notifications.prune import prune
from tracker.models import Episode, Escalation, Message, Reminder, ReminderSlot
from tracker.services.context import SYSTEM, Context
from tracker.services.escalations import timers as escalation_timers
from tracker.services.evaluation import day_closes
from tracker.services.reminders import reminders
from tracker.services.reviews import clinic_messages

#: How much one job does before the others get their turn.
BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that the dispatcher repeats; `run(at=, limit=)` returns how much it did.

    Any number of dispatchers run it at once: it claims rows with SKIP LOCKED and commits
    item by item, so that one failing item does not undo the others.
    """

    name: str
    run: Callable[..., int]
    every: timedelta = timedelta(0)
    limit: int = BATCH


def _as_system(service: Callable[..., int]) -> Callable[..., int]:
    """A service of the tracker, which takes who acts and when as one context."""
    return lambda *, at, limit: service(Context(SYSTEM, at), limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer(Job):
    """A job that is due for a row when the time in a column has come; NULL = never.

    The column needs an index with the condition that it is not NULL.
    """

    model: type[Model]
    column: str
    #: Due for longer than this, it violates the invariant `<name>_on_time`.
    overdue_after: timedelta
    code: str  #: of the promise that the invariant is part of
    description: str  #: what is due: "no ... is due for more than 60 seconds"
    rationale: str
    #: The dispatcher wakes up for it; others wait for its poll.
    is_urgent: bool = False
    #: Publishes what is due to the workers of the bulk queue, when there are any.
    offer: Callable[[Broker, datetime], int] | None = None

    @property
    def table(self) -> str:
        return self.model._meta.db_table


TIMERS: tuple[Timer, ...] = (
    Timer(
        name="snooze",
        model=Escalation,
        column="wake_at",
        run=_as_system(escalation_timers.wake_due),
        overdue_after=timedelta(seconds=60),
        code="I3",
        description="end of a snooze",
        rationale="the patient: snoozed escalations resume",
    ),
    Timer(
        name="escalation_step",
        model=Escalation,
        column="next_step_at",
        run=_as_system(escalation_timers.fire_due),
        is_urgent=True,
        overdue_after=timedelta(seconds=60),
        code="I3",
        description="step or repeated notice of an escalation",
        rationale="the patient: the next person is told in time",
    ),
    Timer(
        name="review_deadline",
        model=Escalation,
        column="review_by",
        run=_as_system(escalation_timers.reopen_overdue),
        overdue_after=timedelta(seconds=60),
        code="I3",
        description="review of an acknowledged escalation",
        rationale="the patient: a review follows each acknowledgement, or others are told",
    ),
    Timer(
        name="reminder",
        model=ReminderSlot,
        column="remind_at",
        run=_as_system(reminders.send_due),
        overdue_after=timedelta(minutes=15),
        code="I12",
        description="reminder",
        rationale="the patient: a reminder comes at the time they chose",
    ),
    Timer(
        name="snoozed_reminder",
        model=Reminder,
        column="again_at",
        run=_as_system(reminders.send_again),
        overdue_after=timedelta(minutes=15),
        code="I12",
        description="snoozed reminder",
        rationale="the patient: a reminder comes back at the time they chose",
    ),
    Timer(
        name="unread_message",
        model=Message,
        column="chase_at",
        run=_as_system(clinic_messages.chase_due),
        overdue_after=timedelta(minutes=15),
        code="I4",
        description="next step about an unread message",
        rationale="the patient reads the clinic's messages, or the clinic learns of unread ones",
    ),
    Timer(
        name="day_close",
        model=Episode,
        column="next_close_at",
        run=_as_system(day_closes.run_due),
        offer=day_close_offers.offer,
        limit=10,  # a close reads a whole history, and escalations are waiting
        overdue_after=timedelta(minutes=15),
        code="I3",
        description="close of a local day",
        rationale="the patient: trends and missing entries are evaluated every day",
    ),
)

#: What is found by looking regularly: it depends on more than one column.
JOBS: tuple[Job, ...] = (
    Job(
        name="undelivered steps",
        run=_as_system(escalation_timers.skip_undelivered),
        every=timedelta(seconds=5),
    ),
    Job(name="expire deliveries", run=expire),
    Job(name="prune notifications", run=prune, every=timedelta(minutes=10)),
)


def next_due_at(timers: Iterable[Timer], *, after: datetime | None = None) -> datetime | None:
    """Return when the first of these timers is due; with `after`, the first one after that."""
    selects = ", ".join(
        f"(SELECT min({timer.column}) FROM {timer.table}"  # noqa: S608 - our own names
        f" WHERE {timer.column} > coalesce(%(after)s::timestamptz, '-infinity'))"
        for timer in timers
    )
    if not selects:
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT least({selects})", {"after": after})
        due_at: datetime | None = cursor.fetchone()[0]
    return due_at


def is_due(job: Job, latest_at: datetime | None, at: datetime) -> bool:
    # Also when the clock went back, as it may in the demo.
    return latest_at is None or not latest_at <= at < latest_at + job.every
