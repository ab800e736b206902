from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

import clock
from tests.api_client import code_of, entry, paths_of
from tests.fixtures import MONDAY_EVENING
from tracker.models import Review


def test_now_holds_advice_clinic_reviews_and_whether_today_is_logged(alice, clinics):
    Review.objects.create(
        clinic=clinics.clinic,
        patient=clinics.alice,
        by=clinics.nora,
        at=MONDAY_EVENING,
        decision="continue_care",
        note="For clinicians only.",
    )

    before = alice.get("now").json()
    alice.put("diary/2026-03-02", entry())
    after = alice.get("now").json()

    assert before["local_date"] == "2026-03-02"
    assert (before["logged_today"], after["logged_today"]) == (False, True)
    assert before["must_read"] == {"advice": [], "checklist_due": "enrolment"}
    assert before["clinic"]["phone"] == "555-0100"
    assert before["clinic"]["emergency_number"] == "911"
    assert before["clinic"]["crisis_line"] == "988"
    assert before["clinic"]["staffed_hours"][0] == {
        "weekday": 0,
        "opens": "08:00",
        "closes": "17:00",
    }
    (review,) = before["reviews"]
    assert (review["by"], review["decision"]) == ("Nora Nurse", "continue_care")
    assert "clinicians only" not in str(before)


def test_the_checklist_is_due_again_after_a_week(alice):
    alice.put(f"red-flag-checklists/{uuid4()}", {"at": "2026-03-02T20:00:00-05:00", "answers": {}})
    assert alice.get("now").json()["must_read"]["checklist_due"] is None

    clock.shift(timedelta(days=7))

    assert alice.get("now").json()["must_read"]["checklist_due"] == "weekly"


class TestTimeZonePrompt:
    TOKYO = "now?time_zone=Asia/Tokyo"

    def test_another_wall_time_prompts_and_changes_nothing(self, alice, clinics):
        asked = alice.get(self.TOKYO).json()["zone_question"]

        assert asked == {
            "time_zone": "Asia/Tokyo",
            "local_time": "11:01",
            "present_time_zone": "America/New_York",
            "present_local_time": "21:01",
        }
        assert alice.get("me").json()["time_zone"] == "America/New_York"

    def test_an_accepted_time_zone_ends_the_prompt(self, alice):
        alice.patch("me", {"time_zone": "Asia/Tokyo"})

        assert alice.get(self.TOKYO).json()["zone_question"] is None

    def test_a_declined_time_zone_holds_until_the_phone_was_back(self, alice):
        alice.patch("me", {"declined_time_zone": "Asia/Tokyo"})
        assert alice.get(self.TOKYO).json()["zone_question"] is None

        alice.get("now?time_zone=America/New_York")
        assert alice.get(self.TOKYO).json()["zone_question"]

    @pytest.mark.parametrize("path", ["now", "now?time_zone=America/Toronto"])
    def test_the_same_wall_time_prompts_nothing(self, alice, path):
        assert alice.get(path).json()["zone_question"] is None

    def test_a_zone_that_does_not_exist_is_refused(self, alice):
        assert code_of(alice.get("now?time_zone=Mars/Base")) == "invalid_query"
        sent = {"declined_time_zone": "Mars/Base"}
        assert paths_of(alice.patch("me", sent)) == {"declined_time_zone": "unknown_zone"}
