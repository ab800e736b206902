"""Whether a flag still stands when the values that it rested on are corrected."""

from __future__ import annotations

from datetime import datetime

from tracker.rules.chart import Chart
from tracker.rules.checklist import Checklist
from tracker.rules.dosing import DoseMoment
from tracker.rules.history import History
from tracker.rules.lives import Life
from tracker.rules.outcome import Finding
from tracker.rules.records import CompressUse, DiaryEntry, RedFlagChecklist
from tracker.rules.rule import AcuteRule, CloseRule, CompressRule, DoseRule, RedFlagRule
from tracker.rules.today import Today
from tracker.rules.versions import Entry, Version

Corrected = list[tuple[Entry, Version]]


class Review:
    """Judges flags at their opening, with the values as corrected by now."""

    def __init__(self, history: History, corrected: Corrected, now: datetime) -> None:
        self._history = history
        self._now = now
        self._entries = [entry for entry, _ in corrected]
        self._diary_day = self._earliest(corrected, DiaryEntry)
        self._first_day = self._earliest(corrected, object)
        self._charts: dict[datetime, Chart] = {}

    def still_stands(self, life: Life) -> bool:
        return not self._may_change(life) or self._judge(life) is not None

    def _may_change(self, life: Life) -> bool:
        """Only records of its own kind, on or before its day, can take a flag's evidence."""
        if isinstance(life.rule, (RedFlagRule, CompressRule)):
            return life.source in self._entries
        first = self._diary_day if isinstance(life.rule, AcuteRule) else self._first_day
        return first is not None and first <= life.day

    def _judge(self, life: Life) -> Finding | None:
        rule, limits = life.rule, life.ruleset.thresholds
        chart = self._chart(life.opened_at)
        if isinstance(rule, (CloseRule, AcuteRule)):
            return rule.finding(Today(chart, life.day, limits), limits)
        if isinstance(rule, DoseRule):
            assert life.moment is not None
            return rule.finding(DoseMoment(chart, life.moment), limits)
        assert life.source is not None
        record = chart.current(life.source).record
        if isinstance(rule, RedFlagRule):
            assert isinstance(record, RedFlagChecklist)
            return rule.finding(Checklist.of(record, chart), limits)
        assert isinstance(record, CompressUse)
        return rule.finding(record, limits)

    def _chart(self, opened_at: datetime) -> Chart:
        """The records there were when the flag opened, with today's values."""
        if opened_at not in self._charts:
            self._charts[opened_at] = Chart.at(
                self._history, entered_by=opened_at, corrected_by=self._now
            )
        return self._charts[opened_at]

    def _earliest(self, corrected: Corrected, *kinds: type) -> int | None:
        """The earliest day that any of these records spoke of, before or after."""
        days = [
            version.day
            for entry, before in corrected
            for version in (before, entry.at(self._now))
            if isinstance(version.record, kinds)
        ]
        return min(days, default=None)
