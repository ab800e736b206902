"""The clinical rules: pure functions of one patient's history.

No Django, no clock, no input or output: whoever calls says what time it is.
"""

from __future__ import annotations

from tracker.rules.engine import evaluate
from tracker.rules.history import (
    History,
    InvalidHistory,
    parse_history,
    parse_record,
)
from tracker.rules.outcome import (
    Advice,
    Evidence,
    Finding,
    FlagLife,
    Outcome,
    Priority,
    Raise,
    Urgency,
)
from tracker.rules.records import HistoryForm, Record
from tracker.rules.ruleset import LIVE, RULESETS, Ruleset, Timeline
from tracker.rules.thresholds import THRESHOLDS, InvalidThreshold, Thresholds

__all__ = [
    "LIVE",
    "RULESETS",
    "THRESHOLDS",
    "Advice",
    "Evidence",
    "Finding",
    "FlagLife",
    "History",
    "HistoryForm",
    "InvalidHistory",
    "InvalidThreshold",
    "Outcome",
    "Priority",
    "Raise",
    "Record",
    "Ruleset",
    "Thresholds",
    "Timeline",
    "Urgency",
    "evaluate",
    "parse_history",
    "parse_record",
]
