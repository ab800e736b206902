from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from notifications.models import Delivery, Notification
from tests.fixtures import TwoClinics, make_policy
from tracker.models import Clinician, Escalation, EscalationPolicy, Flag
from tracker.services.context import Context
from tracker.services.errors import NotFound
from tracker.services.escalations import lifecycle, timers

#: Monday 2026-03-02, 10:00 in New York: staffed.
MORNING = datetime(2026, 3, 2, 15, tzinfo=UTC)
NIGHT = datetime(2026, 3, 3, 7, tzinfo=UTC)


def make_flag(clinics: TwoClinics, priority: str = "P0", rule: str = "RF-CES") -> Flag:
    return Flag.objects.create(
        clinic=clinics.clinic,
        patient=clinics.alice,
        episode=clinics.episode,
        rule=rule,
        ruleset="2026.1",
        priority=priority,
        day=1,
        local_date=date(2026, 3, 2),
        opened_at=MORNING,
        detected_at=MORNING,
        explanation="Saddle numbness: yes.",
        evidence={},
        clears_when="A clinician closes it.",
    )


def open_ladder(clinics: TwoClinics, priority: str = "P0", at: datetime = MORNING) -> Escalation:
    return lifecycle.open_for(flag=make_flag(clinics, priority, f"RULE-{priority}"), at=at)


def fire(at: datetime) -> int:
    return timers.fire_due(at=at, limit=100)


def told(escalation: Escalation) -> list[str]:
    """Who was told of it, by name, in order."""
    names = dict(Clinician.objects.values_list("recipient_id", "full_name"))
    notifications = Notification.objects.filter(group=escalation.group).order_by("created_at")
    return [names[recipient] for recipient in notifications.values_list("recipient_id", flat=True)]


class TestOpening:
    def test_the_first_step_of_a_p0_fires_at_once_day_and_night(self, clinics):
        ladder = open_ladder(clinics, at=NIGHT)

        fire(NIGHT)

        assert told(ladder) == ["Nora Nurse"]

    def test_the_first_step_of_a_p1_waits_for_the_clinic_to_open(self, clinics):
        ladder = open_ladder(clinics, "P1", at=NIGHT)
        opening = datetime(2026, 3, 3, 13, tzinfo=UTC)

        fire(opening - timedelta(seconds=1))
        assert told(ladder) == []

        fire(opening)
        assert told(ladder) == ["Nora Nurse"]

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
        assert open_ladder(clinics, priority).acknowledge_by == deadline

    def test_a_flag_has_one_live_escalation(self, clinics):
        ladder = open_ladder(clinics)

        with pytest.raises(IntegrityError), transaction.atomic():
            lifecycle.open_for(flag=ladder.flag, at=MORNING)

    def test_a_later_edit_of_the_policy_moves_no_running_ladder(self, clinics):
        ladder = open_ladder(clinics)
        EscalationPolicy.objects.filter(care_team=clinics.team).delete()

        fire(MORNING)
        fire(MORNING + timedelta(minutes=15))

        assert told(ladder) == ["Nora Nurse", "Phil Physician"]

    def test_without_a_policy_the_whole_team_is_told_and_then_the_administrators(self, clinics):
        EscalationPolicy.objects.filter(care_team=clinics.team).delete()
        ladder = open_ladder(clinics)

        fire(MORNING)
        assert set(told(ladder)) == {"Ada Admin", "Nora Nurse", "Phil Physician"}


