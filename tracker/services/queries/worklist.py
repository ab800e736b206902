"""The worklist: who needs a clinician, the most urgent first. A query, no writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Prefetch, Q

from tracker.models import CareTeam, Clinician, Escalation, Flag, Patient
from tracker.models.escalation import LIVE
from tracker.models.flags import FlagQuerySet
from tracker.models.people import PatientQuerySet


class RowState(StrEnum):
    """What has happened so far; the one that needs somebody most stands for the row."""

    EXHAUSTED = "exhausted"  # the whole ladder was told, nobody answered
    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    LISTED = "listed"  # no ladder runs: P4, or found in old records


STATE_OF = {
    Escalation.State.EXHAUSTED: RowState.EXHAUSTED,
    Escalation.State.ACTIVE: RowState.WAITING,
    Escalation.State.ACKNOWLEDGED: RowState.ACKNOWLEDGED,
    Escalation.State.SNOOZED: RowState.SNOOZED,
}
NEEDS_MOST = list(RowState)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorklistRow:
    """One patient, however many flags they have."""

    patient: Patient
    priority: str
    flags: Sequence[Flag]  #: most urgent first
    escalations: Sequence[Escalation]  #: live ones
    state: RowState
    owners: Sequence[Clinician]  #: who owe a review
    deadline: datetime | None  #: for the acknowledgement, the review, or until it wakes
    oldest_opened_at: datetime

    @property
    def flag(self) -> Flag:
        """The one to open first."""
        return self.flags[0]

    @property
    def has_ladder(self) -> bool:
        return self.state != RowState.LISTED

    def is_overdue(self, at: datetime) -> bool:
        return self.deadline is not None and self.deadline <= at


def rows(
    *,
    clinician: Clinician,
    care_team_id: UUID | None = None,
    mine: bool = False,
    patient: Patient | None = None,
) -> list[WorklistRow]:
    """One row per patient with an open flag or a live escalation."""
    patients = patients_of(clinician=clinician, care_team_id=care_team_id, mine=mine)
    if patient:
        patients = patients.filter(id=patient.id)
    by_patient = defaultdict(list)
    for flag in needing_decision().filter(patient__in=patients):
        by_patient[flag.patient].append(flag)
    found = [_row(each, flags) for each, flags in by_patient.items()]
    return sorted(found, key=lambda row: (not row.has_ladder, row.priority, row.oldest_opened_at))


def patients_of(
    *, clinician: Clinician, care_team_id: UUID | None = None, mine: bool = False
) -> PatientQuerySet:
    """Whose rows the clinician sees: the clinic's, those of a care team, or of their own."""
    patients = Patient.objects.for_clinician(clinician)
    if mine:
        patients = patients.filter(care_team__in=CareTeam.objects.filter(clinicians=clinician))
    return patients.filter(care_team_id=care_team_id) if care_team_id else patients


def needing_decision() -> FlagQuerySet:
    """Open flags, and those that cleared while somebody is still expected to look."""
    return (
        Flag.objects.filter(Q(state=Flag.State.OPEN) | Q(escalations__state__in=LIVE))
        .distinct()
        .select_related("patient__care_team", "episode")
        .prefetch_related(
            Prefetch("escalations", Escalation.objects.live().select_related("flag", "owner")),
        )
    )


def _row(patient: Patient, flags: Sequence[Flag]) -> WorklistRow:
    escalations = [each for flag in flags for each in flag.escalations.all()]
    state = _state(escalations)
    return WorklistRow(
        patient=patient,
        priority=min(flag.priority for flag in flags),
        flags=sorted(flags, key=lambda flag: (flag.priority, flag.opened_at)),
        escalations=escalations,
        state=state,
        owners=_owners(escalations),
        deadline=_deadline(escalations, state),
        oldest_opened_at=min(flag.opened_at for flag in flags),
    )


def _state(escalations: Iterable[Escalation]) -> RowState:
    states = {STATE_OF[Escalation.State(each.state)] for each in escalations}
    return min(states, key=NEEDS_MOST.index, default=RowState.LISTED)


def _owners(escalations: Iterable[Escalation]) -> list[Clinician]:
    return sorted({each.owner for each in escalations if each.owner}, key=str)


def _deadline(escalations: Iterable[Escalation], state: RowState) -> datetime | None:
    """When the next thing happens to it unless somebody does something."""
    if state in {RowState.WAITING, RowState.EXHAUSTED}:
        times = [
            each.acknowledge_by for each in escalations if each.state in ("active", "exhausted")
        ]
    else:
        times = [time for each in escalations if (time := each.review_by or each.wake_at)]
    return min(times, default=None)
