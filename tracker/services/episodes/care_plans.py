"""The care plan: what was agreed to do. A changed line ends, and a new one begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction

from tracker.models import Clinician, Episode, PlannedMeasure
from tracker.rules.measures import MEDICATION
from tracker.services.context import Context
from tracker.services.episodes import episodes
from tracker.services.errors import Conflict, ServiceError
from tracker.services.local_time.wall_time import EVERY_DAY
from tracker.services.reminders import reminder_slots

#: Of one measure in a day.
MOST_REMINDERS = 6


class MedicineIncomplete(ServiceError):
    """A medicine needs its route and at least one ingredient with its milligrams."""

    code = "medicine_incomplete"


class NotAMedicine(ServiceError):
    """Only a medicine has ingredients, a route and doses."""

    code = "not_a_medicine"


class RemindersRefused(ServiceError):
    """Enter at most six different times a day, on days of the week."""

    code = "reminders_refused"


class LineEnded(Conflict):
    """This line of the care plan has ended. Reload the page."""

    code = "line_ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingredient:
    """An active ingredient of one dose, by its generic name in lower case."""

    name: str
    mg: float
    max_mg_per_day: float | None = None

    def as_json(self) -> dict[str, object]:
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The fields of one line: a measure, its schedule and its reminders."""

    measure: str
    sessions_per_week: int | None = None
    minutes_per_day: int | None = None
    product: str = ""
    ingredients: Sequence[Ingredient] = ()
    route: str = ""
    prescribed: bool = False
    doses_per_day: int | None = None
    waived: str = ""
    reminder_times: Sequence[time] = ()
    #: 0 is Monday; none = every day
    reminder_weekdays: Sequence[int] = ()

    def check(self) -> None:
        is_medicine = self.measure == MEDICATION.name
        if is_medicine and not (self.ingredients and self.route):
            raise MedicineIncomplete
        has_medicine_fields = self.ingredients or self.route or self.doses_per_day
        if not is_medicine and has_medicine_fields:
            raise NotAMedicine
        times, days = self.reminder_times, self.reminder_weekdays
        if len(times) > MOST_REMINDERS or len(set(times)) < len(times):
            raise RemindersRefused
        if not set(days) <= EVERY_DAY:
            raise RemindersRefused


@transaction.atomic
def add(
    context: Context[Clinician], *, episode: Episode, line: Line, from_date: date
) -> PlannedMeasure:
    line.check()
    episode = episodes.lock_current(episode)
    planned = _begin(context, episode, line, from_date=from_date)
    episodes.audit_and_evaluate(context, "care_plan.add", episode)
    return planned


@transaction.atomic
def change(
    context: Context[Clinician], *, planned: PlannedMeasure, line: Line, from_date: date
) -> PlannedMeasure:
    """End the line on the day before, and begin the new one."""
    line.check()
    episode = episodes.lock_current(planned.episode)
    _end(_current(planned), until_date=from_date - timedelta(days=1), at=context.at)
    changed = _begin(context, episode, line, from_date=from_date)
    episodes.audit_and_evaluate(context, "care_plan.change", episode)
    return changed


@transaction.atomic
def end(context: Context[Clinician], *, planned: PlannedMeasure, until_date: date) -> None:
    """Stop a measure; `until_date` is its last day."""
    episode = episodes.lock_current(planned.episode)
    _end(_current(planned), until_date=until_date, at=context.at)
    episodes.audit_and_evaluate(context, "care_plan.end", episode)


@transaction.atomic
def waive(
    context: Context[Clinician], *, planned: PlannedMeasure, reason: str, from_date: date
) -> PlannedMeasure:
    """Excuse the patient from a measure: it no longer counts as not tried."""
    return change(
        context, planned=planned, line=line_of(planned, waived=reason), from_date=from_date
    )


def line_of(planned: PlannedMeasure, *, waived: str = "") -> Line:
    return Line(
        measure=planned.measure,
        sessions_per_week=planned.sessions_per_week,
        minutes_per_day=planned.minutes_per_day,
        product=planned.product,
        ingredients=tuple(Ingredient(**each) for each in planned.ingredients or ()),
        route=planned.route,
        prescribed=planned.prescribed,
        doses_per_day=planned.doses_per_day,
        waived=waived,
        reminder_times=tuple(planned.reminder_times),
        reminder_weekdays=tuple(planned.reminder_weekdays),
    )


def _current(planned: PlannedMeasure) -> PlannedMeasure:
    """Read again under the episode's lock: it may have ended."""
    fresh = PlannedMeasure.objects.filter(id=planned.id, until_date=None).first()
    if fresh is None:
        raise LineEnded
    return fresh


def _end(planned: PlannedMeasure, *, until_date: date, at: datetime) -> None:
    if until_date < planned.from_date:
        planned.reminder_slots.all().delete()
        planned.delete()  # replaced on its first day: it never asked anything of anybody
        return
    planned.until_date = until_date
    planned.save(update_fields=["until_date"])
    reminder_slots.follow_plan(planned=planned, patient=planned.episode.patient, at=at)


def _begin(
    context: Context[Clinician], episode: Episode, line: Line, *, from_date: date
) -> PlannedMeasure:
    is_medicine = line.measure == MEDICATION.name
    planned = PlannedMeasure.objects.create(
        clinic_id=episode.clinic_id,
        episode=episode,
        measure=line.measure,
        sessions_per_week=line.sessions_per_week,
        minutes_per_day=line.minutes_per_day,
        ingredients=[each.as_json() for each in line.ingredients] if is_medicine else None,
        product=line.product,
        route=line.route,
        prescribed=line.prescribed,
        doses_per_day=line.doses_per_day,
        waived=line.waived,
        reminder_times=sorted(line.reminder_times),
        reminder_weekdays=sorted(line.reminder_weekdays),
        from_date=from_date,
        created_by=context.actor,
    )
    reminder_slots.follow_plan(planned=planned, patient=episode.patient, at=context.at)
    return planned
