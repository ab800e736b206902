from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from notifications.models import ContactPoint
from tests.fixtures import TwoClinics, make_clinician
from tests.tracker.services.escalations.running import MORNING, fire, open_escalation, told
from tracker.models import AuditEvent, Clinician, EscalationPolicy, Rotation
from tracker.services.context import Context
from tracker.services.errors import ServiceError
from tracker.services.escalations import lifecycle, policies
from tracker.services.escalations.policies import Step
from tracker.services.on_call import rotations

#: Nora's turn; Phil's begins at 8:00 in New York.
TUESDAY = datetime(2026, 3, 3, 13, tzinfo=UTC)


@pytest.fixture
def rotation(clinics: TwoClinics) -> Rotation:
    """Nora has the even days of March 2026, Phil the odd ones; the P0 escalation tells it first."""
    rotation = save(clinics, clinics.nora, clinics.phil)
    steps = [Step(delay_minutes=0, rotation_id=rotation.id), Step(delay_minutes=15, role="nurse")]
    set_policy(clinics, *steps)
    return rotation


def save(
    clinics: TwoClinics, *members: Clinician, rotation: Rotation | None = None, name: str = "Nights"
):
    return rotations.save(
        Context(clinics.ada, MORNING),
        rotation=rotation or Rotation(clinic=clinics.clinic),
        name=name,
        turn_days=1,
        hand_over_time=time(8),
        first_date=date(2026, 3, 2),
        members=members,
    )


def set_policy(clinics: TwoClinics, *steps: Step) -> None:
    policies.set_policy(
        Context(clinics.ada, MORNING), care_team=clinics.team, priority="P0", steps=steps
    )


def override(
    rotation: Rotation, person: Clinician, start: datetime, hours: float = 2, *, by=None, at=MORNING
):
    return rotations.add_override(
        Context(by or person, at),
        rotation=rotation,
        clinician=person,
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
    )


class TestInAPolicy:
    def test_who_is_on_duty_when_the_step_fires_is_told(self, clinics, rotation):
        before = open_escalation(clinics, at=TUESDAY - timedelta(seconds=1))

        fire(TUESDAY)

        assert told(before) == ["Phil Physician"]
        (step, _) = before.steps.all()
        assert (step.label, step.rotation, step.clinicians) == (
            "Nights",
            rotation,
            [clinics.phil.id],
        )

    def test_whoever_has_the_override_is_told(self, clinics, rotation):
        override(rotation, clinics.phil, MORNING)
        escalation = open_escalation(clinics)

        fire(MORNING)

        assert told(escalation) == ["Phil Physician"]

    @pytest.mark.parametrize("lost", ["address", "membership"])
    def test_when_nobody_on_duty_can_be_told_the_whole_team_is(self, clinics, rotation, lost):
        if lost == "membership":
            Clinician.objects.filter(pk=clinics.nora.pk).update(is_active=False)
        else:
            ContactPoint.objects.filter(recipient_id=clinics.nora.recipient_id).delete()
        escalation = open_escalation(clinics)

        fire(MORNING)

        assert sorted(told(escalation)) == ["Ada Admin", "Phil Physician"]
        escalation.refresh_from_db()
        assert (escalation.state, escalation.position) == ("active", 1)

    def test_an_edit_of_the_policy_leaves_a_running_escalation_its_rotation(
        self, clinics, rotation
    ):
        escalation = open_escalation(clinics)
        EscalationPolicy.objects.filter(care_team=clinics.team).delete()

        fire(MORNING)

        assert told(escalation) == ["Nora Nurse"]

    def test_who_was_told_is_told_of_a_withdrawal_too(self, clinics, rotation):
        escalation = open_escalation(clinics)
        fire(MORNING)

        lifecycle.withdraw_for(flag=escalation.flag, at=TUESDAY)

        assert told(escalation) == ["Nora Nurse", "Nora Nurse"]

    def test_a_policy_of_a_rotation_that_nothing_reaches_is_refused(self, clinics, rotation):
        ContactPoint.objects.filter(recipient_id=clinics.nora.recipient_id).delete()
        save(clinics, clinics.nora, rotation=rotation)

        with pytest.raises(policies.PolicyReachesNobody):
            set_policy(clinics, Step(delay_minutes=0, rotation_id=rotation.id))