class TestSteps:
    def test_nobody_answers_so_the_next_is_told(self, clinics):
        ladder = open_ladder(clinics)

        fire(MORNING)
        fire(MORNING + timedelta(minutes=14, seconds=59))
        assert told(ladder) == ["Nora Nurse"]

        fire(MORNING + timedelta(minutes=15))
        assert told(ladder) == ["Nora Nurse", "Phil Physician"]

    def test_a_step_fires_once_however_often_the_timer_is_read(self, clinics):
        ladder = open_ladder(clinics)

        assert [fire(MORNING) for _ in range(3)] == [1, 0, 0]
        assert told(ladder) == ["Nora Nurse"]

    def test_an_unreachable_step_gives_way_to_the_next_at_once(self, clinics):
        Delivery.objects.all().delete()
        for point in _points(clinics.nora):
            point.delete()
        ladder = open_ladder(clinics)

        fire(MORNING)

        assert told(ladder) == ["Phil Physician"]
        assert list(ladder.steps.values_list("reached", flat=True)) == [0, 1]

    def test_somebody_who_left_is_not_told(self, clinics):
        Clinician.objects.filter(pk=clinics.nora.pk).update(is_active=False)
        ladder = open_ladder(clinics)

        fire(MORNING)

        assert told(ladder) == ["Phil Physician"]

    def test_after_an_outage_the_steps_do_not_come_in_a_burst(self, clinics):
        ladder = open_ladder(clinics)
        later = MORNING + timedelta(hours=26)

        fire(later)
        assert told(ladder) == ["Nora Nurse"]

        fire(later + timedelta(minutes=9, seconds=59))
        assert told(ladder) == ["Nora Nurse"]
        fire(later + timedelta(minutes=10))
        assert told(ladder) == ["Nora Nurse", "Phil Physician"]

    def test_urgent_ladders_are_moved_first(self, clinics):
        routine = open_ladder(clinics, "P2")
        urgent = open_ladder(clinics, "P0")

        timers.fire_due(at=MORNING + timedelta(hours=1), limit=1)

        assert told(urgent) == ["Nora Nurse"]
        assert told(routine) == []

    def test_one_ladder_that_fails_does_not_stop_the_others(self, clinics, monkeypatch):
        broken = open_ladder(clinics, "P0")
        sound = open_ladder(clinics, "P1")
        fire_step = timers._fire_next_step

        def fail_for_broken(escalation, *, at):
            if escalation.pk == broken.pk:
                raise RuntimeError("poison")
            fire_step(escalation, at=at)

        monkeypatch.setattr(timers, "_fire_next_step", fail_for_broken)
        assert fire(MORNING) == 1
        assert told(sound) == ["Nora Nurse"]

    def test_a_ladder_that_is_repeated_tells_all_again_before_everybody(self, clinics):
        EscalationPolicy.objects.filter(care_team=clinics.team, priority="P0").update(repeats=1)
        ladder = open_ladder(clinics)

        for minutes in range(0, 61, 15):
            fire(MORNING + timedelta(minutes=minutes))

        assert told(ladder)[:4] == ["Nora Nurse", "Phil Physician"] * 2
        assert sorted(told(ladder)[4:]) == ["Ada Admin", "Nora Nurse", "Phil Physician"]


class TestExhausted:
    def test_the_last_step_never_ends_in_silence(self, clinics):
        ladder = open_ladder(clinics)
        for minutes in (0, 15, 30):
            fire(MORNING + timedelta(minutes=minutes))

        ladder.refresh_from_db()
        assert ladder.state == Escalation.State.EXHAUSTED
        assert sorted(told(ladder)[2:]) == ["Ada Admin", "Nora Nurse", "Phil Physician"]

    def test_everybody_is_paged_again_until_somebody_answers(self, clinics):
        ladder = open_ladder(clinics)
        for minutes in (0, 15, 30, 45, 60):
            fire(MORNING + timedelta(minutes=minutes))
        assert len(told(ladder)) == 2 + 3 * 3

        lifecycle.acknowledge(Context(clinics.phil, MORNING), escalation_ids=[ladder.id])
        fire(MORNING + timedelta(minutes=75))
        assert len(told(ladder)) == 2 + 3 * 3

    def test_a_ladder_that_can_reach_nobody_is_exhausted_at_once_and_stays_visible(self, clinics):
        for person in (clinics.nora, clinics.phil, clinics.ada):
            _points(person).delete()
        ladder = open_ladder(clinics)

        fire(MORNING)

        ladder.refresh_from_db()
        assert ladder.state == Escalation.State.EXHAUSTED
        assert ladder.next_step_at == MORNING + timedelta(minutes=15)


