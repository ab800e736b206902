"""Maps rows and query results to the schemas of care."""

from __future__ import annotations

from typing import Any

from tracker.api.care import schemas
from tracker.api.http.local_time import format_wall_time
from tracker.models import (
    Advice,
    Episode,
    Message,
    PlannedMeasure,
    Review,
)
from tracker.services.local_time.wall_time import EVERY_DAY
from tracker.services.queries import patient_data
from tracker.services.queries.pending_advice import PendingAdvice
from tracker.services.queries.time_zone_prompt import TimeZonePrompt
from tracker.services.reminders.answers import measure_of


def pending_advice(found: PendingAdvice) -> schemas.PendingAdviceResponse:
    due: Any = found.checklist_due or None
    return schemas.PendingAdviceResponse(
        advice=[advice(one) for one in found.advice], checklist_due=due
    )


def advice(row: Advice) -> schemas.AdviceResponse:
    urgency: Any = row.urgency
    return schemas.AdviceResponse(
        id=row.id,
        code=row.code,
        urgency=urgency,
        text=row.text,
        given_at=row.given_at,
        record_id=row.record_uuid,
        read_at=row.read_at,
    )


def message(row: Message) -> schemas.MessageResponse:
    return schemas.MessageResponse(
        id=row.id, by=row.by.full_name, text=row.text, sent_at=row.sent_at, read_at=row.read_at
    )


def review(row: Review) -> schemas.ReviewResponse:
    return schemas.ReviewResponse(id=row.id, by=row.by.full_name, at=row.at, decision=row.decision)


def time_zone_prompt(found: TimeZonePrompt) -> schemas.TimeZonePrompt:
    return schemas.TimeZonePrompt(
        time_zone=found.time_zone,
        local_time=format_wall_time(found.local_time),
        present_time_zone=found.present_time_zone,
        present_local_time=format_wall_time(found.present_local_time),
    )


def reminder(found: patient_data.SlotShown) -> schemas.ReminderResponse:
    slot = found.slot
    return schemas.ReminderResponse(
        id=slot.id,
        measure=measure_of(slot) or None,
        time=format_wall_time(slot.wall_time),
        weekdays=sorted(slot.weekdays or EVERY_DAY),
        next_at=slot.remind_at,
        is_reduced=found.is_reduced,
        snoozes_left=found.snoozes_left,
        snoozed_until=found.snoozed_until,
    )


def care_plan(found: patient_data.CarePlan) -> schemas.CarePlanResponse:
    return schemas.CarePlanResponse(
        episode=_episode(found.episode) if found.episode else None,
        measures=[_measure(row) for row in found.measures],
    )


def _episode(row: Episode) -> schemas.EpisodeResponse:
    return schemas.EpisodeResponse(
        index_date=row.index_date, onset_date=row.onset_date, surgery_date=row.surgery_date
    )


def _measure(row: PlannedMeasure) -> schemas.PlannedMeasureResponse:
    return schemas.PlannedMeasureResponse(
        id=row.id,
        measure=row.measure,
        sessions_per_week=row.sessions_per_week,
        minutes_per_day=row.minutes_per_day,
        product=row.product or None,
        ingredients=row.ingredients
        and [schemas.PlannedIngredient(**ingredient) for ingredient in row.ingredients],
        route=row.route or None,
        prescribed=row.prescribed,
        doses_per_day=row.doses_per_day,
        waived=row.waived or None,
        reminder_times=[format_wall_time(each) for each in row.reminder_times],
        from_date=row.from_date,
    )
