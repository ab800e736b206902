"""Has conservative care really been tried? (section 7, Adequate trial)

A percentage is of what was planned on the days that count: days of the period that are
known and not excused. A count is for a full period and shrinks with a shorter one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from tracker.rules.history.documents import PlannedMeasure
from tracker.rules.measures import HOME_EXERCISE, PHYSICAL_THERAPY, Category, names_of
from tracker.rules.medicines.plan import bases_of
from tracker.rules.messages import plain
from tracker.rules.results import Evidence
from tracker.rules.state.daily_counts import (
    brace_minutes,
    counted_sessions,
    has_thermal_use,
    is_counted,
    is_painful,
    is_relieved,
    scheduled_doses,
    sessions,
)
from tracker.rules.state.day_context import DayContext
from tracker.rules.state.prefix_sums import Count
from tracker.rules.thresholds import Number, exact

ACTIVE = names_of(Category.ACTIVE)
MANUAL = names_of(Category.MANUAL)
BRACES = names_of(Category.BRACE)
INJECTIONS = names_of(Category.INJECTION)
VISITS = (PHYSICAL_THERAPY.name,)


class TrialStatus(StrEnum):
    TRIED = "tried"
    NOT_TRIED = "not tried"
    INDETERMINATE = "indeterminate"


class Amount(NamedTuple):
    """How much was done of something, against the least that is enough: `least` / `per`."""

    of: str
    done: int
    #: In parts of `per`: a trial is evaluated every day, and only its evidence needs the quotient.
    least: Number
    per: int

    @property
    def is_enough(self) -> bool:
        return self.done * self.per >= self.least

    @property
    def evidence(self) -> Evidence:
        return {"of": self.of, "done": self.done, "least": plain(Fraction(self.least, self.per))}


Care = Mapping[str, Sequence[Amount]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdequateTrial:
    status: TrialStatus
    #: Days of the period; of these, not excused; of these, known; and the least, in hundredths.
    days: int
    expected: int
    known: int
    least_known: Number
    active: Sequence[Amount]
    is_active_waived: bool
    #: Care beside the active one, by category.
    others: Care
    also_met: Sequence[str]
    active_sessions: int

    @property
    def evidence(self) -> Evidence:
        care = {"active": self.active, **self.others}
        return {
            "trial": self.status.value,
            "trial_days": self.days,
            "trial_days_expected": self.expected,
            "trial_days_known": self.known,
            "trial_days_least": plain(Fraction(self.least_known, 100)),
            "active_met": _is_met(self.active),
            "active_waived": self.is_active_waived,
            "also_met": list(self.also_met),
            "active_sessions": self.active_sessions,
        } | {
            "care_" + category.replace(",", "").replace(" ", "_"): [
                each.evidence for each in amounts
            ]
            for category, amounts in care.items()
            if amounts
        }


class _Period:
    """The last N days, or days 1..D, with what is known of them."""

    def __init__(self, context: DayContext) -> None:
        self.state = state = context.state
        self.thresholds = context.thresholds
        self.full_length = self.thresholds.conservative_min_days
        self.length = min(self.full_length, context.number)
        self.first, self.last = context.day - self.length + 1, context.day
        self.episode = context.episode
        self.excused = sum(self.first <= each <= self.last for each in state.excused)
        #: Days that count: known and not excused.
        self.known = self.total(is_counted)

    @cached_property
    def medicines(self) -> list[PlannedMeasure]:
        """Planned medicines for the back, on any day of the period."""
        return [measure for measure, _ in self.state.medicines.for_back if self._meets(measure)]

    def total(self, count: Count, *details: Hashable) -> int:
        """The sum of what is counted on each day of the period."""
        return self.state.prefix_sums.total(self.first, self.last, count, *details)

    def total_planned(self, measure: PlannedMeasure, count: Count, *details: Hashable) -> int:
        """The sum over the days on which a measure was planned."""
        first, last = self._span(measure)
        return self.state.prefix_sums.total(first, last, count, *details)

    def planned_days(self, measure: PlannedMeasure) -> int:
        """The days that count on which a measure was planned."""
        return self.total_planned(measure, is_counted)

    def plans(self, *kinds: str) -> list[PlannedMeasure]:
        """Planned measures of these kinds, on any day of the period."""
        return [m for m in self.state.plan if m.measure in kinds and self._meets(m)]

    def _meets(self, measure: PlannedMeasure) -> bool:
        first, last = self._span(measure)
        return first <= last

    def _span(self, measure: PlannedMeasure) -> tuple[int, int]:
        """What of the period a measure was planned for, both ends counting."""
        first, last = measure.from_date, measure.until_date
        return (
            self.first if first is None else max(self.first, first.toordinal()),
            self.last if last is None else min(self.last, last.toordinal()),
        )

    def pro_rata(self, of: str, done: int, least: int) -> Amount:
        """A count for a full period, asked of one of this length."""
        return Amount(of, done, least * self.length, self.full_length)


def adequate_trial(context: DayContext) -> AdequateTrial:
    """TRIED, NOT-TRIED or INDETERMINATE as day D closes; computed once for all rules."""
    return context.cached(_adequate_trial)


def _adequate_trial(context: DayContext) -> AdequateTrial:
    period, thresholds = _Period(context), context.thresholds
    expected = period.length - period.excused
    least_known = thresholds.known_percent * expected
    active, is_waived = _active(period), _is_active_waived(period)
    others = {category: amounts(period) for category, amounts in _OTHER_CATEGORIES.items()}
    also_met = [category for category, amounts in others.items() if _is_met(amounts)]
    if _is_medicine_waived(period):
        also_met.append("medicine, waived")
    if period.known == 0 or 100 * period.known < least_known:
        status = TrialStatus.INDETERMINATE
    elif (_is_met(active) or is_waived) and also_met:
        status = TrialStatus.TRIED
    else:
        status = TrialStatus.NOT_TRIED
    return AdequateTrial(
        status=status,
        days=period.length,
        expected=expected,
        known=period.known,
        least_known=least_known,
        active=active,
        is_active_waived=is_waived,
        others=others,
        also_met=also_met,
        active_sessions=period.total(counted_sessions, ACTIVE),
    )


def _is_met(amounts: Sequence[Amount]) -> bool:
    return any(each.is_enough for each in amounts)


def _active(period: _Period) -> list[Amount]:
    """60 % of one planned active measure, or six PT visits beside a home plan."""
    planned = period.plans(*ACTIVE)
    amounts = [_of_plan(period, m) for m in planned if period.planned_days(m)]
    if any(m.measure == HOME_EXERCISE.name and m.waived is None for m in planned):
        visits = period.total(sessions, VISITS)
        least = period.thresholds.therapy_visits
        amounts.append(period.pro_rata("visits of physical therapy", visits, least))
    if not planned and period.known:
        amounts.append(_of_default(period))
    return amounts


def _of_plan(period: _Period, measure: PlannedMeasure) -> Amount:
    weekly = measure.sessions_per_week or period.thresholds.default_sessions_per_week
    done = period.total_planned(measure, counted_sessions, (measure.measure,))
    what = f"sessions of {measure.measure.replace('_', ' ')}"
    return _weekly(period, what, done, exact(weekly), period.planned_days(measure))


def _of_default(period: _Period) -> Amount:
    done = period.total(counted_sessions, ACTIVE)
    weekly = period.thresholds.default_sessions_per_week
    return _weekly(period, "sessions, none planned", done, weekly, period.known)


def _weekly(period: _Period, of: str, done: int, weekly: Number, days: int) -> Amount:
    """Sessions done in `days` days against so many a week."""
    return Amount(of, done, period.thresholds.active_percent * weekly * days, 7 * 100)


def _is_active_waived(period: _Period) -> bool:
    planned = period.plans(*ACTIVE)
    return bool(planned) and all(measure.waived is not None for measure in planned)


def _is_medicine_waived(period: _Period) -> bool:
    """A clinician recorded that a planned medicine must not or cannot be taken."""
    reasons = ("contraindicated", "not_tolerated")
    return any(measure.waived in reasons for measure in period.medicines)


def _scheduled(period: _Period) -> list[Amount]:
    """80 % of the doses of a scheduled medicine."""
    amounts = []
    for measure in period.medicines:
        daily = measure.doses_per_day or 0
        scheduled = daily * period.planned_days(measure)
        if scheduled:
            bases = bases_of(measure)
            taken = period.total_planned(measure, scheduled_doses, bases, daily)
            what = f"doses of {' + '.join(sorted(bases))}"
            amounts.append(_share(what, taken, scheduled, period.thresholds.scheduled_percent))
    return amounts


def _as_needed(period: _Period) -> list[Amount]:
    """Something taken as needed on half of the painful days."""
    thresholds = period.thresholds
    painful = period.total(is_painful, thresholds.as_needed_pain)
    if not painful:
        return []
    relieved = period.total(is_relieved, thresholds.as_needed_pain)
    what = f"days with pain of {thresholds.as_needed_pain} or more that had a medicine"
    return [_share(what, relieved, painful, thresholds.as_needed_percent)]


def _thermal(period: _Period) -> list[Amount]:
    """Three days a week with a compress, in four of six weeks."""
    enough = period.thresholds.thermal_days_per_week
    weeks = 0
    for last in reversed(range(period.last, period.first + 5, -7)):
        used = period.state.prefix_sums.total(last - 6, last, has_thermal_use)
        weeks += used >= enough
    what = f"weeks with a compress on {enough} days or more"
    return [period.pro_rata(what, weeks, period.thresholds.thermal_weeks)]


def _manual(period: _Period) -> list[Amount]:
    done = period.total(sessions, MANUAL)
    return [period.pro_rata("sessions", done, period.thresholds.manual_sessions)]


def _brace(period: _Period) -> list[Amount]:
    """Half of the planned time worn."""
    amounts = []
    for measure in period.plans(*BRACES):
        planned = (measure.minutes_per_day or 0) * period.planned_days(measure)
        if planned:
            worn = period.total_planned(measure, brace_minutes)
            amounts.append(_share("minutes worn", worn, planned, period.thresholds.brace_percent))
    return amounts


def _injection(period: _Period) -> list[Amount]:
    """One in this episode, long enough ago to have worked."""
    ago = period.thresholds.injection_days
    first, latest = period.episode.first_day, period.last - ago
    done = period.state.prefix_sums.total(first, latest, sessions, INJECTIONS)
    return [Amount(f"given {ago} days ago or earlier", done, 1, 1)]


#: Categories of care beside the active one; a waived medicine is met too. Activity
#: modification is never one of them.
_OTHER_CATEGORIES: dict[str, Callable[[_Period], list[Amount]]] = {
    "medicine, scheduled": _scheduled,
    "medicine, as needed": _as_needed,
    "thermal": _thermal,
    "manual": _manual,
    "brace": _brace,
    "injection": _injection,
}


def _share(of: str, done: int, whole: int, percent: Number) -> Amount:
    return Amount(of, done, percent * whole, 100)
