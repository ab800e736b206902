"""Every number that a clinician may want to change, in one record.

A value outside its bounds is refused; the name of a threshold is its public name
(in `thresholds` of a replayed history, and per clinic or patient in Lumbar).
Grades: [V] read in the document named, [K] general knowledge, [P] proposal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache
from typing import Annotated, Any, get_args, get_type_hints

Number = int | Fraction


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a threshold means and how far it may be moved."""

    meaning: str
    unit: str
    low: int
    high: int
    source: str


class InvalidThreshold(ValueError):
    """No threshold has this name, or the value is outside its bounds."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


@lru_cache(maxsize=4096)
def exact(value: float | str) -> Number:
    """A number as it was written: 0.1 is one tenth."""
    number = Fraction(str(value))
    return number.numerator if number.denominator == 1 else number


_FARRAR = "Farrar, Pain 2001;94:149-158 [V abstract; figures K]"
_OSTELO = "Ostelo, Spine 2008;33:90-94 [V]"
_IMMPACT = "IMMPACT, Dworkin, J Pain 2008;9:105-121 [V]"
_FLOOR = "IMMPACT entry floor of 4/10 [V]"
_ACR = "ACR Appropriateness Criteria, Low Back Pain, 2021 [V]"
_ACP = "ACP 2017: acute under 4 weeks [V]"
_SEVERE = "cut points 7-8 of 10: Boonstra 2016, Zelman 2003, Jensen 2006 [V]"
_PROPOSAL = "proposal, no published figure [P]"
_SECTION_7 = "adequate trial, proposal [P]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    # When conservative care may be evaluated
    conservative_min_days: Annotated[
        int, Bounds("care before it may be judged to have failed", "days", 1, 730, _ACR)
    ] = 42
    early_first_day: Annotated[int, Bounds("first day of the early look", "days", 14, 42, _ACP)] = (
        28
    )
    early_last_day: Annotated[int, Bounds("last day of the early look", "days", 14, 60, _ACP)] = 34
    # What counts as a change in pain
    response_points: Annotated[
        Number, Bounds("fall in mean pain that counts as a response", "points", 1, 4, _OSTELO)
    ] = 2
    response_percent: Annotated[
        Number, Bounds("fall in mean pain that counts as a response", "%", 10, 60, _FARRAR)
    ] = 30
    early_percent: Annotated[
        Number, Bounds("fall below which there is no early response", "%", 5, 30, _IMMPACT)
    ] = 10
    still_hurts: Annotated[
        Number, Bounds("mean pain from which it still hurts", "points", 2, 7, _FLOOR)
    ] = 4
    limiting_level: Annotated[
        int, Bounds("median of standing and walking that is limiting", "level", 1, 5, _PROPOSAL)
    ] = 3
    relapse_points: Annotated[
        Number, Bounds("rise above the best week that is a relapse", "points", 1, 4, _OSTELO)
    ] = 2
    relapse_first_day: Annotated[
        int, Bounds("first day whose week may count as a response", "days", 7, 28, _PROPOSAL)
    ] = 14
    relapse_gap_days: Annotated[
        int, Bounds("least days between the response and the relapse", "days", 1, 28, _PROPOSAL)
    ] = 7
    # PEG
    peg_worse_points: Annotated[
        Number, Bounds("rise in PEG that counts", "points", 1, 3, "PEG MID 1, six trials [V]")
    ] = 1
    peg_better_percent: Annotated[
        Number, Bounds("fall in PEG that counts", "%", 10, 60, "30 % of PEG [K]")
    ] = 30
    peg_max_age_days: Annotated[
        int, Bounds("oldest PEG that is current", "days", 7, 28, _PROPOSAL)
    ] = 14
    # Severe pain
    severe_pain: Annotated[int, Bounds("pain of a severe day", "level", 5, 10, _SEVERE)] = 7
    severe_days: Annotated[int, Bounds("severe days of seven", "", 3, 7, _PROPOSAL)] = 5
    disabling_pain: Annotated[int, Bounds("pain of a disabling day", "level", 6, 10, _SEVERE)] = 8
    disabling_function: Annotated[
        int, Bounds("standing or walking that disables", "level", 3, 5, _PROPOSAL)
    ] = 4
    disabling_sleep: Annotated[int, Bounds("sleep that disables", "level", 2, 4, _PROPOSAL)] = 4
    disabling_activity: Annotated[
        int, Bounds("activity that disables", "level", 2, 4, _PROPOSAL)
    ] = 4
    worse_points: Annotated[
        Number, Bounds("rise above the mean that is a worsening", "points", 1, 4, _OSTELO)
    ] = 2
    worse_percent: Annotated[
        Number, Bounds("rise above the mean that is a worsening", "%", 10, 100, _FARRAR)
    ] = 30
    worse_pain: Annotated[int, Bounds("least pain of a worsening", "level", 3, 8, _PROPOSAL)] = 5
    # Standing and walking
    function_limited: Annotated[int, Bounds("level of a limited day", "level", 2, 5, _PROPOSAL)] = 3
    function_limited_days: Annotated[int, Bounds("limited days of seven", "", 2, 7, _PROPOSAL)] = 4
    function_severe: Annotated[int, Bounds("level of a severe day", "level", 3, 5, _PROPOSAL)] = 4
    # Red flags
    fracture_age: Annotated[int, Bounds("age for minor trauma", "", 50, 90, "[K]")] = 70
    fever_c: Annotated[Number, Bounds("temperature of a fever", "°C", 37, 39, "[K]")] = 38
    night_pain_age: Annotated[
        int, Bounds("age for unrelenting night pain", "", 40, 70, "over 50 [V]")
    ] = 51
    inflammatory_months: Annotated[
        int, Bounds("calendar months of pain", "", 1, 12, "ASAS [V]")
    ] = 3
    inflammatory_answers: Annotated[
        int, Bounds("features of inflammatory pain, of five", "", 3, 5, "ASAS [V]")
    ] = 4
    # Medicines
    risk_age: Annotated[
        int, Bounds("age from which an NSAID is a risk", "", 60, 80, "proposal; label 60 [P]")
    ] = 65
    otc_days: Annotated[
        int, Bounds("days of an OTC analgesic of 14", "", 5, 14, "OTC labels, 10 days [V]")
    ] = 11
    mme_caution: Annotated[
        Number, Bounds("daily dose for caution", "MME", 20, 90, "CDC 2022, Rec 4 [K]")
    ] = 50
    mme_high: Annotated[
        Number, Bounds("high daily dose", "MME", 50, 200, "CDC 2016, local policy [K]")
    ] = 90
    opioid_course_days: Annotated[
        int, Bounds("opioid days of a new course", "", 3, 30, "state law, local policy [K]")
    ] = 7
    # Silence
    silent_days: Annotated[int, Bounds("days with no on-time entry", "days", 3, 14, _PROPOSAL)] = 7
    # Has care been tried?
    known_percent: Annotated[
        Number, Bounds("days of the period that must be known", "%", 30, 100, _SECTION_7)
    ] = 60
    active_percent: Annotated[
        Number, Bounds("planned active sessions done", "%", 30, 100, _SECTION_7)
    ] = 60
    default_sessions_per_week: Annotated[
        int, Bounds("active sessions a week without a plan", "", 1, 7, _SECTION_7)
    ] = 3
    therapy_visits: Annotated[
        int, Bounds("PT visits beside a home plan", "", 2, 20, _SECTION_7)
    ] = 6
    scheduled_percent: Annotated[
        Number, Bounds("scheduled doses taken", "%", 50, 100, _SECTION_7)
    ] = 80
    as_needed_percent: Annotated[
        Number, Bounds("painful days with a medicine", "%", 20, 100, _SECTION_7)
    ] = 50
    as_needed_pain: Annotated[int, Bounds("pain of a painful day", "level", 1, 10, _SECTION_7)] = 4
    thermal_days_per_week: Annotated[
        int, Bounds("days with a compress in a week that counts", "", 1, 7, _SECTION_7)
    ] = 3
    thermal_weeks: Annotated[int, Bounds("such weeks", "", 1, 6, _SECTION_7)] = 4
    manual_sessions: Annotated[int, Bounds("manual sessions", "", 1, 20, _SECTION_7)] = 4
    brace_percent: Annotated[
        Number, Bounds("planned brace time worn", "%", 20, 100, _SECTION_7)
    ] = 50
    injection_days: Annotated[int, Bounds("since the injection", "days", 7, 60, _SECTION_7)] = 14

    def with_changes(self, changes: Mapping[str, int | float]) -> Thresholds:
        """Thresholds with some values replaced.

        Raises InvalidThreshold for an unknown name or a value out of bounds.
        """
        checked: dict[str, Any] = {k: _checked(k, v) for k, v in changes.items()}
        return replace(self, **checked)


THRESHOLDS = Thresholds()


@cache
def bounds() -> dict[str, Bounds]:
    """The bounds of every threshold by name."""
    hints = get_type_hints(Thresholds, include_extras=True)
    return {name: get_args(hint)[1] for name, hint in hints.items()}


@cache
def _is_whole(name: str) -> bool:
    hints = get_type_hints(Thresholds)
    return hints[name] is int


def _checked(name: str, value: object) -> Number:
    try:
        limit = bounds()[name]
    except KeyError:
        raise InvalidThreshold(name, "No threshold has this name") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidThreshold(name, "Expected a number")
    if _is_whole(name) and not isinstance(value, int):
        raise InvalidThreshold(name, "Expected a whole number")
    number = exact(value)
    if not limit.low <= number <= limit.high:
        message = f"Expected {limit.low} to {limit.high} {limit.unit}".rstrip()
        raise InvalidThreshold(name, message)
    return number
