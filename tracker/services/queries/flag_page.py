"""What the page of a flag shows of its escalation and of the patient's other flags."""

from __future__ import annotations

from tracker.models import Clinician, Escalation, EscalationStep, Flag, Patient
from tracker.services.queries import worklist


def reviewable_flags(patient: Patient, *, first: Flag) -> list[Flag]:
    """Return this flag, then the patient's others that wait for a decision."""
    flags = worklist.needing_decision().filter(patient=patient)
    return sorted(flags, key=lambda flag: (flag.id != first.id, flag.priority, flag.opened_at))


def unacknowledged(flags: list[Flag]) -> list[Escalation]:
    """Return the escalations of these flags that nobody has acknowledged."""
    waiting = {Escalation.State.ACTIVE, Escalation.State.EXHAUSTED}
    return [each for flag in flags for each in flag.escalations.all() if each.state in waiting]


def newest_escalation(flag: Flag) -> Escalation | None:
    """Return the live escalation of a flag, or else the newest one that ended."""
    escalations = (
        flag.escalations.prefetch_related(
            "acknowledgements__by", "hand_overs__by", "hand_overs__to", "snoozes__by"
        )
        .select_related("owner", "patient__care_team")
        .order_by("-opened_at")
    )
    return escalations.live().first() or escalations.first()


def steps_with_names(escalation: Escalation) -> list[tuple[EscalationStep, list[str]]]:
    """Return the steps of this run; those of a rotation with the names of whom they told."""
    steps = list(escalation.steps.filter(run_number=escalation.run_number))
    told = {key for step in steps if step.rotation_id for key in step.clinicians}
    names = dict(Clinician.objects.filter(pk__in=told).values_list("id", "full_name"))
    return [(step, [names[key] for key in step.clinicians if key in names]) for step in steps]


def may_hand_over(escalation: Escalation, clinician: Clinician) -> bool:
    """Whether this clinician acknowledged the escalation or was handed it."""
    acknowledged = [
        each.by_id
        for each in escalation.acknowledgements.all()
        if each.run_number == escalation.run_number
    ]
    is_acknowledged = escalation.state == Escalation.State.ACKNOWLEDGED
    return is_acknowledged and clinician.id in {escalation.owner_id, *acknowledged}
