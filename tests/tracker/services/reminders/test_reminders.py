from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from notifications import outbox
from notifications.models import ContactPoint, Delivery, Notification, Recipient
from tests.fixtures import TwoClinics
from tracker.models import RECORD_KINDS, Patient, PlannedMeasure, Reminder, ReminderSlot
from tracker.rules import parse_record
from tracker.services.context import SYSTEM, Context
from tracker.services.episodes import care_plans
from tracker.services.episodes.care_plans import Line
from tracker.services.errors import NotFound
from tracker.services.local_time.calendars import calendar_of
from tracker.services.people import profile
from tracker.services.queries import patient_data
from tracker.services.records import store
from tracker.services.records.ledger import Submission
from tracker.services.reminders import reminder_slots, reminders
from tracker.services.reminders.answers import is_answered

DAY = timedelta(days=1)
#: Alice's eight in the evening on Monday 2026-03-02.
EIGHT = datetime(2026, 3, 3, 1, tzinfo=UTC)
MONDAY = date(2026, 3, 2)


@pytest.fixture
def alice(clinics) -> Patient:
    at = EIGHT - timedelta(hours=3)
    reminder_slots.set_diary_time(patient=clinics.alice, wall_time=time(20), at=at)
    return clinics.alice


def slot_of(patient: Patient) -> ReminderSlot:
    return patient.reminder_slots.get(planned_measure=None)


def send(at: datetime) -> int:
    return reminders.send_due(Context(SYSTEM, at), limit=100)


def outcomes() -> list[tuple[date, str]]:
    return list(Reminder.objects.order_by("local_date").values_list("local_date", "outcome"))


def notices() -> int:
    return Notification.objects.filter(kind="diary_reminder").count()


def log(patient: Patient, kind: str, now: datetime, **content: object) -> None:
    document = {"kind": kind, "submitted_at": now.isoformat(), **content}
    store.submit(
        Context(patient, now),
        patient=patient,
        submissions=[
            Submission(
                uuid=uuid4(),
                kind=RECORD_KINDS[kind],
                record=parse_record(document),
                submitted_at=now,
            )
        ],
        action="sync",
    )


def log_diary(patient: Patient, at: datetime) -> None:
    day = calendar_of(patient).today(at).isoformat()
    log(patient, "diary_entry", at, date=day, pain_average=3)


def log_heat(patient: Patient, at: datetime) -> None:
    log(patient, "compress_use", at, at=at.isoformat(), type="hot", minutes=15)


