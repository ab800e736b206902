"""The members of a clinic: how they join, change and leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from notifications import outbox
from tracker.models import CareTeam, Clinician, Invitation, User
from tracker.services import audit
from tracker.services.clinics import care_teams
from tracker.services.context import Actor, Context
from tracker.services.errors import Conflict, ServiceError
from tracker.services.escalations import hand_overs
from tracker.services.people import invitations


class AccountExists(Conflict):
    """An account with this address exists already. Sign in with it, then join."""

    code = "account_exists"


class OtherAccount(ServiceError):
    """This invitation is for another e-mail address. Sign in with that one."""

    code = "other_account"
    status = 403


class LastAdministrator(Conflict):
    """The clinic needs an administrator. Make someone else one first."""

    code = "last_administrator"


@transaction.atomic
def join_with_new_account(
    context: Context[Actor], *, token: str, full_name: str, password: str
) -> Clinician:
    """Accept an invitation and create an account. The link has verified the address."""
    invitation = _locked(token, context.at)
    if User.objects.filter(email=invitation.email).exists():
        raise AccountExists
    user = User.objects.create_user(invitation.email, password, joined_at=context.at)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return _add_membership(context, invitation, user=user, full_name=full_name)


@transaction.atomic
def join_as(context: Context[Actor], *, token: str, user: User) -> Clinician:
    """Accept an invitation with the account that is signed in."""
    invitation = _locked(token, context.at)
    if user.email != invitation.email:
        raise OtherAccount
    return _add_membership(context, invitation, user=user, full_name=invitation.full_name)


def _locked(token: str, at: datetime) -> Invitation:
    return invitations.find_valid(token=token, kind=Invitation.Kind.CLINICIAN, at=at, lock=True)


def _add_membership(
    context: Context[Actor], invitation: Invitation, *, user: User, full_name: str
) -> Clinician:
    clinician, _ = Clinician.objects.update_or_create(
        clinic_id=invitation.clinic_id,
        user=user,
        defaults={
            "full_name": full_name,
            "role": invitation.role,
            "is_administrator": invitation.is_administrator,
            "is_active": True,
        },
    )
    invitation.used_at = context.at
    invitation.save(update_fields=["used_at"])
    invitations.forget_address(invitation=invitation)
    _make_reachable(clinician, context.at)
    _join_only_team(clinician)
    audit.record(replace(context, actor=clinician), "invitation.accept", invitation)
    return clinician


def _make_reachable(clinician: Clinician, at: datetime) -> None:
    if outbox.recipient(clinician.recipient_id) is None:
        outbox.upsert_recipient(
            recipient_id=clinician.recipient_id,
            language="en",
            time_zone=clinician.clinic.time_zone,
        )
    outbox.set_contact_point(
        recipient_id=clinician.recipient_id,
        channel="email",
        address=clinician.user.email,
        at=at,
    )


def _join_only_team(clinician: Clinician) -> None:
    """In a clinic of one team a new member joins it, so that escalations reach them at once."""
    teams = list(CareTeam.objects.filter(clinic_id=clinician.clinic_id)[:2])
    is_in = clinician.memberships.exists()
    if clinician.sees_diaries and len(teams) == 1 and not is_in:
        care_teams.join(care_team=teams[0], clinician=clinician)


@transaction.atomic
def change(
    context: Context[Clinician],
    *,
    clinician: Clinician,
    full_name: str,
    role: str,
    is_administrator: bool,
    is_active: bool,
) -> Clinician:
    """Change a membership. Inactive members are not notified; their reviews stay theirs."""
    administers = (is_administrator or role == Clinician.Role.ADMINISTRATOR) and is_active
    if not administers:
        _keep_an_administrator(besides=clinician)
    clinician.full_name = full_name
    clinician.role = role
    clinician.is_administrator = is_administrator or role == Clinician.Role.ADMINISTRATOR
    clinician.is_active = is_active
    clinician.save(update_fields=["full_name", "role", "is_administrator", "is_active"])
    if not (is_active and clinician.sees_diaries):
        hand_overs.give_back(context, owner=clinician)
    audit.record(context, "clinician.change", clinician)
    return clinician


def _keep_an_administrator(*, besides: Clinician) -> None:
    administrators = Clinician.objects.active().filter(
        clinic_id=besides.clinic_id, is_administrator=True
    )
    # Locked, so that the last two cannot step down at once.
    ids = set(administrators.select_for_update(of=("self",)).values_list("id", flat=True))
    if not ids - {besides.id}:
        raise LastAdministrator
