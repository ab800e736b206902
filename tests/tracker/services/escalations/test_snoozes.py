from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.cast import Cast
from tests.tracker.services.escalations.test_lifecycle import MORNING, fire, open_ladder, told
from tracker.models import AuditEvent, Clinician, Escalation
from tracker.services.context import Context
from tracker.services.errors import ServiceError
from tracker.services.escalations import lifecycle, snoozes, timers

HOUR = timedelta(hours=1)


def acknowledged(cast: Cast, priority: str = "P1", at: datetime = MORNING) -> Escalation:
    ladder = open_ladder(cast, priority, at=at)
    fire(at)
    lifecycle.acknowledge(Context(cast.nora, at), escalation_ids=[ladder.id])
    return ladder


def snooze(ladder: Escalation, by: Clinician, hours: int = 1, at: datetime = MORNING):
    return snoozes.snooze(
        Context(by, at), escalation_id=ladder.id, hours=hours, reason="waiting_for_result"
    )


def test_nobody_is_told_until_it_wakes_and_then_the_ladder_runs_from_its_beginning(cast):
    ladder = acknowledged(cast)
    snooze(ladder, cast.nora)

    fire(MORNING + HOUR)
    assert timers.wake_due(at=MORNING + HOUR - timedelta(seconds=1), limit=9) == 0
    assert told(ladder) == ["Nora Nurse"]

    assert timers.wake_due(at=MORNING + HOUR, limit=9) == 1
    fire(MORNING + HOUR)
    ladder.refresh_from_db()
    assert (ladder.state, ladder.epoch) == ("active", 2)
    assert ladder.acknowledge_by == MORNING + 5 * HOUR
    assert told(ladder) == ["Nora Nurse", "Nora Nurse"]


def test_it_keeps_who_when_how_long_and_why(cast):
    ladder = snooze(acknowledged(cast), cast.nora, hours=4)

    (row,) = ladder.snoozes.all()
    assert (row.by, row.at, row.until) == (cast.nora, MORNING, ladder.wake_at)
    assert row.reason == "waiting_for_result"
    assert AuditEvent.objects.get(action="escalation.snooze").actor_id == cast.nora.id


def test_its_hours_are_staffed_ones(cast):
    afternoon = datetime(2026, 3, 2, 21, tzinfo=UTC)  # 16:00, an hour before closing

    ladder = snooze(acknowledged(cast, at=afternoon), cast.nora, hours=2, at=afternoon)

    assert ladder.wake_at == datetime(2026, 3, 3, 14, tzinfo=UTC)


def test_an_emergency_is_not_snoozed_whoever_asks(cast):
    ladder = acknowledged(cast, "P0")

    assert refusal(ladder, cast.nora) == "snooze_not_for_emergencies"
    assert snoozes.hours_offered(ladder) == []
    with pytest.raises(IntegrityError, match="escalation_p0_never_snoozed"), transaction.atomic():
        Escalation.objects.filter(pk=ladder.pk).update(
            state="snoozed", wake_at=MORNING, review_by=None, owner=None
        )


@pytest.mark.parametrize(("priority", "most"), [("P1", 4), ("P2", 8), ("P3", 40)])
def test_each_priority_has_its_longest_snooze(cast, priority, most):
    ladder = acknowledged(cast, priority)

    assert snoozes.hours_offered(ladder)[-1] == most
    assert refusal(ladder, cast.nora, hours=most + 1) == "snooze_too_long"
    assert refusal(ladder, cast.nora, hours=0) == "snooze_too_long"
    assert snooze(ladder, cast.nora, hours=most).state == "snoozed"


def test_after_two_snoozes_it_takes_a_decision(cast):
    ladder = acknowledged(cast)
    for _ in range(2):
        snooze(ladder, cast.nora)
        snoozes.end(Context(cast.phil, MORNING), escalation_id=ladder.id)
        lifecycle.acknowledge(Context(cast.nora, MORNING), escalation_ids=[ladder.id])

    assert refusal(ladder, cast.nora) == "snoozed_too_often"
    assert snoozes.hours_offered(ladder) == []
    third = ladder.snoozes.last()
    third.pk, third.number = None, 3
    with pytest.raises(IntegrityError, match="snooze_at_most_twice"), transaction.atomic():
        third.save()


def test_a_raise_of_priority_ends_it(cast):
    ladder = acknowledged(cast)
    snooze(ladder, cast.nora)
    ladder.flag.priority = "P0"
    ladder.flag.save()

    lifecycle.raise_for(flag=ladder.flag, at=MORNING)

    ladder.refresh_from_db()
    assert (ladder.state, ladder.priority, ladder.wake_at) == ("active", "P0", None)


def test_acknowledging_it_again_ends_it_without_telling_anybody(cast):
    ladder = acknowledged(cast)
    snooze(ladder, cast.nora)
    (again,) = lifecycle.acknowledge(
        Context(cast.nora, MORNING + HOUR / 2), escalation_ids=[ladder.id]
    )

    assert timers.wake_due(at=MORNING + HOUR, limit=9) == 0
    assert (again.state, again.owner, again.review_by) == (
        "acknowledged",
        cast.nora,
        MORNING + HOUR / 2 + 4 * HOUR,
    )
    assert told(ladder) == ["Nora Nurse"]


def test_a_snooze_that_would_never_wake_cannot_be_stored(cast):
    ladder = snooze(acknowledged(cast), cast.nora)

    with pytest.raises(IntegrityError, match="escalation_snoozed_wakes"), transaction.atomic():
        Escalation.objects.filter(pk=ladder.pk).update(wake_at=None)


def test_only_who_acknowledged_snoozes(cast):
    assert refusal(acknowledged(cast), cast.phil) == "not_yours"


def refusal(ladder: Escalation, by: Clinician, hours: int = 1) -> str:
    with pytest.raises(ServiceError) as refused:
        snooze(ladder, by, hours=hours)
    return refused.value.code
