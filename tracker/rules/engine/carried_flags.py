"""What a checkpoint carries of the flags: those that are live, and ends that cool down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from tracker.rules.engine.flag_tracker import End, FlagState, FlagTracker, Rise
from tracker.rules.results import Finding, Priority
from tracker.rules.rule import RuleResult
from tracker.rules.ruleset import RulesetsInForce


class _CarriedFinding(Struct, frozen=True, array_like=True):
    """What of a finding its rule does not know."""

    priority: Priority
    explanation: str
    patient_text: str | None
    evidence: dict[str, Any]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, finding: Finding) -> _CarriedFinding:
        return cls(
            finding.priority,
            finding.explanation,
            finding.patient_text,
            finding.evidence,
            finding.missing,
        )


class _CarriedRaise(Struct, frozen=True, array_like=True):
    at: datetime
    day: int
    from_priority: Priority
    finding: _CarriedFinding


class _CarriedFlag(Struct, frozen=True, array_like=True):
    """A live flag; its rulesets are those of the days it speaks of."""

    rule: str
    priority: Priority
    day: int
    episode_no: int
    opened_at: datetime
    record_id: str | None
    finding: _CarriedFinding
    latest: _CarriedFinding
    latest_day: int
    raises: list[_CarriedRaise]
    false_days: int
    retracted_at: datetime | None


class _CarriedEnd(Struct, frozen=True, array_like=True):
    rule: str
    episode_no: int
    priority: Priority
    day: int


class CarriedFlags(Struct, frozen=True, array_like=True):
    live: list[_CarriedFlag]
    ends: list[_CarriedEnd]

    @classmethod
    def of(cls, tracker: FlagTracker) -> CarriedFlags:
        return cls(
            [_flag(each) for each in tracker.live],
            [
                _CarriedEnd(rule, episode_no, end.priority, end.day)
                for (rule, episode_no), end in tracker.ends.items()
            ],
        )

    def carry_on(self, tracker: FlagTracker, rulesets: RulesetsInForce) -> None:
        """Put them into a new tracker."""
        for flag in self.live:
            tracker.carry_on(_flag_state(flag, rulesets))
        for end in self.ends:
            tracker.ends[end.rule, end.episode_no] = End(end.priority, end.day, None)


def _flag(flag: FlagState) -> _CarriedFlag:
    return _CarriedFlag(
        rule=flag.rule.id,
        priority=flag.priority,
        day=flag.day,
        episode_no=flag.episode_no,
        opened_at=flag.opened_at,
        record_id=flag.record_id,
        finding=_CarriedFinding.of(flag.finding),
        latest=_CarriedFinding.of(flag.latest),
        latest_day=flag.latest_day,
        raises=[
            _CarriedRaise(at, day, before, _CarriedFinding.of(finding))
            for at, day, before, finding, _ in flag.raises
        ],
        false_days=flag.false_days,
        retracted_at=flag.retracted_at,
    )


def _flag_state(carried: _CarriedFlag, rulesets: RulesetsInForce) -> FlagState:
    def finding(found: _CarriedFinding, day: int) -> Finding:
        result = RuleResult(
            priority=found.priority,
            explanation=found.explanation,
            evidence=found.evidence,
            missing=found.missing,
            patient_text=found.patient_text,
        )
        return rulesets.on(day).by_id[carried.rule].found(result)

    def raised(each: _CarriedRaise) -> Rise:
        found = finding(each.finding, each.day)
        return each.at, each.day, each.from_priority, found, rulesets.on(each.day)

    ruleset = rulesets.on(carried.day)
    return FlagState(
        rule=ruleset.by_id[carried.rule],
        ruleset=ruleset,
        priority=carried.priority,
        day=carried.day,
        episode_no=carried.episode_no,
        opened_at=carried.opened_at,
        dose_at=None,
        source=None,
        finding=finding(carried.finding, carried.day),
        latest=finding(carried.latest, carried.latest_day),
        latest_day=carried.latest_day,
        raises=[raised(each) for each in carried.raises],
        false_days=carried.false_days,
        retracted_at=carried.retracted_at,
        is_carried=True,
        carried_record_id=carried.record_id,
    )
