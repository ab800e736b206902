"""The clinical rules: pure functions of one patient's history.

No Django, no clock, no input or output: whoever calls says what time it is.
"""

from __future__ import annotations

from tracker.rules.checking import InvalidHistory, check_record
from tracker.rules.engine import evaluate
from tracker.rules.history import History, parse_history, parse_record
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
from tracker.rules.questions import QUESTIONS, Question, checklist_questions
from tracker.rules.records import HistoryForm, Record, json_schemas, submitted_at
from tracker.rules.ruleset import CATALOG, LIVE, RULESETS, Ruleset, Timeline
from tracker.rules.thresholds import THRESHOLDS, InvalidThreshold, Thresholds

__all__ = [
    "CATALOG",
    "LIVE",
    "QUESTIONS",
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
    "Question",
    "Raise",
    "Record",
    "Ruleset",
    "Thresholds",
    "Timeline",
    "Urgency",
    "check_record",
    "checklist_questions",
    "evaluate",
    "json_schemas",
    "parse_history",
    "parse_record",
    "submitted_at",
]
