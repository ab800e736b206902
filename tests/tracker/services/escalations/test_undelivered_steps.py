"""When no delivery of a step arrives, the next step fires at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifications.models import Delivery
from tests.fixtures import TwoClinics, make_clinician
from tests.tracker.services.escalations.running import MORNING, fire, open_escalation, told
from tracker.models import Escalation
from tracker.services.context import SYSTEM, Context
from tracker.services.escalations import lifecycle, timers

State = Delivery.State
SOON = MORNING + timedelta(minutes=1)


def run_timers(at: datetime) -> int:
    moved = timers.skip_undelivered(Context(SYSTEM, at), limit=100)
    fire(at)
    return moved


def end(escalation: Escalation, state: str, **which: object) -> None:
    deliveries = Delivery.objects.filter(notification__group=escalation.group, **which)
    deliveries.update(state=state, ended_at=MORNING)


@pytest.fixture
def escalation(clinics: TwoClinics) -> Escalation:
    """An escalation whose first step told Nora."""
    escalation = open_escalation(clinics)
    fire(MORNING)
    return escalation


@pytest.mark.parametrize("state", [State.DEAD, State.EXPIRED, State.SUPPRESSED])
def test_when_no_delivery_arrived_the_next_step_is_told_at_once(escalation, state):
    end(escalation, state)

    assert run_timers(SOON) == 1

    assert told(escalation) == ["Nora Nurse", "Phil Physician"]
    assert [step.due_at for step in escalation.steps.all()] == [MORNING, SOON]


def test_a_mail_that_bounces_after_it_was_sent_told_nobody(escalation):
    end(escalation, State.SENT)
    assert run_timers(SOON) == 0

    end(escalation, State.DEAD)
    assert run_timers(SOON) == 1


@pytest.mark.parametrize("state", [State.PENDING, State.SENT, State.DELIVERED])
def test_while_one_delivery_may_arrive_the_next_step_waits(clinics, state):
    nina = make_clinician(clinics.team, "Nina Nurse")
    escalation = open_escalation(clinics)
    fire(MORNING)
    nora = {"notification__recipient_id": clinics.nora.recipient_id}
    end(escalation, State.DEAD, **nora)
    if state != State.PENDING:
        end(escalation, state, notification__recipient_id=nina.recipient_id)

    assert run_timers(SOON) == 0
    assert len(told(escalation)) == 2


def test_the_next_step_has_its_whole_time(escalation):
    end(escalation, State.DEAD)
    run_timers(SOON)

    assert run_timers(SOON + timedelta(minutes=14)) == 0
    escalation.refresh_from_db()
    assert escalation.next_step_at == SOON + timedelta(minutes=15)


def test_failures_of_an_earlier_run_do_not_count(clinics, escalation):
    end(escalation, State.DEAD)
    lifecycle.raise_for(flag=escalation.flag, at=SOON)
    fire(SOON)

    assert run_timers(SOON + timedelta(minutes=1)) == 0


def test_when_the_last_step_told_nobody_everybody_is_paged_at_once(clinics, escalation):
    for at in (SOON, SOON + timedelta(minutes=1)):
        end(escalation, State.DEAD)
        run_timers(at)

    escalation.refresh_from_db()
    assert escalation.state == "exhausted"
    assert sorted(told(escalation)[2:]) == ["Ada Admin", "Nora Nurse", "Phil Physician"]


def test_a_routine_escalation_still_waits_for_the_clinic_to_open(clinics):
    late = datetime(2026, 3, 2, 21, 59, tzinfo=UTC)
    escalation = open_escalation(clinics, "P1", at=late)
    fire(late)
    end(escalation, State.DEAD)
    opening = datetime(2026, 3, 3, 13, tzinfo=UTC)
    evening = opening - timedelta(hours=14)

    assert [run_timers(evening - timedelta(minutes=minutes)) for minutes in (3, 2)] == [1, 0]

    assert told(escalation) == ["Nora Nurse"]
    assert run_timers(opening) == 0
    assert told(escalation) == ["Nora Nurse", "Phil Physician"]


def test_after_an_acknowledgement_no_next_step_fires(clinics, escalation):
    end(escalation, State.DEAD)
    lifecycle.acknowledge(Context(clinics.phil, MORNING), escalation_ids=[escalation.id])

    assert run_timers(SOON) == 0
