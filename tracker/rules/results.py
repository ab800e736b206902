"""What the rules give back: values that services store and the API and the console show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from enum import StrEnum
from typing import Literal

#: What evidence may hold, all of it JSON.
Json = bool | int | float | str | None | Sequence["Json"] | Mapping[str, "Json"]
Evidence = dict[str, Json]


class Priority(StrEnum):
    """Sorts by urgency: P0 first."""

    P0 = "P0"  # emergency: the patient is told to use emergency services
    P1 = "P1"  # same day
    P2 = "P2"  # one business day
    P3 = "P3"  # five business days
    P4 = "P4"  # worklist only


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule found true, with everything needed to check it."""

    rule: str
    priority: Priority
    #: One sentence for a clinician.
    explanation: str
    #: One text for the patient, where there is one.
    patient_text: str | None = None
    #: Every number that was compared, ready for JSON.
    evidence: Evidence
    #: Inputs that were not there.
    missing: tuple[str, ...] = ()
    clears_when: str
    cannot_see: str
    #: Each with its grade: [V] read, [K] general knowledge, [P] proposal.
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """A standing flag became more urgent."""

    at: datetime
    day: int
    date: Date
    from_priority: Priority
    to_priority: Priority
    ruleset: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagHistory:
    """One flag from its opening to its end, if it has ended."""

    rule: str
    #: The most urgent it has been.
    priority: Priority
    #: Counted from 1 on the index date of its episode.
    day: int
    #: The local day that the flag speaks of.
    date: Date
    opened_at: datetime
    ruleset: str
    #: 1, or 2 from six weeks after an operation.
    episode_no: int
    #: As it was at the opening.
    finding: Finding
    #: The latest evaluation that found it true.
    latest: Finding
    raises: tuple[Raise, ...] = ()
    #: The record whose arrival opened it; None when a day's close did.
    record_id: str | None = None
    cleared_at: datetime | None = None
    closed_at: datetime | None = None
    #: An operation closed it, not a clinician.
    closed_by_surgery: bool = False
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None
    #: Corrected values no longer support it, but only a clinician may close it.
    retracted_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        ends = (self.cleared_at, self.closed_at, self.withdrawn_at)
        return all(end is None for end in ends)


Urgency = Literal["emergency", "today", "information"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What the patient reads now, because of a record just saved."""

    code: str
    at: datetime
    date: Date
    text: str
    urgency: Urgency
    #: The record that it answers, if that record carries an id.
    record_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All flags of one patient, and all advice, as the records stand."""

    flags: tuple[FlagHistory, ...]
    advice: tuple[Advice, ...]
    #: When the on-time window of the next open local day ends.
    next_close_at: datetime
