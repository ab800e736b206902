"""Rows as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Any

from tracker.api import shapes
from tracker.models import (
    Advice,
    Clinic,
    Episode,
    Message,
    PlannedMeasure,
    Review,
    StaffedHours,
)
from tracker.services.local_time.wall_time import EVERY_DAY
from tracker.services.people import consent
from tracker.services.queries import patient_data, time_zone_prompt
from tracker.services.queries.pending_advice import MustRead
from tracker.services.reminders.answers import measure_of


def must_read(found: MustRead) -> shapes.MustReadNow:
    due: Any = found.checklist_due or None
    return shapes.MustReadNow(advice=[advice(one) for one in found.advice], checklist_due=due)


def advice(row: Advice) -> shapes.AdviceShown:
    urgency: Any = row.urgency
    return shapes.AdviceShown(
        id=row.id,
        code=row.code,
        urgency=urgency,
        text=row.text,
        given_at=row.given_at,
        record_id=row.record_uuid,
        read_at=row.read_at,
    )


def message(row: Message) -> shapes.MessageShown:
    return shapes.MessageShown(
        id=row.id, by=row.by.full_name, text=row.text, sent_at=row.sent_at, read_at=row.read_at
    )


def review(row: Review) -> shapes.ReviewShown:
    return shapes.ReviewShown(id=row.id, by=row.by.full_name, at=row.at, decision=row.decision)


def clinic(row: Clinic, hours: Iterable[StaffedHours]) -> shapes.ClinicContact:
    return shapes.ClinicContact(
        name=row.name,
        phone=row.phone,
        emergency_number=row.emergency_number,
        crisis_line=consent.CRISIS_LINE,
        time_zone=row.time_zone,
        staffed_hours=[
            shapes.OpenHours(
                weekday=span.weekday,
                opens=span.opens.strftime("%H:%M"),
                closes=span.closes.strftime("%H:%M"),
            )
            for span in hours
        ],
    )


def me(found: patient_data.Profile) -> shapes.Me:
    patient = found.patient
    reminder = patient.reminder_time
    return shapes.Me(
        id=patient.id,
        full_name=patient.full_name,
        email=patient.user.email if patient.user else "",
        time_zone=patient.time_zone,
        time_zone_today=found.zone_today,
        reminder_time=_clock(reminder) if reminder else None,
        reminds_on_weekends=patient.reminds_on_weekends,
        quiet_hours=_span(patient.quiet_from, patient.quiet_until),
        enrolled_at=patient.enrolled_at,
        clinic=clinic(patient.clinic, found.hours),
    )


def _clock(wall: time) -> str:
    return wall.strftime("%H:%M")


def _span(begin: time | None, end: time | None) -> shapes.SpanShown | None:
    if begin is None or end is None:
        return None
    return shapes.SpanShown(from_time=_clock(begin), until_time=_clock(end))


def zone_question(found: time_zone_prompt.ZoneQuestion) -> shapes.ZoneQuestion:
    return shapes.ZoneQuestion(
        time_zone=found.time_zone,
        local_time=_clock(found.local_time),
        present_time_zone=found.present_time_zone,
        present_local_time=_clock(found.present_local_time),
    )


def reminder(found: patient_data.SlotShown) -> shapes.ReminderSlotShown:
    slot = found.slot
    return shapes.ReminderSlotShown(
        id=slot.id,
        measure=measure_of(slot) or None,
        time=_clock(slot.wall_time),
        weekdays=sorted(slot.weekdays or EVERY_DAY),
        next_at=slot.remind_at,
        is_reduced=found.is_reduced,
        snoozes_left=found.snoozes_left,
        snoozed_until=found.snoozed_until,
    )


def care_plan(found: patient_data.CarePlan) -> shapes.CarePlanShown:
    return shapes.CarePlanShown(
        episode=_episode(found.episode) if found.episode else None,
        measures=[_measure(row) for row in found.measures],
    )


def _episode(row: Episode) -> shapes.EpisodeShown:
    return shapes.EpisodeShown(
        index_date=row.index_date, onset_date=row.onset_date, surgery_date=row.surgery_date
    )


def _measure(row: PlannedMeasure) -> shapes.PlannedMeasureShown:
    return shapes.PlannedMeasureShown(
        id=row.id,
        measure=row.measure,
        sessions_per_week=row.sessions_per_week,
        minutes_per_day=row.minutes_per_day,
        product=row.product or None,
        ingredients=row.ingredients
        and [shapes.PlannedIngredient(**ingredient) for ingredient in row.ingredients],
        route=row.route or None,
        prescribed=row.prescribed,
        doses_per_day=row.doses_per_day,
        waived=row.waived or None,
        reminder_times=[_clock(each) for each in row.reminder_times],
        from_date=row.from_date,
    )
