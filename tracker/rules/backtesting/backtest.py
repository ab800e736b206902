"""What other rules, or other numbers, would have found in recorded histories."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime
from enum import StrEnum

from tracker.rules.backtesting.variants import Variant
from tracker.rules.engine.evaluator import evaluate
from tracker.rules.history.history import History
from tracker.rules.results import Json, Priority

#: Two flags of a patient and rule that are so near are one that moved: the longest cool-down.
NEAR_DAYS = 14


class Change(StrEnum):
    SAME = "same"
    #: The same patient and rule, a few days earlier or later.
    MOVED = "moved"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A flag that opened and was not withdrawn."""

    patient: str
    rule: str
    #: The most urgent it has been.
    priority: Priority
    date: Date
    #: Counted from 1 on the index date.
    day: int
    explanation: str

    def as_json(self) -> dict[str, Json]:
        return {
            "patient": self.patient,
            "rule": self.rule,
            "priority": self.priority.value,
            "day": self.day,
            "date": self.date.isoformat(),
            "explanation": self.explanation,
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """What the live rules found, beside what the tried ones found in its place."""

    live: Found | None
    tried: Found | None

    @property
    def change(self) -> Change:
        if self.live is None:
            return Change.ADDED
        if self.tried is None:
            return Change.REMOVED
        return Change.SAME if self.live.date == self.tried.date else Change.MOVED


@dataclass(slots=True)
class Row:
    """Flags of one rule, one priority, one week, or all of them."""

    key: str
    live: int = 0
    tried: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    live_patients: set[str] = field(default_factory=set)
    tried_patients: set[str] = field(default_factory=set)

    @property
    def overlap(self) -> float | None:
        """Of all flags of either, the share that both found."""
        kept = self.changes[Change.SAME] + self.changes[Change.MOVED]
        return kept / self.changes.total() if self.changes else None


@dataclass(slots=True)
class Backtest:
    """Evaluates one history after the other, and adds up."""

    variant: Variant
    pairs: list[Pair] = field(default_factory=list)
    patients: set[str] = field(default_factory=set)
    patient_days: int = 0

    def add(self, history: History, *, until: datetime | None) -> None:
        """Evaluate a history by the rules it names (or the live ones) and by the variant."""
        live = found(history, until=until)
        tried = found(self.variant.applied_to(history), until=until)
        self.pairs += paired(live, tried)
        self.patients.add(history.document.patient.ref)
        self.patient_days += _days(history, until)

    @property
    def patient_weeks(self) -> float:
        return self.patient_days / 7

    def per_100_weeks(self, flags: int) -> float | None:
        return 100 * flags / self.patient_weeks if self.patient_days else None

    def total(self) -> Row:
        return next(iter(self._rows(lambda _: "all")), Row("all"))

    def by_rule(self) -> list[Row]:
        return self._rows(lambda flag: flag.rule)

    def by_priority(self) -> list[Row]:
        return self._rows(lambda flag: flag.priority.value)

    def by_week(self) -> list[Row]:
        """Of care, 1 from the index date."""
        rows = self._rows(lambda flag: str((flag.day - 1) // 7 + 1))
        return sorted(rows, key=lambda row: int(row.key))

    def changed(self, change: Change) -> list[Pair]:
        return [pair for pair in self.pairs if pair.change is change]

    def _rows(self, key: Callable[[Found], str]) -> list[Row]:
        rows: dict[str, Row] = {}
        for pair in self.pairs:
            _count(rows, key, pair)
        return sorted(rows.values(), key=lambda row: row.key)


def found(history: History, *, until: datetime | None) -> list[Found]:
    flags = evaluate(history, until=until).flags
    return [
        Found(
            patient=history.document.patient.ref,
            rule=flag.rule,
            priority=flag.priority,
            date=flag.date,
            day=flag.day,
            explanation=flag.finding.explanation,
        )
        for flag in flags
        if flag.withdrawn_at is None
    ]


def paired(live: Iterable[Found], tried: Iterable[Found]) -> Iterator[Pair]:
    """Put flags of one patient and rule side by side: those of one day, then the nearest."""
    groups: dict[tuple[str, str], tuple[list[Found], list[Found]]] = defaultdict(lambda: ([], []))
    for side, flags in enumerate((live, tried)):
        for flag in flags:
            groups[flag.patient, flag.rule][side].append(flag)
    for key in sorted(groups):
        yield from _paired(*groups[key])


def _paired(live: list[Found], tried: list[Found]) -> Iterator[Pair]:
    left, right = sorted(live, key=_by_date), sorted(tried, key=_by_date)
    for apart in range(NEAR_DAYS + 1):
        for each in tuple(left):
            near = [other for other in right if abs((other.date - each.date).days) == apart]
            if near:
                yield Pair(each, near[0])
                left.remove(each)
                right.remove(near[0])
    yield from (Pair(each, None) for each in left)
    yield from (Pair(None, each) for each in right)


def _by_date(flag: Found) -> Date:
    return flag.date


def _count(rows: dict[str, Row], key: Callable[[Found], str], pair: Pair) -> None:
    """A flag that went from one row to another left the one and came to the other."""
    live = key(pair.live) if pair.live else None
    tried = key(pair.tried) if pair.tried else None
    if pair.live and live is not None:
        row = rows.setdefault(live, Row(live))
        row.live += 1
        row.live_patients.add(pair.live.patient)
        row.changes[pair.change if live == tried else Change.REMOVED] += 1
    if pair.tried and tried is not None:
        row = rows.setdefault(tried, Row(tried))
        row.tried += 1
        row.tried_patients.add(pair.tried.patient)
        if live != tried:
            row.changes[Change.ADDED] += 1


def _days(history: History, until: datetime | None) -> int:
    """The local days under care that were evaluated."""
    first = history.episodes.first.first_day
    last = history.calendar.day_of(until) if until else history.last_day
    return max(0, (last or 0) - first + 1)
