"""A version, or changed numbers, laid over what a history says was in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date as Date
from datetime import timedelta

import msgspec

from tracker.rules.history.documents import RulesetPeriod
from tracker.rules.history.history import History
from tracker.rules.ruleset import LIVE

Periods = tuple[RulesetPeriod, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """It holds for everybody, also for those who have a number of their own.

    The question that a trial answers is what this number does.
    """

    version: str | None = None
    thresholds: Mapping[str, int | float] = field(default_factory=dict)

    def applied_to(self, history: History, *, from_date: Date | None = None) -> History:
        """The history as if this had been in force always, or from a date on."""
        periods = _recorded(history)
        if from_date is None:
            return _with(history, tuple(self._over(period) for period in periods))
        before, after = _split(periods, from_date)
        return _with(history, (*before, *(self._over(period) for period in after)))

    def _over(self, period: RulesetPeriod) -> RulesetPeriod:
        return msgspec.structs.replace(
            period,
            version=self.version or period.version,
            thresholds={**period.thresholds, **self.thresholds},
        )


def _recorded(history: History) -> Periods:
    """What was in force, with the patient's and the episode's numbers in each period."""
    document = history.document
    own = dict(document.thresholds)
    if document.episode.conservative_min_days is not None:
        own["conservative_min_days"] = document.episode.conservative_min_days
    live = RulesetPeriod(from_date=document.episode.index_date, version=LIVE.version)
    periods = sorted(document.rulesets or (live,), key=lambda period: period.from_date)
    return tuple(
        msgspec.structs.replace(period, thresholds={**period.thresholds, **own})
        for period in periods
    )


def _with(history: History, periods: Periods) -> History:
    document = history.document
    episode = msgspec.structs.replace(document.episode, conservative_min_days=None)
    changed = msgspec.structs.replace(document, rulesets=periods, thresholds={}, episode=episode)
    return replace(history, document=changed)


def _split(periods: Periods, on: Date) -> tuple[Periods, Periods]:
    """What was in force before a date, and from that date on."""
    begun = [period for period in periods if period.from_date <= on] or [periods[0]]
    before = [period for period in periods if period.from_date < on] or [
        msgspec.structs.replace(periods[0], from_date=on - timedelta(days=1))
    ]
    after = [period for period in periods if period.from_date > on]
    return tuple(before), (msgspec.structs.replace(begun[-1], from_date=on), *after)
