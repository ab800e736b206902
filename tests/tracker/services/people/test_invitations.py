from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from notifications.models import ContactPoint, Delivery, Notification, Recipient
from tests.fixtures import MONDAY_EVENING as NOW
from tests.fixtures import PASSWORD, TwoClinics
from tracker.models import CareTeamMembership, Clinician, Patient, User
from tracker.services.context import SYSTEM, Context
from tracker.services.people import invitations, staff
from tracker.services.people.invitations import (
    AlreadyMember,
    InvitationInvalid,
    InvitationSpent,
    Issued,
)


def invite(clinics: TwoClinics, email: str = "Nina@Harbor.test", *, at=NOW, **fields) -> Issued:
    return invitations.invite_clinician(
        Context(clinics.ada, at),
        **{
            "clinic": clinics.clinic,
            "email": email,
            "full_name": "Nina Novak",
            "role": "nurse",
            "is_administrator": False,
            **fields,
        },
    )


def invite_patient(clinics: TwoClinics) -> Issued:
    return invitations.invite_patient(
        Context(clinics.ada, NOW),
        care_team=clinics.team,
        email="pat@patients.test",
        full_name="Pat Park",
        birth_date=None,
        sex="unknown",
    )


def join(issued: Issued, at=NOW) -> Clinician:
    return staff.join_with_new_account(
        Context(SYSTEM, at), token=issued.token, full_name="Nina Novak", password=PASSWORD
    )


def test_it_goes_out_by_mail_and_its_token_is_kept_as_a_hash(clinics):
    issued = invite(clinics)

    assert issued.token not in str(vars(issued.invitation))
    notice = Notification.objects.get(recipient_id=issued.invitation.recipient_id)
    assert (notice.kind, notice.link) == ("invitation", f"/console/join/{issued.token}")
    assert ContactPoint.objects.get(recipient=notice.recipient).address == "nina@harbor.test"


def test_a_patients_code_is_in_the_urls_fragment(clinics):
    issued = invite_patient(clinics)

    assert issued.path == f"/invitation#{issued.token}"
    patient = Patient.objects.get(full_name="Pat Park")
    assert (patient.user, patient.enrolled_at, patient.time_zone) == (
        None,
        None,
        clinics.clinic.time_zone,
    )


def test_accepting_makes_an_account_a_membership_and_an_address(clinics):
    nina = join(invite(clinics))

    assert nina.user.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=nina.user).verified
    assert ContactPoint.objects.get(recipient_id=nina.recipient_id).address == "nina@harbor.test"
    assert CareTeamMembership.objects.get(clinician=nina).care_team == clinics.team


def test_a_link_works_once(clinics):
    issued = invite(clinics)
    join(issued)

    with pytest.raises(InvitationInvalid):
        join(issued)


def test_accepting_forgets_the_address_that_the_link_went_to(clinics):
    issued = invite(clinics)
    join(issued)

    assert not Recipient.objects.filter(id=issued.invitation.recipient_id).exists()


@pytest.mark.parametrize(
    ("hours", "is_valid"), [(0, True), (71.99, True), (72, False), (73, False)]
)
def test_a_link_works_for_72_hours(clinics, hours, is_valid):
    issued = invite(clinics)
    at = NOW + timedelta(hours=hours)

    if is_valid:
        assert join(issued, at).full_name == "Nina Novak"
    else:
        with pytest.raises(InvitationInvalid):
            join(issued, at)


def test_a_new_link_invalidates_the_old_one(clinics):
    old = invite(clinics)
    new = invitations.resend(Context(clinics.ada, NOW), invitation=old.invitation)

    with pytest.raises(InvitationInvalid):
        join(old)
    assert join(new)


