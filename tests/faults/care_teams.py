"""Care teams, each with its own escalation policy and a patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import clock
from notifications.models import Attempt
from tests.fixtures import (
    NEW_YORK,
    make_care_team,
    make_clinic,
    make_clinician,
    make_patient,
    make_policy,
)
from tracker.models import Clinician, Escalation, Patient
from tracker.models.record_kinds.red_flag_checklist import RED_FLAG_CHECKLIST
from tracker.rules import parse_record
from tracker.services.context import Context
from tracker.services.records import store
from tracker.services.records.ledger import Submission

#: The first steps of `open_escalations` come due over this time.
WINDOW_SECONDS = 14


@dataclass(frozen=True)
class Team:
    """A nurse, a physician and their patient."""

    nurse: Clinician
    physician: Clinician
    patient: Patient

    def with_patients(self, count: int) -> list[Team]:
        """Return the same team with each of that many more patients."""
        today, care_team = _today(), self.patient.care_team
        return [
            replace(self, patient=make_patient(care_team, f"Pam{n} Patient", index_date=today))
            for n in range(count)
        ]

    def open_escalation(self, *, at: datetime) -> Escalation:
        """Have the patient report a red flag at that time."""
        (escalation,) = self.open_escalations("saddle_numbness", at=at)
        return escalation

    def open_escalations(self, *signs: str, at: datetime) -> list[Escalation]:
        said = {
            "kind": "red_flag_checklist",
            "at": at.isoformat(),
            "submitted_at": at.isoformat(),
            "answers": dict.fromkeys(signs, "yes"),
        }
        sent = Submission(
            uuid=uuid4(),
            kind=RED_FLAG_CHECKLIST,
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
    """Make teams with a P0 policy: the nurse, then the physician, after `delays` in minutes."""
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
    """Return the date in New York, where all of them live."""
    return clock.now().astimezone(ZoneInfo(NEW_YORK)).date()


def open_escalations(teams: list[Team]) -> list[Escalation]:
    """Open an escalation per team whose first step is due in 5 to 5 + WINDOW_SECONDS seconds."""
    soon = clock.now() - timedelta(minutes=1) + timedelta(seconds=5)
    apart = timedelta(seconds=WINDOW_SECONDS) / len(teams)
    return [team.open_escalation(at=soon + number * apart) for number, team in enumerate(teams)]


def lateness(escalation: Escalation) -> float:
    """Return the seconds from when the first step was due to the first attempt."""
    due_at = escalation.steps.get(position=1).due_at
    calls = Attempt.objects.filter(delivery__notification__group=escalation.group)
    return (calls.earliest("started_at").started_at - due_at).total_seconds()
