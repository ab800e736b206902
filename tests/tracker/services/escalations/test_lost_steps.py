"""A step that told nobody is not waited for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifications.models import Delivery
from tests.fixtures import TwoClinics, make_clinician
from tests.tracker.services.escalations.test_lifecycle import MORNING, fire, open_ladder, told
from tracker.models import Escalation
from tracker.services.context import Context
from tracker.services.escalations import lifecycle, timers

State = Delivery.State
SOON = MORNING + timedelta(minutes=1)


def tick(at: datetime) -> int:
    moved = timers.pass_over_lost(at=at, limit=100)
    fire(at)
    return moved


def end(ladder: Escalation, state: str, **which: object) -> None:
    deliveries = Delivery.objects.filter(notification__group=ladder.group, **which)
    deliveries.update(state=state, ended_at=MORNING)


@pytest.fixture
def ladder(clinics: TwoClinics) -> Escalation:
    """Nora was told."""
    ladder = open_ladder(clinics)
    fire(MORNING)
    return ladder


@pytest.mark.parametrize("state", [State.DEAD, State.EXPIRED, State.SUPPRESSED])
def test_when_nothing_of_it_arrived_the_next_is_told_at_once(ladder, state):
    end(ladder, state)

    assert tick(SOON) == 1

    assert told(ladder) == ["Nora Nurse", "Phil Physician"]
    assert [step.due_at for step in ladder.steps.all()] == [MORNING, SOON]


def test_a_mail_that_bounces_after_it_was_sent_told_nobody(ladder):
    end(ladder, State.SENT)
    assert tick(SOON) == 0

    end(ladder, State.DEAD)
    assert tick(SOON) == 1


@pytest.mark.parametrize("state", [State.PENDING, State.SENT, State.DELIVERED])
def test_while_one_person_may_be_told_the_next_waits(clinics, state):
    nina = make_clinician(clinics.team, "Nina Nurse")
    ladder = open_ladder(clinics)
    fire(MORNING)
    nora = {"notification__recipient_id": clinics.nora.recipient_id}
    end(ladder, State.DEAD, **nora)
    if state != State.PENDING:
        end(ladder, state, notification__recipient_id=nina.recipient_id)

    assert tick(SOON) == 0
    assert len(told(ladder)) == 2


def test_the_next_one_is_given_its_whole_time(ladder):
    end(ladder, State.DEAD)
    tick(SOON)

    assert tick(SOON + timedelta(minutes=14)) == 0
    ladder.refresh_from_db()
    assert ladder.next_step_at == SOON + timedelta(minutes=15)


def test_what_failed_on_an_earlier_run_is_forgotten(clinics, ladder):
    end(ladder, State.DEAD)
    lifecycle.raise_for(flag=ladder.flag, at=SOON)
    fire(SOON)

    assert tick(SOON + timedelta(minutes=1)) == 0


def test_when_the_last_step_told_nobody_everybody_is_paged_at_once(clinics, ladder):
    for at in (SOON, SOON + timedelta(minutes=1)):
        end(ladder, State.DEAD)
        tick(at)

    ladder.refresh_from_db()
    assert ladder.state == "exhausted"
    assert sorted(told(ladder)[2:]) == ["Ada Admin", "Nora Nurse", "Phil Physician"]


def test_a_routine_ladder_still_waits_for_the_clinic_to_open(clinics):
    late = datetime(2026, 3, 2, 21, 59, tzinfo=UTC)
    ladder = open_ladder(clinics, "P1", at=late)
    fire(late)
    end(ladder, State.DEAD)
    opening = datetime(2026, 3, 3, 13, tzinfo=UTC)

    assert [tick(opening - timedelta(hours=14, minutes=minutes)) for minutes in (3, 2)] == [1, 0]

    assert told(ladder) == ["Nora Nurse"]
    assert tick(opening) == 0
    assert told(ladder) == ["Nora Nurse", "Phil Physician"]


def test_who_acknowledged_is_not_asked_again(clinics, ladder):
    end(ladder, State.DEAD)
    lifecycle.acknowledge(Context(clinics.phil, MORNING), escalation_ids=[ladder.id])

    assert tick(SOON) == 0
