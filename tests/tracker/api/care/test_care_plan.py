from __future__ import annotations

from datetime import date

from tracker.models import PlannedMeasure


def test_the_care_plan_holds_current_measures_only(alice, clinics):
    common = {"clinic": clinics.clinic, "episode": clinics.episode, "from_date": date(2026, 3, 2)}
    PlannedMeasure.objects.create(
        **common,
        measure="medication",
        ingredients=[{"name": "naproxen", "mg": 500, "max_mg_per_day": 1000}],
        route="oral",
        prescribed=True,
        doses_per_day=2,
    )
    PlannedMeasure.objects.create(**common, measure="massage", until_date=date(2026, 3, 2))

    plan = alice.get("care-plan").json()

    assert plan["episode"]["index_date"] == "2026-03-02"
    (measure,) = plan["measures"]
    assert measure["measure"] == "medication"
    assert measure["ingredients"][0]["max_mg_per_day"] == 1000
