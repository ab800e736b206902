"""Many people at once: care teams each with a ladder of its own, and phones signed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import clock
from tests.cast import (
    NEW_YORK,
    make_care_team,
    make_clinic,
    make_clinician,
    make_patient,
    make_policy,
)
from tracker.models import Clinician, Escalation, Patient, RecordKind
from tracker.rules import parse_record
from tracker.services.context import Context
from tracker.services.records import store
from tracker.services.records.ledger import Submission


@dataclass(frozen=True)
class Team:
    """A nurse, a physician and a patient of theirs."""

    nurse: Clinician
    physician: Clinician
    patient: Patient

    def with_patients(self, count: int) -> list[Team]:
        """The same team for as many more patients."""
        today, care_team = _today(), self.patient.care_team
        return [
            replace(self, patient=make_patient(care_team, f"Pam{n} Patient", index_date=today))
            for n in range(count)
        ]

    def open_ladder(self, *, at: datetime) -> Escalation:
        """The patient says what opens a red flag, at that time."""
        (ladder,) = self.open_ladders("saddle_numbness", at=at)
        return ladder

    def open_ladders(self, *signs: str, at: datetime) -> list[Escalation]:
        said = {
            "kind": "red_flag_checklist",
            "at": at.isoformat(),
            "submitted_at": at.isoformat(),
            "answers": dict.fromkeys(signs, "yes"),
        }
        sent = Submission(
            uuid=uuid4(),
            kind=RecordKind.RED_FLAG_CHECKLIST,
            record=parse_record(said),
            submitted_at=at,
        )
        store.submit(
            Context(self.patient, at),
            patient=self.patient,
            submissions=[sent],
            action="records.sync",
        )
        return list(Escalation.objects.filter(patient=self.patient))


def make_teams(count: int, *delays: int) -> list[Team]:
    """Teams of one clinic, each with a P0 ladder: the nurse, then the physician, after minutes."""
    clinic, today = make_clinic("Harbor"), _today()
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


def _today() -> date:
    """Where all of them live."""
    return clock.now().astimezone(ZoneInfo(NEW_YORK)).date()
