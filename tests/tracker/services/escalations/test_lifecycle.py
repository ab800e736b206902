from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from notifications.models import Delivery, Notification
from tests.fixtures import TwoClinics, make_policy
from tests.tracker.services.escalations.running import (
    MORNING,
    fire,
    open_escalation,
    told,
)
from tracker.models import Clinician, Escalation, EscalationPolicy
from tracker.services.context import SYSTEM, Context
from tracker.services.errors import NotFound
from tracker.services.escalations import lifecycle, timers

NIGHT = datetime(2026, 3, 3, 7, tzinfo=UTC)


class TestOpening:
    def test_the_first_step_of_a_p0_fires_at_once_day_and_night(self, clinics):
        escalation = open_escalation(clinics, at=NIGHT)

        fire(NIGHT)

        assert told(escalation) == ["Nora Nurse"]

    def test_the_first_step_of_a_p1_waits_for_the_clinic_to_open(self, clinics):
        escalation = open_escalation(clinics, "P1", at=NIGHT)
        opening = datetime(2026, 3, 3, 13, tzinfo=UTC)

        fire(opening - timedelta(seconds=1))
        assert told(escalation) == []

        fire(opening)
        assert told(escalation) == ["Nora Nurse"]

    @pytest.mark.parametrize(
        ("priority", "deadline"),
        [
            ("P0", datetime(2026, 3, 2, 15, 15, tzinfo=UTC)),
            ("P1", datetime(2026, 3, 2, 19, 0, tzinfo=UTC)),
            ("P2", datetime(2026, 3, 3, 22, 0, tzinfo=UTC)),
            ("P3", datetime(2026, 3, 9, 21, 0, tzinfo=UTC)),
        ],
    )
    def test_each_priority_has_its_deadline(self, clinics, priority, deadline):
        assert open_escalation(clinics, priority).acknowledge_by == deadline

    def test_a_flag_has_one_live_escalation(self, clinics):
        escalation = open_escalation(clinics)

        with pytest.raises(IntegrityError), transaction.atomic():
            lifecycle.open_for(flag=escalation.flag, at=MORNING)

    def test_a_later_edit_of_the_policy_moves_no_running_escalation(self, clinics):
        escalation = open_escalation(clinics)
        EscalationPolicy.objects.filter(care_team=clinics.team).delete()

        fire(MORNING)
        fire(MORNING + timedelta(minutes=15))

        assert told(escalation) == ["Nora Nurse", "Phil Physician"]

    def test_without_a_policy_the_whole_team_is_told_and_then_the_administrators(self, clinics):
        EscalationPolicy.objects.filter(care_team=clinics.team).delete()
        escalation = open_escalation(clinics)

        fire(MORNING)
        assert set(told(escalation)) == {"Ada Admin", "Nora Nurse", "Phil Physician"}


