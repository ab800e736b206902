"""Tracks each flag: opened, raised, cleared, closed, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime

from tracker.rules.history.history import History
from tracker.rules.history.versions import VersionedRecord
from tracker.rules.results import Finding, FlagHistory, Priority, Raise
from tracker.rules.rule import AnyRule, only_clinician_closes
from tracker.rules.ruleset import Ruleset

#: Evaluated days without the condition after which a flag clears.
DAYS_TO_CLEAR = 7
#: Days after a flag's end during which its rule may not open another.
COOL_DOWN_DAYS = {Priority.P2: 3, Priority.P3: 14, Priority.P4: 14}

Key = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class FlagState:
    """One flag while a history is evaluated."""

    rule: AnyRule
    ruleset: Ruleset
    priority: Priority
    day: int
    episode_no: int
    opened_at: datetime
    #: For a medication rule, the dose that it speaks of.
    dose_at: datetime | None
    #: The record whose arrival opened it.
    source: VersionedRecord | None
    finding: Finding
    latest: Finding
    raises: list[tuple[datetime, int, Priority, Finding, Ruleset]] = field(default_factory=list)
    false_days: int = 0
    cleared_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by_surgery: bool = False
    withdrawn_at: datetime | None = None
    retracted_at: datetime | None = None

    @property
    def key(self) -> Key:
        return self.rule.id, self.episode_no

    @property
    def only_clinician_closes(self) -> bool:
        return only_clinician_closes(self.rule, self.priority)

    @property
    def clears_itself(self) -> bool:
        return self.rule.clears_itself and not self.only_clinician_closes


@dataclass(frozen=True, slots=True)
class _End:
    flag: FlagState
    day: int

    def holds_back(self, finding: Finding, day: int) -> bool:
        """Cooling down; a finding more urgent than the flag that ended breaks it."""
        if self.flag.only_clinician_closes or finding.priority < self.flag.priority:
            return False
        return day <= self.day + COOL_DOWN_DAYS[self.flag.priority]


class FlagTracker:
    def __init__(self, history: History) -> None:
        self._history = history
        self.all: list[FlagState] = []
        self._live: dict[Key, FlagState] = {}
        self._ends: dict[Key, _End] = {}

    @property
    def live(self) -> list[FlagState]:
        return list(self._live.values())

    def report(self, candidate: FlagState) -> None:
        """A rule is true: open its flag, or update and perhaps raise the one that stands."""
        open_flag = self._live.get(candidate.key)
        if open_flag is not None:
            self._update(open_flag, candidate)
            return
        end = self._ends.get(candidate.key)
        if end is not None and end.holds_back(candidate.finding, candidate.day):
            return
        self.all.append(candidate)
        self._live[candidate.key] = candidate
        for flag in self.live:
            if candidate.rule.id in flag.rule.ended_by and flag.episode_no == candidate.episode_no:
                self.clear(flag, at=candidate.opened_at, day=candidate.day)

    def clear(self, flag: FlagState, *, at: datetime, day: int) -> None:
        flag.cleared_at = at
        self._end(flag, day)

    def close(self, flag: FlagState, *, at: datetime, day: int, by_surgery: bool = False) -> None:
        flag.closed_at, flag.closed_by_surgery = at, by_surgery
        self._end(flag, day)

    def withdraw(self, flag: FlagState, *, at: datetime) -> None:
        """Its evidence was corrected away: withdraw, or show that beside a red flag."""
        if flag.only_clinician_closes:
            flag.retracted_at = flag.retracted_at or at
            return
        flag.withdrawn_at, flag.cleared_at, flag.closed_at = at, None, None
        if self._live.get(flag.key) is flag:
            del self._live[flag.key]
        end = self._ends.get(flag.key)
        if end is not None and end.flag is flag:
            del self._ends[flag.key]

    def results(self) -> tuple[FlagHistory, ...]:
        flags = sorted(self.all, key=lambda flag: (flag.opened_at, flag.rule.id, flag.episode_no))
        return tuple(self._result(flag) for flag in flags)

    def _update(self, open_flag: FlagState, candidate: FlagState) -> None:
        open_flag.latest = candidate.finding
        if candidate.priority < open_flag.priority:
            open_flag.raises.append(
                (
                    candidate.opened_at,
                    candidate.day,
                    open_flag.priority,
                    candidate.finding,
                    candidate.ruleset,
                )
            )
            open_flag.priority = candidate.priority

    def _end(self, flag: FlagState, day: int) -> None:
        del self._live[flag.key]
        self._ends[flag.key] = _End(flag, day)

    def _number(self, flag: FlagState, day: int) -> int:
        return day - self._history.episodes.numbered(flag.episode_no).first_day + 1

    def _result(self, flag: FlagState) -> FlagHistory:
        local = self._history.calendar.local
        return FlagHistory(
            rule=flag.rule.id,
            priority=flag.priority,
            day=self._number(flag, flag.day),
            date=Date.fromordinal(flag.day),
            opened_at=local(flag.opened_at),
            ruleset=flag.ruleset.version,
            episode_no=flag.episode_no,
            finding=flag.finding,
            latest=flag.latest,
            raises=tuple(
                Raise(
                    at=local(at),
                    day=self._number(flag, day),
                    date=Date.fromordinal(day),
                    from_priority=before,
                    to_priority=finding.priority,
                    ruleset=ruleset.version,
                    finding=finding,
                )
                for at, day, before, finding, ruleset in flag.raises
            ),
            record_id=flag.source.versions[-1].record.id if flag.source else None,
            cleared_at=flag.cleared_at and local(flag.cleared_at),
            closed_at=flag.closed_at and local(flag.closed_at),
            closed_by_surgery=flag.closed_by_surgery,
            withdrawn_at=flag.withdrawn_at and local(flag.withdrawn_at),
            withdrawn_reason=_CORRECTED if flag.withdrawn_at else None,
            retracted_at=flag.retracted_at and local(flag.retracted_at),
        )


_CORRECTED = "The values that it rested on were corrected."
