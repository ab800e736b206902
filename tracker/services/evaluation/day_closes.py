"""Day closes: when the on-time window of a day ends, the rules about trends and gaps run."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from tracker.models import Episode, PlannedMeasure
from tracker.rules.history.episodes import RECOVERY_DAYS
from tracker.services.context import Context, System
from tracker.services.evaluation.evaluate import evaluate_episode
from tracker.services.local_time.calendars import calendar_of
from tracker.services.reminders import reminder_slots
from tracker.services.rulesets import shadow_trials

logger = logging.getLogger(__name__)

#: After this long without a close an offer to the workers has expired.
OFFER_LASTS = timedelta(seconds=20)


def due(*, at: datetime, limit: int) -> list[UUID]:
    """The episodes whose next close is due, oldest first."""
    episodes = Episode.objects.filter(next_close_at__lte=at).order_by("next_close_at")
    return list(episodes.values_list("pk", flat=True)[:limit])


@transaction.atomic
def offer(*, at: datetime, limit: int) -> list[UUID]:
    """Mark the due episodes, oldest first, as offered to the workers and return them."""
    episodes = (
        Episode.objects.filter(next_close_at__lte=at)
        .exclude(_offered(at))
        .select_for_update(skip_locked=True)
        .order_by("next_close_at")[:limit]
    )
    offered = [episode.pk for episode in episodes]
    Episode.objects.filter(pk__in=offered).update(close_offered_at=at)
    return offered


def withdraw(offered: list[UUID]) -> None:
    """Withdraw offers that reached no worker."""
    Episode.objects.filter(pk__in=offered).update(close_offered_at=None)


def outstanding(*, at: datetime) -> int:
    """The number of offers that wait for a worker."""
    return Episode.objects.filter(_offered(at), next_close_at__lte=at).count()


def _offered(at: datetime) -> Q:
    return Q(close_offered_at__isnull=False, close_offered_at__gt=at - OFFER_LASTS)


def run(context: Context[System], *, episode_id: UUID) -> bool:
    """Close the due days of this episode; False if another process has, or is doing so."""
    at = context.at
    with transaction.atomic():
        episode = (
            Episode.objects.select_for_update(skip_locked=True)
            .filter(pk=episode_id, next_close_at__lte=at)
            .first()
        )
        if episode is None:
            return False
        evaluate_episode(episode_id=episode_id, at=at)
        _begin_episode_after_operation(episode, at=at)
    _run_shadow_trial(episode_id, at=at)
    return True


def _run_shadow_trial(episode_id: UUID, *, at: datetime) -> None:
    """A trial that fails is logged and leaves the close as it is."""
    try:
        shadow_trials.evaluate_trial(episode_id=episode_id, at=at)
    except Exception:
        logger.exception("shadow_trial_failed", extra={"subject_id": str(episode_id)})


def run_due(context: Context[System], *, limit: int) -> int:
    """Close the due days of each episode: one that fails does not stop the others."""
    return sum(attempt(context, episode_id=each) for each in due(at=context.at, limit=limit))


def attempt(context: Context[System], *, episode_id: UUID) -> bool:
    """Close the due days of this episode; one that fails is logged and stays due."""
    try:
        return run(context, episode_id=episode_id)
    except Exception:
        logger.exception("day_close_failed", extra={"subject_id": str(episode_id)})
        return False


def _begin_episode_after_operation(episode: Episode, *, at: datetime) -> None:
    if episode.surgery_date is None:
        return
    begins = episode.surgery_date + timedelta(days=RECOVERY_DAYS)
    if calendar_of(episode.patient).today(at) < begins:
        return
    Episode.objects.filter(pk=episode.pk).update(
        ended_date=begins - timedelta(days=1), next_close_at=None
    )
    successor = Episode.objects.create(
        clinic_id=episode.clinic_id,
        patient_id=episode.patient_id,
        index_date=begins,
        conservative_min_days=episode.conservative_min_days,
    )
    carried_over = PlannedMeasure.objects.bulk_create(
        _carried_over(line, successor) for line in episode.planned_measures.current()
    )
    for line in carried_over:
        reminder_slots.follow_plan(planned=line, patient=episode.patient, at=at)
    evaluate_episode(episode_id=successor.pk, at=at)


def _carried_over(line: PlannedMeasure, successor: Episode) -> PlannedMeasure:
    return PlannedMeasure(
        clinic_id=line.clinic_id,
        episode=successor,
        measure=line.measure,
        sessions_per_week=line.sessions_per_week,
        minutes_per_day=line.minutes_per_day,
        ingredients=line.ingredients,
        product=line.product,
        route=line.route,
        prescribed=line.prescribed,
        doses_per_day=line.doses_per_day,
        waived=line.waived,
        reminder_times=line.reminder_times,
        reminder_weekdays=line.reminder_weekdays,
        from_date=successor.index_date,
        created_by=line.created_by,
    )