class TestSteps:
    def test_without_an_acknowledgement_the_next_step_is_told(self, clinics):
        escalation = open_escalation(clinics)

        fire(MORNING)
        fire(MORNING + timedelta(minutes=14, seconds=59))
        assert told(escalation) == ["Nora Nurse"]

        fire(MORNING + timedelta(minutes=15))
        assert told(escalation) == ["Nora Nurse", "Phil Physician"]

    def test_a_step_fires_once_however_often_the_timer_is_read(self, clinics):
        escalation = open_escalation(clinics)

        assert [fire(MORNING) for _ in range(3)] == [1, 0, 0]
        assert told(escalation) == ["Nora Nurse"]

    def test_an_unreachable_step_gives_way_to_the_next_at_once(self, clinics):
        Delivery.objects.all().delete()
        for point in _points(clinics.nora):
            point.delete()
        escalation = open_escalation(clinics)

        fire(MORNING)

        assert told(escalation) == ["Phil Physician"]
        assert list(escalation.steps.values_list("reached", flat=True)) == [0, 1]

    def test_somebody_who_left_is_not_told(self, clinics):
        Clinician.objects.filter(pk=clinics.nora.pk).update(is_active=False)
        escalation = open_escalation(clinics)

        fire(MORNING)

        assert told(escalation) == ["Phil Physician"]

    def test_after_an_outage_the_steps_do_not_come_in_a_burst(self, clinics):
        escalation = open_escalation(clinics)
        later = MORNING + timedelta(hours=26)

        fire(later)
        assert told(escalation) == ["Nora Nurse"]

        fire(later + timedelta(minutes=9, seconds=59))
        assert told(escalation) == ["Nora Nurse"]
        fire(later + timedelta(minutes=10))
        assert told(escalation) == ["Nora Nurse", "Phil Physician"]

    def test_urgent_escalations_are_moved_first(self, clinics):
        routine = open_escalation(clinics, "P2")
        urgent = open_escalation(clinics, "P0")

        timers.fire_due(Context(SYSTEM, MORNING + timedelta(hours=1)), limit=1)

        assert told(urgent) == ["Nora Nurse"]
        assert told(routine) == []

    def test_one_escalation_that_fails_does_not_stop_the_others(self, clinics, monkeypatch):
        broken = open_escalation(clinics, "P0")
        sound = open_escalation(clinics, "P1")
        fire_step = timers._fire_next_step

        def fail_for_broken(context, escalation):
            if escalation.pk == broken.pk:
                raise RuntimeError("poison")
            fire_step(context, escalation)

        monkeypatch.setattr(timers, "_fire_next_step", fail_for_broken)
        assert fire(MORNING) == 1
        assert told(sound) == ["Nora Nurse"]

    def test_an_escalation_that_is_repeated_tells_all_again_before_everybody(self, clinics):
        EscalationPolicy.objects.filter(care_team=clinics.team, priority="P0").update(repeats=1)
        escalation = open_escalation(clinics)

        for minutes in range(0, 61, 15):
            fire(MORNING + timedelta(minutes=minutes))

        assert told(escalation)[:4] == ["Nora Nurse", "Phil Physician"] * 2
        assert sorted(told(escalation)[4:]) == ["Ada Admin", "Nora Nurse", "Phil Physician"]


class TestExhausted:
    def test_after_the_last_step_everybody_is_paged(self, clinics):
        escalation = open_escalation(clinics)
        for minutes in (0, 15, 30):
            fire(MORNING + timedelta(minutes=minutes))

        escalation.refresh_from_db()
        assert escalation.state == Escalation.State.EXHAUSTED
        assert sorted(told(escalation)[2:]) == ["Ada Admin", "Nora Nurse", "Phil Physician"]

    def test_everybody_is_paged_again_until_somebody_answers(self, clinics):
        escalation = open_escalation(clinics)
        for minutes in (0, 15, 30, 45, 60):
            fire(MORNING + timedelta(minutes=minutes))
        assert len(told(escalation)) == 2 + 3 * 3

        lifecycle.acknowledge(Context(clinics.phil, MORNING), escalation_ids=[escalation.id])
        fire(MORNING + timedelta(minutes=75))
        assert len(told(escalation)) == 2 + 3 * 3

    def test_an_escalation_that_can_reach_nobody_is_exhausted_at_once_and_stays_visible(
        self, clinics
    ):
        for person in (clinics.nora, clinics.phil, clinics.ada):
            _points(person).delete()
        escalation = open_escalation(clinics)

        fire(MORNING)

        escalation.refresh_from_db()
        assert escalation.state == Escalation.State.EXHAUSTED
        assert escalation.next_step_at == MORNING + timedelta(minutes=15)


