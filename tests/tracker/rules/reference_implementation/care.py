"""Section 7: has care been tried?"""

from __future__ import annotations

from datetime import date as Date
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.tracker.rules.reference_implementation.diary import DAY, Diary, base

NSAIDS = {"ibuprofen", "naproxen", "aspirin"}
OPIOIDS = {"oxycodone": Fraction(3, 2), "tramadol": Fraction(1, 5), "buprenorphine": None}
ANALGESICS = NSAIDS | OPIOIDS.keys() | {"acetaminophen"}


class Care(Diary):
    def _medicines(self, day: Date) -> list[dict]:
        return [
            m
            for m in self.plan
            if m["measure"] == "medication"
            and not m.get("waived")
            and m.get("from", "0") <= day.isoformat() <= m.get("until", "9")
        ]

    def _trial(self, day: Date, entered: datetime, values: datetime) -> str:
        first = self.episode(day)[1]
        length = min(self.min_days, (day - first).days + 1)
        period = [day - i * DAY for i in range(length)]
        share = Fraction(length, self.min_days)
        done = [(on, r) for sub, _, on, r in self.treatments if sub <= entered]
        due = [
            d
            for d in period
            if not any(e["from"] <= d.isoformat() <= e["until"] for e in self.excused)
        ]
        logged = {on for on, _ in done}
        known = {d for d in due if d in logged or self.has_entry(d, entered)}
        if not known or Fraction(len(known), len(due)) < Fraction(6, 10):
            return "indeterminate"
        sessions = [
            (on, r["type"]) for on, r in done if r["kind"] == "therapy_session" and on in period
        ]
        active = [m for m in self.plan if m["measure"] in {"physical_therapy", "home_exercise"}]

        def reaches(kinds: set[str], weekly: Any) -> bool:
            count = sum(on in known and kind in kinds for on, kind in sessions)
            return count >= Fraction(6, 10) * Fraction(str(weekly)) * Fraction(len(known), 7)

        is_active = any(
            reaches({m["measure"]}, m.get("sessions_per_week") or 3) for m in active
        ) or (not active and reaches({"physical_therapy", "home_exercise"}, 3))
        visits = sum(kind == "physical_therapy" for _, kind in sessions)
        home = [m for m in active if m["measure"] == "home_exercise" and not m.get("waived")]
        is_active = is_active or bool(home and visits >= 6 * share)
        is_active = is_active or bool(active and all(m.get("waived") for m in active))
        manual = sum(kind in {"massage", "acupuncture", "manipulation"} for _, kind in sessions)
        warm = {on for on, r in done if r["kind"] == "compress_use"}
        blocks = [
            sum(day - (7 * w + i) * DAY in warm for i in range(7)) >= 3 for w in range(length // 7)
        ]
        injected = any(
            r.get("type") == "injection" and first <= on <= day - 14 * DAY for on, r in done
        )
        others = [
            manual >= 4 * share,
            sum(blocks) >= 4 * share,
            injected,
            self._is_medicine_met(period, known, done, entered, values),
        ]
        return "tried" if is_active and any(others) else "not tried"

    def _is_medicine_met(self, period, known, done, entered, values) -> bool:
        planned = [m for m in self.plan if m["measure"] == "medication"]
        intakes = [
            (on, {base(d["name"]) for d in r["ingredients"]})
            for on, r in done
            if r["kind"] == "medication_intake"
        ]
        if any(m.get("waived") in {"contraindicated", "not_tolerated"} for m in planned):
            return True
        for m in planned:
            wanted = {base(d["name"]) for d in m["ingredients"]}
            daily = m.get("doses_per_day")
            if daily:
                taken = sum(
                    min(daily, sum(on == d and wanted <= names for on, names in intakes))
                    for d in known
                )
                if known and taken >= Fraction(8, 10) * daily * len(known):
                    return True
        hurting = [
            d
            for d in known
            if self.is_analyzed(d, entered)
            and (self.value(d, "pain_average", entered, values) or 0) >= 4
        ]

        def is_as_needed(names: set[str]) -> bool:
            plans = [m for m in planned if {base(d["name"]) for d in m["ingredients"]} <= names]
            if plans:
                return any(m.get("doses_per_day") is None for m in plans)
            return bool(names & ANALGESICS)

        relieved = [
            d for d in hurting if any(on == d and is_as_needed(names) for on, names in intakes)
        ]
        return bool(hurting) and len(relieved) >= Fraction(len(hurting), 2)
