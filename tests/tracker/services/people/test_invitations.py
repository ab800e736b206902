from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from notifications.models import ContactPoint, Delivery, Notification, Recipient
from tests.cast import MONDAY_EVENING as NOW
from tests.cast import PASSWORD, Cast
from tracker.models import CareTeamMembership, Clinician, Patient, User
from tracker.services.context import SYSTEM, Context
from tracker.services.people import invitations, staff
from tracker.services.people.invitations import (
    AlreadyMember,
    InvitationInvalid,
    InvitationSpent,
    Issued,
)


def invite(cast: Cast, email: str = "Nina@Harbor.test", *, at=NOW, **fields) -> Issued:
    return invitations.invite_clinician(
        Context(cast.ada, at),
        **{
            "clinic": cast.clinic,
            "email": email,
            "full_name": "Nina Novak",
            "role": "nurse",
            "is_administrator": False,
            **fields,
        },
    )


def invite_patient(cast: Cast) -> Issued:
    return invitations.invite_patient(
        Context(cast.ada, NOW),
        care_team=cast.team,
        email="pat@patients.test",
        full_name="Pat Park",
        birth_date=None,
        sex="unknown",
    )


def join(issued: Issued, at=NOW) -> Clinician:
    return staff.join_with_new_account(
        Context(SYSTEM, at), token=issued.token, full_name="Nina Novak", password=PASSWORD
    )


def test_it_goes_out_by_mail_and_its_token_is_kept_as_a_hash(cast):
    issued = invite(cast)

    assert issued.token not in str(vars(issued.invitation))
    notice = Notification.objects.get(recipient_id=issued.invitation.recipient_id)
    assert (notice.kind, notice.link) == ("invitation", f"/console/join/{issued.token}")
    assert ContactPoint.objects.get(recipient=notice.recipient).address == "nina@harbor.test"


def test_a_patients_code_stands_where_no_server_is_sent_it(cast):
    issued = invite_patient(cast)

    assert issued.path == f"/invitation#{issued.token}"
    patient = Patient.objects.get(full_name="Pat Park")
    assert (patient.user, patient.enrolled_at, patient.time_zone) == (
        None,
        None,
        cast.clinic.time_zone,
    )


def test_joining_makes_an_account_a_seat_and_a_way_to_be_reached(cast):
    nina = join(invite(cast))

    assert nina.user.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=nina.user).verified
    assert ContactPoint.objects.get(recipient_id=nina.recipient_id).address == "nina@harbor.test"
    assert CareTeamMembership.objects.get(clinician=nina).care_team == cast.team


def test_a_link_works_once(cast):
    issued = invite(cast)
    join(issued)

    with pytest.raises(InvitationInvalid):
        join(issued)


def test_joining_forgets_the_address_that_the_link_went_to(cast):
    issued = invite(cast)
    join(issued)

    assert not Recipient.objects.filter(id=issued.invitation.recipient_id).exists()


@pytest.mark.parametrize(
    ("hours", "is_valid"), [(0, True), (71.99, True), (72, False), (73, False)]
)
def test_a_link_works_for_72_hours(cast, hours, is_valid):
    issued = invite(cast)
    at = NOW + timedelta(hours=hours)

    if is_valid:
        assert join(issued, at).full_name == "Nina Novak"
    else:
        with pytest.raises(InvitationInvalid):
            join(issued, at)


def test_a_new_link_ends_the_old_one(cast):
    old = invite(cast)
    new = invitations.resend(Context(cast.ada, NOW), invitation=old.invitation)

    with pytest.raises(InvitationInvalid):
        join(old)
    assert join(new)


def test_the_mail_of_an_old_link_is_not_sent_any_more(cast):
    old = invite(cast)
    invitations.resend(Context(cast.ada, NOW), invitation=old.invitation)

    states = Delivery.objects.filter(
        notification__recipient_id=old.invitation.recipient_id
    ).order_by("notification__created_at", "id")
    assert sorted(each.state for each in states) == ["cancelled", "pending"]


