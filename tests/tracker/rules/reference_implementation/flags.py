"""Section 9: flags open, rise, clear, rest and are withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from typing import Any

from tests.tracker.rules.reference_implementation.days import Days
from tests.tracker.rules.reference_implementation.diary import DAY
from tests.tracker.rules.reference_implementation.doses import Doses

MUTED = {
    *("CC-EARLY", "CC-FAIL", "CC-NOTTRIED", "CC-INDET", "RELAPSE", "PEG-DISC", "SEV-SUST"),
    *("WORSE", "FUNC-LIMIT", "FUNC-SEV", "SURG-CONSIDER"),
}
RESPONSE = {"CC-FAIL", "CC-NOTTRIED", "CC-INDET", "RELAPSE", "PEG-DISC", "SURG-CONSIDER"}


@dataclass
class Flag:
    rule: str
    episode: int
    priority: str
    day: Date
    opened_at: datetime
    moment: datetime | None = None
    false_days: int = 0
    ended: Date | None = None
    is_withdrawn: bool = False
    rises: tuple[tuple[str, Date], ...] = ()
    first_priority: str = ""


class ReferenceImplementation(Days, Doses):
    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document)
        self.flags: list[Flag] = []
        self.true_days: set[tuple[str, Date]] = set()

    def openings(self) -> set[tuple[str, str, int]]:
        """(rule, priority, day) of every opening and rise that was not withdrawn."""
        arrivals = {
            at for shelf in (self.diaries, self.pegs) for v in shelf.values() for at, _ in v
        }
        arrivals |= {submitted for submitted, *_ in self.treatments}
        events: list[tuple[datetime, int, Any]] = [(at, 0, None) for at in arrivals]
        day = self.index
        while day <= self.last:
            events.append((self.noon(day), 1, day))
            day += DAY
        events += [(at, 2, rule) for at, rule in self.closures]
        for at, kind, what in sorted(events, key=lambda e: (e[0], e[1], str(e[2]))):
            if kind == 0:
                self._arrive(at)
            elif kind == 1:
                self._close(at, what)
            else:
                self._end(
                    [f for f in self._live() if f.rule == what], at.astimezone(self.zone).date()
                )
        return {
            (flag.rule, priority, (day - self.episode_first(flag)).days + 1)
            for flag in self.flags
            if not flag.is_withdrawn
            for priority, day in ((flag.first_priority, flag.day), *flag.rises)
        }

    def episode_first(self, flag: Flag) -> Date:
        return self.index if flag.episode == 1 else self.surgery + 42 * DAY

    def _arrive(self, at: datetime) -> None:
        corrected = [
            day
            for day, v in self.diaries.items()
            if any(when == at for when, _ in v[1:]) and v[0][0] < at
        ]
        if corrected:
            evaluated = (f for f in self.flags if f.moment is None and f.priority > "P1")
            for flag in evaluated:
                stands = flag.rule in self.true_of(flag.day, flag.opened_at, at)
                flag.is_withdrawn = flag.is_withdrawn or not stands
        moments = set()
        for submitted, taken_at, _, r in self.treatments:
            if submitted == at and r["kind"] == "medication_intake":
                moments |= {
                    other
                    for sub, other, _, o in self.treatments
                    if sub <= at
                    and o["kind"] == "medication_intake"
                    and taken_at <= other < taken_at + DAY
                }
        for moment in sorted(moments):
            day = moment.astimezone(self.zone).date()
            for rule, priority in self.doses(moment, at).items():
                self.true_days.add((rule, day))
                self._found(rule, priority, day, at, moment)
        on_time = [d for d in self.diaries if self.is_on_time(d, at)]
        arrived = [d for d in on_time if any(when == at for when, _ in self.diaries[d])]
        if arrived:
            day = max(on_time)
            if day >= self.index and at < self.noon(day):
                self.seen = day
                for rule, priority in self._acute(day, at, at).items():
                    if not (self.is_muted(day) and rule in MUTED):
                        self._found(rule, priority, day, at)

    def _close(self, at: datetime, day: Date) -> None:
        true = self.true_of(day, at, at)
        true = {r: p for r, p in true.items() if not (self.is_muted(day) and r in MUTED)}
        for rule, priority in true.items():
            self._found(rule, priority, day, at)
        names = set(true) | {rule for rule, on in self.true_days if on == day}
        for flag in self._live():
            if day <= flag.day or flag.priority <= "P1" or flag.rule == "CC-EARLY":
                continue
            if self._has_data(flag.rule, day, at):
                flag.false_days = 0 if flag.rule in names else flag.false_days + 1
                if flag.false_days == 7:
                    self._end([flag], day)
        if self.surgery == day + DAY:
            self._end([f for f in self._live() if f.rule in MUTED], day)

    def _has_data(self, rule: str, day: Date, at: datetime) -> bool:
        self.seen = day
        if rule in RESPONSE:
            return None not in (self.baseline(day, at, at), self.week(day, at, at))
        if rule in {"SEV-SUST", "SEV-DEBIL", "WORSE"}:
            return self.pain(day, at, at) is not None
        if rule.startswith("FUNC"):
            return self.function(day, at, at) is not None
        if rule.startswith("MED"):
            logged = any(sub <= at and on == day for sub, _, on, _ in self.treatments)
            return logged or self.has_entry(day, at)
        return True

    def _live(self) -> list[Flag]:
        return [f for f in self.flags if f.ended is None and not f.is_withdrawn]

    def _end(self, flags: list[Flag], day: Date) -> None:
        for flag in flags:
            flag.ended = day

    def _found(
        self, rule: str, priority: str, day: Date, at: datetime, moment: datetime | None = None
    ) -> None:
        episode = self.episode(day)[0]
        mine = [f for f in self.flags if (f.rule, f.episode) == (rule, episode)]
        mine = [f for f in mine if not f.is_withdrawn]
        live = [f for f in mine if f.ended is None]
        if live:
            if priority < live[0].priority:
                live[0].rises += ((priority, day),)
                live[0].priority = priority
            return
        if mine and mine[-1].priority > "P1" and priority >= mine[-1].priority:
            rest = 3 if mine[-1].priority == "P2" else 14
            if (day - mine[-1].ended).days <= rest:
                return
        self.flags.append(
            Flag(rule, episode, priority, day, at, moment=moment, first_priority=priority)
        )
        if rule in {"CC-FAIL", "CC-NOTTRIED", "CC-INDET"}:
            early = [f for f in self._live() if (f.rule, f.episode) == ("CC-EARLY", episode)]
            self._end(early, day)
