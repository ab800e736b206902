from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.fixtures import TwoClinics
from tests.tracker.services.escalations.running import MORNING, fire, open_escalation, told
from tracker.models import AuditEvent, Clinician, Escalation
from tracker.services.context import SYSTEM, Context
from tracker.services.errors import ServiceError
from tracker.services.escalations import lifecycle, snoozes, timers

HOUR = timedelta(hours=1)


def acknowledged(clinics: TwoClinics, priority: str = "P1", at: datetime = MORNING) -> Escalation:
    escalation = open_escalation(clinics, priority, at=at)
    fire(at)
    lifecycle.acknowledge(Context(clinics.nora, at), escalation_ids=[escalation.id])
    return escalation


def snooze(escalation: Escalation, by: Clinician, hours: int = 1, at: datetime = MORNING):
    return snoozes.snooze(
        Context(by, at), escalation_id=escalation.id, hours=hours, reason="waiting_for_result"
    )


def test_nobody_is_told_until_the_snooze_ends_and_then_the_first_step_fires(clinics):
    escalation = acknowledged(clinics)
    snooze(escalation, clinics.nora)

    fire(MORNING + HOUR)
    assert timers.wake_due(Context(SYSTEM, MORNING + HOUR - timedelta(seconds=1)), limit=9) == 0
    assert told(escalation) == ["Nora Nurse"]

    assert timers.wake_due(Context(SYSTEM, MORNING + HOUR), limit=9) == 1
    fire(MORNING + HOUR)
    escalation.refresh_from_db()
    assert (escalation.state, escalation.run_number) == ("active", 2)
    assert escalation.acknowledge_by == MORNING + 5 * HOUR
    assert told(escalation) == ["Nora Nurse", "Nora Nurse"]


def test_it_is_stored_with_author_time_length_and_reason(clinics):
    escalation = snooze(acknowledged(clinics), clinics.nora, hours=4)

    (row,) = escalation.snoozes.all()
    assert (row.by, row.at, row.until) == (clinics.nora, MORNING, escalation.wake_at)
    assert row.reason == "waiting_for_result"
    assert AuditEvent.objects.get(action="escalation.snooze").actor_id == clinics.nora.id


def test_its_hours_are_staffed_ones(clinics):
    afternoon = datetime(2026, 3, 2, 21, tzinfo=UTC)  # 16:00, an hour before closing

    escalation = snooze(acknowledged(clinics, at=afternoon), clinics.nora, hours=2, at=afternoon)

    assert escalation.wake_at == datetime(2026, 3, 3, 14, tzinfo=UTC)


def test_nobody_can_snooze_an_emergency(clinics):
    escalation = acknowledged(clinics, "P0")

    assert refusal(escalation, clinics.nora) == "snooze_not_for_emergencies"
    assert snoozes.hours_offered(escalation) == []
    with pytest.raises(IntegrityError, match="escalation_p0_never_snoozed"), transaction.atomic():
        Escalation.objects.filter(pk=escalation.pk).update(
            state="snoozed", wake_at=MORNING, review_by=None, owner=None
        )


@pytest.mark.parametrize(("priority", "most"), [("P1", 4), ("P2", 8), ("P3", 40)])
def test_each_priority_has_its_longest_snooze(clinics, priority, most):
    escalation = acknowledged(clinics, priority)

    assert snoozes.hours_offered(escalation)[-1] == most
    assert refusal(escalation, clinics.nora, hours=most + 1) == "snooze_too_long"
    assert refusal(escalation, clinics.nora, hours=0) == "snooze_too_long"
    assert snooze(escalation, clinics.nora, hours=most).state == "snoozed"


def test_a_third_snooze_is_refused(clinics):
    escalation = acknowledged(clinics)
    for _ in range(2):
        snooze(escalation, clinics.nora)
        snoozes.end(Context(clinics.phil, MORNING), escalation_id=escalation.id)
        lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[escalation.id])

    assert refusal(escalation, clinics.nora) == "snoozed_too_often"
    assert snoozes.hours_offered(escalation) == []
    third = escalation.snoozes.last()
    third.pk, third.number = None, 3
    with pytest.raises(IntegrityError, match="snooze_at_most_twice"), transaction.atomic():
        third.save()


def test_a_raise_of_priority_ends_it(clinics):
    escalation = acknowledged(clinics)
    snooze(escalation, clinics.nora)
    escalation.flag.priority = "P0"
    escalation.flag.save()

    lifecycle.raise_for(flag=escalation.flag, at=MORNING)

    escalation.refresh_from_db()
    assert (escalation.state, escalation.priority, escalation.wake_at) == ("active", "P0", None)


def test_acknowledging_it_again_ends_it_without_telling_anybody(clinics):
    escalation = acknowledged(clinics)
    snooze(escalation, clinics.nora)
    (again,) = lifecycle.acknowledge(
        Context(clinics.nora, MORNING + HOUR / 2), escalation_ids=[escalation.id]
    )

    assert timers.wake_due(Context(SYSTEM, MORNING + HOUR), limit=9) == 0
    assert (again.state, again.owner, again.review_by) == (
        "acknowledged",
        clinics.nora,
        MORNING + HOUR / 2 + 4 * HOUR,
    )
    assert told(escalation) == ["Nora Nurse"]


def test_a_snooze_that_would_never_wake_cannot_be_stored(clinics):
    escalation = snooze(acknowledged(clinics), clinics.nora)

    with pytest.raises(IntegrityError, match="escalation_snoozed_wakes"), transaction.atomic():
        Escalation.objects.filter(pk=escalation.pk).update(wake_at=None)


def test_only_who_acknowledged_snoozes(clinics):
    assert refusal(acknowledged(clinics), clinics.phil) == "not_yours"


def refusal(escalation: Escalation, by: Clinician, hours: int = 1) -> str:
    with pytest.raises(ServiceError) as refused:
        snooze(escalation, by, hours=hours)
    return refused.value.code
