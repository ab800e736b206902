"""Checkpoints of an episode's evaluation: the next one resumes from the newest that is usable.

The rules pack and read them (docs/adr/0024-resume-evaluation-from-checkpoints.md); here they are
kept, thinned, and deleted as soon as a record would have changed them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from tracker import rules
from tracker.models import Episode, EvaluationCheckpoint

DAY = timedelta(days=1)


def newest(episode: Episode, *, at: datetime) -> EvaluationCheckpoint | None:
    """Return the newest checkpoint that this code can read."""
    return (
        EvaluationCheckpoint.objects.filter(
            episode=episode, version=rules.CHECKPOINT_VERSION, at__lte=at
        )
        .order_by("-at")
        .first()
    )


def keep(episode: Episode, checkpoint: rules.Checkpoint, *, records: int) -> None:
    """Store a checkpoint after that many records, and thin the older ones."""
    row = EvaluationCheckpoint(
        clinic_id=episode.clinic_id,
        episode=episode,
        at=checkpoint.at,
        version=checkpoint.version,
        records=records,
        packed=checkpoint.packed,
    )
    EvaluationCheckpoint.objects.bulk_create(
        [row],
        # Other code, or a clock that went back, may have left one of this instant.
        update_conflicts=True,
        unique_fields=["episode", "at"],
        update_fields=["version", "records", "packed"],
    )
    stored = EvaluationCheckpoint.objects.filter(episode=episode)
    readable = stored.filter(version=checkpoint.version).values_list("at", flat=True)
    surplus = surplus_of(readable, newest_at=checkpoint.at)
    stored.exclude(version=checkpoint.version, at__in=set(readable) - set(surplus)).delete()


def surplus_of(stored: Iterable[datetime], *, newest_at: datetime) -> list[datetime]:
    """Those that are not needed so that one of about each age stays: 1, 2, 4, 8, ... days.

    Of each span of ages the oldest stays: it is the one that reaches the next span. The
    newest always stays, however few hours it is after the one before.
    """
    surplus = []
    spans = set()
    for each in sorted(stored):
        # Rounded, because a day may have 23 hours.
        span = round((newest_at - each) / DAY).bit_length()
        if span in spans and each != newest_at:
            surplus.append(each)
        spans.add(span)
    return surplus


def delete_from(episode_id: UUID, first_submitted_at: datetime) -> None:
    """Delete those that hold what was submitted at that instant, or that should hold it.

    The caller has locked the episode's row: a day that closes meanwhile has not seen it.
    """
    EvaluationCheckpoint.objects.filter(episode_id=episode_id, at__gte=first_submitted_at).delete()


def delete_all(episode_id: UUID) -> None:
    EvaluationCheckpoint.objects.filter(episode_id=episode_id).delete()


def value_of(row: EvaluationCheckpoint) -> rules.Checkpoint:
    """Return the stored checkpoint in the rules' form."""
    return rules.Checkpoint(at=row.at, version=row.version, packed=bytes(row.packed))
