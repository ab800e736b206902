"""Reminder slots: the wall times of the diary's and the care plan's reminders."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from tracker.models import Patient, PlannedMeasure, ReminderSlot
from tracker.services.local_time.wall_time import EVERY_DAY, next_occurrence

WEEKEND = frozenset({5, 6})

#: Days from one reminder to the next, by how many in a row were not answered. After these,
#: none until the measure is logged again: a rule finds days without records.
DAYS_BETWEEN = {range(3): 1, range(3, 6): 2, range(6, 9): 7}


def days_between(unanswered: int) -> int | None:
    return next((days for many, days in DAYS_BETWEEN.items() if unanswered in many), None)


def set_diary_time(*, patient: Patient, wall_time: time | None, at: datetime) -> None:
    """Remind of the diary at this wall time; None = never."""
    slot = patient.reminder_slots.filter(planned_measure=None).first()
    if slot is None and wall_time is None:
        return
    slot = slot or ReminderSlot(clinic_id=patient.clinic_id, patient=patient)
    slot.is_on = wall_time is not None
    slot.wall_time = wall_time or slot.wall_time
    slot.unanswered = 0
    schedule(slot, patient=patient, at=at)


def follow_plan(*, planned: PlannedMeasure, patient: Patient, at: datetime) -> None:
    """Create or update the slots of a care plan's line, and set their timers."""
    for wall_time in () if planned.waived else planned.reminder_times:
        planned.reminder_slots.get_or_create(
            wall_time=wall_time,
            defaults={
                "clinic_id": planned.clinic_id,
                "patient": patient,
                "weekdays": planned.reminder_weekdays,
            },
        )
    for slot in planned.reminder_slots.select_related("planned_measure__episode"):
        schedule(slot, patient=patient, at=at)


def schedule_all(*, patient: Patient, at: datetime) -> None:
    """Set all timers of the patient anew, after the time zone or the slots have changed."""
    for slot in patient.reminder_slots.select_related("planned_measure__episode"):
        schedule(slot, patient=patient, at=at)


def schedule(slot: ReminderSlot, *, patient: Patient, at: datetime) -> None:
    """Set the slot's timer to its next local day, or clear it."""
    slot.remind_at = slot.remind_date = None
    weekdays = frozenset(slot.weekdays or EVERY_DAY)
    if not patient.reminds_on_weekends:
        weekdays -= WEEKEND
    first = _first_day(slot)
    if slot.is_on and patient.is_active and patient.enrolled_at and weekdays and first is not None:
        following = next_occurrence(
            slot.wall_time, patient.zone, after=at, weekdays=weekdays, not_before=first
        )
        if following.day <= _last_day(slot):
            slot.remind_date, slot.remind_at = following
    slot.save()


def _first_day(slot: ReminderSlot) -> date | None:
    """Return the first day for a reminder; None = not until the measure is logged again."""
    days = days_between(slot.unanswered)
    if days is None:
        return None
    latest = slot.reminders.values_list("local_date", flat=True).first()
    begins = slot.planned_measure.from_date if slot.planned_measure else date.min
    return max(begins, latest + timedelta(days=days)) if latest else begins


def _last_day(slot: ReminderSlot) -> date:
    planned = slot.planned_measure
    if planned is None:
        return date.max
    return min(planned.until_date or date.max, planned.episode.ended_date or date.max)
