from __future__ import annotations

from datetime import timedelta

import pytest

from notifications.models import ContactPoint, Delivery, Notification
from tests.fixtures import TwoClinics, make_care_team, make_clinician
from tests.tracker.services.escalations.running import MORNING, open_escalation
from tracker.models import AuditEvent, Clinician, Escalation
from tracker.services.context import SYSTEM, Context
from tracker.services.errors import NotFound, ServiceError
from tracker.services.escalations import hand_overs, lifecycle, timers

LATER = MORNING + timedelta(minutes=10)


@pytest.fixture
def escalation(clinics: TwoClinics) -> Escalation:
    """An escalation that Nora has acknowledged."""
    escalation = open_escalation(clinics, "P1")
    timers.fire_due(Context(SYSTEM, MORNING), limit=9)
    lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[escalation.id])
    return escalation


def hand_over(escalation: Escalation, to: Clinician, *, by: Clinician, **known) -> Escalation:
    return hand_overs.hand_over(
        Context(by, LATER), escalation_id=escalation.id, to_id=to.id, **known
    )


def told_of_it(person: Clinician) -> list[str]:
    notices = Notification.objects.filter(
        recipient_id=person.recipient_id, kind="escalation_handed_over"
    )
    return [delivery.state for notice in notices for delivery in notice.deliveries.all()]


def test_the_colleague_becomes_the_owner_and_is_told(clinics, escalation):
    handed = hand_over(escalation, clinics.phil, by=clinics.nora, reason="end_of_shift")

    assert (handed.owner, handed.state) == (clinics.phil, "acknowledged")
    assert told_of_it(clinics.phil) == ["pending"]
    (row,) = escalation.hand_overs.all()
    assert (row.by, row.to, row.at, row.reason) == (
        clinics.nora,
        clinics.phil,
        LATER,
        "end_of_shift",
    )
    event = AuditEvent.objects.get(action="escalation.hand_over")
    assert (event.actor_id, event.subject_id) == (clinics.nora.id, str(escalation.id))


def test_the_deadline_of_the_review_stays(clinics, escalation):
    before = Escalation.objects.get(pk=escalation.pk).review_by

    assert hand_over(escalation, clinics.phil, by=clinics.nora).review_by == before
    assert timers.reopen_overdue(Context(SYSTEM, before), limit=9) == 1


def test_the_new_owner_may_hand_it_over_and_the_former_gets_no_more_notices(clinics, escalation):
    hand_over(escalation, clinics.phil, by=clinics.nora)

    hand_over(escalation, clinics.nora, by=clinics.phil)

    assert (told_of_it(clinics.phil), told_of_it(clinics.nora)) == (["cancelled"], ["pending"])


def test_a_second_person_who_acknowledged_takes_it_without_a_notice(clinics, escalation):
    lifecycle.acknowledge(Context(clinics.phil, MORNING), escalation_ids=[escalation.id])

    assert hand_over(escalation, clinics.phil, by=clinics.phil).owner == clinics.phil
    assert told_of_it(clinics.phil) == []


def test_when_the_escalation_runs_again_the_notice_is_stopped(clinics, escalation):
    deadline = hand_over(escalation, clinics.phil, by=clinics.nora).review_by

    timers.reopen_overdue(Context(SYSTEM, deadline), limit=9)

    escalation.refresh_from_db()
    assert (escalation.owner, escalation.state) == (None, "active")
    assert not Delivery.objects.unfinished().exists()


def test_who_left_cannot_be_handed_anything(clinics, escalation):
    Clinician.objects.filter(pk=clinics.phil.pk).update(is_active=False)

    assert refusal(escalation, clinics.phil, by=clinics.nora) == "colleague_inactive"


def test_who_sees_no_diary_cannot_be_handed_anything(clinics, escalation):
    assert refusal(escalation, clinics.ada, by=clinics.nora) == "colleague_inactive"


def test_who_cannot_be_reached_cannot_be_handed_anything(clinics, escalation):
    ContactPoint.objects.filter(recipient_id=clinics.phil.recipient_id).delete()

    assert refusal(escalation, clinics.phil, by=clinics.nora) == "colleague_unreachable"
    assert hand_overs.colleagues(Escalation.objects.get(pk=escalation.pk)) == []


def test_who_is_in_another_team_cannot_be_handed_anything(clinics, escalation):
    hannah = make_clinician(make_care_team(clinics.clinic, "Hip team"), "Hannah Hip")

    assert refusal(escalation, hannah, by=clinics.nora) == "colleague_not_in_team"


def test_it_is_not_handed_over_to_its_owner(clinics, escalation):
    assert refusal(escalation, clinics.nora, by=clinics.nora) == "already_theirs"


def test_somebody_else_cannot_hand_it_over(clinics, escalation):
    assert refusal(escalation, clinics.nora, by=clinics.phil) == "not_yours"


def test_another_clinic_finds_nothing(clinics, escalation):
    with pytest.raises(NotFound):
        hand_over(escalation, clinics.phil, by=clinics.mallory)
    with pytest.raises(NotFound):
        hand_over(escalation, clinics.mallory, by=clinics.nora)


def refusal(escalation: Escalation, to: Clinician, *, by: Clinician) -> str:
    with pytest.raises(ServiceError) as refused:
        hand_over(escalation, to, by=by)
    assert not escalation.hand_overs.exists()
    return refused.value.code
