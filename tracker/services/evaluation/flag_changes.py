"""What has to change so that the stored flags are those that the rules find now.

Decisions only: `reconciliation` carries them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker import rules
from tracker.models import Flag
from tracker.services.evaluation.flag_matching import StoredFlag, match_flags

ARRIVED_LATER = "Records that arrived later, or a change by the clinic, took its evidence away."
OPERATION = "An operation."


@dataclass(frozen=True, slots=True)
class Open:
    """A new flag; one that has ended already is stored as ended."""

    found: rules.FlagHistory
    retrospective: bool


@dataclass(frozen=True, slots=True)
class Update:
    """An open flag stays open, or one that had ended is open again."""

    flag_id: UUID
    found: rules.FlagHistory
    priority: str
    raised_from: str
    is_reopened: bool


@dataclass(frozen=True, slots=True)
class Raise:
    """A flag is open and more urgent than it is stored."""

    flag_id: UUID
    found: rules.FlagHistory
    raised_from: str
    retrospective: bool


@dataclass(frozen=True, slots=True)
class Clear:
    """Its condition was false for long enough, or another rule's flag replaced it."""

    flag_id: UUID
    found: rules.FlagHistory
    was_open: bool


@dataclass(frozen=True, slots=True)
class Close:
    """A closure or an operation ended it."""

    flag_id: UUID
    found: rules.FlagHistory
    was_open: bool


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Its evidence is gone: it ends, visibly."""

    flag_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Retract:
    """Its evidence is gone: that is shown beside it, until a clinician closes it."""

    flag_id: UUID
    reason: str


Change = Open | Update | Raise | Clear | Close | Withdraw | Retract


def flag_changes(
    stored: Sequence[StoredFlag],
    found: Sequence[rules.FlagHistory],
    *,
    is_stale: Callable[[datetime], bool],
) -> list[Change]:
    """The changes in the order in which they are made.

    `is_stale` says of a moment whether the records that led to it arrived long after it.
    What ends comes first: a rule may have one open flag, and may end one and open another.
    """
    matches = match_flags(stored, found)
    ended = (_end(flag, each) for flag, each in matches.pairs if not each.is_live)
    gone = (_lose_evidence(flag, ARRIVED_LATER) for flag in matches.gone)
    kept = (_keep(flag, each, is_stale) for flag, each in matches.pairs if each.is_live)
    new = (
        Open(each, retrospective=is_stale(each.opened_at))
        for each in matches.new
        if each.withdrawn_at is None
    )
    changes: Iterable[Change | None] = (*ended, *gone, *kept, *new)
    return [change for change in changes if change is not None]


def _end(flag: StoredFlag, found: rules.FlagHistory) -> Change | None:
    if found.withdrawn_at is not None:
        return _lose_evidence(flag, found.withdrawn_reason or ARRIVED_LATER)
    if flag.is_open and flag.only_clinician_closes and found.cleared_at:
        # By what is known now it was less urgent from the start. Somebody was told more.
        return _lose_evidence(flag, ARRIVED_LATER)
    if flag.is_reviewed or _is_stored_as(flag, found):
        return None
    change = Clear if found.cleared_at else Close
    return change(flag.id, found, was_open=flag.is_open)


def _is_stored_as(flag: StoredFlag, found: rules.FlagHistory) -> bool:
    """Whether an ended flag says what the rules say: older records may move its opening."""
    return (flag.ended_at, flag.opened_at, flag.local_date, flag.explanation) == (
        found.cleared_at or found.closed_at,
        found.opened_at,
        found.date,
        found.finding.explanation,
    )


def _lose_evidence(flag: StoredFlag, reason: str) -> Change | None:
    if flag.is_reviewed or flag.is_retracted or flag.state == Flag.State.WITHDRAWN:
        return None
    if flag.is_open and flag.only_clinician_closes:
        return Retract(flag.id, reason)
    return Withdraw(flag.id, reason)


def _keep(
    flag: StoredFlag, found: rules.FlagHistory, is_stale: Callable[[datetime], bool]
) -> Change | None:
    if flag.is_reviewed:
        return None
    latest_raise = found.raises[-1] if found.raises else None
    if found.priority < flag.priority:
        raised_at = latest_raise.at if latest_raise else found.opened_at
        return Raise(flag.id, found, flag.priority, retrospective=is_stale(raised_at))
    # It is never made less urgent.
    is_less_urgent_now = flag.priority < found.priority
    raised_from = latest_raise.from_priority if latest_raise else ""
    return Update(
        flag.id,
        found,
        priority=flag.priority,
        raised_from=flag.raised_from if is_less_urgent_now else raised_from,
        is_reopened=not flag.is_open,
    )
