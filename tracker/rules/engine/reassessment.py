"""Whether a flag still stands when the values that it rested on are corrected."""

from __future__ import annotations

from datetime import datetime

from tracker.rules.engine.flag_tracker import FlagState
from tracker.rules.history.history import History
from tracker.rules.history.records import CompressUse, DiaryEntry, RedFlagChecklist
from tracker.rules.history.versions import Version, VersionedRecord
from tracker.rules.instruments.checklist import Checklist
from tracker.rules.results import Finding
from tracker.rules.rule import AcuteRule, CloseRule, CompressRule, DoseRule, RedFlagRule
from tracker.rules.state.day_context import DayContext
from tracker.rules.state.dose_context import DoseContext
from tracker.rules.state.episode_state import EpisodeState

Corrected = list[tuple[VersionedRecord, Version]]


class Reassessment:
    """Evaluates flags again as of their opening, with the values as corrected by now."""

    def __init__(self, history: History, corrected: Corrected, now: datetime) -> None:
        self._history = history
        self._now = now
        self._entries = [entry for entry, _ in corrected]
        self._diary_day = self._earliest(corrected, DiaryEntry)
        self._first_day = self._earliest(corrected, object)
        self._states: dict[datetime, EpisodeState] = {}

    def still_stands(self, flag: FlagState) -> bool:
        return not self._may_change(flag) or self._evaluate(flag) is not None

    def _may_change(self, flag: FlagState) -> bool:
        """Only records of its own kind, on or before its day, can take a flag's evidence."""
        if isinstance(flag.rule, (RedFlagRule, CompressRule)):
            return flag.source in self._entries
        first = self._diary_day if isinstance(flag.rule, AcuteRule) else self._first_day
        return first is not None and first <= flag.day

    def _evaluate(self, flag: FlagState) -> Finding | None:
        rule, thresholds = flag.rule, flag.ruleset.thresholds
        state = self._state_at(flag.opened_at)
        if isinstance(rule, (CloseRule, AcuteRule)):
            return rule.finding(DayContext(state, flag.day, thresholds), thresholds)
        if isinstance(rule, DoseRule):
            assert flag.dose_at is not None
            return rule.finding(DoseContext(state, flag.dose_at), thresholds)
        assert flag.source is not None
        record = state.versions.current(flag.source).record
        if isinstance(rule, RedFlagRule):
            assert isinstance(record, RedFlagChecklist)
            return rule.finding(Checklist.of(record, self._history), thresholds)
        assert isinstance(record, CompressUse)
        return rule.finding(record, thresholds)

    def _state_at(self, opened_at: datetime) -> EpisodeState:
        """The records there were when the flag opened, with today's values."""
        if opened_at not in self._states:
            self._states[opened_at] = EpisodeState.at(
                self._history, entered_by=opened_at, corrected_by=self._now
            )
        return self._states[opened_at]

    def _earliest(self, corrected: Corrected, *kinds: type) -> int | None:
        """The earliest day that any of these records spoke of, before or after."""
        days = [
            version.day
            for entry, before in corrected
            for version in (before, entry.at(self._now))
            if isinstance(version.record, kinds)
        ]
        return min(days, default=None)
