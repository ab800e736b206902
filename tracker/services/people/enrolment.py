"""Enrolment: a patient accepts an invitation and gets an account and a diary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from notifications import outbox
from tracker.models import Consent, Episode, Invitation, Patient, PatientTimeZone, User
from tracker.rules.history.calendar import age_on
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.errors import ServiceError
from tracker.services.evaluation import evaluate
from tracker.services.people import consent, invitations, sessions
from tracker.services.records.checks import REACH_BACK
from tracker.services.reminders import reminder_slots

ADULT_AGE = 18
OLDEST_AGE = 125


class UnderAge(ServiceError):
    """This diary is for people aged 18 and over. Please contact your clinic."""

    code = "under_age"
    status = 403


class BirthDateUnlikely(ServiceError):
    """Check the date of birth: it would make you older than 125."""

    code = "birth_date_unlikely"


class BirthDateDiffers(ServiceError):
    """Your clinic has another date of birth for you. Please phone your clinic."""

    code = "birth_date_differs"
    status = 403


class ConsentOutdated(ServiceError):
    """The consent text has changed. Please read the present one and agree to it."""

    code = "consent_outdated"
    status = 409


class AccountExists(ServiceError):
    """An account with this e-mail address exists already. Please contact your clinic."""

    code = "account_exists"
    status = 409


class PasswordRefused(ServiceError):
    """The password is too easy to guess. Choose another one."""

    code = "password_refused"


@dataclass(frozen=True, slots=True)
class Enrolled:
    patient: Patient
    token: str


@transaction.atomic
def enrol(
    context: Context[Actor],
    *,
    token: str,
    password: str,
    birth_date: date,
    time_zone: str,
    text_version: str,
    reminder_time: time | None,
    device_name: str,
) -> Enrolled:
    """Use up the invitation: account, consent, diary, reminders, a session for the phone.

    Raises InvitationInvalid, ConsentOutdated, BirthDateUnlikely, UnderAge, BirthDateDiffers,
    AccountExists, PasswordRefused.
    """
    at = context.at
    invitation = invitations.find_valid(token=token, kind=Invitation.Kind.PATIENT, at=at, lock=True)
    patient = Patient.objects.select_for_update(of=("self",)).get(invitations=invitation)
    today = at.astimezone(ZoneInfo(time_zone)).date()
    _check(patient, birth_date=birth_date, text_version=text_version, today=today)
    user = _account(email=invitation.email, password=password, at=at)
    patient.user = user
    patient.birth_date = birth_date
    patient.time_zone = time_zone
    patient.enrolled_at = at
    patient.save()
    Invitation.objects.filter(pk=invitation.pk).update(used_at=at)
    invitations.forget_address(invitation=invitation)
    _begin(patient, text_version=text_version, email=invitation.email, today=today, at=at)
    reminder_slots.set_diary_time(patient=patient, wall_time=reminder_time, at=at)
    reminder_slots.schedule_all(patient=patient, at=at)
    audit.record(
        replace(context, actor=patient), "patient.enrol", patient, subject_id=invitation.id
    )
    return Enrolled(patient, sessions.begin(user=user, device_name=device_name, at=at))


def _check(patient: Patient, *, birth_date: date, text_version: str, today: date) -> None:
    if text_version != consent.VERSION:
        raise ConsentOutdated
    age = age_on(today, birth_date)
    if age > OLDEST_AGE:
        raise BirthDateUnlikely
    if age < ADULT_AGE:
        raise UnderAge
    if patient.birth_date is not None and patient.birth_date != birth_date:
        raise BirthDateDiffers
    if patient.user_id is not None:
        raise AccountExists


def _account(*, email: str, password: str, at: datetime) -> User:
    """Create the account; its address is verified, because the invitation was sent there."""
    if User.objects.filter(email__iexact=email).exists():
        raise AccountExists
    try:
        validate_password(password, User(email=email))
    except ValidationError as refusal:
        raise PasswordRefused(" ".join(refusal.messages)) from refusal
    user = User.objects.create_user(email, password, joined_at=at)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _begin(patient: Patient, *, text_version: str, email: str, today: date, at: datetime) -> None:
    clinic_id = patient.clinic_id
    Consent.objects.create(
        clinic_id=clinic_id, patient=patient, text_version=text_version, agreed_at=at
    )
    # The first zone also holds for what is logged from before the enrolment.
    PatientTimeZone.objects.get_or_create(
        patient=patient,
        from_date=today if patient.time_zones.exists() else today - REACH_BACK,
        defaults={"clinic_id": clinic_id, "time_zone": patient.time_zone},
    )
    episode, _ = Episode.objects.current().get_or_create(
        patient=patient, defaults={"clinic_id": clinic_id, "index_date": today}
    )
    outbox.upsert_recipient(
        recipient_id=patient.recipient_id, language="en", time_zone=patient.time_zone
    )
    outbox.set_contact_point(
        recipient_id=patient.recipient_id, channel="email", address=email, at=at
    )
    evaluate.evaluate_episode(episode_id=episode.pk, at=at)
