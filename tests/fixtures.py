"""The clinics and people of the tests.

Alice Avery keeps a diary at Harbor Clinic. Nora Nurse and Phil Physician answer for her;
Ada Admin runs the clinic and sees no diary. Bob Byrd is another patient of theirs. Mallory
works at Hillside Clinic and must never see any of it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress

from notifications.models import ContactPoint, Recipient
from tracker.models import (
    CareTeam,
    CareTeamMembership,
    Clinic,
    Clinician,
    Episode,
    EscalationPolicy,
    EscalationPolicyStep,
    Patient,
    PatientTimeZone,
    Priority,
    Revision,
    RulesetAdoption,
    StaffedHours,
    User,
)
from tracker.rules import LIVE

#: Monday 2026-03-02, 21:00 in New York.
MONDAY_EVENING = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
NEW_YORK = "America/New_York"
PASSWORD = "correct horse battery staple"


def make_user(email: str) -> User:
    user = User.objects.create_user(email, PASSWORD, joined_at=MONDAY_EVENING)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def make_clinic(name: str = "Harbor Clinic", **fields: object) -> Clinic:
    """Staffed on weekdays from 8 to 17."""
    clinic = Clinic.objects.create(
        name=name,
        phone="555-0100",
        created_at=MONDAY_EVENING,
        **{"time_zone": NEW_YORK, **fields},
    )
    StaffedHours.objects.bulk_create(
        StaffedHours(clinic=clinic, weekday=day, opens=time(8), closes=time(17)) for day in range(5)
    )
    RulesetAdoption.objects.create(
        clinic=clinic,
        version=LIVE.version,
        from_date=date(2026, 1, 1),
        adopted_at=MONDAY_EVENING,
        reason="The clinic opened with it.",
    )
    return clinic


def make_care_team(clinic: Clinic, name: str = "Spine team") -> CareTeam:
    return CareTeam.objects.create(clinic=clinic, name=name)


def make_clinician(
    care_team: CareTeam,
    name: str,
    *,
    role: str = Clinician.Role.NURSE,
    reachable: bool = True,
    **fields: object,
) -> Clinician:
    user = make_user(f"{name.split()[0].lower()}@{care_team.clinic.name.split()[0].lower()}.test")
    clinician = Clinician.objects.create(
        clinic=care_team.clinic, user=user, full_name=name, role=role, **fields
    )
    CareTeamMembership.objects.create(
        clinic=care_team.clinic, care_team=care_team, clinician=clinician
    )
    make_recipient(clinician.recipient_id, user.email if reachable else None)
    return clinician


def make_recipient(recipient_id: UUID, email: str | None) -> None:
    """As the outbox leaves them; row by row, because a thousand tests begin with it."""
    Recipient.objects.create(id=recipient_id, language="en", time_zone=NEW_YORK)
    if email:
        ContactPoint.objects.create(
            recipient_id=recipient_id, channel="email", address=email, verified_at=MONDAY_EVENING
        )


def make_patient(
    care_team: CareTeam,
    name: str = "Alice Avery",
    *,
    index_date: date = date(2026, 3, 2),
    time_zone: str = NEW_YORK,
    **fields: object,
) -> Patient:
    """An enrolled patient in an episode that begins on `index_date`."""
    user = make_user(f"{name.split()[0].lower()}@patients.test")
    patient = Patient.objects.create(
        clinic=care_team.clinic,
        care_team=care_team,
        user=user,
        full_name=name,
        birth_date=date(1974, 3, 1),
        time_zone=time_zone,
        enrolled_at=MONDAY_EVENING,
        **fields,
    )
    PatientTimeZone.objects.create(
        clinic=care_team.clinic, patient=patient, from_date=index_date, time_zone=time_zone
    )
    make_recipient(patient.recipient_id, user.email)
    make_episode(patient, index_date=index_date)
    return patient


def make_episode(patient: Patient, *, index_date: date) -> Episode:
    return Episode.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        index_date=index_date,
        next_close_at=datetime(
            index_date.year, index_date.month, index_date.day, 12, tzinfo=patient.zone
        )
        + timedelta(days=1),
    )


def make_policy(
    care_team: CareTeam, priority: str, *steps: tuple[int, str | Clinician]
) -> EscalationPolicy:
    """An escalation policy from (delay in minutes, role or clinician) pairs."""
    policy = EscalationPolicy.objects.create(
        clinic=care_team.clinic, care_team=care_team, priority=priority
    )
    EscalationPolicyStep.objects.bulk_create(
        EscalationPolicyStep(
            clinic=care_team.clinic,
            policy=policy,
            position=position,
            delay_minutes=delay,
            **({"clinician": who} if isinstance(who, Clinician) else {"role": who}),
        )
        for position, (delay, who) in enumerate(steps, start=1)
    )
    return policy


def say(
    patient: Patient,
    content: dict[str, object],
    *,
    uuid: UUID | None = None,
    number: int = 1,
    submitted_at: datetime | None = None,
    received_at: datetime | None = None,
    retracted: bool = False,
) -> Revision:
    """Write one accepted version to the ledger, as the record service would."""
    submitted = submitted_at or datetime.fromisoformat(
        str(content.get("submitted_at") or content["at"])
    )
    return Revision.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        uuid=uuid or uuid4(),
        kind=content["kind"],
        number=number,
        base_number=number - 1,
        content={**content, "submitted_at": submitted.isoformat()},
        submitted_at=submitted,
        received_at=received_at or submitted,
        author=patient.user,
        retracted=retracted,
    )


def diary(day: date, pain: int | None, **scores: int) -> dict[str, object]:
    """A diary entry saved at nine in the evening in New York (standard time)."""
    return {
        "kind": "diary_entry",
        "date": day.isoformat(),
        "submitted_at": f"{day.isoformat()}T21:00:00-05:00",
        "pain_average": pain,
        **scores,
    }


def checklist(at: datetime, **answers: str) -> dict[str, object]:
    return {"kind": "red_flag_checklist", "at": at.isoformat(), "answers": answers}


class TwoClinics:
    """Harbor Clinic with its people and escalation policies, and Hillside Clinic."""

    def __init__(self) -> None:
        self.clinic = make_clinic()
        self.team = make_care_team(self.clinic)
        self.nora = make_clinician(self.team, "Nora Nurse")
        self.phil = make_clinician(self.team, "Phil Physician", role=Clinician.Role.PHYSICIAN)
        self.ada = make_clinician(
            self.team, "Ada Admin", role=Clinician.Role.ADMINISTRATOR, is_administrator=True
        )
        self.alice = make_patient(self.team)
        self.bob = make_patient(self.team, "Bob Byrd")
        for priority in (Priority.P0, Priority.P1, Priority.P2, Priority.P3):
            make_policy(
                self.team, priority, (0, Clinician.Role.NURSE), (15, Clinician.Role.PHYSICIAN)
            )
        self.other_clinic = make_clinic("Hillside Clinic")
        self.other_team = make_care_team(self.other_clinic)
        self.mallory = make_clinician(self.other_team, "Mallory Meyer")
        self.carol = make_patient(self.other_team, "Carol Cho")

    @property
    def episode(self) -> Episode:
        """Alice's."""
        return self.alice.episodes.get()
