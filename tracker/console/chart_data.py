"""What a chart needs from the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from tracker.console import rule_labels
from tracker.console.charts import ChartEvent, PainChart, pain_chart
from tracker.models import DiaryEntry, Episode, Flag, TherapySession
from tracker.rules.state.episode_state import EpisodeState
from tracker.services.evaluation.histories import history_of
from tracker.services.local_time.calendars import calendar_of

#: Eight weeks fit a screen, and hold the six that conservative care is given.
DAYS_SHOWN = 56


def chart_of(
    episode: Episode, *, at: datetime, flags: Sequence[Flag], days: int = DAYS_SHOWN
) -> PainChart:
    """The last weeks of an episode, at least from the days that the flags speak of."""
    last = episode.ended_date or calendar_of(episode.patient).today(at)
    earliest = min([flag.local_date for flag in flags], default=last)
    first = max(
        episode.index_date, min(last - timedelta(days - 1), earliest - timedelta(DAYS_SHOWN // 2))
    )
    return pain_chart(
        pain_by_day=_pain(episode, first, last),
        first=first,
        last=last,
        baseline=_baseline(episode, at),
        events=_events(episode, flags),
    )


def _pain(episode: Episode, first: date, last: date) -> dict[date, int]:
    entries = DiaryEntry.objects.filter(
        patient_id=episode.patient_id,
        local_date__range=(first, last),
        retracted_at=None,
    )
    scores = entries.values_list("local_date", "pain_average")
    return {day: pain for day, pain in scores if pain is not None}


def _baseline(episode: Episode, at: datetime) -> float | None:
    """As the rules compute it; None while it is not established."""
    history = history_of(episode=episode, flags=())
    known = EpisodeState.at(history, entered_by=at, corrected_by=at)
    today = calendar_of(episode.patient).today(at).toordinal()
    mean = known.weekly_means_of(history.episodes.first).baseline(today)
    return None if mean is None else float(mean.value)


def _events(episode: Episode, flags: Iterable[Flag]) -> Iterable[ChartEvent]:
    if episode.surgery_date:
        yield ChartEvent(day=episode.surgery_date, kind="surgery", label="Operation")
    injections = TherapySession.objects.filter(
        patient_id=episode.patient_id, type="injection", retracted_at=None
    )
    for day in injections.values_list("local_date", flat=True):
        yield ChartEvent(day=day, kind="injection", label="Injection")
    for flag in flags:
        title = rule_labels.entry(flag.rule).title
        yield ChartEvent(day=flag.local_date, kind="flag", label=f"{flag.priority} {title}")
