"""The fold: records, closes of days and closures in order, flags out."""

from __future__ import annotations

from datetime import datetime

from tracker.rules.history import History
from tracker.rules.outcome import Outcome


def evaluate(history: History, *, until: datetime | None, ruleset: str | None = None) -> Outcome:
    """The lives of all flags, from what was submitted up to `until`.

    Without `until`, silence after the last record is not judged.
    """
    raise NotImplementedError
