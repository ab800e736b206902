"""Episodes of back pain: when conservative care began, and what is known of the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import get_args

from django.db import transaction

from tracker.models import Clinician, Episode, ExcusedPeriod, Patient
from tracker.rules.history.documents import Condition
from tracker.services import audit
from tracker.services.context import Context
from tracker.services.errors import Conflict, ServiceError
from tracker.services.evaluation import evaluate

#: As the replay contract names them: what makes some rules stricter.
CONDITIONS: tuple[str, ...] = get_args(Condition)


class EpisodeRunning(Conflict):
    """This patient has a current episode. End it before you start another."""

    code = "episode_running"


class EpisodeEnded(Conflict):
    """This episode has ended. Reload the page."""

    code = "episode_ended"


class EpisodeDatesInvalid(ServiceError):
    """The onset must not be after the first day of care, nor the end before it."""

    code = "episode_dates_invalid"


class ConditionUnknown(ServiceError):
    """Unknown condition. Choose from the list."""

    code = "condition_unknown"


class ExcusedPeriodInvalid(ServiceError):
    """The last day must not be before the first."""

    code = "excused_period_invalid"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dates:
    """What an episode is counted by; day 1 is the index date."""

    index_date: date
    onset_date: date | None = None
    surgery_date: date | None = None
    #: None = the clinic's number
    conservative_min_days: int | None = None

    def check(self) -> None:
        if self.onset_date and self.onset_date > self.index_date:
            raise EpisodeDatesInvalid
        days = self.conservative_min_days
        if days is not None and not 14 <= days <= 365:
            raise EpisodeDatesInvalid("Conservative care is tried for 14 to 365 days.")


@transaction.atomic
def start(context: Context[Clinician], *, patient: Patient, dates: Dates) -> Episode:
    dates.check()
    Patient.objects.select_for_update().get(id=patient.id)
    if patient.episodes.current().exists():
        raise EpisodeRunning
    episode = Episode(clinic_id=patient.clinic_id, patient=patient)
    return _write(context, episode, dates, action="episode.start")


@transaction.atomic
def change(context: Context[Clinician], *, episode: Episode, dates: Dates) -> Episode:
    """Correct an episode's dates. Its flags change with them."""
    dates.check()
    return _write(context, lock_current(episode), dates, action="episode.change")


def _write(context: Context[Clinician], episode: Episode, dates: Dates, *, action: str) -> Episode:
    episode.index_date = dates.index_date
    episode.onset_date = dates.onset_date
    episode.surgery_date = dates.surgery_date
    episode.conservative_min_days = dates.conservative_min_days
    episode.save()
    audit_and_evaluate(context, action, episode)
    return episode


@transaction.atomic
def end(context: Context[Clinician], *, episode: Episode, ended_date: date) -> Episode:
    """Close the episode: its rules stop, its open flags stay for a clinician."""
    episode = lock_current(episode)
    if ended_date < episode.index_date:
        raise EpisodeDatesInvalid
    episode.ended_date = ended_date
    episode.next_close_at = None
    episode.save(update_fields=["ended_date", "next_close_at"])
    audit_and_evaluate(context, "episode.end", episode)
    return episode


@transaction.atomic
def excuse(
    context: Context[Clinician], *, episode: Episode, from_date: date, until_date: date, reason: str
) -> ExcusedPeriod:
    """Add days that do not count against the patient."""
    if until_date < from_date:
        raise ExcusedPeriodInvalid
    episode = lock_current(episode)
    period = ExcusedPeriod.objects.create(
        clinic_id=episode.clinic_id,
        episode=episode,
        from_date=from_date,
        until_date=until_date,
        reason=reason,
    )
    audit_and_evaluate(context, "episode.excuse", episode)
    return period


@transaction.atomic
def stop_excusing(context: Context[Clinician], *, period: ExcusedPeriod) -> None:
    episode = lock_current(period.episode)
    period.delete()
    audit_and_evaluate(context, "episode.stop_excusing", episode)


@transaction.atomic
def describe_patient(
    context: Context[Clinician],
    *,
    patient: Patient,
    conditions: Sequence[str],
    function_floor: int,
    mme_acknowledged: Decimal | None,
) -> Patient:
    """Store what the rules must know of the person: conditions, usual function, opioids."""
    if not set(conditions) <= set(CONDITIONS):
        raise ConditionUnknown
    patient.conditions = [name for name in CONDITIONS if name in conditions]
    patient.function_floor = function_floor
    patient.mme_acknowledged = mme_acknowledged
    patient.save(update_fields=["conditions", "function_floor", "mme_acknowledged"])
    audit.record(context, "patient.describe", patient)
    for episode in patient.episodes.current():
        _evaluate(episode, context.at)
    return patient


def lock_current(episode: Episode) -> Episode:
    """The episode's row, locked, as every evaluation locks it. Needs a transaction."""
    locked = Episode.objects.select_for_update().get(id=episode.id)
    if locked.ended_date is not None:
        raise EpisodeEnded
    return locked


def audit_and_evaluate(context: Context[Clinician], action: str, episode: Episode) -> None:
    """Record the change in the audit trail and evaluate the episode anew."""
    audit.record(context, action, episode)
    if episode.ended_date is None:
        _evaluate(episode, context.at)


def _evaluate(episode: Episode, at: datetime) -> None:
    """Evaluate anew; before enrolment, without judging days that were not logged."""
    is_enrolled = episode.patient.enrolled_at is not None
    evaluate.evaluate_episode(episode_id=episode.id, at=at, judge_silence=is_enrolled)
