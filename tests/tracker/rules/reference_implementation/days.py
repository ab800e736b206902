"""Sections 3 and 4, and the silence of section 8: what is true of a day."""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime
from fractions import Fraction

from tests.tracker.rules.reference_implementation.care import OPIOIDS, Care
from tests.tracker.rules.reference_implementation.diary import DAY, base


class Days(Care):
    def true_of(self, day: Date, entered: datetime, values: datetime) -> dict[str, str]:
        self.seen = day
        true = self._acute(day, entered, values) | self._trends(day, entered, values)
        gap = self._gap(day, entered, values)
        return true | ({"DATA-GAP": gap} if gap else {})

    def _acute(self, day: Date, entered: datetime, values: datetime) -> dict[str, str]:
        pains = [self.pain(day - i * DAY, entered, values) for i in range(7)]
        levels = [self.function(day - i * DAY, entered, values) for i in range(7)]
        true = {}
        newest = next((i for i, p in enumerate(pains) if p is not None), 9)
        if sum(p is not None and p >= 7 for p in pains) >= 5 and newest <= 1 and pains[newest] >= 7:
            true["SEV-SUST"] = "P2"
        if all(p is not None and p >= 8 for p in pains[:2]):
            bad = [
                self.value(day - i * DAY, field, entered, values) == 4
                for i in range(2)
                for field in ("sleep", "activity")
            ]
            if any(bad) or any(f is not None and f >= 4 for f in levels[:2]):
                true["SEV-DEBIL"] = "P2"
        before = self.week(day - 3 * DAY, entered, values)
        last = pains[:3]
        if (
            before is not None
            and all(p is not None for p in last)
            and last[0] >= 5
            and all(p >= before + 2 and p >= Fraction(13, 10) * before for p in last)
        ):
            true["WORSE"] = "P2"
        if sum(f is not None and f >= 3 for f in levels) >= 4:
            true["FUNC-LIMIT"] = "P3"
        if all(f is not None and f >= 4 for f in levels[:2]):
            true["FUNC-SEV"] = "P2"
        if levels[0] == 5:
            true["FUNC-UNABLE"] = "P2"
        return true

    def _trends(self, day: Date, entered: datetime, values: datetime) -> dict[str, str]:
        first = self.episode(day)[1]
        number = (day - first).days + 1
        b, w = self.baseline(day, entered, values), self.week(day, entered, values)
        if b is None or w is None:
            return {}

        def fell(mean: Fraction, percent: int) -> bool:
            return b > 0 and (b - mean) / b >= Fraction(percent, 100)

        true = {}
        earlier = [first + i * DAY for i in range(27, number - 1)]
        is_first = not any(self.week(d, entered, values) is not None for d in earlier)
        trial = self._trial(day, entered, values)
        if 28 <= number <= 34 and is_first and not fell(w, 10) and w >= 4 and trial != "not tried":
            true["CC-EARLY"] = "P4"
        before = self.week(day - 7 * DAY, entered, values)
        if number >= self.min_days and before is not None:
            unmoved = all(b - each < 2 and not fell(each, 30) for each in (w, before))
            if unmoved and (w >= 4 or self._median(day, entered, values) >= 3):
                rule, priority = {
                    "tried": ("CC-FAIL", "P3"),
                    "not tried": ("CC-NOTTRIED", "P4"),
                    "indeterminate": ("CC-INDET", "P4"),
                }[trial]
                true[rule] = priority
        responses = []
        for each in range(13, number - 7):
            mean = self.week(first + each * DAY, entered, values)
            if mean is not None and fell(mean, 30):
                responses.append(mean)
        if responses and w >= min(responses) + 2 and not fell(w, 30) and w >= 4:
            true["RELAPSE"] = "P3"
        if self._peg_disagrees(day, values, w - b, fell(w, 30)):
            true["PEG-DISC"] = "P3"
        if "CC-FAIL" in true and self._acute(day, entered, values):
            true["SURG-CONSIDER"] = "P2"
        return true

    def _median(self, day: Date, entered: datetime, values: datetime) -> Fraction:
        levels = [self.function(day - i * DAY, entered, values) for i in range(7)]
        given = sorted(each for each in levels if each is not None)
        if len(given) < 4:
            return Fraction(0)
        return Fraction(given[len(given) // 2] + given[(len(given) - 1) // 2], 2)

    def _peg_disagrees(self, day: Date, values: datetime, rise: Fraction, fell: bool) -> bool:
        first = self.episode(day)[1]
        known = sorted(d for d, v in self.pegs.items() if first <= d <= day and v[0][0] <= values)
        if not known or (day - known[-1]).days > 14:
            return False
        old, new = (
            Fraction(sum(peg[k] for k in ("pain", "enjoyment", "activity")), 3)
            for d in (known[0], known[-1])
            for peg in [[v for at, v in self.pegs[d] if at <= values][-1]]
        )
        return (new >= old + 1 and fell) or (
            old > 0 and (old - new) / old >= Fraction(3, 10) and rise >= 2
        )

    def _gap(self, day: Date, entered: datetime, values: datetime) -> str | None:
        first = self.episode(day)[1]
        if (day - first).days + 1 < 7:
            return None
        if any(self.is_on_time(day - i * DAY, entered) for i in range(7)):
            return None
        each, last = day, None
        while each >= first and last is None:
            last = self.week(each, entered, values)
            each -= DAY
        planned = {base(d["name"]) for m in self._medicines(day) for d in m["ingredients"]}
        taken = {
            base(d["name"])
            for sub, _, on, r in self.treatments
            if sub <= entered and r["kind"] == "medication_intake" and 0 <= (day - on).days < 7
            for d in r["ingredients"]
        }
        return "P3" if (last or 0) >= 7 or (planned | taken) & OPIOIDS.keys() else "P4"