def test_the_mail_of_an_old_link_is_not_sent_any_more(clinics):
    old = invite(clinics)
    invitations.resend(Context(clinics.ada, NOW), invitation=old.invitation)

    states = Delivery.objects.filter(
        notification__recipient_id=old.invitation.recipient_id
    ).order_by("notification__created_at", "id")
    assert sorted(each.state for each in states) == ["cancelled", "pending"]


def test_a_revoked_link_ends(clinics):
    issued = invite(clinics)
    invitations.revoke(Context(clinics.ada, NOW), invitation=issued.invitation)

    with pytest.raises(InvitationInvalid):
        join(issued)
    with pytest.raises(InvitationSpent):
        invitations.revoke(Context(clinics.ada, NOW), invitation=issued.invitation)


def test_a_patients_link_does_not_open_the_console(clinics):
    with pytest.raises(InvitationInvalid):
        join(invite_patient(clinics))


def test_inviting_a_patient_again_ends_the_link_before(clinics):
    first = invite_patient(clinics)

    second = invitations.invite_again(
        Context(clinics.ada, NOW), patient=first.invitation.patient, email="pat@patients.test"
    )

    first.invitation.refresh_from_db()
    assert first.invitation.revoked_at == NOW
    assert second.invitation.patient == first.invitation.patient


def test_an_enrolled_patient_is_not_invited_again(clinics):
    with pytest.raises(InvitationSpent):
        invitations.invite_again(Context(clinics.ada, NOW), patient=clinics.alice, email="a@b.test")


def test_who_works_here_is_not_invited_again(clinics):
    with pytest.raises(AlreadyMember):
        invite(clinics, clinics.nora.user.email.upper())


def test_who_left_can_be_invited_back_into_the_same_membership(clinics):
    Clinician.objects.filter(id=clinics.nora.id).update(is_active=False)
    issued = invite(clinics, clinics.nora.user.email, role="physician")

    membership = staff.join_as(Context(SYSTEM, NOW), token=issued.token, user=clinics.nora.user)

    assert (membership.id, membership.is_active, membership.role) == (
        clinics.nora.id,
        True,
        "physician",
    )


def test_who_comes_back_keeps_their_quiet_hours(clinics):
    Clinician.objects.filter(id=clinics.nora.id).update(is_active=False)
    Recipient.objects.filter(id=clinics.nora.recipient_id).update(time_zone="Asia/Tokyo")

    staff.join_as(
        Context(SYSTEM, NOW),
        token=invite(clinics, clinics.nora.user.email).token,
        user=clinics.nora.user,
    )

    assert Recipient.objects.get(id=clinics.nora.recipient_id).time_zone == "Asia/Tokyo"


def test_an_account_is_never_taken_over_by_a_link(clinics):
    issued = invite(clinics, clinics.mallory.user.email)

    with pytest.raises(staff.AccountExists):
        join(issued)
    assert User.objects.get(id=clinics.mallory.user_id).check_password(PASSWORD)


def test_a_link_is_for_the_address_that_it_names(clinics):
    issued = invite(clinics)

    with pytest.raises(staff.OtherAccount):
        staff.join_as(Context(SYSTEM, NOW), token=issued.token, user=clinics.mallory.user)


def test_one_person_may_work_in_two_clinics(clinics):
    issued = invite(clinics, clinics.mallory.user.email)

    membership = staff.join_as(Context(SYSTEM, NOW), token=issued.token, user=clinics.mallory.user)

    assert membership.clinic == clinics.clinic
    assert clinics.mallory.user.clinicians.count() == 2


def change(clinics: TwoClinics, person: Clinician, **fields) -> Clinician:
    return staff.change(
        Context(clinics.ada, NOW),
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
def test_a_clinic_keeps_an_administrator(clinics, fields):
    with pytest.raises(staff.LastAdministrator):
        change(clinics, clinics.ada, **fields)


def test_an_administrator_leaves_when_another_stays(clinics):
    change(clinics, clinics.phil, is_administrator=True)

    assert not change(clinics, clinics.ada, is_active=False).is_active
