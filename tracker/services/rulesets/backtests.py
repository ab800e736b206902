"""The histories of a clinic, as a backtest or a comparison reads them. No writes but the audit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tracker import rules
from tracker.models import Clinic, Episode
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.evaluation.histories import history_of


@dataclass(frozen=True, slots=True)
class HistoryToEvaluate:
    """A history, and until when days without entries are evaluated."""

    history: rules.History
    until: datetime | None


def count(*, clinic: Clinic) -> int:
    return Episode.objects.filter(clinic=clinic).count()


def histories(context: Context[Actor], *, clinic: Clinic) -> Iterator[HistoryToEvaluate]:
    """Every episode of the clinic, one after the other."""
    with transaction.atomic():
        audit.record(context, "clinic.backtest", clinic)
    episodes = Episode.objects.filter(clinic=clinic).select_related("patient").order_by("pk")
    for episode in episodes.iterator(chunk_size=100):
        history = history_of(episode=episode, flags=episode.flags.all())
        yield HistoryToEvaluate(history, _until(episode, history, context.at))


def _until(episode: Episode, history: rules.History, at: datetime) -> datetime | None:
    """Return the limit that production uses: the episode's end; none before enrolment."""
    if episode.patient.enrolled_at is None:
        return None
    if episode.ended_date is None:
        return at
    return min(at, history.calendar.close(episode.ended_date.toordinal()))
