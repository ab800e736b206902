"""Section 6: what is true of the 24 hours up to an intake."""

from __future__ import annotations

from collections import defaultdict
from datetime import date as Date
from datetime import datetime
from fractions import Fraction

from tests.tracker.rules.reference_implementation.care import ANALGESICS, NSAIDS, OPIOIDS, Care
from tests.tracker.rules.reference_implementation.diary import DAY, base, base_mg

OTC = {"ibuprofen": 1200, "naproxen": 600, "acetaminophen": 4000, "aspirin": 3900}
CEILING = {"ibuprofen": 3200, "naproxen": 1000, "acetaminophen": 4000, "aspirin": None}
DANGER = {"ibuprofen": 3200, "naproxen": 1500, "acetaminophen": 4000, "aspirin": 4000}


class Doses(Care):
    def doses(self, moment: datetime, entered: datetime) -> dict[str, str]:
        """Which medication rules are true of the 24 hours up to a moment."""
        day = moment.astimezone(self.zone).date()
        intakes = [
            (at, on, r)
            for sub, at, on, r in self.treatments
            if sub <= entered and r["kind"] == "medication_intake" and at <= moment
        ]
        rolling = [r for at, _, r in intakes if at > moment - DAY]
        sums: dict[str, Fraction] = defaultdict(Fraction)
        products = defaultdict(set)
        for r in rolling:
            for d in r["ingredients"]:
                sums[base(d["name"])] += base_mg(d)
                products[base(d["name"])].add(r["product"].lower())
        prescribed = [m for m in self._medicines(day) if m["prescribed"]]
        true = {}
        for name, total in sums.items():
            limit = self._limit(name, prescribed)
            if limit is not None and total > limit:
                is_danger = name in DANGER and total > DANGER[name]
                true["MED-DOSE"] = min(true.get("MED-DOSE", "P9"), "P1" if is_danger else "P2")
        listed = ANALGESICS | {"diazepam", "rivaroxaban", "prednisone", "gabapentin"}
        if any(len(p) > 1 for name, p in products.items() if name in listed):
            true["MED-DUP"] = "P4"
        nsaids = {n for n in sums if n in NSAIDS and (n != "aspirin" or sums[n] > 100)}
        if len(nsaids) > 1:
            true["MED-NSAID2"] = "P3"
        active = {base(d["name"]) for m in prescribed for d in m["ingredients"]} | {
            base(d["name"]) for _, on, r in intakes if (day - on).days < 7 for d in r["ingredients"]
        }
        if sums.keys() & NSAIDS and "rivaroxaban" in active:
            true["MED-NSAID-AC"] = "P2"
        birth = Date.fromisoformat(self.patient["birth_date"])
        age = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
        conditions = set(self.patient.get("conditions", []))
        if nsaids and (
            conditions & {"heart_failure", "cirrhosis"} or age >= 65 or "prednisone" in active
        ):
            true["MED-NSAID-RISK"] = "P3"
        if nsaids and "pregnancy_20_weeks" in conditions:
            true["MED-NSAID-RISK"] = "P2"
        for kind in (NSAIDS, {"acetaminophen"}):
            if any(kind & {base(d["name"]) for d in m["ingredients"]} for m in prescribed):
                continue
            days = {
                on
                for at, on, r in intakes
                if (day - on).days < 14
                and not r["prescribed"]
                and any(
                    self._counts(d, at, intakes)
                    for d in r["ingredients"]
                    if base(d["name"]) in kind
                )
            }
            if len(days) >= 11:
                true["MED-OTC10"] = "P3"
        opioids = sums.keys() & OPIOIDS.keys()
        mme = sum((sums[o] * OPIOIDS[o] for o in opioids if OPIOIDS[o]), start=Fraction(0))
        accepted = self.patient.get("mme_acknowledged")
        if accepted is None or mme > Fraction(str(accepted)):
            true |= {"MED-MME50": "P2"} if mme >= 50 else {}
            true |= {"MED-MME90": "P1"} if mme >= 90 else {}
        if opioids and "diazepam" in sums:
            true["MED-OPI-BZD"] = "P1"
        if opioids and "gabapentin" in sums:
            true["MED-OPI-SED"] = "P2"
        taken = sorted(
            {
                on
                for _, on, r in intakes
                if any(base(d["name"]) in OPIOIDS for d in r["ingredients"])
            }
        )
        if taken and taken[-1] == day and "long_term_opioid" not in conditions:
            course = [day]
            for each in reversed(taken[:-1]):
                if (course[-1] - each).days > 90:
                    break
                course.append(each)
            if len(course) > 7:
                true["MED-OPI-7"] = "P3"
        return true

    def _limit(self, name: str, prescribed: list[dict]) -> Fraction | int | None:
        mine = [d for m in prescribed for d in m["ingredients"] if base(d["name"]) == name]
        most = [base_mg({**d, "mg": d["max_mg_per_day"]}) for d in mine if d.get("max_mg_per_day")]
        if name == "acetaminophen":
            return min([4000, max(most)]) if most else 4000
        if most:
            return max(most)
        return CEILING.get(name) if mine else OTC.get(name)

    def _counts(self, dose: dict, at: datetime, intakes: list) -> bool:
        """Aspirin of up to 100 mg in the 24 hours before is no pain reliever."""
        if dose["name"] != "aspirin":
            return True
        total = sum(
            base_mg(d)
            for when, _, r in intakes
            if at - DAY < when <= at
            for d in r["ingredients"]
            if d["name"] == "aspirin"
        )
        return total > 100