class TestEditing:
    def test_its_places_are_replaced_in_order_and_audited(self, clinics, rotation):
        save(clinics, clinics.phil, clinics.nora, clinics.phil, rotation=rotation)

        held = rotation.members.values_list("position", "clinician__full_name")
        assert list(held) == [(1, "Phil Physician"), (2, "Nora Nurse"), (3, "Phil Physician")]
        events = AuditEvent.objects.filter(action="rotation.save", subject_id=str(rotation.id))
        assert [event.actor_id for event in events] == [clinics.ada.id] * 2

    @pytest.mark.parametrize(
        ("members", "code"),
        [
            ([], "rotation_without_members"),
            (["nora"] * 21, "rotation_too_long"),
            (["mallory"], "cannot_be_on_call"),
            (["ada"], "cannot_be_on_call"),
            (["gone"], "cannot_be_on_call"),
        ],
    )
    def test_who_cannot_acknowledge_is_not_put_on_call(self, clinics, members, code):
        clinics.gone = make_clinician(clinics.team, "Gus Gone", is_active=False)

        with pytest.raises(ServiceError) as refused:
            save(clinics, *(getattr(clinics, name) for name in members))

        assert refused.value.code == code

    def test_two_rotations_of_a_clinic_do_not_share_a_name(self, clinics, rotation):
        with pytest.raises(rotations.RotationNameTaken):
            save(clinics, clinics.nora)

    def test_a_rotation_in_a_policy_is_not_removed(self, clinics, rotation):
        with pytest.raises(rotations.RotationInUse):
            rotations.remove(Context(clinics.ada, MORNING), rotation=rotation)

    def test_a_rotation_of_a_running_escalation_is_not_removed_before_its_step(
        self, clinics, rotation
    ):
        escalation = open_escalation(clinics)
        set_policy(clinics, Step(delay_minutes=0, role="nurse"))
        with pytest.raises(rotations.RotationInUse):
            rotations.remove(Context(clinics.ada, MORNING), rotation=rotation)

        fire(MORNING)
        rotations.remove(Context(clinics.ada, MORNING), rotation=rotation)

        step = escalation.steps.first()
        assert (step.label, step.rotation, step.clinicians) == ("Nights", None, [clinics.nora.id])


class TestOverrides:
    def test_it_is_stored_with_who_entered_it_and_when(self, clinics, rotation):
        entered = override(rotation, clinics.phil, TUESDAY, by=clinics.nora)

        assert (entered.entered_by, entered.entered_at) == (clinics.nora, MORNING)
        assert AuditEvent.objects.get(action="rotation.override").actor_id == clinics.nora.id

    def test_it_can_be_taken_back(self, clinics, rotation):
        rotations.remove_override(
            Context(clinics.nora, MORNING), override=override(rotation, clinics.phil, MORNING)
        )
        escalation = open_escalation(clinics)

        fire(MORNING)

        assert told(escalation) == ["Nora Nurse"]
        assert AuditEvent.objects.filter(action="rotation.remove_override").exists()

    @pytest.mark.parametrize(
        ("start", "hours"),
        [
            pytest.param(MORNING, 0, id="no time at all"),
            pytest.param(MORNING, 31 * 24 + 1, id="more than 31 days"),
            pytest.param(MORNING - timedelta(hours=2), 2, id="over already"),
        ],
    )
    def test_an_invalid_span_is_refused(self, clinics, rotation, start, hours):
        with pytest.raises(rotations.OverrideInvalid):
            override(rotation, clinics.phil, start, hours)

    def test_nobody_of_another_clinic_gets_an_override(self, clinics, rotation):
        with pytest.raises(rotations.CannotBeOnCall):
            override(rotation, clinics.mallory, TUESDAY, by=clinics.nora)
