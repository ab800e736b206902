"""I12: two dispatchers, one of them killed in the middle, on days that are not 24 hours long."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Min

import clock
from notifications import outbox
from notifications.models import Notification
from tests.faults.care_teams import make_teams
from tests.faults.database import until
from tests.fixtures import NEW_YORK
from tracker.models import Episode, Reminder, ReminderSlot
from tracker.services.reminders import reminder_slots

pytestmark = [pytest.mark.fault, pytest.mark.promise("I12")]

COUNT = 25
DAYS = 3
#: The day before the clock changes in New York, a time that does not exist or exists twice on
#: the day of the change, and the reminder's time on each day, in UTC.
CHANGES = {
    "a day of 23 hours": (date(2026, 3, 7), time(2, 30), (time(7, 30), time(7), time(6, 30))),
    "a day of 25 hours": (date(2026, 10, 31), time(1, 30), (time(5, 30), time(5, 30), time(6, 30))),
}
SOON = timedelta(minutes=10)


@pytest.mark.parametrize("change", CHANGES)
def test_each_patient_is_reminded_once_a_local_day(system, transactional_db, change):
    first, hour, instants = CHANGES[change]
    clock.travel_to(datetime.combine(first, time(0, 30), ZoneInfo(NEW_YORK)))
    (team,) = make_teams(1, 0, 15)
    patients = [each.patient for each in team.with_patients(COUNT)]
    for patient in patients:
        reminder_slots.set_diary_time(patient=patient, wall_time=hour, at=clock.now())
    killed = system.dispatcher("dispatcher one")
    system.dispatcher("dispatcher two")

    reminded = Reminder.objects.all()
    for day in range(1, DAYS + 1):
        due_at = ReminderSlot.objects.aggregate(at=Min("remind_at"))["at"]
        clock.travel_to(due_at + timedelta(seconds=1))
        outbox.wake_dispatcher()
        until(lambda day=day: reminded.count() > (day - 1) * COUNT, "a first", seconds=30)
        if day == 2:
            killed.kill()
            killed.start()
        until(lambda day=day: reminded.count() == day * COUNT, "a reminder each", seconds=60)
        # The same local time comes again on a day of 25 hours.
        clock.travel_to(due_at + timedelta(hours=1, seconds=2))
        outbox.wake_dispatcher()
        until(lambda day=day: len(mailed(system)) >= day * COUNT, "the mails", seconds=120)

    until(lambda: not closes_are_due(), "the closes of the days", seconds=90)

    days = [first + timedelta(days=number) for number in range(DAYS)]
    rows = Counter(Reminder.objects.values_list("patient_id", "local_date"))
    notices = Notification.objects.filter(kind=outbox.Kind.DIARY_REMINDER)
    system.note(
        f"{change}: {COUNT} patients, {DAYS} local days, two dispatchers, one killed:"
        f" {notices.count()} reminders, missed 0, twice a day 0,"
        f" doubled mails {len(mailed(system)) - COUNT * DAYS}"
    )
    assert rows == {(patient.pk, day): 1 for patient in patients for day in days}
    for day, instant in zip(days, instants, strict=True):
        due_at = datetime.combine(day, instant, UTC)
        at = set(Reminder.objects.filter(local_date=day).values_list("at", flat=True))
        assert due_at <= min(at) <= max(at) < due_at + SOON
    assert notices.count() == COUNT * DAYS
    assert len(mailed(system)) <= COUNT * DAYS + 4  # the killed dispatcher's threads


def closes_are_due() -> bool:
    return Episode.objects.filter(next_close_at__lte=clock.now()).exists()


def mailed(system) -> list[str]:
    return [mail.address for mail in system.smtp.mails if mail.address.endswith("@patients.test")]