class TestTheDiary:
    def test_it_is_due_at_the_local_hour_and_not_before(self, alice):
        assert slot_of(alice).remind_at == EIGHT
        assert send(EIGHT - timedelta(seconds=1)) == 0
        assert send(EIGHT) == 1

        assert outcomes() == [(MONDAY, "sent")]
        assert notices() == 1

    def test_the_timer_moves_to_the_next_local_day(self, alice):
        send(EIGHT)

        assert slot_of(alice).remind_at == EIGHT + DAY

    def test_who_has_logged_is_not_reminded(self, alice):
        log_diary(alice, EIGHT - timedelta(hours=1))
        send(EIGHT)

        assert outcomes() == [(MONDAY, "already_logged")]
        assert notices() == 0

    def test_yesterdays_entry_does_not_count_for_today(self, alice):
        log_diary(alice, EIGHT - timedelta(hours=1))
        send(EIGHT)
        send(EIGHT + DAY)

        assert outcomes()[-1] == (MONDAY + DAY, "sent")

    def test_logging_stops_a_reminder_that_is_still_under_way(self, alice):
        send(EIGHT)
        log_diary(alice, EIGHT + timedelta(minutes=1))

        assert Delivery.objects.get().state == "cancelled"
        assert Reminder.objects.get().answered_at

    def test_what_is_rolled_back_stops_nothing(self, alice):
        send(EIGHT)
        with transaction.atomic():
            log_diary(alice, EIGHT + timedelta(minutes=1))
            transaction.set_rollback(True)

        assert Delivery.objects.get().state == "pending"

    @pytest.mark.parametrize(
        ("late", "outcome"),
        [
            pytest.param(timedelta(hours=1, minutes=59, seconds=59), "sent", id="just useful"),
            pytest.param(timedelta(hours=2), "missed", id="too late to be useful"),
        ],
    )
    def test_after_an_outage_a_reminder_is_sent_only_while_it_is_useful(self, alice, late, outcome):
        send(EIGHT + late)

        assert outcomes() == [(MONDAY, outcome)]

    def test_who_cannot_be_reached_is_recorded_as_such(self, alice):
        ContactPoint.objects.filter(recipient_id=alice.recipient_id).delete()
        send(EIGHT)

        assert outcomes() == [(MONDAY, "unreachable")]

    def test_without_a_reminder_time_there_is_no_timer(self, alice):
        reminder_slots.set_diary_time(patient=alice, wall_time=None, at=EIGHT)

        assert slot_of(alice).remind_at is None
        assert send(EIGHT) == 0

    def test_a_change_of_zone_in_the_middle_of_a_day_does_not_remind_twice(self, alice):
        send(EIGHT)
        profile.change(Context(alice, EIGHT), patient=alice, time_zone="America/Los_Angeles")

        assert slot_of(alice).remind_date == MONDAY + DAY
        send(EIGHT + timedelta(hours=3))
        assert outcomes() == [(MONDAY, "sent")]

    def test_the_database_refuses_a_second_reminder_of_a_day(self, alice):
        """I12, held by the database."""
        send(EIGHT)
        first = Reminder.objects.get()

        with pytest.raises(IntegrityError, match="reminder_once_a_day"), transaction.atomic():
            Reminder.objects.create(
                clinic_id=first.clinic_id,
                patient=alice,
                slot_id=first.slot_id,
                local_date=MONDAY,
                at=EIGHT + timedelta(hours=1),
                outcome="sent",
            )

    @pytest.mark.parametrize("zone", ["Africa/Cairo", "Antarctica/Troll", "America/Nuuk"])
    def test_one_a_local_day_around_a_clock_change(self, clinics, zone):
        """All zones and changes are tested in test_wall_time."""
        change = {
            "Africa/Cairo": datetime(2026, 10, 29, 21, tzinfo=UTC),
            "Antarctica/Troll": datetime(2026, 3, 29, 1, tzinfo=UTC),
            "America/Nuuk": datetime(2026, 3, 29, 1, tzinfo=UTC),
        }[zone]
        clinics.alice.time_zone = zone
        clinics.alice.save()
        start = change - timedelta(hours=48)
        reminder_slots.set_diary_time(patient=clinics.alice, wall_time=time(23, 30), at=start)

        for hour in range(24 * 4):
            send(start + timedelta(hours=hour))

        days = [day for day, _ in outcomes()]
        assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
        assert len(days) in {3, 4}


