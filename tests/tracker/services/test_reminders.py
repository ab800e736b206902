from __future__ import annotations

import csv
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.models import ContactPoint, Delivery, Notification
from tests.trial_data import shared_file
from tracker.models import DiaryEntry, Patient, Reminder
from tracker.services import reminders

#: Alice's eight in the evening on Monday 2026-03-02.
EIGHT = datetime(2026, 3, 3, 1, tzinfo=UTC)


@pytest.fixture
def alice(cast) -> Patient:
    cast.alice.reminder_time = time(20)
    cast.alice.save()
    reminders.schedule(patient=cast.alice, at=EIGHT - timedelta(hours=3))
    return cast.alice


def send(at: datetime) -> int:
    return reminders.send_due(at=at, limit=100)


def outcomes() -> list[tuple[date, str]]:
    return list(Reminder.objects.order_by("local_date").values_list("local_date", "outcome"))


def log_diary(patient: Patient, day: date) -> None:
    DiaryEntry.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        uuid="7a0a7d8e-3f7e-4cbb-9a62-59f0a1f4b001",
        local_date=day,
        time_zone=patient.time_zone,
        submitted_at=EIGHT,
        received_at=EIGHT,
        pain_average=3,
    )


def test_it_is_due_at_the_local_hour_and_not_before(alice):
    assert alice.remind_at == EIGHT
    assert send(EIGHT - timedelta(seconds=1)) == 0
    assert send(EIGHT) == 1

    assert outcomes() == [(date(2026, 3, 2), "sent")]
    assert Notification.objects.get().kind == "diary_reminder"


def test_the_timer_moves_to_the_next_local_day(alice):
    send(EIGHT)

    alice.refresh_from_db()
    assert alice.remind_at == EIGHT + timedelta(days=1)


def test_who_has_logged_is_not_reminded(alice):
    log_diary(alice, date(2026, 3, 2))
    send(EIGHT)

    assert outcomes() == [(date(2026, 3, 2), "already_logged")]
    assert not Notification.objects.exists()


def test_yesterdays_entry_does_not_count_for_today(alice):
    log_diary(alice, date(2026, 3, 1))
    send(EIGHT)

    assert outcomes() == [(date(2026, 3, 2), "sent")]


def test_logging_stops_a_reminder_that_is_still_under_way(alice):
    send(EIGHT)
    reminders.cancel_for(patient=alice, local_date=date(2026, 3, 2), at=EIGHT)

    assert Delivery.objects.get().state == "cancelled"


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        pytest.param(timedelta(hours=1, minutes=59, seconds=59), "sent", id="just useful"),
        pytest.param(timedelta(hours=2), "missed", id="too late to be useful"),
    ],
)
def test_after_an_outage_a_reminder_is_sent_only_while_it_is_useful(alice, late, outcome):
    send(EIGHT + late)

    assert outcomes() == [(date(2026, 3, 2), outcome)]


def test_who_cannot_be_reached_is_recorded_as_such(alice):
    ContactPoint.objects.filter(recipient_id=alice.recipient_id).delete()
    send(EIGHT)

    assert outcomes() == [(date(2026, 3, 2), "unreachable")]


def test_without_a_reminder_time_there_is_no_timer(alice):
    Patient.objects.filter(pk=alice.pk).update(reminder_time=None, remind_at=None)
    alice.refresh_from_db()
    reminders.schedule(patient=alice, at=EIGHT)

    assert alice.remind_at is None


def test_a_change_of_zone_in_the_middle_of_a_day_does_not_remind_twice(alice):
    send(EIGHT)
    alice.refresh_from_db()
    alice.time_zone = "America/Los_Angeles"
    alice.save()
    reminders.schedule(patient=alice, at=EIGHT)
    send(EIGHT + timedelta(hours=3))

    assert outcomes() == [(date(2026, 3, 2), "sent")]
    assert Notification.objects.count() == 1


def walk(patient: Patient, first: datetime, hours: int) -> list[date]:
    for hour in range(hours):
        send(first + timedelta(hours=hour))
    return list(Reminder.objects.order_by("at").values_list("local_date", flat=True))


@pytest.mark.parametrize("wall", [time(0, 30), time(2, 30), time(20)])
def test_one_a_local_day_around_each_clock_change(cast, wall):
    """Every zone's next gap and fold: one reminder for each local date, none twice."""
    patient = cast.alice
    for row in _next_changes():
        zone = ZoneInfo(row["zone"])
        change = datetime.fromisoformat(row["utc"])
        patient.time_zone, patient.reminder_time = row["zone"], wall
        patient.remind_at = None
        patient.save()
        start = change - timedelta(hours=48)
        reminders.schedule(patient=patient, at=start)

        dates = walk(patient, start, hours=24 * 4 + 2)

        expected = [
            (start.astimezone(zone).date() + timedelta(days=offset)) for offset in range(1, 4)
        ]
        assert [day for day in dates if day in expected] == expected, row["zone"]
        assert len(dates) == len(set(dates)), row["zone"]
        Reminder.objects.all().delete()


def _next_changes() -> list[dict[str, str]]:
    """The first gap and the first fold of a sample of zones; odd ones always."""
    odd = {"Australia/Lord_Howe", "Antarctica/Troll", "Africa/Cairo", "America/Havana"}
    seen: set[tuple[str, str]] = set()
    rows = []
    with shared_file("tz_transitions_2026_2028.csv").open() as file:
        for number, row in enumerate(csv.DictReader(file)):
            key = (row["zone"], row["kind"])
            if key not in seen and (row["zone"] in odd or number % 200 == 0):
                seen.add(key)
                rows.append(row)
    return rows
