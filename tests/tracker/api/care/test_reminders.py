from __future__ import annotations

from datetime import timedelta

import pytest

import clock
from tests.api_client import code_of, entry, paths_of
from tests.fixtures import MONDAY_EVENING
from tracker.services.context import SYSTEM, Context
from tracker.services.reminders import reminders


@pytest.fixture
def snooze_path(alice) -> str:
    """Alice was reminded at 21:30; the address to snooze it."""
    alice.patch("me", {"reminder_time": "21:30"})
    clock.travel_to(MONDAY_EVENING + timedelta(minutes=31))
    reminders.send_due(Context(SYSTEM, clock.now()), limit=10)
    (slot,) = alice.get("reminders").json()["reminders"]
    return f"reminders/{slot['id']}/snooze"


def test_the_app_shows_each_wall_time_and_what_can_be_snoozed(alice, snooze_path):
    (slot,) = alice.get("reminders").json()["reminders"]

    assert (slot["measure"], slot["time"], slot["weekdays"]) == (None, "21:30", list(range(7)))
    assert slot["next_at"] == "2026-03-04T02:30:00Z"
    assert (slot["snoozes_left"], slot["snoozed_until"], slot["is_reduced"]) == (3, None, False)


def test_a_snooze_returns_its_end_and_how_many_are_left(alice, snooze_path):
    answer = alice.post(snooze_path, {"minutes": 30})

    assert answer.status_code == 200
    assert answer.json()["snoozed_until"].startswith("2026-03-03T03:01")
    assert answer.json()["snoozes_left"] == 2


@pytest.mark.parametrize("minutes", [4, 121, "30", None])
def test_a_snooze_has_its_limits(alice, snooze_path, minutes):
    assert list(paths_of(alice.post(snooze_path, {"minutes": minutes}))) == ["minutes"]


def test_a_reminder_of_a_logged_entry_cannot_be_snoozed(alice, snooze_path):
    alice.put("diary/2026-03-02", entry())

    assert code_of(alice.post(snooze_path, {"minutes": 30})) == "snooze_refused"