class TestTheCarePlan:
    """Heat at eight in the morning and at eight in the evening."""

    @pytest.fixture
    def heat(self, clinics) -> PlannedMeasure:
        line = Line(measure="hot_compress", reminder_times=[time(8), time(20)])
        at = EIGHT - timedelta(hours=14)
        return care_plans.add(
            Context(clinics.nora, at), episode=clinics.episode, line=line, from_date=MONDAY
        )

    MORNING = EIGHT - timedelta(hours=12)

    def test_each_slot_has_its_own_reminder(self, clinics, heat):
        assert [send(self.MORNING), send(EIGHT)] == [1, 1]

        assert outcomes() == [(MONDAY, "sent"), (MONDAY, "sent")]

    def test_logged_once_answers_the_first_slot_of_the_day_only(self, clinics, heat):
        log_heat(clinics.alice, self.MORNING - timedelta(minutes=5))
        send(self.MORNING)
        send(EIGHT)

        by_slot = Reminder.objects.order_by("slot__wall_time").values_list("outcome", flat=True)
        assert list(by_slot) == ["already_logged", "sent"]

    def test_logging_the_measure_stops_its_reminder_and_no_other(self, clinics, heat):
        slots = {"patient": clinics.alice, "at": self.MORNING - timedelta(hours=1)}
        reminder_slots.set_diary_time(wall_time=time(8), **slots)
        send(self.MORNING)
        log_heat(clinics.alice, self.MORNING + timedelta(minutes=1))

        states = {
            delivery.notification.group.split(":")[1]: delivery.state
            for delivery in Delivery.objects.all()
        }
        mine = heat.reminder_slots.get(wall_time=time(8))
        assert states == {str(mine.pk): "cancelled", str(slot_of(clinics.alice).pk): "pending"}

    def test_a_medicine_is_answered_by_an_intake_of_it(self, clinics):
        ingredient = care_plans.Ingredient(name="naproxen", mg=250)
        line = Line(
            measure="medication",
            ingredients=[ingredient],
            route="oral",
            reminder_times=[time(20)],
        )
        planned = care_plans.add(
            Context(clinics.nora, self.MORNING),
            episode=clinics.episode,
            line=line,
            from_date=MONDAY,
        )
        for name, answers in (("paracetamol", False), ("naproxen", True)):
            at = EIGHT - timedelta(hours=2 if answers else 3)
            log(
                clinics.alice,
                "medication_intake",
                at,
                at=at.isoformat(),
                ingredients=[{"name": name, "mg": 250}],
                route="oral",
                prescribed=False,
            )
            assert is_answered(planned.reminder_slots.get(), MONDAY) == answers

    def test_a_line_that_ended_reminds_no_more(self, clinics, heat):
        care_plans.end(
            Context(clinics.nora, self.MORNING - timedelta(minutes=1)),
            planned=heat,
            until_date=MONDAY,
        )

        assert send(EIGHT) == 2  # both slots of the last day
        assert not ReminderSlot.objects.filter(remind_at__isnull=False).exists()

    def test_a_waived_line_reminds_no_more(self, clinics, heat):
        care_plans.waive(
            Context(clinics.nora, self.MORNING),
            planned=heat,
            reason="not_tolerated",
            from_date=MONDAY,
        )

        assert send(EIGHT + DAY) == 0

    def test_only_on_its_days_of_the_week(self, clinics):
        line = Line(measure="massage", reminder_times=[time(20)], reminder_weekdays=[2, 6])
        planned = care_plans.add(
            Context(clinics.nora, self.MORNING),
            episode=clinics.episode,
            line=line,
            from_date=MONDAY,
        )

        assert planned.reminder_slots.get().remind_date == date(2026, 3, 4)

    def test_without_weekend_reminders_none_is_sent_on_weekends(self, clinics, heat):
        friday = self.MORNING + 4 * DAY + timedelta(hours=13)
        profile.change(
            Context(clinics.alice, friday), patient=clinics.alice, reminds_on_weekends=False
        )

        dates = set(heat.reminder_slots.values_list("remind_date", flat=True))
        assert dates == {date(2026, 3, 9)}

    @pytest.mark.parametrize(
        "wishes",
        [
            {"reminder_times": [time(8), time(8)]},
            {"reminder_times": [time(hour) for hour in range(7)]},
            {"reminder_weekdays": [7]},
        ],
        ids=str,
    )
    def test_invalid_reminder_times_are_refused(self, clinics, wishes):
        with pytest.raises(care_plans.RemindersRefused):
            Line(measure="massage", **wishes).check()


class TestFewer:
    def test_three_unanswered_reminders_make_them_fewer_and_logging_restores_them(self, alice):
        for day in range(40):
            send(EIGHT + day * DAY)

        sent = [(day - MONDAY).days for day, _ in outcomes()]
        assert sent == [0, 1, 2, 4, 6, 8, 15, 22, 29]
        assert slot_of(alice).remind_at is None

        log_diary(alice, EIGHT + 40 * DAY)
        assert slot_of(alice).remind_date == MONDAY + 41 * DAY
        assert slot_of(alice).unanswered == 0

    def test_who_logs_after_each_reminder_is_reminded_each_day(self, alice):
        for day in range(5):
            send(EIGHT + day * DAY)
            log_diary(alice, EIGHT + day * DAY + timedelta(minutes=5))

        assert len(outcomes()) == 5


