"""The ladder of an escalation: who, in which order, when. Decisions only, no writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from tracker.models import (
    CareTeam,
    Clinician,
    EscalationPolicy,
    EscalationPolicyStep,
    Priority,
    Rotation,
)
from tracker.services.clinics.staffed_hours import StaffedCalendar

#: P0 runs by the wall clock, day and night; the others by the clinic's staffed hours.
WALL_CLOCK = frozenset({Priority.P0})

#: Minutes after the last step until the ladder counts as exhausted, and between its pages.
PAGE_AGAIN_AFTER = {Priority.P0: 15, Priority.P1: 60, Priority.P2: 240, Priority.P3: 480}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    position: int
    delay_minutes: int
    label: str
    clinicians: tuple[UUID, ...]  #: of a rotation, all its people: one is on duty when it fires
    rotation: Rotation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """How the clocks of one priority run in one clinic."""

    priority: Priority
    calendar: StaffedCalendar

    def after(self, start: datetime, minutes: int) -> datetime:
        if self.priority in WALL_CLOCK:
            return start + timedelta(minutes=minutes)
        return self.calendar.add_minutes(start, minutes)

    def deadline(self, start: datetime) -> datetime:
        """By when a human should have acknowledged, and then again have reviewed."""
        match self.priority:
            case Priority.P0:
                return start + timedelta(minutes=15)
            case Priority.P1:
                return self.calendar.add_minutes(start, 4 * 60)
            case Priority.P2:
                return self.calendar.end_of_business_day(start, 1)
            case _:
                return self.calendar.end_of_business_day(start, 5)

    def review_deadline(self, start: datetime) -> datetime:
        """A P0 is answered at once but takes longer than 15 minutes to decide."""
        if self.priority == Priority.P0:
            return start + timedelta(hours=1)
        return self.deadline(start)

    def page_again(self, start: datetime) -> datetime:
        return self.after(start, PAGE_AGAIN_AFTER[self.priority])


def rungs_of(care_team: CareTeam, priority: str) -> list[Rung]:
    """The ladder as the policy stands now; without a policy, the team, then administrators."""
    policy = EscalationPolicy.objects.filter(care_team=care_team, priority=priority).first()
    steps = list(policy.steps.select_related("clinician", "rotation")) if policy else []
    if not steps:
        return _default_rungs(care_team)
    return [
        Rung(
            position=step.position,
            delay_minutes=step.delay_minutes,
            label=_label(step),
            clinicians=_people(care_team, step),
            rotation=step.rotation,
        )
        for step in steps
    ]


def run_of(care_team: CareTeam, priority: str) -> list[Rung]:
    """All that one run tells, repeats included.

    A repeat begins as long after the last step as everybody would be paged without it.
    """
    rungs = rungs_of(care_team, priority)
    policy = EscalationPolicy.objects.filter(care_team=care_team, priority=priority).first()
    pause = max(rungs[0].delay_minutes, PAGE_AGAIN_AFTER[Priority(priority)])
    again = [replace(rungs[0], delay_minutes=pause), *rungs[1:]]
    return rungs + again * (policy.repeats if policy else 0)


def everybody(care_team: CareTeam) -> tuple[UUID, ...]:
    """Whom an exhausted ladder pages: the whole team and the clinic's administrators."""
    return tuple(dict.fromkeys((*team(care_team), *_administrators(care_team))))


def _default_rungs(care_team: CareTeam) -> list[Rung]:
    return [
        Rung(position=1, delay_minutes=0, label=str(care_team), clinicians=team(care_team)),
        Rung(
            position=2,
            delay_minutes=15,
            label="administrators",
            clinicians=_administrators(care_team),
        ),
    ]


def _label(step: EscalationPolicyStep) -> str:
    return str(step.rotation or step.clinician or step.get_role_display())


def _people(care_team: CareTeam, step: EscalationPolicyStep) -> tuple[UUID, ...]:
    if step.rotation:
        return _members(step.rotation)
    if step.clinician_id:
        return (step.clinician_id,)
    if step.role == Clinician.Role.ADMINISTRATOR:
        return _administrators(care_team)
    return team(care_team, role=step.role)


def team(care_team: CareTeam, **only: str) -> tuple[UUID, ...]:
    members = care_team.clinicians.active().filter(**only)
    return tuple(members.order_by("full_name", "id").values_list("id", flat=True))


def _members(rotation: Rotation) -> tuple[UUID, ...]:
    places = rotation.members.filter(clinician__in=Clinician.objects.active())
    return tuple(dict.fromkeys(places.values_list("clinician_id", flat=True)))


def _administrators(care_team: CareTeam) -> tuple[UUID, ...]:
    seats = Clinician.objects.active().filter(clinic_id=care_team.clinic_id, is_administrator=True)
    return tuple(seats.order_by("full_name", "id").values_list("id", flat=True))
