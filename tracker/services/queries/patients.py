"""The patients of a clinic: the list, and what the page of one shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from tracker.models import (
    Clinician,
    Episode,
    ExcusedPeriod,
    Flag,
    Message,
    Patient,
    PlannedMeasure,
    Review,
)
from tracker.services.local_time.calendars import calendar_of
from tracker.services.queries import worklist
from tracker.services.queries.diary_days import Day, diary_days

DIARY_DAYS = 14
MOST_MESSAGES = MOST_REVIEWS = 20
MOST_PAST_FLAGS = 50


def found(clinician: Clinician, *, name_contains: str = "") -> QuerySet[Patient]:
    """Return the patients whom this clinician sees, with their number of open flags."""
    patients = Patient.objects.for_clinician(clinician).select_related("care_team")
    if name_contains:
        patients = patients.filter(full_name__icontains=name_contains)
    return patients.annotate(
        open_flags=Count("flags", filter=Q(flags__state=Flag.State.OPEN))
    ).order_by("full_name", "id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Care:
    """An episode with its care plan."""

    episode: Episode
    day: int  #: 1 on the index date
    plan: Sequence[PlannedMeasure]
    past_plan: Sequence[PlannedMeasure]
    excused: Sequence[ExcusedPeriod]
    open_flags: Sequence[Flag]


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    today: date
    care: Care | None
    row: worklist.WorklistRow | None
    days: Sequence[Day]
    messages: Sequence[Message]
    reviews: Sequence[Review]
    past_flags: Sequence[Flag]


def overview(patient: Patient, *, clinician: Clinician, at: datetime) -> Overview:
    """Return what a clinician needs to know before calling the patient."""
    episode = patient.episodes.current().first() or patient.episodes.first()
    today = calendar_of(patient).today(at)
    waiting = worklist.rows(clinician=clinician, patient=patient)
    reviews = patient.reviews.select_related("by").prefetch_related(
        "orders", "referrals", "visits", "flags"
    )
    past_flags = patient.flags.exclude(state=Flag.State.OPEN).select_related("review__by")
    return Overview(
        today=today,
        care=_care(episode, today) if episode else None,
        row=waiting[0] if waiting else None,
        days=diary_days(patient, last=today, count=DIARY_DAYS),
        messages=list(patient.messages.select_related("by")[:MOST_MESSAGES]),
        reviews=list(reviews[:MOST_REVIEWS]),
        past_flags=list(past_flags[:MOST_PAST_FLAGS]),
    )


def _care(episode: Episode, today: date) -> Care:
    lines = list(episode.planned_measures.all())
    return Care(
        episode=episode,
        day=(today - episode.index_date).days + 1,
        plan=[line for line in lines if line.until_date is None],
        past_plan=[line for line in lines if line.until_date is not None],
        excused=list(episode.excused_periods.all()),
        open_flags=list(episode.flags.open()),
    )