class TestSnooze:
    def snooze(self, alice: Patient, at: datetime, minutes: int = 30) -> Reminder:
        return reminders.snooze(
            Context(alice, at), patient=alice, slot_id=slot_of(alice).pk, minutes=minutes
        )

    def test_a_snoozed_reminder_is_sent_again_once(self, alice):
        send(EIGHT)
        self.snooze(alice, EIGHT)
        again = EIGHT + timedelta(minutes=30)

        assert reminders.send_again(Context(SYSTEM, again - timedelta(seconds=1)), limit=10) == 0
        assert reminders.send_again(Context(SYSTEM, again), limit=10) == 1
        assert reminders.send_again(Context(SYSTEM, again), limit=10) == 0
        assert notices() == 2

    def test_logging_ends_a_snooze(self, alice):
        send(EIGHT)
        self.snooze(alice, EIGHT)
        log_diary(alice, EIGHT + timedelta(minutes=1))

        assert reminders.send_again(Context(SYSTEM, EIGHT + timedelta(minutes=30)), limit=10) == 0

    def test_logging_stops_the_second_notice_too(self, alice):
        send(EIGHT)
        self.snooze(alice, EIGHT)
        reminders.send_again(Context(SYSTEM, EIGHT + timedelta(minutes=30)), limit=10)
        log_diary(alice, EIGHT + timedelta(minutes=31))

        assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}

    def test_three_times_and_no_more(self, alice):
        send(EIGHT)
        for _ in range(3):
            self.snooze(alice, EIGHT)

        with pytest.raises(reminders.SnoozeRefused):
            self.snooze(alice, EIGHT)

    def test_not_into_the_next_day(self, alice):
        send(EIGHT)

        with pytest.raises(reminders.SnoozeRefused):
            self.snooze(alice, EIGHT + timedelta(hours=3, minutes=40))

    def test_nothing_to_snooze_before_it_was_sent_or_after_it_was_answered(self, alice):
        with pytest.raises(reminders.SnoozeRefused):
            self.snooze(alice, EIGHT)
        send(EIGHT)
        log_diary(alice, EIGHT)

        with pytest.raises(reminders.SnoozeRefused):
            self.snooze(alice, EIGHT)

    def test_after_a_flight_west_the_snoozes_left_stay_three(self, alice):
        """It is Monday again in Los Angeles, but the diary counts in New York until tomorrow."""
        reminder_slots.set_diary_time(patient=alice, wall_time=time(1), at=EIGHT)
        one_in_the_morning = EIGHT + timedelta(hours=5)
        send(one_in_the_morning)
        profile.change(
            Context(alice, one_in_the_morning), patient=alice, time_zone="America/Los_Angeles"
        )

        (shown,) = patient_data.reminders(Context(alice, one_in_the_morning), patient=alice)

        assert shown.snoozes_left == reminders.MOST_SNOOZES

    def test_somebody_elses_reminder_is_not_found(self, alice, clinics: TwoClinics):
        send(EIGHT)

        with pytest.raises(NotFound):
            reminders.snooze(
                Context(clinics.bob, EIGHT),
                patient=clinics.bob,
                slot_id=slot_of(alice).pk,
                minutes=30,
            )


def test_quiet_hours_reach_the_sender(alice):
    profile.change(Context(alice, EIGHT), patient=alice, quiet_hours=(time(21), time(7)))
    profile.change(Context(alice, EIGHT), patient=alice, time_zone="America/Chicago")

    known = Recipient.objects.get(pk=alice.recipient_id)
    assert (known.quiet_from, known.quiet_until) == (time(21), time(7))
    assert outbox.reachable(alice.recipient_id)