class TestAcknowledging:
    def test_it_stops_the_escalation_and_its_pending_notices(self, clinics):
        escalation = open_escalation(clinics)
        fire(MORNING)

        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[escalation.id])

        fire(MORNING + timedelta(hours=20))
        assert told(escalation) == ["Nora Nurse"]
        assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}

    def test_it_starts_the_deadline_for_a_review(self, clinics):
        escalation = open_escalation(clinics, "P1")

        (acknowledged,) = lifecycle.acknowledge(
            Context(clinics.nora, MORNING), escalation_ids=[escalation.id]
        )

        assert acknowledged.review_by == MORNING + timedelta(hours=4)

    def test_acknowledging_twice_changes_nothing(self, clinics):
        escalation = open_escalation(clinics)
        for minutes in (0, 5):
            lifecycle.acknowledge(
                Context(clinics.nora, MORNING + timedelta(minutes=minutes)),
                escalation_ids=[escalation.id],
            )

        (only,) = escalation.acknowledgements.all()
        assert only.at == MORNING

    def test_of_two_people_the_first_owns_it_and_both_are_recorded(self, clinics):
        escalation = open_escalation(clinics)
        for person in (clinics.nora, clinics.phil):
            lifecycle.acknowledge(Context(person, MORNING), escalation_ids=[escalation.id])

        assert [ack.by for ack in escalation.acknowledgements.order_by("pk")] == [
            clinics.nora,
            clinics.phil,
        ]

    def test_what_was_not_named_stays_live(self, clinics):
        seen = open_escalation(clinics, "P1")
        newer = open_escalation(clinics, "P0")

        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[seen.id])
        fire(MORNING)

        assert told(newer) == ["Nora Nurse"]

    def test_an_ended_one_cannot_be_acknowledged(self, clinics):
        escalation = open_escalation(clinics)
        lifecycle.withdraw_for(flag=escalation.flag, at=MORNING)

        with pytest.raises(lifecycle.AlreadyResolved):
            lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[escalation.id])

    @pytest.mark.parametrize("outsider", ["mallory", "ada"])
    def test_another_clinic_or_a_mere_administrator_finds_nothing(self, clinics, outsider):
        escalation = open_escalation(clinics)

        with pytest.raises(NotFound):
            lifecycle.acknowledge(
                Context(getattr(clinics, outsider), MORNING), escalation_ids=[escalation.id]
            )
        with pytest.raises(NotFound):
            lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[uuid4()])

    def test_without_a_review_in_time_the_escalation_runs_again(self, clinics):
        escalation = open_escalation(clinics)
        fire(MORNING)
        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[escalation.id])
        deadline = MORNING + timedelta(hours=1)

        assert timers.reopen_overdue(Context(SYSTEM, deadline - timedelta(seconds=1)), limit=9) == 0
        assert timers.reopen_overdue(Context(SYSTEM, deadline), limit=9) == 1
        fire(deadline)

        escalation.refresh_from_db()
        assert (escalation.state, escalation.run_number) == (Escalation.State.ACTIVE, 2)
        assert told(escalation) == ["Nora Nurse", "Nora Nurse"]


class TestRaising:
    def test_a_raise_restarts_the_escalation_of_the_higher_priority(self, clinics):
        make_policy_once(clinics)
        escalation = open_escalation(clinics, "P1")
        fire(MORNING)
        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[escalation.id])
        flag = escalation.flag
        flag.priority = "P0"
        flag.save()

        lifecycle.raise_for(flag=flag, at=MORNING + timedelta(minutes=1))
        fire(MORNING + timedelta(minutes=1))

        escalation.refresh_from_db()
        assert (escalation.priority, escalation.state, escalation.run_number) == ("P0", "active", 2)
        assert told(escalation) == ["Nora Nurse", "Phil Physician"]


class TestWithdrawing:
    def test_whoever_was_told_is_told_of_the_withdrawal(self, clinics):
        escalation = open_escalation(clinics)
        fire(MORNING)

        lifecycle.withdraw_for(flag=escalation.flag, at=MORNING + timedelta(minutes=1))

        assert told(escalation) == ["Nora Nurse", "Nora Nurse"]
        assert Notification.objects.filter(kind="escalation_withdrawn").count() == 1
        fire(MORNING + timedelta(hours=1))
        assert len(told(escalation)) == 2


def _points(clinician: Clinician):
    from notifications.models import ContactPoint

    return ContactPoint.objects.filter(recipient_id=clinician.recipient_id)


def make_policy_once(clinics: TwoClinics) -> None:
    """P0 goes to the physician first."""
    EscalationPolicy.objects.filter(care_team=clinics.team, priority="P0").delete()
    make_policy(clinics.team, "P0", (0, clinics.phil))
