"""The lives of the flags: opened, raised, cleared, closed, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime

from tracker.rules.history import History
from tracker.rules.outcome import Finding, FlagLife, Priority, Raise
from tracker.rules.rule import AnyRule, RedFlagRule
from tracker.rules.ruleset import Ruleset
from tracker.rules.versions import Entry

#: Evaluated days without the condition after which a flag clears.
DAYS_TO_CLEAR = 7
#: Days after a flag's end during which its rule may not open another.
COOL_DOWN_DAYS = {Priority.P2: 3, Priority.P3: 14, Priority.P4: 14}
URGENT = frozenset({Priority.P0, Priority.P1})

Key = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Life:
    """One flag while the history is being folded."""

    rule: AnyRule
    ruleset: Ruleset
    priority: Priority
    day: int
    episode_no: int
    opened_at: datetime
    #: For a medication rule, the moment that it speaks of.
    moment: datetime | None
    #: The record whose arrival opened it.
    source: Entry | None
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
    def is_only_closed_by_clinician(self) -> bool:
        return isinstance(self.rule, RedFlagRule) or self.priority in URGENT

    @property
    def clears_itself(self) -> bool:
        return self.rule.clears_itself and not self.is_only_closed_by_clinician


@dataclass(frozen=True, slots=True)
class _End:
    life: Life
    day: int

    def holds_back(self, finding: Finding, day: int) -> bool:
        """Cooling down; a finding more urgent than the flag that ended breaks it."""
        if self.life.is_only_closed_by_clinician or finding.priority < self.life.priority:
            return False
        return day <= self.day + COOL_DOWN_DAYS[self.life.priority]


class Lives:
    def __init__(self, history: History) -> None:
        self._history = history
        self.all: list[Life] = []
        self._live: dict[Key, Life] = {}
        self._ends: dict[Key, _End] = {}

    @property
    def live(self) -> list[Life]:
        return list(self._live.values())

    def found(self, candidate: Life) -> None:
        """A rule is true: open its flag, or update and perhaps raise the one that stands."""
        standing = self._live.get(candidate.key)
        if standing is not None:
            self._update(standing, candidate)
            return
        end = self._ends.get(candidate.key)
        if end is not None and end.holds_back(candidate.finding, candidate.day):
            return
        self.all.append(candidate)
        self._live[candidate.key] = candidate
        for life in self.live:
            if candidate.rule.id in life.rule.ended_by and life.episode_no == candidate.episode_no:
                self.clear(life, at=candidate.opened_at, day=candidate.day)

    def clear(self, life: Life, *, at: datetime, day: int) -> None:
        life.cleared_at = at
        self._end(life, day)

    def close(self, life: Life, *, at: datetime, day: int, by_surgery: bool = False) -> None:
        life.closed_at, life.closed_by_surgery = at, by_surgery
        self._end(life, day)

    def take_back(self, life: Life, *, at: datetime) -> None:
        """Its evidence was corrected away: withdraw, or show that beside a red flag."""
        if life.is_only_closed_by_clinician:
            life.retracted_at = life.retracted_at or at
            return
        life.withdrawn_at, life.cleared_at, life.closed_at = at, None, None
        if self._live.get(life.key) is life:
            del self._live[life.key]
        end = self._ends.get(life.key)
        if end is not None and end.life is life:
            del self._ends[life.key]

    def results(self) -> tuple[FlagLife, ...]:
        lives = sorted(self.all, key=lambda life: (life.opened_at, life.rule.id, life.episode_no))
        return tuple(self._result(life) for life in lives)

    def _update(self, standing: Life, candidate: Life) -> None:
        standing.latest = candidate.finding
        if candidate.priority < standing.priority:
            standing.raises.append(
                (
                    candidate.opened_at,
                    candidate.day,
                    standing.priority,
                    candidate.finding,
                    candidate.ruleset,
                )
            )
            standing.priority = candidate.priority

    def _end(self, life: Life, day: int) -> None:
        del self._live[life.key]
        self._ends[life.key] = _End(life, day)

    def _number(self, life: Life, day: int) -> int:
        return day - self._history.episodes.numbered(life.episode_no).first_day + 1

    def _result(self, life: Life) -> FlagLife:
        local = self._history.days.local
        return FlagLife(
            rule=life.rule.id,
            priority=life.priority,
            day=self._number(life, life.day),
            date=Date.fromordinal(life.day),
            opened_at=local(life.opened_at),
            ruleset=life.ruleset.version,
            episode_no=life.episode_no,
            finding=life.finding,
            latest=life.latest,
            raises=tuple(
                Raise(
                    at=local(at),
                    day=self._number(life, day),
                    date=Date.fromordinal(day),
                    from_priority=before,
                    to_priority=finding.priority,
                    ruleset=ruleset.version,
                    finding=finding,
                )
                for at, day, before, finding, ruleset in life.raises
            ),
            record_id=life.source.versions[-1].record.id if life.source else None,
            cleared_at=life.cleared_at and local(life.cleared_at),
            closed_at=life.closed_at and local(life.closed_at),
            closed_by_surgery=life.closed_by_surgery,
            withdrawn_at=life.withdrawn_at and local(life.withdrawn_at),
            withdrawn_reason=_CORRECTED if life.withdrawn_at else None,
            retracted_at=life.retracted_at and local(life.retracted_at),
        )


_CORRECTED = "The values that it rested on were corrected."
