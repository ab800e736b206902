"""Alice's eight weeks of pain, and what the desk shows of them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import uuid4

from tests.fixtures import TwoClinics, diary, say
from tracker.models import (
    CompressUse,
    DiaryEntry,
    Escalation,
    Flag,
    MedicationIntake,
    Message,
    Patient,
    PlannedMeasure,
    Rotation,
    TherapySession,
)
from tracker.services.context import Context
from tracker.services.escalations import lifecycle, timers
from tracker.services.on_call import rotations

#: None: she did not log that day.
PAIN = [6, 7, 6, 6, 7, None, 6, 6, 5, 6, 7, 6, None, None, 6, 5, 6, 6, 7, 6, 6, 7, 6, 5, 6, 6, 7, 6]

#: To be escaped wherever it is shown.
NASTY = "<script>alert('pain')</script>"


def logged_at(patient: Patient, day) -> dict[str, object]:
    at = datetime.combine(day, time(21), patient.zone)
    return {
        "clinic_id": patient.clinic_id,
        "patient": patient,
        "uuid": uuid4(),
        "local_date": day,
        "time_zone": patient.time_zone,
        "submitted_at": at,
        "received_at": at,
    }


def keep_diary(patient: Patient, pain=PAIN, note: str = "") -> None:
    """One entry a day from the index date on, with some of the care that was taken."""
    first = patient.episodes.get().index_date
    for offset, score in enumerate(pain):
        if score is None:
            continue
        known = logged_at(patient, first + timedelta(offset))
        DiaryEntry.objects.create(
            **known, pain_average=score, pain_worst=score + 1, standing=2, walking=3, note=note
        )
        say(patient, diary(known["local_date"], score, standing=2, walking=3))
        known = {**known, "at": known["submitted_at"]}
        if offset % 2:
            CompressUse.objects.create(**{**known, "uuid": uuid4()}, type="hot", minutes=20)
        if offset % 3 == 0:
            MedicationIntake.objects.create(
                **{**known, "uuid": uuid4()},
                product="Advil",
                ingredients=[{"name": "ibuprofen", "mg": 400}],
                route="oral",
                prescribed=False,
            )
        if offset == 20:
            TherapySession.objects.create(**{**known, "uuid": uuid4()}, type="injection")


def plan_care(patient: Patient) -> None:
    episode = patient.episodes.get()
    known = {
        "clinic_id": patient.clinic_id,
        "episode": episode,
        "from_date": episode.index_date,
    }
    PlannedMeasure.objects.create(**known, measure="physical_therapy", sessions_per_week=3)
    PlannedMeasure.objects.create(**known, measure="hot_compress", sessions_per_week=7)
    PlannedMeasure.objects.create(
        **known,
        measure="medication",
        product="Naprosyn",
        ingredients=[{"name": "naproxen", "mg": 500, "max_mg_per_day": 1000}],
        route="oral",
        prescribed=True,
        doses_per_day=2,
    )


def raise_flag(
    patient: Patient, *, at: datetime, rule: str = "SEV-SUST", priority: str = "P2", **fields
) -> Flag:
    """An open flag with its ladder, as an evaluation leaves it."""
    episode = patient.episodes.get()
    day = patient.local_date(at)
    flag = Flag.objects.create(
        **{
            "clinic_id": patient.clinic_id,
            "patient": patient,
            "episode": episode,
            "rule": rule,
            "ruleset": "2026.1",
            "priority": priority,
            "day": (day - episode.index_date).days + 1,
            "local_date": day,
            "opened_at": at,
            "detected_at": at,
            "explanation": "Pain was 7 or more on 5 of the last 7 days.",
            "evidence": {"days_at_7_or_more": 5, "newest_score": 7, "baseline": 6.4},
            "missing": ["sleep"],
            "clears_when": "Fewer than 5 such days in a week, for a week.",
            "cannot_see": "Pain on days that were not logged.",
            "sources": ["[V] Zelman 2003", "[P] five of seven days"],
            **fields,
        }
    )
    if flag.needs_human:
        lifecycle.open_for(flag=flag, at=at)
    return flag


def ladder_of(flag: Flag) -> Escalation:
    return flag.escalations.get()


def make_rotation(clinics: TwoClinics, *, at: datetime) -> Rotation:
    """Nora and Phil take turns, and Phil takes an hour of Nora's."""
    rotation = rotations.save(
        Context(clinics.ada, at),
        rotation=Rotation(clinic=clinics.clinic),
        name="Nights",
        turn_days=1,
        hand_over_time=time(8),
        first_date=at.date(),
        members=[clinics.nora, clinics.phil],
    )
    rotations.add_override(
        Context(clinics.phil, at),
        rotation=rotation,
        clinician=clinics.phil,
        starts_at=at,
        ends_at=at + timedelta(hours=1),
    )
    return rotation


def furnish(clinics: TwoClinics, *, at: datetime) -> Flag:
    """Alice has it all: diary, plan, two flags. Bob has one that nobody is paged for."""
    for patient in (clinics.alice, clinics.bob, clinics.carol):
        keep_diary(patient, note=NASTY)
        plan_care(patient)
    flag = raise_flag(clinics.alice, at=at)
    raise_flag(clinics.alice, at=at, rule="FUNC-LIMIT", priority="P3")
    raise_flag(clinics.bob, at=at, rule="CC-NOTTRIED", priority="P4")
    raise_flag(clinics.carol, at=at, rule="RF-CES", priority="P0")
    timers.fire_due(at=at, limit=10)
    return flag


def leave_unread(clinics: TwoClinics, *, at: datetime) -> Message:
    """A message to Alice that she has not read for three days."""
    return Message.objects.create(
        clinic=clinics.clinic,
        patient=clinics.alice,
        by=clinics.nora,
        sent_at=at - timedelta(days=3),
        returned_at=at,
        text="Please call us.",
    )
