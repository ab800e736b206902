"""Which stored flag is which of the flags that the rules find now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tracker import rules
from tracker.models import Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFlag:
    """A row of Flag, as far as the plan of changes depends on it."""

    id: UUID
    rule: str
    state: str
    priority: str
    raised_from: str
    local_date: date
    opened_at: datetime
    ended_at: datetime | None
    explanation: str
    is_retracted: bool
    is_reviewed: bool

    @classmethod
    def of(cls, flag: Flag) -> StoredFlag:
        return cls(
            id=flag.pk,
            rule=flag.rule,
            state=flag.state,
            priority=flag.priority,
            raised_from=flag.raised_from,
            local_date=flag.local_date,
            opened_at=flag.opened_at,
            ended_at=flag.ended_at,
            explanation=flag.explanation,
            is_retracted=flag.retracted_at is not None,
            is_reviewed=flag.review_id is not None,
        )

    @property
    def is_open(self) -> bool:
        return self.state == Flag.State.OPEN

    @property
    def only_clinician_closes(self) -> bool:
        return rules.only_clinician_closes(rules.CATALOG.get(self.rule), self.priority)


@dataclass(frozen=True, slots=True)
class Matches:
    pairs: list[tuple[StoredFlag, rules.FlagHistory]]
    #: stored, but the rules find them no more
    gone: list[StoredFlag]
    #: found for the first time
    new: list[rules.FlagHistory]


def match_flags(stored: Sequence[StoredFlag], found: Sequence[rules.FlagHistory]) -> Matches:
    """Pair the stored flags with those that the rules find.

    No stored key can do it: rule and opening identify a flag only until an older record
    arrives and moves the opening. Then the open flag stays the same row, so that its
    escalation goes on, and so does the one that a review closed.
    """
    pairs: list[tuple[StoredFlag, rules.FlagHistory]] = []
    gone, new = list(stored), list(found)
    for is_same in CRITERIA:
        for each in list(new):
            flag = next(
                (flag for flag in gone if flag.rule == each.rule and is_same(flag, each)), None
            )
            if flag is not None:
                pairs.append((flag, each))
                gone.remove(flag)
                new.remove(each)
    return Matches(pairs, gone, new)


def _stays_open(flag: StoredFlag, found: rules.FlagHistory) -> bool:
    """Also if the flag that it was opened for has ended: there is no place for a second one."""
    return flag.only_clinician_closes and _both_open(flag, found)


def _same_opening_and_not_ended(flag: StoredFlag, found: rules.FlagHistory) -> bool:
    return (flag.is_open or not found.is_live) and flag.opened_at == found.opened_at


def _both_open(flag: StoredFlag, found: rules.FlagHistory) -> bool:
    return flag.is_open and found.is_live


def _same_opening(flag: StoredFlag, found: rules.FlagHistory) -> bool:
    return flag.opened_at == found.opened_at


def _same_closure(flag: StoredFlag, found: rules.FlagHistory) -> bool:
    return flag.is_reviewed and flag.ended_at == found.closed_at


def _both_cleared(flag: StoredFlag, found: rules.FlagHistory) -> bool:
    return flag.state == Flag.State.CLEARED and found.cleared_at is not None


#: The most certain first. A flag that an earlier one has paired is not asked again.
CRITERIA: tuple[Callable[[StoredFlag, rules.FlagHistory], bool], ...] = (
    _stays_open,
    _same_opening_and_not_ended,
    _both_open,
    _same_opening,
    _same_closure,
    _both_cleared,
)
