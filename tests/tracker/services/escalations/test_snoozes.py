from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.fixtures import TwoClinics
from tests.tracker.services.escalations.test_lifecycle import MORNING, fire, open_ladder, told
from tracker.models import AuditEvent, Clinician, Escalation
from tracker.services.context import Context
from tracker.services.errors import ServiceError
from tracker.services.escalations import lifecycle, snoozes, timers

HOUR = timedelta(hours=1)


def acknowledged(clinics: TwoClinics, priority: str = "P1", at: datetime = MORNING) -> Escalation:
    ladder = open_ladder(clinics, priority, at=at)
    fire(at)
    lifecycle.acknowledge(Context(clinics.nora, at), escalation_ids=[ladder.id])
    return ladder


def snooze(ladder: Escalation, by: Clinician, hours: int = 1, at: datetime = MORNING):
    return snoozes.snooze(
        Context(by, at), escalation_id=ladder.id, hours=hours, reason="waiting_for_result"
    )


def test_nobody_is_told_until_it_wakes_and_then_the_ladder_runs_from_its_beginning(clinics):
    ladder = acknowledged(clinics)
    snooze(ladder, clinics.nora)

    fire(MORNING + HOUR)
    assert timers.wake_due(at=MORNING + HOUR - timedelta(seconds=1), limit=9) == 0
    assert told(ladder) == ["Nora Nurse"]

    assert timers.wake_due(at=MORNING + HOUR, limit=9) == 1
    fire(MORNING + HOUR)
    ladder.refresh_from_db()
    assert (ladder.state, ladder.epoch) == ("active", 2)
    assert ladder.acknowledge_by == MORNING + 5 * HOUR
    assert told(ladder) == ["Nora Nurse", "Nora Nurse"]


def test_it_keeps_who_when_how_long_and_why(clinics):
    ladder = snooze(acknowledged(clinics), clinics.nora, hours=4)

    (row,) = ladder.snoozes.all()
    assert (row.by, row.at, row.until) == (clinics.nora, MORNING, ladder.wake_at)
    assert row.reason == "waiting_for_result"
    assert AuditEvent.objects.get(action="escalation.snooze").actor_id == clinics.nora.id


def test_its_hours_are_staffed_ones(clinics):
    afternoon = datetime(2026, 3, 2, 21, tzinfo=UTC)  # 16:00, an hour before closing

    ladder = snooze(acknowledged(clinics, at=afternoon), clinics.nora, hours=2, at=afternoon)

    assert ladder.wake_at == datetime(2026, 3, 3, 14, tzinfo=UTC)


def test_an_emergency_is_not_snoozed_whoever_asks(clinics):
    ladder = acknowledged(clinics, "P0")

    assert refusal(ladder, clinics.nora) == "snooze_not_for_emergencies"
    assert snoozes.hours_offered(ladder) == []
    with pytest.raises(IntegrityError, match="escalation_p0_never_snoozed"), transaction.atomic():
        Escalation.objects.filter(pk=ladder.pk).update(
            state="snoozed", wake_at=MORNING, review_by=None, owner=None
        )


@pytest.mark.parametrize(("priority", "most"), [("P1", 4), ("P2", 8), ("P3", 40)])
def test_each_priority_has_its_longest_snooze(clinics, priority, most):
    ladder = acknowledged(clinics, priority)

    assert snoozes.hours_offered(ladder)[-1] == most
    assert refusal(ladder, clinics.nora, hours=most + 1) == "snooze_too_long"
    assert refusal(ladder, clinics.nora, hours=0) == "snooze_too_long"
    assert snooze(ladder, clinics.nora, hours=most).state == "snoozed"


def test_after_two_snoozes_it_takes_a_decision(clinics):
    ladder = acknowledged(clinics)
    for _ in range(2):
        snooze(ladder, clinics.nora)
        snoozes.end(Context(clinics.phil, MORNING), escalation_id=ladder.id)
        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[ladder.id])

    assert refusal(ladder, clinics.nora) == "snoozed_too_often"
    assert snoozes.hours_offered(ladder) == []
    third = ladder.snoozes.last()
    third.pk, third.number = None, 3
    with pytest.raises(IntegrityError, match="snooze_at_most_twice"), transaction.atomic():
        third.save()


def test_a_raise_of_priority_ends_it(clinics):
    ladder = acknowledged(clinics)
    snooze(ladder, clinics.nora)
    ladder.flag.priority = "P0"
    ladder.flag.save()

    lifecycle.raise_for(flag=ladder.flag, at=MORNING)

    ladder.refresh_from_db()
    assert (ladder.state, ladder.priority, ladder.wake_at) == ("active", "P0", None)


def test_acknowledging_it_again_ends_it_without_telling_anybody(clinics):
    ladder = acknowledged(clinics)
    snooze(ladder, clinics.nora)
    (again,) = lifecycle.acknowledge(
        Context(clinics.nora, MORNING + HOUR / 2), escalation_ids=[ladder.id]
    )

    assert timers.wake_due(at=MORNING + HOUR, limit=9) == 0
    assert (again.state, again.owner, again.review_by) == (
        "acknowledged",
        clinics.nora,
        MORNING + HOUR / 2 + 4 * HOUR,
    )
    assert told(ladder) == ["Nora Nurse"]


def test_a_snooze_that_would_never_wake_cannot_be_stored(clinics):
    ladder = snooze(acknowledged(clinics), clinics.nora)

    with pytest.raises(IntegrityError, match="escalation_snoozed_wakes"), transaction.atomic():
        Escalation.objects.filter(pk=ladder.pk).update(wake_at=None)


def test_only_who_acknowledged_snoozes(clinics):
    assert refusal(acknowledged(clinics), clinics.phil) == "not_yours"


def refusal(ladder: Escalation, by: Clinician, hours: int = 1) -> str:
    with pytest.raises(ServiceError) as refused:
        snooze(ladder, by, hours=hours)
    return refused.value.code
