"""Invitations: the only way to an account."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from notifications import outbox
from tracker.models import CareTeam, Clinic, Clinician, Invitation, Patient
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.errors import Conflict, ServiceError
from tracker.services.people.tokens import hash_token, make_token

VALID_FOR = timedelta(hours=72)


class InvitationInvalid(ServiceError):
    """This invitation is not valid. Ask your clinic for a new one."""

    code = "invitation_invalid"


class InvitationSpent(Conflict):
    """This invitation was used or revoked. Send a new one."""

    code = "invitation_spent"


class AlreadyMember(Conflict):
    """Someone with this e-mail address works at this clinic already."""

    code = "already_member"


@dataclass(frozen=True, slots=True)
class Issued:
    """An invitation with the only copy of its token."""

    invitation: Invitation
    token: str

    @property
    def path(self) -> str:
        """What follows the address of the site.

        A patient's code stands behind the #, which no server and no log is sent.
        """
        if self.invitation.kind == Invitation.Kind.PATIENT:
            return f"/invitation#{self.token}"
        return f"/console/join/{self.token}"


def find_valid(*, token: str, kind: str, at: datetime, lock: bool = False) -> Invitation:
    """The unused, unexpired invitation with this token.

    Used, expired, revoked and unknown tokens raise one error, so that guessing reveals nothing.
    """
    invitations = Invitation.objects.select_related("clinic", "patient")
    if lock:
        invitations = invitations.select_for_update(of=("self",))
    found = invitations.filter(
        token_hash=hash_token(token),
        kind=kind,
        used_at=None,
        revoked_at=None,
        expires_at__gt=at,
    ).first()
    if found is None:
        raise InvitationInvalid
    return found


@transaction.atomic
def invite_clinician(
    context: Context[Actor],
    *,
    clinic: Clinic,
    email: str,
    full_name: str,
    role: str,
    is_administrator: bool,
) -> Issued:
    """Invite someone to work at the clinic. The operator invites the first one."""
    folded = email.strip().lower()
    if Clinician.objects.filter(clinic=clinic, user__email=folded, is_active=True).exists():
        raise AlreadyMember
    invitation = Invitation(
        clinic=clinic,
        kind=Invitation.Kind.CLINICIAN,
        email=folded,
        full_name=full_name,
        role=role,
        is_administrator=is_administrator or role == Clinician.Role.ADMINISTRATOR,
        created_by=context.clinician,
        created_at=context.at,
    )
    return _issue(context, invitation, action="invitation.clinician")


@transaction.atomic
def invite_patient(
    context: Context[Clinician],
    *,
    care_team: CareTeam,
    email: str,
    full_name: str,
    birth_date: date | None,
    sex: str,
) -> Issued:
    """Register a patient and invite them to the app. They consent when they enrol."""
    patient = Patient.objects.create(
        clinic_id=context.actor.clinic_id,
        care_team=care_team,
        full_name=full_name,
        birth_date=birth_date,
        sex=sex,
        time_zone=context.actor.clinic.time_zone,  # until the phone says where they live
    )
    return invite_again(context, patient=patient, email=email)


@transaction.atomic
def invite_again(context: Context[Clinician], *, patient: Patient, email: str) -> Issued:
    """Invite a registered patient who has not enrolled; earlier invitations are revoked."""
    if patient.enrolled_at is not None:
        raise InvitationSpent("This patient has enrolled already.")
    for earlier in patient.invitations.filter(used_at=None, revoked_at=None):
        revoke(context, invitation=earlier)
    invitation = Invitation(
        clinic_id=context.actor.clinic_id,
        kind=Invitation.Kind.PATIENT,
        email=email.strip().lower(),
        full_name=patient.full_name,
        patient=patient,
        created_by=context.clinician,
        created_at=context.at,
    )
    return _issue(context, invitation, action="invitation.patient")


@transaction.atomic
def resend(context: Context[Clinician], *, invitation: Invitation) -> Issued:
    """Send a new link that is valid for 72 hours; the old link is no longer valid."""
    invitation = _unused(invitation)
    outbox.cancel(group=_group(invitation), at=context.at)
    return _issue(context, invitation, action="invitation.resend")


@transaction.atomic
def revoke(context: Context[Clinician], *, invitation: Invitation) -> Invitation:
    invitation = _unused(invitation)
    invitation.revoked_at = context.at
    invitation.save(update_fields=["revoked_at"])
    forget_address(invitation=invitation)
    audit.record(context, "invitation.revoke", invitation)
    return invitation


def forget_address(*, invitation: Invitation) -> None:
    """Cancel the link's delivery, and erase the address it would be sent to."""
    outbox.forget(recipient_id=invitation.recipient_id)


def _unused(invitation: Invitation) -> Invitation:
    locked = Invitation.objects.select_for_update().get(id=invitation.id)
    if locked.used_at or locked.revoked_at:
        raise InvitationSpent
    return locked


def _issue(context: Context[Actor], invitation: Invitation, *, action: str) -> Issued:
    token = make_token()
    invitation.token_hash = hash_token(token)
    invitation.expires_at = context.at + VALID_FOR
    invitation.save()
    issued = Issued(invitation, token)
    _send(issued, context.at)
    audit.record(context, action, invitation)
    return issued


def _send(issued: Issued, at: datetime) -> None:
    invitation = issued.invitation
    recipient_id: uuid.UUID = invitation.recipient_id
    outbox.upsert_recipient(
        recipient_id=recipient_id, language="en", time_zone=invitation.clinic.time_zone
    )
    outbox.set_contact_point(
        recipient_id=recipient_id, channel="email", address=invitation.email, at=at
    )
    outbox.enqueue(
        recipient_id=recipient_id,
        kind=outbox.Kind.INVITATION,
        group=_group(invitation),
        urgency=outbox.Urgency.ROUTINE,
        expires_at=invitation.expires_at,
        link=issued.path,
        at=at,
    )


def _group(invitation: Invitation) -> str:
    return f"invitation:{invitation.id}"
