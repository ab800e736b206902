from __future__ import annotations

from datetime import timedelta

import pytest

from notifications.models import ContactPoint, Delivery, Notification
from tests.fixtures import TwoClinics, make_care_team, make_clinician
from tests.tracker.services.escalations.test_lifecycle import MORNING, open_ladder
from tracker.models import AuditEvent, Clinician, Escalation
from tracker.services.context import Context
from tracker.services.errors import NotFound, ServiceError
from tracker.services.escalations import hand_overs, lifecycle, timers

LATER = MORNING + timedelta(minutes=10)


@pytest.fixture
def ladder(clinics: TwoClinics) -> Escalation:
    """Nora has acknowledged it."""
    ladder = open_ladder(clinics, "P1")
    timers.fire_due(at=MORNING, limit=9)
    lifecycle.acknowledge(Context(clinics.nora, MORNING), escalation_ids=[ladder.id])
    return ladder


def hand_over(ladder: Escalation, to: Clinician, *, by: Clinician, **known) -> Escalation:
    return hand_overs.hand_over(Context(by, LATER), escalation_id=ladder.id, to_id=to.id, **known)


def told_of_it(person: Clinician) -> list[str]:
    notices = Notification.objects.filter(
        recipient_id=person.recipient_id, kind="escalation_handed_over"
    )
    return [delivery.state for notice in notices for delivery in notice.deliveries.all()]


def test_the_colleague_becomes_the_owner_and_is_told(clinics, ladder):
    handed = hand_over(ladder, clinics.phil, by=clinics.nora, reason="end_of_shift")

    assert (handed.owner, handed.state) == (clinics.phil, "acknowledged")
    assert told_of_it(clinics.phil) == ["pending"]
    (row,) = ladder.hand_overs.all()
    assert (row.by, row.to, row.at, row.reason) == (
        clinics.nora,
        clinics.phil,
        LATER,
        "end_of_shift",
    )
    event = AuditEvent.objects.get(action="escalation.hand_over")
    assert (event.actor_id, event.subject_id) == (clinics.nora.id, str(ladder.id))


def test_the_deadline_of_the_review_stays(clinics, ladder):
    before = Escalation.objects.get(pk=ladder.pk).review_by

    assert hand_over(ladder, clinics.phil, by=clinics.nora).review_by == before
    assert timers.reopen_overdue(at=before, limit=9) == 1


def test_who_was_handed_it_may_hand_it_on_and_the_one_before_hears_no_more(clinics, ladder):
    hand_over(ladder, clinics.phil, by=clinics.nora)

    hand_over(ladder, clinics.nora, by=clinics.phil)

    assert (told_of_it(clinics.phil), told_of_it(clinics.nora)) == (["cancelled"], ["pending"])


def test_who_acknowledged_beside_the_owner_takes_it_without_being_told(clinics, ladder):
    lifecycle.acknowledge(Context(clinics.phil, MORNING), escalation_ids=[ladder.id])

    assert hand_over(ladder, clinics.phil, by=clinics.phil).owner == clinics.phil
    assert told_of_it(clinics.phil) == []


def test_when_the_ladder_runs_again_the_notice_is_stopped(clinics, ladder):
    deadline = hand_over(ladder, clinics.phil, by=clinics.nora).review_by

    timers.reopen_overdue(at=deadline, limit=9)

    ladder.refresh_from_db()
    assert (ladder.owner, ladder.state) == (None, "active")
    assert not Delivery.objects.unfinished().exists()


def test_who_left_cannot_be_handed_anything(clinics, ladder):
    Clinician.objects.filter(pk=clinics.phil.pk).update(is_active=False)

    assert refusal(ladder, clinics.phil, by=clinics.nora) == "colleague_inactive"


def test_who_sees_no_diary_cannot_be_handed_anything(clinics, ladder):
    assert refusal(ladder, clinics.ada, by=clinics.nora) == "colleague_inactive"


def test_who_cannot_be_reached_cannot_be_handed_anything(clinics, ladder):
    ContactPoint.objects.filter(recipient_id=clinics.phil.recipient_id).delete()

    assert refusal(ladder, clinics.phil, by=clinics.nora) == "colleague_unreachable"
    assert hand_overs.colleagues(Escalation.objects.get(pk=ladder.pk)) == []


def test_who_is_in_another_team_cannot_be_handed_anything(clinics, ladder):
    hannah = make_clinician(make_care_team(clinics.clinic, "Hip team"), "Hannah Hip")

    assert refusal(ladder, hannah, by=clinics.nora) == "colleague_not_in_team"


def test_who_has_it_is_not_handed_it_again(clinics, ladder):
    assert refusal(ladder, clinics.nora, by=clinics.nora) == "already_theirs"


def test_somebody_else_cannot_hand_it_over(clinics, ladder):
    assert refusal(ladder, clinics.nora, by=clinics.phil) == "not_yours"


def test_another_clinic_finds_nothing(clinics, ladder):
    with pytest.raises(NotFound):
        hand_over(ladder, clinics.phil, by=clinics.mallory)
    with pytest.raises(NotFound):
        hand_over(ladder, clinics.mallory, by=clinics.nora)


def refusal(ladder: Escalation, to: Clinician, *, by: Clinician) -> str:
    with pytest.raises(ServiceError) as refused:
        hand_over(ladder, to, by=by)
    assert not ladder.hand_overs.exists()
    return refused.value.code
