"""Many people at once: care teams each with a ladder of its own, and phones signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import clock
from tests.cast import (
    make_care_team,
    make_clinic,
    make_clinician,
    make_patient,
    make_policy,
)
from tracker.models import Clinician, Escalation, Patient, RecordKind
from tracker.rules import parse_record
from tracker.services import records
from tracker.services.records import Submission


@dataclass(frozen=True)
class Team:
    """A nurse, a physician and a patient of theirs."""

    nurse: Clinician
    physician: Clinician
    patient: Patient

    def open_ladder(self, *, at: datetime) -> Escalation:
        """The patient says what opens a red flag, at that time."""
        said = {
            "kind": "red_flag_checklist",
            "at": at.isoformat(),
            "submitted_at": at.isoformat(),
            "answers": {"saddle_numbness": "yes"},
        }
        sent = Submission(
            uuid=uuid4(),
            kind=RecordKind.RED_FLAG_CHECKLIST,
            record=parse_record(said),
            submitted_at=at,
        )
        records.submit(
            patient_id=self.patient.pk,
            by=self.patient,
            submissions=[sent],
            at=at,
            action="records.sync",
        )
        return Escalation.objects.get(patient=self.patient)


def make_teams(count: int, *delays: int) -> list[Team]:
    """Teams of one clinic, each with a P0 ladder: the nurse, then the physician, after minutes."""
    clinic, today = make_clinic("Harbor"), clock.now().date()
    teams = []
    for number in range(count):
        care_team = make_care_team(clinic, f"Team {number}")
        nurse = make_clinician(care_team, f"Nora{number} Nurse")
        physician = make_clinician(
            care_team, f"Phil{number} Physician", role=Clinician.Role.PHYSICIAN
        )
        patient = make_patient(care_team, f"Pat{number} Patient", index_date=today)
        make_policy(care_team, "P0", *zip(delays, (nurse, physician), strict=True))
        teams.append(Team(nurse, physician, patient))
    return teams
