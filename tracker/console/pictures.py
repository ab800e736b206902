"""What a chart needs from the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from tracker.console import rulebook
from tracker.console.charts import Happening, PainChart, pain_chart
from tracker.models import DiaryEntry, Episode, Flag, TherapySession
from tracker.rules.state.episode_state import EpisodeState
from tracker.services.evaluation.histories import history_of

#: Eight weeks fit a screen, and hold the six that conservative care is given.
DAYS_SHOWN = 56


def chart_of(
    episode: Episode, *, at: datetime, flags: Sequence[Flag], days: int = DAYS_SHOWN
) -> PainChart:
    """The last weeks of an episode, at least from the days that the flags speak of."""
    last = episode.ended_date or episode.patient.local_date(at)
    earliest = min([flag.local_date for flag in flags], default=last)
    first = max(
        episode.index_date, min(last - timedelta(days - 1), earliest - timedelta(DAYS_SHOWN // 2))
    )
    return pain_chart(
        pain_by_day=_pain(episode, first, last),
        first=first,
        last=last,
        baseline=_baseline(episode, at),
        happenings=_happenings(episode, flags),
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
    today = episode.patient.local_date(at).toordinal()
    mean = known.weekly_means_of(history.episodes.first).baseline(today)
    return None if mean is None else float(mean.value)


def _happenings(episode: Episode, flags: Iterable[Flag]) -> Iterable[Happening]:
    if episode.surgery_date:
        yield Happening(day=episode.surgery_date, kind="surgery", label="Operation")
    injections = TherapySession.objects.filter(
        patient_id=episode.patient_id, type="injection", retracted_at=None
    )
    for day in injections.values_list("local_date", flat=True):
        yield Happening(day=day, kind="injection", label="Injection")
    for flag in flags:
        title = rulebook.entry(flag.rule).title
        yield Happening(day=flag.local_date, kind="flag", label=f"{flag.priority} {title}")
