"""What the app shows of reminders, the snooze, and the question of a phone that travels."""

from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from tests.api_client import code_of, entry, paths_of
from tests.fixtures import MONDAY_EVENING
from tracker.services.reminders import reminders

#: A minute past nine in the evening, when the tests of the API begin.
NOW = "21:01"


@pytest.fixture
def reminded(alice) -> str:
    """Alice was reminded at 21:30; the address to snooze it."""
    alice.patch("me", {"reminder_time": "21:30"})
    clock.travel_to(MONDAY_EVENING + timedelta(minutes=31))
    reminders.send_due(at=clock.now(), limit=10)
    (slot,) = alice.get("reminders").json()["reminders"]
    return f"reminders/{slot['id']}/snooze"


def test_the_app_shows_each_wall_time_and_what_can_be_snoozed(alice, reminded):
    (slot,) = alice.get("reminders").json()["reminders"]

    assert (slot["measure"], slot["time"], slot["weekdays"]) == (None, "21:30", list(range(7)))
    assert slot["next_at"] == "2026-03-04T02:30:00Z"
    assert (slot["snoozes_left"], slot["snoozed_until"], slot["is_reduced"]) == (3, None, False)


def test_a_snooze_says_until_when_and_how_often_more(alice, reminded):
    answer = alice.post(reminded, {"minutes": 30})

    assert answer.status_code == 200
    assert answer.json()["snoozed_until"].startswith("2026-03-03T03:01")
    assert answer.json()["snoozes_left"] == 2


@pytest.mark.parametrize("minutes", [4, 121, "30", None])
def test_a_snooze_has_its_limits(alice, reminded, minutes):
    assert list(paths_of(alice.post(reminded, {"minutes": minutes}))) == ["minutes"]


def test_what_was_logged_cannot_be_snoozed(alice, reminded):
    alice.put("diary/2026-03-02", entry())

    assert code_of(alice.post(reminded, {"minutes": 30})) == "snooze_refused"


def test_quiet_hours_and_weekends_are_the_patients_wish(alice):
    wishes = {
        "quiet_hours": {"from_time": "21:00", "until_time": "07:00"},
        "reminds_on_weekends": False,
    }
    me = alice.patch("me", wishes).json()

    assert {name: me[name] for name in wishes} == wishes
    assert alice.patch("me", {"quiet_hours": None}).json()["quiet_hours"] is None


class TestTravel:
    TOKYO = "now?time_zone=Asia/Tokyo"

    def test_a_phone_elsewhere_is_asked_before_anything_shifts(self, alice, clinics):
        asked = alice.get(self.TOKYO).json()["zone_question"]

        assert asked == {
            "time_zone": "Asia/Tokyo",
            "local_time": "11:01",
            "present_time_zone": "America/New_York",
            "present_local_time": NOW,
        }
        assert alice.get("me").json()["time_zone"] == "America/New_York"

    def test_yes_shifts_and_asks_no_more(self, alice):
        alice.patch("me", {"time_zone": "Asia/Tokyo"})

        assert alice.get(self.TOKYO).json()["zone_question"] is None

    def test_no_holds_until_the_phone_was_back(self, alice):
        alice.patch("me", {"declined_time_zone": "Asia/Tokyo"})
        assert alice.get(self.TOKYO).json()["zone_question"] is None

        alice.get("now?time_zone=America/New_York")
        assert alice.get(self.TOKYO).json()["zone_question"]

    @pytest.mark.parametrize("path", ["now", "now?time_zone=America/Toronto"])
    def test_the_same_wall_time_is_no_question(self, alice, path):
        assert alice.get(path).json()["zone_question"] is None

    def test_a_zone_that_does_not_exist_is_refused(self, alice):
        assert code_of(alice.get("now?time_zone=Mars/Base")) == "invalid_query"
        sent = {"declined_time_zone": "Mars/Base"}
        assert paths_of(alice.patch("me", sent)) == {"declined_time_zone": "unknown_zone"}
