from __future__ import annotations

from datetime import date, time, timedelta
from uuid import uuid4

import pytest

import clock
from notifications.models import Recipient
from tests.api_client import paths_of
from tracker.models import PatientTimeZone


def test_another_time_zone_applies_from_the_first_day_begun_in_neither(alice, clinics):
    # 21:01 on March 2 in New York is 15:01 on March 3 in Auckland.
    changed = alice.patch("me", {"time_zone": "Pacific/Auckland"}).json()

    assert changed["time_zone"] == "Pacific/Auckland"
    assert changed["time_zone_today"] == "America/New_York"
    newest = PatientTimeZone.objects.filter(patient=clinics.alice).last()
    assert (newest.from_date, newest.time_zone) == (date(2026, 3, 4), "Pacific/Auckland")
    assert Recipient.objects.get(pk=clinics.alice.recipient_id).time_zone == "Pacific/Auckland"
    assert alice.get("now").json()["local_date"] == "2026-03-02"

    clock.shift(timedelta(hours=3))
    assert alice.get("now").json()["local_date"] == "2026-03-03"
    clock.shift(timedelta(hours=6))
    assert alice.get("now").json()["local_date"] == "2026-03-04"


def test_a_zone_changed_back_before_tomorrow_changes_nothing(alice, clinics):
    alice.patch("me", {"time_zone": "Pacific/Auckland"})
    alice.patch("me", {"time_zone": "America/New_York"})

    clock.shift(timedelta(days=2))

    assert alice.get("me").json()["time_zone_today"] == "America/New_York"


def test_the_time_of_the_reminder_is_set_and_unset(alice, clinics):
    assert alice.patch("me", {"reminder_time": "21:30"}).json()["reminder_time"] == "21:30"
    slot = clinics.alice.reminder_slots.get()
    assert slot.remind_at.astimezone(clinics.alice.zone).time() == time(21, 30)

    assert alice.patch("me", {"reminder_time": None}).json()["reminder_time"] is None
    slot.refresh_from_db()
    assert slot.remind_at is None


def test_fields_that_are_left_out_stay(alice):
    alice.patch("me", {"full_name": " Alice  Avery-Cole "})

    me = alice.get("me").json()
    assert me["full_name"] == "Alice  Avery-Cole"
    assert me["time_zone"] == "America/New_York"


@pytest.mark.parametrize(
    ("sent", "path", "code"),
    [
        ({"time_zone": "Mars/Base"}, "time_zone", "unknown_zone"),
        ({"time_zone": "../../etc/localtime"}, "time_zone", "unknown_zone"),
        ({"full_name": " \u200b "}, "full_name", "blank"),
        ({"full_name": "a\u202eb"}, "full_name", "text_invalid"),
        ({"full_name": "a\r\nBcc: x"}, "full_name", "text_invalid"),
        ({"reminder_time": "24:00"}, "reminder_time", "format"),
        ({"reminder_time": "8:00"}, "reminder_time", "format"),
        ({"clinic_id": str(uuid4())}, "clinic_id", "unknown_field"),
        ({"email": "x@y.test"}, "email", "unknown_field"),
    ],
)
def test_an_invalid_change_is_refused(alice, sent, path, code):
    assert paths_of(alice.patch("me", sent)) == {path: code}


def test_quiet_hours_and_weekends_are_changed_and_unset(alice):
    wishes = {
        "quiet_hours": {"from_time": "21:00", "until_time": "07:00"},
        "reminds_on_weekends": False,
    }
    me = alice.patch("me", wishes).json()

    assert {name: me[name] for name in wishes} == wishes
    assert alice.patch("me", {"quiet_hours": None}).json()["quiet_hours"] is None