class TestAcknowledging:
    def test_it_stops_the_ladder_and_its_pending_notices(self, clinics):
        ladder = open_ladder(clinics)
        fire(MORNING)

        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[ladder.id])

        fire(MORNING + timedelta(hours=20))
        assert told(ladder) == ["Nora Nurse"]
        assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}

    def test_it_starts_the_deadline_for_a_review(self, clinics):
        ladder = open_ladder(clinics, "P1")

        (acknowledged,) = lifecycle.acknowledge(
            Context(clinics.nora, MORNING), escalation_ids=[ladder.id]
        )

        assert acknowledged.review_by == MORNING + timedelta(hours=4)

    def test_twice_changes_nothing(self, clinics):
        ladder = open_ladder(clinics)
        for minutes in (0, 5):
            lifecycle.acknowledge(
                Context(clinics.nora, MORNING + timedelta(minutes=minutes)),
                escalation_ids=[ladder.id],
            )

        (only,) = ladder.acknowledgements.all()
        assert only.at == MORNING

    def test_of_two_people_the_first_owns_it_and_both_are_recorded(self, clinics):
        ladder = open_ladder(clinics)
        for person in (clinics.nora, clinics.phil):
            lifecycle.acknowledge(Context(person, MORNING), escalation_ids=[ladder.id])

        assert [ack.by for ack in ladder.acknowledgements.order_by("pk")] == [
            clinics.nora,
            clinics.phil,
        ]

    def test_what_was_not_named_stays_live(self, clinics):
        seen = open_ladder(clinics, "P1")
        newer = open_ladder(clinics, "P0")

        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[seen.id])
        fire(MORNING)

        assert told(newer) == ["Nora Nurse"]

    def test_an_ended_one_cannot_be_acknowledged(self, clinics):
        ladder = open_ladder(clinics)
        lifecycle.withdraw_for(flag=ladder.flag, at=MORNING)

        with pytest.raises(lifecycle.AlreadyResolved):
            lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[ladder.id])

    @pytest.mark.parametrize("outsider", ["mallory", "ada"])
    def test_another_clinic_or_a_mere_administrator_finds_nothing(self, clinics, outsider):
        ladder = open_ladder(clinics)

        with pytest.raises(NotFound):
            lifecycle.acknowledge(
                Context(getattr(clinics, outsider), MORNING), escalation_ids=[ladder.id]
            )
        with pytest.raises(NotFound):
            lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[uuid4()])

    def test_without_a_review_in_time_the_ladder_runs_again(self, clinics):
        ladder = open_ladder(clinics)
        fire(MORNING)
        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[ladder.id])
        deadline = MORNING + timedelta(hours=1)

        assert timers.reopen_overdue(at=deadline - timedelta(seconds=1), limit=9) == 0
        assert timers.reopen_overdue(at=deadline, limit=9) == 1
        fire(deadline)

        ladder.refresh_from_db()
        assert (ladder.state, ladder.epoch) == (Escalation.State.ACTIVE, 2)
        assert told(ladder) == ["Nora Nurse", "Nora Nurse"]


class TestRaising:
    def test_a_raise_restarts_the_ladder_of_the_higher_priority(self, clinics):
        make_policy_once(clinics)
        ladder = open_ladder(clinics, "P1")
        fire(MORNING)
        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[ladder.id])
        flag = ladder.flag
        flag.priority = "P0"
        flag.save()

        lifecycle.raise_for(flag=flag, at=MORNING + timedelta(minutes=1))
        fire(MORNING + timedelta(minutes=1))

        ladder.refresh_from_db()
        assert (ladder.priority, ladder.state, ladder.epoch) == ("P0", "active", 2)
        assert told(ladder) == ["Nora Nurse", "Phil Physician"]


class TestWithdrawing:
    def test_whoever_was_told_is_told_that_too(self, clinics):
        ladder = open_ladder(clinics)
        fire(MORNING)

        lifecycle.withdraw_for(flag=ladder.flag, at=MORNING + timedelta(minutes=1))

        assert told(ladder) == ["Nora Nurse", "Nora Nurse"]
        assert Notification.objects.filter(kind="escalation_withdrawn").count() == 1
        fire(MORNING + timedelta(hours=1))
        assert len(told(ladder)) == 2


def _points(clinician: Clinician):
    from notifications.models import ContactPoint

    return ContactPoint.objects.filter(recipient_id=clinician.recipient_id)


def make_policy_once(clinics: TwoClinics) -> None:
    """P0 goes to the physician first."""
    EscalationPolicy.objects.filter(care_team=clinics.team, priority="P0").delete()
    make_policy(clinics.team, "P0", (0, clinics.phil))
