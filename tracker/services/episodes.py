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

from . import audit, evaluation
from .errors import Conflict, ServiceError

#: As the replay contract names them: what makes some rules stricter.
CONDITIONS: tuple[str, ...] = get_args(Condition)


class EpisodeRunning(Conflict):
    """This patient has a current episode: end it before another begins."""

    code = "episode_running"


class EpisodeEnded(Conflict):
    """This episode has ended."""

    code = "episode_ended"


class EpisodeDatesInvalid(ServiceError):
    """The pain began before the first day of care, and an episode ends after that day."""

    code = "episode_dates_invalid"


class ConditionUnknown(ServiceError):
    """No rule knows a condition of that name."""

    code = "condition_unknown"


class ExcusedPeriodInvalid(ServiceError):
    """An excused period ends on or after the day it begins."""

    code = "excused_period_invalid"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dates:
    """What an episode is counted by; day 1 is the index date."""

    index_date: date
    onset_date: date | None = None
    surgery_date: date | None = None
    #: None = as long as the clinic says
    conservative_min_days: int | None = None

    def check(self) -> None:
        if self.onset_date and self.onset_date > self.index_date:
            raise EpisodeDatesInvalid
        days = self.conservative_min_days
        if days is not None and not 14 <= days <= 365:
            raise EpisodeDatesInvalid("Conservative care is tried for 14 to 365 days.")


@transaction.atomic
def start(*, patient: Patient, dates: Dates, by: Clinician, at: datetime) -> Episode:
    dates.check()
    Patient.objects.select_for_update().get(id=patient.id)
    if patient.episodes.current().exists():
        raise EpisodeRunning
    episode = Episode(clinic_id=patient.clinic_id, patient=patient)
    return _write(episode, dates, action="episode.start", by=by, at=at)


@transaction.atomic
def change(*, episode: Episode, dates: Dates, by: Clinician, at: datetime) -> Episode:
    """Correct an episode's dates. Its flags follow: they are a function of the records."""
    dates.check()
    return _write(lock_current(episode), dates, action="episode.change", by=by, at=at)


def _write(episode: Episode, dates: Dates, *, action: str, by: Clinician, at: datetime) -> Episode:
    episode.index_date = dates.index_date
    episode.onset_date = dates.onset_date
    episode.surgery_date = dates.surgery_date
    episode.conservative_min_days = dates.conservative_min_days
    episode.save()
    settle(action, episode, by, at)
    return episode


@transaction.atomic
def end(*, episode: Episode, ended_date: date, by: Clinician, at: datetime) -> Episode:
    """Close the episode: its rules stop, its open flags stay for a clinician."""
    episode = lock_current(episode)
    if ended_date < episode.index_date:
        raise EpisodeDatesInvalid
    episode.ended_date = ended_date
    episode.next_close_at = None
    episode.save(update_fields=["ended_date", "next_close_at"])
    settle("episode.end", episode, by, at)
    return episode


@transaction.atomic
def excuse(
    *,
    episode: Episode,
    from_date: date,
    until_date: date,
    reason: str,
    by: Clinician,
    at: datetime,
) -> ExcusedPeriod:
    """Name days that do not count against the patient."""
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
    settle("episode.excuse", episode, by, at)
    return period


@transaction.atomic
def stop_excusing(*, period: ExcusedPeriod, by: Clinician, at: datetime) -> None:
    episode = lock_current(period.episode)
    period.delete()
    settle("episode.stop_excusing", episode, by, at)


@transaction.atomic
def describe_patient(
    *,
    patient: Patient,
    conditions: Sequence[str],
    function_floor: int,
    mme_acknowledged: Decimal | None,
    by: Clinician,
    at: datetime,
) -> Patient:
    """Say what the rules must know of the person: conditions, usual function, opioids."""
    if not set(conditions) <= set(CONDITIONS):
        raise ConditionUnknown
    patient.conditions = [name for name in CONDITIONS if name in conditions]
    patient.function_floor = function_floor
    patient.mme_acknowledged = mme_acknowledged
    patient.save(update_fields=["conditions", "function_floor", "mme_acknowledged"])
    audit.record(
        action="patient.describe",
        by=by,
        at=at,
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        subject_id=patient.id,
    )
    for episode in patient.episodes.current():
        _judge(episode, at)
    return patient


def lock_current(episode: Episode) -> Episode:
    """The episode's row, locked, as every evaluation locks it. Needs a transaction."""
    locked = Episode.objects.select_for_update().get(id=episode.id)
    if locked.ended_date is not None:
        raise EpisodeEnded
    return locked


def settle(action: str, episode: Episode, by: Clinician, at: datetime) -> None:
    """Leave the audit row of a change; then judge the history anew in its light."""
    audit.record(
        action=action,
        by=by,
        at=at,
        clinic_id=episode.clinic_id,
        patient_id=episode.patient_id,
        subject_id=episode.id,
    )
    if episode.ended_date is None:
        _judge(episode, at)


def _judge(episode: Episode, at: datetime) -> None:
    """Who has not enrolled cannot log: their silence says nothing yet."""
    is_enrolled = episode.patient.enrolled_at is not None
    evaluation.evaluate_episode(episode_id=episode.id, at=at, judge_silence=is_enrolled)
