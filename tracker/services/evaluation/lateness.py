"""Whether what the rules found was known in time, or only from records that came late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.services.evaluation.histories import RecordVersion

#: A finding from records that arrived this long after the fact is not escalated.
STALE_AFTER = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Lateness:
    """The (submitted_at, received_at) of the records that came later than STALE_AFTER.

    With `everything` all is stale: findings of imported diaries are not escalated.
    """

    arrivals: tuple[tuple[datetime, datetime], ...] = ()
    everything: bool = False

    @classmethod
    def of(cls, versions: Iterable[RecordVersion], *, everything: bool = False) -> Lateness:
        late = (
            (version.submitted_at, version.received_at)
            for version in versions
            if version.received_at - version.submitted_at > STALE_AFTER
        )
        return cls(tuple(late), everything)

    def is_stale(self, moment: datetime) -> bool:
        """Whether the records that led to `moment` arrived long after it.

        A close that ran late because the server was down is not stale: its records had
        arrived in time, and somebody must still be told.
        """
        if self.everything:
            return True
        known_at = max(
            (received for submitted, received in self.arrivals if submitted <= moment),
            default=moment,
        )
        return known_at - moment > STALE_AFTER
