from __future__ import annotations

from tests.fixtures import MONDAY_EVENING
from tracker.models import Advice


def test_advice_is_shown_until_it_is_read_most_urgent_first(alice, clinics):
    rows = [
        Advice.objects.create(
            clinic=clinics.clinic,
            patient=clinics.alice,
            episode=clinics.episode,
            code=f"A-{urgency}",
            urgency=urgency,
            given_at=MONDAY_EVENING,
            text="Read this.",
        )
        for urgency in ("information", "emergency", "today")
    ]
    shown = alice.get("now").json()["must_read"]["advice"]
    assert [each["urgency"] for each in shown] == ["emergency", "today", "information"]

    first = alice.post(f"advice/{rows[1].id}/read").json()["read_at"]
    again = alice.post(f"advice/{rows[1].id}/read").json()["read_at"]

    assert first == again
    assert len(alice.get("now").json()["must_read"]["advice"]) == 2
