"""Evaluates a history: records, closes of days and closures in order of time; flags out.

Everything is a function of the records, so whatever arrives late or twice, evaluating again
gives what would have been found at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from datetime import date as Date
from operator import attrgetter, itemgetter

from tracker.rules.engine.advice import Notice, notices
from tracker.rules.engine.checkpoint import Carried, pack, unpack
from tracker.rules.engine.flag_tracker import DAYS_TO_CLEAR, FlagState, FlagTracker
from tracker.rules.engine.reassessment import Reassessment
from tracker.rules.history.clean_cuts import Cut, newest_clean_cut
from tracker.rules.history.events import Event, Kind, events, next_close
from tracker.rules.history.history import History
from tracker.rules.history.records import CompressUse, DiaryEntry, RedFlagChecklist
from tracker.rules.history.versions import Version, VersionedRecord
from tracker.rules.instruments.checklist import Checklist
from tracker.rules.results import Advice, Checkpoint, Finding, Outcome, Priority, Urgency
from tracker.rules.rule import AcuteRule, AnyRule, CloseRule, Needs
from tracker.rules.ruleset import Ruleset, RulesetsInForce, Timeline, timeline_of
from tracker.rules.state.day_context import DayContext
from tracker.rules.state.dose_context import DoseContext
from tracker.rules.state.episode_state import BACKFILL_DAYS, EpisodeState

Arrivals = list[tuple[VersionedRecord, Version]]
_URGENCY: dict[Priority, Urgency] = {Priority.P0: "emergency", Priority.P1: "today"}


def evaluate(
    history: History,
    *,
    until: datetime | None,
    ruleset: str | Ruleset | Timeline | None = None,
    since: Checkpoint | None = None,
) -> Outcome:
    """All flags, from what was submitted up to `until`.

    Without `until`, silence after the last record is not evaluated.
    With `since`, the history holds the records submitted after that checkpoint, and all else
    of the patient; what is found is what the whole history adds after it, up to `until`.
    Raises CheckpointUnusable.
    """
    limit = until and until.astimezone(UTC)
    rulesets = RulesetsInForce(timeline_of(history, ruleset))
    carried = None if since is None else unpack(since, history, rulesets, limit)
    after = None if since is None else since.at.astimezone(UTC)
    evaluation = Evaluation(history, rulesets, carried)
    cut = limit and newest_clean_cut(history, limit, after=after)
    checkpoint = None
    due = events(history, limit, after=after)
    if cut:
        before = bisect_right(due, cut.at, key=attrgetter("at"))
        evaluation.apply_all(due[:before])
        checkpoint = evaluation.pack(cut)
        due = due[before:]
    evaluation.apply_all(due)
    return Outcome(
        flags=evaluation.flags.results(),
        advice=tuple(evaluation.advice),
        next_close_at=history.calendar.local(history.calendar.close(next_close(history, limit))),
        checkpoint=checkpoint,
    )


class Evaluation:
    def __init__(
        self, history: History, rulesets: RulesetsInForce, carried: Carried | None = None
    ) -> None:
        self.history = history
        self._carried = carried.state if carried else None
        self.state = EpisodeState(history, self._carried)
        self.flags = FlagTracker(history)
        self.advice: list[Advice] = []
        self._rulesets = rulesets
        self._arrivals = history.arrivals
        #: Local days on which a medication or thermal rule was found true.
        self._true_days: dict[str, set[int]] = defaultdict(set)
        if carried is not None:
            carried.flags.carry_on(self.flags, rulesets)
            self._true_days |= {rule: set(days) for rule, days in carried.true_days.items()}

    def apply_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self.apply(event)

    def pack(self, cut: Cut) -> Checkpoint:
        """What to resume from, after everything up to a clean cut."""
        return pack(cut, self._rulesets, self.state, self.flags, self._true_days)

    def apply(self, event: Event) -> None:
        if event.kind is Kind.ARRIVAL:
            self._receive(event.at, self._arrivals[event.at])
        elif event.kind is Kind.CLOSE:
            self._close_day(event.at, event.day)
        else:
            self._close_flag(event.at, event.rule)

    def _receive(self, at: datetime, arrivals: Arrivals) -> None:
        """All records of one instant count together, then each is evaluated."""
        corrected: list[tuple[VersionedRecord, Version]] = []
        for entry, version in arrivals:
            replaced = self.state.put(entry, version)
            if replaced is not None:
                corrected.append((entry, replaced))
        if corrected:
            self._reconsider(at, corrected)
        self._evaluate_checklists(at, arrivals)
        self._evaluate_compresses(at, arrivals)
        self._evaluate_doses(at, arrivals)
        self._evaluate_acute(at, arrivals)
        for entry, version in arrivals:
            for notice in notices(self.state, entry, version):
                self._advise(entry, at, version.day, notice)

    def _evaluate_checklists(self, at: datetime, arrivals: Arrivals) -> None:
        given = [
            (entry, Checklist.of(version.record, self.history))
            for entry, version in arrivals
            if isinstance(version.record, RedFlagChecklist)
        ]
        for entry, checklist in given:
            day = checklist.date.toordinal()
            ruleset = self._rulesets.on(day)
            for rule in ruleset.of_checklists:
                finding = rule.finding(checklist, ruleset.thresholds)
                if finding is not None:
                    self._report(rule, finding, at=at, day=day, source=entry)

    def _evaluate_compresses(self, at: datetime, arrivals: Arrivals) -> None:
        for entry, version in arrivals:
            use = version.record
            if isinstance(use, CompressUse) and self.state.is_analyzed(entry):
                day = version.day
                ruleset = self._rulesets.on(day)
                for rule in ruleset.of_compresses:
                    finding = rule.finding(use, ruleset.thresholds)
                    if finding is not None:
                        self._true_days[rule.id].add(day)
                        self._report(rule, finding, at=at, day=day, source=entry)

    def _evaluate_doses(self, at: datetime, arrivals: Arrivals) -> None:
        """At each dose, and at those up to 24 hours after it that are known already."""
        moments: dict[datetime, VersionedRecord] = {}
        for entry, _ in arrivals:
            dose = self.state.dose_of(entry)
            if dose is not None and self.history.calendar.day_of(at) - dose.day <= BACKFILL_DAYS:
                for moment in self.state.intakes.times_from(dose.at):
                    moments.setdefault(moment, entry)
        for moment, entry in sorted(moments.items(), key=itemgetter(0)):
            self._evaluate_dose(DoseContext(self.state, moment), at=at, source=entry)

    def _evaluate_dose(
        self, context: DoseContext, *, at: datetime, source: VersionedRecord
    ) -> None:
        ruleset = self._rulesets.on(context.day)
        for rule in ruleset.of_doses:
            if rule.only_with is not None and rule.only_with not in context.classes:
                continue
            finding = rule.finding(context, ruleset.thresholds)
            if finding is not None:
                self._true_days[rule.id].add(context.day)
                self._report(
                    rule, finding, at=at, day=context.day, source=source, dose_at=context.at
                )

    def _evaluate_acute(self, at: datetime, arrivals: Arrivals) -> None:
        """An on-time entry has come: evaluate the latest day that has one, if still open."""
        sources = [
            entry
            for entry, version in arrivals
            if isinstance(version.record, DiaryEntry) and self._is_on_time(version.record)
        ]
        day = self.state.latest_on_time
        if not sources or day is None or day < self.history.episodes.first.first_day:
            return
        if at < self.history.calendar.close(day):
            ruleset = self._rulesets.on(day)
            context = DayContext(self.state, day, ruleset.thresholds)
            self._evaluate_day(ruleset.acute, context, at=at, source=sources[-1])

    def _is_on_time(self, entry: DiaryEntry) -> bool:
        return self.state.days[entry.date.toordinal()].is_on_time

    def _evaluate_day(
        self,
        rules: Sequence[CloseRule | AcuteRule],
        context: DayContext,
        *,
        at: datetime,
        source: VersionedRecord | None,
    ) -> set[str]:
        """Evaluate some rules on a day; the ids of those that are true."""
        is_muted = self.history.episodes.is_muted(context.day)
        true: set[str] = set()
        for rule in rules:
            if is_muted and rule.is_muted_by_surgery:
                continue
            finding = rule.finding(context, context.thresholds)
            if finding is not None:
                true.add(rule.id)
                self._report(rule, finding, at=at, day=context.day, source=source)
        return true

    def _close_day(self, at: datetime, day: int) -> None:
        ruleset = self._rulesets.on(day)
        context = DayContext(self.state, day, ruleset.thresholds)
        true = self._evaluate_day(ruleset.at_close, context, at=at, source=None)
        true |= {rule for rule, days in self._true_days.items() if day in days}
        for flag in self.flags.live:
            if self._counts(flag, context):
                flag.false_days = 0 if flag.rule.id in true else flag.false_days + 1
                if flag.false_days == DAYS_TO_CLEAR:
                    self.flags.clear(flag, at=at, day=day)
        if self.history.episodes.ends_with_surgery(day):
            for flag in self.flags.live:
                if flag.rule.is_muted_by_surgery:
                    self.flags.close(flag, at=at, day=day, by_surgery=True)

    def _counts(self, flag: FlagState, context: DayContext) -> bool:
        """Whether a day is evaluated for the clearing of a flag."""
        is_later = context.day > flag.day
        return is_later and flag.clears_itself and _HAS_DATA[flag.rule.needs](context)

    def _close_flag(self, at: datetime, rule_id: str) -> None:
        for flag in self.flags.live:
            if flag.rule.id == rule_id:
                self.flags.close(flag, at=at, day=self.history.calendar.day_of(at))

    def _reconsider(self, at: datetime, corrected: list[tuple[VersionedRecord, Version]]) -> None:
        """Withdraw what the corrected values no longer support."""
        review = Reassessment(self.history, corrected, at, self._carried)
        for flag in self.flags.all:
            if flag.withdrawn_at is None and not review.still_stands(flag):
                self.flags.withdraw(flag, at=at)

    def _report(
        self,
        rule: AnyRule,
        finding: Finding,
        *,
        at: datetime,
        day: int,
        source: VersionedRecord | None,
        dose_at: datetime | None = None,
    ) -> None:
        self.flags.report(
            FlagState(
                rule=rule,
                ruleset=self._rulesets.on(day),
                priority=finding.priority,
                day=day,
                episode_no=self.history.episodes.of(day).number,
                opened_at=at,
                dose_at=dose_at,
                source=source,
                finding=finding,
                latest=finding,
                latest_day=day,
            )
        )
        if finding.patient_text is not None and source is not None:
            urgency = _URGENCY.get(finding.priority, "information")
            self._advise(source, at, day, Notice(rule.id, finding.patient_text, urgency))

    def _advise(self, source: VersionedRecord, at: datetime, day: int, notice: Notice) -> None:
        self.advice.append(
            Advice(
                code=notice.code,
                at=self.history.calendar.local(at),
                date=Date.fromordinal(day),
                text=notice.text,
                urgency=notice.urgency,
                record_id=self.state.versions.current(source).record.id,
            )
        )


_HAS_DATA: dict[Needs, Callable[[DayContext], bool]] = {
    Needs.RESPONSE: lambda context: context.baseline is not None and context.week is not None,
    Needs.PAIN: lambda context: context.pain() is not None,
    Needs.FUNCTION: lambda context: context.function() is not None,
    Needs.KNOWN_DAY: lambda context: context.state.is_known(context.day),
    Needs.NOTHING: lambda context: True,
}