def test_a_revoked_link_ends(cast):
    issued = invite(cast)
    invitations.revoke(Context(cast.ada, NOW), invitation=issued.invitation)

    with pytest.raises(InvitationInvalid):
        join(issued)
    with pytest.raises(InvitationSpent):
        invitations.revoke(Context(cast.ada, NOW), invitation=issued.invitation)


def test_a_patients_link_does_not_open_the_desk(cast):
    with pytest.raises(InvitationInvalid):
        join(invite_patient(cast))


def test_inviting_a_patient_again_ends_the_link_before(cast):
    first = invite_patient(cast)

    second = invitations.invite_again(
        Context(cast.ada, NOW), patient=first.invitation.patient, email="pat@patients.test"
    )

    first.invitation.refresh_from_db()
    assert first.invitation.revoked_at == NOW
    assert second.invitation.patient == first.invitation.patient


def test_an_enrolled_patient_is_not_invited_again(cast):
    with pytest.raises(InvitationSpent):
        invitations.invite_again(Context(cast.ada, NOW), patient=cast.alice, email="a@b.test")


def test_who_works_here_is_not_invited_again(cast):
    with pytest.raises(AlreadyMember):
        invite(cast, cast.nora.user.email.upper())


def test_who_left_can_be_invited_back_into_the_same_seat(cast):
    Clinician.objects.filter(id=cast.nora.id).update(is_active=False)
    issued = invite(cast, cast.nora.user.email, role="physician")

    seat = staff.join_as(Context(SYSTEM, NOW), token=issued.token, user=cast.nora.user)

    assert (seat.id, seat.is_active, seat.role) == (cast.nora.id, True, "physician")


def test_who_comes_back_keeps_the_hours_that_were_theirs(cast):
    Clinician.objects.filter(id=cast.nora.id).update(is_active=False)
    Recipient.objects.filter(id=cast.nora.recipient_id).update(time_zone="Asia/Tokyo")

    staff.join_as(
        Context(SYSTEM, NOW), token=invite(cast, cast.nora.user.email).token, user=cast.nora.user
    )

    assert Recipient.objects.get(id=cast.nora.recipient_id).time_zone == "Asia/Tokyo"


def test_an_account_is_never_taken_over_by_a_link(cast):
    issued = invite(cast, cast.mallory.user.email)

    with pytest.raises(staff.AccountExists):
        join(issued)
    assert User.objects.get(id=cast.mallory.user_id).check_password(PASSWORD)


def test_a_link_is_for_the_address_that_it_names(cast):
    issued = invite(cast)

    with pytest.raises(staff.OtherAccount):
        staff.join_as(Context(SYSTEM, NOW), token=issued.token, user=cast.mallory.user)


def test_one_person_may_work_in_two_clinics(cast):
    issued = invite(cast, cast.mallory.user.email)

    seat = staff.join_as(Context(SYSTEM, NOW), token=issued.token, user=cast.mallory.user)

    assert seat.clinic == cast.clinic
    assert cast.mallory.user.clinicians.count() == 2


def change(cast: Cast, person: Clinician, **fields) -> Clinician:
    return staff.change(
        Context(cast.ada, NOW),
        **{
            "clinician": person,
            "full_name": person.full_name,
            "role": person.role,
            "is_administrator": person.is_administrator,
            "is_active": True,
            **fields,
        },
    )


@pytest.mark.parametrize(
    "fields", [{"is_active": False}, {"role": "nurse", "is_administrator": False}]
)
def test_a_clinic_keeps_an_administrator(cast, fields):
    with pytest.raises(staff.LastAdministrator):
        change(cast, cast.ada, **fields)


def test_an_administrator_leaves_when_another_stays(cast):
    change(cast, cast.phil, is_administrator=True)

    assert not change(cast, cast.ada, is_active=False).is_active
