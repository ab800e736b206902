"""Carries out the changes of the stored flags, and starts and ends their escalations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tracker import rules
from tracker.models import Advice, Episode, Flag
from tracker.services.escalations import lifecycle
from tracker.services.evaluation.flag_changes import (
    OPERATION,
    Change,
    Clear,
    Close,
    Open,
    Raise,
    Retract,
    Update,
    Withdraw,
)


@dataclass(slots=True)
class Result:
    """What one evaluation changed."""

    opened: list[Flag] = field(default_factory=list)
    raised: list[Flag] = field(default_factory=list)
    cleared: list[Flag] = field(default_factory=list)
    withdrawn: list[Flag] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)


def apply_changes(
    changes: Iterable[Change], *, episode: Episode, flags: Sequence[Flag], at: datetime
) -> Result:
    """Make the changes in order. The caller has locked the episode's row and its flags'."""
    executor = _Executor(episode, {flag.pk: flag for flag in flags}, at)
    for change in changes:
        executor.apply(change)
    return executor.result


class _Executor:
    def __init__(self, episode: Episode, flags: dict[object, Flag], at: datetime) -> None:
        self.episode = episode
        self.flags = flags
        self.at = at
        self.result = Result()

    def apply(self, change: Change) -> None:
        match change:
            case Open():
                self._open(change)
            case Update():
                self._update(change)
            case Raise():
                self._raise(change)
            case Clear() | Close():
                self._end(change)
            case Withdraw():
                self._withdraw(change)
            case Retract():
                self._retract(change)

    def _open(self, change: Open) -> None:
        flag = Flag(
            clinic_id=self.episode.clinic_id,
            patient_id=self.episode.patient_id,
            episode=self.episode,
            rule=change.found.rule,
            detected_at=self.at,
            retrospective=change.retrospective,
        )
        _describe(flag, change.found)
        if change.found.is_live:
            _set_open(flag, change.found)
        else:
            _set_end(flag, change.found)
        flag.save(force_insert=True)
        self.result.opened.append(flag)
        if change.found.is_live and flag.needs_human:
            lifecycle.open_for(flag=flag, at=self.at)

    def _update(self, change: Update) -> None:
        flag = self.flags[change.flag_id]
        before = dict(vars(flag))
        _describe(flag, change.found)
        _set_open(flag, change.found)
        flag.priority, flag.raised_from = change.priority, change.raised_from
        if vars(flag) != before:
            flag.save()
        if change.is_reopened and flag.needs_human:
            lifecycle.ensure_for(flag=flag, at=self.at)

    def _raise(self, change: Raise) -> None:
        flag = self.flags[change.flag_id]
        _describe(flag, change.found)
        _set_open(flag, change.found)
        flag.raised_from, flag.retrospective = change.raised_from, change.retrospective
        flag.save()
        self.result.raised.append(flag)
        if flag.needs_human:
            lifecycle.raise_for(flag=flag, at=self.at)

    def _end(self, change: Clear | Close) -> None:
        """Its escalation goes on: only a clinician ends that."""
        flag = self.flags[change.flag_id]
        _describe(flag, change.found)
        _set_end(flag, change.found)
        flag.save()
        if change.was_open:
            self.result.cleared.append(flag)

    def _withdraw(self, change: Withdraw) -> None:
        flag = self.flags[change.flag_id]
        flag.state, flag.ended_at = Flag.State.WITHDRAWN, self.at
        flag.ended_reason = change.reason
        lifecycle.withdraw_for(flag=flag, at=self.at)
        flag.save()
        self.result.withdrawn.append(flag)

    def _retract(self, change: Retract) -> None:
        flag = self.flags[change.flag_id]
        flag.retracted_at, flag.ended_reason = self.at, change.reason
        flag.save()
        self.result.withdrawn.append(flag)


def _set_open(flag: Flag, found: rules.FlagHistory) -> None:
    flag.state, flag.ended_at, flag.ended_reason = Flag.State.OPEN, None, ""
    flag.retracted_at = found.retracted_at


def _set_end(flag: Flag, found: rules.FlagHistory) -> None:
    flag.state = Flag.State.CLEARED if found.cleared_at else Flag.State.CLOSED
    flag.ended_at = found.cleared_at or found.closed_at
    flag.ended_reason = OPERATION if found.closed_by_surgery else ""


def _describe(flag: Flag, found: rules.FlagHistory) -> None:
    finding = found.finding
    flag.ruleset = found.ruleset
    flag.priority = found.priority
    flag.raised_from = found.raises[-1].from_priority if found.raises else ""
    flag.day = found.day
    flag.local_date = found.date
    flag.opened_at = found.opened_at
    flag.explanation = finding.explanation
    flag.patient_text = finding.patient_text or ""
    flag.evidence = dict(finding.evidence)
    flag.missing = list(finding.missing)
    flag.clears_when = finding.clears_when
    flag.cannot_see = finding.cannot_see
    flag.sources = list(finding.sources)
    flag.latest = {
        "explanation": found.latest.explanation,
        "evidence": dict(found.latest.evidence),
        "missing": list(found.latest.missing),
        "clears_when": found.latest.clears_when,
    }
