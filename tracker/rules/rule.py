"""What a rule is: a sentence of the clinical document, as a function that can be read.

A rule takes what it evaluates (a day, a dose, a checklist, a compress) and the thresholds,
and returns a RuleResult, or None when it is not true. What does not change from one result
to the next (its sources, what it cannot see) stands beside the function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from inspect import getdoc
from typing import Generic, TypeVar

from tracker.rules.history.records import CompressUse
from tracker.rules.instruments.checklist import Checklist
from tracker.rules.medicines.catalog import DrugClass
from tracker.rules.results import Evidence, Finding, Priority
from tracker.rules.state.day_context import DayContext
from tracker.rules.state.dose_context import DoseContext
from tracker.rules.thresholds import Thresholds

S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """A rule is true: how urgent, why, and every number that it compared."""

    priority: Priority
    explanation: str
    evidence: Evidence
    missing: tuple[str, ...] = ()
    patient_text: str | None = None


class Needs(StrEnum):
    """The data without which a day neither counts nor resets the days to clearing."""

    RESPONSE = "baseline and weekly mean"
    PAIN = "on-time pain that day"
    FUNCTION = "on-time standing or walking that day"
    KNOWN_DAY = "any diary entry or treatment record of that day"
    NOTHING = "every day counts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[S]):
    id: str
    title: str
    #: The priorities it can have, for people.
    priorities: str
    evaluate: Callable[[S, Thresholds], RuleResult | None]
    needs: Needs
    clears_when: str
    cannot_see: str
    sources: tuple[str, ...]
    is_muted_by_surgery: bool = False
    #: False for a rule whose flag only a clinician, or another rule, ends.
    clears_itself: bool = True
    #: The opening of one of these rules ends its flag.
    ended_by: tuple[str, ...] = field(default=())

    @property
    def intent(self) -> str:
        return getdoc(self.evaluate) or ""

    def finding(self, subject: S, thresholds: Thresholds) -> Finding | None:
        """Evaluate, and add the texts that are the same for every finding of the rule."""
        result = self.evaluate(subject, thresholds)
        if result is None:
            return None
        return Finding(
            rule=self.id,
            priority=result.priority,
            explanation=result.explanation,
            patient_text=result.patient_text,
            evidence=result.evidence,
            missing=result.missing,
            clears_when=self.clears_when,
            cannot_see=self.cannot_see,
            sources=self.sources,
        )


class CloseRule(Rule[DayContext]):
    """A trend, or a lack of data: evaluated when a day closes."""


class AcuteRule(Rule[DayContext]):
    """Evaluated whenever an on-time entry arrives, and when a day closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRule(Rule[DoseContext]):
    """Evaluated at the moment of every intake."""

    #: It cannot be true unless a medicine of this class was taken in the 24 hours.
    only_with: DrugClass | None = None


class RedFlagRule(Rule[Checklist]):
    """Evaluated within one checklist; only a clinician closes its flag."""


class CompressRule(Rule[CompressUse]):
    """Evaluated at every use of a compress."""


AnyRule = CloseRule | AcuteRule | DoseRule | RedFlagRule | CompressRule


def only_clinician_closes(rule: AnyRule | None, priority: str) -> bool:
    """Whether a flag stays until a clinician closes it: red flags, and P0 or P1.

    It never clears, and is never withdrawn: a correction is shown beside it.
    """
    return isinstance(rule, RedFlagRule) or priority in _CLOSED_BY_CLINICIAN


_CLOSED_BY_CLINICIAN = frozenset({Priority.P0, Priority.P1})
