"""The fold: records, closes of days and closures in order of time; flags out.

Everything is a function of the records, so whatever arrives late or twice, folding again
gives what would have been found at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from datetime import date as Date
from operator import itemgetter

from tracker.rules.advice import Notice, notices
from tracker.rules.chart import BACKFILL_DAYS, Chart
from tracker.rules.checklist import Checklist
from tracker.rules.correcting import Review
from tracker.rules.dosing import DoseMoment
from tracker.rules.events import Event, Kind, events, next_close
from tracker.rules.history import History
from tracker.rules.lives import DAYS_TO_CLEAR, Life, Lives
from tracker.rules.outcome import Advice, Finding, Outcome, Priority, Urgency
from tracker.rules.records import CompressUse, DiaryEntry, RedFlagChecklist
from tracker.rules.rule import AcuteRule, AnyRule, CloseRule, Needs
from tracker.rules.ruleset import Ruleset, Timeline, timeline_of
from tracker.rules.today import Today
from tracker.rules.versions import Entry, Version

Arrivals = list[tuple[Entry, Version]]
_URGENCY: dict[Priority, Urgency] = {Priority.P0: "emergency", Priority.P1: "today"}


def evaluate(
    history: History,
    *,
    until: datetime | None,
    ruleset: str | Ruleset | Timeline | None = None,
) -> Outcome:
    """The lives of all flags, from what was submitted up to `until`.

    Without `until`, silence after the last record is not judged.
    """
    limit = until and until.astimezone(UTC)
    fold = _Fold(history, timeline_of(history, ruleset))
    for event in events(history, limit):
        fold.take(event)
    return Outcome(
        flags=fold.lives.results(),
        advice=tuple(fold.advice),
        next_close_at=history.days.local(history.days.close(next_close(history, limit))),
    )


class _Fold:
    def __init__(self, history: History, timeline: Timeline) -> None:
        self.history = history
        self.chart = Chart(history)
        self.lives = Lives(history)
        self.advice: list[Advice] = []
        self._from = [on.toordinal() for on, _ in timeline]
        self._rulesets = [ruleset for _, ruleset in timeline]
        self._arrivals = history.arrivals
        #: Local days on which a medication or thermal rule was found true.
        self._true_days: dict[str, set[int]] = defaultdict(set)

    def take(self, event: Event) -> None:
        if event.kind is Kind.ARRIVAL:
            self._receive(event.at, self._arrivals[event.at])
        elif event.kind is Kind.CLOSE:
            self._close_day(event.at, event.day)
        else:
            self._close_flag(event.at, event.rule)

    def _receive(self, at: datetime, arrivals: Arrivals) -> None:
        """All records of one instant count together, then each is judged."""
        corrected: list[tuple[Entry, Version]] = []
        for entry, version in arrivals:
            replaced = self.chart.put(entry, version)
            if replaced is not None:
                corrected.append((entry, replaced))
        if corrected:
            self._reconsider(at, corrected)
        self._judge_checklists(at, arrivals)
        self._judge_compresses(at, arrivals)
        self._judge_doses(at, arrivals)
        self._judge_acute(at, arrivals)
        for entry, version in arrivals:
            for notice in notices(self.chart, entry, version):
                self._advise(entry, at, version.day, notice)

    def _judge_checklists(self, at: datetime, arrivals: Arrivals) -> None:
        given = [
            (entry, Checklist.of(version.record, self.chart))
            for entry, version in arrivals
            if isinstance(version.record, RedFlagChecklist)
        ]
        for entry, checklist in given:
            day = checklist.date.toordinal()
            ruleset = self._ruleset(day)
            for rule in ruleset.of_checklists:
                finding = rule.finding(checklist, ruleset.thresholds)
                if finding is not None:
                    self._found(rule, finding, at=at, day=day, source=entry)

    def _judge_compresses(self, at: datetime, arrivals: Arrivals) -> None:
        for entry, version in arrivals:
            use = version.record
            if isinstance(use, CompressUse) and self.chart.is_analyzed(entry):
                day = version.day
                ruleset = self._ruleset(day)
                for rule in ruleset.of_compresses:
                    finding = rule.finding(use, ruleset.thresholds)
                    if finding is not None:
                        self._true_days[rule.id].add(day)
                        self._found(rule, finding, at=at, day=day, source=entry)

    def _judge_doses(self, at: datetime, arrivals: Arrivals) -> None:
        """At each dose, and at those up to 24 hours after it that are known already."""
        moments: dict[datetime, Entry] = {}
        for entry, _ in arrivals:
            taken = self.chart.taken(entry)
            if taken is not None and self.history.days.day_of(at) - taken.day <= BACKFILL_DAYS:
                for moment in self.chart.intakes.times_from(taken.at):
                    moments.setdefault(moment, entry)
        for moment, entry in sorted(moments.items(), key=itemgetter(0)):
            self._judge_moment(DoseMoment(self.chart, moment), at=at, source=entry)

    def _judge_moment(self, moment: DoseMoment, *, at: datetime, source: Entry) -> None:
        ruleset = self._ruleset(moment.day)
        for rule in ruleset.of_doses:
            if rule.only_with is not None and rule.only_with not in moment.classes:
                continue
            finding = rule.finding(moment, ruleset.thresholds)
            if finding is not None:
                self._true_days[rule.id].add(moment.day)
                self._found(rule, finding, at=at, day=moment.day, source=source, moment=moment.at)

    def _judge_acute(self, at: datetime, arrivals: Arrivals) -> None:
        """An on-time entry has come: judge the latest day that has one, if still open."""
        sources = [
            entry
            for entry, version in arrivals
            if isinstance(version.record, DiaryEntry) and self._is_on_time(version.record)
        ]
        day = self.chart.latest_on_time
        if not sources or day is None or day < self.history.episodes.first.first_day:
            return
        if at < self.history.days.close(day):
            ruleset = self._ruleset(day)
            today = Today(self.chart, day, ruleset.thresholds)
            self._judge_day(ruleset.acute, today, at=at, source=sources[-1])

    def _is_on_time(self, entry: DiaryEntry) -> bool:
        return self.chart.days[entry.date.toordinal()].is_on_time

    def _judge_day(
        self,
        rules: Sequence[CloseRule | AcuteRule],
        today: Today,
        *,
        at: datetime,
        source: Entry | None,
    ) -> set[str]:
        """Judge a day by some rules; the ids of those that are true."""
        is_muted = self.history.episodes.is_muted(today.day)
        true: set[str] = set()
        for rule in rules:
            if is_muted and rule.is_muted_by_surgery:
                continue
            finding = rule.finding(today, today.limits)
            if finding is not None:
                true.add(rule.id)
                self._found(rule, finding, at=at, day=today.day, source=source)
        return true

    def _close_day(self, at: datetime, day: int) -> None:
        ruleset = self._ruleset(day)
        today = Today(self.chart, day, ruleset.thresholds)
        true = self._judge_day(ruleset.at_close, today, at=at, source=None)
        true |= {rule for rule, days in self._true_days.items() if day in days}
        for life in self.lives.live:
            if self._counts(life, today):
                life.false_days = 0 if life.rule.id in true else life.false_days + 1
                if life.false_days == DAYS_TO_CLEAR:
                    self.lives.clear(life, at=at, day=day)
        if self.history.episodes.ends_with_surgery(day):
            for life in self.lives.live:
                if life.rule.is_muted_by_surgery:
                    self.lives.close(life, at=at, day=day, by_surgery=True)

    def _counts(self, life: Life, today: Today) -> bool:
        """Whether a day is evaluated for the clearing of a flag."""
        is_later = today.day > life.day
        return is_later and life.clears_itself and _HAS_DATA[life.rule.needs](today)

    def _close_flag(self, at: datetime, rule_id: str) -> None:
        for life in self.lives.live:
            if life.rule.id == rule_id:
                self.lives.close(life, at=at, day=self.history.days.day_of(at))

    def _reconsider(self, at: datetime, corrected: list[tuple[Entry, Version]]) -> None:
        """Withdraw what the corrected values no longer support."""
        review = Review(self.history, corrected, at)
        for life in self.lives.all:
            if life.withdrawn_at is None and not review.still_stands(life):
                self.lives.take_back(life, at=at)

    def _found(
        self,
        rule: AnyRule,
        finding: Finding,
        *,
        at: datetime,
        day: int,
        source: Entry | None,
        moment: datetime | None = None,
    ) -> None:
        self.lives.found(
            Life(
                rule=rule,
                ruleset=self._ruleset(day),
                priority=finding.priority,
                day=day,
                episode_no=self.history.episodes.of(day).number,
                opened_at=at,
                moment=moment,
                source=source,
                finding=finding,
                latest=finding,
            )
        )
        if finding.patient_text is not None and source is not None:
            urgency = _URGENCY.get(finding.priority, "information")
            self._advise(source, at, day, Notice(rule.id, finding.patient_text, urgency))

    def _advise(self, source: Entry, at: datetime, day: int, notice: Notice) -> None:
        self.advice.append(
            Advice(
                code=notice.code,
                at=self.history.days.local(at),
                date=Date.fromordinal(day),
                text=notice.text,
                urgency=notice.urgency,
                record_id=self.chart.current(source).record.id,
            )
        )

    def _ruleset(self, day: int) -> Ruleset:
        """The ruleset that is in force on a local day."""
        position = bisect_right(self._from, day) - 1
        return self._rulesets[max(position, 0)]


_HAS_DATA: dict[Needs, Callable[[Today], bool]] = {
    Needs.RESPONSE: lambda today: today.baseline is not None and today.week is not None,
    Needs.PAIN: lambda today: today.pain() is not None,
    Needs.FUNCTION: lambda today: today.function() is not None,
    Needs.KNOWN_DAY: lambda today: today.chart.is_known(today.day),
    Needs.NOTHING: lambda today: True,
}
