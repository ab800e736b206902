"""The advice that patients read in the app because of what they logged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tracker import rules
from tracker.models import Advice, Episode
from tracker.services.evaluation.lateness import STALE_AFTER


def reconcile_advice(
    episode: Episode,
    given: Iterable[rules.Advice],
    *,
    since: datetime | None,
    at: datetime,
    retrospective: bool,
) -> list[Advice]:
    """Store new advice, withdraw what no record supports any more; return what is unread.

    `given` is all that was given after `since`; older advice is left alone.
    """
    later = {} if since is None else {"given_at__gt": since}
    rows = Advice.objects.filter(episode=episode, **later)
    stored = {(row.code, row.given_at): row for row in rows}
    current = {key: row for key, row in stored.items() if row.withdrawn_at is None}
    wanted = {(item.code, item.at): item for item in reversed(tuple(given))}
    gone = [row.pk for key, row in current.items() if key not in wanted]
    if gone:
        Advice.objects.filter(pk__in=gone).update(withdrawn_at=at)
    new = [
        Advice(
            clinic_id=episode.clinic_id,
            patient_id=episode.patient_id,
            episode=episode,
            code=item.code,
            urgency=item.urgency,
            record_uuid=UUID(item.record_id.partition("/")[0]) if item.record_id else None,
            given_at=item.at,
            text=item.text,
        )
        for key, item in wanted.items()
        if key not in stored and not retrospective and at - item.at <= STALE_AFTER
    ]
    Advice.objects.bulk_create(new)
    unread = (row for key, row in current.items() if key in wanted and row.read_at is None)
    return [*unread, *new]
