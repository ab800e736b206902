"""The clinical rules: pure functions of one patient's history.

No Django, no clock, no input or output: whoever calls says what time it is.
"""

from __future__ import annotations

from tracker.rules.engine.evaluator import evaluate
from tracker.rules.history.documents import HistoryDocument
from tracker.rules.history.history import History, parse_history, parse_record
from tracker.rules.history.records import Record, json_schemas, submitted_at
from tracker.rules.history.validation import InvalidHistory
from tracker.rules.instruments.questions import QUESTIONS, Question, checklist_questions
from tracker.rules.results import (
    Advice,
    Evidence,
    Finding,
    FlagHistory,
    Outcome,
    Priority,
    Raise,
    Urgency,
)
from tracker.rules.rule import only_clinician_closes
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
    "FlagHistory",
    "History",
    "HistoryDocument",
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
    "checklist_questions",
    "evaluate",
    "json_schemas",
    "only_clinician_closes",
    "parse_history",
    "parse_record",
    "submitted_at",
]
